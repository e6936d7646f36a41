"""Doors to the desk: cases of one's own clinic, one's own texts, people one shares a place with."""

from collections.abc import Callable
from typing import NoReturn

from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from community.members import audit
from community.members.access import needs, share_a_group
from community.members.models import Member
from moderation.models import Letter, ReviewCase, RiskCase, Submission
from moderation.remit import cases_for, correspondents_of

# Only for moderators and leads; for everybody else the page is not there.
care_team_only = needs("on_care_team")

_ties: list[Callable[[Member, Member], bool]] = []


def register_tie(tie: Callable[[Member, Member], bool]) -> None:
    """Let an app above say that two people share a place that is no group, such as a pair."""
    if tie not in _ties:
        _ties.append(tie)


def case_for(moderator: Member, case_id: int) -> ReviewCase:
    """A review case that the moderator may judge, with its text and author, or 404.

    The attempt to reach another one is written down.
    """
    rows = cases_for(moderator).select_related(
        "submission__author", "submission__group", "revision", "claimed_by"
    )
    case = rows.filter(id=case_id).first()
    if case is None:
        _refused(moderator, "case", case_id)
    return case


def risk_case_for(moderator: Member, case_id: int) -> RiskCase:
    """A risk case of the moderator's clinic, with the person and who is on it, or 404.

    Nobody reads what colleagues wrote about themselves; whoever they are close to, they may help.
    The attempt to reach another one is written down.
    """
    rows = RiskCase.objects.select_related("member", "owner").exclude(member=moderator)
    case = rows.filter(id=case_id, clinic_id=moderator.clinic_id).first()
    if case is None:
        _refused(moderator, "risk", case_id)
    return case


def _refused(moderator: Member, what: str, case_id: int) -> NoReturn:
    audit.record(moderator, f"{what}.refused", None, case=min(case_id, 2**62))
    raise Http404


def my_text_for(author: Member, submission_id: int) -> Submission:
    """A text of the person's own, or 404."""
    rows = Submission.objects.select_related("latest", "shown", "author")
    return get_object_or_404(rows, id=submission_id, author=author)


def companion_for(member: Member, other_id: int) -> Member:
    """Somebody the person shares a group or a pair with, or 404; for the care team, anybody of the
    clinic."""
    other = get_object_or_404(Member, id=other_id, clinic_id=member.clinic_id, is_active=True)
    if other.id == member.id:
        raise Http404
    if member.on_care_team or share_a_group(member, other):
        return other
    if any(tie(member, other) for tie in _ties):
        return other
    raise Http404


def letters_to(member: Member, limit: int = 2) -> QuerySet[Letter]:
    """What the care team wrote to the person, newest first."""
    rows = Letter.objects.filter(member=member, to_team=False).select_related("event", "submission")
    return rows.order_by("-id")[:limit]


def correspondent_for(moderator: Member, member_id: int) -> Member:
    """Somebody whose letters the moderator may read and answer, or 404."""
    return get_object_or_404(correspondents_of(moderator), id=member_id)


def my_about_for(author: Member, given: str) -> Submission | None:
    """The text of one's own that a letter is about; None when nothing was named, else 404."""
    return _about(author, given)


def about_for(person: Member, given: str) -> Submission | None:
    """The text of a person that a letter to them is about; None when nothing was named, else 404.

    A text under an alias is none of these: the letter would tell whose it is.
    """
    about = _about(person, given)
    if about is not None and about.byline:
        raise Http404
    return about


def _about(author: Member, given: str) -> Submission | None:
    if not given:
        return None
    if not given.isdecimal() or len(given) > 18:
        raise Http404
    return my_text_for(author, int(given))


def open_risk_case_of(member_id: int) -> RiskCase | None:
    """The open risk case of a person, if there is one."""
    return RiskCase.objects.filter(Q(member_id=member_id) & ~Q(state="closed")).first()
