"""The people of every test: ana and ben share a group, cleo is elsewhere, mia mentors, moss
moderates, lena leads, ada administers, zoe is suspended, dora belongs to another clinic, and a
visitor is nobody."""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import cache
from django.db.models.sql.compiler import SQLUpdateCompiler
from django.test import Client
from hypothesis import settings as examples

from community.members import append_only
from community.members.models import Clinic, Group, Member
from tests import make, migrated

# Tables that refuse changes, as the migrations leave them: table, columns (empty: all).
_written_once = import_module("moderation.migrations.0003_written_once").WRITTEN_ONCE
_labels = import_module("moderation.migrations.0004_quality").TABLES
_answers = import_module("moderation.migrations.0007_serve_at").WRITTEN_ONCE
_steps = import_module("moderation.migrations.0010_steps_written_once").WRITTEN_ONCE
_case_steps = import_module("moderation.migrations.0016_case_steps_written_once").WRITTEN_ONCE
GUARDED: dict[str, tuple[str, ...]] = {
    "members_auditentry": (),
    **_written_once,
    **dict.fromkeys(_labels, ()),
    **_answers,
    **_steps,
    **_case_steps,
}

# How long an example takes says how busy the machine is.
examples.register_profile("hearth", deadline=None)
examples.load_profile("hearth")

pytest_plugins = ["tests.servers", "tests.access_things"]


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Rate limits and codes of one test say nothing to the next."""
    cache.clear()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The database is a copy made for this process; it goes away with its folder or server."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> None:
    """Begin from a copy of what the migrations lead to. `migrate` then finds nothing to do."""
    from django.db import connection

    if connection.vendor == "sqlite":
        shutil.copy(migrated.sqlite(), connection.creation._get_test_db_name())
    else:
        template = migrated.postgres(os.environ["DATABASE_URL"])
        connection.settings_dict["TEST"]["TEMPLATE"] = template


@pytest.fixture(scope="session", autouse=True)
def _no_update_across_tables() -> Iterator[None]:
    """A conditional update must be conditional on the columns of its own row.

    Django writes an UPDATE with a join as `WHERE id IN (SELECT ...)`. On PostgreSQL such an UPDATE,
    having waited for another transaction, does not look at the conditions in the subquery again:
    both of two racing transactions would win.
    """
    setup = SQLUpdateCompiler.pre_sql_setup

    def checked(self: SQLUpdateCompiler) -> None:
        self.query.get_initial_alias()
        assert self.query.count_active_tables() == 1, (
            f"{self.query.model.__name__}.update() with a join: use a column__in=<subquery>"
        )
        setup(self)

    SQLUpdateCompiler.pre_sql_setup = checked  # type: ignore[method-assign]
    yield
    SQLUpdateCompiler.pre_sql_setup = setup  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _flush_lifts_the_guards() -> Iterator[None]:
    """Tests with real transactions empty every table afterwards; some refuse that on purpose."""
    from django.db import connection

    execute = connection.ops.execute_sql_flush

    def flush(sql_list: Iterable[str]) -> None:
        for table in GUARDED:
            append_only.unprotect(connection, table)
        execute(sql_list)
        for table, columns in GUARDED.items():
            append_only.protect(connection, table, columns)

    connection.ops.execute_sql_flush = flush  # type: ignore[method-assign]
    yield
    connection.ops.execute_sql_flush = execute  # type: ignore[method-assign]


@pytest.fixture
def clinic(db: None) -> Clinic:
    return make.clinic()


@pytest.fixture
def group(clinic: Clinic) -> Group:
    return make.group(clinic, "Tuesday circle")


@pytest.fixture
def elsewhere(clinic: Clinic) -> Group:
    return make.group(clinic, "Evening circle")


@pytest.fixture
def ana(clinic: Clinic, group: Group) -> Member:
    return make.member(clinic, "Ana", groups=(group,))


@pytest.fixture
def ben(clinic: Clinic, group: Group) -> Member:
    return make.member(clinic, "Ben", groups=(group,))


@pytest.fixture
def cleo(clinic: Clinic, elsewhere: Group) -> Member:
    return make.member(clinic, "Cleo", groups=(elsewhere,))


@pytest.fixture
def mia(clinic: Clinic, group: Group) -> Member:
    return make.member(clinic, "Mia", groups=(group,), role="mentor")


@pytest.fixture
def moss(clinic: Clinic) -> Member:
    return make.member(clinic, "Moss", role="moderator")


@pytest.fixture
def lena(clinic: Clinic) -> Member:
    return make.member(clinic, "Lena", role="lead")


@pytest.fixture
def ada(clinic: Clinic) -> Member:
    return make.member(clinic, "Ada", role="administrator")


@pytest.fixture
def zoe(clinic: Clinic, group: Group) -> Member:
    return make.member(clinic, "Zoe", groups=(group,), is_active=False)


@pytest.fixture
def dora(db: None) -> Member:
    other = make.clinic("Lakeside Clinic (test)")
    return make.member(other, "Dora", groups=(make.group(other, "Lake circle"),))


@pytest.fixture
def visitor() -> Client:
    return Client()


def sign_in(client: Client, person: Member, *, second_factor: bool) -> None:
    """Open a session for a person the way a finished sign-in leaves it."""
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    UserSession.objects.create(
        user=person, session_key=client.session.session_key, ip="127.0.0.1", user_agent="test"
    )
    if second_factor:
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "mfa", "at": time.time(), "type": "totp"}
        ]
        session["account_authentication_methods_user"] = str(person.pk)
        session.save()


@pytest.fixture
def client_of() -> Callable[..., Client]:
    """client_of(person): a browser in which the person is signed in, staff with second factor."""

    def client_of(person: Member, *, second_factor: bool | None = None) -> Client:
        client = Client()
        wanted = person.is_staff_role if second_factor is None else second_factor
        sign_in(client, person, second_factor=wanted)
        return client

    return client_of


@pytest.fixture
def screen() -> Callable[[], int]:
    """screen(): let the screener read until nothing waits; returns how many texts it read."""
    from moderation.screening.runner import run_once

    def screen() -> int:
        total = 0
        while count := run_once():
            total += count
        return total

    return screen
