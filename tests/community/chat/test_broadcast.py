"""Frames and replay: nothing missing, nothing doubled, no word of what was taken down."""

import json
from typing import Any

import pytest

from community.chat import actions, broadcast
from community.chat.models import ChatMessage, EventKind, Posting, Room, RoomEvent
from community.members.models import Group, Member
from moderation import actions as moderation
from moderation.models import RevisionState, State
from tests import make_chat
from tests.make_chat import published, said, screened


@pytest.fixture
def room(group: Group) -> Room:
    return make_chat.room(group)


def past(room: Room, epoch: str, since: int) -> Any:
    room.refresh_from_db()
    return broadcast.replay(room, epoch, since)


def take_down(message: ChatMessage, moss: Member) -> None:
    settle(message, State.REMOVED, moss)


def settle(message: ChatMessage, outcome: State, moss: Member) -> None:
    revision = message.submission.revisions.get()
    moderation.settle(revision, outcome, seen=revision.state, by=moss)


def test_a_message_carries_what_everybody_needs_and_nothing_of_one_reader(
    room: Room, mia: Member
) -> None:
    (message,) = published(room, mia, "Good evening")
    (frame,) = past(room, room.epoch, 0)["events"]
    assert frame.pop("at") >= frame.pop("sent_at")
    assert frame == {
        "t": "msg",
        "room": room.id,
        "seq": 1,
        "mid": message.id,
        "cid": message.cid,
        "by": {"id": mia.id, "name": "Mia", "role": "mentor"},
        "body": "Good evening",
    }


def test_staff_speak_as_the_care_team(room: Room, moss: Member) -> None:
    published(room, moss, "Good evening")
    (frame,) = past(room, room.epoch, 0)["events"]
    assert (frame["by"]["name"], frame["by"]["role"]) == ("Care team", "team")
    assert "Moss" not in json.dumps(frame)


def test_who_was_away_gets_exactly_what_was_missed(room: Room, ana: Member, ben: Member) -> None:
    published(room, ana, "One", "Two", "Three")
    answer = past(room, room.epoch, 1)
    assert (answer["recovered"], answer["seq"], answer["more"]) == (True, 3, False)
    assert [frame["body"] for frame in answer["events"]] == ["Two", "Three"]
    again = past(room, room.epoch, 3)
    assert (again["recovered"], again["seq"], again["events"]) == (True, 3, [])


@pytest.mark.parametrize(("epoch", "since"), [("other", 1), ("", 0), (None, 4), (None, 10**9)])
def test_an_unknown_place_is_said_so_and_never_filled_in_part(
    room: Room, ana: Member, epoch: str | None, since: int
) -> None:
    published(room, ana, "One", "Two", "Three")
    answer = past(room, room.epoch if epoch is None else epoch, since)
    assert (answer["recovered"], answer["seq"]) == (False, 3)
    assert [frame["seq"] for frame in answer["events"]] == [1, 2, 3]


def test_too_long_away_begins_with_the_newest(room: Room, ana: Member) -> None:
    published(room, ana, "One")
    for _ in range(151):
        actions.change_posting(room, Posting.CLOSED)
        actions.change_posting(room, Posting.OPEN)
    assert past(room, room.epoch, 3)["recovered"] is True
    answer = past(room, room.epoch, 2)
    assert (answer["recovered"], answer["seq"], answer["more"]) == (False, 303, True)
    assert [frame["seq"] for frame in answer["events"]] == list(range(254, 304))


def test_an_answer_stays_under_its_bytes(room: Room, ana: Member) -> None:
    """Sixty texts of 2000 emoji: as JSON some 1.4 MB, although they are few."""
    published(room, ana, "One")
    for n in range(60):
        said(room, ana, f"{n:04}" + "🙂" * 1990)
    screened()
    answer = past(room, room.epoch, 1)
    assert (answer["recovered"], answer["more"], answer["seq"]) == (False, True, 61)
    assert len(json.dumps(answer)) < broadcast.REPLAY_BYTES + 1000
    assert answer["events"][-1]["seq"] == 61
    assert len(answer["events"]) >= 5


def test_a_removal_and_its_return_reach_who_was_away(room: Room, ana: Member, moss: Member) -> None:
    (message,) = published(room, ana, "A kind word")
    take_down(message, moss)
    gone = past(room, room.epoch, 0)["events"]
    assert [(frame["t"], frame.get("gone"), "body" in frame) for frame in gone] == [
        ("msg", True, False),
        ("remove", None, False),
    ]
    settle(message, State.VISIBLE, moss)
    back = past(room, room.epoch, 2)["events"]
    assert [(frame["t"], frame["body"]) for frame in back] == [("restore", "A kind word")]


def test_words_taken_down_are_in_no_answer_of_any_kind(
    room: Room, ana: Member, moss: Member
) -> None:
    messages = published(room, ana, "Stays", "Unsayable words")
    everything = lambda: json.dumps(  # noqa: E731
        [
            past(room, room.epoch, 0),
            past(room, "", 0),
            broadcast.newest(room.id, 50, 99),
            broadcast.messages_before(room.id, 50, 99),
            broadcast.frames_after(room.id, 0, 50),
        ]
    )
    assert everything().count("Unsayable words") == 5
    take_down(messages[1], moss)
    assert everything().count("Unsayable words") == 0
    assert everything().count("Stays") == 5


def test_a_new_wording_is_an_edit_and_the_old_one_is_not_sent_again(
    room: Room, ana: Member
) -> None:
    (message,) = published(room, ana, "First wording")
    moderation.revise(message.submission, ana, "Second wording")
    screened()
    events = past(room, room.epoch, 0)["events"]
    assert [(frame["t"], frame["body"]) for frame in events] == [
        ("msg", "Second wording"),
        ("edit", "Second wording"),
    ]


def test_a_held_text_is_in_no_answer_until_it_is_released(
    room: Room, ana: Member, moss: Member
) -> None:
    published(room, ana, "Before")
    message = said(room, ana, make_chat.HELD)
    screened()
    published(room, ana, "After")
    events = past(room, room.epoch, 0)["events"]
    assert [frame["body"] for frame in events] == ["Before", "After"]
    settle(message, State.VISIBLE, moss)
    (released,) = past(room, room.epoch, 2)["events"]
    assert (released["seq"], released["t"], released["body"]) == (3, "msg", make_chat.HELD)
    assert released["sent_at"] < released["at"]


def test_very_dark_thoughts_carry_a_note(room: Room, ana: Member) -> None:
    message = said(room, ana, "I feel so hopeless")
    settle_machine(message, State.NOTED)
    (frame,) = past(room, room.epoch, 0)["events"]
    assert (frame["body"], frame["note"]) == ("I feel so hopeless", True)


def settle_machine(message: ChatMessage, outcome: State) -> None:
    revision = message.submission.revisions.get()
    moderation.settle(revision, outcome, seen=RevisionState.SCREENING)


def test_a_masked_part_is_in_no_frame(room: Room, ana: Member) -> None:
    message = said(room, ana, "Call me at 555 0100 tonight")
    revision = message.submission.revisions.get()
    moderation.settle(
        revision, State.MASKED, seen=RevisionState.SCREENING, masks=((11, 19, "phone number"),)
    )
    (frame,) = past(room, room.epoch, 0)["events"]
    assert frame["body"] == "Call me at [phone number hidden] tonight"


def test_replay_costs_one_query_however_much_was_missed(
    room: Room, ana: Member, ben: Member, django_assert_num_queries: Any
) -> None:
    published(room, ana, "One", "Two")
    published(room, ben, "Three", "Four", "Five")
    room.refresh_from_db()
    for since in (4, 0):
        with django_assert_num_queries(1):
            broadcast.replay(room, room.epoch, since)


MSG = {"t": "msg", "mid": 5, "seq": 1, "body": "words", "note": True}
REMOVE = {"t": "remove", "mid": 5, "seq": 2}


def test_an_earlier_frame_reads_as_the_later_one_left_it() -> None:
    blank = broadcast.reworded(MSG, REMOVE)
    assert blank == {"t": "msg", "mid": 5, "seq": 1, "gone": True}
    edit = {"t": "edit", "mid": 5, "seq": 2, "body": "better"}
    assert broadcast.reworded(MSG, edit) == {"t": "msg", "mid": 5, "seq": 1, "body": "better"}
    restored = {"t": "restore", "mid": 5, "seq": 3, "body": "words", "note": True}
    assert broadcast.reworded(blank, restored) == MSG
    assert broadcast.reworded(MSG, {**REMOVE, "mid": 6}) == MSG
    assert broadcast.reworded(REMOVE, edit) == REMOVE
    assert broadcast.reworded({"t": "mode", "seq": 1}, {"t": "mode", "seq": 2})["seq"] == 1


def test_the_log_holds_no_words(room: Room, ana: Member) -> None:
    published(room, ana, "Only in the submission")
    event = RoomEvent.objects.get()
    assert event.kind == EventKind.MSG
    assert event.data == {}
