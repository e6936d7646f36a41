"""Which review cases somebody may see at all: the one queryset behind the page, "next", the socket
and the case itself. A reader of the queue can never reach what they may not judge."""

from collections.abc import Callable

from django.db.models import Exists, Q, QuerySet

from community.members.models import Member
from moderation.models import GroupNeeds, Remit, ReviewCase

_conflicts: list[Callable[[Member, str], Exists]] = []


def register_conflict(conflict: Callable[[Member, str], Exists]) -> None:
    """Let an app above say whose texts somebody cannot judge, such as those of their mentee.

    conflict(member, path) says of each row whether the person at `path` is too close to member.
    """
    if conflict not in _conflicts:
        _conflicts.append(conflict)


def cases_for(member: Member) -> QuerySet[ReviewCase]:
    """The cases somebody may see and judge, decided ones as well.

    Their clinic's; never about their own words, so no report about themselves either, and never of
    somebody they are close to. Moderators: what their remit holds. Leads: everything else.
    """
    rows = ReviewCase.objects.filter(clinic_id=member.clinic_id)
    if not member.on_care_team or not member.is_active:
        return rows.none()
    rows = rows.exclude(submission__author=member)
    for conflict in _conflicts:
        rows = rows.filter(~conflict(member, "submission__author"))
    return rows if member.is_lead else rows.filter(_in_remit(member))


def may_judge(member: Member, case_id: int) -> bool:
    """Whether the case is one of these."""
    return cases_for(member).filter(id=case_id).exists()


def people_for(member: Member) -> QuerySet[Member]:
    """The people whose history somebody on the care team may read: members of the clinic, never
    themselves, never who works here, never somebody they are close to."""
    rows = Member.objects.filter(clinic_id=member.clinic_id).exclude(id=member.id)
    if not member.on_care_team:
        return rows.none()
    for conflict in _conflicts:
        rows = rows.filter(~conflict(member, "pk"))
    return rows.filter(is_moderator=False, is_lead=False, is_administrator=False)


def correspondents_of(member: Member) -> QuerySet[Member]:
    """The people whose letters to the care team somebody may read and answer: everybody of the
    clinic, colleagues among them, but themselves and whom they are close to."""
    rows = Member.objects.filter(clinic_id=member.clinic_id).exclude(id=member.id)
    if not member.on_care_team or not member.is_active:
        return rows.none()
    for conflict in _conflicts:
        rows = rows.filter(~conflict(member, "pk"))
    return rows


def may_correspond(member: Member, other_id: int) -> bool:
    """Whether the other is one of these."""
    return correspondents_of(member).filter(id=other_id).exists()


def _in_remit(member: Member) -> Q:
    remit = Remit.objects.filter(moderator=member).prefetch_related("groups").first()
    needs = GroupNeeds.objects.exclude(training="")
    if remit is None:
        return _not_in(needs)
    inside = _not_in(needs.exclude(training__in=remit.trained_for))
    if remit.languages:
        foreign = GroupNeeds.objects.exclude(language="").exclude(language__in=remit.languages)
        inside &= _not_in(foreign)
    groups = [group.id for group in remit.groups.all()]
    if groups:
        # What two people wrote to each other belongs to no group; everybody reads that.
        inside &= Q(submission__group__in=groups) | Q(submission__group__isnull=True)
    return inside


def _not_in(needs: QuerySet[GroupNeeds]) -> Q:
    return Q(submission__group__isnull=True) | ~Q(submission__group__in=needs.values("group"))
