"""Second looks: a text is judged again by somebody who knows neither the first answer nor why.

Three kinds lie in one pile and look alike: decisions made twice, published texts drawn at random,
and golden texts whose answer is known. Where two people differ, a lead decides.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from community.members import audit
from community.members.access import care_team_of
from community.members.models import Clinic, Member
from community.members.notices import tell
from moderation import agreement, clocks, labels, risk
from moderation.actions import AlreadySettled, settle
from moderation.agreement import Kappa
from moderation.guidelines import GUIDELINES
from moderation.models import (
    Appeal,
    AppealState,
    Axis,
    Decision,
    GoldenText,
    Label,
    LabelSource,
    Level,
    LookState,
    ReviewCase,
    ReviewState,
    Revision,
    RevisionState,
    RiskSource,
    SecondLook,
    State,
    Submission,
)

# How many looks `take` tries before it says that there is none; others may press as well.
TRIES = 8
# A person meets at most one golden text in this time.
GOLDEN_EVERY = timedelta(days=7)
# Below this agreement the labels of a policy are not good enough to learn from.
KAPPA_ENOUGH = 0.6
GONE = (State.WITHDRAWN, State.PURGED)


class LookLost(Exception):
    """Somebody else holds or answered it, or the time with it ran out."""


class NotForYou(Exception):
    """One's own text, or a decision one has made oneself."""


@dataclass(frozen=True)
class Answer:
    """What somebody says of a text: may others see it, which rule, how much danger (0 to 3)."""

    shown: bool
    policy: str
    risk: int


# --- Reading a second time ----------------------------------------------------------------------


def waiting_for(member: Member, now: datetime) -> QuerySet[SecondLook]:
    """Looks that this person may take, oldest first: not their text, not their decision."""
    rows = SecondLook.objects.filter(clinic_id=member.clinic_id, state=LookState.OPEN)
    mine = Q(for_member__isnull=True) | Q(for_member=member)
    free = Q(claimed_by__isnull=True) | Q(claimed_by=member) | Q(lease_until__lte=now)
    decided = Decision.objects.filter(revision_id=OuterRef("revision_id"), by=member)
    return (
        rows.filter(mine, free)
        .exclude(revision__submission__author=member)
        .exclude(revision__submission__state__in=GONE)
        .exclude(Exists(decided))
        .order_by("id")
    )


def take(member: Member) -> SecondLook | None:
    """Hold the oldest look that is free; None when there is none. Two people get two."""
    now = timezone.now()
    for look in waiting_for(member, now)[:TRIES]:
        free = Q(claimed_by__isnull=True) | Q(claimed_by=member) | Q(lease_until__lte=now)
        rows = SecondLook.objects.filter(free, id=look.id, state=LookState.OPEN)
        # Two may press at once; only one update finds it free.
        if rows.update(claimed_by=member, lease_until=clocks.lease_end(now)) == 1:
            return look
    return None


@transaction.atomic
def answer(look: SecondLook, by: Member, said: Answer, note: str = "") -> SecondLook:
    """Answer a look one holds. Returns it as it stands now.

    Danger is not a question of agreement: from Level.RED on a risk case is raised here and now.
    Raises LookLost, or NotForYou.
    """
    now = timezone.now()
    if not _may_read(look, by):
        raise NotForYou
    state = _outcome(look, said)
    rows = SecondLook.objects.filter(
        id=look.id, state=LookState.OPEN, claimed_by=by, lease_until__gt=now
    )
    answered = rows.update(
        state=state,
        shown=said.shown,
        policy=said.policy,
        risk=said.risk,
        note=note,
        answered_by=by,
        answered_at=now,
    )
    if answered != 1:
        raise LookLost
    look.refresh_from_db()
    author = None
    if look.revision is not None:
        author = look.revision.submission.author
        _label(look, by, LabelSource(look.purpose), said)
        if said.risk >= Level.RED:
            submission = look.revision.submission
            risk.raise_risk(author, said.risk, RiskSource.MODERATOR, submission=submission, by=by)
    audit.record(by, "look.answered", look, about=author)
    return look


def _may_read(look: SecondLook, by: Member) -> bool:
    """The rules of `waiting_for`, asked of one look."""
    if look.for_member_id not in (None, by.id):
        return False
    if look.revision is None:
        return True
    if look.revision.submission.author_id == by.id:
        return False
    return not Decision.objects.filter(revision=look.revision, by=by).exists()


def _outcome(look: SecondLook, said: Answer) -> LookState:
    first = first_answer(look)
    same = (said.shown, said.policy) == (first.shown, first.policy)
    if look.golden is not None:
        return LookState.AGREED if same and said.risk == first.risk else LookState.MISSED
    if look.purpose == LabelSource.RANDOM and said.risk > Level.GREEN:
        same = False
    return LookState.AGREED if same else LookState.CONFLICT


def first_answer(look: SecondLook) -> Answer:
    """What was said before: the known answer, the first decision, or the filter's silence."""
    if look.golden is not None:
        return Answer(look.golden.shown, look.golden.policy, look.golden.risk)
    if look.decision is None or look.decision.by_id is None:
        return Answer(True, "fine", Level.GREEN)
    return Answer(labels.shows(look.decision), look.decision.policy, Level.GREEN)


def _wording(look: SecondLook) -> Revision:
    """What somebody wrote; NotForYou for a golden text, which nobody did."""
    if look.revision is None:
        raise NotForYou
    return look.revision


def _label(look: SecondLook, by: Member, source: LabelSource, said: Answer) -> None:
    labels.write(
        _wording(look),
        by,
        source,
        {Axis.RULE: said.policy, Axis.RISK: str(int(said.risk))},
        clinic_id=look.clinic_id,
        look=look,
    )


# --- Where two differ ---------------------------------------------------------------------------


def conflicts(clinic_id: int) -> QuerySet[SecondLook]:
    """Looks whose two answers differ, oldest first."""
    rows = SecondLook.objects.filter(clinic_id=clinic_id, state=LookState.CONFLICT)
    rows = rows.exclude(revision__submission__state=State.PURGED)
    return rows.select_related(
        "revision__submission__author", "decision__by", "answered_by", "golden"
    ).order_by("answered_at", "id")


@transaction.atomic
def resolve(look: SecondLook, lead: Member, said: Answer, reason: str) -> bool:
    """A lead who is neither of the two says what holds. True when the text's visibility changed.

    reason: what the author is told when it does. Raises NotForYou, or LookLost when another lead
    was first. A text that waits at the desk or in an appeal is left to that.
    """
    revision = _wording(look)
    first = look.decision.by_id if look.decision else None
    if lead.id in {look.answered_by_id, first, revision.submission.author_id}:
        raise NotForYou
    submission = Submission.objects.select_for_update(no_key=True).get(id=revision.submission_id)
    rows = SecondLook.objects.filter(id=look.id, state=LookState.CONFLICT)
    moved = rows.update(
        state=LookState.RESOLVED,
        lead=lead,
        lead_shown=said.shown,
        lead_policy=said.policy,
        lead_risk=said.risk,
        resolved_at=timezone.now(),
    )
    if moved != 1:
        raise LookLost
    _label(look, lead, LabelSource.LEAD, said)
    if said.risk >= Level.RED:
        risk.raise_risk(
            submission.author, said.risk, RiskSource.MODERATOR, submission=submission, by=lead
        )
    changed = _correct(look, submission, lead, said, reason)
    if changed:
        tell(submission.author, "decided", reverse("moderation:my_text", args=[submission.id]))
    audit.record(lead, "look.resolved", look, about=submission.author_id, changed=changed)
    return changed


def would_change(look: SecondLook, shown: bool) -> bool:
    """Whether `resolve` with this answer would publish or hide the text."""
    revision = _wording(look)
    return _step(revision, revision.submission, shown) is not None


def _step(
    revision: Revision, submission: Submission, shown: bool
) -> tuple[RevisionState, State] | None:
    """From which state to which outcome a correction would go; None when nothing is to be done."""
    if submission.state in GONE or submission.latest_id != revision.id:
        return None
    if ReviewCase.objects.filter(submission=submission).exclude(state=ReviewState.DECIDED).exists():
        return None
    if Appeal.objects.filter(decision__submission=submission, state=AppealState.OPEN).exists():
        # Whoever answers the appeal decides, and the author hears one answer.
        return None
    if shown and revision.state == RevisionState.REJECTED:
        return RevisionState.REJECTED, State.VISIBLE
    if not shown and revision.state == RevisionState.RELEASED:
        return RevisionState.RELEASED, State.REMOVED
    return None


def _correct(
    look: SecondLook, submission: Submission, lead: Member, said: Answer, reason: str
) -> bool:
    revision = _wording(look)
    step = _step(revision, submission, said.shown)
    if step is None:
        return False
    seen, outcome = step
    try:
        settle(revision, outcome, seen=seen, by=lead, policy=said.policy, reason=reason)
    except AlreadySettled:
        raise LookLost from None
    return True


# --- Golden texts -------------------------------------------------------------------------------


@transaction.atomic
def add_golden(by: Member, body: str, known: Answer) -> GoldenText:
    """Keep an invented text with its answer. It reaches people one by one, in the weeks to come."""
    made = GoldenText.objects.create(
        clinic_id=by.clinic_id,
        body=body,
        shown=known.shown,
        policy=known.policy,
        risk=known.risk,
        created_by=by,
    )
    audit.record(by, "golden.added", made)
    return made


@transaction.atomic
def retire_golden(golden: GoldenText, by: Member) -> None:
    """Use it no more. Twice is once."""
    rows = GoldenText.objects.filter(id=golden.id, retired_at__isnull=True)
    if rows.update(retired_at=timezone.now()) == 1:
        SecondLook.objects.filter(golden=golden, state=LookState.OPEN).delete()
        audit.record(by, "golden.retired", golden)


def plant() -> int:
    """Lay golden texts among the looks of people who met none lately. Returns how many.

    Safe to run in several processes: a person gets each golden text at most once.
    """
    since = timezone.now() - GOLDEN_EVERY
    planted = 0
    with_texts = GoldenText.objects.filter(retired_at__isnull=True).values("clinic").distinct()
    for clinic in Clinic.objects.filter(id__in=with_texts):
        lately = SecondLook.objects.filter(golden__isnull=False, created_at__gt=since)
        for member in care_team_of(clinic).exclude(id__in=lately.values("for_member")):
            planted += _plant_for(member)
    return planted


def _plant_for(member: Member) -> int:
    """One golden text that the person neither made nor met, if there is one."""
    met = SecondLook.objects.filter(golden__isnull=False, for_member=member).values("golden")
    texts = GoldenText.objects.filter(clinic_id=member.clinic_id, retired_at__isnull=True)
    golden = texts.exclude(created_by=member).exclude(id__in=met).order_by("?").first()
    if golden is None:
        return 0
    try:
        with transaction.atomic():
            SecondLook.objects.create(
                clinic_id=member.clinic_id,
                purpose=LabelSource.GOLDEN,
                golden=golden,
                for_member=member,
            )
    except IntegrityError:
        # Another process gave them this one between our look and our row.
        return 0
    return 1


# --- What it says about us ----------------------------------------------------------------------


@dataclass(frozen=True)
class PolicyAgreement:
    """How far two people agree about one policy. enough: good enough to learn from."""

    code: str
    label: str
    kappa: Kappa

    @property
    def enough(self) -> bool:
        return self.kappa.value is None or self.kappa.value >= KAPPA_ENOUGH


def pairs(clinic_id: int, since: datetime | None = None) -> list[tuple[str, str]]:
    """(first policy, second policy) of decisions that two people made about the same wording."""
    rows = SecondLook.objects.filter(
        clinic_id=clinic_id, purpose=LabelSource.DOUBLE, answered_at__isnull=False
    )
    if since is not None:
        rows = rows.filter(answered_at__gte=since)
    return list(rows.order_by("id").values_list("decision__policy", "policy"))


def by_policy(found: Sequence[tuple[str, str]]) -> list[PolicyAgreement]:
    """Agreement about each policy that somebody named, in the order of the guidelines."""
    named = {code for pair in found for code in pair}
    known = {line.code: line.label for line in GUIDELINES}
    ordered = [*(code for code in known if code in named), *sorted(named - set(known))]
    return [
        PolicyAgreement(code, known.get(code, code), agreement.kappa_of(code, found))
        for code in ordered
    ]


@dataclass(frozen=True)
class Tally:
    """How the looks of one purpose went."""

    answered: int = 0
    agreed: int = 0
    waiting: int = 0


def tallies(clinic_id: int, since: datetime) -> dict[str, Tally]:
    """A tally for 'double', 'random' and 'golden'."""
    rows = SecondLook.objects.filter(clinic_id=clinic_id).filter(
        Q(answered_at__gte=since) | Q(state=LookState.OPEN)
    )
    seen = Counter(rows.values_list("purpose", "state"))
    result = {}
    for purpose in (LabelSource.DOUBLE, LabelSource.RANDOM, LabelSource.GOLDEN):
        states = {state: n for (name, state), n in seen.items() if name == purpose}
        waiting = states.pop(LookState.OPEN, 0)
        agreed = states.get(LookState.AGREED, 0)
        result[purpose.value] = Tally(sum(states.values()), agreed, waiting)
    return result


def usable_labels(clinic_id: int) -> list[Label]:
    """What a filter may learn from: one label a wording and axis, the last word of a person.

    Left out: golden texts, and policies about which two people do not agree well enough.
    """
    poor = {line.code for line in by_policy(pairs(clinic_id)) if not line.enough}
    last: dict[tuple[int | None, str], Label] = {}
    rows = Label.objects.filter(clinic_id=clinic_id).exclude(source=LabelSource.GOLDEN)
    for label in rows.order_by("id"):
        key = label.revision_id, label.axis
        kept = last.get(key)
        if kept is None or kept.source != LabelSource.LEAD or label.source == LabelSource.LEAD:
            last[key] = label
    return [row for row in last.values() if row.axis != Axis.RULE or row.value not in poor]
