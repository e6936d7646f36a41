"""What happens to a post: stored, judged, shown, changed, taken back."""

import uuid
from collections.abc import Callable

import pytest

from community.forums import actions
from community.forums.actions import ThreadLocked
from community.forums.models import Post, ReadMark, Thread, unread_by
from community.members.models import Group, Member, Notice
from moderation import review
from moderation.actions import AlreadySettled
from moderation.models import ReviewCase, RiskCase, State
from tests import make_forums as make

Screen = Callable[[], int]
RUDE = "You are a pathetic idiot."
DARK = "I want to die."


def test_a_clean_post_gets_its_place_when_released(
    group: Group, ana: Member, screen: Screen
) -> None:
    post = make.opening(make.board(group), ana)
    assert (post.submission.state, post.pub_seq) == (State.SCREENING, None)
    assert post.thread.last_pub_seq == 0
    screen()
    post = Post.objects.get()
    assert (post.submission.state, post.pub_seq) == (State.VISIBLE, 1)
    assert Thread.objects.get().last_pub_seq == 1


def test_a_doubted_post_waits_with_a_case(group: Group, ana: Member, screen: Screen) -> None:
    post = make.opening(make.board(group), ana, body=RUDE)
    screen()
    post.refresh_from_db()
    assert (post.submission.state, post.pub_seq) == (State.HELD, None)
    assert ReviewCase.objects.get().submission_id == post.submission_id


def test_a_post_released_late_takes_the_next_place_and_is_unread(
    group: Group, ana: Member, ben: Member, moss: Member, screen: Screen
) -> None:
    first = make.published(make.board(group), ana, "One.")
    late = actions.reply(first.thread, ana, RUDE, uuid.uuid4()).post
    actions.reply(first.thread, ana, "Three.", uuid.uuid4())
    screen()
    actions.mark_read(first.thread, ben, 2)
    unread = Thread.objects.annotate(new=unread_by(ben))
    assert unread.get().new is False
    case = review.claim(ReviewCase.objects.get(), moss)
    review.decide(
        case,
        moss,
        State.VISIBLE,
        token=case.token,
        revision_id=case.revision_id,
        policy="none",
        reason="It was fine.",
    )
    late.refresh_from_db()
    assert late.pub_seq == 3
    assert unread.get().new is True


def test_the_same_form_sent_twice_makes_one_post(group: Group, ana: Member) -> None:
    board, key = make.board(group), uuid.uuid4()
    first = actions.open_thread(board, ana, "T", "B", key)
    second = actions.open_thread(board, ana, "T", "B", key)
    assert first.post == second.post
    assert (Thread.objects.count(), Post.objects.count()) == (1, 1)
    key = uuid.uuid4()
    replies = {actions.reply(first.post.thread, ana, "R", key).post.id for _ in range(3)}
    assert len(replies) == 1


def test_one_key_of_two_people_makes_two_posts(group: Group, ana: Member, ben: Member) -> None:
    board, key = make.board(group), uuid.uuid4()
    actions.open_thread(board, ana, "T", "B", key)
    actions.open_thread(board, ben, "T", "B", key)
    assert Post.objects.count() == 2


def test_an_edit_keeps_the_old_wording_on_show_until_released(
    group: Group, ana: Member, screen: Screen
) -> None:
    post = make.published(make.board(group), ana, "Old words.")
    actions.edit(post, ana, "New words.", "A quiet day")
    post.refresh_from_db()
    assert post.submission.shown.body == "Old words."
    screen()
    post.refresh_from_db()
    assert post.submission.shown.body == "New words."
    assert post.pub_seq == 1


def test_an_edit_into_a_rude_text_is_held_and_the_old_one_stays(
    group: Group, ana: Member, screen: Screen
) -> None:
    post = make.published(make.board(group), ana, "Old words.")
    actions.edit(post, ana, RUDE, "A quiet day")
    screen()
    post.refresh_from_db()
    assert (post.submission.state, post.submission.shown.body) == (State.VISIBLE, "Old words.")
    assert ReviewCase.objects.get().revision.body == RUDE


def test_one_little_word_is_an_edit(group: Group, ana: Member) -> None:
    post = make.published(make.board(group), ana, "I am not all right.")
    actions.edit(post, ana, "I am all right.", "A quiet day")
    post.refresh_from_db()
    assert post.submission.latest_id != post.submission.shown_id


def test_an_edit_that_changes_nothing_is_none(group: Group, ana: Member) -> None:
    post = make.published(make.board(group), ana, "Same.")
    actions.edit(post, ana, "Same.", "A quiet day")
    post.refresh_from_db()
    assert post.submission.revisions.count() == 1


def test_a_dark_post_asks_for_help_at_once_and_is_not_held(
    group: Group, ana: Member, screen: Screen
) -> None:
    written = actions.open_thread(make.board(group), ana, "Tonight", DARK, uuid.uuid4())
    assert written.help_needed is True
    assert RiskCase.objects.get().member == ana
    screen()
    written.post.refresh_from_db()
    assert written.post.submission.state == State.NOTED
    assert ReviewCase.objects.count() == 0


def test_a_post_taken_back_is_gone_for_good(group: Group, ana: Member, screen: Screen) -> None:
    post = make.published(make.board(group), ana, "Words.")
    actions.edit(post, ana, "Other words.", "A quiet day")
    actions.withdraw(post, ana)
    screen()
    post.refresh_from_db()
    assert (post.submission.state, post.submission.shown) == (State.WITHDRAWN, None)
    with pytest.raises(AlreadySettled):
        actions.withdraw(post, ana)


def test_a_closed_thread_takes_no_reply(group: Group, ana: Member) -> None:
    post = make.published(make.board(group), ana, "Words.")
    Thread.objects.update(locked_at=post.created_at)
    with pytest.raises(ThreadLocked):
        actions.reply(post.thread, ana, "More.", uuid.uuid4())
    assert Post.objects.count() == 1


def test_the_read_mark_moves_forward_only(group: Group, ana: Member, ben: Member) -> None:
    thread = make.published(make.board(group), ana, "1", "2", "3").thread
    for seq, kept in ((2, 2), (1, 2), (3, 3)):
        actions.mark_read(thread, ben, seq)
        assert ReadMark.objects.get(member=ben).seq == kept


def test_the_author_of_a_thread_is_told_of_a_reply_without_its_words(
    group: Group, ana: Member, ben: Member, screen: Screen
) -> None:
    post = make.published(make.board(group), ana, "Words.")
    actions.reply(post.thread, ben, "A secret answer", uuid.uuid4())
    screen()
    notice = Notice.objects.get(member=ana, kind="reply")
    assert "secret" not in f"{notice.url}{notice.kind}"
