"""Telling people that something is new, inside the site, without private words."""

from django.utils import timezone

from community.members import preferences
from community.members.live import member_topic, publish_on_commit
from community.members.models import Member, Notice

# What each kind says. Words only; what it is about stays behind the link.
KINDS = {
    "appeal": "The care team has answered you",
    "appeal_late": "An appeal has waited longer than it should",
    "decided": "The care team has read something you wrote",
    "draft": "Something you wrote could not go out and is among your drafts",
    "disclosure": "A request to learn who somebody is has news",
    "follow_up": "It is time to ask somebody again how they are",
    "identity": "Somebody on the care team looked up who you are",
    "letter": "Somebody wrote to the care team",
    "letter_late": "A letter to the care team has waited longer than it should",
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


def tell(member: Member, kind: str, url: str = "") -> Notice:
    """Leave a notice for one person and ring their open pages after commit.

    In their quiet hours the notice is left, and rings only when it comes from the care team.

    Raises KeyError for a kind that is not in KINDS. url: a path on this site.
    """
    KINDS[kind]
    notice = Notice.objects.create(member=member, kind=kind, url=url)
    if kind not in SOFT or not _is_quiet_for(member):
        publish_on_commit(member_topic(member.id), {"t": "notice", "kind": kind})
    return notice


def _is_quiet_for(member: Member) -> bool:
    wishes = preferences.of(member)
    wishes.member = member
    return preferences.is_quiet(wishes, timezone.now())


def unread(member: Member) -> int:
    """How many notices the person has not seen."""
    return Notice.objects.filter(member=member, read_at__isnull=True).count()


def mark_read(member: Member) -> int:
    """Mark all of the person's notices as seen. Returns how many were new."""
    return Notice.objects.filter(member=member, read_at__isnull=True).update(read_at=timezone.now())
