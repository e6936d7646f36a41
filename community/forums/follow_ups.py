"""Threads the care team should come back to: marked by one of them, or unanswered for too long."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from community.forums.models import FollowUp, Post, Thread
from community.members.access import care_team_of
from community.members.models import Member
from community.members.notices import tell

BATCH = 100
# Within this time somebody should have looked at a thread that nobody answered.
LOOK_WITHIN = timedelta(hours=4)
ANSWERED = "Somebody answered."
GONE = "The first post is gone."


class Moved(Exception):
    """Somebody else took it, gave it back or finished it meanwhile."""


class NobodyElse(Exception):
    """The thread is marked already."""


def open_for(member: Member) -> QuerySet[FollowUp]:
    """Open follow-ups in threads the member of the care team may read, the most urgent first.

    With what the page shows; `is_first`: the thread is the first its author ever published in.
    """
    earlier = Post.objects.filter(
        author=OuterRef("thread__author"),
        pub_seq__isnull=False,
        created_at__lt=OuterRef("thread__created_at"),
    )
    return (
        FollowUp.objects.filter(
            closed_at=None, thread__in=Thread.objects.readable_by(member).values("id")
        )
        .select_related(
            "owner",
            "opened_by",
            "thread__board__group",
            "thread__opening__author",
            "thread__opening__alias",
            "thread__opening__submission__shown",
            "thread__opening__submission__latest",
        )
        .annotate(is_first=~Exists(earlier))
        .order_by("due_at", "id")
    )


def open_count(member: Member) -> int:
    """How many wait for somebody."""
    threads = Thread.objects.readable_by(member).values("id")
    return FollowUp.objects.filter(closed_at=None, thread__in=threads).count()


def mark(thread: Thread, by: Member, due_at: datetime) -> FollowUp:
    """Say that somebody should come back to a thread. Raises NobodyElse if that was said."""
    try:
        with transaction.atomic():
            return FollowUp.objects.create(thread=thread, opened_by=by, due_at=due_at, owner=by)
    except IntegrityError:
        raise NobodyElse from None


def assign(follow_up: FollowUp, owner: Member | None, seen: int | None) -> None:
    """Give it to somebody, or to nobody. seen: whose it was on the page. Raises Moved."""
    rows = FollowUp.objects.filter(id=follow_up.id, owner=seen, closed_at=None)
    if rows.update(owner=owner) != 1:
        raise Moved


def finish(follow_up: FollowUp, by: Member, outcome: str, seen: int | None) -> None:
    """Close it with what came of it. Raises Moved."""
    rows = FollowUp.objects.filter(id=follow_up.id, owner=seen, closed_at=None)
    if rows.update(owner=by, closed_at=timezone.now(), outcome=outcome) != 1:
        raise Moved


# --- First posts nobody answered ------------------------------------------------------------------


def post_published(post: Post) -> None:
    """A post got its place: its thread waits for an answer from now on, or has one."""
    thread = post.thread
    if thread.opening_id == post.id:
        if not post.author.is_staff_role:
            Thread.objects.filter(id=thread.id).update(unanswered_since=timezone.now())
    elif post.author_id != thread.author_id:
        _settle(thread.id, ANSWERED)


def post_gone(post: Post) -> None:
    """Nobody need answer a first post that is not there."""
    if post.thread.opening_id == post.id:
        _settle(post.thread_id, GONE)


def _settle(thread_id: int, outcome: str) -> None:
    Thread.objects.filter(id=thread_id, unanswered_since__isnull=False).update(
        unanswered_since=None
    )
    raised = FollowUp.objects.filter(thread=thread_id, opened_by=None, owner=None, closed_at=None)
    raised.update(closed_at=timezone.now(), outcome=outcome)


def raise_unanswered() -> int:
    """Put first posts that nobody answered for too long before the care team. Returns how many.

    Safe in several processes at once: the database holds one open follow-up per thread.
    """
    now = timezone.now()
    late = now - timedelta(hours=settings.UNANSWERED_HOURS)
    known = FollowUp.objects.filter(thread=OuterRef("pk")).filter(
        Q(closed_at=None) | Q(opened_by=None, opened_at__gte=OuterRef("unanswered_since"))
    )
    waiting = Thread.objects.filter(~Exists(known), unanswered_since__lte=late, locked_at=None)
    raised = 0
    for thread in waiting.select_related("board__group").order_by("unanswered_since")[:BATCH]:
        raised += _raise(thread, now)
    return raised


@transaction.atomic
def _raise(thread: Thread, now: datetime) -> bool:
    # Answered a moment ago: then there is nothing to raise.
    still = Thread.objects.filter(id=thread.id, unanswered_since=thread.unanswered_since)
    if not still.update(unanswered_since=F("unanswered_since")):
        return False
    try:
        with transaction.atomic():
            FollowUp.objects.create(thread=thread, due_at=now + LOOK_WITHIN)
    except IntegrityError:
        return False
    for person in care_team_of(thread.board.group.clinic_id):
        tell(person, "unanswered", reverse("forums:follow_ups"))
    return True
