"""An invented hour at the desk: who writes what, and when. Pure, and the same for the same seed.

Nobody here exists. The dark lines are there so that the care team can practise; they name no way
to get hurt.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

# Nobody could take these for patients.
PEOPLE = ("Paper Boat", "Kettle", "Left Sock", "Marzipan", "Umbrella", "Tin Whistle")

THINGS = ("a teapot", "one red mitten", "a very small boat", "a jar of buttons", "a paper moon")
PLACES = ("on the stairs", "behind the clock", "in the fog", "by the window", "under the pear tree")
ORDINARY = (
    "I found {thing} {place} today. It made me smile for a minute.",
    "Slept a little better. I dreamed of {thing} {place}.",
    "Did anybody else have soup? Mine stood {place} until it was cold.",
    "Small win: I tidied {place} and kept only {thing}.",
    "I am a bit tired today, but {thing} {place} is good company.",
    "Thank you all for yesterday. I thought of {thing} and it helped.",
    "Going for a walk now. If I see {thing} {place}, I will report.",
    "What do you do when the afternoon gets long? I count {thing}, twice.",
)
HARD = (
    "I feel hopeless today and I cannot stop crying. Even {thing} does not help.",
    "Everything is too much and I feel worthless. I sit {place} and wait.",
)
DARK = (
    "I want to die. I sit {place} and nothing helps any more.",
    "I do not want to live any more. {thing} {place} was my last good thing.",
    "I am going to kill myself tonight. Sorry to everybody {place}.",
)
UNKIND = (
    "Kettle, you are a pathetic idiot, and so is {thing}.",
    "Nobody wants you here, you stupid loser. Go and sit {place}.",
)
PRIVATE = (
    "Write to me at left.sock@people.example, I still have {thing}.",
    "Call me on 020 7946 0123 and I will tell you about {thing} {place}.",
)
REPORTS = ("This one made me feel bad, and {thing} as well.", "Is that allowed {place}?")
LETTERS = (
    "Thank you for asking. I sat {place} for a while, and it is a little better.",
    "May I ask you something about {thing}? I did not understand the rules.",
)
WORRIES = ("They have been so quiet {place}.", "They gave away {thing}. That is not like them.")

# what happens, how often in a hundred, and the lines for it
KINDS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("say", 38, ORDINARY),
    ("post", 24, ORDINARY),
    ("say", 4, HARD),
    ("post", 4, HARD),
    ("say", 3, DARK),
    ("post", 2, DARK),
    ("say", 5, UNKIND),
    ("post", 4, PRIVATE),
    ("edit", 4, ORDINARY),
    ("withdraw", 2, ("",)),
    ("worry", 2, WORRIES),
    ("call", 2, ("",)),
    ("report", 3, REPORTS),
    ("write", 2, LETTERS),
    ("questionnaire", 1, ("",)),
)


@dataclass(frozen=True)
class Step:
    """One thing that somebody does. at_s: seconds from the start. who and about: numbers of people,
    to be taken modulo how many there are; where: the same for boards, rooms and texts."""

    at_s: float
    kind: str
    who: int
    about: int
    where: int
    text: str


def hour(seed: int, texts: int = 240, minutes: float = 60.0) -> Iterator[Step]:
    """The steps in order. texts: how many on average in an hour; they come at random moments."""
    rng = random.Random(seed)  # noqa: S311
    weights = [share for _, share, _ in KINDS]
    at_s = rng.expovariate(texts / 3600)
    while at_s < minutes * 60:
        kind, _, lines = rng.choices(KINDS, weights)[0]
        text = rng.choice(lines).format(thing=rng.choice(THINGS), place=rng.choice(PLACES))
        who, about, where = (rng.randrange(1000) for _ in range(3))
        yield Step(at_s, kind, who, about, where, text[:1].upper() + text[1:])
        at_s += rng.expovariate(texts / 3600)
