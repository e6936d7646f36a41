"""Small storms in every run; benchmarks/events_storm.py makes the large ones."""

import pytest

from community.members.models import Member
from tests import make_events as make
from tests.events.storm import Storm


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_seats_are_right_after_every_commit_of_a_storm(seed: int, ada: Member) -> None:
    Storm(make.workshop(ada, seats=8), seed).run(sign_ups=60, cancels=30, answers=30, resizes=8)


@pytest.mark.slow
def test_a_storm_sees_what_goes_wrong(ada: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: seats that are not passed on are noticed."""
    monkeypatch.setattr("events.waiting._promote", lambda *args: 0)
    with pytest.raises(AssertionError):
        Storm(make.workshop(ada, seats=8), 1).run(40, 20, 20, 4)
