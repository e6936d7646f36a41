"""Who hears of a published post: followers and people it names. Numbers and places, never words."""

import re
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from community.forums.apart import will_not_read
from community.forums.models import (
    Alias,
    Board,
    Level,
    Mention,
    Post,
    Subscription,
    Thread,
    unread_by,
)
from community.forums.topics import wishes_of
from community.members.access import readers_of
from community.members.models import Member, Notice
from community.members.notices import tell
from moderation.models import PUBLIC

_AT = re.compile(r"(?<![\w@])@([^\n@]{2,60})")
WORDS_MOST = 5
MENTIONS_MOST = 10


def published(post: Post, url: str) -> None:
    """Tell everybody who follows the thread or its board on the site; once until they looked."""
    thread = post.thread
    chosen = Subscription.objects.filter(thread=thread)
    board = Subscription.objects.filter(board=thread.board_id, level=Level.SITE)
    board = board.exclude(member__in=chosen.values("member"))
    wanted = Q(id__in=chosen.filter(level=Level.SITE).values("member"))
    wanted |= Q(id__in=board.values("member"))
    start = url.partition("#")[0]
    waiting = Notice.objects.filter(
        member=OuterRef("pk"), kind="reply", read_at__isnull=True, url__startswith=f"{start}#"
    )
    people = Member.objects.filter(wanted, ~Exists(waiting), is_active=True)
    people = people.filter(~will_not_read(post.author, post.alias, thread))
    people = people.exclude(id=post.author_id)
    for person in people:
        if Board.objects.readable_by(person).filter(id=thread.board_id).exists():
            tell(person, "reply", url, group=thread.board.group_id)


def here(post: Post, names: set[str]) -> set[str]:
    """Of these names, in small letters, those of people who can be seen in the thread's group: who
    wrote something public there, and the aliases of this very thread.

    Somebody who only reads is not told from somebody who is not there, and nobody of the care team
    by their own name: for others they are the care team.
    """
    labels = Alias.objects.annotate(low=Lower("label")).filter(
        low__in=names, posts__thread=post.thread, posts__submission__state__in=PUBLIC
    )
    spoke = Post.objects.filter(
        thread__board__group=post.thread.board.group_id, alias=None, author=OuterRef("pk"),
        submission__state__in=PUBLIC,
    )  # fmt: skip
    readers = readers_of(post.thread.board.group).annotate(low=Lower("name"))
    people = readers.filter(Exists(spoke), low__in=names, is_moderator=False, is_lead=False)
    found = set(people.values_list("low", flat=True)) | set(labels.values_list("low", flat=True))
    return found | ({"care team"} & names)


def mentioned(post: Post, url: str) -> None:
    """Tell the people whom a public post names, each once. A strange name tells nobody."""
    shown = post.submission.shown
    # The name of somebody who never wrote here is hidden like every account name; they are told.
    names = names_in(shown.body) if shown else set()
    if not names:
        return
    apart = will_not_read(post.author, post.alias, post.thread)
    people = _bearers(post.thread, names).filter(~apart)
    for person in people.exclude(id=post.author_id)[:MENTIONS_MOST]:
        _, new = Mention.objects.get_or_create(post=post, member=person)
        if new and Board.objects.readable_by(person).filter(id=post.thread.board_id).exists():
            tell(person, "mention", url, group=post.thread.board.group_id)


def names_in(text: str) -> set[str]:
    """All that may be a name behind an @, in small letters: one word, two words, and so on."""
    found = set()
    for after in _AT.findall(text):
        words = after.split()[:WORDS_MOST]
        for count in range(1, len(words) + 1):
            found.add(" ".join(words[:count]).rstrip(".,;:!?)*_").lower())
    return found


def _bearers(thread: Thread, names: set[str]) -> QuerySet[Member]:
    """Readers who bear one of the names: their own, or their alias in this very thread."""
    behind = Alias.objects.annotate(low=Lower("label")).filter(thread=thread, low__in=names)
    readers = readers_of(thread.board.group).annotate(low=Lower("name"))
    return readers.filter(Q(low__in=names) | Q(id__in=behind.values("member"))).distinct()


@dataclass(frozen=True)
class News:
    """What is new for somebody: how many threads they follow hold unread posts. No words."""

    threads: int


def news_for(member: Member) -> News:
    """The forum's part of a digest. Asked when it is sent, so that what is gone is not counted."""
    chosen = Subscription.objects.filter(member=member)
    off = chosen.filter(level=Level.OFF, thread__isnull=False).values("thread")
    on = chosen.exclude(level=Level.OFF)
    followed = Q(id__in=on.values("thread")) | Q(board__in=on.values("board"))
    rows = Thread.objects.readable_by(member).wanted_by(member, wishes_of(member))
    rows = rows.filter(followed, unread_by(member))
    return News(rows.exclude(id__in=off).count())
