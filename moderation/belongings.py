"""What moderation keeps of one person, for the copy they take. No word of those who decided."""

from django.utils import timezone

from community.members.belongings import at
from community.members.identity import OWN_LABELS
from community.members.models import Member
from community.members.own_copies import Thing
from moderation.access import letters_to
from moderation.content import kind_of
from moderation.disclosure import told_to
from moderation.models import Appeal, Report, Sanction, SanctionState, Submission

MANY = 100_000


def texts(member: Member) -> list[Thing]:
    """Everything they wrote for others, with each wording and what became of it."""
    rows = Submission.objects.filter(author=member).select_related("group").order_by("id")
    found = []
    for row in rows.prefetch_related("revisions", "decisions"):
        revisions = sorted(row.revisions.all(), key=lambda wording: wording.number)
        decisions = sorted(row.decisions.all(), key=lambda decision: decision.id)
        found.append(
            {
                "What": _label(row.kind),
                "Group": row.group.name if row.group else None,
                "Under the name": row.byline or member.name,
                "Written": at(row.created_at),
                "Stands now": row.get_state_display(),
                "Wordings": [
                    {"When": at(one.created_at), "Title": one.title, "Text": one.body}
                    for one in revisions
                ],
                "Decided": [
                    {
                        "When": at(one.at),
                        "What": one.get_outcome_display(),
                        "By": "the filter" if one.by_id is None else "a person",
                    }
                    for one in decisions
                ],
            }
        )
    return found


def _label(kind: str) -> str:
    try:
        return kind_of(kind).label
    except KeyError:
        return kind


def letters(member: Member) -> list[Thing]:
    """What the care team wrote to them."""
    rows = letters_to(member, limit=MANY)
    return [{"When": at(row.at), "The care team wrote": row.words} for row in rows]


def said_to_us(member: Member) -> list[Thing]:
    """What they reported and appealed, what was set for them, and the answers."""
    reports = Report.objects.filter(reporter=member).order_by("id")
    found: list[Thing] = [
        {
            "You reported a text": row.get_reason_display(),
            "You wrote": row.text,
            "When": at(row.created_at),
            "What came of it": row.get_state_display(),
        }
        for row in reports
    ]
    begun = Sanction.objects.filter(member=member).exclude(
        state__in=(SanctionState.PROPOSED, SanctionState.DECLINED)
    )
    found += [
        {
            "Set for you": row.get_kind_display(),
            "Because": row.reason,
            "From": at(row.starts_at),
            "Until": at(row.ended_at or row.ends_at),
        }
        for row in begun.order_by("id")
    ]
    appeals = Appeal.objects.filter(member=member).order_by("id")
    found += [
        {
            "You asked us to look again": row.text,
            "When": at(row.created_at),
            "We answered": row.answer,
        }
        for row in appeals
    ]
    return found


def looks(member: Member) -> list[Thing]:
    """Who looked at who they are, when and for what; later where telling at once puts at risk."""
    return [
        {
            "Why": row.get_basis_display(),
            "What was seen": [OWN_LABELS.get(name, name) for name in row.fields],
            "By": "a clinical lead" if row.asked_by.is_lead else "a moderator of the care team",
            "In an emergency": row.emergency,
            "When": [at(moment) for moment in row.looks],  # type: ignore[attr-defined]
        }
        for row in told_to(member, timezone.now())
    ]
