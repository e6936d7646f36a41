"""An unsafe start is refused, with a sentence that says what to do."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from config.help import resources

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def _is_open_to_others() -> bool:
    return urlsplit(settings.SITE_URL).hostname not in LOOPBACK


@register(Tags.security)
def help_is_configured(**_: Any) -> list[CheckMessage]:
    """Nobody may meet a crisis card without a number on it, nor with one of another country."""
    problems: list[CheckMessage] = []
    if not resources():
        problems.append(
            Error(
                f"No crisis resource is configured for the country {settings.COUNTRY!r}.",
                hint="Set COUNTRY, or add the country to the file HELP_RESOURCES_FILE names.",
                id="config.E001",
            )
        )
    if _is_open_to_others() and not settings.COUNTRY_GIVEN:
        problems.append(
            Error(
                "COUNTRY is not set, so people might be shown numbers of another country.",
                hint="Set COUNTRY to the clinic's two-letter country code, such as GB.",
                id="config.E002",
            )
        )
    return problems


@register(Tags.security)
def demo_and_debug_stay_home(**_: Any) -> list[CheckMessage]:
    """Demo doors and error details are for this machine alone."""
    if not _is_open_to_others():
        return []
    problems: list[CheckMessage] = []
    for name, number in (("DEMO", "E003"), ("DEBUG", "E004")):
        if getattr(settings, name):
            problems.append(
                Error(
                    f"{name} is on at an address that others can reach.",
                    hint=f"Unset {name}, or set SITE_URL to http://127.0.0.1:PORT.",
                    id=f"config.{number}",
                )
            )
    return problems


@register(Tags.security)
def secrets_are_given(**_: Any) -> list[CheckMessage]:
    """Keys on a server come from its environment, so that copies of the database open nothing."""
    if len(settings.SECRET_KEY) < 50:
        return [
            Error(
                "SECRET_KEY is shorter than 50 characters.",
                hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe(64))'",
                id="config.E005",
            )
        ]
    if any(len(key) < 32 for key in settings.AUDIT_KEYS):
        return [
            Error(
                "A key in AUDIT_KEYS is shorter than 32 characters.",
                hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
                id="config.E015",
            )
        ]
    if not _is_open_to_others():
        return []
    problems: list[CheckMessage] = []
    for name, given, number in (
        ("SECRET_KEY", settings.SECRET_KEY_GIVEN, "E006"),
        ("VAULT_KEYS", settings.VAULT_KEYS_GIVEN, "E007"),
        ("IDENTITY_KEYS", settings.IDENTITY_KEYS_GIVEN, "E016"),
        ("AUDIT_KEYS", settings.AUDIT_KEYS_GIVEN, "E014"),
    ):
        if not given:
            problems.append(
                Error(
                    f"{name} is not set; a key beside the database would be copied with it.",
                    hint=f"Put {name} into the environment of every process.",
                    id=f"config.{number}",
                )
            )
    if urlsplit(settings.SITE_URL).scheme != "https":
        problems.append(
            Error(
                "SITE_URL does not begin with https://.",
                hint="Serve through HTTPS: people's words must not travel in the open.",
                id="config.E008",
            )
        )
    return problems


@register(Tags.database)
def sqlite_waits_instead_of_failing(**_: Any) -> list[CheckMessage]:
    """Without WAL and IMMEDIATE, parallel writers on SQLite get 'database is locked'."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] != "django.db.backends.sqlite3":
        return []
    options = database.get("OPTIONS", {})
    safe = (
        options.get("transaction_mode") == "IMMEDIATE"
        and "journal_mode=WAL" in options.get("init_command", "")
        and options.get("timeout", 0) >= 5
    )
    if safe:
        return []
    return [
        Error(
            "SQLite needs transaction_mode IMMEDIATE, journal_mode WAL and a timeout of 5 s.",
            hint="Leave DATABASES to config/env.py.",
            id="config.E009",
        )
    ]


@register(Tags.caches)
def many_processes_share(**_: Any) -> list[CheckMessage]:
    """Memory of one process counts neither limits nor second factors for another."""
    if settings.PROCESSES <= 1:
        return []
    problems: list[CheckMessage] = []
    local = "locmem" in settings.CACHES["default"]["BACKEND"].lower()
    inmemory = "InMemory" in settings.CHANNEL_LAYERS["default"]["BACKEND"]
    if local or inmemory:
        problems.append(
            Error(
                "Several processes need REDIS_URL: limits, codes and live events are shared there.",
                hint="Set REDIS_URL, or PROCESSES=1.",
                id="config.E010",
            )
        )
    if "sqlite3" in settings.DATABASES["default"]["ENGINE"]:
        problems.append(
            Error(
                "Several processes need PostgreSQL.",
                hint="Set DATABASE_URL, or PROCESSES=1.",
                id="config.E011",
            )
        )
    return problems


@register(Tags.security)
def proxies_are_counted(**_: Any) -> list[CheckMessage]:
    """Behind a proxy that is not counted, all visitors share one rate limit."""
    if _is_open_to_others() and settings.PROXY_COUNT == 0:
        return [
            Error(
                "PROXY_COUNT is 0 at a public address: nothing here speaks HTTPS by itself.",
                hint="Put a proxy with HTTPS in front and set PROXY_COUNT to how many there are.",
                id="config.E012",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def letters_leave(**_: Any) -> list[CheckMessage]:
    """Without a mail server, codes and confirmations stay in files."""
    if hasattr(settings, "EMAIL_FILE_PATH"):
        return [
            checks.Warning(
                "EMAIL_URL is not set: mails are written to files and reach nobody.",
                hint="Set EMAIL_URL to the clinic's mail server.",
                id="config.W013",
            )
        ]
    return []
