"""Who may say something now: each refusal beside the same words going through."""

from collections.abc import Callable
from datetime import UTC, datetime, time

import pytest
from django.test import Client
from django.urls import reverse

from community.chat import actions, floor, hosting
from community.chat.models import ChatMessage, Facilitator, Hand, Posting, ReadMark, Room, RoomEvent
from community.members.audit import AuditEntry
from community.members.models import Group, Member
from moderation.models import Level, ReviewCase, RiskCase, RiskSource, State
from moderation.risk import raise_risk
from tests import make_chat
from tests.clock import standing
from tests.make_chat import DANGER, published, said, screened

ClientOf = Callable[..., Client]
SUNDAY_EVENING = datetime(2027, 1, 3, 19, 30, tzinfo=UTC)


@pytest.fixture
def room(group: Group) -> Room:
    return make_chat.room(group)


def manner(room: Room, by: Member, **changes: object) -> None:
    usual: dict[str, object] = {
        "posting": Posting.OPEN,
        "slow_s": 0,
        "takes_turns": False,
        "needs_host": False,
        "asks_rules": False,
    }
    hosting.change_manner(room, by, hosting.Manner(**{**usual, **changes}))  # type: ignore[arg-type]


def test_outside_its_hours_a_room_takes_nothing_but_from_those_who_hold_it(
    room: Room, ana: Member, moss: Member
) -> None:
    hosting.add_hours(room, 6, time(19), time(20, 30))
    with standing(SUNDAY_EVENING) as clock:
        assert said(room, ana)
        clock.forward(3600)
        with pytest.raises(floor.OutsideHours) as refused:
            said(room, ana)
        assert "opens again Sunday, 10 January" in refused.value.words
        assert said(room, moss)


def test_a_room_rests_until_somebody_who_holds_it_is_there(
    room: Room, ana: Member, mia: Member, moss: Member
) -> None:
    manner(room, moss, needs_host=True)
    with pytest.raises(floor.NobodyHere):
        said(room, ana)
    Facilitator.objects.create(room=room, member=mia)
    with standing(SUNDAY_EVENING) as clock:
        hosting.come(room, mia)
        assert said(room, ana)
        clock.forward(7201)
        with pytest.raises(floor.NobodyHere):
            said(room, ana)
        hosting.come(room, mia)
        assert said(room, ana)
        assert hosting.go(room, mia) is True
        assert hosting.go(room, mia) is False
        with pytest.raises(floor.NobodyHere):
            said(room, ana)


def test_the_house_rules_come_once_before_the_first_message(
    room: Room, ana: Member, moss: Member
) -> None:
    manner(room, moss, asks_rules=True)
    with pytest.raises(floor.RulesFirst):
        said(room, ana)
    hosting.accept_rules(ana)
    hosting.accept_rules(ana)
    assert said(room, ana)


def test_a_slow_room_says_when_to_try_again(
    room: Room, ana: Member, ben: Member, moss: Member
) -> None:
    manner(room, moss, slow_s=30)
    with standing(SUNDAY_EVENING) as clock:
        assert said(room, ana)
        clock.forward(10)
        with pytest.raises(floor.Slowly) as refused:
            said(room, ana)
        assert "20 seconds" in refused.value.words
        assert refused.value.retry_ms == 20_001
        assert said(room, ben)
        assert said(room, moss)
        assert said(room, moss)
        clock.forward(20)
        assert said(room, ana)


def test_in_turn_only_whose_hand_was_called_speaks(
    room: Room, ana: Member, ben: Member, moss: Member
) -> None:
    manner(room, moss, takes_turns=True)
    hand, other = hosting.raise_hand(room, ana), hosting.raise_hand(room, ben)
    assert hosting.raise_hand(room, ana).id == hand.id
    with pytest.raises(floor.NotYourTurn):
        said(room, ana)
    hosting.call_on(room, hand.id)
    assert said(room, ana)
    hosting.call_on(room, other.id)
    assert said(room, ben)
    with pytest.raises(floor.NotYourTurn):
        said(room, ana)
    with pytest.raises(hosting.Meanwhile):
        hosting.call_on(room, hand.id)
    hosting.lower_hand(room, ben)
    assert Hand.objects.filter(lowered_at=None).count() == 0


def test_a_call_for_help_waits_for_no_turn_no_rules_and_no_slow_mode(
    room: Room, ana: Member, moss: Member
) -> None:
    manner(room, moss, takes_turns=True, asks_rules=True, slow_s=60)
    with pytest.raises(floor.RulesFirst):
        said(room, ana)
    answer = actions.say(ana, room.id, DANGER, "one")
    assert (answer.help_needed, RiskCase.objects.get().member) == (True, ana)


@pytest.mark.parametrize("why", ["hours", "nobody", "reading", "quiet"])
def test_where_it_cannot_be_shown_help_comes_all_the_same(
    why: str, room: Room, ana: Member, moss: Member, client_of: ClientOf
) -> None:
    said(room, ana)
    if why == "hours":
        today = datetime.now(UTC).weekday()
        hosting.add_hours(room, (today + 3) % 7, time(19), time(20))
    elif why == "quiet":
        hosting.make_quiet(room, ana, moss, 15)
    else:
        manner(
            room,
            moss,
            needs_host=True,
            posting=Posting.CLOSED if why == "reading" else Posting.OPEN,
        )
    data = {"body": DANGER, "key": "6f2b9d4e-6a3b-4c57-9d2e-0d6f3b1c8a11"}
    answer = client_of(ana).post(reverse("chat:say", args=[room.id]), data)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert '<div id="live-help">' in page
    assert DANGER in page
    assert RiskCase.objects.get().member == ana
    assert ChatMessage.objects.count() == 1


def test_a_quiet_time_ends_and_is_never_for_somebody_at_risk(
    room: Room, ana: Member, ben: Member, moss: Member
) -> None:
    with standing(SUNDAY_EVENING) as clock:
        hosting.make_quiet(room, ana, moss, 5)
        with pytest.raises(floor.MadeQuiet) as refused:
            said(room, ana)
        assert "until 19:35" in refused.value.words
        clock.forward(301)
        assert said(room, ana)
    raise_risk(ben, Level.AMBER, RiskSource.PEER)
    with pytest.raises(hosting.NotForThem):
        hosting.make_quiet(room, ben, moss, 5)
    assert said(room, ben)


def test_taken_out_it_leaves_every_screen_and_waits_for_a_moderator(
    room: Room, ana: Member, mia: Member
) -> None:
    from moderation.actions import AlreadySettled

    (message,) = published(room, ana, "A sentence")
    hosting.take_out(message, mia)
    message.submission.refresh_from_db()
    assert message.submission.state == State.HELD
    assert ReviewCase.objects.get().reasons == ["host.took_out"]
    events = (
        RoomEvent.objects.filter(message=message).order_by("seq").values_list("kind", flat=True)
    )
    assert list(events) == ["msg", "remove"]
    assert AuditEntry.objects.filter(action="room.took_out", about_id=ana.id).count() == 1
    with pytest.raises(AlreadySettled):
        hosting.take_out(ChatMessage.objects.get(), mia)


def test_other_words_are_checked_before_anybody_sees_them(room: Room, ana: Member) -> None:
    (message,) = published(room, ana, "First words")
    assert actions.rephrase(message, ana, "Second words") is False
    message.submission.refresh_from_db()
    assert message.submission.shown.body == "First words"
    screened()
    message.submission.refresh_from_db()
    assert message.submission.shown.body == "Second words"
    actions.change_posting(room, Posting.CLOSED)
    with pytest.raises(floor.RoomClosed):
        actions.rephrase(message, ana, "Third words")


# --- Pages --------------------------------------------------------------------------------------


def test_a_closed_room_says_when_it_opens_and_where_help_is(
    room: Room, ana: Member, moss: Member, client_of: ClientOf
) -> None:
    client = client_of(ana)
    open_page = client.get(reverse("chat:room", args=[room.id])).content.decode()
    assert 'data-writes="1"' in open_page
    hosting.add_hours(room, (datetime.now(UTC).weekday() + 3) % 7, time(19), time(20))
    page = client.get(reverse("chat:room", args=[room.id])).content.decode()
    assert 'data-writes=""' in page
    assert "This room is closed now." in page
    assert reverse("members:crisis_help") in page
    assert "Closed" in client.get(reverse("chat:index")).content.decode()
    held = client_of(moss).get(reverse("chat:room", args=[room.id])).content.decode()
    assert 'data-writes="1"' in held


def test_notes_of_those_who_hold_a_room_reach_nobody_else(
    room: Room, ana: Member, mia: Member, moss: Member, client_of: ClientOf
) -> None:
    Facilitator.objects.create(room=room, member=mia)
    client_of(moss).post(reverse("chat:note", args=[room.id]), {"text": "Look after the silence"})
    page = client_of(mia).get(reverse("chat:host", args=[room.id])).content.decode()
    assert "Look after the silence" in page
    # What only the care team does is not there for a mentor who holds the room.
    assert client_of(mia).get(reverse("chat:transcript", args=[room.id])).status_code == 404
    room_page = client_of(ana).get(reverse("chat:room", args=[room.id])).content.decode()
    assert "Look after the silence" not in room_page
    assert reverse("chat:host", args=[room.id]) not in room_page


def test_reading_a_transcript_is_written_down(
    room: Room, ana: Member, moss: Member, client_of: ClientOf
) -> None:
    published(room, ana, "Said in the room")
    page = client_of(moss).get(reverse("chat:transcript", args=[room.id])).content.decode()
    assert "Said in the room" in page
    entry = AuditEntry.objects.get(action="room.transcript_read")
    assert (entry.actor_id, entry.object_id) == (moss.id, room.id)


def test_search_finds_shown_words_only(
    room: Room, ana: Member, ben: Member, client_of: ClientOf
) -> None:
    _, second = published(room, ana, "Carrot soup", "Pumpkin soup")
    actions.take_back(second, ana)
    client = client_of(ben)
    page = client.get(reverse("chat:search", args=[room.id]), {"q": "SOUP"}).content.decode()
    assert "1 found" in page
    assert "Carrot soup" in page
    assert "Pumpkin" not in page


def test_leaving_is_remembered_for_oneself_alone(
    room: Room, ana: Member, ben: Member, client_of: ClientOf
) -> None:
    published(room, ben, "One", "Two")
    client, hand = client_of(ana), hosting.raise_hand(room, ana)
    before = RoomEvent.objects.count()
    client.post(reverse("chat:leave", args=[room.id]), {"seq": "1", "stay": "1"})
    assert ReadMark.objects.get().seq == 1
    assert RoomEvent.objects.count() == before
    page = client.get(reverse("chat:room", args=[room.id])).content.decode()
    assert page.count("New since you were last here") == 1
    client.post(reverse("chat:leave", args=[room.id]), {"seq": "999"})
    assert ReadMark.objects.get().seq == before + 1
    hand.refresh_from_db()
    assert hand.lowered_at is not None


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_rooms_costs_the_same_for_one_and_three(
    count: int,
    group: Group,
    ana: Member,
    client_of: ClientOf,
    django_assert_num_queries: Callable[..., object],
) -> None:
    for number in range(count):
        made = make_chat.room(group, f"Room {number}")
        hosting.add_hours(made, 6, time(19), time(20))
    client = client_of(ana)
    client.get(reverse("chat:index"))
    with django_assert_num_queries(LIST_QUERIES):  # type: ignore[attr-defined]
        client.get(reverse("chat:index"))


# Session, person, rooms with what shuts them, hours, who is there, read marks.
LIST_QUERIES = 6


def test_the_care_team_opens_a_room(
    group: Group, moss: Member, ana: Member, client_of: ClientOf
) -> None:
    data = {"group": group.id, "name": "Morning room", "purpose": "Coffee"}
    answer = client_of(moss).post(reverse("chat:open_room"), data)
    room = Room.objects.get(name="Morning room")
    assert answer["Location"] == reverse("chat:host", args=[room.id])
    assert said(room, ana)


def test_a_mentor_holds_a_room_when_the_care_team_says_so(
    room: Room, mia: Member, moss: Member, client_of: ClientOf
) -> None:
    page = reverse("chat:host", args=[room.id])
    assert client_of(mia).get(page).status_code == 404
    client_of(moss).post(reverse("chat:facilitators", args=[room.id]), {"people": [mia.id]})
    assert client_of(mia).get(page).status_code == 200
    hosting.come(room, mia)
    client_of(moss).post(reverse("chat:facilitators", args=[room.id]), {})
    assert client_of(mia).get(page).status_code == 404
    assert floor.floor_of(room, datetime.now(UTC)).hosts == 0
