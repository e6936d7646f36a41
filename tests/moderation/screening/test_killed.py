"""A screener that is killed in the middle, again and again: nothing is lost, nothing is doubled."""

import contextlib
import os
import random
import signal
import time

import pytest
from django.db import connection, connections

from community.members.models import Member
from moderation.models import Decision, ReviewCase, RevisionState, State, Submission
from moderation.screening import runner
from moderation.screening.signals import Scores
from tests import make, make_moderation

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
KILLS, TEXTS = 200, 240


class Slow:
    """Takes a moment for each text, so that the end comes in the middle of it."""

    name, version = "slow", "1"

    def score(self, texts: list[str]) -> list[Scores]:
        time.sleep(0.002 * len(texts))
        return [Scores(0.95 if "odd" in text else 0.01, (0.9, 0.1, 0.0, 0.0)) for text in texts]


def leave_the_database() -> None:
    """No open connection, and no pool of them, may be shared with a child."""
    connections.close_all()
    if close_pool := getattr(connection, "close_pool", None):
        close_pool()


def screen_until_killed() -> None:
    """In a child of its own, with its own connection; never returns."""
    with contextlib.suppress(BaseException):
        while True:
            if not runner.run_once(Slow(), batch=8):
                time.sleep(0.005)
    os._exit(1)


def test_two_hundred_ends_at_random_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "CLAIM_S", 0.05)
    monkeypatch.setattr(runner, "ATTEMPTS", 10_000)
    author: Member = make.member(make.clinic(), "Ana", role="mentor")
    chance = random.Random(7)
    made = 0
    for kill in range(KILLS):
        while made < TEXTS * (kill + 1) // KILLS:
            odd = " odd" if made % 5 == 0 else ""
            make_moderation.letter(author, f"Letter number {made}{odd}")
            made += 1
        leave_the_database()
        child = os.fork()
        if child == 0:
            screen_until_killed()
        time.sleep(chance.uniform(0.004, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    until = time.monotonic() + 60
    while Submission.objects.filter(state=State.SCREENING).exists() and time.monotonic() < until:
        runner.run_once(Slow())
        time.sleep(0.05)
    assert Submission.objects.count() == TEXTS
    assert not Submission.objects.filter(state=State.SCREENING).exists()
    assert Decision.objects.count() == TEXTS, "one judgement each"
    odd_ones = TEXTS // 5
    assert Submission.objects.filter(state=State.HELD).count() == odd_ones
    assert ReviewCase.objects.count() == odd_ones
    released = Submission.objects.filter(latest__state=RevisionState.RELEASED)
    assert released.count() == TEXTS - odd_ones
