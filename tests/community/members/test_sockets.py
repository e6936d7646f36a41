"""The socket that every consumer builds on: who may hold it, what it takes, how it says goodbye."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.sessions import CookieMiddleware
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client, override_settings

from community.members import sessions, sockets
from community.members.live import member_topic, publish, switchboard
from community.members.models import Member
from community.members.sockets import GuardedConsumer, in_thread

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., Awaitable[WebsocketCommunicator]]


class Echo(GuardedConsumer):
    """Sends back what it is told, and what it hears."""

    recheck_s = 0.2

    async def frame(self, content: dict[str, Any]) -> None:
        if content["t"] == "echo":
            self.send_frame(content)
        elif content["t"] == "break":
            raise RuntimeError("broken on purpose")
        else:
            await super().frame(content)

    def heard(self, event: dict[str, Any]) -> None:
        self.push(event)


@pytest.fixture
async def socket_of() -> AsyncIterator[Open]:
    """socket_of(client): a connected socket carrying the client's session cookie."""
    opened: list[WebsocketCommunicator] = []

    async def socket_of(client: Client, kind: type[GuardedConsumer] = Echo) -> Any:
        cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
        headers = [(b"cookie", f"{cookie.key}={cookie.value}".encode())] if cookie else []
        socket = WebsocketCommunicator(
            CookieMiddleware(kind.as_asgi()), "/ws/test/", headers=headers
        )
        accepted, _ = await socket.connect(timeout=5)
        assert accepted
        opened.append(socket)
        return socket

    yield socket_of
    for socket in opened:
        await socket.disconnect()


async def frame(socket: WebsocketCommunicator) -> dict[str, Any]:
    return json.loads(await socket.receive_from(timeout=5))  # type: ignore[no-any-return]


async def goodbye(socket: WebsocketCommunicator) -> int:
    """The code of the close, which a bye frame with the same code came before."""
    bye = await frame(socket)
    close = await socket.receive_output(timeout=5)
    assert (bye["t"], close["type"]) == ("bye", "websocket.close")
    assert bye["code"] == close["code"]
    return int(close["code"])


async def test_a_signed_in_person_is_welcomed(
    socket_of: Open, client_of: Callable[..., Client], ana: Member
) -> None:
    socket = await socket_of(await sync_to_async(client_of)(ana))
    welcome = await frame(socket)
    assert (welcome["t"], welcome["v"]) == ("welcome", 1)


async def test_nobody_is_told_to_sign_in(socket_of: Open, db: None) -> None:
    socket = await socket_of(Client())
    assert await goodbye(socket) == 4201


async def test_a_suspended_person_with_a_session_left_over_is_refused(
    socket_of: Open, client_of: Callable[..., Client], ana: Member
) -> None:
    client = await sync_to_async(client_of)(ana)
    await Member.objects.filter(id=ana.id).aupdate(is_active=False)
    assert await goodbye(await socket_of(client)) == 4403


async def test_staff_without_a_second_factor_are_asked_for_it(
    socket_of: Open, client_of: Callable[..., Client], moss: Member
) -> None:
    without = await sync_to_async(client_of)(moss, second_factor=False)
    assert await goodbye(await socket_of(without)) == 4202
    with_it = await sync_to_async(client_of)(moss)
    assert (await frame(await socket_of(with_it)))["t"] == "welcome"


async def test_a_changed_passphrase_ends_the_session_for_sockets_too(
    socket_of: Open, client_of: Callable[..., Client], ana: Member
) -> None:
    client = await sync_to_async(client_of)(ana)
    await Member.objects.filter(id=ana.id).aupdate(password="another")
    assert await goodbye(await socket_of(client)) == 4201


async def test_a_session_under_the_earlier_secret_still_holds(
    socket_of: Open, client_of: Callable[..., Client], ana: Member
) -> None:
    client = await sync_to_async(client_of)(ana)
    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert (await frame(await socket_of(client)))["t"] == "welcome"
        assert await Session.objects.acount() == 1


async def test_an_idle_session_ends_its_sockets(
    socket_of: Open, client_of: Callable[..., Client], moss: Member
) -> None:
    def long_ago(client: Client) -> Client:
        session = SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)
        session["seen"] = time.time() - settings.SESSION_LIMITS_S["staff"][0] - 1
        session.save()
        return client

    client = await sync_to_async(client_of)(moss)
    assert await goodbye(await socket_of(await sync_to_async(long_ago)(client))) == 4201


async def test_suspension_closes_the_socket_at_once(
    socket_of: Open, client_of: Callable[..., Client], ana: Member, ben: Member
) -> None:
    socket = await socket_of(await sync_to_async(client_of)(ana))
    other = await socket_of(await sync_to_async(client_of)(ben))
    await frame(socket), await frame(other)
    await sync_to_async(sessions.suspend)(ana)
    assert await goodbye(socket) == 4403
    assert await other.receive_nothing(timeout=0.3)


async def test_a_lost_event_is_made_good_by_the_next_look(
    socket_of: Open, client_of: Callable[..., Client], ana: Member
) -> None:
    socket = await socket_of(await sync_to_async(client_of)(ana))
    await frame(socket)
    await Session.objects.all().adelete()
    assert await goodbye(socket) == 4201


async def test_signing_out_closes_the_sockets_of_that_session_alone(
    socket_of: Open, client_of: Callable[..., Client], ana: Member
) -> None:
    here, there = [await sync_to_async(client_of)(ana) for _ in range(2)]
    mine, other = await socket_of(here), await socket_of(there)
    await frame(mine), await frame(other)
    await sync_to_async(here.logout)()
    mark = sessions.session_mark("somebody else's")
    publish(member_topic(ana.id), {"t": "ctl", "op": "close", "code": 4201, "session": mark})
    assert await goodbye(mine) == 4201
    assert await other.receive_nothing(timeout=0.3)


async def test_the_person_hears_their_own_topic_in_order(
    socket_of: Open, client_of: Callable[..., Client], ana: Member, ben: Member
) -> None:
    socket = await socket_of(await sync_to_async(client_of)(ana))
    await frame(socket)
    publish(member_topic(ben.id), {"t": "notice", "n": 0})
    for n in range(1, 6):
        publish(member_topic(ana.id), {"t": "notice", "n": n})
    assert [(await frame(socket))["n"] for _ in range(5)] == [1, 2, 3, 4, 5]


BAD = ["", "{", "[]", "null", '"x"', "{}", '{"t":1}', '{"t":"echo","n":NaN}', "[" * 9000]


@pytest.mark.parametrize("text", BAD)
async def test_broken_frames_get_an_answer_and_the_third_closes(
    socket_of: Open, client_of: Callable[..., Client], ana: Member, text: str
) -> None:
    socket = await socket_of(await sync_to_async(client_of)(ana))
    await frame(socket)
    await socket.send_to(text_data='{"t":"echo","n":1}')
    assert (await frame(socket))["n"] == 1
    for _ in range(3):
        await socket.send_input({"type": "websocket.receive", "text": text})
        assert (await frame(socket))["t"] == "err"
    assert await goodbye(socket) == 4400


async def test_binary_and_unknown_frames_are_answered_and_counted(
    socket_of: Open, client_of: Callable[..., Client], ana: Member
) -> None:
    socket = await socket_of(await sync_to_async(client_of)(ana))
    await frame(socket)
    await socket.send_to(bytes_data=b"\x00\x01")
    assert (await frame(socket))["code"] == "bad_frame"
    await socket.send_to(text_data='{"t":"launch"}')
    assert (await frame(socket))["code"] == "unknown_type"
    await socket.send_to(text_data='{"t":"echo","x":"' + "y" * 20_000 + '"}')
    assert (await frame(socket))["code"] == "too_large"
    assert await goodbye(socket) == 4400


async def test_a_fault_of_ours_is_no_traceback_and_no_close(
    socket_of: Open,
    client_of: Callable[..., Client],
    ana: Member,
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket = await socket_of(await sync_to_async(client_of)(ana))
    await frame(socket)
    await socket.send_to(text_data='{"t":"break"}')
    assert (await frame(socket))["code"] == "internal"
    assert [r.getMessage() for r in caplog.records] == ["frame not handled: RuntimeError"]
    await socket.send_to(text_data='{"t":"ping","n":7}')
    assert await frame(socket) == {"t": "pong", "n": 7}


async def test_a_flood_is_slowed_and_then_closed(
    socket_of: Open, client_of: Callable[..., Client], ana: Member
) -> None:
    socket = await socket_of(await sync_to_async(client_of)(ana))
    await frame(socket)
    for _ in range(60):
        await socket.send_to(text_data='{"t":"ping","n":1}')
    answers = []
    while (answer := await frame(socket))["t"] != "bye":
        answers.append(answer["t"])
    assert answers.count("err") == 2
    assert answer["code"] == 4429


async def test_an_unreachable_database_asks_to_come_again(
    socket_of: Open,
    client_of: Callable[..., Client],
    ana: Member,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionError

    client = await sync_to_async(client_of)(ana)
    monkeypatch.setattr(sockets, "holders_of", away)
    assert await goodbye(await socket_of(client)) == 4000


async def test_slow_work_of_one_socket_does_not_hold_up_the_others() -> None:
    """Platform fact F4: on Channels' one thread these eight would run one after the other."""
    gate = threading.Barrier(8, timeout=5)
    await asyncio.gather(*(in_thread(gate.wait) for _ in range(8)))


async def test_a_closed_socket_leaves_its_topics(
    socket_of: Open, client_of: Callable[..., Client], ana: Member
) -> None:
    socket = await socket_of(await sync_to_async(client_of)(ana))
    await frame(socket)
    board = switchboard()
    assert list(board._listeners) == [member_topic(ana.id)]
    await socket.disconnect()
    assert list(board._listeners) == []
