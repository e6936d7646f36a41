"""Links in mails. Signed over the registration and its nonce: the database holds nothing usable."""

import hashlib
import secrets

from django.core import signing

from events.models import FeedbackToken, Occurrence, Registration

SALT = "events.place"


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
