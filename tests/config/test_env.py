"""A setting that is not understood stops the start; the page of settings is true."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from community.members import sockets
from config import env


@pytest.mark.parametrize(
    ("value", "meant"), [("1", True), ("yes", True), ("off", False), ("", True)]
)
def test_a_flag_is_read(value: str, meant: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_FLAG", value)
    assert env.flag("X_FLAG", True, "") is meant


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (lambda: env.flag("X", False, ""), "maybe"),
        (lambda: env.number("X", 1, "", least=1), "0"),
        (lambda: env.number("X", 1, ""), "three"),
        (lambda: env.choice("X", "a", ["a", "b"], ""), "c"),
        (lambda: env.origin("X", "", ""), "community.example"),
        (lambda: env.origin("X", "", ""), "https://community.example/path"),
        (lambda: env.database("X", "", ""), "mysql://host/name"),
        (lambda: env.database("X", "", ""), "postgres://host"),
        (lambda: env.mail("X", ""), "http://host"),
    ],
)
def test_what_is_not_understood_stops_the_start(
    reader, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured, match=r"^X must"):
        reader()


def test_a_postgres_address_gives_a_bounded_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_POOL_SIZE", raising=False)
    monkeypatch.setenv("X", "postgres://us%40er:p%3Aw@db.example:5433/name")
    monkeypatch.delenv("DATABASE_POOL_SIZE", raising=False)
    database = env.database("X", "", "")
    assert (database["USER"], database["PASSWORD"]) == ("us@er", "p:w")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", "5433", "name")
    assert database["OPTIONS"]["pool"]["max_size"] == env.POOL_SIZE
    # Sockets alone can hold eight; pages must find some of their own, and wait for one.
    assert 2 * sockets._threads._max_workers <= env.POOL_SIZE
    assert database["OPTIONS"]["pool"]["timeout"] == env.POOL_WAIT_S
    assert database["CONN_MAX_AGE"] == 0


def test_the_settings_page_names_every_variable_and_no_other() -> None:
    page = Path(settings.BASE_DIR, "docs/settings.md").read_text()
    named = set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE))
    read = {name for name in env.READ if not name.startswith("X")}
    assert named == read | {"DATABASE_POOL_SIZE"}
