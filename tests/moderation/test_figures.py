"""The figures equal what one gets by counting the history by hand, whatever the history."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from community.members.models import AuditEntry, Member
from moderation import actions, clocks, duty, figures, ladder, review, risk, undo
from moderation.figures import Figures, Line, Spread
from moderation.models import (
    ClockEvent,
    Level,
    PendingDecision,
    ReviewCase,
    RevisionState,
    RiskCase,
    RiskSource,
    RiskState,
    State,
)
from tests import make
from tests.clock import standing
from tests.make_moderation import held

# The night in which the clocks of Europe go back: one hour of the day comes twice.
START = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/London")


# --- A history, and the same history counted by hand --------------------------------------------


@dataclass
class Person:
    """Where one person at risk stands: 'well', 'raised', 'ours', 'second' or 'cared for'."""

    state: str = "well"
    level: int = -1
    was_crisis: bool = False
    found_by: int = 0
    visits: int = 0
    calls: list[dict] = field(default_factory=list)


@dataclass
class Journal:
    """What was done, as plain facts, kept beside the database."""

    calls: list[dict] = field(default_factory=list)
    texts: dict[int, dict] = field(default_factory=dict)
    decisions: list[dict] = field(default_factory=list)
    heavy: list[tuple[int, datetime]] = field(default_factory=list)
    people: dict[int, Person] = field(default_factory=lambda: defaultdict(Person))


class History:
    """Plays steps through the real actions and writes the journal."""

    def __init__(self, patients: list[Member], team: list[Member]) -> None:
        self.patients, self.team, self.journal = patients, team, Journal()

    def play(self, step: tuple[str, int, int, int], now: datetime) -> None:
        what, who, level, by = step
        self.settle_due(now)
        getattr(self, what)(self.patients[who], level, self.team[by], now)

    # Texts.

    def text(self, author: Member, level: int, by: Member, now: datetime) -> None:
        case = held(author, "Hello from me.", level=level)
        self.journal.texts[case.id] = {"level": level, "opened": now, "claimed": None, "end": None}

    def claim(self, author: Member, level: int, by: Member, now: datetime) -> None:
        if (case := review.claim_next(by)) is not None:
            text = self.journal.texts[case.id]
            text["claimed"] = text["claimed"] or now

    def _mine(self, author: Member, level: int, by: Member, now: datetime) -> ReviewCase | None:
        mine = ReviewCase.objects.filter(claimed_by=by, state="claimed", lease_until__gt=now)
        if not mine.exists():
            self.claim(author, level, by, now)
        return mine.order_by("id").first()

    def decide(self, author: Member, level: int, by: Member, now: datetime) -> None:
        mine = self._mine(author, level, by, now)
        if mine is None:
            return
        outcome = State.VISIBLE if level % 2 else State.REMOVED
        at = {"token": mine.token, "revision_id": mine.revision_id}
        review.decide(mine, by, outcome, policy="fine", reason="A person read it.", **at)
        self._decided(mine, by, outcome, now)

    def _decided(self, case: ReviewCase, by: Member, outcome: State, now: datetime) -> None:
        self.journal.texts[case.id]["end"] = now
        row = {"at": now, "revision": case.revision_id, "outcome": outcome, "first": True}
        self.journal.decisions.append(row)
        if case.level >= Level.RED:
            self.journal.heavy.append((by.id, now))

    def decide_soon(self, author: Member, level: int, by: Member, now: datetime) -> None:
        """With seconds in which it can be taken back; until then it does not count."""
        mine = self._mine(author, level, by, now)
        if mine is None:
            return
        outcome = State.VISIBLE if level % 2 else State.REMOVED
        said = undo.Judgement(outcome, "fine", "A person read it.")
        undo.decide_soon(mine, by, said, token=mine.token, revision_id=mine.revision_id)

    def take_back(self, author: Member, level: int, by: Member, now: datetime) -> None:
        for pending in undo.pending_of(by)[:1]:
            undo.take_back(pending.case_id, by)

    def settle_due(self, now: datetime) -> None:
        """What the loop does each second."""
        due = PendingDecision.objects.filter(settles_at__lte=now, lost_at__isnull=True)
        rows = list(due.select_related("case", "moderator").order_by("id"))
        assert undo.settle_due() == len(rows) if rows else True
        for row in rows:
            self._decided(row.case, row.moderator, State(row.outcome), now)

    def correct(self, author: Member, level: int, by: Member, now: datetime) -> None:
        case = ReviewCase.objects.filter(state="decided").order_by("id").last()
        if case is None:
            return
        seen = RevisionState(case.revision.state)
        outcome = State.REMOVED if seen == RevisionState.RELEASED else State.VISIBLE
        actions.settle(case.revision, outcome, seen=seen, by=by, policy="fine", reason="Again.")
        row = {"at": now, "revision": case.revision_id, "outcome": outcome, "first": False}
        self.journal.decisions.append(row)

    # People at risk.

    def _case(self, member: Member) -> RiskCase:
        return RiskCase.objects.exclude(state="closed").get(member=member)

    def signal(self, author: Member, level: int, by: Member, now: datetime) -> None:
        level = max(level, Level.AMBER)
        risk.raise_risk(author, level, RiskSource.FILTER)
        person = self.journal.people[author.id]
        person.was_crisis |= level == Level.CRISIS
        again = person.state in ("second", "cared for")
        if level <= person.level and not again:
            return
        waits = person.state == "raised"
        person.level, person.state = max(level, person.level), "raised"
        due = now + timedelta(minutes={1: 60, 2: 10, 3: 2}[person.level])
        if not waits:
            person.calls.append({"began": now, "due": due, "ack": None, "contact": None})
            self.journal.calls.append(person.calls[-1])
        call = person.calls[-1]
        call["level"], call["due"] = person.level, min(due, call["due"])

    def acknowledge(self, author: Member, level: int, by: Member, now: datetime) -> None:
        person = self.journal.people[author.id]
        if person.state == "well":
            return
        first = risk.acknowledge(self._case(author), by)
        assert first == (person.state == "raised")
        if first:
            person.state, person.calls[-1]["ack"] = "ours", now
            if person.level >= Level.RED:
                self.journal.heavy.append((by.id, now))

    def write(self, author: Member, level: int, by: Member, now: datetime) -> None:
        person = self.journal.people[author.id]
        if person.state == "well":
            return
        risk.write(self._case(author), by, f"We are here. {now.isoformat()}")
        for call in person.calls:
            call["contact"] = call["contact"] or now

    def assess(self, author: Member, level: int, by: Member, now: datetime) -> None:
        self._assess(author, level, by, RiskState.PLAN)

    def stand_down(self, author: Member, level: int, by: Member, now: datetime) -> None:
        self._assess(author, Level.GREEN, by, RiskState.STOOD_DOWN)

    def _assess(self, author: Member, level: int, by: Member, way: RiskState) -> None:
        person = self.journal.people[author.id]
        if person.state in ("well", "raised"):
            return
        said = {"criteria": [], "text": "We spoke.", "seen": 10**9}
        risk.assess(self._case(author), by, level=level, way=way, **said)
        person.level, person.found_by, person.visits = level, by.id, 2
        person.state = "cared for"
        if way == RiskState.STOOD_DOWN:
            person.state, person.visits = "second", 0
            if not person.was_crisis:
                self.journal.people[author.id] = Person()

    def second(self, author: Member, level: int, by: Member, now: datetime) -> None:
        """The other one of the two agrees, or sees danger."""
        person = self.journal.people[author.id]
        if person.state != "second":
            return
        other = next(each for each in self.team if each.id != person.found_by)
        if level % 2:
            risk.agree(self._case(author), other)
            person.state, person.visits = "cared for", 2
        else:
            risk.disagree(self._case(author), other, "She wrote again.")
            person.state, person.level = "ours", max(person.level, Level.RED)

    def follow_up(self, author: Member, level: int, by: Member, now: datetime) -> None:
        person = self.journal.people[author.id]
        if person.state != "cared for":
            return
        last = risk.follow_up(self._case(author), by, "Slept well.", seen=10**9)
        person.visits -= 1
        assert last == (person.visits == 0)
        if last:
            self.journal.people[author.id] = Person()

    # Who is there.

    def on_duty(self, author: Member, level: int, by: Member, now: datetime) -> None:
        """People come and go; who is called changes, what was promised does not."""
        if not duty.end_now(by):
            duty.begin_now(by, 1 + level)
        ladder.climb()


def of_all(times: list[float]) -> Spread:
    """Percentiles by counting: the smallest time that enough of them do not exceed."""
    if not times:
        return Spread()
    least = {
        share: min(t for t in times if sum(o <= t for o in times) >= share * len(times))
        for share in (0.5, 0.95)
    }
    return Spread(len(times), least[0.5], least[0.95])


def gap(start: datetime, end: datetime | None) -> list[float]:
    return [] if end is None else [(end - start).total_seconds()]


def by_hand(journal: Journal, since: datetime, until: datetime, now: datetime) -> Figures:
    """The figures from the journal alone, said as plainly as possible."""
    calls = [c for c in journal.calls if since <= c["began"] < until]
    texts = [t for t in journal.texts.values() if since <= t["opened"] < until]
    people, lines = [], []
    for level in (3, 2, 1):
        rows = [c for c in calls if c["level"] == level]
        people.append(
            Line(
                level,
                len(rows),
                of_all([s for c in rows for s in gap(c["began"], c["ack"])]),
                of_all([s for c in rows for s in gap(c["began"], c["contact"])]),
                len([c for c in rows if (c["ack"] or now) > c["due"]]),
                len([c for c in rows if c["ack"] is None]),
            )
        )
    for level in (3, 2, 1, 0):
        limit = timedelta(minutes={0: 720, 1: 240, 2: 60, 3: 15}[level])
        rows = [t for t in texts if t["level"] == level]
        lines.append(
            Line(
                level,
                len(rows),
                of_all([s for t in rows for s in gap(t["opened"], t["claimed"])]),
                of_all([s for t in rows for s in gap(t["opened"], t["end"])]),
                len([t for t in rows if (t["end"] or now) - t["opened"] > limit]),
                len([t for t in rows if t["end"] is None]),
            )
        )
    hours = [0] * 24
    for moment in [c["began"] for c in calls] + [t["opened"] for t in texts]:
        hours[moment.astimezone(ZONE).hour] += 1
    decided = [d for d in journal.decisions if since <= d["at"] < until]
    overturned = false_alarms = 0
    for at, row in enumerate(journal.decisions):
        if row not in decided:
            continue
        later = [d for d in journal.decisions[at + 1 :] if d["revision"] == row["revision"]]
        overturned += any(d["outcome"] != row["outcome"] for d in later)
        false_alarms += row["first"] and row["outcome"] == State.VISIBLE
    heavy = [(who, at.astimezone(ZONE).date()) for who, at in journal.heavy if since <= at < until]
    return Figures(
        people=tuple(people),
        texts=tuple(lines),
        hours=tuple(hours),
        judged=0,
        false_alarms=false_alarms,
        decided=len(decided),
        overturned=overturned,
        heavy_days=tuple(sorted(Counter(heavy).values())),
    )


WHAT = ["text", "claim", "decide", "decide_soon", "decide_soon", "take_back", "correct"]
WHAT += ["signal", "signal", "acknowledge", "acknowledge", "write", "assess", "assess"]
WHAT += ["stand_down", "second", "follow_up", "follow_up", "on_duty"]
STEPS = st.lists(
    st.tuples(
        st.tuples(
            st.sampled_from(WHAT),
            st.integers(0, 1),
            st.integers(0, 3),
            st.integers(0, 1),
        ),
        # Seconds until the next step: moments, minutes, hours.
        st.one_of(st.integers(1, 60), st.integers(60, 599), st.integers(600, 15_000)),
    ),
    min_size=20,
    max_size=60,
)


def breaches_now(clinic_id: int) -> Counter[int]:
    """Of the people nobody has answered yet, by level: those whose time is over, as the clocks
    wrote it down."""
    ladder.climb()
    waiting = RiskCase.objects.filter(clinic_id=clinic_id, state="raised")
    broken = Exists(
        ClockEvent.objects.filter(
            case=OuterRef("pk"),
            clock="acknowledge",
            step=100,
            due_at=OuterRef("acknowledge_due_at"),
        )
    )
    return Counter(waiting.filter(broken).values_list("level", flat=True))


@pytest.mark.slow
@settings(
    # Each run plays other histories.
    max_examples=25,
    # A failing history is short enough to read; making it shorter takes minutes.
    phases=[Phase.explicit, Phase.generate],
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS, cut=st.tuples(st.integers(0, 40), st.integers(0, 60)))
def test_the_figures_equal_a_recount_of_any_history(
    db: None, steps: list[tuple[tuple[str, int, int, int], int]], cut: tuple[int, int]
) -> None:
    with transaction.atomic(), standing(START) as clock, override_settings(UNDO_S=10):
        clinic = make.clinic()
        patients = [make.member(clinic, f"P{n} {clinic.id}") for n in range(2)]
        team = [make.member(clinic, f"M{n} {clinic.id}", role="moderator") for n in range(2)]
        history = History(patients, team)
        for step, wait_s in steps:
            history.play(step, clock.now)
            clock.forward(wait_s)
        now = clock.now
        hours = int((now - START).total_seconds() // 3600) + 1
        first, length = cut[0] % hours, 1 + cut[1] % hours
        some = START + timedelta(hours=first)
        for since, until in [(START, now), (some, some + timedelta(hours=length))]:
            counted = figures.of(clinic, since, until, now)
            assert counted == by_hand(history.journal, since, until, now)
        late_now = Counter(
            call["level"]
            for call in history.journal.calls
            if call["ack"] is None and call["due"] <= now
        )
        assert breaches_now(clinic.id) == late_now
        audited = AuditEntry.objects.filter(clinic_id=clinic.id)
        assert audited.filter(action="text.decided").count() == len(history.journal.decisions)
        transaction.set_rollback(True)


# --- Single facts -------------------------------------------------------------------------------


def test_percentiles_are_measured_times() -> None:
    assert figures.spread([]) == Spread()
    assert figures.spread([7]) == Spread(1, 7, 7)
    assert figures.spread(range(1, 101)) == Spread(100, 50, 95)
    assert figures.spread([10, 20]) == Spread(2, 10, 20)


def test_an_hour_that_comes_twice_is_counted_twice_and_none_is_lost() -> None:
    """01:30 in London on 25 October 2026 is 00:30 and 01:30 in UTC."""
    day = [datetime(2026, 10, 25, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(48)]
    hours = figures.by_hour(day, ZONE)
    assert sum(hours) == 48
    assert hours[1] == 4


def test_a_louder_signal_after_an_answer_is_a_new_call(ana: Member, moss: Member) -> None:
    with standing(START) as clock:
        case = risk.raise_risk(ana, Level.AMBER, RiskSource.PEER)
        clock.forward(600)
        risk.acknowledge(case, moss)
        clock.forward(600)
        risk.raise_risk(ana, Level.CRISIS, RiskSource.SELF)
        clock.forward(600)
        found = figures.of(ana.clinic, START, clock.now, clock.now)
    crisis, _, amber = found.people
    assert (amber.count, amber.late, amber.waiting, amber.first.p50) == (1, 0, 0, 600)
    assert (crisis.count, crisis.late, crisis.waiting, crisis.first.n) == (1, 1, 1, 0)


def judged(case: RiskCase, by: Member, level: Level, way: RiskState = RiskState.PLAN) -> None:
    said = {"criteria": [], "text": "We spoke.", "seen": 10**9}
    risk.assess(case, by, level=level, way=way, **said)


@pytest.mark.parametrize("quiet", [Level.AMBER, Level.RED])
def test_a_call_while_somebody_is_cared_for_is_counted_however_quiet(
    ana: Member, moss: Member, quiet: Level
) -> None:
    """The case was judged red; whoever calls again has a new clock, at the level of the case."""
    with standing(START) as clock:
        case = risk.raise_risk(ana, Level.RED, RiskSource.PEER)
        risk.acknowledge(case, moss)
        judged(case, moss, Level.RED)
        clock.forward(3600)
        risk.raise_risk(ana, quiet, RiskSource.SELF)
        clock.forward(20 * 60)
        red = figures.of(ana.clinic, START, clock.now, clock.now).people[1]
    case.refresh_from_db()
    assert (case.state, case.level) == (RiskState.RAISED, Level.RED)
    assert (red.count, red.waiting, red.late) == (2, 1, 1)


def test_a_second_signal_before_anybody_judged_is_the_same_call(ana: Member, moss: Member) -> None:
    case = risk.raise_risk(ana, Level.RED, RiskSource.PEER)
    risk.acknowledge(case, moss)
    risk.raise_risk(ana, Level.RED, RiskSource.SELF)
    now = timezone.now() + timedelta(seconds=1)
    assert figures.of(ana.clinic, now - timedelta(hours=1), now, now).people[1].count == 1


def test_what_a_second_person_took_on_is_no_new_call_and_a_louder_one_is(
    ana: Member, moss: Member, lena: Member
) -> None:
    case = risk.raise_risk(ana, Level.CRISIS, RiskSource.PEER)
    risk.acknowledge(case, moss)
    judged(case, moss, Level.GREEN, RiskState.STOOD_DOWN)
    risk.disagree(case, lena, "She wrote again.")
    counts = []
    for level in (Level.RED, Level.CRISIS):
        risk.raise_risk(ana, level, RiskSource.PEER, text=f"Now {level}.")
        now = timezone.now() + timedelta(seconds=1)
        people = figures.of(ana.clinic, now - timedelta(hours=1), now, now).people
        counts.append([line.count for line in people])
    assert counts == [[1, 0, 0], [2, 0, 0]]


def test_a_text_read_again_does_not_call_again_what_a_person_judged_lower(
    ana: Member, moss: Member
) -> None:
    """Pitfall 29: the same words at the same level are no news to whoever judged them."""
    text = held(ana).submission
    case = risk.raise_risk(ana, Level.RED, RiskSource.FILTER, submission=text)
    risk.acknowledge(case, moss)
    judged(case, moss, Level.AMBER)
    risk.raise_risk(ana, Level.RED, RiskSource.FILTER, submission=text)
    case.refresh_from_db()
    assert (case.state, case.level) == (RiskState.PLAN, Level.AMBER)
    risk.raise_risk(ana, Level.CRISIS, RiskSource.FILTER, submission=text)
    case.refresh_from_db()
    assert (case.state, case.level) == (RiskState.RAISED, Level.CRISIS)


def test_the_promised_time_only_comes_nearer(ana: Member, moss: Member) -> None:
    """Raised to red a minute before amber was due: the answer was promised for then, not later."""
    with standing(START) as clock:
        case = risk.raise_risk(ana, Level.AMBER, RiskSource.PEER)
        clock.forward(59 * 60)
        risk.raise_risk(ana, Level.RED, RiskSource.PEER)
        clock.forward(5 * 60)
        risk.acknowledge(case, moss)
        red = figures.of(ana.clinic, START, clock.now, clock.now).people[1]
    case.refresh_from_db()
    assert case.acknowledge_due_at == START + timedelta(hours=1)
    assert (red.count, red.late, red.first.p50) == (1, 1, 64 * 60)


def test_a_stale_page_that_acknowledges_makes_no_call_of_its_own(ana: Member, moss: Member) -> None:
    case = risk.raise_risk(ana, Level.AMBER, RiskSource.PEER)
    risk.raise_risk(ana, Level.RED, RiskSource.PEER)
    assert case.level in (Level.AMBER, Level.RED)
    risk.acknowledge(case, moss)
    risk.raise_risk(ana, Level.RED, RiskSource.PEER)
    now = timezone.now()
    found = figures.of(ana.clinic, now - timedelta(hours=1), now, now)
    assert sum(line.count for line in found.people) == 1


def test_texts_the_machine_judged_are_counted_by_wording(ana: Member, group, screen) -> None:
    from tests.make_moderation import letter

    letter(ana, "The soup was good today.", group=group)
    letter(ana, "You are a pathetic idiot.", group=group)
    screen()
    now = timezone.now()
    assert figures.of(ana.clinic, now - timedelta(hours=1), now, now).judged == 2


def test_another_clinic_counts_for_itself(ana: Member, dora: Member) -> None:
    held(ana)
    risk.raise_risk(ana, Level.RED, RiskSource.PEER)
    now = timezone.now() + timedelta(seconds=1)
    theirs = figures.of(dora.clinic, now - timedelta(hours=1), now, now)
    assert sum(theirs.hours) == 0
    ours = figures.of(ana.clinic, now - timedelta(hours=1), now, now)
    assert sum(ours.hours) == 2


# --- What may be shown --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0"), (1, "1 to 4"), (4, "1 to 4"), (5, "5"), (120, "120")]
)
def test_small_counts_are_hidden(number: int, shown: str) -> None:
    assert figures.shown_count(number) == shown


def test_times_of_few_and_rates_of_few_are_hidden() -> None:
    assert figures.shown_time(figures.spread([1, 2, 3, 4]), "p50") is None
    assert figures.shown_time(figures.spread([1, 2, 3, 4, 5]), "p50") == 3
    assert figures.shown_rate(100, 3, 200) is None
    assert figures.shown_rate(100, 197, 200) is None
    assert figures.shown_rate(100, 0, 200) == 0
    assert figures.shown_rate(1000, 5, 200) == 25
    assert figures.shown_rate(1000, 0, 0) is None


def test_the_promised_times_are_those_of_the_clocks() -> None:
    assert math.isclose(clocks.ACKNOWLEDGE_MIN[Level.CRISIS], 2)
    call = figures.calls([figures.Event(1, "signal", 3, START)])[0]
    assert call.due_at == START + timedelta(minutes=2)
