"""Pages for the care team: threads somebody should come back to."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.forums import follow_ups as following
from community.forums.access import follow_up_for, thread_for
from community.forums.follow_ups import Moved, NobodyElse
from community.forums.forms import FollowUpForm, OutcomeForm, SeenForm
from community.forums.reading import title_for
from community.forums.topics import ALL, Wishes
from community.members.access import SignedIn, care_team_of, needs

MOST = 100
# Whoever looks after people sees what a thread is called, whatever it is about.
EVERYTHING = Wishes(shown=ALL)


@needs("on_care_team")
@require_safe
def follow_ups(request: SignedIn) -> HttpResponse:
    """What waits for somebody of the care team, the most urgent first."""
    return _page(request)


def _page(request: SignedIn, status: int = 200, wrong: OutcomeForm | None = None) -> HttpResponse:
    rows = list(following.open_for(request.user)[:MOST])
    for row in rows:
        page: Any = row
        page.title = title_for(row.thread, request.user, EVERYTHING)
    context = {
        "rows": rows,
        "team": list(care_team_of(request.user.clinic_id)),
        "now": timezone.now(),
        "wrong": wrong,
    }
    return render(request, "forums/follow_ups.html", context, status=status)


@needs("on_care_team")
@require_POST
def mark_follow_up(request: SignedIn, thread_id: int) -> HttpResponse:
    """Say that somebody should come back to a thread; it is one's own until it is given away."""
    thread = thread_for(request.user, thread_id)
    form = FollowUpForm(request.POST)
    if form.is_valid():
        due_at = timezone.now() + timedelta(days=form.cleaned_data["days"])
        try:
            following.mark(thread, request.user, due_at)
            messages.success(request, "It is on the list of threads to come back to.")
        except NobodyElse:
            messages.info(request, "It is on the list already.")
        return redirect("forums:thread", thread_id)
    messages.warning(request, "Please choose when somebody should come back.")
    return redirect("forums:thread", thread_id)


@needs("on_care_team")
@require_POST
def assign_follow_up(request: SignedIn, follow_up_id: int) -> HttpResponse:
    """Give it to somebody of the team, or to nobody."""
    row = follow_up_for(request.user, follow_up_id)
    form = SeenForm(request.POST)
    if form.is_valid():
        wanted = form.cleaned_data["owner"]
        team = care_team_of(request.user.clinic_id)
        owner = team.filter(id=wanted).first() if wanted else None
        try:
            following.assign(row, owner, form.cleaned_data["seen"])
            return redirect("forums:follow_ups")
        except Moved:
            return _moved(request)
    return _page(request, 422)


@needs("on_care_team")
@require_POST
def finish_follow_up(request: SignedIn, follow_up_id: int) -> HttpResponse:
    """Close it with what came of it."""
    row = follow_up_for(request.user, follow_up_id)
    form = OutcomeForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Please write in a few words what came of it.")
        return _page(request, 422, form)
    try:
        following.finish(row, request.user, form.cleaned_data["outcome"], form.cleaned_data["seen"])
    except Moved:
        return _moved(request)
    messages.success(request, "Done. Thank you.")
    return redirect("forums:follow_ups")


def _moved(request: SignedIn) -> HttpResponse:
    messages.warning(request, "Somebody else was faster. This is how it stands now.")
    return _page(request, 409)
