"""What the care team does and reads stands in the audit, with numbers and codes alone."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from community.members import audit
from community.members.models import AuditEntry, Member
from moderation import review, risk
from moderation.models import Level, RiskSource, State
from tests.make_moderation import held

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
    risk.close(case, moss, WORDS, seen=note.id)
    steps = ["risk.acknowledged", "risk.message", "risk.note", "risk.closed"]
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
