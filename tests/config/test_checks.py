"""Unsafe starts are refused, each by its own name; the safe one passes."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import CheckMessage

from config import checks
from config.help import resources

PUBLIC = "https://community.example"


@pytest.fixture(autouse=True)
def _fresh_resources() -> Iterator[None]:
    resources.cache_clear()
    yield
    resources.cache_clear()


def ids(check: Callable[..., list[CheckMessage]]) -> list[str]:
    return [message.id or "" for message in check()]


def safe(settings: Any) -> None:
    settings.SITE_URL = PUBLIC
    settings.COUNTRY_GIVEN = True
    settings.DEMO = settings.DEBUG = False
    settings.SECRET_KEY = "x" * 64
    settings.SECRET_KEY_GIVEN = settings.VAULT_KEYS_GIVEN = True
    settings.IDENTITY_KEYS_GIVEN = settings.AUDIT_KEYS_GIVEN = True
    settings.PROXY_COUNT = 1
    settings.PROCESSES = 1


ALL = [
    checks.help_is_configured,
    checks.demo_and_debug_stay_home,
    checks.secrets_are_given,
    checks.sqlite_waits_instead_of_failing,
    checks.many_processes_share,
    checks.proxies_are_counted,
]


@pytest.mark.parametrize("check", ALL)
def test_a_safe_public_start_passes(check: Any, settings: Any) -> None:
    safe(settings)
    assert ids(check) == []


@pytest.mark.parametrize(
    ("change", "value", "check", "found"),
    [
        ("COUNTRY", "XX", checks.help_is_configured, ["config.E001"]),
        ("COUNTRY_GIVEN", False, checks.help_is_configured, ["config.E002"]),
        ("DEMO", True, checks.demo_and_debug_stay_home, ["config.E003"]),
        ("DEBUG", True, checks.demo_and_debug_stay_home, ["config.E004"]),
        ("SECRET_KEY", "short", checks.secrets_are_given, ["config.E005"]),
        ("SECRET_KEY_GIVEN", False, checks.secrets_are_given, ["config.E006"]),
        ("VAULT_KEYS_GIVEN", False, checks.secrets_are_given, ["config.E007"]),
        ("AUDIT_KEYS_GIVEN", False, checks.secrets_are_given, ["config.E014"]),
        ("IDENTITY_KEYS_GIVEN", False, checks.secrets_are_given, ["config.E016"]),
        ("AUDIT_KEYS", ["short"], checks.secrets_are_given, ["config.E015"]),
        ("SITE_URL", "http://community.example", checks.secrets_are_given, ["config.E008"]),
        ("PROXY_COUNT", 0, checks.proxies_are_counted, ["config.E012"]),
    ],
)
def test_an_unsafe_public_start_is_refused(
    change: str, value: Any, check: Any, found: list[str], settings: Any
) -> None:
    safe(settings)
    setattr(settings, change, value)
    assert ids(check) == found


def test_a_missing_file_of_resources_is_refused(settings: Any) -> None:
    safe(settings)
    settings.HELP_RESOURCES_FILE = "/nowhere.json"
    assert ids(checks.help_is_configured) == ["config.E001"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"transaction_mode": "IMMEDIATE", "timeout": 20},
        {"init_command": "PRAGMA journal_mode=WAL", "timeout": 20},
    ],
)
def test_sqlite_without_wal_or_immediate_is_refused(
    options: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": options}
    monkeypatch.setattr(checks, "settings", SimpleNamespace(DATABASES={"default": database}))
    assert ids(checks.sqlite_waits_instead_of_failing) == ["config.E009"]


def test_many_processes_in_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = SimpleNamespace(
        PROCESSES=2,
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {}}},
    )
    monkeypatch.setattr(checks, "settings", memory)
    assert ids(checks.many_processes_share) == ["config.E010", "config.E011"]


def test_on_this_machine_a_demo_may_run(settings: Any) -> None:
    settings.SITE_URL = "http://127.0.0.1:9000"
    settings.DEMO = True
    assert ids(checks.demo_and_debug_stay_home) == []
