"""Texts their author has not sent: kept while they are typed, and those that go out in the morning.

Nobody else sees them, the care team included. An older window never overwrites a newer text: what
was typed there is kept beside it, and both are shown.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4, uuid5

from django.db import IntegrityError, transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from community.forums import actions
from community.forums.access import board_for, thread_for
from community.forums.actions import Extras, MayNotWrite, ThreadLocked
from community.forums.models import Draft, Habits, Post
from community.members import vault
from community.members.models import Member
from community.members.notices import tell
from community.members.preferences import zone_of
from moderation.models import Revision, digest
from moderation.standing import NotNow
from moderation.unsent import HELD, heard

log = logging.getLogger(__name__)

KEPT = timedelta(days=30)
MORNING = time(8)
# How many versions of one text may stand beside each other.
BESIDE_MOST = 20
BATCH = 50


@dataclass(frozen=True)
class Words:
    """What somebody has typed so far, as it was typed."""

    title: str = ""
    body: str = ""
    alias: bool = False
    topics: Sequence[int] = field(default_factory=list)
    quote: int | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing in it that could be lost."""
        return not self.title.strip() and not self.body.strip()

    def says_the_same(self, other: "Words") -> bool:
        """Title and text are the same; what was ticked may differ."""
        return (self.title, self.body) == (other.title, other.body)


@dataclass(frozen=True)
class Kept:
    """Where a text is kept, and what a window must know to go on: the next save names these."""

    place: str
    revision: int
    key: UUID


class Elsewhere(Exception):
    """A newer text stands at this place. theirs: what it says; mine: where ours is kept beside it,
    or None when too many stand there already."""

    def __init__(self, theirs: Words, mine: Kept | None) -> None:
        super().__init__("a newer text stands here")
        self.theirs, self.mine = theirs, mine


class AlreadySent(Exception):
    """This very text was posted meanwhile."""

    def __init__(self, post: Post) -> None:
        super().__init__("posted meanwhile")
        self.post = post


class TooLate(Exception):
    """It has gone out already."""


def place_of(kind: str, number: int) -> str:
    """kind: "reply", "start" or "edit"; number: of the thread, the board or the post."""
    return f"{kind}.{number}"


def parts_of(place: str) -> tuple[str, int]:
    """The kind and number of a place, also of a second text there ("reply.12+")."""
    kind, _, number = place.rstrip("+").partition(".")
    return kind, int(number)


def words_of(draft: Draft) -> Words:
    """What the draft holds. Raises vault.Tampered."""
    return Words(**draft.words)


def latest(member: Member, place: str, number: str = "") -> Draft | None:
    """The draft at a place; number: a certain one there, as the address names it."""
    rows = Draft.objects.filter(member=member, send_at=None)
    if number.isascii() and number.isdigit() and len(number) < 18:
        return next((one for one in rows.filter(id=int(number)) if _stands_at(one, place)), None)
    return rows.filter(place=place).first()


def _stands_at(draft: Draft, place: str) -> bool:
    return draft.place.rstrip("+") == place


def save(member: Member, place: str, key: UUID, words: Words, seen: int) -> Kept | None:
    """Keep what was typed. seen: the revision the window last knew, 0 for none.

    None when there is nothing to keep. Raises Elsewhere when a newer text stands there (this one is
    then kept beside it), or AlreadySent.
    """
    key = _unsent_key(member, key, words)
    rows = Draft.objects.filter(member=member, place=place, send_at=None)
    if words.is_empty:
        rows.filter(revision=seen).delete()
        return None
    changed = {"sealed": _sealed(words), "updated_at": timezone.now(), "key": key}
    if rows.filter(revision=seen).update(revision=seen + 1, **changed):
        return Kept(place, seen + 1, key)
    there = rows.first()
    if there is None:
        # The first save; or it was thrown away in another window, and this one still holds words.
        if made := _make(member, place, key, words):
            return made
        there = rows.get()
    if words_of(there).says_the_same(words):
        return Kept(place, there.revision, there.key)
    raise Elsewhere(words_of(there), _beside(member, place, words))


def _unsent_key(member: Member, key: UUID, words: Words) -> UUID:
    """A key under which these words were not posted. Raises AlreadySent when they were."""
    post = Post.objects.filter(author=member, key=key).first()
    if post is None:
        return key
    first = Revision.objects.get(submission=post.submission_id, number=1)
    if first.sha256 == digest(words.title.strip(), words.body.strip()):
        raise AlreadySent(post)
    return uuid4()


def _sealed(words: Words) -> str:
    return vault.seal(json.dumps(asdict(words)))


def _make(member: Member, place: str, key: UUID, words: Words) -> Kept | None:
    try:
        with transaction.atomic():
            Draft.objects.create(member=member, place=place, key=key, sealed=_sealed(words))
    except IntegrityError:
        return None
    return Kept(place, 1, key)


def _beside(member: Member, place: str, words: Words) -> Kept | None:
    """The first free place beside a text. A new key, for it is a text of its own."""
    base = place.rstrip("+")
    for number in range(1, BESIDE_MOST + 1):
        if made := _make(member, base + "+" * number, uuid4(), words):
            return made
    return None


def drop(member: Member, draft_id: int, seen: int) -> bool:
    """Throw a draft away, unless it was changed since the page was made; then False."""
    rows = Draft.objects.filter(member=member, id=draft_id, send_at=None, revision=seen)
    return bool(rows.delete()[0])


# --- Until tomorrow -------------------------------------------------------------------------------


def next_morning(member: Member, now: datetime | None = None) -> datetime:
    """Eight o'clock of the next day of the person's own calendar."""
    zone = zone_of(member)
    local = (now or timezone.now()).astimezone(zone)
    return datetime.combine(local.date() + timedelta(days=1), MORNING, zone)


def holds_until(member: Member) -> datetime | None:
    """Until when the person wants all their posts to wait; None when they do not."""
    until = Habits.objects.filter(member=member).values_list("hold_until", flat=True).first()
    return until if until and until > timezone.now() else None


def hold_all(member: Member, on: bool) -> datetime | None:
    """Let everything the person sends wait until the morning, or no longer."""
    until = next_morning(member) if on else None
    Habits.objects.update_or_create(member=member, defaults={"hold_until": until})
    return until


@dataclass(frozen=True)
class Waiting:
    """What came of holding a text: the draft, and whether its author should see help now."""

    draft: Draft
    help_needed: bool


def hold(member: Member, place: str, key: UUID, words: Words, seen: int) -> Waiting:
    """Let a finished text wait until the next morning. The same form again changes nothing.

    seen: the revision of the draft it was written in, which goes. A text that speaks of danger is
    heard at once: help waits for no morning. Raises AlreadySent.
    """
    key = _unsent_key(member, key, words)
    draft = _hold(member, place, key, words, seen)
    return Waiting(draft, heard(member, f"{words.title}\n{words.body}", HELD))


def _hold(member: Member, place: str, key: UUID, words: Words, seen: int) -> Draft:
    waiting = Draft.objects.filter(member=member, send_at__isnull=False)
    for _ in range(BESIDE_MOST):
        held = waiting.filter(key=key).first()
        if held is None:
            try:
                return _wait(member, place, key, words, seen)
            except IntegrityError:
                # The form was sent twice at once: the second looks again.
                continue
        if words_of(held).says_the_same(words):
            return held
        # Back in the browser, and something else was typed: it waits as well.
        key = uuid5(key, digest(words.title, words.body))
    raise AssertionError("unreachable")


@transaction.atomic
def _wait(member: Member, place: str, key: UUID, words: Words, seen: int) -> Draft:
    Draft.objects.filter(member=member, place=place, send_at=None, revision=seen).delete()
    return Draft.objects.create(
        member=member,
        place=place.rstrip("+"),
        key=key,
        sealed=_sealed(words),
        send_at=next_morning(member),
    )


def take_back(member: Member, draft_id: int) -> Draft:
    """Stop a text that waits for the morning: it is a draft again. Raises TooLate."""
    draft = Draft.objects.filter(member=member, id=draft_id, send_at__isnull=False).first()
    if draft is None or not _as_draft(draft):
        raise TooLate
    return draft


def _as_draft(draft: Draft) -> bool:
    """From waiting to written, at the first free place. False when it is no longer waiting."""
    base = draft.place.rstrip("+")
    for number in range(BESIDE_MOST + 1):
        try:
            with transaction.atomic():
                rows = Draft.objects.filter(id=draft.id, send_at=draft.send_at)
                now = timezone.now()
                place = base + "+" * number
                return bool(rows.update(send_at=None, place=place, updated_at=now))
        except IntegrityError:
            continue
    return False


def send_due() -> int:
    """Post what waited for its morning. What cannot be posted any more is a draft again, and its
    author is told. Returns how many went out. Safe in several processes at once."""
    due = Draft.objects.filter(send_at__lte=timezone.now(), member__is_active=True)
    rows = due.select_related("member__clinic").order_by("send_at", "id")[:BATCH]
    return sum(_send(draft) for draft in rows)


def _send(draft: Draft) -> bool:
    mine = Draft.objects.filter(id=draft.id, send_at=draft.send_at)
    try:
        with transaction.atomic():
            # Whoever removes the row posts it; taking it back finds nothing then.
            if not mine.delete()[0]:
                return False
            _post(draft.member, draft, words_of(draft))
    except (Http404, MayNotWrite, ThreadLocked, NotNow, vault.Tampered):
        if _as_draft(draft):
            tell(draft.member, "draft", reverse("forums:drafts"))
        return False
    return True


def _post(member: Member, draft: Draft, words: Words) -> None:
    kind, number = parts_of(draft.place)
    quotes = () if words.quote is None else (words.quote,)
    extras = Extras(words.alias, sum(words.topics), quotes)
    if kind == "reply":
        actions.reply(thread_for(member, number), member, words.body, draft.key, extras)
    else:
        here = board_for(member, number)
        actions.open_thread(here, member, words.title, words.body, draft.key, extras)


def tidy() -> int:
    """Throw away what nobody touched for thirty days. Returns how many."""
    old = Draft.objects.filter(send_at=None, updated_at__lt=timezone.now() - KEPT)
    return old.delete()[0]
