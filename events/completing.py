"""Who completed a course. Pure."""

from collections.abc import Collection, Mapping


def part_of(planned: Mapping[int, int | None], attended: Collection[int]) -> set[int]:
    """The sessions somebody was part of: they were there, or at one that makes it up.

    planned: session to the session it makes up, or None. attended: sessions they were at. A session
    that makes up another is none of its own, and a session counts once.
    """
    found = set()
    for session in attended:
        if session in planned:
            found.add(planned[session] or session)
    return found


def has_completed(
    planned: Mapping[int, int | None], attended: Collection[int], needed: int
) -> bool:
    """Whether they were part of as many sessions as the course asks for, and of one at least."""
    return len(part_of(planned, attended)) >= max(1, needed)
