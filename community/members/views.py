"""Pages about people: coming in, home, notices, help, and leaving quickly."""

from typing import cast

from allauth.account.internal.flows.signup import complete_signup, prevent_enumeration
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from psycopg_pool import PoolTimeout

from community.members import consent, leaving, notices
from community.members import invitations as inviting
from community.members.access import SignedIn, groups_of, invitation_for, needs
from community.members.forms import InvitationForm, JoinForm
from community.members.invitations import InvitationSpent
from community.members.models import Invitation, Member, Notice, Role
from community.members.paging import page_of

KEY = "invitation"
OUTAGES = (OperationalError, InterfaceError, PoolTimeout)


@require_safe
@login_not_required
def start(request: HttpRequest) -> HttpResponse:
    """The front door: home for who is signed in, a short welcome for everybody else."""
    if request.user.is_authenticated:
        return redirect("members:home")
    return render(request, "members/start.html")


@require_safe
def home(request: SignedIn) -> HttpResponse:
    """Where a person arrives: their groups, what is new, where to go."""
    member = request.user
    context = {
        "groups": list(groups_of(member)),
        "recent": list(Notice.objects.filter(member=member).order_by("-created_at", "-id")[:5]),
        "unread": notices.unread(member),
        "kinds": notices.KINDS,
        "leaving": leaving.planned(member),
    }
    return render(request, "members/home.html", context)


def tour(request: SignedIn) -> HttpResponse:
    """Four short steps for newcomers. POST says that they were seen."""
    if request.method == "POST":
        Member.objects.filter(id=request.user.pk, toured_at__isnull=True).update(
            toured_at=timezone.now()
        )
        return redirect("members:home")
    return render(request, "members/tour.html")


def news(request: SignedIn) -> HttpResponse:
    """The person's notices, newest first. POST marks them all as seen."""
    if request.method == "POST":
        notices.mark_read(request.user)
        return redirect("members:news")
    page = page_of(request, Notice.objects.filter(member=request.user), "-created_at", 30)
    return render(request, "members/news.html", {"page": page, "kinds": notices.KINDS})


# --- Invitations --------------------------------------------------------------------------------


@needs("is_administrator")
def invitations(request: SignedIn) -> HttpResponse:
    """All invitations of the clinic, newest first, and the form for a new one."""
    clinic = request.user.clinic
    form = InvitationForm(clinic, request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = inviting.invite(
            request.user,
            groups=form.cleaned_data["groups"],
            role=Role(form.cleaned_data["role"]),
            life=form.life,
            note=form.cleaned_data["note"],
            max_uses=form.cleaned_data["max_uses"],
            email=form.cleaned_data["email"],
        )
        link = settings.SITE_URL + reverse("members:welcome", args=[made.token])
        context = {"invitation": made.invitation, "link": link}
        return render(request, "members/invitation_made.html", context, status=201)
    rows = Invitation.objects.filter(clinic=clinic).prefetch_related("groups", "used_by__member")
    page = page_of(request, rows, "-created_at", 25)
    now = timezone.now()
    for row in page.items:
        row.current_state = row.state(now)
    return render(request, "members/invitations.html", {"form": form, "page": page})


@needs("is_administrator")
@require_POST
def revoke(request: SignedIn, invitation_id: int) -> HttpResponse:
    """Close an invitation."""
    invitation = invitation_for(request.user, invitation_id)
    if inviting.revoke(invitation, request.user):
        messages.success(request, "The link is closed. Nobody can use it any more.")
    return redirect("members:invitations")


def _spent(request: HttpRequest) -> HttpResponse:
    """One page for every invitation that cannot be used, whatever the reason."""
    return render(request, "members/invitation_spent.html", status=404)


@login_not_required
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invitation's link leads. Looking changes nothing; the button opens the form."""
    try:
        invitation = inviting.find(token)
    except InvitationSpent:
        return _spent(request)
    if request.method != "POST":
        return render(request, "members/welcome.html", {"invitation": invitation})
    inviting.opened(invitation)
    if request.user.is_authenticated:
        return _join_as(cast(SignedIn, request), invitation)
    request.session[KEY] = invitation.id
    return redirect("members:join")


def _join_as(request: SignedIn, invitation: Invitation) -> HttpResponse:
    try:
        inviting.join_as(invitation, request.user)
    except InvitationSpent:
        return _spent(request)
    messages.success(request, "You are in. Your new group is on this page.")
    return redirect("members:home")


@login_not_required
def join(request: HttpRequest) -> HttpResponse:
    """Consent, chosen name, and a way to sign in. A mistake uses nothing up and loses no text."""
    if request.user.is_authenticated:
        return redirect("members:home")
    try:
        invitation = inviting.usable(request.session.get(KEY) or 0)
    except InvitationSpent:
        return _spent(request)
    form = JoinForm(invitation, request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = _make_account(request, invitation, form)
        if answer is not None:
            return answer
    context = {"form": form, "invitation": invitation, "consent_template": consent.template()}
    if form.busy:
        response = render(request, "members/join.html", context, status=503)
        response["Retry-After"] = "5"
        return response
    status = 422 if form.errors else 200
    return render(request, "members/join.html", context, status=status)


def _make_account(
    request: HttpRequest, invitation: Invitation, form: JoinForm
) -> HttpResponse | None:
    """The answer to a good form, or None when the name was taken this very moment."""
    newcomer = form.newcomer()
    if Member.objects.filter(email=newcomer.email).exists():
        # Same work and same page as for a new address: nobody learns who has an account. The
        # owner of the address gets a mail that says so.
        make_password(newcomer.passphrase or "")
        return cast(HttpResponse, prevent_enumeration(request, email=newcomer.email))
    try:
        member = inviting.join(invitation, newcomer)
    except InvitationSpent:
        return _spent(request)
    except IntegrityError:
        form.add_error("name", "Somebody took this name just now. Please choose another one.")
        return None
    except OUTAGES:
        # Nothing was stored and no use was taken: the same form can be sent again.
        form.add_error(None, "So many people are coming in that the door was busy. Press again.")
        form.busy = True
        return None
    request.session.pop(KEY, None)
    notices.tell(member, "welcome", reverse("members:tour"))
    answer = complete_signup(
        request,
        user=member,
        redirect_url=reverse("members:tour"),
        by_passkey=newcomer.passphrase is None,
    )
    return cast(HttpResponse, answer)


# --- Help and leaving ---------------------------------------------------------------------------


@require_safe
@login_not_required
def crisis_help(request: HttpRequest) -> HttpResponse:
    """Where to turn now. Open to everybody, without a query."""
    return render(request, "members/crisis_help.html")


@require_safe
@login_not_required
def privacy(request: HttpRequest) -> HttpResponse:
    """What we know, who sees it, how texts are read."""
    return render(request, "members/privacy.html", {"consent_template": consent.template()})


@require_safe
@login_not_required
def house_rules(request: HttpRequest) -> HttpResponse:
    """How we treat each other here."""
    return render(request, "members/house_rules.html")


@require_safe
@login_not_required
def accessibility(request: HttpRequest) -> HttpResponse:
    """What we did so that everybody can use this, and whom to tell when something is in the way."""
    return render(request, "members/accessibility.html")


@csrf_exempt
@require_POST
@login_not_required
def leave_now(request: HttpRequest) -> HttpResponse:
    """Sign out and go to a neutral page. No token is asked: at worst somebody else signs us out."""
    logout(request)
    # Not a redirect: the content policy lets a form lead to our own site only.
    response = render(request, "members/left.html")
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def second_factor(request: SignedIn) -> HttpResponse:
    """For staff whose session lacks a second factor: why, and the way to add or use one."""
    return render(request, "members/second_factor.html")
