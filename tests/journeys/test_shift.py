"""A shift at the care desk, from the first call to the last decision, by keyboard alone."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Person
from tests.journeys.test_reports import looked_at
from tests.journeys.test_story import JUNIPER, LEAD, MODERATOR, OTTER, thread_of, write

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Somebody = Callable[..., Person]
UNKIND = "You are a pathetic idiot, and so is your soup."
DARK = "I want to die. I am going to kill myself tonight."


def tab_to(page: Page, place: Locator, most: int = 90) -> None:
    """Press Tab until a place has the focus, as somebody without a mouse does."""
    for _ in range(most):
        if place.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by keyboard: {place}")


def press(page: Page, place: Locator) -> None:
    tab_to(page, place)
    page.keyboard.press("Enter")


def fill(page: Page, place: Locator, words: str) -> None:
    tab_to(page, place)
    page.keyboard.type(words)


def key(page: Page, *keys: str) -> None:
    for one in keys:
        page.keyboard.press(one)


def test_a_shift_by_keyboard_alone(person: Somebody) -> None:
    otter, juniper = person(OTTER), person(JUNIPER)
    thread_of(otter.page, "Soup evenings")
    write(otter.page, UNKIND)
    thread_of(juniper.page, "Soup evenings")
    write(juniper.page, DARK)
    expect(juniper.page.locator("#help-card")).to_be_visible()

    moderator = person(MODERATOR)
    desk = moderator.go("/desk/")
    # What one can press, and away again.
    key(desk, "?")
    expect(desk.get_by_role("dialog", name="Keys")).to_be_visible()
    key(desk, "Escape")
    # The person in danger comes first.
    row = desk.locator("#people [data-row]", has_text="Juniper").locator("a.desk-link")
    expect(row).to_be_visible()
    key(desk, "j")
    for _ in range(20):
        if row.evaluate("element => element === document.activeElement"):
            break
        key(desk, "j")
    key(desk, "j", "k")
    expect(row).to_be_focused()
    key(desk, "Enter")
    expect(desk.get_by_role("heading", name="Juniper")).to_be_visible()
    key(desk, "n")
    expect(desk.get_by_text("The clock has stopped")).to_be_visible()
    fill(desk, desk.get_by_label("Write to them"), "I read your words. I am here.")
    press(desk, desk.get_by_role("button", name="Send", exact=True))
    expect(desk.get_by_text("Sent. They find it")).to_be_visible()

    # She answers from her side, and it comes up at the desk by itself.
    mine = juniper.go("/desk/letters/")
    expect(mine.get_by_text("I read your words. I am here.")).to_be_visible()
    fill(mine, mine.get_by_label("Your words"), "Thank you. My sister is with me now.")
    press(mine, mine.get_by_role("button", name="Send", exact=True))
    expect(mine.get_by_text("Somebody from the care team reads it.")).to_be_visible()
    expect(desk.get_by_text("Juniper wrote to the care team")).to_be_visible(timeout=40_000)
    press(desk, desk.get_by_text("Show the letter"))
    expect(desk.get_by_text("My sister is with me now.")).to_be_visible()

    # Judging: no danger found, and since it was a crisis, a second person looks.
    desk.reload()
    tab_to(desk, desk.get_by_label("Somebody is with them, or they are in care"))
    key(desk, "Space")
    level = desk.locator("input[name=level]")
    tab_to(desk, desk.locator("input[name=level]:checked"))
    key(desk, "ArrowDown", "ArrowDown", "ArrowDown")
    expect(level.last).to_be_checked()
    tab_to(desk, desk.locator("input[name=way]").first)
    key(desk, "ArrowDown", "ArrowDown", "ArrowDown")
    fill(desk, desk.get_by_label("In your own words"), "Her sister is with her tonight.")
    press(desk, desk.get_by_role("button", name="Write it down"))
    expect(desk.get_by_text("Waits for a second person").first).to_be_visible()
    lead = person(LEAD).go(urlsplit(desk.url).path)
    press(lead, lead.get_by_role("button", name="No danger; I agree"))
    expect(lead.get_by_text("No danger was found; asked again later").first).to_be_visible()

    # A text: uncover, judge, decide.
    press(desk, desk.get_by_label("Where you are").get_by_role("link", name="Care desk"))
    desk.wait_for_url("**/desk/")
    key(desk, "Control+k")
    desk.keyboard.type("My desk")
    key(desk, "Enter")
    desk.wait_for_url("**/desk/mine/")
    press(desk, desk.get_by_label("Where you are").get_by_role("link", name="Care desk"))
    desk.wait_for_url("**/desk/")
    take(desk, UNKIND)
    key(desk, "r")
    decide(desk, "This could hurt somebody. Please try other words.")


def take(desk: Page, words: str) -> None:
    """Take texts until the one with these words is on the screen; others are passed on."""
    for _ in range(10):
        key(desk, "n")
        desk.wait_for_url("**/case/**")
        if words in (desk.locator("[data-judged]").last.text_content() or ""):
            if desk.locator("[data-cover]").count():
                key(desk, "s")
            expect(desk.get_by_text(words).first).to_be_visible()
            return
        key(desk, "e", "Enter")
        desk.wait_for_url("**/desk/")
    raise AssertionError("the text never came")


def decide(desk: Page, reason: str) -> None:
    """Fill in the rest of the decision and press its button."""
    tab_to(desk, desk.get_by_label("Which rule is it about?"))
    desk.keyboard.type("Unkind")
    fill(desk, desk.get_by_label("What the author is told"), reason)
    press(desk, desk.get_by_role("button", name="Decide", exact=True))
    desk.wait_for_url("**/desk/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_a_shift_looks_at_is_accessible(scheme: str, person: Somebody) -> None:
    options = {"color_scheme": scheme, "reduced_motion": "reduce"}
    juniper = person(JUNIPER, **options)
    thread_of(juniper.page, "Soup evenings")
    write(juniper.page, DARK)
    mine = juniper.go("/desk/letters/")
    mine.get_by_label("Your words").fill("Are you there?")
    mine.get_by_role("button", name="Send", exact=True).click()
    found = looked_at(juniper, juniper.url + "/desk/letters/")
    lead = person(LEAD, **options)
    desk = lead.go("/desk/")
    desk.locator("#letters a.desk-link").first.click()
    found += looked_at(lead, desk.url)
    desk.goto(lead.url + "/desk/")
    desk.locator("#people a.desk-link").first.click()
    found += looked_at(lead, desk.url)
    desk.goto(lead.url + "/desk/cover/")
    for part in ("person", "group"):
        desk.goto(lead.url + "/desk/cover/")
        desk.locator(f'a[href*="/cover/{part}/"]').first.click()
        found += looked_at(lead, desk.url)
    for path in (
        "/desk/",
        "/desk/cover/",
        "/desk/duty/",
        "/desk/mine/",
        "/desk/?level=3&held=free",
    ):
        found += looked_at(lead, lead.url + path)
    assert found == []
