"""A visitor's way from the list to a place and back, on a phone, with pictures when wished.

PICTURES=folder keeps a picture of each step.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Somebody = Callable[..., Person]
PHONE = {"width": 360, "height": 780}


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def letter(visitor: Person, subject: str) -> str:
    """The plain text of the newest letter with this subject, once it is there."""
    cards = visitor.page.locator("article.card", has_text=subject)
    for _ in range(60):
        visitor.go("/demo/mail/")
        if cards.count():
            return cards.first.inner_text()
        visitor.page.wait_for_timeout(500)
    raise AssertionError(f"no letter: {subject}")


def path_in(text: str, last: str) -> str:
    found = re.search(rf"\S+/workshops/place/[^/\s]+/{last}", text)
    assert found
    return urlsplit(found.group()).path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_visitor_finds_a_course_comes_and_gives_a_date_back(
    scheme: str, person: Somebody
) -> None:
    visitor = person(viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")
    page = visitor.go("/workshops/")
    page.get_by_text("Find what suits you").click()
    page.get_by_label("About").select_option("mood")
    page.get_by_label("Only with free seats").check()
    picture(page, f"visitor-find-{scheme}")
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("link", name="Sleeping again")).to_have_count(0)
    page.get_by_role("link", name="Four evenings about low mood").first.click()
    assert visitor.axe() == []
    page.get_by_role("link", name="Sign up for the course").click()
    page.wait_for_timeout(2500)
    page.get_by_label("Your name").fill("Wren")
    page.get_by_label("Your e-mail address").fill(f"wren-{scheme}@visitors")
    page.get_by_role("button", name="Keep a seat for me").click()
    expect(page.get_by_role("alert")).to_contain_text("What you typed is still here")
    picture(page, f"visitor-mistake-{scheme}")
    page.get_by_label("Your e-mail address").fill(f"wren-{scheme}@visitors.example")
    page.get_by_label("I take part online").check()
    page.get_by_role("button", name="Keep a seat for me").click()
    expect(page.get_by_role("heading", name="Please look into your mail")).to_be_visible()
    picture(page, f"visitor-mail-{scheme}")
    visitor.go(path_in(letter(visitor, "Please confirm your place"), ""))
    page.get_by_role("button", name="Yes, I am coming").click()
    expect(page.locator("main")).to_contain_text("You have a seat, Wren")
    expect(page.locator("main")).to_contain_text("half an hour before")
    assert visitor.axe() == []
    picture(page, f"visitor-place-{scheme}")
    text = letter(visitor, "You have a place")
    assert "low mood" not in text
    picture(page, f"visitor-letters-{scheme}")
    visitor.go(path_in(text, "cancel/"))
    expect(page.get_by_role("heading", name="You cannot come?")).to_be_visible()
    assert visitor.axe() == []
    picture(page, f"visitor-cancel-{scheme}")
    page.get_by_role("button", name="I cannot come", exact=True).click()
    expect(page.locator("main")).to_contain_text("You gave your place back")
    visitor.go(path_in(text, "quiet/"))
    page.get_by_role("button", name="Send me no reminders").click()
    expect(page.get_by_role("heading", name="No reminders any more")).to_be_visible()
    for width in (360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for name in ("", "month/", "four-evenings-about-low-mood/"):
            visitor.go(f"/workshops/{name}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert visitor.axe() == []
            picture(page, f"visitor-{name.strip('/') or 'list'}-{width}-{scheme}")
