"""Pages about how well we do: second looks, where two differ, golden texts, cut-offs, figures."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.members import audit
from community.members.access import SignedIn, needs
from community.members.models import Member
from moderation import figures as counted
from moderation import figures_page, proposer, shadow
from moderation import quality as looks
from moderation import threshold_sets as cutoffs
from moderation.access import care_team_only
from moderation.guidelines import GUIDELINES
from moderation.models import (
    GoldenText,
    Level,
    LookState,
    SecondLook,
    ShadowRun,
    State,
    ThresholdChange,
    ThresholdSet,
)
from moderation.quality import LookLost, NotForYou
from moderation.quality_forms import (
    THRESHOLD_LABELS,
    GoldenForm,
    ResolveForm,
    SecondLookForm,
    ThresholdForm,
)
from moderation.threshold_sets import ChangedMeanwhile, NotAThreshold, NotTried, OwnProposal

leads_only = needs("is_lead")
answerable_only = needs("answers_for_care")

ROWS = 50
DAYS = (7, 28, 90)


# --- Second looks -------------------------------------------------------------------------------


@care_team_only
@require_safe
def second_looks(request: SignedIn) -> HttpResponse:
    """How many texts wait for a second reader, and a button that takes one."""
    waiting = looks.waiting_for(request.user, timezone.now()).count()
    return render(request, "moderation/second_looks.html", {"waiting": waiting})


@care_team_only
@require_POST
def take_look(request: SignedIn) -> HttpResponse:
    """Hold the oldest look that is free and open it."""
    look = looks.take(request.user)
    if look is None:
        messages.info(request, "No text waits for a second look.")
        return redirect("moderation:second_looks")
    return redirect("moderation:second_look", look.id)


def _look_of(member: Member, look_id: int) -> SecondLook:
    """A look the person holds, or 404: nobody browses through them."""
    rows = SecondLook.objects.filter(
        clinic_id=member.clinic_id,
        claimed_by=member,
        state=LookState.OPEN,
        lease_until__gt=timezone.now(),
    )
    return get_object_or_404(
        rows.select_related("revision__submission__author", "golden", "decision"), id=look_id
    )


@care_team_only
@require_safe
def second_look(request: SignedIn, look_id: int) -> HttpResponse:
    """The bare words: no name, no place, no earlier answer. Looking is written down."""
    look = _look_of(request.user, look_id)
    author = look.revision.submission.author_id if look.revision else None
    audit.record(request.user, "look.read", look, about=author)
    return _look_page(request, look, SecondLookForm())


def _look_page(
    request: SignedIn, look: SecondLook, form: SecondLookForm, status: int = 200
) -> HttpResponse:
    context = {"look": look, "text": _words(look), "form": form, "guidelines": GUIDELINES}
    return render(request, "moderation/second_look.html", context, status=status)


def _words(look: SecondLook) -> str:
    """What stands to be read; nothing in it tells which kind of look it is."""
    if look.golden is not None:
        return look.golden.body
    return look.revision.judged_text if look.revision else ""


@care_team_only
@require_POST
def answer_look(request: SignedIn, look_id: int) -> HttpResponse:
    """Say what one thinks of it. When the time ran out: back to the list, nothing counted."""
    look, form = _look_of(request.user, look_id), SecondLookForm(request.POST)
    if not form.is_valid():
        return _look_page(request, look, form, 422)
    try:
        looks.answer(look, request.user, form.answer, form.cleaned_data["note"])
    except (LookLost, NotForYou):
        messages.warning(request, "Your time with this text had run out. Somebody else reads it.")
        return redirect("moderation:second_looks")
    # The same words whatever the look was for.
    messages.success(request, "Thank you. Your answer is kept.")
    if request.POST.get("then") == "next" and (following := looks.take(request.user)):
        return redirect("moderation:second_look", following.id)
    return redirect("moderation:second_looks")


# --- Where two differ ---------------------------------------------------------------------------


@leads_only
@require_safe
def conflicts(request: SignedIn) -> HttpResponse:
    """Texts about which two people differ."""
    rows = list(looks.conflicts(request.user.clinic_id)[:ROWS])
    return render(request, "moderation/conflicts.html", {"rows": rows})


def _conflict_of(lead: Member, look_id: int) -> SecondLook:
    return get_object_or_404(looks.conflicts(lead.clinic_id), id=look_id)


@leads_only
@require_safe
def conflict(request: SignedIn, look_id: int) -> HttpResponse:
    """Both answers side by side. Looking is written down."""
    look = _conflict_of(request.user, look_id)
    author = look.revision.submission.author_id if look.revision else None
    audit.record(request.user, "look.read", look, about=author)
    return _conflict_page(request, look, ResolveForm())


def _conflict_page(
    request: SignedIn, look: SecondLook, form: ResolveForm, status: int = 200
) -> HttpResponse:
    labels = {line.code: line.label for line in GUIDELINES}
    first = looks.first_answer(look)
    answers = [
        ("Second reader", bool(look.shown), labels.get(look.policy, look.policy), look.risk or 0)
    ]
    by_person = look.decision is not None and look.decision.by_id is not None
    who = "First decision" if by_person else "The filter"
    answers.insert(0, (who, first.shown, labels.get(first.policy, first.policy), first.risk))
    context = {"look": look, "text": _words(look), "answers": answers, "form": form}
    # Nobody was asked about danger the first time: an empty cell, not a "no".
    return render(
        request, "moderation/conflict.html", {**context, "by_person": by_person}, status=status
    )


@leads_only
@require_POST
def resolve_conflict(request: SignedIn, look_id: int) -> HttpResponse:
    """Say what holds. The text is shown or hidden accordingly, and its author told."""
    look, form = _conflict_of(request.user, look_id), ResolveForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if not reason and looks.would_change(look, form.answer.shown):
            form.add_error("reason", "This changes what others see. Tell the author why.")
    if not form.is_valid():
        return _conflict_page(request, look, form, 422)
    try:
        changed = looks.resolve(look, request.user, form.answer, form.cleaned_data["reason"])
    except NotForYou:
        messages.warning(
            request, "You were one of the two, or it is your own text. Another lead decides."
        )
        return redirect("moderation:conflicts")
    except LookLost:
        messages.info(request, "This was settled meanwhile, or the text has changed.")
        return redirect("moderation:conflicts")
    told = " The author was told." if changed else ""
    messages.success(request, f"That is settled.{told}")
    return redirect("moderation:conflicts")


# --- Golden texts -------------------------------------------------------------------------------


@leads_only
def golden_texts(request: SignedIn) -> HttpResponse:
    """Invented texts with known answers. POST adds one."""
    form = GoldenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        looks.add_golden(request.user, form.cleaned_data["body"], form.answer)
        messages.success(request, "Kept. It reaches the team one by one, in the weeks to come.")
        return redirect("moderation:golden_texts")
    rows = GoldenText.objects.filter(clinic_id=request.user.clinic_id, retired_at__isnull=True)
    labels = {line.code: line.label for line in GUIDELINES}
    texts = list(rows.order_by("-id")[:ROWS])
    for text in texts:
        text.policy_label = labels.get(text.policy, text.policy)  # type: ignore[attr-defined]
    status = 422 if form.errors else 200
    context = {"form": form, "rows": texts}
    return render(request, "moderation/golden_texts.html", context, status=status)


@leads_only
@require_POST
def retire_golden(request: SignedIn, golden_id: int) -> HttpResponse:
    """Use a golden text no more."""
    rows = GoldenText.objects.filter(clinic_id=request.user.clinic_id)
    looks.retire_golden(get_object_or_404(rows, id=golden_id), request.user)
    messages.info(request, "It is not used any more. Answers given so far still count.")
    return redirect("moderation:golden_texts")


# --- How well we agree --------------------------------------------------------------------------


@answerable_only
@require_safe
def quality(request: SignedIn) -> HttpResponse:
    """Agreement about each rule, and how second looks went."""
    days = _days(request)
    since, _ = counted.period(days, timezone.now())
    clinic_id = request.user.clinic_id
    found = looks.pairs(clinic_id, since)
    context = {
        "days": days,
        "choices": DAYS,
        "pairs": counted.shown_count(len(found)),
        "lines": looks.by_policy(found) if len(found) >= counted.SMALL else [],
        "tallies": _tallies(looks.tallies(clinic_id, since)),
        "conflicts": looks.conflicts(clinic_id).count(),
    }
    return render(request, "moderation/quality.html", context)


_PURPOSES = {
    "double": "Decisions read a second time",
    "random": "Published texts drawn at random",
    "golden": "Texts with a known answer",
}


def _tallies(found: dict[str, looks.Tally]) -> list[tuple[str, str, str, str]]:
    """(what, how many answered, same answer, still waiting), small numbers hidden."""
    lines = []
    for purpose, label in _PURPOSES.items():
        tally = found[purpose]
        same = counted.shown_rate(100, tally.agreed, tally.answered)
        words = "too few to say" if same is None else f"{same:.0f} %"
        if tally.answered == 0:
            words = "none"
        shown = counted.shown_count
        lines.append((label, shown(tally.answered), words, shown(tally.waiting)))
    return lines


def _days(request: SignedIn) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in {str(days) for days in DAYS} else DAYS[1]


# --- Cut-offs -----------------------------------------------------------------------------------


@answerable_only
def threshold_sets(request: SignedIn) -> HttpResponse:
    """Which cut-offs are in use, and every version there was. POST proposes a new one; with
    ?suggest the form begins with what the decisions of the clinic say."""
    clinic_id = request.user.clinic_id
    in_use = cutoffs.current(clinic_id)
    values = in_use.values if in_use else cutoffs.built_in()
    suggestion = proposer.suggest(clinic_id) if "suggest" in request.GET else None
    initial = dict(suggestion.values) if suggestion else dict(values)
    if suggestion and suggestion.changed:
        initial["note"] = "Worked out from our decisions."
    form = ThresholdForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = cutoffs.propose(request.user, form.values, form.cleaned_data["note"])
        except (NotAThreshold, ChangedMeanwhile):
            form.add_error(None, "These numbers could not be kept. Please check them.")
        else:
            messages.success(request, "Kept as a proposal. Nothing changed yet: try it first.")
            return redirect("moderation:threshold_set", made.id)
    rows = ThresholdSet.objects.filter(clinic_id=clinic_id).select_related(
        "created_by", "approved_by"
    )
    context = {
        "form": form,
        "in_use": in_use,
        "values": _labelled(values),
        "suggestion": suggestion,
        "said": [(THRESHOLD_LABELS[name], why) for name, why in suggestion.said]
        if suggestion
        else [],
        "rows": list(rows.order_by("-version")[:ROWS]),
    }
    status = 422 if form.errors else 200
    return render(request, "moderation/threshold_sets.html", context, status=status)


def _labelled(values: dict[str, object]) -> list[tuple[str, object]]:
    words = {True: "yes", False: "no"}
    return [
        (THRESHOLD_LABELS.get(name, name), words[value] if isinstance(value, bool) else value)
        for name, value in values.items()
    ]


def _set_of(member: Member, set_id: int) -> ThresholdSet:
    rows = ThresholdSet.objects.select_related("created_by", "approved_by")
    return get_object_or_404(rows, id=set_id, clinic_id=member.clinic_id)


@answerable_only
@require_safe
def threshold_set(request: SignedIn, set_id: int) -> HttpResponse:
    """One version: its numbers, what it would have changed, and the next step."""
    row, in_use = _set_of(request.user, set_id), cutoffs.current(request.user.clinic_id)
    seen = in_use.id if in_use else None
    run = ShadowRun.objects.filter(set=row).select_related("against").order_by("-id").first()
    fresh = run is not None and run.against_id == seen
    context = {
        "row": row,
        "in_use": in_use,
        "values": _labelled(row.values),
        "run": run,
        "about": _about(run.rows) if run else "",
        "fresh": fresh,
        "outcomes": _table(run.outcomes, _OUTCOMES) if run else [],
        "levels": _table(run.levels, _LEVELS) if run else [],
        "own": row.created_by_id == request.user.id,
        "changes": ThresholdChange.objects.filter(current=row).select_related("by").order_by("id"),
    }
    return render(request, "moderation/threshold_set.html", context)


def _about(number: int) -> str:
    """A total in tens: an exact one would give away the one small number beside it."""
    return "Fewer than 10" if number < 10 else f"About {round(number, -1)}"


_OUTCOMES = {name: State(name).label for name in ("visible", "noted", "masked", "held")}
_LEVELS = {str(int(level)): level.label for level in Level}


def _table(counts: dict[str, int], names: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """(what, before, after, moved) with small numbers hidden."""
    shown = counted.shown_count
    return [
        (names[name], shown(old), shown(new), shown(moved))
        for name, old, new, moved in shadow.table(counts, names)
    ]


@answerable_only
@require_POST
def try_thresholds(request: SignedIn, set_id: int) -> HttpResponse:
    """Judge the texts of the last weeks once more with this version, and count."""
    try:
        shadow.run(_set_of(request.user, set_id), request.user)
    except NotAThreshold:
        messages.error(request, "This version cannot be read any more. Please propose it anew.")
    return redirect("moderation:threshold_set", set_id)


def _seen(request: SignedIn) -> int | None:
    """The set in use on the page the button stood on; None is the built-in one."""
    said = request.POST.get("seen", "")
    return int(said[:18]) if said.isdecimal() else None


@answerable_only
@require_POST
def activate_thresholds(request: SignedIn, set_id: int) -> HttpResponse:
    """Put a proposal of somebody else to use."""
    row = _set_of(request.user, set_id)
    try:
        cutoffs.activate(row, request.user, seen=_seen(request))
    except OwnProposal:
        messages.warning(request, "You proposed this version. Somebody else puts it to use.")
    except NotTried:
        messages.warning(request, "Try it against what is in use now, then put it to use.")
    except ChangedMeanwhile:
        messages.warning(request, "Something changed since you opened the page. Nothing was done.")
    else:
        messages.success(request, f"{row} is in use, everywhere within half a minute.")
    return redirect("moderation:threshold_set", set_id)


@answerable_only
@require_POST
def roll_back_thresholds(request: SignedIn) -> HttpResponse:
    """Back to what was in use before, at once."""
    seen = _seen(request)
    if seen is None:
        return redirect("moderation:threshold_sets")
    try:
        now = cutoffs.roll_back(request.user.clinic_id, request.user, seen=seen)
    except ChangedMeanwhile:
        messages.warning(request, "Something changed since you opened the page. Nothing was done.")
    else:
        what = str(now) if now else "The built-in set"
        messages.success(request, f"{what} is in use again, everywhere within half a minute.")
    return redirect("moderation:threshold_sets")


# --- Figures ------------------------------------------------------------------------------------


def _figures(request: SignedIn) -> tuple[int, counted.Figures]:
    now, days = timezone.now(), _days(request)
    since, until = counted.period(days, now)
    return days, counted.of(request.user.clinic, since, until, now)


@answerable_only
@require_safe
def figures(request: SignedIn) -> HttpResponse:
    """How fast and how well we answered."""
    days, found = _figures(request)
    context = {
        "days": days,
        "choices": DAYS,
        "people": figures_page.rows(found.people),
        "texts": figures_page.rows(found.texts),
        "hours": figures_page.hours(found.hours),
        "measures": figures_page.measures(found),
        "charts": figures_page.drawings(found),
        "zone": request.user.clinic.time_zone,
    }
    return render(request, "moderation/figures.html", context)


@answerable_only
@require_safe
def figures_csv(request: SignedIn) -> HttpResponse:
    """The same numbers as a file."""
    days, found = _figures(request)
    answer = HttpResponse(figures_page.as_csv(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="figures-{days}-days.csv"'
    return answer
