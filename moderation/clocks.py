"""How soon a person must look, by level. Pure arithmetic; the sources are in docs/moderation.md."""

from datetime import datetime, timedelta

# Minutes until somebody has acknowledged a person at risk (levels amber, red, crisis).
ACKNOWLEDGE_MIN = {1: 60, 2: 10, 3: 2}
# Minutes until a held text is decided, by level.
DECIDE_MIN = {0: 12 * 60, 1: 4 * 60, 2: 60, 3: 15}
LEASE_S = 10 * 60
# A text that has used this share of its time is served as if it were one level more urgent, so
# that a steady stream of red never starves amber.
AGED = 0.8


def acknowledge_by(level: int, now: datetime) -> datetime:
    """When a risk case of this level (1 to 3) must be acknowledged."""
    return now + timedelta(minutes=ACKNOWLEDGE_MIN[level])


def decide_by(level: int, now: datetime) -> datetime:
    """When a review case of this level (0 to 3) must be decided."""
    return now + timedelta(minutes=DECIDE_MIN[level])


def lease_end(now: datetime) -> datetime:
    """When a claim made now runs out, unless its holder shows a sign of life."""
    return now + timedelta(seconds=LEASE_S)


def aged_by(level: int, now: datetime) -> datetime:
    """Texts of this level (0 to 3) due by this moment have used most of their time."""
    return now + timedelta(minutes=DECIDE_MIN[level] * (1 - AGED))
