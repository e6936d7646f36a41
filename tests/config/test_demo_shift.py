"""An invented hour: the same for the same seed, at the chosen speed, through the real doors."""

import io
import time
from collections import Counter
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from community.chat.models import ChatMessage
from community.forums.models import Post
from community.members.models import Group, Member
from config import shift
from config.management.commands import demo_shift
from moderation.models import ReviewCase, Revision, RiskCase, State, Submission
from tests import make, make_chat, make_forums


@pytest.fixture
def stage(group: Group, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Group:
    """A group with an invented person, a board with a thread, and a room."""
    settings.DEMO = True
    june = make.member(group.clinic, "Juniper", groups=(group,), is_demo=True)
    make_forums.published(make_forums.board(group), june, "What did you see today?")
    make_chat.room(group)
    return group


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time goes on only while the command sleeps."""
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(naps))
    return naps


def play(**options: Any) -> str:
    out = io.StringIO()
    call_command("demo_shift", stdout=out, **options)
    return out.getvalue()


# --- The plan -----------------------------------------------------------------------------------


def test_the_same_seed_is_the_same_hour() -> None:
    assert list(shift.hour(7)) == list(shift.hour(7))
    assert list(shift.hour(7)) != list(shift.hour(8))


def test_an_hour_has_something_of_everything_and_mostly_ordinary_things() -> None:
    steps = [step for seed in range(5) for step in shift.hour(seed)]
    kinds = Counter(step.kind for step in steps)
    assert set(kinds) == {kind for kind, _, _ in shift.KINDS}
    assert kinds["say"] + kinds["post"] > 0.8 * len(steps)
    assert 1000 < len(steps) < 1400
    assert all(0 <= step.at_s < 3600 for step in steps)
    assert sum(share for _, share, _ in shift.KINDS) == 100


def test_no_line_carries_a_real_address_or_number() -> None:
    """Numbers of the range kept for drama, addresses of the domain kept for examples."""
    for line in shift.PRIVATE:
        assert "@people.example" in line or "020 7946 0" in line


# --- The hour -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_hour_goes_through_the_real_doors(stage: Group, slept: list[float]) -> None:
    told = play(speed=60, seed=3)
    assert 50 < sum(slept) <= 60
    assert "chat messages" in told
    assert "50 minutes" in told
    assert ChatMessage.objects.count() > 50
    assert Post.objects.count() > 30
    states = set(Submission.objects.values_list("state", flat=True))
    assert {State.VISIBLE, State.HELD, State.WITHDRAWN} <= states
    assert State.SCREENING not in states
    assert ReviewCase.objects.exists()
    assert RiskCase.objects.exists()
    invented = Member.objects.filter(submissions__isnull=False).distinct()
    assert all(member.is_demo for member in invented)
    assert {*shift.PEOPLE} <= {member.name for member in invented}
    # What is hidden lies before a person.
    held = Submission.objects.filter(state=State.HELD)
    assert held.count() == ReviewCase.objects.filter(submission__in=held).count()
    for revision in Revision.objects.all()[:50]:
        assert revision.body not in told


def test_speed_and_length_can_be_chosen(stage: Group, slept: list[float]) -> None:
    play(speed=10, seed=3, minutes=5, texts=60)
    assert 10 < sum(slept) <= 30


def test_played_twice_it_invents_nobody_twice(stage: Group, slept: list[float]) -> None:
    play(minutes=1)
    people = Member.objects.count()
    play(minutes=1)
    assert Member.objects.count() == people


def test_with_a_worker_beside_it_the_screener_is_left_to_that(
    stage: Group, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_shift, "silent", lambda names: [])
    play(minutes=5)
    states = set(Submission.objects.exclude(author__name="Juniper").values_list("state", flat=True))
    assert State.SCREENING in states


# --- Never elsewhere ----------------------------------------------------------------------------


def test_it_plays_in_the_demo_only(stage: Group, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="demo mode only"):
        play()
    assert ChatMessage.objects.count() == 0


def test_among_real_people_it_finds_no_stage(group: Group, ana: Member, settings: Any) -> None:
    settings.DEMO = True
    with pytest.raises(CommandError, match="seed_demo"):
        play()
    assert not Member.objects.filter(name__in=shift.PEOPLE).exists()


@pytest.mark.parametrize("wrong", [{"speed": 0}, {"speed": -1}, {"texts": 0}])
def test_odd_speeds_are_refused(stage: Group, wrong: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match="above 0"):
        play(**wrong)
