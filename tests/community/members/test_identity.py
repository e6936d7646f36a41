"""Who people are outside is sealed, for its owner, with keys of its own."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from community.members import audit, identity, vault
from community.members.models import AuditEntry, Identity, Member
from community.members.vault import Tampered

ANNA = {"name": "Anna Invented", "phone": "01632 960001", "address": "", "contact": ""}


def test_what_is_kept_is_unreadable_in_the_database(ana: Member) -> None:
    identity.keep(ana, ANNA)
    row = "".join(map(str, Identity.objects.values_list().get()))
    assert "Invented" not in row
    assert "960001" not in row
    assert identity.own(ana) == {"name": "Anna Invented", "phone": "01632 960001"}


def test_a_row_moved_to_somebody_else_does_not_open(ana: Member, ben: Member) -> None:
    identity.keep(ana, ANNA)
    Identity.objects.update(member=ben)
    with pytest.raises(Tampered):
        identity.own(ben)


def test_the_rings_do_not_open_each_others_values(ana: Member, settings: Any) -> None:
    assert settings.IDENTITY_KEYS != settings.VAULT_KEYS
    with pytest.raises(Tampered):
        vault.unseal(vault.seal_identity(ana.id, "words"))
    with pytest.raises(Tampered):
        vault.unseal_identity(ana.id, vault.seal(f"{ana.id}\nwords"))


def test_a_changed_value_does_not_open(ana: Member) -> None:
    sealed = vault.seal_identity(ana.id, "words")
    with pytest.raises(Tampered):
        vault.unseal_identity(ana.id, sealed[:-8] + "AAAAAAA=")


def test_keys_are_changed_and_the_old_one_dropped(ana: Member, settings: Any) -> None:
    identity.keep(ana, ANNA)
    fresh = Fernet.generate_key().decode()
    settings.IDENTITY_KEYS = [fresh, *settings.IDENTITY_KEYS]
    call_command("reseal_identities")
    settings.IDENTITY_KEYS = [fresh]
    assert identity.own(ana)["name"] == "Anna Invented"


def test_emptying_it_forgets_it_and_the_audit_holds_no_word(ana: Member) -> None:
    identity.keep(ana, ANNA)
    identity.keep(ana, dict.fromkeys(ANNA, ""))
    assert not Identity.objects.exists()
    assert [row.said for row in AuditEntry.objects.order_by("sequence")] == [
        {"fields": ["name", "phone"]},
        {"fields": []},
    ]
    assert audit.verify().sequence == 2


def test_only_what_was_asked_for_is_disclosed(ana: Member) -> None:
    identity.keep(ana, ANNA)
    assert identity.disclose(ana, ["contact", "name"]) == {"name": "Anna Invented", "contact": ""}
    assert identity.disclose(ana, ["email"]) == {"email": ana.email}
