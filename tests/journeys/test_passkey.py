"""Coming in with a passkey instead of a passphrase."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Person
from tests.journeys.test_story import ADMIN

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_somebody_joins_with_a_passkey(person: Callable[..., Person]) -> None:
    admin = person(ADMIN).page
    admin.get_by_role("link", name="Invitations").first.click()
    admin.get_by_label("Lighthouse circle").check()
    admin.get_by_role("button", name="Make a link").click()
    # A passkey belongs to a host name; numbers are none.
    link = admin.get_by_label("Invitation link").input_value().replace("127.0.0.1", "localhost")
    somebody = person()
    page = somebody.page
    device = somebody.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(link)
    page.get_by_role("button", name="Yes, show me how to join").click()
    page.get_by_label("I have read this and I agree").check()
    page.get_by_label("The name others will see").fill("Heron")
    page.get_by_label("Your e-mail address").fill("heron@people.example")
    page.get_by_label("With a passkey").check()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_label("Code")).to_be_visible()
    admin.goto(admin.url.split("/invitations")[0] + "/demo/mail/")
    (code, *_) = re.findall(r"[A-Z0-9]{4}-[A-Z0-9]{4}", admin.locator("main").inner_text())
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/webauthn/signup/")
    page.locator("main button").first.click()
    expect(page.get_by_role("heading", name="A short look around")).to_be_visible()
