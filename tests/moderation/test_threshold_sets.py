"""Cut-offs: versions that never change, tried on the past, put to use by a second person."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from community.members.models import AuditEntry, Group, Member
from moderation import shadow, threshold_sets
from moderation.models import SetState, ShadowRun, State, Submission, ThresholdChange, ThresholdSet
from moderation.screening import policy
from moderation.screening.policy import THRESHOLDS
from moderation.threshold_sets import ChangedMeanwhile, NotAThreshold, NotTried, OwnProposal
from tests import make
from tests.make_moderation import letter
from tests.make_quality import in_use, tried, values
from tests.races import together

Screen = Callable[[], int]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    threshold_sets.forget()
    yield
    threshold_sets.forget()


@pytest.fixture
def luis(clinic) -> Member:
    return make.member(clinic, "Luis", role="lead")


def active_ids() -> list[int]:
    return list(ThresholdSet.objects.filter(state=SetState.ACTIVE).values_list("id", flat=True))


# --- What a set holds ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"toxic_hold": 0.0},
        {"toxic_hold": 1.5},
        {"red": float("nan")},
        {"red": "0.7"},
        {"red": True},
        {"hold_newcomers": 1},
        {"surprise": 0.5},
        {"amber": None},
    ],
)
def test_only_known_shares_and_switches_are_taken(wrong: dict[str, Any], lena: Member) -> None:
    with pytest.raises(NotAThreshold) as error:
        threshold_sets.propose(lena, values(**wrong), "Odd.")
    assert str(error.value) == next(iter(wrong))
    assert threshold_sets.propose(lena, values(toxic_hold=1, red=0.7), "Fine.").version == 1


def test_versions_count_up_and_carry_their_checksum(lena: Member) -> None:
    first = threshold_sets.propose(lena, values(), "As it is.")
    second = threshold_sets.propose(lena, values(red=0.5), "Earlier.")
    assert [first.version, second.version] == [1, 2]
    assert first.checksum != second.checksum
    assert threshold_sets.checksum(second.values) == second.checksum


def test_an_altered_set_is_not_used(lena: Member, luis: Member) -> None:
    row = in_use(lena, luis, red=0.5)
    found = threshold_sets.active(lena.clinic_id)
    assert found.red == 0.5
    ThresholdSet.objects.filter(id=row.id).update(values=values(red=1.0))
    threshold_sets.forget()
    assert threshold_sets.active(lena.clinic_id) is None


# --- Who may, and when --------------------------------------------------------------------------


def test_a_second_person_puts_it_to_use(lena: Member, luis: Member) -> None:
    row = tried(lena, toxic_hold=0.5)
    with pytest.raises(OwnProposal):
        threshold_sets.activate(row, lena, seen=None)
    assert threshold_sets.active(lena.clinic_id) is None
    threshold_sets.activate(row, luis, seen=None)
    threshold_sets.forget()
    found = threshold_sets.active(lena.clinic_id)
    assert (found.toxic_hold, found.red) == (0.5, THRESHOLDS.red)
    assert found.version.startswith(f"{lena.clinic_id}.1-")
    assert AuditEntry.objects.filter(action="thresholds.activated", actor_id=luis.id).count() == 1


def test_the_database_knows_of_the_second_person_too(lena: Member) -> None:
    row = threshold_sets.propose(lena, values(), "As it is.")
    for change in ({"state": SetState.ACTIVE}, {"state": SetState.ACTIVE, "approved_by": lena}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ThresholdSet.objects.filter(id=row.id).update(**change)


def test_what_was_not_tried_against_what_is_in_use_is_not_put_to_use(
    lena: Member, luis: Member
) -> None:
    early = tried(lena, red=0.6)
    bare = threshold_sets.propose(lena, values(red=0.5), "Untried.")
    with pytest.raises(NotTried):
        threshold_sets.activate(bare, luis, seen=None)
    now = in_use(lena, luis, red=0.7)
    with pytest.raises(NotTried):
        threshold_sets.activate(early, luis, seen=now.id)
    shadow.run(early, lena)
    threshold_sets.activate(early, luis, seen=now.id)
    assert active_ids() == [early.id]


def test_an_older_page_changes_nothing(lena: Member, luis: Member) -> None:
    old = tried(lena, red=0.6)
    now = in_use(lena, luis, red=0.7)
    with pytest.raises(ChangedMeanwhile):
        threshold_sets.activate(old, luis, seen=None)
    shadow.run(old, lena)
    threshold_sets.activate(old, luis, seen=now.id)
    with pytest.raises((ChangedMeanwhile, NotTried)):
        threshold_sets.activate(old, luis, seen=old.id)
    with pytest.raises(ChangedMeanwhile):
        threshold_sets.roll_back(lena.clinic_id, luis, seen=now.id)
    assert active_ids() == [old.id]


def test_rolling_back_brings_back_what_was_there(lena: Member, luis: Member) -> None:
    first = in_use(lena, luis, red=0.6)
    second = in_use(lena, luis, red=0.5)
    assert threshold_sets.roll_back(lena.clinic_id, lena, seen=second.id) == first
    assert active_ids() == [first.id]
    assert threshold_sets.roll_back(lena.clinic_id, lena, seen=first.id) is None
    threshold_sets.forget()
    assert threshold_sets.active(lena.clinic_id) is None
    told = ThresholdChange.objects.order_by("id").values_list("current_id", "rolled_back")
    assert list(told) == [
        (first.id, False),
        (second.id, False),
        (first.id, True),
        (None, True),
    ]
    with pytest.raises(DatabaseError), transaction.atomic():
        ThresholdChange.objects.all().delete()


def test_another_clinic_keeps_its_own(lena: Member, luis: Member, dora: Member) -> None:
    in_use(lena, luis, red=0.6)
    assert threshold_sets.active(dora.clinic_id) is None


# --- What the screener reads --------------------------------------------------------------------


def test_asking_costs_one_query_in_thirty_seconds(
    lena: Member, luis: Member, django_assert_num_queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = in_use(lena, luis, red=0.6)
    threshold_sets.forget()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with django_assert_num_queries(1):
        assert all(threshold_sets.active(lena.clinic_id).red == 0.6 for _ in range(5))
    # Another process changed it: this one sees it within 30 seconds.
    ThresholdSet.objects.filter(id=row.id).update(state=SetState.RETIRED)
    assert threshold_sets.active(lena.clinic_id) is not None
    monkeypatch.setattr(time, "monotonic", lambda: now + threshold_sets.FRESH_S)
    with django_assert_num_queries(1):
        assert threshold_sets.active(lena.clinic_id) is None
        assert threshold_sets.active(lena.clinic_id) is None


# --- The shadow run -----------------------------------------------------------------------------


def test_a_shadow_run_says_what_would_have_changed(
    ana: Member, group: Group, lena: Member, screen: Screen
) -> None:
    letter(ana, "The soup was good today.", group=group)
    letter(ana, "What a stupid, pathetic, ugly thing you said.", group=group)
    screen()
    before = list(Submission.objects.order_by("id").values_list("state", flat=True))
    strict = tried(lena, toxic_hold=0.001)
    run = ShadowRun.objects.get(set=strict)
    assert (run.rows, run.left_out, run.against) == (2, 0, None)
    assert sum(run.outcomes.values()) == sum(run.levels.values()) == 2
    assert run.outcomes.get("visible>held", 0) >= 1
    assert list(Submission.objects.order_by("id").values_list("state", flat=True)) == before
    same = ShadowRun.objects.get(set=tried(lena))
    assert all(cell.split(">")[0] == cell.split(">")[1] for cell in same.outcomes)


def test_the_table_counts_before_after_and_moved() -> None:
    counts = {"visible>visible": 5, "visible>held": 2, "held>visible": 1}
    assert shadow.table(counts, ["visible", "held"]) == [("visible", 7, 6, 3), ("held", 1, 2, 3)]


def test_what_cannot_be_judged_the_same_way_is_left_out(
    ana: Member, group: Group, lena: Member, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        old = replace(THRESHOLDS, version="of long ago")
        patch.setattr(policy, "DEFAULTS", {"small": old, "both": old})
        letter(ana, "The bread was good as well.", group=group)
        screen()
    kept = letter(ana, "The soup was good today.", group=group)
    erased = letter(ana, "You are a pathetic idiot.", group=group)
    screen()
    erased.latest.__class__.objects.filter(id=erased.latest.id).update(body="")
    run = ShadowRun.objects.get(set=tried(lena))
    assert (run.rows, run.left_out) == (1, 2)
    kept.refresh_from_db()
    assert kept.state == State.VISIBLE


# --- Races --------------------------------------------------------------------------------------

AT_ONCE = 6


def rivals() -> tuple[list[ThresholdSet], Member]:
    """As many tried proposals as people press at once, and who presses."""
    clinic = make.clinic()
    lena, luis = make.member(clinic, role="lead"), make.member(clinic, role="lead")
    return [tried(lena, red=0.5 + n / 100) for n in range(AT_ONCE)], luis


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_many_pressed_at_once_exactly_one_is_in_use() -> None:
    rows, luis = rivals()
    results = together([partial(threshold_sets.activate, row, luis, seen=None) for row in rows])
    assert results.count(None) == 1
    assert {type(r) for r in results if r is not None} == {ChangedMeanwhile}
    assert len(active_ids()) == ThresholdChange.objects.count() == 1
    now = active_ids()[0]
    for row in rows:
        shadow.run(row, luis)
    others = [row for row in rows if row.id != now]
    results = together([partial(threshold_sets.activate, row, luis, seen=now) for row in others])
    assert results.count(None) == 1
    assert len(active_ids()) == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_without_the_conditional_update_more_than_one_believes_it_won(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The positive control: the race is there, and the test above would see it."""
    rows, luis = rivals()

    def unconditional(row: ThresholdSet, was: SetState, **approval: Any) -> None:
        seen = ThresholdSet.objects.filter(state=SetState.ACTIVE).exists()
        time.sleep(0.3)
        if not seen:
            ThresholdSet.objects.filter(id=row.id).update(state=SetState.RETIRED, **approval)

    monkeypatch.setattr(threshold_sets, "_put_to_use", unconditional)
    monkeypatch.setattr(threshold_sets.audit, "record", lambda *a, **k: None)
    bare = threshold_sets.activate.__wrapped__  # type: ignore[attr-defined]
    results = together([partial(bare, row, luis, seen=None) for row in rows])
    assert results.count(None) > 1
    assert ThresholdChange.objects.count() > 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_versions_proposed_at_once_all_get_a_number() -> None:
    lena = make.member(make.clinic(), role="lead")
    calls = [partial(threshold_sets.propose, lena, values(), "At once.") for _ in range(AT_ONCE)]
    results = together(calls)
    assert sorted(row.version for row in results) == list(range(1, AT_ONCE + 1))
