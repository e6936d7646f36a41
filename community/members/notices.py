"""Telling people that something is new, inside the site, without private words."""

from django.db.models import Q
from django.utils import timezone

from community.members import preferences
from community.members.live import member_topic, publish_on_commit
from community.members.models import Group, Member, Notice

# What each kind says. Words only; what it is about stays behind the link.
KINDS = {
    "appeal": "The care team has answered you",
    "appeal_late": "An appeal has waited longer than it should",
    "copy_ready": "The copy of your data is ready",
    "decided": "The care team has read something you wrote",
    "draft": "Something you wrote could not go out and is among your drafts",
    "disclosure": "A request to learn who somebody is has news",
    "follow_up": "It is time to ask somebody again how they are",
    "identity": "Somebody on the care team looked up who you are",
    "letter": "Somebody wrote to the care team",
    "letter_late": "A letter to the care team has waited longer than it should",
    "mail_refused": "Your mail address takes no letters from us, so we stopped them",
    "message": "The care team wrote to you",
    "report": "The care team has read what you reported",
    "sanction": "The care team has decided something that concerns you",
    "sanction_ended": "Something that was set for you has ended",
    "text_late": "A text has waited for a decision longer than it should",
    "text_soon": "A text waits for a decision, and its time is nearly up",
    "mention": "Somebody spoke to you by name",
    "reply": "There is a new reply",
    "proposal": "There is a mentoring question for you",
    "application": "Your wish to become a mentor has news",
    "training": "A mentor’s training is about to run out",
    "mentor_much": "A mentor says that it is a lot right now",
    "pair": "Your mentoring pair has news",
    "unanswered": "Somebody in a forum has waited long for an answer",
    "welcome": "Welcome. Here is a short tour",
}


# What may wait until the quiet hours are over. A word from the care team never waits.
SOFT = frozenset({"reply", "proposal", "pair", "welcome"})


# What somebody may do without, and how the settings ask about it.
OPTIONAL = {
    "reply": "New replies in threads you follow",
    "mention": "Somebody speaks to you by name",
    "pair": "News of your mentoring pair",
}


def tell(
    member: Member, kind: str, url: str = "", *, group: Group | int | None = None
) -> Notice | None:
    """Leave a notice for one person and ring their open pages after commit.

    In their quiet hours the notice is left, and rings only when it comes from the care team. What
    they wanted no notice of leaves none: None.

    url: a path on this site. group: where it comes from; who leaves that group loses the notice.
    Raises KeyError for a kind that is not in KINDS.
    """
    KINDS[kind]
    quiet = False
    if kind in SOFT or kind in OPTIONAL:
        wishes = preferences.of(member)
        wishes.member = member
        if kind in OPTIONAL and kind in wishes.muted:
            return None
        quiet = kind in SOFT and preferences.is_quiet(wishes, timezone.now())
    group_id = group.pk if isinstance(group, Group) else group
    notice = Notice.objects.create(member=member, kind=kind, url=url, group_id=group_id)
    if not quiet:
        publish_on_commit(member_topic(member.id), {"t": "notice", "kind": kind})
    return notice


def unread(member: Member) -> int:
    """How many notices the person has not seen."""
    return Notice.objects.filter(member=member, read_at__isnull=True).count()


def seen_at(member: Member, place: str) -> int:
    """Mark what led to a page, or to a part of it, as seen. place: its path. Returns how many."""
    rows = Notice.objects.filter(member=member, read_at__isnull=True)
    return rows.filter(Q(url=place) | Q(url__startswith=f"{place}#")).update(read_at=timezone.now())


def forget(member_id: int, group_id: int) -> int:
    """Drop what a group told somebody who is no longer in it. Returns how many."""
    return Notice.objects.filter(member=member_id, group=group_id).delete()[0]


def mark_read(member: Member) -> int:
    """Mark all of the person's notices as seen. Returns how many were new."""
    return Notice.objects.filter(member=member, read_at__isnull=True).update(read_at=timezone.now())
