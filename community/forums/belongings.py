"""What of the forums belongs to one person: for the copy they take, and what goes when they go."""

from community.forums.models import (
    Alias,
    BoardRead,
    Bookmark,
    Draft,
    Habits,
    Mention,
    Reaction,
    ReadMark,
    Subscription,
)
from community.members.belongings import at
from community.members.models import Member
from community.members.own_copies import Thing
from community.members.vault import Tampered


def copy_of(member: Member) -> list[Thing]:
    """Drafts, what they keep and follow, what they gave others, names they write under.

    What they wrote is in moderation's part. Posts of others are named by number alone.
    """
    found: list[Thing] = [_draft(row) for row in Draft.objects.filter(member=member).order_by("id")]
    kept = Bookmark.objects.filter(member=member).order_by("id").values_list("post", flat=True)
    found += [{"You keep post number": number} for number in kept]
    follows = Subscription.objects.filter(member=member).order_by("id")
    for row in follows.select_related("board"):
        what = {"board": row.board.name} if row.board else {"thread number": row.thread_id}
        found.append({f"You follow {name}": value for name, value in what.items()})
        found[-1]["How you hear of it"] = row.get_level_display()
    given = Reaction.objects.filter(member=member).order_by("id")
    found += [{"You gave": r.get_kind_display(), "To post number": r.post_id} for r in given]
    names = Alias.objects.filter(member=member).order_by("id").values_list("label", "thread")
    found += [{"You write as": label, "In thread number": thread} for label, thread in names]
    return found


def _draft(row: Draft) -> Thing:
    try:
        words = row.words
    except Tampered:
        words = {"body": "This draft cannot be opened any more."}
    return {
        "Draft": words.get("title", ""),
        "Text": words.get("body", ""),
        "Last changed": at(row.updated_at),
    }


def erase(member: Member) -> int:
    """Forget what was theirs alone. Returns how many drafts."""
    drafts, _ = Draft.objects.filter(member=member).delete()
    for model in (Bookmark, Subscription, ReadMark, BoardRead, Habits, Reaction, Mention):
        model.objects.filter(member=member).delete()
    return drafts
