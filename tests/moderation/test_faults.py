"""Texts handed in while everything that can fail does: none lost, none in limbo, none leaked.

People write in a live room. Round after round something else is broken: the filter raises, answers
with no numbers or too few, the rules break, the deadline passes, the database refuses at some
point, the screener is killed at some point, the bus is away, an author's own request fails or its
answer is lost and they send again. FAULT_TEXTS says how many texts.
"""

import json
import os
import random
import signal
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import cycle
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.utils import timezone

from community.chat import actions as chat
from community.chat import broadcast
from community.chat.models import ChatMessage, EventKind, Room, RoomEvent
from community.members import live
from community.members.models import Clinic, Group, Member
from moderation import actions, together
from moderation.models import (
    PUBLIC,
    Decision,
    ReviewCase,
    ReviewState,
    Revision,
    RevisionState,
    RiskCase,
    RiskEvent,
    State,
    Submission,
)
from moderation.screening import policy, runner, serving
from moderation.screening.signals import Scores, Trust
from tests import make, make_chat
from tests.moderation.screening.test_killed import leave_the_database

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TEXTS = int(os.environ.get("FAULT_TEXTS", "144"))
ROUND = 9
CALM = "The kettle is on, number {}. I planted some thyme today."
RUDE = "You are a pathetic idiot, number {}."
DARK = "I want to die, number {}. I am going to kill myself tonight."
NAN = float("nan")

# Where the screener ends, or the database refuses: before or after one of these.
PLACES = [
    *((runner, name) for name in ("_points", "_judged", "_call_for_help", "_settle")),
    *((runner, name) for name in ("_settle_plain", "_write_down_and_settle")),
    *((together, name) for name in ("settle_all", "_release")),
    *((actions, name) for name in ("_release", "_hold", "open_case", "_tell_author")),
]


# --- What breaks --------------------------------------------------------------------------------


class Answers:
    """A classifier that answers as told, or raises."""

    name, version = "odd", "1"

    def __init__(self, answer: Callable[[int], list[Scores]]) -> None:
        self.answer = answer

    def score(self, texts: Sequence[str]) -> list[Scores]:
        return self.answer(len(texts))


def fail(*_: Any, **__: Any) -> Any:
    raise OperationalError("gone away")


def raises(_: int) -> list[Scores]:
    raise RuntimeError("no model")


def with_filter(answer: Callable[[int], list[Scores]]) -> None:
    runner.run_once(Answers(answer), batch=ROUND)


def with_broken_rules() -> None:
    with patch.object(runner.rules, "find", fail):
        runner.run_once(batch=ROUND)


def past_the_deadline() -> None:
    """Nobody screens; the loop beside the screener sees to it."""
    Revision.objects.filter(state=RevisionState.SCREENING).update(due_at=timezone.now())
    runner.overdue(limit=10 * ROUND)


@contextmanager
def broken_at(place: tuple[Any, str], how: Callable[[], None], after: bool) -> Iterator[None]:
    """The third time that this place is reached, `how` happens before or after it."""
    module, name = place
    real, left = getattr(module, name), [3]

    def instead(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not after:
            how()
        result = real(*args, **kwargs)
        if left[0] == 0 and after:
            how()
        return result

    with patch.object(module, name, instead):
        yield


def with_a_database_that_refuses(chance: random.Random) -> None:
    with broken_at(chance.choice(PLACES), fail, after=chance.random() < 0.5), suppress(Exception):
        runner.run_once(batch=ROUND)


def killed(chance: random.Random) -> None:
    """A screener in a process of its own that ends in the middle, without a last word."""
    place, after = chance.choice(PLACES), chance.random() < 0.5
    leave_the_database()
    child = os.fork()
    if child == 0:
        end = broken_at(place, lambda: os.kill(os.getpid(), signal.SIGKILL), after)
        with suppress(BaseException), end:
            runner.run_once(batch=ROUND)
        os._exit(0)
    os.waitpid(child, 0)


class NoBus:
    async def group_send(self, *_: Any) -> None:
        raise ConnectionError("no bus")


def without_a_bus() -> None:
    with patch.object(live, "get_channel_layer", NoBus):
        runner.run_once(batch=ROUND)


def faults(chance: random.Random) -> list[Callable[[], object]]:
    return [
        partial(with_filter, raises),
        partial(with_filter, lambda n: [Scores(NAN, (1, 0, 0, 0))] * n),
        partial(with_filter, lambda n: [Scores(0.0, (1, 0, NAN, 0))] * n),
        partial(with_filter, lambda n: [Scores(0.0, (1, 0, 0, 0))] * (n + 1)),
        with_broken_rules,
        past_the_deadline,
        without_a_bus,
        partial(runner.run_once, batch=ROUND),
        *[partial(with_a_database_that_refuses, chance)] * 3,
        *[partial(killed, chance)] * 5,
    ]


# --- Who writes ---------------------------------------------------------------------------------


class Talk:
    """A room, its authors, what each of them typed, and everything that others could have heard."""

    def __init__(self, group: Group, authors: list[Member], chance: random.Random) -> None:
        self.room: Room = make_chat.room(group)
        self.authors, self.chance = authors, chance
        self.typed: dict[str, str] = {}
        self.heard: list[dict[str, Any]] = []
        self.refused = 0

    def hear(self, topic: str, event: dict[str, Any]) -> None:
        if topic == broadcast.room_topic(self.room.id):
            self.heard.append(event)

    def say(self) -> None:
        """One text; whoever gets no answer sends it again, as the page does."""
        number, cid = len(self.typed), str(uuid.uuid4())
        body = self.chance.choice([CALM, CALM, CALM, RUDE, DARK]).format(number)
        author = self.chance.choice(self.authors)
        trouble = self.chance.random()
        if trouble < 0.1:
            with patch.object(actions, "_quick_look", fail), suppress(OperationalError):
                chat.say(author, self.room.id, body, cid)
            assert not ChatMessage.objects.filter(cid=cid).exists(), "refused is not half stored"
            self.refused += 1
        elif trouble < 0.2:
            chat.say(author, self.room.id, body, cid)  # stored, but the answer is lost
        said = chat.say(author, self.room.id, body, cid)
        self.typed[cid] = body
        if body.startswith("I want"):
            assert said.help_needed
            signals = RiskEvent.objects.filter(submission=said.message.submission_id)
            assert signals.exists(), "help waits for no screener"


def leaks(talk: Talk) -> list[str]:
    """Texts that others heard live, or read in the room's history, and should not have."""
    frames = broadcast.frames_after(talk.room.id, 0, 10 * TEXTS)
    live_frames = [event["frame"] for event in talk.heard if "frame" in event]
    public = set(
        ChatMessage.objects.filter(room=talk.room, submission__state__in=PUBLIC).values_list(
            "id", flat=True
        )
    )
    found = [frame for frame in (*frames, *live_frames) if "mid" in frame]
    return [
        json.dumps(frame)
        for frame in found
        if frame["mid"] not in public or "pathetic" in json.dumps(frame)
    ]


def play(talk: Talk, after_each: Callable[[], object]) -> Counter[str]:
    """Write, break, look; then let everything work again. Returns how often what was broken."""
    broken: Counter[str] = Counter()
    order = cycle(talk.chance.sample(faults(talk.chance), k=len(faults(talk.chance))))
    while len(talk.typed) < TEXTS:
        for _ in range(min(ROUND, TEXTS - len(talk.typed))):
            talk.say()
        fault = next(order)
        fault()
        broken[getattr(getattr(fault, "func", fault), "__name__", "")] += 1
        after_each()
    # The second round finds what was claimed by those who were killed.
    Revision.objects.update(claimed_until=None)
    while runner.run_once(batch=50):
        pass
    while Revision.objects.filter(state=RevisionState.SCREENING).exists():
        past_the_deadline()
    return broken


@pytest.fixture
def talk(clinic: Clinic, group: Group) -> Iterator[Talk]:
    """Two mentors, whom we know, and two newcomers."""
    serving.current()
    authors = [
        make.member(clinic, groups=(group,), role=role) for role in ("mentor", "patient") * 2
    ]
    made = Talk(group, authors, random.Random(20261125))
    with ExitStack() as stack:
        real = live.publish

        def publish(topic: str, event: dict[str, Any]) -> None:
            made.hear(topic, event)
            real(topic, event)

        stack.enter_context(patch.object(live, "publish", publish))
        stack.enter_context(patch.object(runner, "CLAIM_S", 0.05))
        yield made


def test_none_lost_none_in_limbo_none_leaked(talk: Talk) -> None:
    looked = 0

    def nothing_leaked() -> None:
        # All of it at the end; on the way, what was heard live since the last round.
        nonlocal looked
        assert not any("pathetic" in json.dumps(event) for event in talk.heard[looked:])
        looked = len(talk.heard)

    broken = play(talk, nothing_leaked)
    assert len(broken) >= 6
    assert talk.refused > 0

    stored = dict(ChatMessage.objects.values_list("cid", "submission__latest__body"))
    assert stored == talk.typed, "every word that was typed, once"
    states = Counter(Submission.objects.values_list("state", flat=True))
    assert set(states) <= {*PUBLIC, State.HELD}, "nothing in between"
    assert leaks(talk) == []

    waiting = ReviewCase.objects.exclude(state=ReviewState.DECIDED)
    held = Submission.objects.filter(state=State.HELD)
    assert sorted(waiting.values_list("submission", flat=True)) == sorted(
        held.values_list("id", flat=True)
    ), "what is hidden lies in an open queue, once"
    rude = Submission.objects.filter(latest__body__startswith="You are")
    assert set(rude.values_list("state", flat=True)) == {State.HELD}

    decided = Counter(Decision.objects.values_list("revision", flat=True))
    assert (len(decided), set(decided.values())) == (TEXTS, {1}), "one judgement each"
    public = ChatMessage.objects.filter(submission__state__in=PUBLIC)
    places = RoomEvent.objects.filter(room=talk.room, kind=EventKind.MSG)
    assert sorted(places.values_list("message", flat=True)) == sorted(
        public.values_list("id", flat=True)
    ), "each takes its place once"
    seqs = RoomEvent.objects.filter(room=talk.room).order_by("seq").values_list("seq", flat=True)
    assert list(seqs) == list(range(1, len(seqs) + 1)), "no place was skipped"
    in_danger = ChatMessage.objects.filter(submission__latest__body__startswith="I want")
    open_about = RiskCase.objects.exclude(state="closed").values_list("member", flat=True)
    assert set(in_danger.values_list("author", flat=True)) <= set(open_about)
    print(f"{TEXTS} texts, {sum(broken.values())} faults, {dict(states)}, {dict(broken)}")  # noqa: T201


def test_when_a_failure_counts_as_calm_the_test_above_sees_it(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control."""
    judge, calm = policy.judge, Scores(0.0, (1.0, 0.0, 0.0, 0.0))

    def carelessly(found: Any, scores: Any, **known: Any) -> Any:
        known |= {"engine_failed": False, "trust": Trust.TRUSTED}
        return judge(found, calm, **known)

    monkeypatch.setattr(policy, "judge", carelessly)
    while not any(body.startswith("You are") for body in talk.typed.values()):
        talk.say()
    for _ in range(2):
        with_broken_rules()
    assert leaks(talk)


def test_without_the_loop_beside_the_screener_texts_stay_in_limbo(talk: Talk) -> None:
    """The positive control: who was killed three times over one text leaves it behind."""
    talk.say()
    for _ in range(runner.ATTEMPTS):
        with patch.object(runner, "_judged", fail):
            runner.run_once()
        Revision.objects.update(claimed_until=None)
    assert runner.run_once() == 0
    assert Submission.objects.filter(state=State.SCREENING).count() == 1
    past_the_deadline()
    assert Submission.objects.filter(state=State.HELD).count() == 1
