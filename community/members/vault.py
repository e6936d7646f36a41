"""Sealing of small secrets with keys from outside the database. Fails closed: no key, no value."""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Tampered(Exception):
    """The sealed value was changed, or none of our keys opens it."""


@cache
def _ring() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.VAULT_KEYS])


def seal(plain: str) -> str:
    """The value encrypted with the newest key, as text."""
    return _ring().encrypt(plain.encode()).decode()


def unseal(sealed: str) -> str:
    """The value again. Raises Tampered."""
    try:
        return _ring().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Tampered from None
