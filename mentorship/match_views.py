"""Pages of the matching: one's own answers, and for the care team runs and what came of them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from community.members.access import SignedIn, needs
from community.members.models import Member
from mentorship import actions, fit, runs
from mentorship.access import answers_of, edge_for, run_for, runs_of
from mentorship.actions import NotPossible
from mentorship.forms import AnswersForm
from mentorship.matching import PinImpossible
from mentorship.models import MatchRun, Side

FACTORS = {
    "topics": "shared experience",
    "language": "first language",
    "hours": "time in common",
    "style": "way of talking",
    "waiting": "time waited",
    "again": "had a mentor before",
}


def wishes(request: SignedIn, side: str) -> HttpResponse:
    """What the matching should know about me, as mentee or as mentor."""
    member = request.user
    if side not in Side.values or not getattr(member, f"is_{_role(side)}"):
        raise Http404
    here = Side(side)
    known = answers_of(member, here)
    initial = {name: getattr(known, name) for name in AnswersForm.base_fields} if known else {}
    form = AnswersForm(here, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.answer_for_matching(member, here, form.cleaned_data)
        messages.success(request, "Thank you. The care team looks for somebody who fits.")
        return redirect("mentorship:index")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "side": side, "known": known}
    return render(request, "mentorship/wishes.html", context, status=status)


def _role(side: str) -> str:
    return "mentor" if side == Side.MENTOR else "patient"


@require_POST
def stop_looking(request: SignedIn) -> HttpResponse:
    """I no longer look for a mentor."""
    actions.stop_looking(request.user)
    messages.success(request, "That is fine. You can ask again whenever you like.")
    return redirect("mentorship:index")


@needs("on_care_team")
@require_POST
def match(request: SignedIn) -> HttpResponse:
    """Compute a matching. Nobody is asked anything by it."""
    return redirect("mentorship:run", runs.compute(request.user).id)


@needs("on_care_team")
@require_safe
def run(request: SignedIn, run_id: int) -> HttpResponse:
    """What came of a run: pairs with reasons, people left out and what would help them."""
    here = run_for(request.user, run_id)
    return render(request, "mentorship/run.html", _told(request.user, here))


def _told(member: Member, here: MatchRun) -> dict[str, Any]:
    before = runs_of(member).filter(id__lt=here.id).order_by("-id").first()
    then = dict(before.edges.values_list("mentee", "mentor")) if before else {}
    edges = [
        {
            "edge": edge,
            "why": fit.sentence(edge.why),
            "parts": [(FACTORS[name], points) for name, points in edge.parts.items() if points],
            "pinned": [edge.mentee_id, edge.mentor_id] in here.pinned,
            "moved": before is not None and then.get(edge.mentee_id) != edge.mentor_id,
        }
        for edge in here.edges.select_related("mentee", "mentor").order_by("-score", "id")
    ]
    ids = {n for gap in here.left_out for n in (gap["mentee"], *gap["helps"])}
    names = dict(Member.objects.filter(id__in=ids).values_list("id", "name"))
    gaps = [
        {
            "name": names[gap["mentee"]],
            "suitable": gap["suitable"],
            "helps": [names[n] for n in gap["helps"][:5]],
            "barriers": _counted(gap["barriers"]),
            "only": _counted(gap["only"]),
        }
        for gap in here.left_out
    ]
    return {"run": here, "edges": edges, "gaps": gaps, "before": before}


def _counted(codes: dict[str, int]) -> list[tuple[str, int]]:
    return [(fit.BARRIERS[code], n) for code, n in sorted(codes.items(), key=lambda row: -row[1])]


@needs("on_care_team")
@require_POST
def adjust(request: SignedIn, run_id: int, edge_id: int) -> HttpResponse:
    """Pin a proposed pair, or rule it out, and compute again."""
    edge = edge_for(request.user, run_id, edge_id)
    pair = [(edge.mentee_id, edge.mentor_id)]
    try:
        if request.POST.get("do") == "forbid":
            fresh = runs.again(edge.run, request.user, forbid=pair)
        else:
            fresh = runs.again(edge.run, request.user, pin=pair)
    except PinImpossible:
        messages.info(request, "Something changed since: this pair is not possible any more.")
        fresh = runs.compute(request.user)
    return redirect("mentorship:run", fresh.id)


@needs("on_care_team")
@require_POST
def ask(request: SignedIn, run_id: int, edge_id: int) -> HttpResponse:
    """Ask the mentor of a proposed pair."""
    edge = edge_for(request.user, run_id, edge_id)
    try:
        runs.ask(edge, request.user)
        messages.success(request, f"{edge.mentor.name} is asked now, without a name.")
    except NotPossible as reason:
        messages.info(request, str(reason))
    return redirect("mentorship:run", run_id)
