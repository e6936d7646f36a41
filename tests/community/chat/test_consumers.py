"""The socket of live rooms: who hears what, and how it parts."""

import json

import pytest
from asgiref.sync import sync_to_async

from community.chat.consumers import RoomConsumer
from community.chat.models import Room
from community.members import blocks
from community.members.models import Group, Member
from community.members.sockets import sweeper
from tests import make_chat
from tests.make_chat import RoomSocket, published

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(group: Group) -> Room:
    return make_chat.room(group)


async def test_no_word_of_somebody_blocked_crosses_the_wire(
    room: Room, ana: Member, ben: Member, mia: Member
) -> None:
    """From either side: live, resumed and paged. Mia, who blocked nobody, reads all of it."""
    await sync_to_async(published)(room, ana, "Before the block")
    readers = [await RoomSocket.of(person) for person in (ben, mia)]
    before = [await reader.enter(room) for reader in readers]
    assert [frame["events"][0]["t"] for frame in before] == ["msg", "msg"]
    await sync_to_async(blocks.block)(ana, ben)
    assert await readers[0].quiet()
    await sync_to_async(published)(room, ana, "After the block")
    live = [await reader.next("msg", "skip") for reader in readers]
    assert live[0] == {"t": "skip", "room": room.id, "seq": 2}
    assert (live[1]["seq"], live[1]["body"]) == (2, "After the block")
    for reader, wanted in zip(readers, (["skip"] * 2, ["msg"] * 2), strict=True):
        again = await reader.enter(room, live[0].get("epoch", ""), 0)
        await reader.send("history", room=room.id, before=99)
        paged = await reader.next("history")
        assert [frame["t"] for frame in again["events"]] == wanted
        assert [frame["t"] for frame in paged["events"]] == wanted
        assert ("the block" in json.dumps([again, paged])) is (wanted[0] == "msg")


async def test_a_block_whose_word_got_lost_is_seen_by_the_sweep(
    room: Room, ana: Member, ben: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = await RoomSocket.of(ben)
    await socket.enter(room)
    monkeypatch.setattr(blocks, "_tell", lambda *_: None)
    await sync_to_async(blocks.block)(ana, ben)
    await sweeper().look()
    await sync_to_async(published)(room, ana, "Unheard")
    assert (await socket.next("msg", "skip"))["t"] == "skip"


async def test_the_oldest_of_too_many_tabs_makes_room(
    ana: Member, ben: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RoomConsumer, "tabs_most", 2)
    other = await RoomSocket.of(ben)
    first, second, third = [await RoomSocket.of(ana) for _ in range(3)]
    assert await first.closed_with() == 4409
    for socket in (second, third, other):
        await socket.send("ping", n=1)
        assert (await socket.next())["t"] == "pong"


async def test_who_says_nothing_is_let_go(ana: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RoomConsumer, "hello_s", 0.2)
    assert await (await RoomSocket.of(ana)).closed_with() == 4009


async def test_a_page_newer_than_the_server_is_told_so(ana: Member) -> None:
    socket = await RoomSocket.of(ana)
    await socket.send("hello", v=2)
    assert (await socket.next("err"))["code"] == "unsupported_version"
    assert await socket.closed_with() == 4426


async def test_newcomers_write_slowly_and_nobody_in_danger_does(
    room: Room, ana: Member, ben: Member
) -> None:
    from django.utils import timezone

    await Member.objects.filter(id=ben.id).aupdate(joined_at=timezone.now())
    new, known = await RoomSocket.of(ben), await RoomSocket.of(ana)
    quick = [await new.say(room, f"Hello {n}") for n in range(3)]
    assert "rate_limited" in [answer.get("code") for answer in quick]
    assert all(answer["retry_ms"] <= 5001 for answer in quick if answer["t"] == "nack")
    assert [(await known.say(room, f"Hello {n}"))["t"] for n in range(3)] == ["ack"] * 3
    assert (await new.say(room, make_chat.DANGER))["t"] == "ack"
    assert (await new.next("help"))["t"] == "help"


async def test_limits_count_all_tabs_of_a_person_together(room: Room, ana: Member) -> None:
    tabs = [await RoomSocket.of(ana) for _ in range(2)]
    answers = [await tabs[n % 2].say(room, f"Hello {n}") for n in range(8)]
    refused = [answer for answer in answers if answer["t"] == "nack"]
    assert len(refused) >= 2
    assert {answer["code"] for answer in refused} == {"rate_limited"}
    assert all(0 < answer["retry_ms"] <= 5001 for answer in refused)


async def test_where_nobody_knows_until_when_nothing_is_said(room: Room, ana: Member) -> None:
    await Room.objects.filter(id=room.id).aupdate(takes_turns=True)
    answer = await (await RoomSocket.of(ana)).say(room, "Hello")
    assert answer["code"] == "not_your_turn"
    assert not {"until_ms", "retry_ms"} & set(answer)
