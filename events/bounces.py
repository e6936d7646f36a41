"""Letters that come back (RFC 3464). A dead address keeps no seat and holds up no waiting list.

Whose letter it was says either the envelope's address (BOUNCE_ADDRESS with a tag) or the letter's
own Message-ID inside what comes back. Both carry the number of the place and a signature over it,
so that nobody can take seats away with invented letters.
"""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from django.db import transaction

from events import tokens, waiting
from events.models import Registration, RegistrationState

# Letters in a row that came back for now; then the address counts as dead.
SOFT = 5


@dataclass(frozen=True)
class Bounce:
    """A letter that came back. hard: it will never arrive."""

    registration_id: int
    hard: bool


def bounce_in(raw: bytes) -> Bounce | None:
    """What a letter says about one of ours; None when it is no delivery report or not about ours.

    Delays alone ("we keep trying") are not counted.
    """
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    hard = _verdict(letter)
    number = _whose(letter)
    return None if hard is None or number is None else Bounce(number, hard)


def _verdict(letter: EmailMessage) -> bool | None:
    """True: refused for good; False: refused for now; None: nothing failed."""
    found: bool | None = None
    for part in letter.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.walk():
            if str(block.get("Action", "")).strip().lower() != "failed":
                continue
            # 5.2.2, a full mailbox, says "for good" but passes.
            status = str(block.get("Status", "")).strip()
            found = bool(found) or (status.startswith("5") and not status.startswith("5.2.2"))
    return found


def _whose(letter: EmailMessage) -> int | None:
    for text in _places_of_tags(letter):
        if (number := tokens.tagged_in(text)) is not None:
            return number
    return None


def _places_of_tags(letter: EmailMessage) -> list[str]:
    names = ("To", "Delivered-To", "X-Original-To", "In-Reply-To", "References")
    found = [str(value) for name in names for value in letter.get_all(name, [])]
    for part in letter.walk():
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            found.append(_first_lines(part))
        elif part is not letter:
            found += [str(value) for value in part.get_all("Message-ID", [])]
    return found


def _first_lines(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    return content[:20_000].decode("utf-8", "replace") if isinstance(content, bytes) else ""


@transaction.atomic
def came_back(bounce: Bounce) -> bool:
    """Take what came back into account. False when there is nothing (or nobody) left to change.

    A seat that waited for this address goes on at once.
    """
    seen = Registration.objects.filter(id=bounce.registration_id, erased_at=None).first()
    if seen is None:
        return False
    occurrence, now = waiting.lock(seen.occurrence_id)
    registration = Registration.objects.get(id=seen.id)
    registration.occurrence = occurrence
    if not registration.is_live:
        return False
    registration.soft_bounces += 1
    if bounce.hard or registration.soft_bounces >= SOFT:
        registration.bounced_at = now
    registration.save(update_fields=["soft_bounces", "bounced_at"])
    if registration.bounced_at is None:
        return True
    if registration.state == RegistrationState.PENDING:
        waiting.expire(occurrence, registration)
    elif registration.state == RegistrationState.OFFERED:
        waiting.step_back(occurrence, registration, silent=False)
    waiting.promote(occurrence, now)
    return True


def came_back_since(look: str) -> bool:
    """Whether the letter of the sign-up behind this token (events.tokens.look_token) came back."""
    found = tokens.looked_at(look) if look else None
    if found is None:
        return False
    number, when = found
    since = datetime.fromtimestamp(when, UTC)
    return Registration.objects.filter(id=number, bounced_at__gte=since).exists()
