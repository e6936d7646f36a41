"""Second looks: drawn by chance, read blind, resolved by a third person; labels of all of it."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from community.members.models import AuditEntry, Group, Member, Notice
from moderation import actions, appeals, erasure, labels, quality, review
from moderation.models import (
    Axis,
    GoldenText,
    Label,
    LabelSource,
    Level,
    LookState,
    RiskCase,
    SecondLook,
    State,
    Submission,
)
from moderation.quality import Answer, LookLost, NotForYou
from tests import make, make_quality
from tests.make_moderation import held, letter
from tests.make_quality import FINE, UNKIND, answered, decided, double, sampled
from tests.races import together

Screen = Callable[[], int]


@pytest.fixture
def maple(clinic) -> Member:
    return make.member(clinic, "Maple", role="moderator")


@pytest.fixture
def luis(clinic) -> Member:
    return make.member(clinic, "Luis", role="lead")


def draw(monkeypatch: pytest.MonkeyPatch, *purposes: str) -> None:
    monkeypatch.setattr(labels, "drawn", lambda purpose, number, share: purpose in purposes)


# --- Labels -------------------------------------------------------------------------------------


def test_every_decision_of_a_person_becomes_a_label(ana: Member, moss: Member) -> None:
    decision = decided(ana, moss, State.REMOVED, "unkind")
    label = Label.objects.get()
    assert (label.axis, label.value, label.source) == (Axis.RULE, "unkind", LabelSource.DECISION)
    assert (label.decider, label.propensity) == (moss, 1.0)
    assert label.sha256 == decision.revision.sha256


def test_what_was_reported_has_no_known_probability(
    ana: Member, moss: Member, group: Group, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One text in fifty is drawn at random; this one is not.
    draw(monkeypatch)
    submission = letter(ana, "The soup was good today.", group=group)
    screen()
    case = actions.open_case(submission, submission.latest, Level.AMBER, ("report.unkind",))
    case = review.claim(case, moss)
    review.decide(
        case,
        moss,
        State.VISIBLE,
        token=case.token,
        revision_id=case.revision_id,
        policy="fine",
        reason="A person read it.",
    )
    assert Label.objects.get().propensity is None


def test_what_the_machine_decides_is_no_label(ana: Member) -> None:
    held(ana)
    assert not Label.objects.exists()


def test_a_label_is_written_once(ana: Member, moss: Member) -> None:
    decided(ana, moss)
    row = Label.objects.get()
    for change in (row.delete, lambda: Label.objects.update(value="unkind")):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM moderation_label")
    assert Label.objects.get().value == "fine"


# --- Drawing ------------------------------------------------------------------------------------


def test_about_one_in_twenty_is_drawn_and_always_the_same_ones() -> None:
    once = [n for n in range(20_000) if labels.drawn("double", n, labels.DOUBLE)]
    assert once == [n for n in range(20_000) if labels.drawn("double", n, labels.DOUBLE)]
    # Five standard deviations around 1,000.
    assert 846 < len(once) < 1154
    assert once != [n for n in range(20_000) if labels.drawn("random", n, labels.DOUBLE)]


def test_a_drawn_decision_is_looked_at_again_once(
    monkeypatch: pytest.MonkeyPatch, ana: Member, moss: Member
) -> None:
    draw(monkeypatch)
    decided(ana, moss)
    assert not SecondLook.objects.exists()
    draw(monkeypatch, "double")
    decision = decided(ana, moss)
    look = SecondLook.objects.get()
    assert (look.decision, look.purpose, look.propensity) == (decision, "double", labels.DOUBLE)


def test_a_published_text_without_findings_may_be_drawn(
    monkeypatch: pytest.MonkeyPatch, ana: Member, group: Group, screen: Screen
) -> None:
    draw(monkeypatch, "random")
    submission = letter(ana, "The soup was good today.", group=group)
    screen()
    look = SecondLook.objects.get()
    assert (look.revision, look.propensity) == (submission.latest, labels.RANDOM)
    submission.refresh_from_db()
    assert submission.state == State.VISIBLE


def test_what_has_findings_or_no_group_is_not_drawn_at_random(
    monkeypatch: pytest.MonkeyPatch, ana: Member, group: Group, screen: Screen
) -> None:
    draw(monkeypatch, "random")
    letter(ana, "You are a pathetic idiot.", group=group)
    letter(ana, "Between the two of us: the soup was good.")
    screen()
    assert not SecondLook.objects.exists()


# --- Reading blind ------------------------------------------------------------------------------


def test_nobody_gets_their_own_text_or_decision(ana: Member, moss: Member, maple: Member) -> None:
    now = timezone.now()
    look = double(decided(ana, moss))
    own = double(decided(maple, moss))
    assert list(quality.waiting_for(moss, now)) == []
    assert list(quality.waiting_for(maple, now)) == [look]
    SecondLook.objects.update(claimed_by=moss, lease_until=now + timedelta(minutes=5))
    for row in (look, own):
        with pytest.raises(NotForYou):
            quality.answer(row, moss, FINE)


def test_another_clinic_sees_none(ana: Member, moss: Member, dora: Member) -> None:
    double(decided(ana, moss))
    stranger = make.member(dora.clinic, "Sten", role="moderator")
    assert quality.take(stranger) is None


def test_what_was_taken_back_is_not_read_again(ana: Member, moss: Member, maple: Member) -> None:
    look = double(decided(ana, moss))
    Submission.objects.update(state=State.WITHDRAWN, shown=None)
    assert quality.take(maple) is None
    Submission.objects.filter(id=look.revision.submission_id).update(
        state=State.VISIBLE, shown=look.revision
    )
    assert quality.take(maple) == look


def test_two_who_agree_settle_it(ana: Member, moss: Member, maple: Member) -> None:
    look = answered(double(decided(ana, moss)), maple, FINE)
    assert look.state == LookState.AGREED
    rows = Label.objects.filter(look=look)
    assert {row.axis: row.value for row in rows} == {"rule": "fine", "risk": "0"}
    assert {row.propensity for row in rows} == {1.0}


@pytest.mark.parametrize("said", [UNKIND, Answer(True, "unkind", 0), Answer(False, "fine", 0)])
def test_two_who_differ_go_to_a_lead(
    said: Answer, ana: Member, moss: Member, maple: Member, clinic
) -> None:
    look = answered(double(decided(ana, moss)), maple, said)
    assert look.state == LookState.CONFLICT
    assert list(quality.conflicts(clinic.id)) == [look]


def test_an_answer_counts_once_and_only_while_held(
    ana: Member, moss: Member, maple: Member
) -> None:
    look = double(decided(ana, moss))
    with pytest.raises(LookLost):
        quality.answer(look, maple, FINE)
    quality.take(maple)
    SecondLook.objects.update(lease_until=timezone.now())
    with pytest.raises(LookLost):
        quality.answer(look, maple, FINE)
    quality.take(maple)
    quality.answer(look, maple, FINE)
    with pytest.raises(LookLost):
        quality.answer(look, maple, UNKIND)
    assert Label.objects.filter(look=look).count() == 2


def test_danger_is_answered_at_once_and_takes_nothing_away(
    ana: Member, moss: Member, group: Group, screen: Screen
) -> None:
    submission = letter(ana, "The soup was good today.", group=group)
    screen()
    look = answered(sampled(submission), moss, Answer(True, "fine", Level.RED))
    assert look.state == LookState.CONFLICT
    case = RiskCase.objects.get()
    assert (case.member, case.level) == (ana, Level.RED)
    submission.refresh_from_db()
    assert submission.state == State.VISIBLE
    row = Label.objects.get(look=look, axis=Axis.RISK)
    assert (row.value, row.propensity) == ("2", labels.RANDOM)


def test_looking_and_answering_stand_in_the_audit(ana: Member, moss: Member, maple: Member) -> None:
    answered(double(decided(ana, moss)), maple)
    row = AuditEntry.objects.order_by("sequence").last()
    assert (row.action, row.actor_id, row.about_id) == ("look.answered", maple.id, ana.id)
    assert row.said == {}


# --- Where two differ ---------------------------------------------------------------------------


def test_a_lead_corrects_what_was_published(
    ana: Member, moss: Member, maple: Member, lena: Member
) -> None:
    decision = decided(ana, moss)
    look = answered(double(decision), maple, UNKIND)
    assert quality.resolve(look, lena, UNKIND, "This could hurt somebody.")
    submission = Submission.objects.get()
    assert submission.state == State.REMOVED
    assert submission.decisions.order_by("id").last().by == lena
    look.refresh_from_db()
    assert (look.state, look.lead, look.lead_policy) == (LookState.RESOLVED, lena, "unkind")
    assert Notice.objects.filter(member=ana, kind="decided").count() == 2


def test_a_lead_brings_back_what_was_not_published(
    ana: Member, moss: Member, maple: Member, lena: Member
) -> None:
    look = answered(double(decided(ana, moss, State.REMOVED, "unkind")), maple, FINE)
    assert quality.resolve(look, lena, FINE, "We were wrong. It is published.")
    assert Submission.objects.get().state == State.VISIBLE


def test_a_lead_who_finds_it_right_changes_nothing(
    ana: Member, moss: Member, maple: Member, lena: Member
) -> None:
    look = answered(double(decided(ana, moss)), maple, UNKIND)
    assert not quality.resolve(look, lena, FINE, "")
    assert Submission.objects.get().state == State.VISIBLE
    with pytest.raises(LookLost):
        quality.resolve(look, lena, UNKIND, "Too late.")


def test_a_text_its_author_took_back_stays_so(
    ana: Member, moss: Member, maple: Member, lena: Member
) -> None:
    look = answered(double(decided(ana, moss, State.REMOVED, "unkind")), maple, FINE)
    Submission.objects.update(state=State.WITHDRAWN)
    assert not quality.resolve(look, lena, FINE, "We were wrong.")
    assert Submission.objects.get().state == State.WITHDRAWN


def test_a_text_in_an_appeal_is_left_to_the_appeal(
    ana: Member, moss: Member, maple: Member, lena: Member
) -> None:
    decision = decided(ana, moss, State.REMOVED, "unkind")
    look = answered(double(decision), maple, FINE)
    appeals.appeal_text(decision.submission, ana, "Please look again.")
    assert not quality.would_change(look, True)
    assert not quality.resolve(look, lena, FINE, "")
    assert Submission.objects.get().state == State.REMOVED


def test_an_erased_text_is_read_no_more(ana: Member, moss: Member, maple: Member, lena) -> None:
    look = double(decided(ana, moss))
    other = double(decided(ana, moss))
    quality.take(maple)
    quality.answer(look, maple, UNKIND, "Speaks of a real place.")
    erasure.blank_texts(ana)
    look.refresh_from_db()
    assert look.note == ""
    assert look.state == LookState.CONFLICT
    assert list(quality.conflicts(ana.clinic_id)) == []
    assert quality.take(maple) is None
    assert other.revision_id != look.revision_id


def test_neither_of_the_two_is_the_third(ana: Member, lena: Member, luis: Member, moss) -> None:
    look = answered(double(decided(ana, lena)), luis, UNKIND)
    for involved in (lena, luis):
        with pytest.raises(NotForYou):
            quality.resolve(look, involved, FINE, "")
    other = make.member(ana.clinic, "Lou", role="lead")
    quality.resolve(look, other, FINE, "")


# --- Golden texts -------------------------------------------------------------------------------


def test_a_golden_text_reaches_each_person_once_and_not_its_maker(
    moss: Member, maple: Member, lena: Member
) -> None:
    make_quality.golden(lena)
    assert quality.plant() == 2
    assert quality.plant() == 0
    SecondLook.objects.update(created_at=timezone.now() - quality.GOLDEN_EVERY)
    assert quality.plant() == 0
    people = SecondLook.objects.values_list("for_member", flat=True)
    assert sorted(people) == sorted([moss.id, maple.id])


def test_at_most_one_golden_text_a_week(moss: Member, lena: Member) -> None:
    make_quality.golden(lena)
    make_quality.golden(lena, FINE)
    assert [quality.plant(), quality.plant()] == [1, 0]
    SecondLook.objects.update(created_at=timezone.now() - quality.GOLDEN_EVERY)
    assert quality.plant() == 1


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (UNKIND, LookState.AGREED),
        (FINE, LookState.MISSED),
        (Answer(False, "unkind", Level.CRISIS), LookState.MISSED),
    ],
)
def test_a_golden_answer_is_right_or_not_and_touches_nobody(
    said: Answer, state: LookState, moss: Member, lena: Member
) -> None:
    make_quality.golden(lena)
    quality.plant()
    look = quality.take(moss)
    assert quality.answer(look, moss, said).state == state
    assert not RiskCase.objects.exists()
    assert not Label.objects.exists()
    assert quality.tallies(moss.clinic_id, look.created_at)["golden"].answered == 1


def test_a_retired_golden_text_is_not_asked_any_more(moss: Member, lena: Member) -> None:
    make_quality.golden(lena)
    quality.plant()
    golden = GoldenText.objects.get()
    quality.retire_golden(golden, lena)
    quality.retire_golden(golden, lena)
    assert quality.take(moss) is None
    assert quality.plant() == 0


# --- What it says -------------------------------------------------------------------------------


def pair(ana: Member, moss: Member, maple: Member, first: Answer, second: Answer) -> None:
    outcome = State.VISIBLE if first.shown else State.REMOVED
    answered(double(decided(ana, moss, outcome, first.policy)), maple, second)


def test_agreement_is_counted_from_double_readings(
    ana: Member, moss: Member, maple: Member
) -> None:
    for first, second in [(FINE, FINE)] * 2 + [(UNKIND, UNKIND)] * 2 + [(FINE, UNKIND)]:
        pair(ana, moss, maple, first, second)
    lines = {line.code: line for line in quality.by_policy(quality.pairs(ana.clinic_id))}
    # Observed 4/5, expected (3 * 2 + 2 * 3) / 25 = 0.48: 0.32 / 0.52.
    assert lines["unkind"].kappa.value == pytest.approx(0.32 / 0.52)
    assert list(lines) == ["fine", "unkind"]


def test_labels_nobody_agrees_about_are_not_learned_from(
    ana: Member, moss: Member, maple: Member
) -> None:
    for first, second in [(UNKIND, UNKIND), (FINE, FINE)]:
        pair(ana, moss, maple, first, second)
    used = quality.usable_labels(ana.clinic_id)
    assert {row.value for row in used if row.axis == Axis.RULE} == {"unkind", "fine"}
    for first, second in [(UNKIND, FINE)] * 3:
        pair(ana, moss, maple, first, second)
    used = quality.usable_labels(ana.clinic_id)
    assert {row.value for row in used if row.axis == Axis.RULE} == set()
    assert {row.value for row in used if row.axis == Axis.RISK} == {"0"}


def test_the_last_word_about_a_text_is_the_one_to_learn_from(
    ana: Member, moss: Member, maple: Member, lena: Member
) -> None:
    look = answered(double(decided(ana, moss)), maple, UNKIND)
    quality.resolve(look, lena, Answer(False, "hate", Level.GREEN), "This could hurt somebody.")
    [rule] = [r for r in quality.usable_labels(ana.clinic_id) if r.axis == Axis.RULE]
    assert (rule.value, rule.source) == ("hate", LabelSource.LEAD)


# --- Races --------------------------------------------------------------------------------------

LOOKS, READERS = 12, 6


def pile() -> list[Member]:
    """Looks for everybody, and who takes them."""
    clinic = make.clinic()
    group = make.group(clinic)
    author, first = make.member(clinic, groups=(group,)), make.member(clinic, role="moderator")
    for _ in range(LOOKS):
        double(decided(author, first))
    return [make.member(clinic, role="moderator") for _ in range(READERS)]


def emptied(reader: Member) -> list[int]:
    """Every look one reader gets, until there is none."""
    got = []
    while (look := quality.take(reader)) is not None:
        quality.answer(look, reader, FINE)
        got.append(look.id)
    return got


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_readers_never_get_the_same_look() -> None:
    readers = pile()
    results = together([partial(emptied, reader) for reader in readers])
    got = [look for part in results for look in part]
    assert len(got) == len(set(got)) == LOOKS
    assert Label.objects.filter(source="double").count() == 2 * LOOKS


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_without_the_conditional_update_they_do() -> None:
    """The positive control: the race is there, and the test above would see it."""
    readers = pile()

    def careless(reader: Member) -> int:
        look = quality.waiting_for(reader, timezone.now())[0]
        time.sleep(0.3)
        SecondLook.objects.filter(id=look.id).update(claimed_by=reader)
        return look.id

    got = together([partial(careless, reader) for reader in readers])
    assert len(set(got)) < READERS
