"""Pages of mentoring, for each who is part of it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.members.access import SignedIn, needs
from mentorship import actions
from mentorship.access import mentors_of, pair_for, proposal_for, team_proposal_for
from mentorship.actions import NoRoom, NotOpen, NotPossible
from mentorship.forms import ProposalForm
from mentorship.models import OPEN, Pair, PairState, Proposal, ProposalState


def index(request: SignedIn) -> HttpResponse:
    """My mentor, my mentees, or the care team's board, as the role asks for."""
    member = request.user
    if member.on_care_team:
        return _board(request, ProposalForm(member))
    now = timezone.now()
    asked = Proposal.objects.filter(expires_at__gt=now).select_related("mentor")
    context = {
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
        "mentors": list(mentors_of(member).with_load().order_by("member__name")),
        "proposals": list(
            Proposal.objects.filter(
                clinic_id=member.clinic_id, state__in=OPEN, expires_at__gt=timezone.now()
            )
            .select_related("mentor", "mentee")
            .order_by("id")
        ),
        "pairs": list(
            Pair.objects.filter(mentee__clinic_id=member.clinic_id, state=PairState.ACTIVE)
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
    """A pair, its room, and the way to end it kindly."""
    here = pair_for(request.user, pair_id)
    other = here.mentee if here.mentor_id == request.user.id else here.mentor
    inside = request.user.id in (here.mentor_id, here.mentee_id)
    return render(request, "mentorship/pair.html", {"pair": here, "other": other, "inside": inside})


def end(request: SignedIn, pair_id: int) -> HttpResponse:
    """End a pair, after asking once."""
    here = pair_for(request.user, pair_id)
    if request.method != "POST":
        return render(request, "mentorship/end.html", {"pair": here})
    if actions.end(here, request.user):
        messages.success(request, "It has ended. Thank you for the time you shared.")
    return redirect("mentorship:pair", pair_id)
