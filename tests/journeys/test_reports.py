"""Somebody tells the care team about a text; somebody else asks for another look."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Person
from tests.journeys.test_story import JUNIPER, LEAD, MODERATOR, OTTER, thread_of, write

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Somebody = Callable[..., Person]

TELL = "Tell the care team"
HARSH = "Nobody here can cook, least of all you."


def decide(desk: Page, outcome: str, why: str) -> None:
    """Take the next text and judge it."""
    desk.get_by_role("button", name="Take the next one").click()
    desk.get_by_label(outcome, exact=True).check()
    desk.get_by_label("Which rule is it about?").select_option("unkind")
    desk.get_by_label("What the author is told").fill(why)
    desk.get_by_role("button", name="Decide").first.click()


def test_a_text_is_reported_without_script(person: Somebody) -> None:
    somebody = person(JUNIPER, java_script_enabled=False)
    page = somebody.page
    thread_of(page, "Soup evenings")
    page.locator(".post:not(.mine)").first.get_by_role("link", name=TELL).click()
    page.get_by_role("button", name=TELL).click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("It is unkind to me or to somebody else").check()
    page.get_by_role("button", name=TELL).click()
    expect(page.get_by_role("heading", name="Thank you. The care team knows.")).to_be_visible()
    somebody.go("/home/")
    page.get_by_role("link", name="What happened").click()
    expect(page.get_by_text("Somebody from the care team reads it soon.")).to_be_visible()


def test_a_message_is_reported_from_the_live_room(person: Somebody) -> None:
    pages = [person(door).page for door in (JUNIPER, OTTER)]
    for page in pages:
        page.get_by_role("link", name="Rooms", exact=True).first.click()
        page.get_by_role("link", name="Evening room").first.click()
    pages[1].get_by_label("Say something").fill("I am so tired of everything today")
    pages[1].get_by_role("button", name="Send").click()
    line = pages[0].locator(".line", has_text="so tired of everything")
    line.get_by_role("link", name=TELL).click()
    pages[0].get_by_label("I am worried about this person").check()
    pages[0].get_by_role("button", name=TELL).click()
    expect(pages[0].get_by_text("we do not tell you what comes of it")).to_be_visible()
    desk = person(MODERATOR).go("/desk/")
    expect(desk.locator("#people")).to_contain_text("Another member is worried")


def test_a_decision_is_appealed_and_taken_back(person: Somebody) -> None:
    otter, juniper = person(OTTER).page, person(JUNIPER).page
    thread_of(otter, "Soup evenings")
    write(otter, HARSH)
    mine = otter.locator(".post.mine", has_text=HARSH)
    expect(mine.locator(".state")).to_have_text("Published")
    thread_of(juniper, "Soup evenings")
    theirs = juniper.locator(".post", has_text=HARSH)
    theirs.get_by_role("link", name=TELL).click()
    juniper.get_by_label("It is unkind to me or to somebody else").check()
    juniper.get_by_role("button", name=TELL).click()
    desk = person(MODERATOR).go("/desk/")
    decide(desk, "Do not publish", "It could hurt whoever cooks.")
    otter.goto(otter.url.split("/forums")[0] + "/desk/what-happened/")
    otter.get_by_role("link", name="Your forum post").first.click()
    otter.get_by_role("link", name="Ask for another look").click()
    otter.get_by_label("What should we know?").fill("It was a joke between us.")
    otter.get_by_role("button", name="Ask for another look").click()
    expect(otter.get_by_text("Somebody else reads it and answers by")).to_be_visible()
    lead = person(LEAD).go("/desk/")
    lead.get_by_role("link", name="asks for another look").click()
    lead.get_by_label("Take it back").check()
    lead.get_by_label("What the member is told").fill("We read it again: it was a joke.")
    lead.get_by_role("button", name="Answer").click()
    otter.reload()
    expect(otter.get_by_text("We read it again: it was a joke.")).to_be_visible()
    thread_of(juniper, "Soup evenings")
    expect(juniper.locator(".post", has_text=HARSH)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_with_something_in_them_are_accessible(scheme: str, person: Somebody) -> None:
    somebody = person(OTTER, color_scheme=scheme, reduced_motion="reduce")
    thread_of(somebody.page, "Soup evenings")
    write(somebody.page, "You are a pathetic idiot.")
    moderator = person(MODERATOR, color_scheme=scheme, reduced_motion="reduce")
    desk = moderator.go("/desk/")
    desk.get_by_role("link", name="Forum post by").click()
    desk.get_by_text("The author", exact=True).click()
    desk.get_by_role("link", name="Propose a measure").click()
    found = looked_at(moderator, desk.url)
    desk.get_by_label("A rest from writing").check()
    desk.get_by_label("Which rule is it about?").select_option("unkind")
    desk.get_by_label("What the member is told").fill("Please take a breath.")
    desk.get_by_role("button", name="Propose").click()
    measure = desk.url
    found += looked_at(moderator, measure)
    desk.goto(measure)
    desk.get_by_role("button", name="Make it active").click()
    found += looked_at(moderator, measure)
    thread_of(somebody.page, "Soup evenings")
    report = somebody.page.get_by_role("link", name=TELL).first.get_attribute("href")
    write(somebody.page, "May I?")
    expect(somebody.page.locator(".problem")).to_contain_text("You have a rest from writing")
    assert somebody.page.get_by_label("Your text").input_value() == "May I?"
    for path in ("/desk/what-happened/", report or ""):
        found += looked_at(somebody, somebody.url + path)
    somebody.go("/desk/what-happened/")
    somebody.page.get_by_role("link", name="Ask for another look").click()
    found += looked_at(somebody, somebody.page.url)
    somebody.page.get_by_role("button", name="Ask for another look").click()
    found += looked_at(somebody, somebody.url + "/desk/what-happened/")
    for path in ("/desk/", "/desk/measures/", "/desk/appeals/", "/desk/appeals/1/"):
        found += looked_at(moderator, moderator.url + path)
    assert found == []


def looked_at(somebody: Person, url: str) -> list[str]:
    """What is wrong with a page at two widths."""
    found = []
    for width in (360, 1280):
        somebody.page.set_viewport_size({"width": width, "height": 900})
        page = somebody.page
        page.goto(url)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{url} {width}: {wide} wide")
        found += [f"{url} {width}: {line}" for line in somebody.axe()]
    return found
