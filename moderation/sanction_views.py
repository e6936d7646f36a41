"""Pages for the care team: measures that are proposed, active and over, and appeals."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.members import audit
from community.members.access import SignedIn, groups_of
from community.members.models import Member
from community.members.paging import page_of
from moderation import appeals as appealing
from moderation import casefile
from moderation import sanctions as setting
from moderation.access import care_team_only, case_for, open_risk_case_of
from moderation.appeals import AnotherPerson
from moderation.content import Place, content_of, kind_of
from moderation.models import (
    HEAVY,
    Appeal,
    AppealState,
    ReviewCase,
    Sanction,
    SanctionKind,
    SanctionState,
)
from moderation.sanction_forms import ActivateForm, AnswerForm, SanctionForm, WhyForm
from moderation.sanctions import Meanwhile, PersonInDanger, Plan, SecondPerson

ROWS = 30
WAITING = 50
MEANWHILE = "Somebody else was first, or its time was over. Nothing was changed."
IN_DANGER = (
    "This text speaks of danger, and a case about the person is open. It is never held against "
    "them. Please look after the person instead."
)
SECOND = "So grave a step needs two people. Somebody else makes it active."


# --- Measures -----------------------------------------------------------------------------------


@care_team_only
@require_safe
def sanctions(request: SignedIn) -> HttpResponse:
    """What waits to be made active, and everything else, newest first."""
    now = timezone.now()
    rows = setting.sanctions_for(request.user).exclude(state=SanctionState.PROPOSED)
    page = page_of(request, rows, "-proposed_at", ROWS)
    context = {
        "proposed": list(setting.proposed_to(request.user)[:WAITING]),
        "page": page,
        "now": now,
    }
    return render(request, "moderation/sanctions.html", context)


@care_team_only
@require_safe
def sanction(request: SignedIn, sanction_id: int) -> HttpResponse:
    """One measure: what it rests on, who did what, and the next step. Looking is written down."""
    row = setting.sanction_for(request.user, sanction_id)
    audit.record(request.user, "sanction.read", row, about=row.member_id)
    return _sanction_page(request, row)


def _sanction_page(
    request: SignedIn, row: Sanction, *, status: int = 200, **forms: Any
) -> HttpResponse:
    begin = ActivateForm(initial={"length": str(row.length.days), "reason": row.reason})
    waits = row.state == SanctionState.PROPOSED
    second = row.kind in HEAVY and row.proposed_by_id == request.user.id
    context = {
        "row": row,
        "risk_case": open_risk_case_of(row.member_id),
        "appeal": Appeal.objects.filter(sanction=row).first(),
        "in_danger": setting.rests_on_danger(row),
        "waits": waits,
        "needs_second": waits and second,
        "may_lift": row.state == SanctionState.ACTIVE,
        "activate_form": forms.get("activate_form") or begin,
        "decline_form": forms.get("decline_form") or WhyForm(auto_id="decline_%s"),
        "lift_form": forms.get("lift_form") or WhyForm(auto_id="lift_%s"),
    }
    return render(request, "moderation/sanction.html", context, status=status)


@care_team_only
def propose_sanction(request: SignedIn, member_id: int) -> HttpResponse:
    """Propose something for a member. With ?case= it rests on the text of that case."""
    about = setting.subject_for(request.user, member_id)
    case = _case(request, about)
    room = _room(case)
    given = request.POST if request.method == "POST" else None
    form = SanctionForm(given, groups=groups_of(about), room=room is not None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = setting.propose(request.user, about, _plan(form, room), case=case)
            messages.success(request, "Proposed. It binds nobody until it is made active.")
            return redirect("moderation:sanction", made.id)
        except PersonInDanger:
            form.add_error(None, IN_DANGER)
            status = 409
    context = {
        "about": about,
        "form": form,
        "case": case,
        "risk_case": open_risk_case_of(about.id),
        "history": casefile.history_of(about),
        "known": list(
            setting.sanctions_for(request.user).filter(member=about).order_by("-id")[:ROWS]
        ),
    }
    status = 422 if form.errors and status == 200 else status
    return render(request, "moderation/propose_sanction.html", context, status=status)


def _case(request: SignedIn, about: Member) -> ReviewCase | None:
    """The case named in the address, if it is about a text of this person."""
    named = request.GET.get("case", "")
    if not (named.isascii() and named.isdigit() and len(named) < 19):
        return None
    case = case_for(request.user, int(named))
    return case if case.submission.author_id == about.id else None


def _room(case: ReviewCase | None) -> Place | None:
    if case is None:
        return None
    try:
        return kind_of(case.submission.kind).place(content_of(case.submission))
    except Exception:
        # Odd content keeps nobody from proposing something else.
        return None


def _plan(form: SanctionForm, room: Place | None) -> Plan:
    data = form.cleaned_data
    return Plan(
        kind=SanctionKind(data["kind"]),
        length=data["length"],
        policy=data["policy"],
        reason=data["reason"],
        note=data["note"],
        group=data["group"],
        room=room,
    )


@care_team_only
@require_POST
def activate_sanction(request: SignedIn, sanction_id: int) -> HttpResponse:
    """Make a proposal active."""
    row = setting.sanction_for(request.user, sanction_id)
    form = ActivateForm(request.POST)
    if not form.is_valid():
        return _sanction_page(request, row, status=422, activate_form=form)
    data = form.cleaned_data
    try:
        setting.activate(row, request.user, reason=data["reason"], length=data["length"])
        messages.success(request, "It is active. The member was told, with the way to appeal.")
    except PersonInDanger:
        messages.error(request, IN_DANGER)
    except SecondPerson:
        messages.warning(request, SECOND)
    except Meanwhile:
        messages.warning(request, MEANWHILE)
    return redirect("moderation:sanction", sanction_id)


@care_team_only
@require_POST
def decline_sanction(request: SignedIn, sanction_id: int) -> HttpResponse:
    """Leave a proposal. The member never hears of it."""
    row = setting.sanction_for(request.user, sanction_id)
    form = WhyForm(request.POST, auto_id="decline_%s")
    if not form.is_valid():
        return _sanction_page(request, row, status=422, decline_form=form)
    try:
        setting.decline(row, request.user, form.cleaned_data["why"])
        messages.success(request, "Left. Nothing happens to the member.")
    except Meanwhile:
        messages.warning(request, MEANWHILE)
    return redirect("moderation:sanction", sanction_id)


@care_team_only
@require_POST
def lift_sanction(request: SignedIn, sanction_id: int) -> HttpResponse:
    """End a measure early."""
    row = setting.sanction_for(request.user, sanction_id)
    form = WhyForm(request.POST, auto_id="lift_%s")
    if not form.is_valid():
        return _sanction_page(request, row, status=422, lift_form=form)
    try:
        setting.lift(row, request.user, form.cleaned_data["why"])
        messages.success(request, "Ended. The member was told.")
    except Meanwhile:
        messages.warning(request, MEANWHILE)
    return redirect("moderation:sanction", sanction_id)


# --- Appeals ------------------------------------------------------------------------------------


@care_team_only
@require_safe
def appeals(request: SignedIn) -> HttpResponse:
    """Appeals: the waiting ones by their clock, then the answered ones."""
    answered = appealing.appeals_for(request.user).exclude(state=AppealState.OPEN)
    context = {
        "waiting": list(appealing.waiting(request.user)[:WAITING]),
        "page": page_of(request, answered, "-created_at", ROWS),
    }
    return render(request, "moderation/appeals.html", context)


@care_team_only
@require_safe
def appeal(request: SignedIn, appeal_id: int) -> HttpResponse:
    """One appeal: what was decided, by whom, what the member says. Looking is written down."""
    row = appealing.appeal_for(request.user, appeal_id)
    audit.record(request.user, "appeal.read", row, about=row.member_id)
    return _appeal_page(request, row, AnswerForm())


def _appeal_page(
    request: SignedIn, row: Appeal, form: AnswerForm, status: int = 200
) -> HttpResponse:
    label = casefile.kind_label(row.decision.submission.kind) if row.decision else ""
    context = {
        "row": row,
        "form": form,
        "kind_label": label,
        "waits": row.state == AppealState.OPEN,
        "may_answer": appealing.may_answer(row, request.user),
        "risk_case": open_risk_case_of(row.member_id),
    }
    return render(request, "moderation/appeal.html", context, status=status)


@care_team_only
@require_POST
def answer_appeal(request: SignedIn, appeal_id: int) -> HttpResponse:
    """Answer an appeal: take the decision back, or say why it stays."""
    row = appealing.appeal_for(request.user, appeal_id)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _appeal_page(request, row, form, status=422)
    data = form.cleaned_data
    decide = appealing.overturn if data["outcome"] == AppealState.OVERTURNED else appealing.uphold
    try:
        decide(row, request.user, data["answer"])
        messages.success(request, "Answered. The member was told.")
    except AnotherPerson:
        messages.warning(request, "You had a part in this before. Somebody else answers it.")
    except appealing.Meanwhile:
        messages.warning(request, MEANWHILE)
    return redirect("moderation:appeal", appeal_id)
