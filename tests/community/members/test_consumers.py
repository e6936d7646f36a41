"""The notices socket: my events reach me, others' do not, and doors are asked again."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client

from community.members import live, sessions, watching
from community.members.models import Member
from config.asgi import application
from tests import make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ana(transactional_db: None) -> Member:
    clinic = make.clinic()
    return make.member(clinic, "Ana", groups=(make.group(clinic, "Tuesday circle"),))


def cookie_of(person: Member) -> bytes:
    client = Client()
    sign_in(client, person, second_factor=False)
    return f"sid={client.cookies['sid'].value}".encode()


async def opened(person: Member, origin: bytes | None = b"http://127.0.0.1:8000") -> Any:
    headers = [(b"cookie", await sync_to_async(cookie_of)(person))]
    headers += [(b"origin", origin)] if origin else []
    return WebsocketCommunicator(application, "/ws/notices/", headers=headers)


@pytest.fixture
async def page(ana: Member) -> AsyncIterator[Any]:
    communicator = await opened(ana)
    assert (await communicator.connect())[0]
    assert (await communicator.receive_json_from())["t"] == "welcome"
    yield communicator
    await communicator.disconnect()


@pytest.mark.parametrize(
    "origin",
    [None, b"null", b"http://evil.example", b"https://127.0.0.1:8000", b"http://127.0.0.1:9"],
)
async def test_another_origin_is_refused_before_accept(ana: Member, origin: bytes | None) -> None:
    assert (await (await opened(ana, origin)).connect())[0] is False


async def test_an_event_of_mine_arrives_and_one_of_others_does_not(page: Any, ana: Member) -> None:
    live.publish(live.member_topic(ana.id + 1), {"t": "notice", "kind": "reply"})
    live.publish(live.member_topic(ana.id), {"t": "review", "submission": 1, "state": "visible"})
    assert (await page.receive_json_from(3))["t"] == "review"
    assert await page.receive_nothing(0.1)


async def test_suspension_closes_an_open_page_at_once(page: Any, ana: Member) -> None:
    await sync_to_async(sessions.suspend)(ana)
    assert (await page.receive_json_from(3))["code"] == 4403
    assert (await page.receive_output(3))["code"] == 4403


async def test_signing_out_elsewhere_keeps_this_page(page: Any, ana: Member) -> None:
    other = Client()
    await sync_to_async(sign_in)(other, ana, second_factor=False)
    await sync_to_async(other.logout)()
    assert await page.receive_nothing(0.3)


async def test_a_page_watches_only_what_a_door_allows(
    page: Any, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(watching._doors, "shelf", lambda member, number: number == 7)
    for topic in ("shelf.8", f"member.{ana.id + 1}"):
        await page.send_json_to({"t": "watch", "topic": topic})
        assert (await page.receive_json_from(3))["code"] == "not_there"
        live.publish(topic, {"t": "x"})
    await page.send_json_to({"t": "watch", "topic": "shelf.7"})
    assert await page.receive_nothing(0.2)
    live.publish("shelf.7", {"t": "x", "seq": 4})
    assert await page.receive_json_from(3) == {"t": "x", "seq": 4}


@pytest.mark.parametrize("topic", ["shelf.x", "shelf.", "shelf", "drawer.7", "shelf.٧", "shelf.-7"])
def test_no_other_spelling_of_a_topic_opens_a_door(
    topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(watching._doors, "shelf", lambda member, number: True)
    assert watching.may_watch(Member(), "shelf.7") is True
    assert watching.may_watch(Member(), topic) is False


async def test_a_watched_topic_is_lost_when_its_door_closes(
    ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("community.members.sockets.GuardedConsumer.recheck_s", 0.1)
    open_door = [True]
    monkeypatch.setitem(watching._doors, "shelf", lambda member, number: open_door[0])
    communicator = await opened(ana)
    await communicator.connect()
    await communicator.receive_json_from()
    await communicator.send_json_to({"t": "watch", "topic": "shelf.7"})
    assert await communicator.receive_nothing(0.3)
    open_door[0] = False
    bye = await communicator.receive_json_from(3)
    assert (bye["t"], bye["code"], bye["retry"]) == ("bye", 4000, True)
