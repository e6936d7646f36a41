"""Links in mails. Signed over the registration and its nonce: the database holds nothing usable.

And the tags by which letters that come back say whose they were.
"""

import hashlib
import hmac
import re
import secrets
import time

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

from community.members import vault
from events.models import FeedbackToken, Occurrence, Registration

SALT = "events.place"
_TAG = re.compile(r"r([0-9]{1,18})-([0-9a-f]{20})(?![0-9a-f])", re.IGNORECASE)


def token_of(registration: Registration) -> str:
    """What the person's links carry. Changing the nonce makes all of them useless."""
    return signing.dumps([registration.id, registration.nonce.hex], salt=SALT, compress=True)


def registration_of(token: str) -> Registration | None:
    """Whose link it is; None for anything that is not a link of ours."""
    try:
        number, nonce = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (
        Registration.objects.select_related("occurrence__event__clinic")
        .filter(id=number, nonce=nonce)
        .first()
    )


def new_token(occurrence: Occurrence) -> str:
    """For one letter: whoever has it may say once how it was. Only its digest is kept."""
    token = secrets.token_urlsafe(24)
    FeedbackToken.objects.create(occurrence=occurrence, sha256=_digest(token))
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def date_of_token(token: str) -> Occurrence | None:
    """Which date a letter asks about; None once it was answered, and for anything else."""
    rows = FeedbackToken.objects.filter(sha256=_digest(token))
    found = rows.select_related("occurrence__event__clinic").first()
    return found.occurrence if found else None


def spend_token(token: str) -> bool:
    """Use the letter's one answer. False when it was used."""
    return FeedbackToken.objects.filter(sha256=_digest(token)).delete()[0] == 1


# --- Letters that come back -----------------------------------------------------------------------


def tag_of(registration_id: int) -> str:
    """What letters of this place carry, such as 'r12-0a1b...'."""
    return f"r{registration_id}-{_mac(registration_id)}"


def _mac(registration_id: int) -> str:
    return salted_hmac("events.bounce", str(registration_id)).hexdigest()[:20]


def tagged_in(text: str) -> int | None:
    """The place whose tag stands in a text; None when there is none of ours."""
    for number, mac in _TAG.findall(text):
        if hmac.compare_digest(_mac(int(number)), mac.lower()):
            return int(number)
    return None


def envelope_of(registration_id: int) -> str:
    """The sender on the envelope: where this letter comes back to."""
    local, at, host = settings.BOUNCE_ADDRESS.partition("@")
    return f"{local}+{tag_of(registration_id)}@{host}" if at else settings.DEFAULT_FROM_EMAIL


# --- After signing up -----------------------------------------------------------------------------


def look_token(registration_id: int) -> str:
    """Lets the page after a sign-up say that the letter came back.

    Sealed, and of one length, so that it does not tell how old a place is; 0 stands for none.
    """
    return vault.seal(f"{registration_id:020d} {int(time.time()):012d}")


def looked_at(token: str) -> tuple[int, int] | None:
    """(registration id, seconds since 1970 of the sign-up); None for anything not ours."""
    try:
        number, when = vault.unseal(token).split()
        return int(number), int(when)
    except (vault.Tampered, ValueError):
        return None
