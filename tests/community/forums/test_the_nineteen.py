"""The nineteen mistakes a toy forum makes, and the tests that would show each here.

All of them run on both databases. A name that stands here and nowhere else fails this file.
"""

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from community.forums import actions, broadcast, news
from community.forums.actions import Extras
from community.forums.models import Draft, Level, Post, Thread, unread_by
from community.members import digests, live
from community.members.models import Group, Member, Notice, Preferences
from moderation.models import ReviewCase, State
from tests import make_forums as forums

Browser = Callable[..., Client]
Screen = Callable[[], int]
TESTS = Path(settings.BASE_DIR) / "tests"
HERE = "community/forums/test_the_nineteen.py"
PITFALLS = "community/forums/test_pitfalls.py"
DRAFTS = "community/forums/test_drafts.py"
TOPICS = "community/forums/test_topics.py"
VIEWS = "community/forums/test_views.py"
INVITED = "community/members/test_invitations.py"
RACES = "community/members/test_invitation_races.py"

NINETEEN: dict[str, list[tuple[str, str]]] = {
    "1 what is released late is unread, and in the digest": [
        (HERE, "test_a_held_post_released_later_is_unread_and_in_the_digest"),
        (
            "community/forums/test_actions.py",
            "test_a_post_released_late_takes_the_next_place_and_is_unread",
        ),
    ],
    "2 a hundred at one single-use invitation make one account": [
        (RACES, "test_exactly_as_many_accounts_as_uses"),
        (RACES, "test_with_a_look_instead_of_the_condition_too_many_get_in"),
        (INVITED, "test_a_mistake_in_the_form_uses_nothing_up_and_keeps_what_was_typed"),
    ],
    "3 the database holds nothing that opens a door": [
        ("community/members/test_batches.py", "test_the_database_holds_nothing_that_opens_a_door"),
        (INVITED, "test_only_the_digest_of_a_256_bit_token_is_stored"),
    ],
    "4 looking at a mailed link changes nothing": [
        (INVITED, "test_looking_at_a_link_changes_nothing"),
        ("events/test_views.py", "test_links_in_mails_do_nothing_by_being_looked_at"),
        (
            "community/members/test_preferences.py",
            "test_one_press_in_the_mail_programme_stops_the_letters",
        ),
    ],
    "5 who left gets 404, loses sockets, finds and hears nothing": [
        (VIEWS, "test_who_left_the_group_reads_no_more"),
        (PITFALLS, "test_who_left_finds_nothing_and_hears_nothing"),
        (
            "community/members/test_consumers.py",
            "test_a_watched_topic_is_lost_when_its_door_closes",
        ),
    ],
    "6 nothing given to a peer tells who an alias is": [
        (PITFALLS, "test_nothing_given_to_a_peer_tells_who_writes_under_an_alias"),
        (PITFALLS, "test_two_aliases_of_one_person_share_nothing"),
        (
            "community/forums/test_apart.py",
            "test_blocking_an_alias_hides_it_and_nothing_that_tells_who_it_is",
        ),
        (
            "community/forums/test_apart.py",
            "test_blocking_a_person_does_not_tell_under_which_alias_they_write",
        ),
        (HERE, "test_a_frame_about_an_alias_says_what_moved_and_not_who"),
    ],
    "7 a removed text is gone from quotes, search, notes, digests and drafts": [
        (PITFALLS, "test_a_post_taken_back_leaves_quotes_search_and_notes"),
        (PITFALLS, "test_held_words_are_not_found_and_an_edit_is_found_when_released"),
        (HERE, "test_a_draft_that_quotes_holds_a_number_and_no_words"),
    ],
    "8 who does not meet meets in no channel": [
        (PITFALLS, "test_who_does_not_meet_reads_hears_and_finds_nothing_of_the_other"),
        (
            "community/forums/test_apart.py",
            "test_a_block_of_an_alias_holds_both_ways_and_for_notes",
        ),
    ],
    "9 an edit is read by the filter while the old wording stays": [
        (
            "community/forums/test_actions.py",
            "test_an_edit_into_a_rude_text_is_held_and_the_old_one_stays",
        ),
        (
            "community/forums/test_actions.py",
            "test_an_edit_keeps_the_old_wording_on_show_until_released",
        ),
    ],
    "10 queries do not grow with posts": [
        (
            "community/forums/test_pages.py",
            "test_queries_are_few_and_the_same_at_one_row_and_at_twenty_five",
        ),
        (PITFALLS, "test_thread_pages_cost_the_same_with_much_and_little_around"),
    ],
    "11 a strange cursor is a 404, and a moving thread hides no other": [
        (VIEWS, "test_a_cursor_of_another_page_or_hand_is_refused"),
        (PITFALLS, "test_a_thread_that_moves_while_one_pages_hides_no_other"),
    ],
    "12 an older window overwrites nothing": [
        (DRAFTS, "test_an_older_window_overwrites_nothing_and_both_texts_are_kept"),
        (DRAFTS, "test_many_windows_at_once_lose_no_text"),
        (DRAFTS, "test_without_the_revision_an_older_window_would_win"),
    ],
    "13 the same form twice is one post": [
        (DRAFTS, "test_a_form_sent_twice_is_one_post_and_other_words_in_it_are_another"),
        (DRAFTS, "test_the_same_form_many_times_at_once_makes_one_post"),
    ],
    "14 warned words are absent": [
        (TOPICS, "test_closed_words_are_absent_until_one_asks_for_them"),
        (TOPICS, "test_the_title_of_a_warned_thread_is_closed_as_well"),
        (HERE, "test_a_note_says_no_word_of_a_post"),
    ],
    "15 naming somebody outside tells nobody and reveals nothing": [
        (PITFALLS, "test_a_name_tells_its_bearer_and_nobody_outside"),
    ],
    "16 Markdown can do nothing, and pages fetch nothing from elsewhere": [
        ("community/forums/test_markdown.py", "test_no_text_makes_anything_but_allowed_tags"),
        ("community/forums/test_markdown.py", "test_an_attack_becomes_plain_text"),
        ("community/forums/test_pages.py", "test_pages_fetch_nothing_from_elsewhere"),
    ],
    "17 signs alone give a page": [(PITFALLS, "test_signs_alone_give_a_page")],
    "18 nothing is left of an erased person, and the thread stands": [
        (PITFALLS, "test_nothing_is_left_of_an_erased_person_and_the_thread_still_stands"),
        ("moderation/test_erasure.py", "test_words_and_particulars_go_and_digests_stay"),
    ],
    "19 a clock that goes back reorders nothing": [
        (PITFALLS, "test_a_thread_keeps_its_order_when_the_clock_goes_back"),
    ],
}


@pytest.mark.parametrize("pitfall", NINETEEN)
def test_each_pitfall_has_its_tests(pitfall: str) -> None:
    for file, name in NINETEEN[pitfall]:
        assert re.search(rf"^(?:async )?def {name}\(", (TESTS / file).read_text(), re.MULTILINE)


def test_there_are_nineteen() -> None:
    assert [int(pitfall.split()[0]) for pitfall in NINETEEN] == list(range(1, 20))


def test_a_held_post_released_later_is_unread_and_in_the_digest(
    group: Group, ana: Member, ben: Member, moss: Member, client_of: Browser, screen: Screen
) -> None:
    from moderation import actions as moderation
    from moderation.models import RevisionState

    thread = forums.published(forums.board(group), ana, "One.").thread
    actions.follow(thread, ben, Level.DIGEST)
    late = actions.reply(
        thread, ana, "You are a pathetic idiot, but I mean it kindly.", uuid.uuid4()
    )
    actions.reply(thread, ana, "Three.", uuid.uuid4())
    screen()
    assert ReviewCase.objects.filter(submission=late.post.submission).exists()
    # Ben reads all there is: the held post lies in the middle of it.
    actions.mark_read(thread, ben, 2)
    assert news.news_for(ben).threads == 0
    ReviewCase.objects.all().delete()
    revision = late.post.submission.revisions.get()
    moderation.settle(revision, State.VISIBLE, seen=RevisionState.HELD, by=moss)
    late.post.refresh_from_db()
    assert late.post.pub_seq == 3
    assert Thread.objects.filter(unread_by(ben)).exists()
    assert news.news_for(ben).threads == 1
    url = reverse("forums:first_unread", args=[thread.id])
    shown = client_of(ben).get(url, follow=True).content.decode()
    assert "I mean it kindly" in shown
    assert "Three." not in shown


def test_a_frame_about_an_alias_says_what_moved_and_not_who(
    group: Group, ana: Member, monkeypatch: pytest.MonkeyPatch, screen: Screen
) -> None:
    told: list[tuple[str, Any]] = []
    monkeypatch.setattr(broadcast, "publish_on_commit", lambda *event: told.append(event))
    post = actions.open_thread(
        forums.board(group), ana, "Quietly", "Words.", uuid.uuid4(), Extras(alias=True)
    ).post
    screen()
    frame = {"t": "thread", "thread": post.thread_id, "post": post.id, "seq": 1}
    assert told == [(f"thread.{post.thread_id}", frame)]
    assert live.member_topic(ana.id) not in dict(told)


def test_a_draft_that_quotes_holds_a_number_and_no_words(
    group: Group, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    post = forums.published(forums.board(group), ana, "A heron at the pond.")
    client, url = client_of(ben), reverse("forums:thread", args=[post.thread_id])
    shown = client.get(url, {"quote": post.id}).content.decode()
    assert f'name="quote" value="{post.id}"' in shown
    data = {
        "place": f"reply.{post.thread_id}",
        "key": uuid.uuid4(),
        "body": "So true.",
        "quote": post.id,
    }
    assert client.post(reverse("forums:autosave"), data).status_code == 200
    words = Draft.objects.get().words
    assert words["quote"] == post.id
    assert "heron" not in str(words)
    actions.withdraw(post, ana)
    assert "heron" not in client.get(reverse("forums:drafts")).content.decode()
    # The quote is dropped when the text is sent: nothing of what is gone comes back.
    actions.reply(post.thread, ben, "So true.", uuid.uuid4(), Extras(quotes=[post.id]))
    screen()
    assert not Post.objects.get(author=ben).quotes.exists()


def test_a_note_says_no_word_of_a_post(
    group: Group, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    post = forums.published(forums.board(group), ana, "Hello.", title="A very private title")
    actions.follow(post.thread, ben, Level.SITE)
    actions.reply(post.thread, ana, "Dear @Ben, my cat died.", uuid.uuid4(), Extras(topics=16))
    screen()
    assert Notice.objects.filter(member=ben).count() == 2
    for name in ("members:news", "members:home"):
        shown = client_of(ben).get(reverse(name)).content.decode()
        assert "There is a new reply" in shown
        assert "cat died" not in shown
        assert "private title" not in shown
        assert "Ana" not in shown
    lines = digests.news_of(ben)
    letter = digests.letter(Preferences(member=ben, pk=1), lines)
    for word in ("cat", "private title", "Ana", group.name, "Everyday"):
        assert word not in f"{letter.subject}\n{letter.body}".replace(ben.name, "")
