"""Two people of whom one has blocked the other: every place in which one could meet the other.

Each place says what its viewer would see of the author. Without a block all of them show it, so
that nothing is hidden for another reason; with a block, from either side, none does. A third person
and the care team go on seeing it, and nothing tells the one who was blocked. What crosses the wire
of a room is tested in tests/community/chat/test_consumers.py.
"""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from community.chat import actions as chat
from community.forums import actions as forums
from community.forums import news
from community.forums.actions import Extras
from community.forums.models import Level, Post
from community.members import blocks
from community.members.models import Group, Member, Notice
from mentorship import actions as mentorship
from mentorship.models import MentorProfile, Pair
from moderation.screening import runner
from tests import make, make_chat, make_forums

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]
WORD = "violet umbrella"


class Place:
    """A group in which ana, ben and mia meet, and browsers to look with."""

    def __init__(self, group: Group, people: dict[str, Member], client_of: ClientOf) -> None:
        self.group, self.client_of = group, client_of
        self.ana, self.ben, self.mia, self.moss = people.values()
        self.board = make_forums.board(group)

    def page(self, viewer: Member, name: str, *args: object, **query: str) -> str:
        answer = self.client_of(viewer).get(reverse(name, args=args), query)
        return answer.content.decode() if answer.status_code == 200 else ""

    def thread_of_mia(self) -> Post:
        return make_forums.published(self.board, self.mia, "Hello all.")

    def answer(self, thread: Post, by: Member, text: str, **extra: object) -> Post:
        post = forums.reply(thread.thread, by, text, uuid.uuid4(), Extras(**extra)).post
        read()
        return post


def read() -> None:
    while runner.run_once():
        pass


@pytest.fixture
def place(
    group: Group, ana: Member, ben: Member, mia: Member, moss: Member, client_of: ClientOf
) -> Place:
    return Place(group, {"ana": ana, "ben": ben, "mia": mia, "moss": moss}, client_of)


Sees = Callable[[Member], bool]


def board_list(place: Place) -> Sees:
    thread = make_forums.published(place.board, place.ben, "Text.", title=WORD)
    return lambda viewer: WORD in place.page(viewer, "forums:board", thread.thread.board_id)


def whole_thread(place: Place) -> Sees:
    thread = make_forums.published(place.board, place.ben, WORD)
    return lambda viewer: WORD in place.page(viewer, "forums:thread", thread.thread_id)


def post_in_a_thread(place: Place) -> Sees:
    thread = place.thread_of_mia()
    place.answer(thread, place.ben, WORD)
    return lambda viewer: WORD in place.page(viewer, "forums:thread", thread.thread_id)


def quote_by_another(place: Place) -> Sees:
    thread = place.thread_of_mia()
    said = place.answer(thread, place.ben, WORD)
    place.answer(thread, place.mia, "So true!", quotes=[said.id])
    return lambda viewer: WORD in place.page(viewer, "forums:thread", thread.thread_id)


def search_in_forums(place: Place) -> Sees:
    place.answer(place.thread_of_mia(), place.ben, WORD)
    return lambda viewer: "umbrella</mark>" in place.page(viewer, "forums:find", q="umbrella")


def kept_post(place: Place) -> Sees:
    said = place.answer(place.thread_of_mia(), place.ben, WORD)
    for person in (place.ana, place.mia, place.moss):
        forums.keep(said, person)
    return lambda viewer: f"#post-{said.id}" in place.page(viewer, "forums:bookmarks")


def address_of_a_post(place: Place) -> Sees:
    said = place.answer(place.thread_of_mia(), place.ben, WORD)
    url = reverse("forums:keep", args=[said.id])
    return lambda viewer: place.client_of(viewer).post(url).status_code == 302


def talk_in_a_room(place: Place) -> Sees:
    room = make_chat.room(place.group)
    make_chat.published(room, place.ben, WORD)
    return lambda viewer: WORD in place.page(viewer, "chat:room", room.id)


def search_in_a_room(place: Place) -> Sees:
    room = make_chat.room(place.group)
    make_chat.published(room, place.ben, f"{WORD} and rain")
    return lambda viewer: "and rain" in place.page(viewer, "chat:search", room.id, q="umbrella")


PLACES = [
    *(board_list, whole_thread, post_in_a_thread, quote_by_another, search_in_forums, kept_post),
    *(address_of_a_post, talk_in_a_room, search_in_a_room),
]


@pytest.mark.parametrize("by_viewer", [True, False], ids=["viewer blocks", "author blocks"])
@pytest.mark.parametrize("where", PLACES, ids=lambda where: where.__name__)
def test_who_does_not_meet_sees_nothing_of_the_other(
    where: Callable[[Place], Sees], by_viewer: bool, place: Place
) -> None:
    sees = where(place)
    assert [sees(one) for one in (place.ana, place.mia, place.moss)] == [True] * 3
    one, other = (place.ana, place.ben) if by_viewer else (place.ben, place.ana)
    blocks.block(one, other)
    assert [sees(one) for one in (place.ana, place.mia, place.moss)] == [False, True, True]
    blocks.unblock(one, other.pk)
    assert sees(place.ana)


# --- What would be told -------------------------------------------------------------------------


@pytest.mark.parametrize("by_viewer", [True, False], ids=["viewer blocks", "author blocks"])
def test_nobody_hears_of_a_reply_a_mention_or_news_of_the_other(
    by_viewer: bool, place: Place
) -> None:
    thread = place.thread_of_mia()
    forums.follow(thread.thread, place.ana, Level.SITE)
    place.answer(thread, place.ben, f"Dear @Ana, a {WORD}.")
    assert set(Notice.objects.filter(member=place.ana).values_list("kind", flat=True)) >= {
        "mention"
    }
    assert news.news_for(place.ana).threads == 1
    forums.mark_read(thread.thread, place.ana, 9)
    Notice.objects.all().delete()
    one, other = (place.ana, place.ben) if by_viewer else (place.ben, place.ana)
    blocks.block(one, other)
    place.answer(thread, place.ben, "Dear @Ana, another one.")
    assert not Notice.objects.filter(member=place.ana).exists()
    # Nor of the block itself: neither hears anything.
    assert not Notice.objects.filter(member=place.ben, kind="mention").exists()


# --- Mentoring ----------------------------------------------------------------------------------


@pytest.mark.parametrize("by_mentor", [True, False], ids=["mentor blocks", "member blocks"])
def test_a_question_about_the_two_leads_to_no_pair(by_mentor: bool, place: Place) -> None:
    MentorProfile.objects.create(member=place.mia, max_pairs=3)
    one, other = (place.mia, place.ana) if by_mentor else (place.ana, place.mia)
    # Asked before the block: a yes comes too late, from either of them.
    asked = mentorship.propose(place.moss, place.mia, place.ana, "Likes mornings.")
    blocks.block(one, other)
    with pytest.raises(mentorship.NotOpen):
        mentorship.mentor_says_yes(asked, place.mia)
    blocks.unblock(one, other.pk)
    mentorship.mentor_says_yes(asked, place.mia)
    blocks.block(one, other)
    with pytest.raises(mentorship.NotOpen):
        mentorship.mentee_says_yes(asked, place.ana)
    assert not Pair.objects.exists()
    # Asked after it, the care team hears that the two would not fit, and not why.
    mentorship.withdraw(asked, place.moss)
    with pytest.raises(mentorship.NotPossible) as refused:
        mentorship.propose(place.moss, place.mia, place.ana, "Likes mornings.")
    assert "block" not in str(refused.value)
    blocks.unblock(one, other.pk)
    again = mentorship.propose(place.moss, place.mia, place.ana, "Likes mornings.")
    mentorship.mentor_says_yes(again, place.mia)
    assert mentorship.mentee_says_yes(again, place.ana)


# --- The one who was blocked --------------------------------------------------------------------


def test_the_one_who_was_blocked_writes_as_ever(place: Place) -> None:
    room = make_chat.room(place.group)
    blocks.block(place.ana, place.ben)
    said = chat.say(place.ben, room.id, WORD, str(uuid.uuid4())).message
    post = make_forums.published(place.board, place.ben, WORD)
    read()
    said.refresh_from_db()
    assert said.submission.is_public
    assert WORD in place.page(place.ben, "forums:thread", post.thread_id)
    assert WORD in place.page(place.ben, "chat:room", room.id)
    assert not Notice.objects.filter(member=place.ben).exclude(kind="welcome").exists()


def test_a_stranger_cannot_be_asked_about(place: Place) -> None:
    """Blocking is for people one has met; who exists elsewhere is told to nobody."""
    other = make.member(make.clinic("Lakeside (test)"), "Somebody")
    client = place.client_of(place.ana)
    urls = [reverse("members:block", args=[number]) for number in (other.pk, 987_654_321)]
    there, not_there = (client.get(url) for url in urls)
    assert (there.status_code, there.content) == (404, not_there.content)
