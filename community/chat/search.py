"""Finding words in a room: only in what others may see, as they may see it."""

from community.chat.models import ChatMessage, Room
from community.members.blocks import hidden_from
from community.members.models import Member
from moderation.models import PUBLIC

FOUND = 30
LOOKED_AT = 200


def find(room: Room, words: str, reader: Member) -> list[ChatMessage]:
    """The newest messages of the room whose shown words hold these, in one query.

    Nothing of somebody whom the reader does not meet is among them.

    Hidden parts of a message are not searched: a hit would tell what is hidden.
    """
    rows = ChatMessage.objects.filter(
        ~hidden_from(reader),
        room=room,
        submission__state__in=PUBLIC,
        submission__shown__body__icontains=words,
    ).select_related("author", "submission__shown")
    shown = [
        message
        for message in rows.order_by("-id")[:LOOKED_AT]
        if message.submission.shown is not None
        and words.casefold() in message.submission.shown.public_body.casefold()
    ]
    return shown[:FOUND]
