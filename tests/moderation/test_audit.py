"""What the care team does and reads stands in the audit, with numbers and codes alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from community.members import append_only, audit
from community.members.models import AuditEntry, Member
from moderation import review, risk
from moderation.models import (
    Criterion,
    Decision,
    Level,
    RiskEvent,
    RiskSource,
    RiskState,
    Screening,
    State,
)
from tests.conftest import GUARDED
from tests.make_moderation import held, letter

ClientOf = Callable[..., Client]
WORDS = "The garden was full of blackbirds this morning."


def trail() -> list[tuple[str, int | None, int | None]]:
    """(action, who, about whom), oldest first."""
    rows = AuditEntry.objects.order_by("sequence")
    return list(rows.values_list("action", "actor_id", "about_id"))


def test_a_decision_leaves_its_trail(ana: Member, moss: Member) -> None:
    case = review.claim(held(ana, WORDS), moss)
    review.claim(case, moss)
    review.release(case, moss)
    review.release(case, moss)
    case = review.claim(case, moss)
    review.decide(
        case,
        moss,
        State.REMOVED,
        token=case.token,
        revision_id=case.revision_id,
        policy="unkind",
        reason="This could hurt somebody.",
        note="Second time this week.",
    )
    steps = ["case.claimed", "case.given_back", "case.claimed", "text.decided"]
    assert trail() == [(step, moss.id, ana.id) for step in steps]
    decided = AuditEntry.objects.get(action="text.decided").said
    assert decided["outcome"] == "removed"
    assert decided["sha256"] == case.revision.sha256
    assert audit.verify().sequence == 4


def test_what_the_machine_decides_is_no_row(ana: Member) -> None:
    held(ana, WORDS)
    assert trail() == []


def test_a_person_at_risk_leaves_a_trail(ana: Member, ben: Member, moss: Member) -> None:
    case = risk.worry(ana, ben, Level.RED, WORDS)
    risk.acknowledge(case, moss)
    risk.acknowledge(case, moss)
    risk.write(case, moss, WORDS)
    note = risk.add_note(case, moss, WORDS)
    way = {"level": Level.AMBER, "criteria": [Criterion.SAFE], "way": RiskState.STOOD_DOWN}
    risk.assess(case, moss, text=WORDS, seen=note.id, **way)
    steps = ["risk.acknowledged", "risk.message", "risk.note", "risk.assessed", "risk.closed"]
    assert trail() == [
        ("risk.signal", ben.id, ana.id),
        *((step, moss.id, ana.id) for step in steps),
    ]


def test_the_filters_signal_has_no_person_behind_it(ana: Member) -> None:
    risk.raise_risk(ana, Level.RED, RiskSource.FILTER)
    assert trail() == [("risk.signal", None, ana.id)]


def test_opening_a_case_or_a_person_is_written_down(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    case, person = held(ana, WORDS), risk.raise_risk(ana, Level.RED, RiskSource.FILTER)
    client = client_of(moss)
    client.get(reverse("moderation:case", args=[case.id]))
    client.get(reverse("moderation:risk", args=[person.id]))
    assert trail()[1:] == [("case.read", moss.id, ana.id), ("risk.read", moss.id, ana.id)]


def test_no_word_of_a_person_is_in_the_audit(ana: Member, ben: Member, moss: Member) -> None:
    case = risk.worry(ana, ben, Level.RED, WORDS)
    risk.acknowledge(case, moss)
    risk.write(case, moss, WORDS)
    rows = "".join(str(row) for row in AuditEntry.objects.values_list())
    assert rows
    assert not any(word in rows for word in [*WORDS.split()[3:], ana.name, ana.email])


# --- Judgements and events are written once -----------------------------------------------------


@pytest.mark.django_db
def test_every_table_that_is_written_once_is_guarded() -> None:
    """A migration that makes such a table anew on SQLite has to call `protect` again."""
    bare = [table for table in GUARDED if not append_only.is_protected(connection, table)]
    assert bare == []


@pytest.fixture
def judged(ana: Member, screen: Callable[[], int]) -> None:
    """A screening, a decision and an event about a person."""
    letter(ana, "I want to end my life.")
    assert screen()
    for model in (Decision, RiskEvent, Screening):
        assert model.objects.exists()


CHANGES: list[Callable[[], Any]] = [
    lambda: Decision.objects.update(outcome="visible"),
    lambda: Decision.objects.update(by=None),
    lambda: Decision.objects.all().delete(),
    lambda: RiskEvent.objects.update(level=1),
    lambda: RiskEvent.objects.all().delete(),
    lambda: Screening.objects.update(outcome="visible"),
    lambda: Screening.objects.first().save(),
    lambda: Screening.objects.all().delete(),
    lambda: connection.cursor().execute("DELETE FROM moderation_decision"),
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_the_database_refuses_changes(judged: None, change: Callable[[], Any]) -> None:
    with pytest.raises(DatabaseError, match=append_only.REFUSED), transaction.atomic():
        change()


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_without_the_guards_they_go_through(judged: None, change: Callable[[], Any]) -> None:
    """The positive control."""
    for table in GUARDED:
        append_only.unprotect(connection, table)
    change()


def test_words_may_be_blanked(judged: None) -> None:
    assert Decision.objects.update(reason="", note="")
    assert RiskEvent.objects.update(text="")
