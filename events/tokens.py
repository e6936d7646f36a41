"""Links in mails. Signed over the registration and its nonce: the database holds nothing usable."""

from django.core import signing

from events.models import Registration

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
