"""An organiser's day in real browsers: made, filled, told, let in, asked, looked back at."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Community, Person
from tests.journeys.test_story import ADMIN
from tests.servers import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Somebody = Callable[..., Person]
expect.set_options(timeout=15_000)
PUT_TO_NOW = """
from datetime import timedelta
from django.utils import timezone
from events.models import Occurrence
now = timezone.now()
Occurrence.objects.filter(event__title="Quiet evenings").update(
    starts_at=now - timedelta(minutes={before}), ends_at=now + timedelta(minutes={after})
)
"""


def clock(env: dict[str, str], before: int, after: int) -> None:
    """Put the date of the story so many minutes around now: nobody wants to wait two weeks."""
    code = PUT_TO_NOW.format(before=before, after=after)
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "shell", "-v0", "-c", code],
        env={**os.environ, **env, "DEMO": "1"},
        cwd=ROOT,
        check=True,
        timeout=120,
    )


def sign_up(page: Page, url: str, name: str) -> None:
    """A visitor signs up with the first date, in a browser of their own."""
    page.goto(url)
    page.get_by_role("link", name=re.compile("Sign up|Go on the waiting list")).first.click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your e-mail address").fill(f"{name.lower()}@visitors.example")
    page.wait_for_timeout(2500)  # nobody types so fast; machines do
    page.get_by_role("button", name=re.compile("Keep a seat|Put me on the list")).click()
    expect(page.get_by_role("heading", name="Please look into your mail")).to_be_visible()


def place_of(page: Page, site: str, address: str) -> str:
    """The link in the first letter to an address."""
    for _ in range(60):
        page.goto(site + "/demo/mail/")
        letters = page.locator("main").inner_text()
        for letter in letters.split(address)[1:]:
            if found := re.search(r"/workshops/place/[^/\s]+/", letter):
                return found[0]
        page.wait_for_timeout(500)
    raise AssertionError(f"no letter to {address}")


def test_an_organisers_day(
    person: Somebody, community: Community, site_env: dict[str, str]
) -> None:
    organiser, visitor = person(ADMIN), person()
    page, site = organiser.page, organiser.url
    organiser.go("/workshops/organise/new/")
    page.get_by_label("Title").fill("Quiet evenings")
    page.get_by_label("What happens there").fill("Tea and listening.")
    page.get_by_label("Day").fill((datetime.now() + timedelta(days=20)).strftime("%Y-%m-%d"))  # noqa: DTZ005
    page.get_by_label("Seats", exact=True).fill("1")
    page.get_by_role("button", name="Keep as a draft").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("It is published.")).to_be_visible()
    public = page.get_by_role("link", name="See it as visitors do").get_attribute("href")
    organised = page.url
    for name in ("Wren", "Robin"):
        sign_up(visitor.page, visitor.url + str(public), name)
    links = [place_of(page, site, f"{name}@visitors.example") for name in ("wren", "robin")]
    for link in links:
        visitor.go(link).get_by_role("button", name="Yes, I am coming").click()
    # One more seat: who waits gets an offer at once, and takes it.
    page.goto(organised)
    page.get_by_role("table").get_by_role("link").first.click()
    date = page.url
    page.get_by_label("Seats", exact=True).fill("2")
    page.get_by_role("button", name="Keep", exact=True).click()
    visitor.go(links[1]).get_by_role("button", name="Yes, I am coming").click()
    page.get_by_role("link", name="Tell everybody something").click()
    page.get_by_label("What they should know").fill("Please bring a blanket.")
    page.get_by_role("button", name="Tell them").click()
    expect(page.get_by_text("Letters go out to 2.")).to_be_visible()
    expect(visitor.go(links[0]).get_by_text("Please bring a blanket.")).to_be_visible()
    # The day: one by the list, one scan without network, one who comes by.
    clock(site_env, before=5, after=60)
    page.goto(date + "door/")
    assert organiser.axe() == []
    page.get_by_role("button", name="Here: Wren").click()
    expect(page.get_by_text("Wren is here.")).to_be_visible()
    organiser.context.set_offline(True)
    ticket = visitor.go(links[1]).locator(".ticket .code").inner_text()
    page.get_by_label("Code of a ticket").fill(ticket)
    page.get_by_role("button", name="Let in").click()
    expect(page.get_by_text("1 kept on this device")).to_be_visible()
    expect(page.locator("#here")).to_have_text("2")
    organiser.context.set_offline(False)
    expect(page.locator("#door-queue")).to_be_hidden(timeout=20_000)
    expect(visitor.go(links[1]).get_by_text("You are here since")).to_be_visible()
    page.reload()
    page.get_by_label("Their name").fill("Finch")
    page.get_by_role("button", name="Welcome them").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Also when every seat is taken").check()
    page.get_by_role("button", name="Welcome them").click()
    expect(page.locator("#here")).to_have_text("3")
    # Over: letters go out, somebody answers, and one answer is not shown.
    clock(site_env, before=125, after=-5)
    page.goto(date + "door/")
    page.get_by_role("button", name="The list is right").click()
    expect(page.get_by_text("Answers are shown once five people")).to_be_visible()
    asked = ""
    for _ in range(60):
        found = re.search(r"/workshops/feedback/[^/\s]+/", visitor.go("/demo/mail/").content())
        if found:
            asked = found[0]
            break
        visitor.page.wait_for_timeout(500)
    answer = visitor.go(asked)
    assert visitor.axe() == []
    for question in ("Was it helpful", "Did you feel safe"):
        answer.get_by_role("group", name=re.compile(question)).get_by_label("quite").check()
    answer.get_by_label("Yes").check()
    answer.get_by_role("button", name="Send").click()
    expect(answer.get_by_role("heading", name="Thank you")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Somebody has answered.")).to_be_visible()
    organiser.go("/workshops/organise/trends/")
    expect(page.get_by_role("img", name="Who came, by weekday")).to_be_visible()
