"""Saying, saying again, taking back: stored once, in one dense log, refused by name."""

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from community.chat import actions
from community.chat.models import ChatMessage, EventKind, Posting, Room, RoomEvent, Seat
from community.members import sessions
from community.members.models import Group, Member, Membership
from moderation import unsent
from moderation.models import Level, ReviewCase, RiskCase, RiskEvent, State
from moderation.screening import rules
from tests import make_chat
from tests.make_chat import DANGER, HELD, published, said, screened


@pytest.fixture
def room(group: Group) -> Room:
    return make_chat.room(group)


def log_of(room: Room) -> list[tuple[int, str]]:
    return list(RoomEvent.objects.filter(room=room).order_by("seq").values_list("seq", "kind"))


def test_a_message_waits_for_the_screener_and_then_takes_its_place(room: Room, ana: Member) -> None:
    message = said(room, ana)
    assert (message.submission.state, log_of(room)) == (State.SCREENING, [])
    screened()
    message.submission.refresh_from_db()
    assert (message.submission.state, log_of(room)) == (State.VISIBLE, [(1, "msg")])


def test_places_are_dense_over_all_kinds_of_events(room: Room, ana: Member, ben: Member) -> None:
    first, _ = published(room, ana, "One", "Two")
    actions.take_back(first, ana)
    actions.change_posting(room, Posting.CLOSED)
    actions.change_posting(room, Posting.OPEN)
    said(room, ben, HELD)
    screened()
    published(room, ben, "Three")
    assert log_of(room) == [
        (1, "msg"), (2, "msg"), (3, "remove"), (4, "mode"), (5, "mode"), (6, "msg"),
    ]  # fmt: skip
    room.refresh_from_db()
    assert room.last_seq == 6


def test_the_same_cid_returns_the_same_message_for_good(room: Room, ana: Member) -> None:
    cid = str(uuid.uuid4())
    first = actions.say(ana, room.id, "Hello", cid)
    again = actions.say(ana, room.id, "Hello", cid)
    screened()
    later = actions.say(ana, room.id, "Hello", cid)
    assert {first.message.id, again.message.id, later.message.id} == {first.message.id}
    assert [first.again, again.again, later.again] == [False, True, True]
    assert [first.status, again.status, later.status] == ["screening", "screening", "published"]
    assert ChatMessage.objects.count() == 1


def test_a_cid_names_one_text_in_one_room_of_one_author(
    room: Room, group: Group, ana: Member, ben: Member
) -> None:
    other = make_chat.room(group, "Morning room")
    actions.say(ana, room.id, "Hello", "one")
    with pytest.raises(actions.CidConflict):
        actions.say(ana, room.id, "Hello!", "one")
    with pytest.raises(actions.CidConflict):
        actions.say(ana, other.id, "Hello", "one")
    assert actions.say(ben, room.id, "Hello", "one").again is False
    assert ChatMessage.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_message_over_two_connections_at_once_is_stored_once(
    room: Room, ana: Member
) -> None:
    """Twelve at the same moment. Without the constraint on (author, cid) there would be twelve."""
    gate, results, problems = threading.Barrier(12), [], []

    def send() -> None:
        try:
            gate.wait(10)
            results.append(actions.say(ana, room.id, "Hello", "one"))
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len({each.message.id for each in results}) == 1
    assert sorted(each.again for each in results) == [False] + [True] * 11


@pytest.mark.django_db(transaction=True)
def test_many_at_once_take_places_without_gap_or_double(room: Room, ana: Member) -> None:
    messages = [said(room, ana, f"Number {n}") for n in range(12)]
    gate, problems = threading.Barrier(4), []

    def release(mine: list[ChatMessage]) -> None:
        try:
            gate.wait(10)
            for message in mine:
                with transaction.atomic():
                    actions.append(room.id, EventKind.MSG, message)
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=release, args=(messages[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [seq for seq, _ in log_of(room)] == list(range(1, 13))


def test_a_place_is_given_back_when_its_transaction_fails(room: Room, ana: Member) -> None:
    message = said(room, ana)
    sid = transaction.savepoint()
    actions.append(room.id, EventKind.MSG, message)
    transaction.savepoint_rollback(sid)
    published(room, ana, "After it")
    assert [seq for seq, _ in log_of(room)] == [1, 2]


def test_only_people_of_the_room_may_write(
    room: Room, ana: Member, mia: Member, moss: Member, cleo: Member, ada: Member, dora: Member
) -> None:
    for person in (ana, mia, moss):
        assert said(room, person).author_id == person.id
    for person in (cleo, ada, dora):
        with pytest.raises(actions.NotInRoom):
            said(room, person)
    with pytest.raises(actions.NotInRoom):
        actions.say(ana, room.id + 99, "Hello", "x")


def test_what_was_queued_before_a_suspension_does_not_land_after_it(
    room: Room, ana: Member
) -> None:
    queued = Member.objects.get(id=ana.id)
    sessions.suspend(ana)
    assert queued.is_active  # as the socket remembers them
    with pytest.raises(actions.NotInRoom):
        said(room, queued)
    assert ChatMessage.objects.count() == 0


def test_who_left_the_group_may_not_write_any_more(room: Room, ana: Member) -> None:
    said(room, ana, "Still here")
    from django.utils import timezone

    Membership.objects.filter(member=ana).update(ended_at=timezone.now())
    with pytest.raises(actions.NotInRoom):
        said(room, ana, "Gone")


def test_a_closed_room_takes_nothing_and_an_open_one_does(room: Room, ana: Member) -> None:
    actions.change_posting(room, Posting.CLOSED)
    with pytest.raises(actions.RoomClosed):
        said(room, ana)
    assert actions.change_posting(room, Posting.OPEN) is True
    assert actions.change_posting(room, Posting.OPEN) is False
    assert said(room, ana).room_id == room.id


def test_in_a_moderated_room_a_person_reads_first(room: Room, ana: Member, moss: Member) -> None:
    published(room, ana, "Before")
    actions.change_posting(room, Posting.MODERATED)
    waiting = said(room, ana, "A perfectly kind sentence")
    said(room, moss, "The care team may speak")
    screened()
    waiting.submission.refresh_from_db()
    assert waiting.submission.state == State.HELD
    assert ReviewCase.objects.get().submission_id == waiting.submission_id
    assert [kind for _, kind in log_of(room)] == ["msg", "mode", "msg"]


def test_only_the_author_takes_a_message_back(room: Room, ana: Member, ben: Member) -> None:
    from moderation.actions import AlreadySettled, NotYours

    (message,) = published(room, ana, "Hello")
    with pytest.raises(NotYours):
        actions.take_back(message, ben)
    actions.take_back(message, ana)
    with pytest.raises(AlreadySettled):
        actions.take_back(message, ana)
    assert log_of(room) == [(1, "msg"), (2, "remove")]


def test_what_is_taken_back_before_it_was_read_never_appears(room: Room, ana: Member) -> None:
    message = said(room, ana)
    actions.take_back(message, ana)
    screened()
    assert log_of(room) == []


# --- Help ---------------------------------------------------------------------------------------


def test_who_writes_of_danger_is_offered_help_also_when_it_is_sent_again(
    room: Room, ana: Member, ben: Member
) -> None:
    first = actions.say(ana, room.id, DANGER, "one")
    again = actions.say(ana, room.id, DANGER, "one")
    assert [first.help_needed, again.help_needed] == [True, True]
    assert actions.say(ben, room.id, "Good morning", "two").help_needed is False
    assert [case.member_id for case in RiskCase.objects.all()] == [ana.id]


def test_a_call_for_help_that_could_not_be_stored_reaches_the_care_team(ana: Member) -> None:
    assert actions.unsent(ana, DANGER) is True
    assert actions.unsent(ana, DANGER) is True
    assert actions.unsent(ana, "Good morning") is False
    case = RiskCase.objects.get()
    assert (case.member_id, case.level) == (ana.id, Level.CRISIS)
    event = RiskEvent.objects.get(case=case)
    assert event.text == unsent.ROOM  # once, and without the words


def test_help_is_offered_while_the_database_is_away(
    ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(unsent, "_call", away)
    assert actions.unsent(ana, DANGER) is True


def test_help_is_offered_while_the_rules_are_broken(
    room: Room, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> list[object]:
        raise RuntimeError

    monkeypatch.setattr(rules, "find", broken)
    assert actions.say(ana, room.id, "Good morning", "one").help_needed is True


# --- Private rooms ------------------------------------------------------------------------------


def test_a_private_room_has_a_seat_for_each_and_for_nobody_else(
    ana: Member, mia: Member, ben: Member, moss: Member
) -> None:
    room = actions.open_private_room("You and your mentor", [ana, mia])
    assert said(room, ana).author_id == ana.id
    assert said(room, mia).author_id == mia.id
    for other in (ben, moss):
        with pytest.raises(actions.NotInRoom):
            said(room, other)


def test_an_ended_pair_leaves_its_room(ana: Member, mia: Member) -> None:
    room = actions.open_private_room("You and your mentor", [ana, mia])
    published(room, ana, "Thank you")
    actions.close_private_room(room)
    assert Seat.objects.filter(room=room, ended_at__isnull=True).count() == 0
    assert log_of(room)[-1] == (2, "mode")
    with pytest.raises(actions.NotInRoom):
        said(room, ana)


def test_seeding_twice_makes_one_room_with_a_talk(
    group: Group, ana: Member, ben: Member, mia: Member, screen: Callable[[], int]
) -> None:
    from community.chat import demo

    demo.seed(group, [ana, ben, mia])
    demo.seed(group, [ana, ben, mia])
    room = Room.objects.get()
    assert log_of(room) == [(n, "msg") for n in range(1, len(demo.TALK) + 1)]
    assert RoomEvent.objects.order_by("seq").first().message.author == mia  # type: ignore[union-attr]
