"""Many messages to a transaction: the same rows as one by one, and an answer after the commit."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from community.chat import actions, answers
from community.chat import writer as writers
from community.chat.actions import Line
from community.chat.frames import Send
from community.chat.models import ChatMessage, Posting, Quiet, Room, RoomEvent
from community.members import sessions
from community.members.models import Group, Member, Membership
from moderation import together as moderated_together
from moderation.models import (
    Decision,
    Revision,
    SanctionKind,
    Screening,
    Submission,
)
from moderation.screening import runner
from tests import make, make_chat, make_sanctions
from tests.make_chat import DANGER, RoomSocket, said, screened
from tests.races import together


@pytest.fixture
def room(group: Group) -> Room:
    return make_chat.room(group)


def stored(room: Room, *lines: tuple[Member, str, str]) -> list[actions.Said | None]:
    return actions.say_together([Line(who, room.id, body, cid) for who, body, cid in lines])


def test_plain_messages_are_stored_in_their_order_and_released_so(
    room: Room, ana: Member, ben: Member
) -> None:
    got = stored(room, (ana, "One", "a"), (ben, "Two", "b"), (ana, "Three", "c"))
    assert [one.status for one in got if one] == ["screening"] * 3
    screened()
    events = RoomEvent.objects.order_by("seq").select_related("message__submission__shown")
    assert [
        (event.seq, event.kind, event.message.submission.shown.body)
        for event in events
        if event.message and event.message.submission.shown
    ] == [(1, "msg", "One"), (2, "msg", "Two"), (3, "msg", "Three")]


def rows() -> list[Any]:
    """All that is stored of what was said, but for numbers, moments and speed."""
    skipped = {"id", "pk", "created_at", "at", "sent_at", "due_at", "released_at", "latency_ms"}
    skipped |= {"claimed_until", "claimed_by", "cid", "submission_id", "revision_id"}
    skipped |= {"latest_id", "shown_id", "message_id", "seq"}
    found: list[Any] = []
    for model in (Submission, Revision, ChatMessage, Screening, Decision, RoomEvent):
        for row in model._default_manager.order_by("pk"):
            values = {
                field.attname: getattr(row, field.attname)
                for field in model._meta.concrete_fields
                if field.attname not in skipped
            }
            links = [
                (field.attname, getattr(row, field.attname) is None)
                for field in model._meta.concrete_fields
                if field.attname in skipped
            ]
            found.append((model.__name__, values, links))
    return found


def test_both_ways_leave_the_same_rows(
    group: Group, ana: Member, ben: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by one in one room, together in another: only the rooms differ."""
    lines = [(ana, "Good evening"), (ben, "I feel so hopeless about it all"), (ana, "Me too")]
    first = make_chat.room(group, "One by one")

    def odd(*_: object) -> None:
        raise moderated_together.NotPlain

    with monkeypatch.context() as patch:
        patch.setattr(moderated_together, "settle_all", odd)
        for n, (who, body) in enumerate(lines):
            actions.say(who, first.id, body, f"x{n}")
        screened()
    alone = rows()
    for model in (RoomEvent, ChatMessage):
        model._default_manager.all()._raw_delete("default")
    before = len(alone)
    second = make_chat.room(group, "Together")
    assert all(stored(second, *((who, body, f"y{n}") for n, (who, body) in enumerate(lines))))
    screened()
    mixed = rows()
    names = {name for name, _, _ in alone}
    assert names == {
        "Submission", "Revision", "ChatMessage", "Screening", "Decision", "RoomEvent",
    }  # fmt: skip
    for name in names:
        olds = [row for row in alone if row[0] == name]
        news = [row for row in mixed if row[0] == name][-len(olds) :]
        for _, values, _ in (*olds, *news):
            values.pop("room_id", None)
        assert news == olds
    assert before


Make = Callable[[Room, Member, Group], Any]


def sanctioned(room: Room, who: Member, group: Group) -> None:
    make_sanctions.active(make.member(who.clinic, "Lio", role="lead"), who, SanctionKind.SLOW)


def quiet(room: Room, who: Member, group: Group) -> None:
    until = timezone.now() + timedelta(hours=1)
    Quiet.objects.create(room=room, member=who, by=who, until=until)


def room_is(**fields: Any) -> Make:
    return lambda room, who, group: Room.objects.filter(id=room.id).update(**fields)


BINDING: dict[str, Make] = {
    "a closed room": room_is(posting=Posting.CLOSED),
    "a room where a person reads first": room_is(posting=Posting.MODERATED),
    "a slow room": room_is(slow_s=30),
    "people speak in turn": room_is(takes_turns=True),
    "house rules not accepted": room_is(asks_rules=True),
    "nobody holds it": room_is(needs_host=True),
    "a quiet time": quiet,
    "a sanction": sanctioned,
    "out of the group": lambda room, who, group: Membership.objects.filter(member=who).update(
        ended_at=timezone.now()
    ),
    "suspended": lambda room, who, group: sessions.suspend(who),
    "on the team": lambda room, who, group: Member.objects.filter(id=who.id).update(
        is_moderator=True
    ),
}


@pytest.mark.parametrize("what", BINDING)
def test_what_is_not_plain_is_left_to_be_said_by_itself(
    room: Room, group: Group, ana: Member, what: str
) -> None:
    assert stored(room, (ana, "Before", "a"))[0] is not None
    BINDING[what](room, ana, group)
    assert stored(room, (ana, "After", "b")) == [None]
    assert ChatMessage.objects.count() == 1


def test_a_call_for_help_and_the_same_words_again_are_said_by_themselves(
    room: Room, ana: Member, ben: Member
) -> None:
    got = stored(room, (ana, DANGER, "a"), (ana, "Hello", "b"), (ana, "Hello", "b"))
    assert [one is not None for one in got] == [False, True, False]
    assert stored(room, (ana, "Hello", "b"), (ben, "Hello", "b"))[0] is None
    assert ChatMessage.objects.count() == 2


def test_it_costs_the_same_for_one_and_three(
    room: Room, ana: Member, ben: Member, mia: Member, django_assert_num_queries: Any
) -> None:
    for lines in ([(ana, "A", "1")], [(ana, "B", "2"), (ben, "B", "2"), (mia, "B", "2")]):
        with django_assert_num_queries(13):
            assert all(stored(room, *lines))


def test_a_text_taken_back_while_it_was_read_stays_away(
    room: Room, ana: Member, ben: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the others is lost by it: they are settled one by one."""
    back, other = said(room, ana, "Never mind"), said(room, ben, "Good evening")
    judged = runner._judged

    def judged_late(revision: Revision, *rest: Any) -> runner.Judged:
        found = judged(revision, *rest)
        if revision.submission_id == back.submission_id:
            actions.take_back(back, ana)
        return found

    monkeypatch.setattr(runner, "_judged", judged_late)
    screened()
    assert [event.message_id for event in RoomEvent.objects.all()] == [other.id]


@pytest.mark.django_db(transaction=True)
def test_the_same_message_over_many_connections_at_once_is_stored_once(
    room: Room, ana: Member
) -> None:
    def say() -> dict[str, Any]:
        asked = Send(room.id, "one", "Hello")
        (answer,) = answers.say_together([(ana, asked)])
        return (answer or answers.say(ana, asked))[0]

    acks = together([say] * 4)
    assert {ack["t"] for ack in acks} == {"ack"}
    assert len({ack["mid"] for ack in acks}) == 1
    assert sum("dup" not in ack for ack in acks) == 1
    assert ChatMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
async def test_there_is_no_ack_without_a_commit_and_the_retry_makes_one_row(
    room: Room, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = await RoomSocket.of(ana)

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(actions, "say_together", away)
        patch.setattr(actions, "say", away)
        answer = await socket.say(room, "Hello", "one")
    assert (answer["t"], answer["code"]) == ("nack", "internal")
    assert answer["retry_ms"] > 0
    assert await ChatMessage.objects.acount() == 0
    for _ in range(2):
        assert (await socket.say(room, "Hello", "one"))["t"] == "ack"
    assert await ChatMessage.objects.acount() == 1


@pytest.mark.django_db(transaction=True)
async def test_a_slow_database_holds_up_neither_pongs_nor_what_is_in_the_log_already(
    room: Room, ana: Member, ben: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, reader = await RoomSocket.of(ana), await RoomSocket.of(ben)
    await reader.enter(room)
    real = actions.say_together
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def late(lines: Any) -> Any:
        loop.call_soon_threadsafe(began.set)
        time.sleep(1.0)
        return real(lines)

    monkeypatch.setattr(actions, "say_together", late)
    await slow.send("send", room=room.id, body="Slowly stored", cid="one")
    await began.wait()
    await slow.send("ping", n=7)
    assert (await slow.next())["t"] == "pong"
    await sync_to_async(make_chat.published)(room, ben, "In the log")
    assert (await reader.next("msg"))["body"] == "In the log"
    assert not any(frame["t"] == "ack" for frame in slow.seen)
    assert (await slow.next("ack"))["cid"] == "one"


@pytest.mark.django_db(transaction=True)
async def test_what_gathers_meanwhile_is_stored_together(
    room: Room, ana: Member, ben: Member, mia: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = answers.say_together

    began, loop = asyncio.Event(), asyncio.get_running_loop()

    def counted(asked: Any) -> Any:
        sizes.append(len(asked))
        loop.call_soon_threadsafe(began.set)
        time.sleep(0.2)
        return real(asked)

    monkeypatch.setattr(answers, "say_together", counted)
    line = [(who, Send(room.id, f"c{n}", "Hello")) for n in range(3) for who in (ana, ben, mia)]
    first = asyncio.create_task(writers.writer().say(*line[0]))
    await began.wait()
    got = await asyncio.gather(*(writers.writer().say(who, asked) for who, asked in line[1:]))
    assert (await first)[0]["cid"] == "c0"
    assert [answer[0]["cid"] for answer in got] == [asked.cid for _, asked in line[1:]]
    assert sizes == [1, len(line) - 1]
