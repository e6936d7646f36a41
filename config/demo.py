"""The demo's doors: one click to enter as each invented person. The URLs exist in the demo only."""

import email
import email.policy
from pathlib import Path

from allauth.account.internal.flows.login import record_authentication
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from community.members.models import Member

SALT = "config.demo"


def door_token(member: Member) -> str:
    """What the sign-in link of a demo person carries."""
    return signing.dumps(member.pk, salt=SALT)


def people() -> list[Member]:
    """The invented people, staff first."""
    return list(
        Member.objects.filter(is_demo=True, is_active=True).order_by(
            "-is_administrator", "-is_lead", "-is_moderator", "-is_mentor", "id"
        )
    )


@require_safe
@login_not_required
def doors(request: HttpRequest) -> HttpResponse:
    """A list of everybody one can be."""
    rows = [(member, door_token(member)) for member in people()]
    return render(request, "demo/doors.html", {"rows": rows})


@login_not_required
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Enter as a demo person. GET asks, POST enters, with a second factor recorded for staff."""
    if not settings.DEMO:
        raise Http404
    try:
        member = Member.objects.get(pk=signing.loads(token, salt=SALT), is_demo=True)
    except (signing.BadSignature, Member.DoesNotExist):
        raise Http404 from None
    if request.method != "POST":
        return render(request, "demo/enter.html", {"person": member})
    login(request, member, backend=settings.AUTHENTICATION_BACKENDS[0])
    UserSession.objects.create_from_request(request)
    record_authentication(request, member, method="mfa", type="demo")
    return redirect("members:home")


@require_safe
@login_not_required
def mail(request: HttpRequest) -> HttpResponse:
    """The letters the demo would have sent, newest first."""
    folder = Path(getattr(settings, "EMAIL_FILE_PATH", settings.DATA_DIR / "mail"))
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    parts = [part for file in files[:30] for part in file.read_bytes().split(b"-" * 79 + b"\n")]
    letters = [_letter(part) for part in parts if part.strip()]
    return render(request, "demo/mail.html", {"letters": letters})


def _letter(raw: bytes) -> dict[str, str]:
    message = email.message_from_bytes(raw.lstrip(), policy=email.policy.default)
    body = message.get_body(preferencelist=("plain",))
    return {
        "to": str(message["To"]),
        "subject": str(message["Subject"]),
        "date": str(message["Date"]),
        "body": body.get_content() if body else "",
    }
