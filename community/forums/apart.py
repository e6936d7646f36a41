"""Who does not meet whom in forums, told by the name they wrote under and by nothing else.

A block of a person hides what they write under their own name. A block of an alias hides that alias
in its thread. Neither reaches over to the other: else blocking would show who is who, by what goes
away with it. See docs/decisions/0010-a-block-knows-one-name.md.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from community.forums.models import Alias, AliasBlock, Thread
from community.members.blocks import CannotBlock, hidden_from
from community.members.models import Member


@transaction.atomic
def block(alias: Alias, member: Member) -> bool:
    """Let the member and whoever writes under the alias not meet in its thread. Silent.

    False when it was so already. Raises CannotBlock for the care team and for one's own alias.
    """
    if member.is_staff_role or alias.member_id == member.id:
        raise CannotBlock
    _, new = AliasBlock.objects.get_or_create(member=member, alias=alias)
    return new


def meet_again(member: Member, block_id: int) -> bool:
    """Take one's own block of an alias back. False when there was none."""
    return bool(AliasBlock.objects.filter(member=member, id=block_id).delete()[0])


def will_not_read(author: Member, alias: Alias | None, thread: Thread) -> Q:
    """For filtering members: those who do not meet the author under this name in this thread."""
    theirs = AliasBlock.objects.filter(
        member=author, alias__thread=thread, alias__member=OuterRef("pk")
    )
    if alias is None:
        return Q(hidden_from(author, "pk")) | Q(Exists(theirs))
    mine = AliasBlock.objects.filter(member=OuterRef("pk"), alias=alias)
    return Q(Exists(mine)) | Q(Exists(theirs))
