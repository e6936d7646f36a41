"""The main story, as people live it, in real browsers."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Community, Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Somebody = Callable[..., Person]

ADMIN = "Administrator (makes invitations)"
MODERATOR = "Moderator (care desk)"
LEAD = "Clinical lead"
MENTOR = "Peer mentor"
JUNIPER = "Patient (Lighthouse circle)"
OTTER = "Another patient of the same group"
PHRASE = "four calm lanterns glow"
expect.set_options(timeout=15_000)


def thread_of(page: Page, title: str) -> None:
    page.get_by_role("link", name="Forums", exact=True).first.click()
    page.get_by_role("link", name="Everyday").first.click()
    page.get_by_role("link", name=title).click()


def write(page: Page, text: str) -> None:
    page.get_by_label("Your text").fill(text)
    page.get_by_role("button", name="Send").click()


def test_an_invited_person_comes_in(person: Somebody, community: Community) -> None:
    admin = person(ADMIN).page
    admin.get_by_role("link", name="Invitations").first.click()
    admin.get_by_label("Lighthouse circle").check()
    admin.get_by_role("button", name="Make a link").click()
    link = admin.get_by_label("Invitation link").input_value()
    somebody = person()
    page = somebody.page
    page.goto(link)
    expect(page.get_by_role("heading", name="You are invited")).to_be_visible()
    page.get_by_role("button", name="Yes, show me how to join").click()
    page.get_by_label("The name others will see").fill("Heron")
    page.get_by_label("Your e-mail address").fill("heron@people.example")
    page.get_by_label("Your passphrase").fill("short")
    page.get_by_label("I have read this and I agree").check()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("alert")).to_contain_text("What you typed is still here")
    assert page.get_by_label("The name others will see").input_value() == "Heron"
    page.get_by_label("Your passphrase").fill(PHRASE)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_label("Code")).to_be_visible()
    admin.goto(admin.url.split("/invitations")[0] + "/demo/mail/")
    (code, *_) = re.findall(r"[A-Z0-9]{4}-[A-Z0-9]{4}", admin.locator("main").inner_text())
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="A short look around")).to_be_visible()
    page.get_by_role("button", name="Got it, take me in").click()
    expect(page.get_by_role("heading", name="Lighthouse circle")).to_be_visible()
    # The link was for one person.
    late = person().page
    late.goto(link)
    expect(late.get_by_role("heading", name="This link does not work any more")).to_be_visible()


def test_a_post_is_checked_then_seen_by_the_group(person: Somebody) -> None:
    juniper, otter = person(JUNIPER).page, person(OTTER).page
    for page in (otter, juniper):
        thread_of(page, "Soup evenings")
    write(juniper, "Mine is carrot and ginger this week.")
    mine = juniper.locator(".post.mine", has_text="carrot and ginger")
    expect(mine.locator(".state")).to_have_text("Published")
    # Nothing moves under a reader: the new post waits behind a button.
    otter.get_by_role("button", name="Something new was written").click()
    expect(otter.locator(".post", has_text="carrot and ginger")).to_be_visible()


def test_three_people_talk_and_nothing_is_lost(person: Somebody) -> None:
    people = [person(door) for door in (JUNIPER, OTTER, MENTOR)]
    pages = [somebody.page for somebody in people]
    for page in pages:
        page.get_by_role("link", name="Rooms", exact=True).first.click()
        page.get_by_role("link", name="Evening room").first.click()
        expect(page.get_by_role("log")).to_be_visible()
    for number, page in enumerate(pages):
        page.get_by_label("Say something").fill(f"Hello from number {number}")
        page.get_by_role("button", name="Send").click()
        for other in pages:
            expect(other.get_by_role("log")).to_contain_text(f"Hello from number {number}")
    # One loses the network in the middle of it and writes all the same.
    people[0].context.set_offline(True)
    pages[0].get_by_label("Say something").fill("Written without a network")
    pages[0].get_by_role("button", name="Send").click()
    pages[1].get_by_label("Say something").fill("Said while somebody was away")
    pages[1].get_by_role("button", name="Send").click()
    expect(pages[2].get_by_role("log")).to_contain_text("Said while somebody was away")
    people[0].context.set_offline(False)
    pages[0].reload()
    expect(pages[0].get_by_role("log")).to_contain_text("Said while somebody was away")
    for page in pages:
        page.reload()
        words = page.get_by_role("log").inner_text()
        for number in range(3):
            assert words.count(f"Hello from number {number}") == 1


def test_a_doubted_text_comes_to_the_desk_and_its_author_is_told(person: Somebody) -> None:
    moderator, juniper, otter = person(MODERATOR).page, person(JUNIPER).page, person(OTTER).page
    moderator.get_by_role("link", name="Care desk").first.click()
    expect(moderator.get_by_text("No text is waiting")).to_be_visible()
    thread_of(juniper, "Soup evenings")
    write(juniper, "Otter, you are a pathetic idiot.")
    expect(juniper.get_by_text("Waiting for a person of the care team")).to_be_visible()
    # It comes to the open desk by itself.
    expect(moderator.locator("#texts")).to_contain_text("Forum post by Juniper")
    thread_of(otter, "Soup evenings")
    assert "pathetic" not in otter.content()
    moderator.get_by_role("button", name="Take the next one").click()
    expect(moderator.get_by_text("You hold this text until")).to_be_visible()
    moderator.get_by_label("Do not publish").check()
    moderator.locator("select[name=policy]").select_option(index=1)
    moderator.locator("textarea[name=reason]").fill("This could hurt Otter. Please say it kindly.")
    moderator.get_by_role("button", name="Decide", exact=True).click()
    expect(moderator.get_by_text("No text is waiting")).to_be_visible()
    expect(juniper.get_by_text("Not published.")).to_be_visible()
    juniper.get_by_role("link", name="Here is why").click()
    expect(juniper.locator("main")).to_contain_text("This could hurt Otter")
    otter.reload()
    assert "pathetic" not in otter.content()


def test_a_released_text_reaches_the_others(person: Somebody) -> None:
    moderator, juniper, otter = person(MODERATOR).page, person(JUNIPER).page, person(OTTER).page
    thread_of(juniper, "Soup evenings")
    write(juniper, "My cat, you are such an idiot, and I love you.")
    expect(juniper.get_by_text("Waiting for a person of the care team")).to_be_visible()
    moderator.get_by_role("link", name="Care desk").first.click()
    moderator.get_by_role("button", name="Take the next one").click()
    moderator.get_by_label("Publish", exact=True).check()
    moderator.locator("select[name=policy]").select_option(index=1)
    moderator.locator("textarea[name=reason]").fill("All fine. Give the cat our regards.")
    moderator.get_by_role("button", name="Decide", exact=True).click()
    expect(juniper.locator(".post.mine", has_text="My cat").locator(".state")).to_have_text(
        "Published"
    )
    thread_of(otter, "Soup evenings")
    expect(otter.locator(".post", has_text="My cat")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_somebody_in_danger_gets_help_in_the_same_answer(script: bool, person: Somebody) -> None:
    moderator = person(MODERATOR).page
    moderator.get_by_role("link", name="Care desk").first.click()
    expect(moderator.get_by_text("Nobody is known to be at risk")).to_be_visible()
    juniper = person(JUNIPER, java_script_enabled=script).page
    thread_of(juniper, "Soup evenings")
    write(juniper, "I want to die. I am going to kill myself tonight.")
    expect(juniper.get_by_role("heading", name="You matter")).to_be_visible()
    expect(juniper.get_by_role("link", name="116 123")).to_be_visible()
    expect(moderator.locator("#people")).to_contain_text("Juniper")
    expect(moderator.locator("#people")).to_contain_text("Answer by")
    moderator.locator("#people").get_by_role("link", name="Juniper").click()
    moderator.get_by_role("button", name="I am on it").click()
    expect(moderator.locator("main")).to_contain_text("You are on it")
    # Help costs nothing: the person reads and writes as before.
    juniper.get_by_role("link", name="Go on to your text").click()
    write(juniper, "Thank you for asking.")
    expect(juniper.locator(".post.mine", has_text="Thank you for asking.")).to_be_visible()


def test_help_comes_to_the_room_at_once(person: Somebody) -> None:
    juniper = person(JUNIPER).page
    juniper.get_by_role("link", name="Rooms", exact=True).first.click()
    juniper.get_by_role("link", name="Evening room").first.click()
    juniper.get_by_label("Say something").fill("I want to kill myself tonight")
    juniper.get_by_role("button", name="Send").click()
    expect(juniper.get_by_role("heading", name="You matter")).to_be_visible()


def test_a_mentor_and_a_patient_are_paired_when_both_say_yes(person: Somebody) -> None:
    moderator, mentor, juniper = person(MODERATOR).page, person(MENTOR).page, person(JUNIPER).page
    moderator.get_by_role("link", name="Mentoring").first.click()
    moderator.get_by_label("Mentor", exact=True).select_option(label="Mentor Mint (2 free)")
    moderator.get_by_label("Member", exact=True).select_option(label="Juniper")
    moderator.get_by_label("What the mentor may know").fill("Would like company in the mornings.")
    moderator.get_by_role("button", name="Ask the mentor").click()
    for page in (mentor, juniper):
        page.get_by_role("link", name="Mentoring").first.click()
        if page is mentor:
            assert "Juniper" not in page.locator("main").inner_text()
        page.get_by_role("link", name="Read and answer").click()
        page.get_by_role("button", name="Yes, I would like to").click()
    juniper.get_by_role("link", name="Go to our room").click()
    juniper.get_by_label("Say something").fill("Good morning, and thank you")
    juniper.get_by_role("button", name="Send").click()
    mentor.get_by_role("link", name="Mentoring").first.click()
    mentor.get_by_role("link", name="Juniper").click()
    mentor.get_by_role("link", name="Go to our room").click()
    expect(mentor.get_by_role("log")).to_contain_text("Good morning, and thank you")


def test_a_visitor_signs_up_by_mail_and_gets_a_calendar_file(person: Somebody) -> None:
    visitor = person()
    page = visitor.go("/workshops/")
    page.get_by_role("link", name="Sleeping again").first.click()
    assert visitor.context.cookies() == []
    page.get_by_role("link", name="Sign up").first.click()
    page.wait_for_timeout(2500)
    page.get_by_label("Your name").fill("Wren")
    page.get_by_label("Your e-mail address").fill("wren@visitors.example")
    page.get_by_role("button", name="Keep a seat for me").click()
    expect(page.get_by_role("heading", name="Please look into your mail")).to_be_visible()
    links = page.locator("a", has_text="/workshops/place/")
    for _ in range(40):
        visitor.go("/demo/mail/")
        if links.count():
            break
        page.wait_for_timeout(500)
    visitor.go(urlsplit(links.first.inner_text()).path)
    page.get_by_role("button", name="Yes, I am coming").click()
    expect(page.locator("main")).to_contain_text("You have a seat, Wren")
    with page.expect_download() as download:
        page.get_by_role("link", name="Put it into my calendar").click()
    words = download.value.path().read_text()
    assert "METHOD:REQUEST" in words
    assert "Sleeping" not in words
    page.get_by_role("button", name="I cannot come").click()
    expect(page.locator("main")).to_contain_text("You gave your place back")


def test_leaving_quickly_works_without_script(person: Somebody) -> None:
    juniper = person(JUNIPER, java_script_enabled=False)
    page = juniper.page
    page.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="elsewhere"))
    page.get_by_role("button", name="Leave quickly").click()
    page.wait_for_url("https://www.wikipedia.org/**")
    juniper.go("/home/")
    assert "/account/login/" in page.url


def test_leaving_quickly_leads_elsewhere_and_back_leads_not_here(person: Somebody) -> None:
    juniper = person(JUNIPER)
    page = juniper.page
    page.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="elsewhere"))
    juniper.go("/forums/")
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("https://www.wikipedia.org/**")
    # One step back is the page before; it asks to sign in, and the one that was left is gone.
    page.go_back()
    page.wait_for_url("**/account/login/**")
    juniper.go("/home/")
    assert "/account/login/" in page.url
