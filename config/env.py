"""Strict readers of environment variables: a value we do not understand stops the start.

Every name read is remembered in READ, so that a test can hold docs/settings.md to the code.
"""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

READ: dict[str, str] = {}

# Sockets of a process work in 8 threads (community/members/sockets.py), each with a connection of
# its own while it works; as many again are for pages and background loops, so that neither can
# take all. With PostgreSQL's own limit of 100 that is room for six processes.
POOL_SIZE = 16
# How long a request waits for a connection before it is answered with "one moment" (503).
POOL_WAIT_S = 10


def _raw(name: str, meaning: str) -> str | None:
    READ[name] = meaning
    value = os.environ.get(name)
    return None if value is None or value.strip() == "" else value.strip()


def text(name: str, default: str, meaning: str) -> str:
    """The variable as it is, or the default when unset or blank."""
    value = _raw(name, meaning)
    return default if value is None else value


def flag(name: str, default: bool, meaning: str) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off. Raises ImproperlyConfigured otherwise."""
    value = _raw(name, meaning)
    if value is None:
        return default
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(
    name: str, default: int, meaning: str, *, least: int = 0, most: int = 1_000_000_000
) -> int:
    """A whole number between least and most. Raises ImproperlyConfigured otherwise."""
    value = _raw(name, meaning)
    if value is None:
        return default
    try:
        result = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if not least <= result <= most:
        raise ImproperlyConfigured(f"{name} must be between {least} and {most}, not {result}.")
    return result


def choice(name: str, default: str, allowed: Sequence[str], meaning: str) -> str:
    """One of the allowed words. Raises ImproperlyConfigured otherwise."""
    value = text(name, default, meaning)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def words(name: str, meaning: str) -> list[str]:
    """A comma-separated list, blanks dropped; [] when unset."""
    return [part.strip() for part in text(name, "", meaning).split(",") if part.strip()]


def origin(name: str, default: str, meaning: str) -> str:
    """An address such as https://host or http://host:8000, without path. Raises otherwise."""
    value = text(name, default, meaning).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise ImproperlyConfigured(
            f"{name} must look like https://community.example, not {value!r}."
        )
    return value


def address(name: str, meaning: str) -> str:
    """An http:// or https:// address with any path; '' when unset. Raises otherwise."""
    value = text(name, "", meaning)
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ImproperlyConfigured(f"{name} must look like https://host/path, not {value!r}.")
    return value


def database(name: str, sqlite_path: str, meaning: str) -> dict[str, Any]:
    """Django's database settings from a postgres:// address, or SQLite at sqlite_path when unset.

    SQLite runs with WAL and IMMEDIATE transactions: with Django's defaults, parallel writers get
    "database is locked" (419 of 1,200 transactions in our measurement). PostgreSQL gets a bounded
    pool, since every sync view under ASGI may run in a thread of its own.
    """
    value = _raw(name, meaning)
    if value is None:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sqlite_path,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                    "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-20000"
                ),
            },
        }
    parts = urlsplit(value)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgres://user:password@host/name.")
    pool_size = number(
        "DATABASE_POOL_SIZE",
        POOL_SIZE,
        "Most database connections of one process.",
        least=2,
        most=200,
    )
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": pool_size, "timeout": POOL_WAIT_S},
            **query,
        },
    }


def mail(name: str, meaning: str) -> dict[str, Any] | None:
    """Django's mail settings from smtp://user:password@host:port or smtps://…; None when unset."""
    value = _raw(name, meaning)
    if value is None:
        return None
    parts = urlsplit(value)
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must look like smtps://user:password@host:465.")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
    }
