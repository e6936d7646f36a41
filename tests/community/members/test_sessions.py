"""Ending sessions, suspending people, and the second factor that staff need."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from community.members import live, sessions, vault
from community.members.adapters import SecondFactorAdapter
from community.members.models import Member

Browser = Callable[..., Client]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict]]:
    sent: list[tuple[str, dict]] = []
    monkeypatch.setattr(live, "publish", lambda topic, event: sent.append((topic, event)))
    return sent


def test_suspending_ends_sessions_and_closes_sockets(
    ana: Member,
    client_of: Browser,
    published: list[tuple[str, dict]],
    django_capture_on_commit_callbacks: Callable,
) -> None:
    client = client_of(ana)
    assert client.get(reverse("members:home")).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert sessions.suspend(ana) is True
    assert sessions.suspend(ana) is False
    assert client.get(reverse("members:home")).status_code == 302
    assert Session.objects.count() == 0
    assert (f"member.{ana.id}", {"t": "ctl", "op": "close", "code": 4403}) in published


def test_restoring_revives_no_old_session(ana: Member, client_of: Browser) -> None:
    client = client_of(ana)
    client.get(reverse("members:home"))
    sessions.suspend(ana)
    sessions.restore(ana)
    assert client.get(reverse("members:home")).status_code == 302


def test_staff_without_a_second_factor_get_no_page_but_the_way_to_one(
    moss: Member, client_of: Browser
) -> None:
    client = client_of(moss, second_factor=False)
    for name in ("members:home", "members:news", "members:tour"):
        assert client.get(reverse(name)).url == reverse("members:second_factor")
    assert client.get(reverse("members:second_factor")).status_code == 200
    assert client.get(reverse("members:crisis_help")).status_code == 200
    assert client_of(moss).get(reverse("members:home")).status_code == 200


@pytest.mark.parametrize(
    ("who", "idle_s", "stays"),
    [
        ("ana", 11 * 3600, True),
        ("ana", 13 * 3600, False),
        ("moss", 29 * 60, True),
        ("moss", 31 * 60, False),
    ],
)
def test_an_idle_session_ends_sooner_for_staff(
    who: str, idle_s: int, stays: bool, client_of: Browser, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(who))
    client.get(reverse("members:home"))
    session = client.session
    session["seen"] = int(time.time()) - idle_s
    session.save()
    assert (client.get(reverse("members:home")).status_code == 200) is stays


def test_leaving_quickly_signs_out_without_a_token_and_clears_the_browser(
    ana: Member, settings: Any
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ana, backend="community.members.adapters.Backend")
    answer = client.post(reverse("members:leave_now"))
    assert answer.status_code == 200
    assert f'content="0;url={settings.QUICK_EXIT_URL}"' in answer.content.decode()
    assert answer["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert client.get(reverse("members:home")).status_code == 302
    assert client.get(reverse("members:leave_now")).status_code == 405


def test_pages_of_a_signed_in_person_are_kept_by_nobody(ana: Member, client_of: Browser) -> None:
    assert "no-store" in client_of(ana).get(reverse("members:home"))["Cache-Control"]


def test_second_factor_secrets_are_sealed_and_named_by_the_chosen_name(ana: Member) -> None:
    adapter = SecondFactorAdapter()
    sealed = adapter.encrypt("JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert adapter.decrypt(sealed) == "JBSWY3DPEHPK3PXP"
    assert adapter.get_totp_label(ana) == "Ana"


def test_a_changed_seal_opens_nothing() -> None:
    sealed = vault.seal("x")
    with pytest.raises(vault.Tampered):
        vault.unseal(sealed[:-4] + "AAAA")
