"""Doors to people and groups: who belongs where, who may enter which part of the house."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import Exists, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from community.members import blocks
from community.members.models import (
    Clinic,
    Group,
    Invitation,
    InviteBatch,
    Member,
    Membership,
    open_now,
)

View = Callable[..., HttpResponse]

_bars: list[Callable[[Member], Exists]] = []


def register_bar(bar: Callable[[Member], Exists]) -> None:
    """Let an app above shut groups to somebody for a while.

    bar(member) says of each group, in the query that finds it, whether it is shut to them now.
    """
    if bar not in _bars:
        _bars.append(bar)


class SignedIn(HttpRequest):
    """The request of a view behind the sign-in door: its user is a Member. For type checkers."""

    user: Member


def groups_of(member: Member) -> QuerySet[Group]:
    """Groups the person belongs to now."""
    return Group.objects.filter(
        open_now(),
        id__in=Membership.objects.current().filter(member=member).values("group"),
    ).order_by("name", "id")


def reachable_groups(member: Member) -> QuerySet[Group]:
    """Groups whose forums and rooms the person may read.

    Patients and mentors: the groups they belong to, but for those that are shut to them for a
    while. Care team: every open group of their clinic.
    Administrators manage groups without reading in them.
    """
    if not member.is_active:
        return Group.objects.none()
    if member.on_care_team:
        return Group.objects.filter(clinic_id=member.clinic_id, closed_at__isnull=True).order_by(
            "name", "id"
        )
    groups = groups_of(member)
    for bar in _bars:
        groups = groups.filter(~bar(member))
    return groups


def readers_of(group: Group) -> QuerySet[Member]:
    """Active people who may read in the group: its members and the clinic's care team."""
    from django.db.models import Q

    inside = Membership.objects.current().filter(group=group).values("member")
    team = Q(clinic_id=group.clinic_id) & (Q(is_moderator=True) | Q(is_lead=True))
    return Member.objects.filter(Q(id__in=inside) | team, is_active=True)


def share_a_group(one: Member, other: Member) -> bool:
    """Both belong to some group now."""
    return (
        Membership.objects.current()
        .filter(member=one, group__in=groups_of(other).values("id"))
        .exists()
    )


def person_for(member: Member, other_id: int) -> Member:
    """Somebody the person has met: in a group they both were in at some time, or as a pair.

    Everybody else is not there, so that numbers tell nothing about who exists.
    """
    others = Member.objects.filter(clinic_id=member.clinic_id, is_active=True)
    other = get_object_or_404(others.exclude(id=member.pk), id=other_id)
    mine = Membership.objects.filter(member=member).values("group")
    together = Membership.objects.filter(member=other, group__in=mine).exists()
    if not together and not blocks.know_each_other(member, other):
        raise Http404
    return other


def care_team_of(clinic: Clinic | int) -> QuerySet[Member]:
    """Active moderators and leads of a clinic."""
    from django.db.models import Q

    return Member.objects.filter(
        Q(is_moderator=True) | Q(is_lead=True), clinic=clinic, is_active=True
    ).order_by("id")


def needs(attribute: str) -> Callable[[View], View]:
    """Only for people of whom `member.<attribute>` is true; for others the page is not there."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not getattr(request.user, attribute, False):
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def invitation_for(administrator: Member, invitation_id: int) -> Invitation:
    """An invitation of the administrator's clinic, or 404."""
    return get_object_or_404(
        Invitation.objects.filter(clinic_id=administrator.clinic_id), id=invitation_id
    )


def batch_for(administrator: Member, batch_id: int) -> InviteBatch:
    """A batch of invitations of the administrator's clinic, or 404."""
    return get_object_or_404(InviteBatch, id=batch_id, clinic_id=administrator.clinic_id)


def group_of_clinic(administrator: Member, group_id: int) -> Group:
    """A group of the administrator's clinic that is not closed, or 404."""
    groups = Group.objects.filter(clinic_id=administrator.clinic_id, closed_at__isnull=True)
    return get_object_or_404(groups, id=group_id)


def membership_for(coordinator: Member, membership_id: int) -> Membership:
    """Who belongs to an open group of the coordinator's clinic, with both, or 404."""
    rows = Membership.objects.select_related("group__clinic", "member")
    here = rows.filter(group__clinic_id=coordinator.clinic_id, group__closed_at__isnull=True)
    return get_object_or_404(here, id=membership_id)
