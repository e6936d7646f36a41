"""An @name of somebody here stays readable; an account elsewhere is hidden."""

import pytest

from community.members.models import Group, Member
from moderation.models import State
from moderation.screening import mentions, rules
from tests import make, make_chat, make_forums

HERE = {"paper kite", "ana", "zoë"}


def hidden(text: str, here: set[str]) -> list[str]:
    hits = rules.find(text)
    return [text[s.start : s.end] for hit in mentions.spared(text, hits, here) for s in hit.spans]


@pytest.mark.parametrize(
    "text",
    [
        "Thank you @Paper Kite, that helped",
        "@ana how was it?",
        "(@Ana)",
        "well said, @ANA.",
        "Good night @Paper Kite!\nSee you @ana",
    ],
)
def test_a_name_that_is_here_is_left(text: str) -> None:
    assert hidden(text, set()), "there is something that could be hidden"
    assert hidden(text, HERE) == []


@pytest.mark.parametrize(
    "text",
    [
        "@paperkite",
        "@paper_kite",
        "@ana_90",
        "@ana.smith",
        "@ana-b",
        "I am @ana on insta",
        "my insta is @ana",
        "Find me on telegram: @ana",
        "@paper plane",
        "@Cleo",
    ],
)
def test_any_other_account_name_is_hidden(text: str) -> None:
    assert hidden(text, HERE)


def test_other_parts_of_the_same_text_stay_hidden() -> None:
    assert hidden("@ana, ask @elsewhere_7 or 07700 900123", HERE) == [
        "07700 900123",
        "@elsewhere_7",
    ]


def test_a_text_without_an_at_asks_for_nobody() -> None:
    text = "Call me on 07700 900123"
    assert mentions.candidates(text, rules.find(text)) == set()


@pytest.mark.django_db
def test_in_a_thread_who_wrote_there_may_be_named(ana: Member, ben: Member, group: Group) -> None:
    board = make_forums.board(group)
    make_forums.published(board, ben, "Hello from me.")
    silent = make.member(group.clinic, "Quiet Owl", groups=(group,))
    body = f"Thank you @{ben.name}. And you, @{silent.name}? And @elsewhere_7?"
    post = make_forums.published(board, ana, body)
    assert post.submission.state == State.MASKED
    assert post.submission.shown is not None
    shown = post.submission.shown.public_body
    assert f"@{ben.name}." in shown
    assert f"@{silent.name.split()[0]}" not in shown, "only a reader is not told from a stranger"
    assert "elsewhere_7" not in shown


@pytest.mark.django_db
def test_nobody_elsewhere_and_nobody_of_the_team_is_named(
    ana: Member, cleo: Member, moss: Member, group: Group
) -> None:
    board = make_forums.board(group)
    make_forums.published(board, moss, "A word from us.")
    for person in (cleo, moss):
        post = make_forums.published(board, ana, f"What does @{person.name} say?")
        assert post.submission.state == State.MASKED
    assert make_forums.published(board, ana, "Dear @Care team").submission.state == State.VISIBLE


@pytest.mark.django_db
def test_in_a_room_who_spoke_there_may_be_named(ana: Member, ben: Member, group: Group) -> None:
    room = make_chat.room(group)
    before = make_chat.published(room, ana, f"Hello @{ben.name}")[0]
    make_chat.published(room, ben, "Hello all")
    after = make_chat.published(room, ana, f"Hello @{ben.name}")[0]
    for message, state in ((before, State.MASKED), (after, State.VISIBLE)):
        message.submission.refresh_from_db()
        assert message.submission.state == state


@pytest.mark.django_db
def test_a_look_up_that_fails_hides_the_name(
    ana: Member, ben: Member, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = make_chat.room(group)
    make_chat.published(room, ben, "Hello all")

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("community.chat.moderated.ChatMessages.bears", broken)
    message = make_chat.published(room, ana, f"Hello @{ben.name}")[0]
    message.submission.refresh_from_db()
    assert message.submission.state == State.MASKED
