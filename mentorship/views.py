"""Pages of mentoring, for each who is part of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.members.access import SignedIn, needs
from mentorship import actions
from mentorship.access import (
    answers_of,
    mentors_of,
    own_pair_for,
    pair_for,
    proposal_for,
    runs_of,
    sessions_of,
    team_proposal_for,
)
from mentorship.actions import NoRoom, NotOpen, NotPossible
from mentorship.forms import EndForm, ProposalForm, SessionForm, WorryForm
from mentorship.models import OPEN, EndKind, Pair, PairState, Proposal, ProposalState, Side


def index(request: SignedIn) -> HttpResponse:
    """My mentor, my mentees, or the care team's board, as the role asks for."""
    member = request.user
    if member.on_care_team:
        return _board(request, ProposalForm(member))
    now = timezone.now()
    asked = Proposal.objects.filter(expires_at__gt=now).select_related("mentor")
    mine = answers_of(member, Side.MENTEE) if member.is_patient else None
    context = {
        "looking": mine is not None and mine.wants,
        "as_mentor": list(asked.filter(mentor=member, state=ProposalState.STAFF_OK)),
        "as_mentee": list(asked.filter(mentee=member, state=ProposalState.MENTOR_OK)),
        "pairs": list(
            Pair.objects.filter(mentor=member).select_related("mentee", "mentor").order_by("-id")
        )
        + list(
            Pair.objects.filter(mentee=member).select_related("mentee", "mentor").order_by("-id")
        ),
    }
    return render(request, "mentorship/index.html", context)


def _board(request: SignedIn, form: ProposalForm, status: int = 200) -> HttpResponse:
    member = request.user
    context = {
        "form": form,
        "runs": list(runs_of(member).order_by("-id")[:5]),
        "mentors": list(mentors_of(member).with_load().order_by("member__name")),
        "proposals": list(
            Proposal.objects.filter(
                clinic_id=member.clinic_id, state__in=OPEN, expires_at__gt=timezone.now()
            )
            .select_related("mentor", "mentee")
            .order_by("id")
        ),
        "pairs": list(
            Pair.objects.filter(mentee__clinic_id=member.clinic_id)
            .exclude(state=PairState.ENDED)
            .select_related("mentor", "mentee")
            .order_by("id")
        ),
    }
    return render(request, "mentorship/board.html", context, status=status)


@needs("on_care_team")
@require_POST
def propose(request: SignedIn) -> HttpResponse:
    """Ask a mentor about a member."""
    form = ProposalForm(request.user, request.POST)
    if not form.is_valid():
        return _board(request, form, status=422)
    data = form.cleaned_data
    try:
        actions.propose(request.user, data["mentor"].member, data["mentee"], data["summary"])
    except NotPossible as why:
        form.add_error(None, str(why))
        return _board(request, form, status=409)
    messages.success(request, "The mentor is asked now. You see the answer here.")
    return redirect("mentorship:index")


@needs("on_care_team")
@require_POST
def withdraw(request: SignedIn, proposal_id: int) -> HttpResponse:
    """Take a question back."""
    proposal = team_proposal_for(request.user, proposal_id)
    try:
        actions.withdraw(proposal, request.user)
        messages.success(request, "The question is taken back.")
    except NotOpen:
        messages.info(request, "It was answered in the meantime.")
    return redirect("mentorship:index")


@require_safe
def proposal(request: SignedIn, proposal_id: int) -> HttpResponse:
    """The question, for whom it is asked of."""
    asked = proposal_for(request.user, proposal_id)
    context = {"proposal": asked, "for_mentor": asked.mentor_id == request.user.id}
    return render(request, "mentorship/proposal.html", context)


@require_POST
def answer(request: SignedIn, proposal_id: int) -> HttpResponse:
    """Yes or no to the question."""
    asked = proposal_for(request.user, proposal_id)
    person = request.user
    try:
        if request.POST.get("answer") != "yes":
            actions.decline(asked, person)
            messages.success(request, "That is fine. Nobody is told that you said no.")
        elif asked.mentor_id == person.id:
            actions.mentor_says_yes(asked, person)
            messages.success(request, "Thank you. Now we ask the other person.")
        else:
            pair = actions.mentee_says_yes(asked, person)
            return redirect("mentorship:pair", pair.id)
    except NotOpen:
        messages.info(request, "This question is closed by now.")
    except NoRoom:
        messages.info(
            request,
            "This place was taken a moment ago. We are sorry. The care team will look for another.",
        )
    return redirect("mentorship:index")


@require_safe
def pair(request: SignedIn, pair_id: int) -> HttpResponse:
    """A pair, its room, what was written down, and the ways on from here."""
    return _pair_page(request, pair_for(request.user, pair_id), SessionForm())


def _pair_page(request: SignedIn, here: Pair, form: SessionForm, status: int = 200) -> HttpResponse:
    inside = request.user.id in (here.mentor_id, here.mentee_id)
    context = {
        "pair": here,
        "other": here.mentee if here.mentor_id == request.user.id else here.mentor,
        "inside": inside,
        "form": form,
        # Each side reads their own; the care team reads both, side by side.
        "sessions": list(sessions_of(request.user, here)[:40]),
        "concerns": [] if inside else list(here.concerns.select_related("raised_by")),
        "room_open": here.state != PairState.ENDED or here.readable_until is not None,
    }
    return render(request, "mentorship/pair.html", context, status=status)


@require_POST
def log(request: SignedIn, pair_id: int) -> HttpResponse:
    """Write down a meeting."""
    here = own_pair_for(request.user, pair_id)
    form = SessionForm(request.POST)
    if not form.is_valid():
        return _pair_page(request, here, form, status=422)
    try:
        actions.log_session(here, request.user, **form.cleaned_data)
        messages.success(request, "It is written down. Only you and the care team read it.")
    except NotOpen:
        messages.info(request, "This pair has ended; there is nothing more to write down.")
    return redirect("mentorship:pair", pair_id)


def worried(request: SignedIn, pair_id: int) -> HttpResponse:
    """One of the two is worried about the other: rest the pair and call the care team."""
    here = own_pair_for(request.user, pair_id)
    other = here.mentee if here.mentor_id == request.user.id else here.mentor
    form = WorryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.worry(here, request.user, data["level"], data["text"])
        except NotOpen:
            return redirect("moderation:worried", other.id)
        messages.success(
            request,
            "Thank you. The care team was called just now, and they take it from here. "
            "Your room rests meanwhile. You have done the right thing.",
        )
        return redirect("mentorship:pair", pair_id)
    status = 422 if request.method == "POST" else 200
    context = {"pair": here, "about": other, "form": form}
    return render(request, "mentorship/worried.html", context, status=status)


@needs("on_care_team")
@require_POST
def resume(request: SignedIn, pair_id: int) -> HttpResponse:
    """Let a resting pair go on."""
    if actions.resume(pair_for(request.user, pair_id), request.user):
        messages.success(request, "The pair goes on. Both are told, and their room is open again.")
    return redirect("mentorship:pair", pair_id)


def end(request: SignedIn, pair_id: int) -> HttpResponse:
    """End a pair, after asking what kind of ending it is."""
    here = pair_for(request.user, pair_id)
    form = EndForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if actions.end(here, request.user, EndKind(form.cleaned_data["kind"])):
            messages.success(request, "It has ended. Thank you for the time you shared.")
        return redirect("mentorship:pair", pair_id)
    status = 422 if request.method == "POST" else 200
    return render(request, "mentorship/end.html", {"pair": here, "form": form}, status=status)
