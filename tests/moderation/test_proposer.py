"""Cut-offs worked out from decisions: what is refused, and what is chosen."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from community.members.models import Clinic, Member
from moderation import proposer, threshold_sets
from moderation.models import Axis, Label, LabelSource, Screening
from moderation.proposer import CannotSay, Point, choose
from moderation.screening import serving
from tests import make
from tests.make_moderation import letter

ClientOf = Callable[..., Client]
# One text in a hundred should be found; a model that tells them apart well, not perfectly.
GRAVE = [Point(0.5 + at / 400, True) for at in range(100)]
CALM = [Point(at / 200, False, 100.0) for at in range(99)]
STRAY = [Point(0.45, False), Point(0.62, False), Point(0.9, False)]


def test_finding_nothing_is_never_the_answer_however_accurate() -> None:
    points = GRAVE + CALM
    rare = sum(p.weight for p in GRAVE) / sum(p.weight for p in points)
    assert rare < 0.011, "finding none would be right for 99 % of all texts"

    chosen = choose(points)

    assert (chosen.cut_off, chosen.found) == (0.5, 1.0)
    assert chosen.load < 0.02


def test_a_miss_costs_more_than_a_needless_look() -> None:
    """0.45 would be read for nothing; a lower cost lets single texts go, down to the floor."""
    far_down = [Point(0.2, True), *GRAVE, *(Point(0.3, False, 2.0) for _ in range(40)), *STRAY]
    assert choose(far_down, cost=200, floor=0.9).cut_off == 0.2
    assert choose(far_down, cost=50, floor=0.9).cut_off == 0.5
    assert choose(far_down, cost=0.001, floor=0.9).found >= 0.9


def test_with_too_few_texts_to_find_nothing_is_proposed() -> None:
    with pytest.raises(CannotSay, match="49 texts"):
        choose(GRAVE[:49] + CALM)


def test_decisions_about_held_texts_alone_say_nothing_of_what_was_missed() -> None:
    held = [replace(point, weight=1.0) for point in GRAVE + CALM]
    with pytest.raises(CannotSay, match="drawn at random"):
        choose(held)
    assert choose(GRAVE + CALM).positives == 100


def test_a_floor_that_is_not_surely_reached_is_not_promised() -> None:
    with pytest.raises(CannotSay, match="surely"):
        choose(GRAVE[:60] + CALM)


def test_a_text_that_stands_for_many_widens_the_interval() -> None:
    even = choose(GRAVE + CALM, floor=0.5)
    uneven = choose([replace(GRAVE[0], weight=50.0), *GRAVE[1:], *CALM], floor=0.0)
    assert uneven.interval[0] < even.interval[0]


# --- From labels --------------------------------------------------------------------------------


def labelled(
    author: Member, by: Member, value: str, score: float, propensity: float | None, words: int = 20
) -> None:
    """A wording with the filter's number and a person's word on danger."""
    revision = letter(author, "word " * words).latest
    assert revision is not None
    Screening.objects.create(
        revision=revision, outcome="visible", level=0,
        scores={"toxic": 0.1, "risk": [1 - score, score, score, 0.0]},
        classifier=f"{serving.main_engine()} 1", ruleset="1", thresholds="1", normaliser="1",
        latency_ms=1.0,
    )  # fmt: skip
    Label.objects.create(
        clinic_id=author.clinic_id, revision=revision, sha256=revision.sha256, axis=Axis.RISK,
        value=value, source=LabelSource.RANDOM, decider=by, propensity=propensity,
    )  # fmt: skip


@pytest.fixture
def decided(clinic: Clinic, ana: Member, lena: Member) -> None:
    """80 grave texts that were held, 30 calm ones drawn at random, one that was reported."""
    for at in range(80):
        labelled(ana, lena, "2", 0.6 + at / 400, 1.0)
    for _ in range(30):
        labelled(ana, lena, "0", 0.05, 0.02)
    labelled(ana, lena, "2", 0.001, None)


@pytest.mark.usefixtures("decided")
def test_it_changes_only_what_it_knows_about(
    lena: Member, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(4):
        found = proposer.suggest(lena.clinic_id)

    assert found.values == {**threshold_sets.built_in(), "red": 0.6}
    said = dict(found.said)
    assert said["red"].startswith("0.6 finds 100%")
    assert said["red_short"].startswith("0 texts that should be found")
    assert threshold_sets.checked(found.values) == found.values


@pytest.mark.usefixtures("decided")
def test_another_clinics_decisions_do_not_count() -> None:
    elsewhere = make.clinic("Birch")
    assert not proposer.suggest(elsewhere.id).changed


@pytest.mark.usefixtures("decided")
def test_the_page_begins_with_it_and_changes_nothing(lena: Member, client_of: ClientOf) -> None:
    client = client_of(lena)
    url = reverse("moderation:threshold_sets")
    assert 'value="0.6"' not in client.get(url).content.decode()

    page = client.get(url, {"suggest": "1"}).content.decode()

    assert 'value="0.6"' in page
    assert "texts that should be found" in page
    assert threshold_sets.current(lena.clinic_id) is None


def test_with_nothing_to_go_by_the_page_says_so(lena: Member, client_of: ClientOf) -> None:
    client = client_of(lena)
    page = client.get(reverse("moderation:threshold_sets"), {"suggest": "1"}).content.decode()
    assert "do not say enough yet" in page
