"""Drafts: nothing typed is lost, nobody else sees it, and what waits goes out once or not."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.forums import actions, drafts
from community.forums.drafts import AlreadySent, Elsewhere, TooLate, Words, place_of, words_of
from community.forums.models import Alias, Draft, Grant, Post, Thread
from community.members.models import Group, Member, Membership, Notice
from moderation.models import RiskEvent, Submission
from tests import make_forums as forums
from tests.races import together

Browser = Callable[..., Client]
Screen = Callable[[], int]
DARK = "I want to die tonight."


@pytest.fixture
def thread(group: Group, ben: Member) -> Thread:
    return forums.published(forums.board(group), ben, "Hello all.").thread


def page(client: Client, name: str, *args: Any, **query: object) -> str:
    return client.get(reverse(name, args=args), query).content.decode()


def typed(thread: Thread, body: str, **extra: object) -> dict[str, object]:
    """What the script sends."""
    return {
        "place": place_of("reply", thread.id),
        "key": str(uuid.uuid4()),
        "revision": "0",
        "body": body,
        **extra,
    }


def save(client: Client, data: dict[str, object]) -> Any:
    return client.post(reverse("forums:autosave"), data)


def write(client: Client, thread: Thread, data: dict[str, object], **extra: object) -> Any:
    return client.post(reverse("forums:reply", args=[thread.id]), {**data, **extra})


# --- Kept while typing ----------------------------------------------------------------------------


def test_what_was_typed_is_there_again_in_every_window(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client = client_of(ana)
    first = save(client, typed(thread, "Dear all, I", topics=["16"])).json()
    assert first["revision"] == 1
    again = save(client, typed(thread, "Dear all, I think", **first)).json()
    assert again["revision"] == 2
    shown = page(client_of(ana), "forums:thread", thread.id)
    assert "Dear all, I think" in shown
    assert f'value="{again["key"]}"' in shown
    assert "Dear all, I think" in page(client, "forums:drafts")
    assert Draft.objects.count() == 1


def test_nobody_else_sees_a_draft_and_the_database_holds_no_words_of_it(
    thread: Thread, ana: Member, ben: Member, moss: Member, client_of: Browser
) -> None:
    draft = forums.draft(ana, thread, "A marmalade secret")
    for other in (ben, moss):
        client = client_of(other)
        for name in ("forums:draft", "forums:drop_draft", "forums:take_back_held"):
            url = reverse(name, args=[draft.id])
            answer = client.get(url) if name == "forums:draft" else client.post(url)
            assert answer.status_code == 404
        shown = page(client, "forums:drafts") + page(client, "forums:thread", thread.id)
        assert "marmalade" not in shown
        assert "marmalade" not in page(client, "forums:thread", thread.id, draft=draft.id)
    assert "marmalade" in page(client_of(ana), "forums:draft", draft.id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM forums_draft")
        assert "marmalade" not in cursor.fetchone()[0]


def test_an_older_window_overwrites_nothing_and_both_texts_are_kept(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client = client_of(ana)
    known = save(client, typed(thread, "One.")).json()
    newer = save(client, typed(thread, "One. Two, from the left.", **known)).json()
    older = save(client, typed(thread, "One. Two, from the right.", **known))
    assert older.status_code == 409
    said = older.json()
    assert said["other"] == "One. Two, from the left."
    assert {words_of(row).body for row in Draft.objects.all()} == {
        "One. Two, from the left.",
        "One. Two, from the right.",
    }
    # Each window goes on in its own.
    save(client, typed(thread, "Left goes on.", **newer))
    mine = {name: said[name] for name in ("place", "revision", "key")}
    assert save(client, typed(thread, "Right goes on.", **mine)).status_code == 200
    shown = page(client, "forums:drafts")
    assert "Left goes on." in shown
    assert "Right goes on." in shown
    second = Draft.objects.get(place__endswith="+")
    assert "Right goes on." in page(client, "forums:thread", thread.id, draft=second.id)


def test_the_same_words_from_two_windows_are_no_conflict(thread: Thread, ana: Member) -> None:
    place, key = place_of("reply", thread.id), uuid.uuid4()
    drafts.save(ana, place, key, Words(body="Same"), 0)
    kept = drafts.save(ana, place, key, Words(body="Same"), 0)
    assert kept is not None
    assert kept.revision == 1
    assert Draft.objects.count() == 1


def test_an_emptied_box_leaves_no_draft_but_never_empties_a_newer_one(
    thread: Thread, ana: Member
) -> None:
    place, key = place_of("reply", thread.id), uuid.uuid4()
    drafts.save(ana, place, key, Words(body="Words"), 0)
    drafts.save(ana, place, key, Words(body="More words"), 1)
    assert drafts.save(ana, place, key, Words(body=" "), 1) is None
    assert Draft.objects.count() == 1
    assert drafts.save(ana, place, key, Words(body=" "), 2) is None
    assert Draft.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_many_windows_at_once_lose_no_text(thread: Thread, ana: Member) -> None:
    place = place_of("reply", thread.id)
    kept = drafts.save(ana, place, uuid.uuid4(), Words(body="Begun"), 0)
    assert kept is not None
    calls = [
        partial(drafts.save, ana, place, kept.key, Words(body=f"Window {n}"), kept.revision)
        for n in range(6)
    ]
    got = together(calls)
    bodies = {words_of(row).body for row in Draft.objects.all()}
    assert bodies == {f"Window {n}" for n in range(6)}
    assert sum(isinstance(one, Elsewhere) for one in got) == 5


@pytest.mark.django_db(transaction=True)
def test_without_the_revision_an_older_window_would_win(thread: Thread, ana: Member) -> None:
    """The race shows when the guard is off: texts are lost."""
    draft = forums.draft(ana, thread, "Begun")

    def blindly(number: int) -> None:
        row = Draft.objects.get(id=draft.id)
        row.sealed = drafts._sealed(Words(body=f"Window {number}"))
        row.save()

    together([partial(blindly, n) for n in range(6)])
    assert len({words_of(row).body for row in Draft.objects.all()}) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"place": "reply.x"},
        {"place": "desk.1"},
        {"place": "reply.1\n"},
        {"key": "no"},
        {"revision": "-1"},
        {"body": "x" * 100_001},
        {"body": "nul \x00"},
    ],
)
def test_an_odd_form_is_refused_and_changes_nothing(
    odd: dict[str, str], thread: Thread, ana: Member, client_of: Browser
) -> None:
    assert save(client_of(ana), {**typed(thread, "Words"), **odd}).status_code == 422
    assert not Draft.objects.exists()


def test_nothing_is_kept_for_a_place_one_cannot_see(
    thread: Thread, cleo: Member, ben: Member, client_of: Browser
) -> None:
    own = thread.opening_id
    for kind, number in (("reply", thread.id), ("start", thread.board_id), ("edit", own)):
        data = typed(thread, "Words", place=place_of(kind, number))
        assert save(client_of(cleo), data).status_code == 404
    assert save(client_of(ben), typed(thread, "W", place=place_of("edit", own))).status_code == 200
    assert Draft.objects.count() == 1


# --- Without a script -----------------------------------------------------------------------------


def test_without_a_script_a_button_keeps_the_text(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client = client_of(ana)
    answer = write(client, thread, typed(thread, "For later.", topics=["16", "32"]), keep="1")
    assert answer.url == reverse("forums:drafts")
    assert "For later." in page(client, "forums:drafts")
    assert list(words_of(Draft.objects.get()).topics) == [16, 32]
    assert not Post.objects.filter(author=ana).exists()
    other = write(client, thread, typed(thread, "Another."), keep="1")
    assert other.status_code == 409
    for words in ("For later.", "Another."):
        assert words in other.content.decode()
    assert Draft.objects.count() == 2


def test_a_preview_shows_the_text_as_it_will_look_and_sends_nothing(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client = client_of(ana)
    data = typed(thread, "So **soft** <script>alert(1)</script>")
    shown = write(client, thread, data, preview="1").content.decode()
    assert "How it will look" in shown
    assert "So <strong>soft</strong>" in shown
    assert "<script>alert" not in shown
    assert "So **soft**" in shown
    start = reverse("forums:start", args=[thread.board_id])
    shown = client.post(start, {**data, "title": "Tea", "preview": "1"}).content.decode()
    assert "<h2>Tea</h2>" in shown
    mine = forums.published(thread.board, ana, "Old words.")
    url = reverse("forums:edit", args=[mine.id])
    shown = client.post(url, {"title": "T", "body": "*New*", "preview": "1"}).content.decode()
    assert "<em>New</em>" in shown
    assert Post.objects.filter(author=ana).count() == 1
    assert mine.submission.revisions.count() == 1


# --- Sent -----------------------------------------------------------------------------------------


def test_a_sent_text_takes_its_draft_along(thread: Thread, ana: Member, client_of: Browser) -> None:
    client = client_of(ana)
    kept = save(client, typed(thread, "Dear all.")).json()
    write(client, thread, typed(thread, "Dear all, hello.", **kept))
    assert Post.objects.filter(author=ana).count() == 1
    assert not Draft.objects.exists()


def test_what_another_window_wrote_on_stays_when_this_one_sends(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client = client_of(ana)
    kept = save(client, typed(thread, "Dear all.")).json()
    save(client, typed(thread, "Dear all, from the left.", **kept))
    write(client, thread, typed(thread, "Dear all, from the right.", **kept))
    assert words_of(Draft.objects.get()).body == "Dear all, from the left."
    # And it can be sent as well: it is another text now.
    left = Draft.objects.get()
    assert str(left.key) != kept["key"]
    data = typed(thread, "Dear all, from the left.", key=str(left.key), revision=left.revision)
    write(client, thread, data)
    assert Post.objects.filter(author=ana).count() == 2


def test_a_form_sent_twice_is_one_post_and_other_words_in_it_are_another(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client, data = client_of(ana), typed(thread, "Once.")
    for _ in range(3):
        write(client, thread, data)
    assert Post.objects.filter(author=ana).count() == 1
    # Back in the browser, and something else is typed into the old form: it is not thrown away.
    for _ in range(2):
        write(client, thread, data, body="Something else.")
    said = Submission.objects.filter(author=ana).order_by("id")
    assert [one.latest.body for one in said] == ["Once.", "Something else."]


@pytest.mark.django_db(transaction=True)
def test_the_same_form_many_times_at_once_makes_one_post(thread: Thread, ana: Member) -> None:
    key = uuid.uuid4()
    got = together([lambda: actions.reply(thread, ana, "Once.", key) for _ in range(6)])
    assert {one.post.id for one in got} == {Post.objects.get(author=ana).id}


def test_what_was_sent_is_kept_by_no_late_window(thread: Thread, ana: Member) -> None:
    key, place = uuid.uuid4(), place_of("reply", thread.id)
    actions.reply(thread, ana, "Done.", key)
    with pytest.raises(AlreadySent):
        drafts.save(ana, place, key, Words(body="Done."), 3)
    kept = drafts.save(ana, place, key, Words(body="Done. And more."), 3)
    assert kept is not None
    assert kept.key != key


def test_a_text_survives_a_closed_thread_and_a_lost_group(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client = client_of(ana)
    draft = forums.draft(ana, thread, "Long and careful")
    Thread.objects.filter(id=thread.id).update(locked_at=timezone.now())
    assert "Long and careful" in page(client, "forums:drafts")
    Membership.objects.filter(member=ana).update(ended_at=timezone.now())
    shown = page(client, "forums:drafts")
    assert "Long and careful" in shown
    assert "a place you cannot write in any more" in shown
    assert "Long and careful" in page(client, "forums:draft", draft.id)


def test_an_edit_is_kept_too(thread: Thread, ben: Member, client_of: Browser) -> None:
    client, post = client_of(ben), thread.opening
    data = typed(thread, "Hello all of you.", place=place_of("edit", post.id), title="A quiet day")
    kept = save(client, data).json()
    assert "Hello all of you." in page(client, "forums:edit", post.id)
    url = reverse("forums:edit", args=[post.id])
    client.post(url, {**data, **kept, "body": "Hello all of you!"})
    assert post.submission.revisions.count() == 2
    assert not Draft.objects.exists()


def test_a_draft_is_thrown_away_as_it_was_seen(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client, draft = client_of(ana), forums.draft(ana, thread)
    url = reverse("forums:drop_draft", args=[draft.id])
    drafts.save(ana, draft.place, draft.key, Words(body="Newer"), 1)
    assert "changed meanwhile" in client.post(url, {"revision": "1"}, follow=True).content.decode()
    assert Draft.objects.count() == 1
    client.post(url, {"revision": "2"})
    assert Draft.objects.count() == 0


def test_old_drafts_go_after_thirty_days_and_what_waits_does_not(
    thread: Thread, ana: Member, ben: Member
) -> None:
    old, new = forums.draft(ana, thread), forums.draft(ben, thread)
    drafts.hold(ben, place_of("start", thread.board_id), uuid.uuid4(), Words("T", "B"), 0)
    long_ago = timezone.now() - timedelta(days=31)
    Draft.objects.exclude(id=new.id).update(updated_at=long_ago)
    assert drafts.tidy() == 1
    assert not Draft.objects.filter(id=old.id).exists()
    assert Draft.objects.count() == 2


def test_the_page_of_drafts_costs_the_same_at_one_and_three_rows(
    group: Group, ana: Member, client_of: Browser, django_assert_num_queries: Any
) -> None:
    client, board = client_of(ana), forums.board(group)
    page(client, "members:home")
    for count in (1, 3):
        while Draft.objects.count() < count:
            thread = forums.published(board, ana, title=f"T{Draft.objects.count()}").thread
            forums.draft(ana, thread)
        with django_assert_num_queries(7):
            assert page(client, "forums:drafts").count("Go on writing") == count


# --- Until tomorrow -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "now", "then"),
    [
        ("Europe/London", "2026-11-25T23:30", "2026-11-26T08:00"),
        ("Europe/London", "2026-11-26T00:30", "2026-11-27T08:00"),
        ("Asia/Tokyo", "2026-11-25T16:00", "2026-11-26T23:00"),
        # The night the clocks change.
        ("Europe/London", "2026-10-24T20:00", "2026-10-25T08:00"),
    ],
)
def test_the_morning_is_that_of_the_persons_own_place(
    zone: str, now: str, then: str, ana: Member
) -> None:
    ana.time_zone = zone
    at, wanted = (datetime.fromisoformat(f"{one}+00:00") for one in (now, then))
    assert drafts.next_morning(ana, at) == wanted


def due() -> None:
    Draft.objects.filter(send_at__isnull=False).update(send_at=timezone.now())


def test_a_held_text_waits_is_seen_by_nobody_and_goes_out_in_the_morning(
    thread: Thread, ana: Member, ben: Member, client_of: Browser, screen: Screen
) -> None:
    client = client_of(ana)
    kept = save(client, typed(thread, "I shout at everybody.")).json()
    data = typed(thread, "I shout at everybody.", **kept)
    for _ in range(2):
        answer = write(client, thread, data, later="on", alias="on")
        assert answer.url == reverse("forums:drafts")
    assert Draft.objects.count() == 1
    assert "I shout" in page(client, "forums:drafts")
    assert drafts.send_due() == 0
    assert not Post.objects.filter(author=ana).exists()
    due()
    assert drafts.send_due() == 1
    assert drafts.send_due() == 0
    screen()
    post = Post.objects.get(author=ana)
    assert post.alias == Alias.objects.get(member=ana)
    assert "I shout" in page(client_of(ben), "forums:thread", thread.id)
    assert not Draft.objects.exists()


def test_other_words_in_a_form_that_waits_already_wait_as_well(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client, data = client_of(ana), typed(thread, "The first.")
    for body in ("The first.", "The second.", "The second.", "The first."):
        write(client, thread, data, body=body, later="on")
    assert {words_of(row).body for row in Draft.objects.all()} == {"The first.", "The second."}
    assert Draft.objects.count() == 2


def test_an_odd_text_is_neither_kept_nor_sent_nor_lost(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client, data = client_of(ana), typed(thread, "A bell \x00 rings", title="x" * 1001)
    answer = write(client, thread, data, keep="1")
    assert answer.status_code == 422
    assert "A bell" in answer.content.decode()
    answer = write(client, thread, data, body="A bell rings", keep="1")
    assert answer.status_code == 200
    assert "A bell rings" in answer.content.decode()
    assert not Post.objects.filter(author=ana).exists()


def test_a_held_text_can_be_taken_back_and_written_on(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client = client_of(ana)
    write(client, thread, typed(thread, "Better not."), later="on")
    forums.draft(ana, thread, "Something new meanwhile")
    draft = Draft.objects.get(send_at__isnull=False)
    client.post(reverse("forums:take_back_held", args=[draft.id]))
    due()
    assert drafts.send_due() == 0
    assert {words_of(row).body for row in Draft.objects.filter(send_at=None)} == {
        "Better not.",
        "Something new meanwhile",
    }
    with pytest.raises(TooLate):
        drafts.take_back(ana, draft.id)


def test_a_whole_thread_can_wait(group: Group, ana: Member, client_of: Browser) -> None:
    board = forums.board(group)
    data = {"key": str(uuid.uuid4()), "title": "Tea", "body": "Who has tea?", "later": "on"}
    client_of(ana).post(reverse("forums:start", args=[board.id]), data)
    assert not Thread.objects.exists()
    due()
    assert drafts.send_due() == 1
    assert Thread.objects.get().opening.submission.latest.title == "Tea"


def test_who_holds_everything_finds_the_box_ticked(
    thread: Thread, ana: Member, client_of: Browser
) -> None:
    client = client_of(ana)
    ticked = 'name="later" id="id_later" checked'
    assert ticked not in page(client, "forums:thread", thread.id)
    client.post(reverse("forums:hold_all"), {"on": "1"})
    for shown in (
        page(client, "forums:thread", thread.id),
        page(client, "forums:start", thread.board_id),
    ):
        assert ticked in shown.replace('aria-describedby="id_later_helptext" ', "")
    client.post(reverse("forums:hold_all"), {"on": "0"})
    assert "checked>" not in page(client, "forums:thread", thread.id)


def test_help_waits_for_no_morning(thread: Thread, ana: Member, client_of: Browser) -> None:
    answer = write(client_of(ana), thread, typed(thread, DARK), later="on")
    shown = answer.content.decode()
    assert "116 123" in shown
    assert "It waits until tomorrow, as you wished" in shown
    assert RiskEvent.objects.filter(case__member=ana).exists()
    assert Draft.objects.get().send_at is not None


@pytest.mark.parametrize("why", ["locked", "no grant", "left"])
def test_what_cannot_go_out_any_more_is_a_draft_again_and_its_author_is_told(
    why: str, thread: Thread, ana: Member
) -> None:
    drafts.hold(ana, place_of("reply", thread.id), uuid.uuid4(), Words(body="Careful words"), 0)
    if why == "locked":
        Thread.objects.update(locked_at=timezone.now())
    elif why == "no grant":
        Grant.objects.update(can_post=False, can_start=False)
    else:
        Membership.objects.filter(member=ana).update(ended_at=timezone.now())
    due()
    assert drafts.send_due() == 0
    draft = Draft.objects.get()
    assert draft.send_at is None
    assert words_of(draft).body == "Careful words"
    assert Notice.objects.get(member=ana).kind == "draft"
    assert not Post.objects.filter(author=ana).exists()


@pytest.mark.django_db(transaction=True)
def test_a_text_goes_out_once_or_is_taken_back_never_both(thread: Thread, ana: Member) -> None:
    for _ in range(4):
        held = drafts.hold(
            ana, place_of("reply", thread.id), uuid.uuid4(), Words(body="Perhaps"), 0
        ).draft
        due()
        before = Post.objects.filter(author=ana).count()
        got = together([drafts.send_due, partial(drafts.take_back, ana, held.id), drafts.send_due])
        sent = Post.objects.filter(author=ana).count() - before
        kept = Draft.objects.filter(id=held.id, send_at=None).count()
        assert sent + kept == 1, got
        Draft.objects.all().delete()
