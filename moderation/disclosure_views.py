"""Pages of identity disclosure: for the care team, and for the person it is about."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.members import identity
from community.members.access import SignedIn
from community.members.paging import page_of
from community.members.vault import Tampered
from moderation import disclosure as disclosing
from moderation.access import care_team_only
from moderation.disclosure import (
    AskedAlready,
    NotAnEmergency,
    NotWaiting,
    OwnRequest,
    ReviewOwed,
    WindowClosed,
)
from moderation.disclosure_forms import (
    BASES,
    AskForm,
    EmergencyForm,
    IdentityForm,
    ReviewForm,
    TellAfterForm,
)
from moderation.disclosure_rows import Basis, DisclosureRequest

MEANWHILE = "Somebody answered this meanwhile, or it is too old. Nothing was changed."
NOT_YOURS = "Somebody else has to do this: nobody decides about their own request."


@care_team_only
@require_safe
def disclosures(request: SignedIn) -> HttpResponse:
    """What waits for me, and every request I may see, newest first."""
    now = timezone.now()
    waiting = list(disclosing.to_be_done(request.user, now)) if request.user.is_lead else []
    page = page_of(request, disclosing.requests_for(request.user), "-asked_at", 25)
    for row in [*waiting, *page.items]:
        row.overdue, row.lookable = row.is_overdue(now), row.may_look(now)
        row.waits = row.waits_for_a_lead(now)
    owed = disclosing.owes_a_review(request.user, now)
    context = {"waiting": waiting, "page": page, "owed": owed}
    return render(request, "moderation/disclosures.html", context)


@care_team_only
def ask_disclosure(request: SignedIn, member_id: int) -> HttpResponse:
    """Ask to learn who somebody is, or, while they are in danger, open it alone."""
    about = disclosing.subject_for(request.user, member_id)
    urgent = "declaration" in request.POST
    ask_form = AskForm(None if urgent or request.method != "POST" else request.POST)
    emergency_form = EmergencyForm(request.POST if urgent else None, auto_id="urgent_%s")
    form = emergency_form if urgent else ask_form
    if request.method == "POST" and form.is_valid():
        return _ask(request, about.id, form.cleaned_data, urgent=urgent)
    context = {
        "about": about,
        "ask_form": ask_form,
        "emergency_form": emergency_form,
        "in_crisis": disclosing.in_crisis(about),
        "owed": disclosing.owes_a_review(request.user, timezone.now()),
    }
    status = 422 if form.errors else 200
    return render(request, "moderation/ask_disclosure.html", context, status=status)


def _ask(request: SignedIn, member_id: int, data: dict[str, Any], *, urgent: bool) -> HttpResponse:
    about = disclosing.subject_for(request.user, member_id)
    reason, fields = data["reason"], data["fields_wanted"]
    try:
        if urgent:
            made = disclosing.ask_in_emergency(request.user, about, reason, fields)
            messages.warning(request, "It is open for 30 minutes. The leads were told.")
        else:
            basis = Basis(data["basis"])
            made = disclosing.ask(request.user, about, basis, reason, fields)
            messages.success(request, "Asked. You get a note when a lead has answered.")
    except AskedAlready as known:
        messages.info(request, "You have asked already. Here it is.")
        made = known.request
    except NotAnEmergency:
        messages.warning(
            request,
            "There is no open case that says they are in danger now. Say so first, with “I am "
            "worried”, or ask a lead.",
        )
        return redirect("moderation:ask_disclosure", member_id)
    except ReviewOwed:
        return redirect("moderation:disclosures")
    return redirect("moderation:disclosure", made.id)


@care_team_only
@require_safe
def disclosure(request: SignedIn, request_id: int) -> HttpResponse:
    """One request: what was asked, who answered, who looked, and what can be done next."""
    return _page(request, disclosing.request_for(request.user, request_id))


def _page(
    request: SignedIn, row: DisclosureRequest, *, status: int = 200, **more: Any
) -> HttpResponse:
    now, member = timezone.now(), request.user
    mine = row.asked_by_id == member.id
    context = {
        "row": row,
        "mine": mine,
        "labels": [identity.LABELS[name] for name in row.fields],
        "basis": dict(BASES)[row.basis],
        "looks": list(disclosing.views_of(row)),
        "may_look": mine and row.may_look(now),
        "may_close": mine and (row.may_look(now) or row.waits_for_a_lead(now)),
        "may_decide": member.is_lead and not mine and row.waits_for_a_lead(now),
        "may_review": member.is_lead and not mine and row.waits_for_review(),
        "waits": row.waits_for_a_lead(now),
        "open": row.may_look(now),
        "overdue": row.is_overdue(now),
        "tell_form": TellAfterForm(),
        "review_form": ReviewForm(),
        **more,
    }
    return render(request, "moderation/disclosure.html", context, status=status)


@care_team_only
@require_POST
def agree_disclosure(request: SignedIn, request_id: int) -> HttpResponse:
    """Another lead agrees: the half hour begins."""
    row = disclosing.request_for(request.user, request_id)
    form = TellAfterForm(request.POST)
    if not form.is_valid():
        return _page(request, row, status=422, tell_form=form)
    try:
        disclosing.agree(row, request.user, form.cleaned_data["tell_after"])
        messages.success(request, "Agreed. They may look for 30 minutes; each look is recorded.")
    except (NotWaiting, OwnRequest) as refused:
        messages.warning(request, NOT_YOURS if isinstance(refused, OwnRequest) else MEANWHILE)
    return redirect("moderation:disclosure", request_id)


@care_team_only
@require_POST
def decline_disclosure(request: SignedIn, request_id: int) -> HttpResponse:
    """Another lead says no."""
    row = disclosing.request_for(request.user, request_id)
    try:
        disclosing.decline(row, request.user)
        messages.success(request, "Declined. Whoever asked was told.")
    except (NotWaiting, OwnRequest) as refused:
        messages.warning(request, NOT_YOURS if isinstance(refused, OwnRequest) else MEANWHILE)
    return redirect("moderation:disclosure", request_id)


@care_team_only
@require_POST
def review_disclosure(request: SignedIn, request_id: int) -> HttpResponse:
    """Another lead says whether an emergency was one."""
    row = disclosing.request_for(request.user, request_id)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _page(request, row, status=422, review_form=form)
    data = form.cleaned_data
    try:
        disclosing.review(row, request.user, data["justified"], data["note"], data["tell_after"])
        messages.success(request, "Your review is saved.")
    except (NotWaiting, OwnRequest) as refused:
        messages.warning(request, NOT_YOURS if isinstance(refused, OwnRequest) else MEANWHILE)
    return redirect("moderation:disclosure", request_id)


@care_team_only
@require_POST
def close_disclosure(request: SignedIn, request_id: int) -> HttpResponse:
    """The asker is done before the half hour is, or takes the request back."""
    row = disclosing.request_for(request.user, request_id)
    try:
        disclosing.close(row, request.user)
        messages.success(request, "Closed. Nobody can look any more.")
    except NotWaiting:
        messages.info(request, MEANWHILE)
    return redirect("moderation:disclosure", request_id)


@care_team_only
@require_POST
def look(request: SignedIn, request_id: int) -> HttpResponse:
    """Show who somebody is, this once. A POST, since each look is recorded; the page leaves by
    itself when the half hour is over."""
    row = disclosing.request_for(request.user, request_id)
    try:
        seen = disclosing.look(row, request.user)
    except WindowClosed:
        messages.warning(request, "This is not open, or the half hour is over. Nothing was shown.")
        return redirect("moderation:disclosure", request_id)
    except Tampered:
        messages.error(request, "What is kept cannot be opened: it was changed, or a key is gone.")
        return redirect("moderation:disclosure", request_id)
    particulars = [(identity.LABELS[name], value) for name, value in seen.items()]
    context = {"row": row, "particulars": particulars}
    response = render(request, "moderation/look.html", context)
    left = (row.open_until - timezone.now()).total_seconds() if row.open_until else 0
    away = reverse("moderation:disclosure", args=[row.id])
    response["Refresh"] = f"{max(1, int(left))}; url={away}"
    return response


def my_data(request: SignedIn) -> HttpResponse:
    """Who I am, for the day somebody must reach me, and who has looked at it."""
    member = request.user
    try:
        kept, tampered = identity.own(member), False
    except Tampered:
        kept, tampered = {}, True
    form = IdentityForm(request.POST if request.method == "POST" else None, initial=kept)
    if request.method == "POST" and form.is_valid():
        identity.keep(member, form.cleaned_data)
        messages.success(request, "Saved. It is sealed; nobody sees it without a recorded reason.")
        return redirect("moderation:my_data")
    context = {
        "form": form,
        "tampered": tampered,
        "told": disclosing.told_to(member, timezone.now()),
        "labels": identity.OWN_LABELS,
    }
    status = 422 if form.errors else 200
    return render(request, "moderation/my_data.html", context, status=status)
