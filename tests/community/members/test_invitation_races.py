"""A hundred people press the same link in the same moment; as many get in as the link has uses."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import OperationalError, connections
from django.test import Client
from django.urls import reverse
from psycopg_pool import PoolTimeout

from community.members import batches, invitations
from community.members.invitations import InvitationSpent, Newcomer
from community.members.models import Invitation, InvitationUse, Member, Membership
from tests import make, make_batches
from tests.races import together

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PEOPLE = 100


def everybody_at_once(uses: int) -> list[object]:
    clinic = make.clinic()
    ada = make.member(clinic, role="administrator")
    made = invitations.invite(
        ada, groups=[make.group(clinic)], life=timedelta(days=1), max_uses=uses
    )
    seen = invitations.find(made.token)
    calls: list[Callable[[], object]] = [
        partial(press, seen, Newcomer(f"N{n}", f"n{n}@people.example", None)) for n in range(PEOPLE)
    ]
    return together(calls)


def press(seen: Invitation, newcomer: Newcomer) -> Member:
    """Join, and press again when the server was too busy for a hundred at once."""
    for _ in range(20):
        try:
            return invitations.join(seen, newcomer)
        except (OperationalError, PoolTimeout):
            connections.close_all()
    return invitations.join(seen, newcomer)


@pytest.mark.parametrize("uses", [1, 20])
def test_exactly_as_many_accounts_as_uses(uses: int) -> None:
    results = everybody_at_once(uses)
    assert sum(isinstance(result, Member) for result in results) == uses
    assert sum(isinstance(result, InvitationSpent) for result in results) == PEOPLE - uses
    assert Member.objects.filter(is_patient=True).count() == uses
    assert Membership.objects.count() == uses
    assert InvitationUse.objects.count() == uses
    assert Invitation.objects.get().uses == uses


def test_with_a_look_instead_of_the_condition_too_many_get_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The positive control: the race is there, and the test above would see it."""

    def trusting(invitation: Invitation) -> None:
        if invitation.uses >= invitation.max_uses:
            raise InvitationSpent

    monkeypatch.setattr(invitations, "_use_up", trusting)
    everybody_at_once(1)
    assert Member.objects.filter(is_patient=True).count() > 1


@pytest.mark.parametrize("uses", [20])
def test_a_hundred_browsers_press_at_once_and_nobody_is_lost(uses: int) -> None:
    """Through the pages. A busy door answers 503; then the same is pressed again."""
    clinic = make.clinic()
    ada = make.member(clinic, role="administrator")
    made = invitations.invite(
        ada, groups=[make.group(clinic)], life=timedelta(days=1), max_uses=uses
    )
    results = together([partial(walk_in, made.token, n) for n in range(PEOPLE)])
    assert sorted(results) == ["in"] * uses + ["late"] * (PEOPLE - uses)
    assert Member.objects.filter(is_patient=True).count() == uses
    assert EmailAddress.objects.filter(user__is_patient=True).count() == uses
    assert Invitation.objects.get().uses == uses


def walk_in(token: str, number: int) -> str:
    """'in' or 'late': what became of somebody who goes on pressing while the door is busy."""
    browser = Client(raise_request_exception=False)

    def press(url: str, data: dict[str, str]) -> Any:
        for _ in range(20):
            answer = browser.post(url, data)
            if answer.status_code != 503:
                break
            assert answer["Retry-After"]
        return answer

    if press(reverse("members:welcome", args=[token]), {}).status_code == 404:
        return "late"
    answer = press(
        reverse("members:join"),
        {
            "name": f"N{number}",
            "email": f"n{number}@people.example",
            "way": "passkey",
            "agree": "on",
        },
    )
    return {302: "in", 404: "late"}.get(answer.status_code, f"{answer.status_code}")


def test_a_table_made_by_four_at_once_is_made_once() -> None:
    clinic = make.clinic()
    ada = make.member(clinic, role="administrator")
    batch = make_batches.waiting(ada, make.group(clinic))
    made = together([partial(batches.make, batch, ada)] * 4)
    assert sum(made) == 3
    assert Invitation.objects.count() == 3
