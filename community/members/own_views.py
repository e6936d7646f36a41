"""Pages on which somebody looks after themselves: whom they meet, how they are reached, leaving."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from community.members import blocks, digests, leaving, own_copies
from community.members import preferences as wishing
from community.members.access import SignedIn, person_for
from community.members.forms import LeaveForm, PreferencesForm
from community.members.models import Block
from community.members.paging import page_of
from community.members.vault import Tampered


def _back_to(request: HttpRequest) -> str:
    """The page of this site that somebody came from, as the form says; '' for anything else."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    here = url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if here and url.startswith("/") else ""


@require_safe
def blocked(request: SignedIn) -> HttpResponse:
    """Everybody the person has blocked, and the way back."""
    rows = Block.objects.filter(blocker=request.user).select_related("blocked")
    page = page_of(request, rows, "-created_at", 50)
    return render(request, "members/blocked.html", {"page": page})


def block(request: SignedIn, member_id: int) -> HttpResponse:
    """What a block does, and the button. POST blocks; the other is never told."""
    other = person_for(request.user, member_id)
    back = _back_to(request)
    context = {"other": other, "next": back}
    if request.method != "POST":
        return render(request, "members/block.html", context)
    try:
        blocks.block(request.user, other)
    except blocks.CannotBlock:
        return render(request, "members/block.html", {**context, "refused": True}, status=409)
    messages.success(request, f"You and {other.name} do not meet here any more. They are not told.")
    return redirect(back or "members:blocked")


@require_POST
def unblock(request: SignedIn, member_id: int) -> HttpResponse:
    """Take a block back. The same answer whether there was one or not."""
    blocks.unblock(request.user, member_id)
    messages.success(request, "Done. From your side you can meet again.")
    return redirect("members:blocked")


def preferences(request: SignedIn) -> HttpResponse:
    """Letters, quiet hours, hard topics: all on one page."""
    form = PreferencesForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wishing.keep(request.user, **form.wishes)
        messages.success(request, "Your settings are kept.")
        return redirect("members:preferences")
    status = 422 if form.errors else 200
    return render(request, "members/preferences.html", {"form": form}, status=status)


@csrf_exempt
@login_not_required
def stop_digest(request: HttpRequest, token: str) -> HttpResponse:
    """Where a digest's link leads. Looking changes nothing; POST stops them.

    Mail programmes send the POST themselves (RFC 8058), without a cookie or a token of ours: the
    signed link says who it is, and all it can do is stop a letter.
    """
    wishes = digests.wishes_of(token)
    if wishes is None:
        raise Http404
    if request.method == "POST":
        digests.stop(wishes)
    return render(request, "members/stop_digest.html", {"done": request.method == "POST"})


# --- One's own data -----------------------------------------------------------------------------


def own_copy(request: SignedIn) -> HttpResponse:
    """Everything one has here, to take along. POST has it made; it is ready in a moment."""
    if request.method == "POST":
        own_copies.ask(request.user)
        messages.success(request, "Your copy is being made. A note tells you when it is ready.")
        return redirect("members:own_copy")
    context = {"copy": own_copies.waiting(request.user), "days": own_copies.KEPT.days}
    return render(request, "members/own_copy.html", context)


@require_POST
@reauthentication_required  # type: ignore[untyped-decorator,unused-ignore]
def take_copy(request: SignedIn, copy_id: int) -> HttpResponse:
    """The copy itself, once, to somebody who has just shown again who they are."""
    try:
        file = own_copies.take(request.user, copy_id)
    except own_copies.NotThere:
        raise Http404 from None
    except Tampered:
        messages.error(request, "This copy cannot be opened. Please have a new one made.")
        return redirect("members:own_copy")
    answer = HttpResponse(file, content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="my-copy.zip"'
    answer["Cache-Control"] = "no-store, private"
    return answer


def leave_for_good(request: SignedIn) -> HttpResponse:
    """What leaving means, and the button. It happens three days later."""
    context = {
        "planned": leaving.planned(request.user),
        "form": LeaveForm(request.POST if request.method == "POST" else None),
        "days": leaving.THINKING_TIME.days,
    }
    if request.method != "POST":
        return render(request, "members/leave_for_good.html", context)
    return cast(HttpResponse, _plan_leaving(request, context))


@reauthentication_required  # type: ignore[untyped-decorator,unused-ignore]
def _plan_leaving(request: SignedIn, context: dict[str, Any]) -> HttpResponse:
    form: LeaveForm = context["form"]
    if not form.is_valid():
        return render(request, "members/leave_for_good.html", context, status=422)
    try:
        leaving.ask(request.user, keep_texts=form.cleaned_data["texts"] == "keep")
    except leaving.StaffStays:
        return render(
            request, "members/leave_for_good.html", {**context, "works": True}, status=409
        )
    return redirect("members:leave_for_good")


@require_POST
def stay(request: SignedIn) -> HttpResponse:
    """Think again. The same answer whether something was planned or not."""
    leaving.stay(request.user)
    messages.success(request, "Good that you stay. Nothing was changed.")
    return redirect("members:home")
