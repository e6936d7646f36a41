"""The runner: nothing waits for ever, nothing is shown unjudged, nothing missed stays missed."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from django.utils import timezone

from community.members.models import Member
from moderation import actions
from moderation.models import (
    Decision,
    Revision,
    RevisionState,
    RiskCase,
    Screening,
    State,
    Submission,
)
from moderation.screening import health, runner, serving
from moderation.screening.engine import Filter
from moderation.screening.signals import Scores
from tests import make, make_moderation
from tests.moderation.screening.test_engine import Answers

pytestmark = pytest.mark.django_db
CALM = Scores(0.01, (0.97, 0.03, 0.01, 0.0))


class Fixed:
    """A classifier that says the same of everything, or misbehaves as told."""

    name, version = "fixed", "1"

    def __init__(self, *scores: Scores, error: Exception | None = None) -> None:
        self.scores, self.error = list(scores), error

    def score(self, texts: Sequence[str]) -> list[Scores]:
        if self.error:
            raise self.error
        return self.scores or [CALM] * len(texts)


def judged(submission: Submission) -> Screening:
    return Screening.objects.filter(revision__submission=submission).latest("id")


@pytest.mark.parametrize(
    ("classifier", "error"),
    [
        (Fixed(error=RuntimeError("x")), "RuntimeError"),
        (Fixed(error=MemoryError()), "MemoryError"),
        (Fixed(Scores(float("nan"), (1, 0, 0, 0))), "NotANumber"),
        (Fixed(Scores(0.1, (1, 0, float("nan"), 0))), "NotANumber"),
        (Fixed(Scores(7.0, (1, 0, 0, 0))), "NotANumber"),
        (Fixed(CALM, CALM), "WrongLength"),
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "pre"])
def test_a_classifier_that_fails_never_counts_as_calm(
    ana: Member, mia: Member, classifier: Fixed, error: str, mode: str
) -> None:
    for author in (ana, mia):  # a newcomer, and a mentor whom we know
        letter = make_moderation.letter(author, "Good morning all", mode=mode)
        runner.run_once(classifier)
        letter.refresh_from_db()
        row = judged(letter)
        assert row.error == error
        assert row.scores is None
        known = author == mia and mode == "hybrid"
        assert letter.state == (State.VISIBLE if known else State.HELD)
        assert "unscreened" in row.reasons or letter.state == State.HELD


def test_a_verdict_names_what_judged_it(ana: Member) -> None:
    letter = make_moderation.letter(ana)
    runner.run_once()
    row = judged(letter)
    assert row.classifier == f"small {serving.current().version}"
    assert all((row.ruleset, row.thresholds, row.normaliser, row.scores))
    assert row.latency_ms > 0


def test_the_same_text_gets_the_same_verdict(ana: Member) -> None:
    body = "I feel empty and I don't see the point of going on."
    letters = [make_moderation.letter(ana, body) for _ in range(2)]
    runner.run_once(batch=1)
    runner.run_once(batch=1)
    one, two = (judged(letter) for letter in letters)
    assert (one.level, one.scores, one.outcome) == (two.level, two.scores, two.outcome)


@pytest.fixture
def part() -> Iterator[Answers]:
    """Detoxify's place in this process's filter, taken by something we can trip."""
    serving.forget()
    part = Answers((-5.0, -5.0, -5.0, -5.0))
    serving.current().add(part, None)
    yield part
    serving.forget()


@pytest.mark.usefixtures("part")
def test_with_all_parts_nothing_is_read_again(ana: Member, settings: pytest.FixtureRequest) -> None:
    settings.DETOXIFY = True  # type: ignore[attr-defined]
    letter = make_moderation.letter(ana)
    runner.run_once()
    assert judged(letter).classifier.startswith("both")
    assert runner.read_again() == 0


def test_what_detoxify_missed_is_read_again_and_danger_is_answered(
    mia: Member, part: Answers, settings: pytest.FixtureRequest
) -> None:
    settings.DETOXIFY = True  # type: ignore[attr-defined]
    part.error = RuntimeError()
    letter = make_moderation.letter(mia, "The lake is calm tonight.")
    runner.run_once()
    letter.refresh_from_db()
    assert letter.is_public
    assert judged(letter).error == runner.MISSED
    assert runner.read_again() == 0, "it still stumbles"
    assert not RiskCase.objects.exists()

    part.error, part.logits = None, (9.0, 9.0, 9.0, 9.0)
    serving.current()._rests_until = 0.0
    serving.current().degraded = ""
    assert runner.read_again() == 1
    assert RiskCase.objects.filter(member=mia).exists()
    letter.refresh_from_db()
    assert letter.state == State.HELD
    assert runner.read_again() == 0, "once is enough"


def test_what_a_person_released_stays_released(
    ana: Member, moss: Member, part: Answers, settings: pytest.FixtureRequest
) -> None:
    settings.DETOXIFY = True  # type: ignore[attr-defined]
    part.error = RuntimeError()
    letter = make_moderation.letter(ana, "The lake is calm tonight.", mode="pre")
    runner.run_once()
    assert letter.latest
    letter.latest.refresh_from_db()
    actions.settle(letter.latest, State.VISIBLE, seen=RevisionState.HELD, by=moss)
    part.error, part.logits = None, (9.0, -9.0, -9.0, -9.0)
    serving.current()._rests_until, serving.current().degraded = 0.0, ""
    assert runner.read_again() == 1
    letter.refresh_from_db()
    assert letter.is_public
    assert Decision.objects.filter(by=None, submission=letter).count() == 1


@pytest.mark.usefixtures("part")
def test_under_load_the_small_model_answers_alone(
    ana: Member, settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DETOXIFY = True  # type: ignore[attr-defined]
    monkeypatch.setattr(runner, "BUSY", 3)
    letters = [make_moderation.letter(ana) for _ in range(4)]
    runner.run_once(batch=1)
    assert judged(letters[0]).error == runner.MISSED
    runner.run_once(batch=3)
    assert runner.read_again() == 1
    assert judged(letters[0]).classifier.startswith("both")


def test_an_unknown_language_goes_to_a_person(mia: Member) -> None:
    letter = make_moderation.letter(mia, "Я больше не хочу жить и не знаю, что делать")
    runner.run_once()
    letter.refresh_from_db()
    assert letter.state == State.HELD
    assert "language.unknown" in judged(letter).reasons


def test_what_nobody_judged_in_time_goes_to_a_person(ana: Member) -> None:
    letter = make_moderation.letter(ana)
    assert runner.overdue() == 0
    Revision.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert runner.overdue() == 1
    letter.refresh_from_db()
    assert letter.state == State.HELD


def test_screeners_at_once_judge_each_text_once(clinic: object) -> None:
    ana = make.member(clinic, "Ana")  # type: ignore[arg-type]
    letters = [make_moderation.letter(ana, f"Letter {number}") for number in range(6)]
    while runner.run_once(batch=2):
        pass
    assert Screening.objects.count() == len(letters)
    assert Decision.objects.count() == len(letters)


def test_the_filter_is_made_once_and_is_the_same(db: None) -> None:
    serving.forget()
    first = serving.current()
    assert isinstance(first, Filter)
    assert serving.current() is first


def test_the_desk_says_when_less_than_everything_serves(
    ana: Member, part: Answers, settings: pytest.FixtureRequest
) -> None:
    settings.DETOXIFY = True  # type: ignore[attr-defined]
    assert health.note() == ""
    make_moderation.letter(ana)
    runner.run_once()
    assert health.note() == ""
    part.error = RuntimeError()
    make_moderation.letter(ana)
    runner.run_once()
    assert health.note() == health.RESTING
    make_moderation.letter(ana)
    runner.run_once(Fixed(error=RuntimeError()))
    assert health.note() == health.DELAYED


def test_the_desk_tells_a_damaged_detoxify_from_an_absent_one(
    ana: Member, settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_moderation.letter(ana)
    runner.run_once()
    settings.DETOXIFY = True  # type: ignore[attr-defined]
    for there, note in ((True, health.BROKEN), (False, health.ALONE)):
        monkeypatch.setattr("moderation.screening.encoder.installed", lambda there=there: there)
        assert health.note() == note


def test_what_was_thought_stays_when_the_wording_was_replaced_meanwhile(
    mia: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(*_: object, **__: object) -> None:
        raise actions.AlreadySettled

    letter = make_moderation.letter(mia, "Good morning all")
    monkeypatch.setattr(runner, "settle", replaced)
    assert runner.run_once() == 1
    assert judged(letter).outcome == "visible"
    assert not Decision.objects.exists()
