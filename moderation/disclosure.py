"""Learning who somebody is: asked by one, agreed by another, open for half an hour, all recorded.

In an emergency, which is an open crisis case, one person opens it alone and at once, and another
reviews it within a day. Who left an emergency unreviewed asks for nothing more until it is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from community.members import audit, identity
from community.members.erasure import erased
from community.members.models import AuditEntry, Member
from community.members.notices import tell
from moderation.access import open_risk_case_of
from moderation.disclosure_rows import Basis, DisclosureRequest, DisclosureState
from moderation.models import Level

WINDOW = timedelta(minutes=30)
LAPSES_AFTER = timedelta(hours=24)
REVIEW_WITHIN = timedelta(hours=24)


class NotAnEmergency(Exception):
    """Nobody said that the person is in danger now: there is no open crisis case about them."""


class ReviewOwed(Exception):
    """An emergency of the asker waits for its review for more than a day."""


class AskedAlready(Exception):
    """The asker's request about the person still waits or is open: `request`."""

    def __init__(self, request: DisclosureRequest) -> None:
        super().__init__(request.id)
        self.request = request


class OwnRequest(Exception):
    """Somebody else has to decide about one's own request, and about oneself."""


class NotWaiting(Exception):
    """It was decided, reviewed or closed meanwhile, or it lapsed."""


class WindowClosed(Exception):
    """Not agreed to, or the half hour is over."""


# --- Doors --------------------------------------------------------------------------------------


def requests_for(member: Member) -> QuerySet[DisclosureRequest]:
    """Requests a person of the care team may see: leads all of their clinic but those about
    themselves, moderators their own."""
    rows = DisclosureRequest.objects.filter(clinic_id=member.clinic_id).exclude(member=member)
    if not member.is_lead:
        rows = rows.filter(asked_by=member)
    return rows.select_related("member", "asked_by", "decided_by", "reviewed_by")


def request_for(member: Member, request_id: int) -> DisclosureRequest:
    """One of these, or 404. The attempt to reach another one is written down."""
    row = requests_for(member).filter(id=request_id).first()
    if row is None:
        audit.record(member, "identity.refused", None, request=min(request_id, 2**62))
        raise Http404
    return row


def subject_for(member: Member, member_id: int) -> Member:
    """The person of the clinic whose identity could be asked for, or 404. Not oneself."""
    rows = Member.objects.filter(clinic_id=member.clinic_id).exclude(id=member.id)
    return get_object_or_404(rows, id=member_id)


def in_crisis(member: Member) -> bool:
    """There is an open crisis case about the person."""
    case = open_risk_case_of(member.id)
    return case is not None and case.level == Level.CRISIS


def needs_its_words(now: datetime) -> Q:
    """Requests that somebody still has to answer or review, and so to read."""
    asked = Q(state=DisclosureState.REQUESTED, lapses_at__gt=now)
    return asked | Q(emergency=True, reviewed_at__isnull=True)


def _forget(request: DisclosureRequest) -> None:
    """Nobody needs the words about an erased person any more, once they are answered."""
    rows = DisclosureRequest.objects.filter(id=request.id, member__in=erased())
    rows.exclude(needs_its_words(timezone.now())).update(reason="", review_note="")


def to_be_done(lead: Member, now: datetime) -> QuerySet[DisclosureRequest]:
    """What waits for this lead: requests to agree to, emergencies to review."""
    return requests_for(lead).filter(needs_its_words(now)).exclude(asked_by=lead)


# --- Asking -------------------------------------------------------------------------------------


@transaction.atomic
def ask(
    by: Member, about: Member, basis: Basis, reason: str, fields: Sequence[str]
) -> DisclosureRequest:
    """Ask another lead to agree. fields: names of identity.LABELS.

    Raises ReviewOwed, AskedAlready, OwnRequest for oneself.
    """
    return _ask(by, about, basis, reason, fields)


@transaction.atomic
def ask_in_emergency(
    by: Member, about: Member, reason: str, fields: Sequence[str]
) -> DisclosureRequest:
    """Open it at once, alone; every other lead is told and one of them reviews it within a day.

    Raises NotAnEmergency, ReviewOwed, OwnRequest for oneself.
    """
    if not in_crisis(about):
        raise NotAnEmergency
    return _ask(by, about, Basis.DANGER, reason, fields, emergency=True)


def _ask(
    by: Member,
    about: Member,
    basis: Basis,
    reason: str,
    fields: Sequence[str],
    *,
    emergency: bool = False,
) -> DisclosureRequest:
    if by.id == about.id:
        raise OwnRequest
    # Locked, so that two requests at once are one after the other.
    Member.objects.select_for_update(no_key=True).get(id=by.id)
    now = timezone.now()
    if owes_a_review(by, now):
        raise ReviewOwed
    _lapse(by, about, now)
    if known := _known(by, about, now, emergency=emergency):
        raise AskedAlready(known)
    request = DisclosureRequest(
        member=about,
        clinic_id=about.clinic_id,
        asked_by=by,
        asked_at=now,
        basis=basis,
        reason=reason,
        fields=[name for name in identity.LABELS if name in fields],
        lapses_at=now + LAPSES_AFTER,
        told_from=now,
    )
    if emergency:
        request.emergency, request.state = True, DisclosureState.OPEN
        request.open_until, request.review_due_at = now + WINDOW, now + REVIEW_WITHIN
        # The review says when the person is told; without one, they are told when it was due.
        request.told_from = request.review_due_at
    request.save(force_insert=True)
    for lead in _other_leads(by, about):
        tell(lead, "disclosure", reverse("moderation:disclosure", args=[request.id]))
    _record(by, "emergency" if emergency else "asked", request)
    return request


def owes_a_review(by: Member, now: datetime) -> bool:
    """An emergency of theirs has waited for its review for more than a day."""
    mine = DisclosureRequest.objects.filter(asked_by=by, emergency=True, reviewed_at__isnull=True)
    return mine.filter(review_due_at__lte=now).exists()


def _known(
    by: Member, about: Member, now: datetime, *, emergency: bool
) -> DisclosureRequest | None:
    """What they may look at already, or wait for; an emergency waits for no answer."""
    wanted = Q(state=DisclosureState.OPEN, open_until__gt=now)
    if not emergency:
        wanted |= Q(state=DisclosureState.REQUESTED)
    return DisclosureRequest.objects.filter(wanted, asked_by=by, member=about).first()


def _lapse(by: Member, about: Member, now: datetime) -> None:
    """Close a request that nobody answered in time, so that it can be asked anew."""
    DisclosureRequest.objects.filter(
        asked_by=by, member=about, state=DisclosureState.REQUESTED, lapses_at__lte=now
    ).update(state=DisclosureState.CLOSED)


def _other_leads(by: Member, about: Member) -> QuerySet[Member]:
    leads = Member.objects.filter(clinic_id=about.clinic_id, is_lead=True, is_active=True)
    return leads.exclude(id__in=[by.id, about.id]).order_by("id")


# --- Deciding -----------------------------------------------------------------------------------


@transaction.atomic
def agree(request: DisclosureRequest, lead: Member, tell_after: timedelta) -> None:
    """Open the window for whoever asked. tell_after: how long the person does not learn of it.

    Raises OwnRequest, or NotWaiting when it was decided or lapsed meanwhile.
    """
    now = timezone.now()
    _decide(request, lead, now, DisclosureState.OPEN, open_until=now + WINDOW)
    DisclosureRequest.objects.filter(id=request.id).update(told_from=now + tell_after)
    tell(request.asked_by, "disclosure", reverse("moderation:disclosure", args=[request.id]))
    _record(lead, "agreed", request, told_after_days=tell_after.days)


@transaction.atomic
def decline(request: DisclosureRequest, lead: Member) -> None:
    """Say no. Raises OwnRequest, NotWaiting."""
    _decide(request, lead, timezone.now(), DisclosureState.DECLINED)
    tell(request.asked_by, "disclosure", reverse("moderation:disclosure", args=[request.id]))
    _record(lead, "declined", request)


def _decide(
    request: DisclosureRequest,
    lead: Member,
    now: datetime,
    to: DisclosureState,
    **fields: object,
) -> None:
    if not lead.is_lead or lead.id in (request.asked_by_id, request.member_id):
        raise OwnRequest
    # Two leads may answer at once; only one update finds the request waiting.
    waiting = DisclosureRequest.objects.filter(
        id=request.id, state=DisclosureState.REQUESTED, lapses_at__gt=now
    )
    if waiting.update(state=to, decided_by=lead, decided_at=now, **fields) != 1:
        raise NotWaiting
    _forget(request)


@transaction.atomic
def review(
    request: DisclosureRequest, lead: Member, justified: bool, note: str, tell_after: timedelta
) -> None:
    """Say whether an emergency was one. Raises OwnRequest, or NotWaiting when it is no emergency
    or somebody reviewed it first."""
    if not lead.is_lead or lead.id in (request.asked_by_id, request.member_id):
        raise OwnRequest
    now = timezone.now()
    waiting = DisclosureRequest.objects.filter(
        id=request.id, emergency=True, reviewed_at__isnull=True
    )
    done = waiting.update(
        reviewed_by=lead,
        reviewed_at=now,
        justified=justified,
        review_note=note,
        told_from=now + tell_after,
    )
    if done != 1:
        raise NotWaiting
    _forget(request)
    if not tell_after and views_of(request).exists():
        tell(request.member, "identity", reverse("moderation:my_data"))
    _record(lead, "reviewed", request, justified=justified, told_after_days=tell_after.days)


@transaction.atomic
def close(request: DisclosureRequest, by: Member) -> None:
    """The asker is done, or takes the request back. Raises NotWaiting."""
    mine = DisclosureRequest.objects.filter(id=request.id, asked_by=by)
    open_ones = mine.filter(state__in=(DisclosureState.REQUESTED, DisclosureState.OPEN))
    if open_ones.update(state=DisclosureState.CLOSED) != 1:
        raise NotWaiting
    _record(by, "closed", request)


# --- Looking ------------------------------------------------------------------------------------


def look(request: DisclosureRequest, by: Member) -> dict[str, str]:
    """The particulars that were asked for, by name, "" for what is not known.

    Only for whoever asked, inside the window; every look is a row of the audit, and so is every
    attempt that is refused. Raises WindowClosed; vault.Tampered.
    """
    with transaction.atomic():
        row = DisclosureRequest.objects.select_for_update(no_key=True).get(id=request.id)
        if allowed := row.asked_by_id == by.id and row.may_look(timezone.now()):
            seen = identity.disclose(request.member, row.fields)
            _tell_person(row)
        # Written down before anything is shown; when it cannot be, nothing is.
        _record(by, "seen" if allowed else "refused", row)
    if not allowed:
        raise WindowClosed
    return seen


def _tell_person(request: DisclosureRequest) -> None:
    """A notice at the first look, unless the person is to learn of it later."""
    if request.told_from <= timezone.now() and not views_of(request).exists():
        tell(request.member, "identity", reverse("moderation:my_data"))


def views_of(request: DisclosureRequest) -> QuerySet[AuditEntry]:
    """The looks at one disclosure, oldest first."""
    rows = AuditEntry.objects.filter(about_id=request.member_id, action="identity.seen")
    return rows.filter(object_id=request.id).order_by("sequence")


def told_to(member: Member, now: datetime) -> list[DisclosureRequest]:
    """Disclosures the person may know of, newest first, each with its `looks`: moments.

    Requests that led to no look are not shown: nobody learned anything.
    """
    looks: dict[int, list[datetime]] = {}
    rows = AuditEntry.objects.filter(about_id=member.id, action="identity.seen")
    for request_id, at in rows.order_by("sequence").values_list("object_id", "at"):
        looks.setdefault(request_id or 0, []).append(at)
    told = DisclosureRequest.objects.filter(member=member, told_from__lte=now, id__in=looks)
    result = list(told.select_related("asked_by").order_by("-asked_at", "-id"))
    for request in result:
        request.looks = looks[request.id]  # type: ignore[attr-defined]
    return result


def _record(by: Member, step: str, request: DisclosureRequest, **facts: object) -> None:
    audit.record(
        by,
        f"identity.{step}",
        request,
        about=request.member_id,
        basis=str(request.basis),
        fields=request.fields,
        emergency=request.emergency,
        **facts,
    )
