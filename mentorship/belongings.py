"""What of mentoring belongs to one person: for the copy they take, and what goes when they go."""

from django.db.models import Q

from community.members.belongings import at
from community.members.models import Member
from community.members.own_copies import Thing
from mentorship import actions
from mentorship.models import OPEN, Answers, Concern, Pair, PairState, Proposal, SessionLog


def copy_of(member: Member) -> list[Thing]:
    """What they told us for the matching, questions, pairs and meetings. Nobody else by name."""
    found: list[Thing] = [
        {
            "What you told us, as": row.get_side_display(),
            "Languages": row.languages,
            "Topics": row.topics,
            "Rather not": row.avoid,
            "Hours": row.hours,
            "How": row.style,
        }
        for row in Answers.objects.filter(member=member)
    ]
    either = Q(mentor=member) | Q(mentee=member)
    questions = Proposal.objects.filter(either).order_by("id")
    found += [
        {"A question to you": row.get_state_display(), "When": at(row.created_at)}
        for row in questions
    ]
    pairs = Pair.objects.filter(either).order_by("id")
    found += [
        {
            "A pair, in which you were": "mentor" if row.mentor_id == member.pk else "member",
            "From": at(row.started_at),
            "Until": at(row.ended_at),
            "How it ended": row.get_end_kind_display(),
        }
        for row in pairs
    ]
    logs = SessionLog.objects.filter(by=member).order_by("id")
    found += [
        {
            "A meeting": at(row.on),
            "Minutes": row.minutes,
            "Where": row.get_mode_display(),
            "How you were before": row.mood_before,
            "And after": row.mood_after,
        }
        for row in logs
    ]
    worries = Concern.objects.filter(raised_by=member).order_by("id")
    return [*found, *({"You told us that you were worried": at(w.raised_at)} for w in worries)]


def erase(member: Member) -> int:
    """End their pairs and open questions, and forget what they told us for the matching."""
    either = Q(mentor=member) | Q(mentee=member)
    for pair in Pair.objects.filter(either).exclude(state=PairState.ENDED):
        actions.end(pair, member)
    for proposal in Proposal.objects.filter(either, state__in=OPEN):
        actions.withdraw(proposal, member)
    return Answers.objects.filter(member=member).delete()[0]
