"""Words and small parts for the desk's templates."""

from datetime import datetime
from urllib.parse import urlencode

from django import template
from django.utils import timezone

from community.members.models import Member
from moderation.access import letters_to
from moderation.models import Letter, Level

register = template.Library()

TONES = {Level.GREEN: "teal", Level.AMBER: "amber", Level.RED: "rose", Level.CRISIS: "rose"}


@register.filter
def level_words(level: int) -> str:
    """'At risk' for a level."""
    return str(Level(level).label)


@register.filter
def level_tone(level: int) -> str:
    """The badge class of a level. The words beside it say the same."""
    return TONES[Level(level)]


@register.filter
def away(moment: datetime | None) -> str:
    """How far a moment is from now, in words: 'in 2 min', '5 min ago', 'now'."""
    if moment is None:
        return ""
    seconds = (moment - timezone.now()).total_seconds()
    minutes = round(abs(seconds) / 60)
    if minutes == 0:
        return "now"
    if minutes < 60:
        words = f"{minutes} min"
    elif minutes < 48 * 60:
        words = f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    else:
        words = f"{minutes // 1440} days"
    return f"in {words}" if seconds > 0 else f"{words} ago"


@register.filter
def is_past(moment: datetime | None) -> bool:
    """The moment is over."""
    return moment is not None and moment <= timezone.now()


@register.filter
def soon_at(due_at: datetime, since: datetime) -> datetime:
    """When four fifths of the time until a moment are over: from then on it is due soon."""
    return since + (due_at - since) * 0.8


@register.simple_tag
def querystring_of(query: dict[str, object]) -> str:
    """'?level=2&held=mine' of a saved view."""
    # PostgreSQL keeps an object's keys in an order of its own.
    return f"?{urlencode(sorted(query.items()))}"


@register.simple_tag
def letters(member: Member) -> list[Letter]:
    """What the care team wrote to this person lately."""
    return list(letters_to(member))
