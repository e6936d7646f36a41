"""How well two people would fit: what rules a pair out, and the points that speak for it. Pure.

Whole numbers only. What rules out is never weighed against points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LANGUAGES = {
    "en": "English",
    "cy": "Welsh",
    "pl": "Polish",
    "ro": "Romanian",
    "pa": "Punjabi",
    "ur": "Urdu",
    "pt": "Portuguese",
    "es": "Spanish",
    "ar": "Arabic",
    "bsl": "British Sign Language",
}
TOPICS = {
    "mood": "Low mood",
    "worry": "Worry and panic",
    "sleep": "Sleep",
    "grief": "Loss and grief",
    "alone": "Being alone",
    "work": "Work or study",
    "family": "Family and caring for somebody",
    "trauma": "Hard things that happened",
    "eating": "Food and eating",
    "drink": "Alcohol and drugs",
}
STYLES = {
    "listen": "Mostly listening",
    "plan": "Small plans together",
    "walk": "Light and everyday",
}
GENDERS = {"woman": "Woman", "man": "Man", "other": "Another, or both"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Parts of a day in minutes after midnight, local time.
PARTS = {
    "morning": (9 * 60, 12 * 60),
    "afternoon": (12 * 60, 17 * 60),
    "evening": (17 * 60, 21 * 60),
}
LEAST_MINUTES = 60
AHEAD_WEEKS = 26

# What speaks against a pair, for the care team. Never shown to the two.
BARRIERS = {
    "self": "is the same person",
    "apart": "is kept apart",
    "before": "went together before, or said no",
    "not_ready": "does not take anybody now",
    "language": "no language in common",
    "hours": "less than an hour a week in common",
    "topic": "does not want this topic",
    "not_with": "is somebody they would rather not",
    "forbidden": "ruled out for this run",
}
WEIGHTS = {"topics": 40, "language": 60, "hours": 10, "style": 50, "waiting": 10, "again": 400}


@dataclass(frozen=True)
class Wish:
    """One side's answers. hours: "0.morning" codes in `zone`; private: names of answers."""

    languages: tuple[str, ...] = ()
    topics: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    hours: tuple[str, ...] = ()
    zone: str = "Europe/London"
    style: str = ""
    gender: str = ""
    not_with: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    waiting_weeks: int = 0
    again: bool = False


Busy = tuple[frozenset[int], ...]


def weeks_to_look_at(zones: Sequence[str], today: date) -> list[date]:
    """Mondays of the coming half year, one for each way the zones' clocks stand to each other."""
    monday = today - timedelta(days=today.weekday())
    found: dict[tuple[timedelta | None, ...], date] = {}
    for number in range(AHEAD_WEEKS):
        week = monday + timedelta(weeks=number)
        noon = datetime.combine(week, time(12)) + timedelta(days=2)
        clocks = tuple(noon.replace(tzinfo=ZoneInfo(zone)).utcoffset() for zone in sorted(zones))
        found.setdefault(clocks, week)
    return sorted(found.values())


def free_quarters(wish: Wish, weeks: Sequence[date]) -> Busy:
    """For each week, the quarter hours in which the person has time, counted from Monday, UTC.

    What lies across the end of the week is counted at its beginning: weeks repeat.
    """
    zone = ZoneInfo(wish.zone)
    result = []
    for monday in weeks:
        start = datetime(monday.year, monday.month, monday.day, tzinfo=ZoneInfo("UTC"))
        quarters: set[int] = set()
        for code in wish.hours:
            day, _, part = code.partition(".")
            midnight = datetime.combine(monday, time()) + timedelta(days=int(day))
            first, last = (
                int(
                    ((midnight + timedelta(minutes=m)).replace(tzinfo=zone) - start).total_seconds()
                )
                // 900
                for m in PARTS[part]
            )
            quarters.update(quarter % (7 * 96) for quarter in range(first, last))
        result.append(frozenset(quarters))
    return tuple(result)


def minutes_together(one: Busy, other: Busy) -> int:
    """Minutes a week that both have, in the worst of the weeks looked at."""
    return min((15 * len(a & b) for a, b in zip(one, other, strict=True)), default=0)


def barriers(mentee: Wish, mentor: Wish, minutes: int) -> list[str]:
    """What in their answers rules the two out, as codes of BARRIERS."""
    against = {
        "language": not set(mentee.languages) & set(mentor.languages),
        "hours": minutes < LEAST_MINUTES,
        "topic": bool(mentee.topics & mentor.avoid),
        "not_with": mentor.gender in mentee.not_with or mentee.gender in mentor.not_with,
    }
    return [code for code, holds in against.items() if holds]


def parts(mentee: Wish, mentor: Wish, minutes: int, weights: dict[str, int]) -> dict[str, int]:
    """The points that speak for the two, by factor. The score is their sum."""
    first = mentee.languages[:1] == mentor.languages[:1] and bool(mentee.languages)
    return {
        "topics": weights["topics"] * min(len(mentee.topics & mentor.topics), 3),
        "language": weights["language"] * first,
        "hours": weights["hours"] * min(minutes // 60, 10),
        "style": weights["style"] * (bool(mentee.style) and mentee.style == mentor.style),
        # Whoever waits counts more every week, so that nobody waits for ever.
        "waiting": weights["waiting"] * min(mentee.waiting_weeks, 26),
        "again": weights["again"] * mentee.again,
    }


def why(mentee: Wish, mentor: Wish, minutes: int) -> list[tuple[str, list[str]]]:
    """What may be told of why the two fit: nothing that either of them marked as private."""
    hidden = mentee.private | mentor.private
    said: list[tuple[str, list[str]]] = []
    if "topics" not in hidden and (shared := sorted(mentee.topics & mentor.topics)):
        said.append(("topics", shared))
    if "languages" not in hidden:
        common = [code for code in mentee.languages if code in mentor.languages]
        said.append(("language", common))
    if "style" not in hidden and mentee.style and mentee.style == mentor.style:
        said.append(("style", [mentee.style]))
    if "hours" not in hidden:
        said.append(("hours", [str(minutes // 60)]))
    return said


def sentence(reasons: Sequence[Sequence[object]]) -> str:
    """The reasons in words, without anybody's name; kind also when all of them are private."""
    words = []
    for factor, codes in reasons:
        names = [str(code) for code in codes]  # type: ignore[attr-defined]
        if factor == "topics":
            words.append("Both know: " + ", ".join(TOPICS[name].lower() for name in names) + ".")
        elif factor == "language":
            words.append("Language: " + ", ".join(LANGUAGES[name] for name in names) + ".")
        elif factor == "style":
            words.append(f"Both like: {STYLES[names[0]].lower()}.")
        elif factor == "hours":
            words.append(f"About {names[0]} hours a week in which both have time.")
    return " ".join(words) or "Their answers fit each other well."
