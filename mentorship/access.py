"""Doors to questions and pairs."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.shortcuts import get_object_or_404

from community.members.models import Member
from mentorship.models import (
    Answers,
    Application,
    MatchEdge,
    MatchRun,
    MentorProfile,
    MentorProfileQuerySet,
    Nomination,
    Pair,
    PairState,
    Partner,
    Proposal,
    ProposalState,
    Reference,
    SessionLog,
    Side,
    TrainingModule,
)


def proposal_for(member: Member, proposal_id: int) -> Proposal:
    """A question the person is asked now, or asked by the care team of the clinic; else 404."""
    asked = Q(mentor=member, state=ProposalState.STAFF_OK) | Q(
        mentee=member, state=ProposalState.MENTOR_OK
    )
    return get_object_or_404(
        Proposal.objects.select_related("mentor__mentor_profile", "mentee").filter(asked),
        id=proposal_id,
    )


def team_proposal_for(member: Member, proposal_id: int) -> Proposal:
    """A question of the clinic, for its care team; else 404."""
    mine = Proposal.objects.filter(clinic_id=member.clinic_id)
    return get_object_or_404(mine if member.on_care_team else mine.none(), id=proposal_id)


def pair_for(member: Member, pair_id: int) -> Pair:
    """A pair the person is part of, or of the clinic for its care team; else 404."""
    inside = Q(mentor=member) | Q(mentee=member)
    if member.on_care_team:
        inside |= Q(mentee__clinic_id=member.clinic_id)
    return get_object_or_404(
        Pair.objects.select_related("mentor", "mentee", "room").filter(inside), id=pair_id
    )


def own_pair_for(member: Member, pair_id: int) -> Pair:
    """A pair the person is part of, or 404, for the care team as well."""
    inside = Q(mentor=member) | Q(mentee=member)
    return get_object_or_404(
        Pair.objects.select_related("mentor", "mentee", "room").filter(inside), id=pair_id
    )


def sessions_of(member: Member, pair: Pair) -> QuerySet[SessionLog]:
    """What was written down of a pair: one's own side, and for the care team both."""
    rows = SessionLog.objects.filter(pair=pair).select_related("by").order_by("-on", "-id")
    return rows.filter(by=member) if member.id in (pair.mentor_id, pair.mentee_id) else rows


def answers_of(member: Member, side: Side) -> Answers | None:
    """What somebody said on one side; None before they said anything."""
    return Answers.objects.filter(member=member, side=side).first()


def runs_of(member: Member) -> QuerySet[MatchRun]:
    """Runs of the care team's own clinic."""
    rows = MatchRun.objects.filter(clinic_id=member.clinic_id)
    return rows if member.on_care_team else rows.none()


def run_for(member: Member, run_id: int) -> MatchRun:
    """A run of the clinic, for its care team; else 404."""
    return get_object_or_404(runs_of(member), id=run_id)


def edge_for(member: Member, run_id: int, edge_id: int) -> MatchEdge:
    """A proposed pair of such a run, or 404."""
    rows = MatchEdge.objects.filter(run=run_for(member, run_id))
    return get_object_or_404(rows.select_related("run", "mentee", "mentor"), id=edge_id)


def mentors_of(member: Member) -> MentorProfileQuerySet:
    """Mentors of the care team's own clinic."""
    mentors: MentorProfileQuerySet = MentorProfile.objects.filter(
        member__clinic_id=member.clinic_id
    )
    return mentors.select_related("member")


def are_paired(one: Member, other: Member) -> bool:
    """The two have a pair that has not ended, in either direction."""
    together = Q(mentor=one, mentee=other) | Q(mentor=other, mentee=one)
    return Pair.objects.filter(together).exclude(state=PairState.ENDED).exists()


def pairs_with(member: Member, path: str) -> Exists:
    """For filtering rows: the person at `path` goes with the member, or did, in either direction.

    Who was somebody's mentor does not judge them afterwards.
    """
    together = Q(mentor=member, mentee=OuterRef(path)) | Q(mentor=OuterRef(path), mentee=member)
    return Exists(Pair.objects.filter(together))


# --- Becoming and being a mentor -----------------------------------------------------------------


def applications_of(member: Member) -> QuerySet[Application]:
    """Applications of the care team's own clinic, one's own left out."""
    rows = Application.objects.filter(clinic_id=member.clinic_id).exclude(member=member)
    rows = rows if member.on_care_team else rows.none()
    return rows.select_related("member", "partner", "clinic", "interviewed_by")


def application_for(member: Member, application_id: int) -> Application:
    """An application of the clinic, for its care team; else 404."""
    return get_object_or_404(applications_of(member), id=application_id)


def own_application(member: Member) -> Application | None:
    """The person's latest application; None before the first."""
    return Application.objects.filter(member=member).order_by("-id").first()


def own_reference_for(member: Member, reference_id: int) -> Reference:
    """A referee of one's own application, or 404."""
    return get_object_or_404(Reference, id=reference_id, application__member=member)


def mentor_for(member: Member, profile_id: int) -> MentorProfile:
    """A mentor of the clinic, for its care team; else 404."""
    rows = mentors_of(member).select_related("member", "supervisor")
    return get_object_or_404(rows if member.on_care_team else rows.none(), id=profile_id)


def own_profile(member: Member) -> MentorProfile | None:
    """The person's own mentor profile; None for everybody else."""
    rows = MentorProfile.objects.filter(member=member).select_related("supervisor")
    return rows.first() if member.is_mentor else None


def modules_of(member: Member) -> QuerySet[TrainingModule]:
    """Trainings of the clinic that are required now."""
    rows = TrainingModule.objects.filter(clinic_id=member.clinic_id, retired_at__isnull=True)
    return rows.order_by("title")


def module_for(member: Member, module_id: int) -> TrainingModule:
    """Such a training, for the care team; else 404."""
    rows = modules_of(member)
    return get_object_or_404(rows if member.on_care_team else rows.none(), id=module_id)


def partners_of(member: Member) -> QuerySet[Partner]:
    """Partners of the care team's own clinic whose link is open."""
    rows = Partner.objects.filter(clinic_id=member.clinic_id, closed_at__isnull=True)
    return rows.order_by("name") if member.on_care_team else rows.none()


def partner_for(member: Member, partner_id: int) -> Partner:
    """Such a partner, or 404."""
    return get_object_or_404(partners_of(member), id=partner_id)


def nominations_of(member: Member) -> QuerySet[Nomination]:
    """People named to the care team's own clinic and not answered yet."""
    rows = Nomination.objects.filter(
        partner__clinic_id=member.clinic_id, answered_at__isnull=True
    ).select_related("partner")
    return rows.order_by("id") if member.on_care_team else rows.none()


def nomination_for(member: Member, nomination_id: int) -> Nomination:
    """Such a nomination, or 404."""
    return get_object_or_404(nominations_of(member), id=nomination_id)
