"""Content warnings by topic, as bits of one number, and what a reader wants to happen to each.

Few and plain: a bare "warning" tells nothing, and one that tells too much hurts by itself. The
topics and the wishes are those of `members.preferences`, the same for the whole house.
"""

from dataclasses import dataclass

from community.members.models import Member
from community.members.preferences import Topic, Warned, warnings_of

# A bit never changes its meaning, for it is stored. 2 was "suicide" and went into 1.
TOPICS: dict[int, Topic] = {
    1: Topic.SELF_HARM,
    4: Topic.EATING,
    8: Topic.ABUSE,
    16: Topic.LOSS,
    32: Topic.SUBSTANCES,
    64: Topic.VIOLENCE,
    128: Topic.TREATMENT,
}
ALL = sum(TOPICS)
# What the filter published with a content note counts as this.
DARK = 1

OPEN, FOLDED, LEFT_OUT = "open", "folded", "left_out"


def words_of(mask: int) -> str:
    """The topics of a mask as people read them: "abuse and assault, death and loss"; or ""."""
    return ", ".join(sorted(topic.label.lower() for bit, topic in TOPICS.items() if mask & bit))


@dataclass(frozen=True)
class Wishes:
    """Which topics somebody reads at once, and which not at all; masks. Others are folded up."""

    shown: int = 0
    left_out: int = 0

    def way(self, mask: int) -> str:
        """How a text about these topics is put before them: OPEN, FOLDED or LEFT_OUT."""
        if mask & self.left_out:
            return LEFT_OUT
        return FOLDED if mask & ~self.shown else OPEN


def wishes_of(member: Member) -> Wishes:
    """What somebody chose in their settings, in one query."""
    chosen = warnings_of(member)
    shown = sum(bit for bit, topic in TOPICS.items() if chosen[topic] == Warned.SHOW)
    never = sum(bit for bit, topic in TOPICS.items() if chosen[topic] == Warned.NEVER)
    return Wishes(shown, never)
