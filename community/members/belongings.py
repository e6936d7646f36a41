"""What of this app belongs to one person, for the copy they take."""

from typing import Any

from community.members import identity, preferences
from community.members.models import (
    Block,
    Consent,
    InvitationUse,
    Member,
    Membership,
    Notice,
    WarnPref,
)
from community.members.notices import KINDS
from community.members.own_copies import Thing
from community.members.vault import Tampered


def at(moment: Any) -> str | None:
    """A moment or day as ISO 8601; None for none."""
    return moment.isoformat() if moment is not None else None


def about(member: Member) -> list[Thing]:
    """Who they are here, and outside if they wrote it down."""
    try:
        outside = {identity.LABELS[name]: value for name, value in identity.own(member).items()}
    except Tampered:
        outside = {"Outside": "What you saved cannot be opened any more."}
    here = {
        "Name here": member.name,
        "E-mail address": member.email,
        "Here as": ", ".join(role.label for role in member.roles),
        "Clinic": member.clinic.name,
        "Joined": at(member.joined_at),
        "Time zone": member.time_zone or member.clinic.time_zone,
    }
    return [{**here, **outside}]


def groups(member: Member) -> list[Thing]:
    """Which groups they belong to, and belonged to."""
    rows = Membership.objects.filter(member=member).select_related("group").order_by("id")
    return [
        {
            "Group": row.group.name,
            "From": at(row.started_at),
            "Until": at(row.ended_at or row.valid_until),
        }
        for row in rows
    ]


def agreements(member: Member) -> list[Thing]:
    """What they agreed to, and the invitations they came by."""
    consents = Consent.objects.filter(member=member).order_by("id")
    uses = InvitationUse.objects.filter(member=member).order_by("id")
    found = [{"Agreed to version": row.version, "When": at(row.given_at)} for row in consents]
    return [*found, *({"Came in by an invitation": at(row.at)} for row in uses)]


def wishes(member: Member) -> list[Thing]:
    """How they want to be reached, what they would rather not read, whom they have blocked."""
    mine = preferences.of(member)
    hours = [at(end) for end in (mine.quiet_from, mine.quiet_until)] if mine.quiet_from else []
    found: list[Thing] = [
        {
            "Letters": mine.get_digest_display(),
            "At": f"{mine.digest_hour:02}:00",
            "Quiet hours": hours,
            "Notes not wanted": [KINDS.get(kind, kind) for kind in mine.muted],
        }
    ]
    topics = WarnPref.objects.filter(member=member)
    found += [{"Topic": t.get_topic_display(), "Wish": t.get_action_display()} for t in topics]
    blocked = Block.objects.filter(blocker=member).select_related("blocked").order_by("id")
    return [*found, *({"Blocked": b.blocked.name, "Since": at(b.created_at)} for b in blocked)]


def notes(member: Member) -> list[Thing]:
    """What they were told on the site."""
    rows = Notice.objects.filter(member=member).order_by("id")
    return [{"Note": KINDS.get(row.kind, row.kind), "When": at(row.created_at)} for row in rows]
