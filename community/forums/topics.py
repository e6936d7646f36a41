"""Content warnings by topic, as bits of one number. Pure.

Few and plain: a bare "warning" tells nothing, and one that tells too much hurts by itself.
"""

TOPICS: dict[int, str] = {
    1: "self-harm",
    2: "suicide",
    4: "food and the body",
    8: "abuse or violence",
    16: "death and loss",
    32: "alcohol or drugs",
}
ALL = sum(TOPICS)


def words_of(mask: int) -> str:
    """The topics of a mask as people read them: "death and loss, suicide"; "" for none."""
    return ", ".join(sorted(name for bit, name in TOPICS.items() if mask & bit))


def mask_of(bits: list[str]) -> int:
    """The mask of chosen topics, given as their numbers in text."""
    return sum({int(bit) for bit in bits if bit.isdecimal() and int(bit) in TOPICS})
