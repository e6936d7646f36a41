"""What a client sends is typed, or refused with a code; nothing else happens."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.chat import frames
from community.chat.frames import BadBody, Hello, History, Join, Leave, Remove, Send, parse
from community.members.sockets import BadFrame


def of(t: str, **fields: Any) -> Any:
    return parse({"t": t, **fields})


def test_each_frame_becomes_its_type() -> None:
    assert of("hello", v=1, rooms=[{"room": 7, "epoch": "k3", "since": 4}]) == Hello(
        (Join(7, "k3", 4, None),)
    )
    assert of("hello") == Hello(())
    assert of("join", room=7, ref=3) == Join(7, "", 0, 3)
    assert of("leave", room=7) == Leave(7)
    assert of("send", room=7, cid="a-1", body=" Hello\r\nyou ") == Send(7, "a-1", "Hello\nyou")
    assert of("remove", room=7, mid=9, ref=1) == Remove(7, 9, 1)
    assert of("history", room=7, before=90) == History(7, 90, 50, None)


@pytest.mark.parametrize(("asked", "got"), [(0, 1), (1, 1), (50, 50), (51, 50), (10**9, 50)])
def test_history_comes_in_bounded_portions(asked: int, got: int) -> None:
    assert of("history", room=7, before=1, limit=asked).limit == got


@pytest.mark.parametrize(
    "fields",
    [
        {"t": "join"},
        {"t": "join", "room": "7"},
        {"t": "join", "room": True},
        {"t": "join", "room": 7.0},
        {"t": "join", "room": -1},
        {"t": "join", "room": 2**62},
        {"t": "join", "room": 7, "since": None},
        {"t": "join", "room": 7, "epoch": 5},
        {"t": "join", "room": 7, "epoch": "x" * 13},
        {"t": "hello", "rooms": {}},
        {"t": "hello", "rooms": [7]},
        {"t": "hello", "rooms": [{"room": 1}] * 33},
        {"t": "send", "room": 7, "cid": "", "body": "x"},
        {"t": "send", "room": 7, "cid": "x" * 41, "body": "x"},
        {"t": "send", "room": 7, "cid": "a\x00b", "body": "x"},
        {"t": "send", "room": 7, "cid": "é", "body": "x"},
        {"t": "send", "room": 7, "cid": "a", "body": ["x"]},
        {"t": "send", "room": 7, "cid": "a"},
        {"t": "remove", "room": 7},
        {"t": "history", "room": 7},
    ],
)
def test_a_field_of_the_wrong_kind_is_a_bad_frame(fields: dict[str, Any]) -> None:
    with pytest.raises(BadFrame) as bad:
        parse(fields)
    assert bad.value.code == "bad_frame"


def test_an_unknown_frame_says_so_and_keeps_its_number() -> None:
    with pytest.raises(BadFrame) as bad:
        of("launch", ref=5)
    assert (bad.value.code, bad.value.ref) == ("unknown_type", 5)


@pytest.mark.parametrize("body", ["", "  \n", "\u200b", "x" * 2001, "a\x00b", "a\x1bb", "\ud800"])
def test_a_text_that_cannot_be_taken_is_refused_kindly(body: str) -> None:
    with pytest.raises(BadBody) as bad:
        of("send", room=7, cid="a", body=body)
    assert (bad.value.cid, bad.value.body) == ("a", body)
    assert (
        "Your text is still here" in bad.value.message or "Write a few words" in bad.value.message
    )


def test_the_longest_text_is_taken() -> None:
    assert of("send", room=7, cid="a", body="🙂" * 2000).body == "🙂" * 2000


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
fields = st.sampled_from(["room", "rooms", "cid", "body", "mid", "before", "limit", "ref", "since"])


@given(st.sampled_from([*frames.READERS, "", "x"]) | st.text(), st.dictionaries(fields, values))
def test_whatever_comes_is_a_frame_or_a_refusal(t: str, rest: dict[str, Any]) -> None:
    with contextlib.suppress(BadFrame, BadBody):
        json.dumps(parse({**rest, "t": t}).__dict__, default=lambda part: part.__dict__)
