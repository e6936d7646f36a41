"""Names for writing in one thread without one's own. Nothing but the row links name and person."""

import secrets

from django.db import IntegrityError, transaction

from community.forums.models import Alias, AliasReveal, Thread
from community.members import audit
from community.members.models import Member
from community.members.notices import tell

ANIMALS = [
    "Badger",
    "Beaver",
    "Bittern",
    "Blackbird",
    "Bullfinch",
    "Bumblebee",
    "Butterfly",
    "Buzzard",
    "Chaffinch",
    "Cormorant",
    "Cricket",
    "Crane",
    "Cuckoo",
    "Curlew",
    "Dipper",
    "Dormouse",
    "Dragonfly",
    "Duck",
    "Dunnock",
    "Eider",
    "Falcon",
    "Finch",
    "Firefly",
    "Gannet",
    "Goldfinch",
    "Goose",
    "Grebe",
    "Grouse",
    "Hare",
    "Hedgehog",
    "Heron",
    "Hoopoe",
    "Jackdaw",
    "Jay",
    "Kestrel",
    "Kingfisher",
    "Kite",
    "Ladybird",
    "Lapwing",
    "Lark",
    "Linnet",
    "Lynx",
    "Magpie",
    "Marten",
    "Martin",
    "Mole",
    "Moorhen",
    "Moth",
    "Newt",
    "Nightingale",
    "Nuthatch",
    "Oriole",
    "Osprey",
    "Otter",
    "Owl",
    "Partridge",
    "Peacock",
    "Petrel",
    "Pheasant",
    "Pigeon",
    "Pipit",
    "Plover",
    "Puffin",
    "Quail",
    "Rabbit",
    "Raven",
    "Redstart",
    "Robin",
    "Rook",
    "Seal",
    "Shrew",
    "Siskin",
    "Skylark",
    "Snail",
    "Snipe",
    "Sparrow",
    "Squirrel",
    "Starling",
    "Stork",
    "Swallow",
    "Swan",
    "Swift",
    "Tern",
    "Thrush",
    "Titmouse",
    "Toad",
    "Turtle",
    "Vole",
    "Wagtail",
    "Warbler",
    "Weasel",
    "Whale",
    "Woodpecker",
    "Wren",
]
TRIES = 8


class StaffHasNone(Exception):
    """The care team speaks as itself."""


def alias_for(thread: Thread, member: Member) -> Alias:
    """The person's alias in a thread, drawn now when there is none. Raises StaffHasNone.

    Chance alone chooses: a name made from the person, even with a key, could be made again.
    """
    if member.is_staff_role:
        raise StaffHasNone
    for attempt in range(TRIES):
        known = Alias.objects.filter(thread=thread, member=member).first()
        if known is not None:
            return known
        taken = set(thread.aliases.values_list("label", flat=True))
        number = "" if len(taken) < len(ANIMALS) else f" {len(taken) // len(ANIMALS) + 1}"
        free = [label for name in ANIMALS if (label := f"Member {name}{number}") not in taken]
        try:
            with transaction.atomic():
                return Alias.objects.create(
                    thread=thread, member=member, label=secrets.choice(free)
                )
        except IntegrityError:
            # Somebody drew the same name a moment earlier.
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


@transaction.atomic
def reveal(alias: Alias, by: Member, reason: str) -> Member:
    """Who stands behind an alias. It is written down, and the person is told of the look."""
    AliasReveal.objects.create(alias=alias, by=by, reason=reason)
    audit.record(by, "alias.revealed", alias, about=alias.member_id)
    tell(alias.member, "identity")
    return alias.member
