"""Invitations: who gets in, how often, and what a link never does by being looked at."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from psycopg_pool import PoolTimeout

from community.members import invitations
from community.members.invitations import InvitationSpent, Newcomer
from community.members.models import (
    Consent,
    Group,
    Invitation,
    InvitationUse,
    Member,
    Membership,
)

Made = invitations.Invited
PHRASE = "four calm lanterns glow"


@pytest.fixture
def invited(ada: Member, group: Group) -> Made:
    return invitations.invite(ada, groups=[group], life=timedelta(days=7))


def link(made: Made) -> str:
    return reverse("members:welcome", args=[made.token])


def answers(**changes: str) -> dict[str, str]:
    return {
        "name": "Heron",
        "email": "heron@people.example",
        "way": "passphrase",
        "passphrase": PHRASE,
        "agree": "on",
        **changes,
    }


def open_form(client: Client, made: Made) -> None:
    assert client.post(link(made)).status_code == 302


def everything() -> list[object]:
    return [
        list(Invitation.objects.values()),
        list(InvitationUse.objects.values()),
        list(Member.objects.values_list("id", flat=True)),
    ]


def test_only_the_digest_of_a_256_bit_token_is_stored(invited: Made) -> None:
    stored = Invitation.objects.get()
    assert stored.token_sha256 == invitations.token_sha256(invited.token)
    assert len(invited.token) >= 43
    assert invited.token not in str(Invitation.objects.values())


def test_looking_at_a_link_changes_nothing(invited: Made, visitor: Client) -> None:
    before = everything()
    for method in (visitor.get, visitor.head):
        assert method(link(invited)).status_code == 200
    assert everything() == before
    assert "sid" not in visitor.cookies


def test_somebody_joins_with_a_passphrase_and_confirms_the_address(
    invited: Made, visitor: Client, group: Group
) -> None:
    open_form(visitor, invited)
    answer = visitor.post(reverse("members:join"), answers())
    assert answer.status_code == 302
    heron = Member.objects.get(name="Heron")
    assert heron.check_password(PHRASE)
    assert heron.is_patient
    assert not heron.is_staff_role
    assert list(Membership.objects.filter(member=heron).values_list("group", flat=True)) == [
        group.id
    ]
    assert Consent.objects.filter(member=heron).count() == 1
    assert Invitation.objects.get().uses == 1
    (code,) = re.findall(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", mail.outbox[0].body, re.MULTILINE)
    assert "Heron" not in mail.outbox[0].subject
    confirmed = visitor.post(reverse("account_email_verification_sent"), {"code": code})
    assert confirmed.url == reverse("members:tour")
    assert visitor.get(reverse("members:tour")).status_code == 200


def test_a_mistake_in_the_form_uses_nothing_up_and_keeps_what_was_typed(
    invited: Made, visitor: Client
) -> None:
    open_form(visitor, invited)
    answer = visitor.post(reverse("members:join"), answers(passphrase="short"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Heron" in page
    assert "heron@people.example" in page
    assert Invitation.objects.get().uses == 0
    assert not Member.objects.filter(name="Heron").exists()


@pytest.mark.parametrize("how", ["wrong", "expired", "used", "revoked"])
def test_every_closed_link_gives_the_same_kind_page(
    how: str, invited: Made, ada: Member, visitor: Client
) -> None:
    path = link(invited)
    invitation = Invitation.objects.all()
    if how == "wrong":
        path = reverse("members:welcome", args=["x" * 43])
    elif how == "expired":
        invitation.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "used":
        invitation.update(uses=1)
    else:
        invitations.revoke(invitation.get(), ada)
    before = everything()
    for answer in (visitor.get(path), visitor.post(path)):
        assert answer.status_code == 404
        assert "This link does not work any more" in answer.content.decode()
    assert everything() == before


def test_revoking_voids_a_form_that_is_open(invited: Made, ada: Member, visitor: Client) -> None:
    open_form(visitor, invited)
    assert visitor.get(reverse("members:join")).status_code == 200
    invitations.revoke(invited.invitation, ada)
    assert visitor.post(reverse("members:join"), answers()).status_code == 404
    assert not Member.objects.filter(name="Heron").exists()


def test_a_single_use_link_makes_one_account(invited: Made) -> None:
    first = Client()
    second = Client()
    open_form(first, invited)
    open_form(second, invited)
    assert first.post(reverse("members:join"), answers()).status_code == 302
    late = answers(name="Wren", email="wren@people.example")
    assert second.post(reverse("members:join"), late).status_code == 404
    assert Member.objects.filter(name="Wren").count() == 0


def test_a_known_address_learns_nothing_and_uses_nothing_up(
    invited: Made, ana: Member, visitor: Client
) -> None:
    other = Client()
    open_form(visitor, invited)
    open_form(other, invited)
    known = visitor.post(reverse("members:join"), answers(email=ana.email, name="Robin"))
    assert Invitation.objects.get().uses == 0
    fresh = other.post(reverse("members:join"), answers())
    assert (known.status_code, known.url) == (fresh.status_code, fresh.url)
    pages = [c.get(known.url).content.decode() for c in (visitor, other)]
    assert "verif" in pages[0].lower() or "code" in pages[0].lower()
    assert [m.to for m in mail.outbox] == [[ana.email], ["heron@people.example"]]


@pytest.mark.parametrize("name", ["ANA", "ana", " Ana "])
def test_a_taken_name_is_refused_kindly(
    name: str, invited: Made, ana: Member, visitor: Client
) -> None:
    open_form(visitor, invited)
    answer = visitor.post(reverse("members:join"), answers(name=name))
    assert answer.status_code == 422
    assert "already uses this name" in answer.content.decode()


@pytest.mark.parametrize("name", ["\x07bell", "a\x00b", "\ud800x", "  ", "x"])
def test_an_odd_name_is_refused_without_a_fault(name: str, invited: Made, visitor: Client) -> None:
    open_form(visitor, invited)
    data = answers(name=name.encode("utf-8", "surrogatepass").decode("latin-1"))
    assert visitor.post(reverse("members:join"), data).status_code == 422


def test_a_member_adds_a_group_with_the_same_link(
    ada: Member, elsewhere: Group, ana: Member, client_of: Callable[..., Client]
) -> None:
    made = invitations.invite(ada, groups=[elsewhere], life=timedelta(days=1))
    assert client_of(ana).post(link(made)).url == reverse("members:home")
    assert Membership.objects.filter(member=ana, group=elsewhere).count() == 1
    assert Invitation.objects.get().uses == 1


def test_a_link_of_another_clinic_opens_nothing_for_a_member(
    invited: Made, dora: Member, client_of: Callable[..., Client]
) -> None:
    assert client_of(dora).post(link(invited)).status_code == 404
    assert Invitation.objects.get().uses == 0


def test_the_last_use_goes_to_one_of_many(invited: Made) -> None:
    seen = invitations.find(invited.token)
    invitations.join(seen, Newcomer("Heron", "heron@people.example", None))
    with pytest.raises(InvitationSpent):
        invitations.join(seen, Newcomer("Wren", "wren@people.example", None))


def test_the_list_of_invitations_costs_the_same_for_one_and_three(
    ada: Member,
    group: Group,
    client_of: Callable[..., Client],
    django_assert_num_queries: Callable[..., object],
) -> None:
    client = client_of(ada)
    client.get(reverse("members:invitations"))
    client.get(reverse("members:home"))
    for extra in (1, 2):
        for _ in range(extra):
            made = invitations.invite(ada, groups=[group], life=timedelta(days=1))
            who = f"p{made.invitation.id}"
            invitations.join(made.invitation, Newcomer(who, f"{who}@people.example", None))
        with django_assert_num_queries(8):
            assert client.get(reverse("members:invitations")).status_code == 200


def test_an_administrator_makes_a_link_and_sees_it_once(
    ada: Member, group: Group, client_of: Callable[..., Client]
) -> None:
    client = client_of(ada)
    data = {"role": "patient", "groups": [group.id], "days": "7", "note": ""}
    page = client.post(reverse("members:invitations"), data)
    assert page.status_code == 201
    shown = page.content.decode()
    token = shown.split("/welcome/")[1].split("/")[0]
    assert invitations.find(token).groups.get() == group
    assert token not in client.get(reverse("members:invitations")).content.decode()


@pytest.mark.parametrize("outage", [OperationalError, PoolTimeout])
def test_a_busy_door_keeps_what_was_typed_and_takes_no_use(
    outage: type[Exception], invited: Made, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.post(reverse("members:welcome", args=[invited.token]))
    form = {
        "name": "Heron",
        "email": "heron@people.example",
        "way": "passphrase",
        "passphrase": "four quiet brown herons",
        "agree": "on",
    }
    with monkeypatch.context() as busy:
        busy.setattr(invitations, "_make_account", raising(outage))
        answer = visitor.post(reverse("members:join"), form)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    page = answer.content.decode()
    for kept in ("Press again", "Heron", "heron@people.example", "four quiet brown herons"):
        assert kept in page
    assert Invitation.objects.get().uses == 0
    # The same again, and they are in.
    assert visitor.post(reverse("members:join"), form).status_code == 302
    assert Invitation.objects.get().uses == 1


def test_without_any_connection_the_answer_says_when_to_come_again(
    invited: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "find", raising(PoolTimeout))
    browser = Client(raise_request_exception=False)
    answer = browser.get(reverse("members:welcome", args=[invited.token]))
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "once more" in answer.content.decode()


def raising(error: type[Exception]) -> Callable[..., None]:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    return fail
