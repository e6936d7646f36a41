"""The audit: one chain, appended with what it records; every later change is found and named."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from community.members import append_only, audit, chain, heads, outbox
from community.members.audit import COLUMNS, NoWords
from community.members.chain import BadRow, Link
from community.members.models import AuditEntry, AuditExport, AuditHead, Member
from tests.races import together

TABLE = "members_auditentry"


@pytest.fixture
def ten(ana: Member, moss: Member) -> list[AuditEntry]:
    """Ten rows: moss opened ana's case ten times."""
    return [audit.record(moss, "case.read", ana, about=ana, time=n) for n in range(10)]


@pytest.fixture
def unguarded(db: None) -> Iterator[None]:
    """What somebody can do who owns the database: the triggers are gone."""
    append_only.unprotect(connection, TABLE)
    yield
    append_only.protect(connection, TABLE)


def bad_row(**options: Any) -> int:
    with pytest.raises(BadRow) as found:
        audit.verify(**options)
    return found.value.sequence


# --- Appending ----------------------------------------------------------------------------------


def test_a_row_says_who_did_what_to_what_and_about_whom(ana: Member, moss: Member) -> None:
    row = audit.record(moss, "case.decided", ana, about=ana, outcome="removed", digest="0a" * 32)
    assert (row.actor_id, row.action, row.kind) == (moss.id, "case.decided", "members.member")
    assert (row.object_id, row.about_id, row.clinic_id) == (ana.id, ana.id, ana.clinic_id)
    assert row.said == {"outcome": "removed", "digest": "0a" * 32}
    assert audit.verify().sequence == row.sequence


def test_the_server_itself_may_be_the_actor(db: None) -> None:
    assert audit.record(None, "clock.breached", None, level=3).actor_id is None
    assert audit.verify().sequence == 1


@pytest.mark.parametrize("words", ["I feel very low.", "ana@people.example", "Ana", {"a": 1}, 1.5])
def test_no_words_get_in(moss: Member, words: object) -> None:
    with pytest.raises(NoWords):
        audit.record(moss, "case.read", moss, text=words)
    assert AuditEntry.objects.count() == 0


def test_what_is_rolled_back_leaves_no_row_and_no_gap(ten: list[AuditEntry], moss: Member) -> None:
    with transaction.atomic():
        audit.record(moss, "case.read", moss)
        transaction.set_rollback(True)
    assert audit.record(moss, "case.read", moss).sequence == 11
    assert audit.verify().sequence == 11


def test_appending_costs_three_statements_and_a_savepoint(
    ten: list[AuditEntry], moss: Member, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(5):
        audit.record(moss, "case.read", moss)


@pytest.mark.django_db(transaction=True)
def test_many_writers_make_one_chain(moss: Member) -> None:
    def write() -> None:
        for number in range(10):
            audit.record(moss, "case.read", moss, number=number)

    assert together([write] * 8) == [None] * 8
    assert audit.verify().sequence == AuditEntry.objects.count() == 80


@pytest.mark.django_db(transaction=True)
def test_writers_who_do_not_hold_the_head_collide(moss: Member, monkeypatch: Any) -> None:
    """The positive control: the same race without the lock. A fork is refused by the key."""
    line, seen = threading.Barrier(4), threading.local()

    def look_only() -> chain.Head:
        return seen.head  # type: ignore[no-any-return]

    def write() -> None:
        seen.head = heads.current()
        line.wait(30)
        audit.record(moss, "case.read", moss)

    monkeypatch.setattr(audit, "_hold_head", look_only)
    results = together([write] * 4)
    assert [type(result) for result in results].count(IntegrityError) == 3
    assert audit.verify().sequence == AuditEntry.objects.count() == 1


# --- The database refuses -----------------------------------------------------------------------


CHANGES: list[Callable[[], Any]] = [
    lambda: AuditEntry.objects.filter(sequence=3).update(action="case.other"),
    lambda: AuditEntry.objects.filter(sequence=3).delete(),
    lambda: AuditEntry.objects.get(sequence=3).delete(),
    lambda: AuditEntry.objects.get(sequence=3).save(),
    lambda: connection.cursor().execute(f"UPDATE {TABLE} SET facts = '{{}}' WHERE sequence = 3"),  # noqa: S608
    lambda: connection.cursor().execute(f"DELETE FROM {TABLE}"),  # noqa: S608
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_the_database_refuses_changes(ten: list[AuditEntry], change: Callable[[], Any]) -> None:
    assert audit.is_guarded()
    with pytest.raises(DatabaseError, match=append_only.REFUSED), transaction.atomic():
        change()
    assert audit.verify().sequence == 10


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_the_same_changes_go_through_without_the_guards(
    ten: list[AuditEntry], unguarded: None, change: Callable[[], Any]
) -> None:
    """The positive control: it is the triggers that refuse."""
    assert not audit.is_guarded()
    change()


def test_emptying_the_table_is_refused(ten: list[AuditEntry]) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has TRUNCATE")
    with pytest.raises(DatabaseError, match=append_only.REFUSED), transaction.atomic():
        connection.cursor().execute(f"TRUNCATE {TABLE}")


# --- What verify finds --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor_id", 999),
        ("action", "case.other"),
        ("object_id", None),
        ("about_id", 999),
        ("facts", '{"time":3}'),
        ("at", timezone.now() - timedelta(days=9)),
        ("previous", "f" * 64),
        ("mac", "f" * 64),
    ],
)
def test_an_altered_row_is_named(
    ten: list[AuditEntry], unguarded: None, column: str, value: object
) -> None:
    AuditEntry.objects.filter(sequence=3).update(**{column: value})
    assert bad_row() == 3


def test_a_missing_row_is_named(ten: list[AuditEntry], unguarded: None) -> None:
    AuditEntry.objects.filter(sequence=4).delete()
    assert bad_row() == 4


def test_rows_that_changed_places_are_named(ten: list[AuditEntry], unguarded: None) -> None:
    AuditEntry.objects.filter(sequence=5).update(sequence=99)
    AuditEntry.objects.filter(sequence=6).update(sequence=5)
    AuditEntry.objects.filter(sequence=99).update(sequence=6)
    assert bad_row() == 5


def test_a_tail_cut_off_without_its_head_is_missed(ten: list[AuditEntry], unguarded: None) -> None:
    AuditEntry.objects.filter(sequence__gt=7).delete()
    assert bad_row() == 8


def cut_off_after(last: int) -> None:
    """Cut off the tail and make the head fit, as somebody who owns the database can."""
    AuditEntry.objects.filter(sequence__gt=last).delete()
    mac = AuditEntry.objects.get(sequence=last).mac
    AuditHead.objects.update(sequence=last, mac=mac)


def test_a_clean_cut_is_found_by_the_exported_head_alone(
    ten: list[AuditEntry], unguarded: None
) -> None:
    exported = {10: ten[9].mac}
    cut_off_after(7)
    assert audit.verify().sequence == 7
    assert bad_row(heads=exported) == 8


def test_a_rewritten_tail_is_found_by_the_exported_head(
    ten: list[AuditEntry], unguarded: None, moss: Member
) -> None:
    exported = {10: ten[9].mac}
    cut_off_after(7)
    for _ in range(5):
        audit.record(moss, "case.read", moss)
    assert audit.verify().sequence == 12
    assert bad_row(heads=exported) == 10


def test_a_row_forged_without_the_key_is_named(ten: list[AuditEntry], settings: Any) -> None:
    link = Link(*AuditEntry.objects.values_list(*COLUMNS).get(sequence=10))
    forged = link._replace(sequence=11, previous=link.mac)
    forged = forged._replace(mac=chain.mac_of(forged, "a key they made up"))
    AuditEntry.objects.create(**dict(zip(COLUMNS, forged, strict=True)))
    assert bad_row() == 11


def test_verify_may_begin_later(ten: list[AuditEntry], unguarded: None) -> None:
    AuditEntry.objects.filter(sequence=2).update(actor_id=999)
    assert audit.verify(start=4).sequence == 10
    assert bad_row(start=2) == 2


def test_verify_reads_in_pages(ten: list[AuditEntry], monkeypatch: Any) -> None:
    monkeypatch.setattr(audit, "PAGE", 3)
    assert audit.verify().sequence == 10


# --- Keys ---------------------------------------------------------------------------------------


def test_keys_are_changed_and_the_old_rows_still_verify(
    ten: list[AuditEntry], moss: Member, settings: Any
) -> None:
    settings.AUDIT_KEYS = ["n" * 40, *settings.AUDIT_KEYS]
    row = audit.record(moss, "case.read", moss)
    assert row.key != ten[0].key
    assert audit.verify().sequence == 11
    settings.AUDIT_KEYS = settings.AUDIT_KEYS[:1]
    assert bad_row() == 1


def test_nobody_goes_on_with_a_retired_key(
    ten: list[AuditEntry], moss: Member, settings: Any
) -> None:
    old = settings.AUDIT_KEYS
    settings.AUDIT_KEYS = ["n" * 40, *old]
    audit.record(moss, "case.read", moss)
    settings.AUDIT_KEYS = old
    audit.record(moss, "case.read", moss)
    settings.AUDIT_KEYS = ["n" * 40, *old]
    assert bad_row() == 12


# --- Exported heads and the commands ------------------------------------------------------------


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    settings.AUDIT_HEADS_FILE = str(tmp_path / "kept" / "heads.jsonl")
    return Path(settings.AUDIT_HEADS_FILE)


def test_the_head_is_exported_once_a_day(ten: list[AuditEntry], file: Path, settings: Any) -> None:
    settings.AUDIT_MAIL = "keeper@clinic.example"
    assert [heads.export_due(), heads.export_due()] == [True, False]
    assert heads.read(file) == {10: ten[9].mac}
    assert AuditExport.objects.get().sequence == 10
    outbox.run_once()
    (letter,) = mail.outbox
    assert letter.to == ["keeper@clinic.example"]
    assert ten[9].mac in letter.body


@pytest.mark.django_db(transaction=True)
def test_two_processes_export_once(file: Path) -> None:
    assert sorted(together([heads.export_due] * 4)) == [False, False, False, True]
    assert len(file.read_text().splitlines()) == 1


def test_the_command_names_the_first_bad_row(
    ten: list[AuditEntry], unguarded: None, file: Path, capsys: Any
) -> None:
    call_command("export_audit_head")
    append_only.protect(connection, TABLE)
    call_command("verify_audit")
    assert "rows 1 to 10, 1 exported heads" in capsys.readouterr().out
    append_only.unprotect(connection, TABLE)
    with pytest.raises(CommandError, match="triggers are missing"):
        call_command("verify_audit")
    cut_off_after(7)
    append_only.protect(connection, TABLE)
    with pytest.raises(CommandError, match="row 8: is missing"):
        call_command("verify_audit")


def test_an_altered_line_of_heads_is_refused(ten: list[AuditEntry], file: Path) -> None:
    call_command("export_audit_head")
    file.write_text(file.read_text().replace('"sequence": 10', '"sequence": 9'))
    with pytest.raises(CommandError, match="Line 1"):
        call_command("verify_audit", heads=file)
