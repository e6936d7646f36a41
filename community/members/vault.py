"""Sealing of small secrets with keys from outside the database. Fails closed: no key, no value.

Two rings: VAULT_KEYS for second factors, IDENTITY_KEYS for who people are. What one ring seals the
other does not open.
"""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Tampered(Exception):
    """The sealed value was changed, none of our keys opens it, or it is somebody else's."""


@cache
def _ring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(plain: str) -> str:
    """The value encrypted with the newest key, as text."""
    return _ring(tuple(settings.VAULT_KEYS)).encrypt(plain.encode()).decode()


def unseal(sealed: str) -> str:
    """The value again. Raises Tampered."""
    try:
        return _ring(tuple(settings.VAULT_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Tampered from None


def seal_bytes(plain: bytes) -> str:
    """A file encrypted with the newest key, as text."""
    return _ring(tuple(settings.VAULT_KEYS)).encrypt(plain).decode()


def unseal_bytes(sealed: str) -> bytes:
    """The file again. Raises Tampered."""
    try:
        return _ring(tuple(settings.VAULT_KEYS)).decrypt(sealed.encode())
    except InvalidToken:
        raise Tampered from None


def seal_identity(owner_id: int, plain: str) -> str:
    """A value sealed for one person: put into another person's row, it does not open."""
    bound = f"{owner_id}\n{plain}".encode()
    return _ring(tuple(settings.IDENTITY_KEYS)).encrypt(bound).decode()


def unseal_identity(owner_id: int, sealed: str) -> str:
    """The value again. Raises Tampered, also when it was sealed for somebody else."""
    try:
        bound = _ring(tuple(settings.IDENTITY_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Tampered from None
    owner, _, plain = bound.partition("\n")
    if owner != str(owner_id):
        raise Tampered
    return plain
