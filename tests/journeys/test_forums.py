"""One person's way through the forums: invited, reads, begins, posts under an alias, takes back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Community, Person
from tests.journeys.test_story import ADMIN, JUNIPER, MODERATOR, OTTER, PHRASE, thread_of, write

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Somebody = Callable[..., Person]


def come_in(admin: Page, page: Page, name: str) -> None:
    """By an invitation into the Lighthouse circle."""
    admin.get_by_role("link", name="Invitations").first.click()
    admin.get_by_label("Lighthouse circle").check()
    admin.get_by_role("button", name="Make a link").click()
    page.goto(admin.get_by_label("Invitation link").input_value())
    page.get_by_role("button", name="Yes, show me how to join").click()
    page.get_by_label("The name others will see").fill(name)
    page.get_by_label("Your e-mail address").fill(f"{name.lower()}@people.example")
    page.get_by_label("Your passphrase").fill(PHRASE)
    page.get_by_label("I have read this and I agree").check()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_label("Code")).to_be_visible()
    admin.goto(admin.url.split("/invitations")[0] + "/demo/mail/")
    code = re.findall(r"[A-Z0-9]{4}-[A-Z0-9]{4}", admin.locator("main").inner_text())[0]
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Got it, take me in").click()


def test_from_the_invitation_to_the_farewell(person: Somebody) -> None:
    sparrow, juniper = person(), person(JUNIPER).page
    page = sparrow.page
    come_in(person(ADMIN).page, page, "Sparrow")

    # Reads: what is hard stays closed until it is asked for.
    page.get_by_role("link", name="Forums", exact=True).first.click()
    page.get_by_role("link", name="Getting through").click()
    hard = page.get_by_role("link", name="A thread about death and loss")
    expect(hard).to_be_visible()
    assert "Her empty chair" not in page.content()
    hard.click()
    expect(page.get_by_role("heading", name="A thread about death and loss")).to_be_visible()
    assert "My aunt died" not in page.content()
    page.get_by_role("link", name="Show this post").first.click()
    expect(page.get_by_text("My aunt died")).to_be_visible()

    # Begins, and the text survives a window that is closed.
    thread_of(page, "Soup evenings")
    page.get_by_label("Your text").fill("I have never told anybody, but I hate soup.")
    expect(page.locator("#draft-state")).to_contain_text("Kept as a draft")
    again = sparrow.context.new_page()
    page.close()
    again.goto(sparrow.url + "/forums/drafts/")
    again.get_by_role("link", name="Go on writing").click()
    box = again.get_by_label("Your text")
    expect(box).to_have_value("I have never told anybody, but I hate soup.")

    # Posts under a name of this thread alone.
    again.get_by_label("Write under another name").check()
    again.get_by_role("button", name="Send").click()
    mine = again.locator(".post.mine", has_text="I hate soup")
    expect(mine.locator(".state")).to_have_text("Published")
    alias = mine.locator(".badge", has_text="as Member").inner_text().removeprefix("as ")
    again.goto(sparrow.url + "/forums/drafts/")
    expect(again.get_by_text("No drafts")).to_be_visible()

    # Edits; is quoted by somebody who sees the alias alone.
    again.go_back()
    again.reload()
    mine.get_by_role("link", name="Edit").click()
    again.get_by_label("Your text").fill("I have never told anybody, but I hate soup. All of it.")
    again.get_by_role("button", name="Send the change").click()
    edited = again.locator(".post.mine", has_text="All of it.")
    expect(edited.locator(".state")).to_have_text("Published")
    thread_of(juniper, "Soup evenings")
    theirs = juniper.locator(".post", has_text="All of it.")
    expect(theirs).to_contain_text(alias)
    assert "Sparrow" not in juniper.content()
    theirs.get_by_role("link", name="Quote").click()
    write(juniper, "That is allowed here.")
    quoting = juniper.locator(".post.mine", has_text="That is allowed here.")
    expect(quoting.locator(".quoted")).to_contain_text("All of it.")
    expect(quoting.locator(".state")).to_have_text("Published")

    # Takes it back: it is gone inside the quote as well.
    again.reload()
    again.locator(".post.mine", has_text="I hate soup").get_by_role(
        "link", name="Take back"
    ).click()
    again.get_by_role("button", name="Yes, take it back").click()
    expect(again.get_by_text("You took it back. Nobody else")).to_be_visible()
    juniper.reload()
    assert "I hate soup" not in juniper.content()
    expect(quoting.locator(".quoted")).to_contain_text("no longer there")


def test_two_windows_lose_nothing(person: Somebody) -> None:
    otter = person(OTTER)
    windows = [otter.page, otter.context.new_page()]
    for page in windows:
        page.goto(otter.url + "/forums/thread/1/")
    for number, page in enumerate(windows):
        page.get_by_label("Your text").press_sequentially(f"Window {number} says this")
        expect(page.locator("#draft-state")).to_be_visible()
    expect(windows[1].locator("#draft-state")).to_contain_text("Both texts are kept")
    windows[1].get_by_text("Read what the other window holds").click()
    expect(windows[1].locator("#draft-other")).to_contain_text("Window 0 says this")
    drafts = otter.go("/forums/drafts/")
    for number in range(2):
        expect(drafts.locator("main")).to_contain_text(f"Window {number} says this")


def test_everything_works_without_script(person: Somebody, community: Community) -> None:
    somebody = person(JUNIPER, java_script_enabled=False)
    page = somebody.page
    thread_of(page, "What did you see on your walk today?")
    page.get_by_label("Your text").fill("A *very* small dog.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview em")).to_have_text("very")
    page.get_by_role("button", name="Keep for later").click()
    kept = page.locator(".draft", has_text="very* small dog")
    kept.get_by_role("link", name="Go on writing").click()
    page.get_by_label("Let it wait until tomorrow morning").check()
    page.get_by_role("button", name="Send").click()
    waiting = page.locator(".draft", has_text="very* small dog")
    expect(waiting).to_contain_text("Goes out on")
    waiting.get_by_role("button", name="Keep it here instead").click()
    expect(page.get_by_role("heading", name="Drafts")).to_be_visible()
    desk = person(MODERATOR, java_script_enabled=False)
    shown = desk.go("/forums/follow-ups/")
    shown.locator(".follow-up").first.get_by_label("What came of it?").fill("We spoke.")
    shown.locator(".follow-up").first.get_by_role("button", name="Done").click()
    expect(shown.get_by_text("Done. Thank you.")).to_be_visible()
