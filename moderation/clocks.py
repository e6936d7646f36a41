"""How soon a person must look, by level. Pure arithmetic; the sources are in docs/moderation.md."""

from datetime import datetime, timedelta

# Minutes until somebody has acknowledged a person at risk (levels amber, red, crisis).
ACKNOWLEDGE_MIN = {1: 60, 2: 10, 3: 2}
# Minutes until they have heard from a person, and until somebody has judged how they are.
CONTACT_MIN = {1: 4 * 60, 2: 30, 3: 5}
ASSESS_MIN = {1: 4 * 60, 2: 60, 3: 15}
# Minutes until somebody has read a letter to the care team, by level.
READ_MIN = {0: 4 * 60, **ACKNOWLEDGE_MIN}
# Per cent of a promised time at which more people are called; after 100 all are, again and again.
LADDER = (0, 50, 80, 100)
# The same for a text that waits for a decision; there is nobody to call again and again.
TEXT_LADDER = (50, 80, 100)
REPEAT_MIN = {1: 60, 2: 10, 3: 2}
# Hours after which somebody who was at risk is asked again.
FOLLOW_UP_H = (24, 72)
# Minutes until a held text is decided, by level.
DECIDE_MIN = {0: 12 * 60, 1: 4 * 60, 2: 60, 3: 15}
LEASE_S = 10 * 60
# A text that has used this share of its time is served before one of the next level that comes in
# later, so that a steady stream of red never starves amber.
AGED = 0.8
# How many minutes before it is due a text begins to count as the next one to be read, by level.
# Red counts from the moment it comes in, amber from 80 % of its time, routine when it is due;
# a crisis comes before everything.
HEAD_START_MIN = {
    0: 0,
    1: DECIDE_MIN[1] * (1 - AGED),
    2: DECIDE_MIN[2],
    3: 10 * 365 * 24 * 60,
}


def acknowledge_by(level: int, now: datetime) -> datetime:
    """When a risk case of this level (1 to 3) must be acknowledged."""
    return now + timedelta(minutes=ACKNOWLEDGE_MIN[level])


def contact_by(level: int, now: datetime) -> datetime:
    """When somebody at risk (1 to 3) must have heard from a person."""
    return now + timedelta(minutes=CONTACT_MIN[level])


def assess_by(level: int, now: datetime) -> datetime:
    """When somebody must have judged how a person at risk (1 to 3) is."""
    return now + timedelta(minutes=ASSESS_MIN[level])


def ladder(level: int, began_at: datetime, due_at: datetime, now: datetime) -> list[int]:
    """The steps that have come by now, in per cent of the time from began_at to due_at.

    After 100 each repetition adds one: 101, 102 ... Of these only the latest is listed, so that a
    server that was away for a night does not make up for every call of it. Moments are compared,
    never counted, so neither a restart nor a change of the clocks moves a step.
    """
    whole = max(due_at - began_at, timedelta(seconds=1))
    steps = [step for step in LADDER if began_at + whole * (step / 100) <= now]
    if now >= due_at:
        # Judged as routine, a promise that was made before is still kept, at the quietest pace.
        again = int((now - due_at) / timedelta(minutes=REPEAT_MIN[max(level, min(REPEAT_MIN))]))
        steps += [100 + again] if again else []
    return steps


def text_steps(opened_at: datetime, due_at: datetime, now: datetime) -> list[int]:
    """The steps of a text's time that have come by now: 50, 80 and 100 per cent."""
    whole = due_at - opened_at
    return [step for step in TEXT_LADDER if opened_at + whole * (step / 100) <= now]


def next_text_step(opened_at: datetime, due_at: datetime, now: datetime) -> datetime | None:
    """When the next step of a text's time comes; None after the last."""
    whole = due_at - opened_at
    coming = (opened_at + whole * (step / 100) for step in TEXT_LADDER)
    return next((moment for moment in coming if moment > now), None)


def read_by(level: int, now: datetime) -> datetime:
    """When a letter to the care team, of this urgency (0 to 3), must be read."""
    return now + timedelta(minutes=READ_MIN[level])


def decide_by(level: int, now: datetime) -> datetime:
    """When a review case of this level (0 to 3) must be decided."""
    return now + timedelta(minutes=DECIDE_MIN[level])


def lease_end(now: datetime) -> datetime:
    """When a claim made now runs out, unless its holder shows a sign of life."""
    return now + timedelta(seconds=LEASE_S)


def serve_by(level: int, due_at: datetime) -> datetime:
    """The moment by which the queue sorts: the earlier, the sooner it is read.

    A constant of the case, so that an index holds the order: nothing needs to be sorted anew while
    time goes by. Of two texts that wait, the one of the higher level comes first, until the other
    has used up so much of its own time that it counts as much.
    """
    return due_at - timedelta(minutes=HEAD_START_MIN[level])
