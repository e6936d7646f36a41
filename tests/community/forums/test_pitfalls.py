"""What a forum must never do: each mistake a toy makes, as a statement that can be false."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.forums import actions, aliases, news, search
from community.forums.actions import Extras, MayNotWrite
from community.forums.models import (
    Alias,
    AliasReveal,
    Board,
    Grant,
    Level,
    Mention,
    Post,
    Reaction,
    SearchText,
    Thread,
    Warmth,
    unread_by,
)
from community.members import blocks, erasure
from community.members.models import Group, Member, Membership, Notice
from tests import make
from tests import make_forums as forums
from tests.races import together

Browser = Callable[..., Client]
Screen = Callable[[], int]
HIDDEN = Extras(alias=True)


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


def under_alias(board: Board, author: Member, body: str, title: str = "Quietly") -> Post:
    return actions.open_thread(board, author, title, body, uuid.uuid4(), HIDDEN).post


def found(member: Member, words: str) -> list[int]:
    return [hit.post.id for hit in search.find(member, words).hits]


# --- Who may be where -----------------------------------------------------------------------------


def test_without_a_grant_a_board_is_not_there(group: Group, ana: Member) -> None:
    board = forums.board(group)
    assert list(Board.objects.readable_by(ana)) == [board]
    Grant.objects.all().delete()
    assert list(Board.objects.readable_by(ana)) == []


def test_a_grant_says_who_may_read_answer_and_start(
    group: Group, elsewhere: Group, ana: Member, cleo: Member, mia: Member, client_of: Browser
) -> None:
    board = forums.board(group)
    post = forums.published(board, ana, "Words.")
    Grant.objects.create(board=board, group=elsewhere, can_post=False, can_start=False)
    assert "Words." in page(client_of(cleo), "forums:thread", post.thread_id)
    with pytest.raises(MayNotWrite):
        actions.reply(post.thread, cleo, "Hello", uuid.uuid4())
    form = {"key": str(uuid.uuid4()), "body": "My long text", "title": "T"}
    for name, number in (("forums:reply", post.thread_id), ("forums:start", board.id)):
        answer = client_of(cleo).post(reverse(name, args=[number]), form)
        assert answer.status_code == 409
        assert "My long text" in answer.content.decode()
    Grant.objects.filter(group=group).update(role="mentor")
    assert not Board.objects.readable_by(ana).exists()
    assert Board.objects.readable_by(mia).exists()


def test_who_left_finds_nothing_and_hears_nothing(
    group: Group, ana: Member, ben: Member, screen: Screen
) -> None:
    post = forums.published(forums.board(group), ana, "A lighthouse.")
    actions.follow(post.thread, ben, Level.SITE)
    assert found(ben, "lighthouse") == [post.id]
    Membership.objects.filter(member=ben).update(ended_at=timezone.now())
    actions.reply(post.thread, ana, "Another lighthouse.", uuid.uuid4())
    screen()
    assert found(ben, "lighthouse") == []
    assert not Notice.objects.filter(member=ben).exists()
    assert news.news_for(ben).threads == 0


# --- Under an alias -------------------------------------------------------------------------------


def test_nothing_given_to_a_peer_tells_who_writes_under_an_alias(
    group: Group, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    board = forums.board(group)
    post = under_alias(board, ana, "Something I never said.")
    screen()
    post.refresh_from_db()
    label = post.alias.label
    actions.reply(post.thread, ben, "Thank you for that.", uuid.uuid4(), Extras(quotes=[post.id]))
    actions.reply(post.thread, ana, "Thank you too.", uuid.uuid4())
    actions.react(Post.objects.get(author=ben), ana, Warmth.HELPED)
    screen()
    client = client_of(ben)
    pages = [
        page(client, "forums:thread", post.thread_id),
        page(client, "forums:board", board.id),
        page(client, "forums:find", q="never said"),
        page(client, "moderation:report", post.submission_id),
        page(client, "members:news"),
    ]
    for shown in pages:
        assert "Ana" not in shown
        assert reverse("moderation:worried", args=[ana.id]) not in shown
    assert all(label in shown for shown in pages[:4])
    assert label in page(client_of(ana), "forums:thread", post.thread_id)


def test_two_aliases_of_one_person_share_nothing(group: Group, ana: Member) -> None:
    board = forums.board(group)
    labels = {under_alias(board, ana, f"Text {n}").alias.label for n in range(12)}
    assert len(labels) > 4


def test_who_began_under_an_alias_goes_on_under_it(group: Group, ana: Member, ben: Member) -> None:
    board = forums.board(group)
    first = under_alias(board, ana, "Text")
    assert actions.reply(first.thread, ana, "More", uuid.uuid4()).post.alias == first.alias
    other = actions.open_thread(board, ben, "T", "B", uuid.uuid4()).post
    assert actions.reply(other.thread, ben, "More", uuid.uuid4(), HIDDEN).post.alias is None


def test_the_care_team_has_no_alias(group: Group, moss: Member) -> None:
    assert under_alias(forums.board(group), moss, "Text").alias is None


def test_a_reveal_needs_a_reason_and_is_written_down_and_told(
    group: Group, ana: Member, moss: Member, client_of: Browser, screen: Screen
) -> None:
    post = under_alias(forums.board(group), ana, "Text")
    screen()
    client, url = client_of(moss), reverse("forums:reveal", args=[post.id])
    assert "Ana" not in page(client, "forums:thread", post.thread_id)
    assert "Ana" not in client.get(url).content.decode()
    assert client.post(url, {"reason": ""}).status_code == 422
    assert not AliasReveal.objects.exists()
    assert "is Ana" in client.post(url, {"reason": "To send help."}).content.decode()
    assert AliasReveal.objects.get().by == moss
    assert Notice.objects.filter(member=ana, kind="identity").count() == 1


def test_the_desk_reads_the_alias(group: Group, ana: Member, moss: Member, screen: Screen) -> None:
    from moderation.content import kind_of
    from moderation.models import ReviewCase

    post = under_alias(forums.board(group), ana, "You are a pathetic idiot.")
    screen()
    assert ReviewCase.objects.get().submission.desk_name == post.alias.label
    assert [line.name for line in kind_of(Post.KIND).context(post)] == [post.alias.label]


@pytest.mark.django_db(transaction=True)
def test_many_draw_at_once_and_each_has_a_name_of_their_own(group: Group, ana: Member) -> None:
    thread = forums.opening(forums.board(group), ana).thread
    people = [make.member(group.clinic, groups=(group,)) for _ in range(6)]
    calls = [lambda p=p: aliases.alias_for(thread, p) for p in (*people, *people)]
    got = together(calls)
    assert all(isinstance(one, Alias) for one in got)
    assert Alias.objects.count() == len(people)
    assert len(set(Alias.objects.values_list("label", flat=True))) == len(people)


# --- What is gone is gone -------------------------------------------------------------------------


def test_a_post_taken_back_leaves_quotes_search_and_notes(
    group: Group, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    post = forums.published(forums.board(group), ana, "Hello.").thread.opening
    words = actions.reply(post.thread, ana, "A heron at the pond.", uuid.uuid4()).post
    actions.follow(post.thread, ben, Level.SITE)
    screen()
    actions.reply(post.thread, ben, "Lovely.", uuid.uuid4(), Extras(quotes=[words.id]))
    screen()
    before = page(client_of(ben), "forums:thread", post.thread_id)
    assert before.count("A heron at the pond.") == 2
    assert found(ben, "heron") == [words.id]
    assert Notice.objects.filter(member=ben).count() == 1
    actions.withdraw(words, ana)
    after = page(client_of(ben), "forums:thread", post.thread_id)
    assert "heron" not in after
    assert "no longer there" in after
    assert found(ben, "heron") == []
    assert not Notice.objects.filter(member=ben).exists()


def test_held_words_are_not_found_and_an_edit_is_found_when_released(
    group: Group, ana: Member, ben: Member, screen: Screen
) -> None:
    post = forums.published(forums.board(group), ana, "A lantern.")
    actions.edit(post, ana, "A pathetic idiot with a candle, that is you.", "A quiet day")
    screen()
    assert (found(ben, "lantern"), found(ben, "candle")) == ([post.id], [])
    other = forums.published(post.thread.board, ana, "A mirror.")
    actions.edit(other, ana, "A window.", "A quiet day")
    screen()
    assert (found(ben, "mirror"), found(ben, "window")) == ([], [other.id])


def test_hidden_parts_are_not_found(group: Group, ana: Member, ben: Member) -> None:
    forums.published(forums.board(group), ana, "Ring me on 07700 900123 please.")
    assert found(ben, "07700") == []
    assert len(found(ben, "ring")) == 1


def test_nothing_is_left_of_an_erased_person_and_the_thread_still_stands(
    group: Group, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    post = forums.published(forums.board(group), ben, "Hello.")
    actions.reply(post.thread, ana, "A marmalade cat.", uuid.uuid4())
    screen()
    assert SearchText.objects.filter(body__contains="marmalade").exists()
    erasure.erase(ana, None)
    assert not SearchText.objects.filter(body__contains="marmalade").exists()
    shown = page(client_of(ben), "forums:thread", post.thread_id)
    assert "Hello." in shown
    assert "marmalade" not in shown


def test_who_does_not_meet_reads_hears_and_finds_nothing_of_the_other(
    group: Group, ana: Member, ben: Member, mia: Member, client_of: Browser, screen: Screen
) -> None:
    theirs = forums.published(forums.board(group), mia, "Hello all.")
    said = actions.reply(theirs.thread, ben, "A violet umbrella.", uuid.uuid4()).post
    alone = forums.published(theirs.thread.board, ben, "A violet boat.", title="Boats")
    screen()
    quoting = Extras(quotes=[said.id])
    actions.reply(theirs.thread, mia, "So violet!", uuid.uuid4(), quoting)
    actions.follow(theirs.thread, ana, Level.SITE)
    screen()
    assert page(client_of(ana), "forums:thread", theirs.thread_id).count("umbrella") == 2
    assert len(found(ana, "violet")) == 3
    Notice.objects.all().delete()
    blocks.block(ben, ana)
    actions.reply(theirs.thread, ben, "Dear @Ana, violet.", uuid.uuid4())
    screen()
    shown = page(client_of(ana), "forums:thread", theirs.thread_id)
    assert "umbrella" not in shown
    assert "Ben" not in shown
    assert "So violet!" in shown
    assert "Boats" not in page(client_of(ana), "forums:board", alone.thread.board_id)
    gone = reverse("forums:thread", args=[alone.thread_id])
    assert client_of(ana).get(gone).status_code == 404
    assert len(found(ana, "violet")) == 1
    assert not Notice.objects.filter(member=ana).exists()
    assert page(client_of(mia), "forums:thread", theirs.thread_id).count("umbrella") == 2


# --- Finding --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["", '"', '""', "NEAR(", "*", "()", "a OR", "-", "title:x", "'", "\\", "^", "%", "&|!"]
)
def test_signs_alone_give_a_page(words: str, group: Group, ana: Member, client_of: Browser) -> None:
    forums.published(forums.board(group), ana, "Words.")
    answer = client_of(ana).get(reverse("forums:find"), {"q": words})
    assert answer.status_code == 200


def test_words_phrases_and_word_forms_are_found(group: Group, ana: Member, ben: Member) -> None:
    board = forums.board(group)
    one = forums.published(board, ana, "I went walking by the river.")
    two = forums.published(board, ana, "The river was there when I walked.")
    assert set(found(ben, "walk river")) == {one.id, two.id}
    assert found(ben, '"walking by the river"') == [one.id]
    assert found(ben, "river boat") == []


@pytest.mark.parametrize(
    ("words", "hits"),
    [
        ("not", "a"),
        ("no", "c"),
        ("I", "ab"),
        ('"I am not"', "a"),
        ("the", "bc"),
        ("cafe", "b"),
        ("café", "b"),
        ("well being", "c"),
        ("well-being", "c"),
        ("being", "c"),
        ("that", "c"),
        ("3am", "b"),
        ("it's", "c"),
        ("its", "c"),
        ("sleeping", "a"),
        ("SLEEP", "a"),
        ("night_shift", "b"),
        ("shift", "b"),
    ],
)
def test_both_databases_find_the_same(
    words: str, hits: str, group: Group, ana: Member, ben: Member
) -> None:
    board = forums.board(group)
    texts = {
        "a": "I am not asleep, I sleep badly.",
        "b": "At 3am I sat in the Café after the night_shift.",
        "c": "No: the well-being page of this/that says it's fine.",
    }
    ids = {forums.published(board, ana, text).id: name for name, text in texts.items()}
    assert "".join(sorted(ids[number] for number in found(ben, words))) == hits


def test_nobody_finds_what_they_may_not_read(
    group: Group, elsewhere: Group, ana: Member, cleo: Member, dora: Member
) -> None:
    post = forums.published(forums.board(group), ana, "A windmill.")
    theirs = forums.published(forums.board(elsewhere), cleo, "Another windmill.")
    assert (found(ana, "windmill"), found(cleo, "windmill")) == ([post.id], [theirs.id])
    assert found(dora, "windmill") == []


def test_found_words_cannot_become_a_tag(group: Group, ana: Member, client_of: Browser) -> None:
    forums.published(forums.board(group), ana, "See <b>the bold</b> windmill.")
    shown = page(client_of(ana), "forums:find", q="windmill bold")
    assert "<b>" not in shown
    assert "&lt;b&gt;the <mark>bold</mark>&lt;/b&gt;" in shown


def test_only_the_newest_are_ranked(
    group: Group, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = forums.board(group)
    forums.published(board, ana, "Moon moon moon.")
    late = [forums.published(board, ana, f"A moon over house {n}.").id for n in range(2)]
    assert len(found(ana, "moon")) == 3
    monkeypatch.setattr(search, "NEWEST", 2)
    assert set(found(ana, "moon")) == set(late)


def test_searching_costs_the_same_at_one_and_three_rows(
    group: Group, ana: Member, client_of: Browser, django_assert_num_queries: Any
) -> None:
    client, board = client_of(ana), forums.board(group)
    page(client, "members:home")
    for count in (1, 3):
        while SearchText.objects.count() < count:
            forums.published(board, ana, "A pebble.")
        with django_assert_num_queries(7):
            assert page(client, "forums:find", q="pebble").count("<article") == count


def test_kept_posts_cost_the_same_at_one_and_three_rows(
    group: Group, ana: Member, client_of: Browser, django_assert_num_queries: Any
) -> None:
    client, board = client_of(ana), forums.board(group)
    page(client, "members:home")
    for count in (1, 3):
        while Post.objects.count() < count:
            actions.keep(forums.published(board, ana, "A pebble."), ana)
        with django_assert_num_queries(4):
            assert "A quiet day" in page(client, "forums:bookmarks")


# --- Reading --------------------------------------------------------------------------------------


def test_a_thread_keeps_its_order_when_the_clock_goes_back(
    group: Group, ana: Member, client_of: Browser, screen: Screen
) -> None:
    from tests.clock import standing

    board = forums.board(group)
    now = timezone.now()
    Membership.objects.update(started_at=now - timedelta(days=1))
    with standing(now) as clock:
        first = forums.published(board, ana, "First words.", title="Early")
        clock.forward(-3600)
        actions.reply(first.thread, ana, "Second words.", uuid.uuid4())
        forums.published(board, ana, title="Late")
    shown = page(client_of(ana), "forums:thread", first.thread_id)
    assert shown.index("First words.") < shown.index("Second words.")
    shelf = page(client_of(ana), "forums:board", board.id)
    assert shelf.index("Late") < shelf.index("Early")


def test_a_thread_that_moves_while_one_pages_hides_no_other(
    group: Group, ana: Member, client_of: Browser, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("community.forums.views.THREADS", 2)
    board = forums.board(group)
    threads = [forums.published(board, ana, title=f"T{n}").thread for n in range(5)]
    client, url = client_of(ana), reverse("forums:board", args=[board.id])
    seen, cursor = [], ""
    while True:
        here = client.get(url, {"after": cursor} if cursor else {}).context["page"]
        seen += [thread.id for thread in here.items]
        if not cursor:
            actions.reply(threads[0], ana, "Bump.", uuid.uuid4())
            screen()
        cursor = here.next_cursor
        if not cursor:
            break
    assert seen == [thread.id for thread in threads[:0:-1]]


def test_what_was_put_aside_is_read_until_something_new_comes(
    group: Group, ana: Member, ben: Member, screen: Screen
) -> None:
    board = forums.board(group)
    thread = forums.published(board, ana, "One.").thread
    new = Thread.objects.filter(unread_by(ben))
    assert new.count() == 1
    actions.mark_board_read(Board.objects.get(), ben)
    assert new.count() == 0
    actions.reply(thread, ana, "Two.", uuid.uuid4())
    screen()
    assert new.count() == 1


def test_what_was_written_before_one_came_is_not_new(group: Group, ana: Member) -> None:
    forums.published(forums.board(group), ana, "One.")
    late = make.member(group.clinic, groups=(group,))
    assert not Thread.objects.filter(unread_by(late)).exists()
    forums.published(Board.objects.get(), ana, "Two.")
    assert Thread.objects.filter(unread_by(late)).count() == 1


def test_one_jumps_to_the_first_post_one_has_not_read(
    group: Group, ana: Member, ben: Member, client_of: Browser
) -> None:
    post = forums.published(forums.board(group), ana, "One.", "Two.", "Three.")
    actions.mark_read(post.thread, ben, 2)
    url = reverse("forums:first_unread", args=[post.thread_id])
    shown = client_of(ben).get(url, follow=True).content.decode()
    assert "Three." in shown
    assert "Two." not in shown


# --- Kindness and quiet ---------------------------------------------------------------------------


def test_a_name_tells_its_bearer_and_nobody_outside(
    group: Group, ana: Member, ben: Member, cleo: Member, client_of: Browser, screen: Screen
) -> None:
    post = forums.published(forums.board(group), ana, "Hello @Ben and @Cleo, and @ana.")
    assert list(Mention.objects.values_list("member", flat=True)) == [ben.id]
    assert Notice.objects.get(kind="mention").member == ben
    shown = page(client_of(ana), "forums:thread", post.thread_id)
    assert "@Ben and @Cleo" in shown
    others = page(client_of(ben), "forums:thread", post.thread_id)
    assert "Cleo" not in others
    actions.edit(post, ana, "Hello @Ben, again.", "A quiet day")
    screen()
    assert Notice.objects.filter(kind="mention").count() == 1


def test_an_alias_can_be_spoken_to(group: Group, ana: Member, ben: Member, screen: Screen) -> None:
    post = under_alias(forums.board(group), ana, "Text")
    screen()
    actions.reply(post.thread, ben, f"Dear @{post.alias.label}, thanks.", uuid.uuid4())
    screen()
    assert Notice.objects.get(kind="mention").member == ana


def test_warmth_is_seen_by_its_receiver_alone_and_names_nobody(
    group: Group, ana: Member, ben: Member, mia: Member, client_of: Browser
) -> None:
    post = forums.published(forums.board(group), ana, "One.")
    url = reverse("forums:react", args=[post.id])
    client_of(ben).post(url, {"kind": "with"})
    assert "Somebody gave you: With you" in page(client_of(ana), "forums:thread", post.thread_id)
    others = page(client_of(mia), "forums:thread", post.thread_id)
    assert "Somebody gave you" not in others
    assert "Ben" not in others
    client_of(ben).post(url, {"kind": "with"})
    client_of(ben).post(url, {"kind": "down"})
    assert not Reaction.objects.exists()


def test_warned_words_stay_closed_and_out_of_search_and_quotes(
    group: Group, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    post = forums.published(forums.board(group), ana, "Hello.")
    warned = actions.reply(
        post.thread, ana, "My grandmother left us.", uuid.uuid4(), Extras(topics=16)
    ).post
    screen()
    actions.reply(post.thread, ben, "Oh.", uuid.uuid4(), Extras(quotes=[warned.id]))
    screen()
    shown = page(client_of(ben), "forums:thread", post.thread_id)
    assert "This post is about death and loss." in shown
    assert "My grandmother left us." not in shown
    looked = page(client_of(ben), "forums:find", q="grandmother")
    assert "This post is about death and loss." in looked
    assert "left us" not in looked


def test_thread_pages_cost_the_same_with_much_and_little_around(
    group: Group,
    ana: Member,
    ben: Member,
    client_of: Browser,
    screen: Screen,
    django_assert_num_queries: Any,
) -> None:
    post = forums.published(forums.board(group), ana, "One.")
    client = client_of(ben)
    page(client, "members:home")
    for rounds in range(3):
        with django_assert_num_queries(11):
            page(client, "forums:thread", post.thread_id)
        actions.react(post, make.member(group.clinic, groups=(group,)), Warmth.THANKS)
        quoting = Extras(quotes=[post.id], topics=rounds)
        actions.reply(post.thread, ana, f"More {rounds}", uuid.uuid4(), quoting)
        screen()


def test_a_digest_counts_what_is_followed_and_unread(
    group: Group, ana: Member, ben: Member, screen: Screen
) -> None:
    thread = forums.published(forums.board(group), ana, "One.").thread
    assert news.news_for(ben).threads == 0
    actions.follow(thread, ben, Level.DIGEST)
    late = actions.reply(thread, ana, "Two.", uuid.uuid4()).post
    screen()
    assert news.news_for(ben).threads == 1
    actions.mark_read(thread, ben, 2)
    assert news.news_for(ben).threads == 0
    assert late.thread_id == thread.id
    assert not Notice.objects.filter(member=ben).exists()


def test_the_index_is_the_right_one_for_the_database(db: None) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT indexdef FROM pg_indexes WHERE indexname LIKE '%%searchtext_words'"
            )
            assert "gin" in cursor.fetchone()[0]
        else:
            cursor.execute("SELECT count(*) FROM forums_words")
            assert cursor.fetchone() == (0,)


def test_an_old_membership_does_not_hide_news(group: Group, ana: Member, ben: Member) -> None:
    Membership.objects.filter(member=ben).update(started_at=timezone.now() - timedelta(days=1))
    forums.published(forums.board(group), ana, "One.")
    assert Thread.objects.filter(unread_by(ben)).count() == 1
