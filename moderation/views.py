"""The care team's desk: people at risk, texts to read, and what each author is told."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Max
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.members import audit
from community.members.access import SignedIn
from community.members.models import Member
from moderation import (
    appeals,
    casefile,
    ladder,
    letters,
    review,
    sanctions,
    spans,
    undo,
    visits,
    wellbeing,
)
from moderation import queue as desk_queue
from moderation import risk as at_risk
from moderation.access import (
    care_team_only,
    case_for,
    companion_for,
    my_text_for,
    risk_case_for,
)
from moderation.content import content_of, kind_of, to_team
from moderation.desk_forms import LookForm, SkipForm
from moderation.forms import DecisionForm, LetterForm, NoteForm, WorryForm
from moderation.guidelines import GUIDELINES, TEMPLATES, kind_sentence
from moderation.models import (
    Criterion,
    Decision,
    Level,
    PendingDecision,
    ReviewCase,
    ReviewState,
    RiskCase,
    RiskEvent,
    RiskSource,
    RiskState,
    Screening,
    State,
    Submission,
)
from moderation.review import CaseTaken, ClaimLost, ConflictOfInterest, NothingToHide
from moderation.risk import NewSignal, RiskCaseClosed, SecondPerson
from moderation.risk_forms import AssessForm, FollowUpForm
from moderation.screening import health

# More rows than this help nobody; "next" finds the right one among all.
ROWS = 50


# --- The queue ----------------------------------------------------------------------------------


@care_team_only
@require_safe
def queue(request: SignedIn) -> HttpResponse:
    """People at risk above, texts to read below. Two lists, since these are two questions."""
    now, member = timezone.now(), request.user
    look = LookForm(request.GET, member=member)
    waiting = desk_queue.seen_by(member, look.looking, now)
    cases = list(desk_queue.with_people(waiting, member)[:ROWS])
    habits = wellbeing.habits_of(member)
    for case in cases:
        case.claim = casefile.claim_of(case, member, now)  # type: ignore[attr-defined]
        case.kind_label = casefile.kind_label(case.submission.kind)  # type: ignore[attr-defined]
    context = {
        "people": _people_at_risk(member),
        "letters": letters.waiting_for(member),
        "cases": cases,
        "waiting": desk_queue.count(waiting),
        "look": look,
        "views": desk_queue.views_of(member),
        "lately": undo.waiting_of(member),
        "load": wellbeing.load_of(member, now, habits),
        "habits": habits,
        "appeals": list(appeals.waiting(member)[:ROWS]),
        "proposed": sanctions.proposed_to(member).count(),
        "rows": ROWS,
        "now": now,
        "filter_note": health.note(),
        "clocks_stopped": ladder.has_stopped(),
    }
    return render(request, "moderation/queue.html", context)


def _people_at_risk(member: Member) -> list[RiskCase]:
    """Open risk cases: unanswered before answered, crisis first, then the earliest clock.

    Each with its latest signal, and `unread` when that came after the care team's last word.
    """
    cases = list(at_risk.open_cases(member.clinic_id).exclude(member=member))
    events = RiskEvent.objects.filter(case__in=cases).order_by("id")
    latest: dict[tuple[int, bool], RiskEvent] = {
        (event.case_id, event.kind == "signal"): event for event in events
    }
    for case in cases:
        signal, word = latest.get((case.id, True)), latest.get((case.id, False))
        case.signal = signal  # type: ignore[attr-defined]
        new = bool(signal and word and signal.id > word.id) or case.wrote  # type: ignore[attr-defined]
        case.unread = new  # type: ignore[attr-defined]
    return cases


@care_team_only
@require_POST
def take_next(request: SignedIn) -> HttpResponse:
    """Hold the most urgent free text and open it."""
    case = review.claim_next(request.user)
    if case is None:
        messages.info(request, "No text is waiting for you right now.")
        return redirect("moderation:queue")
    return redirect("moderation:case", case.id)


# --- One text -----------------------------------------------------------------------------------


@care_team_only
@require_safe
def case(request: SignedIn, case_id: int) -> HttpResponse:
    """A text with all that is needed to judge it. Looking claims nothing, and is written down."""
    case = case_for(request.user, case_id)
    if visits.begins(request, f"case-{case.id}"):
        audit.record(request.user, "case.read", case, about=case.submission.author_id)
    return case_page(request, case, typed=undo.lost_of(case, request.user))


def case_page(
    request: SignedIn,
    case: ReviewCase,
    *,
    form: DecisionForm | None = None,
    typed: PendingDecision | None = None,
    changed: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The case's page; typed: what was decided and then taken back or lost, for the form."""
    file = casefile.open_file(case, request.user)
    if form is None:
        form = DecisionForm(text=case.revision.judged_text, found=file.found, initial=_again(typed))
    context = {
        "file": file,
        "case": case,
        "form": form,
        "changed": changed or [],
        "templates": TEMPLATES,
        "guidelines": GUIDELINES,
        "skip_form": SkipForm(),
    }
    return render(request, "moderation/case.html", context, status=status)


def _again(typed: PendingDecision | None) -> dict[str, Any]:
    if typed is None:
        return {"template": "own"}
    names = ("outcome", "policy", "reason", "note", "author_step", "risk_level")
    again = {name: getattr(typed, name) for name in names}
    if typed.outcome == State.MASKED:
        again["spans"] = [spans.value_of((a, b, kind)) for a, b, kind in typed.masks]
    return {"template": typed.template or "own", **again}


@care_team_only
@require_POST
def take(request: SignedIn, case_id: int) -> HttpResponse:
    """Hold a text for ten minutes, or hold it longer. What was typed so far stays on the page."""
    case = case_for(request.user, case_id)
    try:
        review.claim(case, request.user)
    except CaseTaken:
        changed = casefile.what_changed(case_for(request.user, case_id), request.user, None)
        return _typed_again(request, case_id, changed, 409)
    except ConflictOfInterest:
        messages.warning(request, "This is your own text. Somebody else decides about it.")
        return redirect("moderation:case", case_id)
    if request.POST.get("beat"):
        return HttpResponse(status=204)
    if "reason" in request.POST:
        return _typed_again(request, case_id, [], 200)
    return redirect("moderation:case", case_id)


def _decision_form(case: ReviewCase, *given: Any, **more: Any) -> DecisionForm:
    found = casefile.found_in(case.revision)
    return DecisionForm(*given, text=case.revision.judged_text, found=found, **more)


def _typed_again(request: SignedIn, case_id: int, changed: list[str], status: int) -> HttpResponse:
    """The case as it is now, with what the moderator had typed into the form."""
    case = case_for(request.user, case_id)
    names = ("outcome", "policy", "reason", "note", "hide", "author_step", "risk_level")
    typed: dict[str, Any] = {name: request.POST.get(name, "") for name in names}
    if request.POST.get("revision") == str(case.revision_id):
        # Of another wording, the parts would be others.
        typed["spans"] = request.POST.getlist("spans")
    form = _decision_form(case, initial={**typed, "template": "own"})
    return case_page(request, case, form=form, changed=changed, status=status)


@care_team_only
@require_POST
def give_back(request: SignedIn, case_id: int) -> HttpResponse:
    """Let somebody else have the text."""
    review.release(case_for(request.user, case_id), request.user)
    messages.info(request, "You gave the text back. It waits for somebody else.")
    return redirect("moderation:queue")


@care_team_only
@require_POST
def decide(request: SignedIn, case_id: int) -> HttpResponse:
    """Judge the text. When it or the claim changed meanwhile: 409, and nothing typed is lost."""
    case = case_for(request.user, case_id)
    form = _decision_form(case, request.POST)
    if _decided_by_me(case, request):
        return _after_decision(request)
    if not form.is_valid():
        return case_page(request, case, form=form, status=422)
    data = form.cleaned_data
    try:
        waits = undo.decide_soon(
            case,
            request.user,
            _judgement(case, data),
            token=data["token"],
            revision_id=data["revision"],
        )
    except (ClaimLost, NothingToHide):
        case = case_for(request.user, case_id)
        changed = casefile.what_changed(case, request.user, data["revision"])
        return _typed_again(request, case_id, changed or [_STALE], 409)
    except ConflictOfInterest:
        messages.warning(request, "This is your own text. Somebody else decides about it.")
        return redirect("moderation:case", case_id)
    if data["risk_level"]:
        # Help waits for no undo.
        at_risk.raise_risk(
            case.submission.author,
            Level(data["risk_level"]),
            RiskSource.MODERATOR,
            submission=case.submission,
            by=request.user,
        )
    told = "The author was told." if waits is None else "You can still take it back."
    messages.success(request, f"Decided: {State(data['outcome']).label}. {told}")
    return _after_decision(request)


def _judgement(case: ReviewCase, data: dict[str, Any]) -> undo.Judgement:
    return undo.Judgement(
        outcome=State(data["outcome"]),
        policy=data["policy"],
        reason=data["reason"],
        note=data["note"],
        masks=data["masks"],
        template=data["template"],
        author_step=data["author_step"],
        risk_level=data["risk_level"] or 0,
    )


_STALE = "Something about this text changed since you opened it. Please look once more."


def _decided_by_me(case: ReviewCase, request: SignedIn) -> bool:
    """This very form arrived before: pressed twice, or sent again by the browser."""
    revision_id = request.POST.get("revision", "")
    if not revision_id.isdecimal():
        return False
    if case.state == ReviewState.DECIDING:
        return case.claimed_by_id == request.user.id
    if case.state != ReviewState.DECIDED:
        return False
    return Decision.objects.filter(
        submission=case.submission_id, by=request.user, revision_id=int(revision_id[:18])
    ).exists()


def _after_decision(request: SignedIn) -> HttpResponse:
    if request.POST.get("then") == "next":
        following = review.claim_next(request.user)
        if following is not None:
            return redirect("moderation:case", following.id)
        messages.info(request, "That was the last one for now.")
    return redirect("moderation:queue")


# --- A person at risk ---------------------------------------------------------------------------


@care_team_only
@require_safe
def risk(request: SignedIn, case_id: int) -> HttpResponse:
    """Somebody who may be in danger: what was heard, what was done, and the next step.

    Looking is written down, once a visit.
    """
    case = risk_case_for(request.user, case_id)
    if visits.begins(request, f"risk-{case.id}"):
        audit.record(request.user, "risk.read", case, about=case.member_id)
    return _person_page(request, case)


def _person_page(
    request: SignedIn,
    case: RiskCase,
    *,
    problem: str = "",
    typed: str = "",
    status: int = 200,
    **forms: Any,
) -> HttpResponse:
    events = list(
        case.events.select_related("by", "submission__latest", "submission").order_by("id")
    )
    cases = ReviewCase.objects.exclude(state=ReviewState.DECIDED).filter(
        submission__author=case.member_id
    )
    open_cases = {row.submission_id: row.id for row in cases}
    for event in events:
        event.review_case = None  # type: ignore[attr-defined]
        if event.submission is not None:
            event.review_case = open_cases.get(event.submission.id)  # type: ignore[attr-defined]
            label = casefile.kind_label(event.submission.kind)
            event.kind_label = label  # type: ignore[attr-defined]
    seen = max((event.id for event in events), default=0)
    told = [row for row in letters.conversation_of(case.member) if row.to_team]
    heard = max((row.id for row in told), default=0)
    known = {"seen": seen, "heard": heard}
    since = min((event.at for event in events), default=case.raised_at)
    happened: list[Any] = [*events, *(row for row in told if row.at >= since)]
    context = {
        "case": case,
        "events": sorted(happened, key=lambda one: one.at),
        "waits": [row for row in told if row.read_at is None],
        "heard": heard,
        "history": casefile.history_of(case.member),
        "open": case.state != RiskState.CLOSED,
        "problem": problem,
        "typed": typed,
        "note_form": forms.get("note_form") or NoteForm(),
        "letter_form": forms.get("letter_form") or LetterForm(initial=known),
        "assess_form": forms.get("assess_form")
        or AssessForm(initial={**known, "level": str(int(case.level))}),
        "follow_form": forms.get("follow_form") or FollowUpForm(initial=known),
        "follow_ups": [row for row in case.follow_ups.all() if row.done_at is None],
        "may_assess": case.state not in (RiskState.RAISED, RiskState.CLOSED),
    }
    return render(request, "moderation/risk.html", context, status=status)


@care_team_only
@require_POST
def acknowledge(request: SignedIn, case_id: int) -> HttpResponse:
    """'I am on it.'"""
    case = risk_case_for(request.user, case_id)
    if at_risk.acknowledge(case, request.user):
        messages.success(request, "You are on it. The clock has stopped.")
    else:
        case.refresh_from_db()
        if case.owner_id != request.user.id:
            messages.info(request, f"{case.owner} is already on it.")
    return redirect("moderation:risk", case_id)


@care_team_only
@require_POST
def add_note(request: SignedIn, case_id: int) -> HttpResponse:
    """Write down what was seen or done."""
    case, form = risk_case_for(request.user, case_id), NoteForm(request.POST)
    if not form.is_valid():
        return _person_page(request, case, note_form=form, status=422)
    try:
        at_risk.add_note(case, request.user, form.cleaned_data["note"])
    except RiskCaseClosed:
        return _closed_meanwhile(request, case_id, form.cleaned_data["note"], note_form=form)
    messages.success(request, "Your note is saved.")
    return redirect("moderation:risk", case_id)


@care_team_only
@require_POST
def write(request: SignedIn, case_id: int) -> HttpResponse:
    """Write to the person in the care team's name."""
    case, form = risk_case_for(request.user, case_id), LetterForm(request.POST)
    if not form.is_valid():
        return _person_page(request, case, letter_form=form, status=422)
    try:
        at_risk.write(case, request.user, form.cleaned_data["letter"])
        letters.mark_read(case.member, request.user, form.cleaned_data["heard"] or 0)
    except RiskCaseClosed:
        return _closed_meanwhile(request, case_id, form.cleaned_data["letter"], letter_form=form)
    messages.success(request, "Sent. They find it on their home page.")
    return redirect("moderation:risk", case_id)


@care_team_only
@require_POST
def assess(request: SignedIn, case_id: int) -> HttpResponse:
    """Judge how somebody is and what is done; never over a signal that was not read."""
    case, form = risk_case_for(request.user, case_id), AssessForm(request.POST)
    if not form.is_valid():
        return _person_page(request, case, assess_form=form, status=422)
    data = form.cleaned_data
    try:
        at_risk.assess(
            case,
            request.user,
            level=data["level"],
            criteria=[Criterion(one) for one in data["criteria"]],
            way=RiskState(data["way"]),
            text=data["text"],
            seen=data["seen"],
            heard=data["heard"] or 0,
        )
    except NewSignal:
        return _something_new(request, case, "assess_form", AssessForm, data)
    except RiskCaseClosed:
        return _closed_meanwhile(request, case_id, data["text"], assess_form=form)
    messages.success(request, "Written down. Thank you for looking after them.")
    return redirect("moderation:risk", case_id)


@care_team_only
@require_POST
def follow_up(request: SignedIn, case_id: int) -> HttpResponse:
    """Write down how somebody is after a day, or after three."""
    case, form = risk_case_for(request.user, case_id), FollowUpForm(request.POST)
    if not form.is_valid():
        return _person_page(request, case, follow_form=form, status=422)
    data = form.cleaned_data
    try:
        read = {"seen": data["seen"], "heard": data["heard"] or 0}
        last = at_risk.follow_up(case, request.user, data["text"], **read)
    except NewSignal:
        return _something_new(request, case, "follow_form", FollowUpForm, data)
    except RiskCaseClosed:
        return _closed_meanwhile(request, case_id, data["text"], follow_form=form)
    if last:
        messages.success(request, "The case is closed. A new signal opens a new one.")
    else:
        messages.success(request, "Written down. They are asked once more.")
    return redirect("moderation:risk", case_id)


@care_team_only
@require_POST
def second_person(request: SignedIn, case_id: int) -> HttpResponse:
    """The second person agrees that a crisis is over, or takes the case on."""
    case, form = risk_case_for(request.user, case_id), NoteForm(request.POST)
    agrees = request.POST.get("answer") == "agree"
    if not agrees and not form.is_valid():
        problem = "Say in the note for the team what you see, then take it on."
        return _person_page(request, case, note_form=form, problem=problem, status=422)
    try:
        if agrees:
            at_risk.agree(case, request.user)
        else:
            at_risk.disagree(case, request.user, form.cleaned_data["note"])
    except SecondPerson:
        messages.warning(request, "You found so yourself; somebody else has to agree.")
    except RiskCaseClosed:
        messages.info(request, "Somebody answered this already.")
    return redirect("moderation:risk", case_id)


def _something_new(
    request: SignedIn, case: RiskCase, name: str, form: type[Form], data: dict[str, Any]
) -> HttpResponse:
    """409 with what was typed, to be sent again once the new signal was read."""
    last = case.events.aggregate(last=Max("id"))["last"]
    heard = letters.unread().filter(member=case.member).aggregate(last=Max("id"))["last"] or 0
    problem = "Something new came in about this person. Please read it before you go on."
    again = form(initial={**data, "seen": last, "heard": max(heard, data["heard"] or 0)})
    page: dict[str, Any] = {"problem": problem, "status": 409, name: again}
    return _person_page(request, case, **page)


def _closed_meanwhile(request: SignedIn, case_id: int, typed: str, **forms: Any) -> HttpResponse:
    """409 with what was typed: in its form where there still is one, or as plain words."""
    case = risk_case_for(request.user, case_id)
    if case.state == RiskState.CLOSED:
        problem = "This case is closed. A new signal opens a new one."
    else:
        problem = "Nobody has said yet that they are on it. Press “I am on it” first."
    no_form = case.state == RiskState.CLOSED or bool({"assess_form", "follow_form"} & forms.keys())
    page: dict[str, Any] = {"problem": problem, "status": 409, "typed": typed if no_form else ""}
    return _person_page(request, case, **page, **forms)


# --- For everybody ------------------------------------------------------------------------------


def need_person(request: SignedIn) -> HttpResponse:
    """'I need a person now.' POST calls the care team and shows help in the same answer."""
    if request.method != "POST":
        return render(request, "moderation/need_person.html")
    called = at_risk.ask_for_person(request.user)
    late = called.state == RiskState.RAISED and called.acknowledge_due_at <= timezone.now()
    return render(request, "moderation/need_person_done.html", {"called": called, "late": late})


def worried(request: SignedIn, member_id: int) -> HttpResponse:
    """'I am worried about somebody.' They never learn who said so."""
    about = companion_for(request.user, member_id)
    form = WorryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        at_risk.worry(about, request.user, data["level"], data["text"])
        return render(request, "moderation/worried_done.html", {"about": about, **data})
    status = 422 if form.errors else 200
    return render(request, "moderation/worried.html", {"about": about, "form": form}, status=status)


@require_safe
def my_text(request: SignedIn, submission_id: int) -> HttpResponse:
    """What became of a text of one's own, why, and what can be done next."""
    submission = my_text_for(request.user, submission_id)
    if submission.kind in to_team():
        return redirect("moderation:my_letters")
    told = submission.decisions.filter(by__isnull=False).order_by("-id").first()
    waiting = submission.cases.exclude(state=ReviewState.DECIDED).first()
    latest = submission.latest
    # A person's words belong to the wording they read; a newer one is judged anew.
    current = told is not None and latest is not None and told.revision_id == latest.id
    context = {
        "submission": submission,
        "kind_label": casefile.kind_label(submission.kind),
        "url": _url_of(submission),
        "told": told if current else None,
        "due_at": waiting.due_at if waiting else None,
        "due_today": waiting is not None and _is_today(waiting.due_at),
        "may_appeal": appeals.may_ask(submission),
        "hidden": _why_hidden(submission) if submission.state == State.MASKED else [],
        "public": submission.shown if submission.state == State.MASKED else None,
    }
    return render(request, "moderation/my_text.html", context)


def _is_today(moment: datetime) -> bool:
    return timezone.localtime(moment).date() == timezone.localdate()


def _why_hidden(submission: Submission) -> list[str]:
    """What was hidden in a published text, in kind sentences."""
    rows = Screening.objects.filter(revision=submission.shown_id).order_by("-id")
    codes = rows.values_list("reasons", flat=True).first()
    return [words for code in codes or () if (words := kind_sentence(code))]


def _url_of(submission: Submission) -> str:
    try:
        return kind_of(submission.kind).url(content_of(submission))
    except (KeyError, ObjectDoesNotExist):
        return ""
