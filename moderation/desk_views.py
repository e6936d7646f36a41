"""The desk around one text: ways of looking, passing on, taking back, and looking after oneself."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from community.members.access import SignedIn
from moderation import queue as desk_queue
from moderation import review, undo, wellbeing
from moderation.access import care_team_only, case_for
from moderation.desk_forms import BuddyForm, HabitsForm, LookForm, SkipForm, ViewNameForm
from moderation.models import SkipReason
from moderation.review import CaseTaken, ConflictOfInterest
from moderation.undo import TooLate
from moderation.views import case_page

NOTES = 10
OUTCOMES = 10


# --- Ways of looking ----------------------------------------------------------------------------


@care_team_only
@require_POST
def keep_view(request: SignedIn) -> HttpResponse:
    """Keep the way somebody looks at the queue now under a name."""
    look = LookForm(request.POST, member=request.user)
    back = f"{reverse('moderation:queue')}?{urlencode(look.looking.query)}"
    form = ViewNameForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Give the view a name first.")
        return redirect(back)
    try:
        desk_queue.keep_view(request.user, form.cleaned_data["name"], look.looking)
    except desk_queue.TooManyViews:
        messages.warning(request, "You keep 20 views already. Forget one first.")
    else:
        messages.success(request, "Kept. It stands above the list.")
    return redirect(back)


@care_team_only
@require_POST
def drop_view(request: SignedIn, view_id: int) -> HttpResponse:
    """Forget a view of one's own."""
    if not desk_queue.drop_view(request.user, view_id):
        raise Http404
    messages.info(request, "That view is gone. The texts are all still here.")
    return redirect("moderation:queue")


# --- One text -----------------------------------------------------------------------------------


@care_team_only
@require_POST
def skip(request: SignedIn, case_id: int) -> HttpResponse:
    """Pass a text on, with a reason that is held against nobody."""
    case, form = case_for(request.user, case_id), SkipForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Choose why, then pass it on. No reason is held against you.")
        return redirect("moderation:case", case_id)
    try:
        to_lead = review.skip(case, request.user, SkipReason(form.cleaned_data["reason"]))
    except CaseTaken:
        messages.info(request, "Somebody else holds this text already, or it is decided.")
        return redirect("moderation:queue")
    except ConflictOfInterest:
        raise Http404 from None
    messages.info(
        request,
        "Passed on. A lead looks at it." if to_lead else "Passed on. Others are offered it first.",
    )
    return redirect("moderation:queue")


@care_team_only
@require_POST
def take_back_decision(request: SignedIn, case_id: int) -> HttpResponse:
    """Take a decision back while it waits; what was typed is in the form again."""
    case_for(request.user, case_id)
    try:
        pending = undo.take_back(case_id, request.user)
    except TooLate:
        messages.info(request, "Too late to take that back: it counts already.")
        return redirect("moderation:queue")
    messages.success(request, "Taken back. Nobody was told anything.")
    return case_page(request, case_for(request.user, case_id), typed=pending)


# --- Looking after oneself ----------------------------------------------------------------------


@care_team_only
def my_desk(request: SignedIn) -> HttpResponse:
    """How much it was today, breaks, habits, kind words, and how it went on with people."""
    habits = wellbeing.habits_of(request.user)
    initial = {
        "keys": habits.keys,
        "cover_from": habits.cover_from,
        "heavy_most": habits.heavy_most,
    }
    form = HabitsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        wellbeing.set_habits(request.user, **form.cleaned_data)
        messages.success(request, "Your desk is set as you like it.")
        return redirect("moderation:my_desk")
    return _my_desk(request, habits_form=form, status=422 if form.errors else 200)


def _my_desk(request: SignedIn, *, status: int = 200, **forms: Any) -> HttpResponse:
    member, now = request.user, timezone.now()
    notes = list(wellbeing.notes_to(member)[:NOTES])
    context = {
        "load": wellbeing.load_of(member, now),
        "notes": notes,
        "outcomes": list(wellbeing.outcomes_for(member, now)[:OUTCOMES]),
        "buddy_form": forms.get("buddy_form") or BuddyForm(member=member),
        "habits_form": forms.get("habits_form"),
    }
    return render(request, "moderation/my_desk.html", context, status=status)


@care_team_only
@require_POST
def read_notes(request: SignedIn) -> HttpResponse:
    """The kind words were seen."""
    wellbeing.mark_read(request.user)
    return redirect("moderation:my_desk")


@care_team_only
@require_POST
def rest(request: SignedIn) -> HttpResponse:
    """Begin a break: what one holds goes back to the others."""
    undo.settle_mine(request.user)
    given = review.release_all(request.user)
    wellbeing.rest(request.user)
    more = " What you held waits for the others." if given else ""
    messages.success(request, f"Enjoy your break. Nothing is expected of you.{more}")
    return redirect("moderation:my_desk")


@care_team_only
@require_POST
def come_back(request: SignedIn) -> HttpResponse:
    """End the break."""
    wellbeing.come_back(request.user)
    messages.info(request, "Welcome back.")
    return redirect("moderation:queue")


@care_team_only
@require_POST
def write_buddy(request: SignedIn) -> HttpResponse:
    """Leave a few words for a colleague."""
    form = BuddyForm(request.POST, member=request.user)
    if not form.is_valid():
        habits = wellbeing.habits_of(request.user)
        initial = {"keys": habits.keys, "cover_from": habits.cover_from}
        shown = HabitsForm(initial={**initial, "heavy_most": habits.heavy_most})
        return _my_desk(request, buddy_form=form, habits_form=shown, status=422)
    try:
        wellbeing.write_note(request.user, form.cleaned_data["to"], form.cleaned_data["text"])
    except wellbeing.NoColleague:
        raise Http404 from None
    messages.success(request, "They find your words on their desk.")
    return redirect("moderation:my_desk")
