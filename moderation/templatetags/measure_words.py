"""Words about measures, reports and appeals for templates."""

from django import template

from moderation import casefile
from moderation.guidelines import GUIDELINES
from moderation.models import (
    Appeal,
    AppealState,
    Report,
    ReportState,
    Sanction,
    SanctionKind,
    SanctionState,
)

register = template.Library()

LIMITS = {
    SanctionKind.WARNING: "Nothing is limited. You can read and write as before.",
    SanctionKind.SLOW: "You can write one text every ten minutes. Reading is as before.",
    SanctionKind.REST: "You can read everything, and not write in forums and rooms.",
    SanctionKind.ROOM: "You cannot enter this room. Everything else is as before.",
    SanctionKind.GROUP: "You cannot enter this group. Everything else is as before.",
    SanctionKind.SUSPENSION: "You cannot enter groups and rooms.",
}
OUTCOMES = {
    ReportState.OPEN: "Somebody from the care team reads it soon.",
    ReportState.WORRY: "The care team knows, and looks after it. Thank you for looking out.",
    ReportState.FOUNDED: "We read it, and did something about it. Thank you for telling us.",
    ReportState.UNFOUNDED: "We read it with care. It stays, since it keeps the house "
    "rules. It was all right to ask.",
    ReportState.CHANGED: "It was changed or taken back before we read it. Thank you all the same.",
}
TONES = {
    SanctionState.PROPOSED: "amber",
    SanctionState.ACTIVE: "rose",
    SanctionState.DECLINED: "plum",
    SanctionState.EXPIRED: "plum",
    SanctionState.LIFTED: "teal",
    SanctionState.OVERTURNED: "teal",
}
APPEAL_TONES = {
    AppealState.OPEN: "amber",
    AppealState.UPHELD: "plum",
    AppealState.OVERTURNED: "teal",
}


@register.filter
def limits(sanction: Sanction) -> str:
    """What it means for the member, in a sentence or two."""
    return LIMITS[SanctionKind(sanction.kind)]


@register.filter
def came_of(report: Report) -> str:
    """What its maker is told, without anything about others."""
    return OUTCOMES[ReportState(report.state)]


@register.filter
def tone(row: Sanction | Appeal) -> str:
    """The badge class of a state. The words beside it say the same."""
    if isinstance(row, Appeal):
        return APPEAL_TONES[AppealState(row.state)]
    return TONES[SanctionState(row.state)]


@register.filter
def policy_label(code: str) -> str:
    """What the team calls a rule; the bare code when it is not one of ours."""
    return next((line.label for line in GUIDELINES if line.code == code), code)


@register.filter
def kind_label(name: str) -> str:
    """What members call this kind of text."""
    return casefile.kind_label(name).lower()
