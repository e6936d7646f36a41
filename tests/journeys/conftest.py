"""A running community and people with browsers in front of it.

On PostgreSQL and Redis it is two serving processes and one worker, and people are spread over both.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.servers import ROOT, Running, program

AXE = (Path(__file__).parent.parent / "vendor/axe-core-4.14.1/axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Community:
    """The servers, and the path of each invented person's door."""

    sites: list[Running]
    doors: dict[str, str]
    used: int = 0

    def next_url(self) -> str:
        """The address of one of the servers, in turn."""
        self.used += 1
        return self.sites[self.used % len(self.sites)].url


@pytest.fixture
def community(
    site_env: dict[str, str], serve: Callable[..., Running], work: Callable[..., Running]
) -> Community:
    env = {**site_env, "DEMO": "1"}
    command = [sys.executable, str(ROOT / "manage.py"), "seed_demo"]
    said = subprocess.run(
        command, env=env, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120
    ).stdout
    doors = {
        line.split("  http")[0].strip(): urlsplit(line.split()[-1]).path
        for line in said.splitlines()
        if re.search(r"\s{2,}http://\S+$", line)
    }
    many = "REDIS_URL" in os.environ
    sites = [serve(DEMO="1", PROCESSES="2" if many else "1") for _ in range(2 if many else 1)]
    if many:
        work(DEMO="1")
    return Community(sites, doors)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file of journeys. Playwright's event loop runs in this thread until it
    ends, and Django refuses the database beside a loop: it may not outlive its file."""
    chromium = program("chromium") or program("chromium-browser") or program("google-chrome")
    if chromium is None:
        if os.environ.get("CI"):
            raise FileNotFoundError("chromium")
        pytest.skip("needs chromium: run .ci/setup")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        running = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


@dataclass
class Person:
    """Somebody at a browser. `told` is everything the console complained of."""

    context: BrowserContext
    page: Page
    url: str
    told: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def axe(self) -> list[str]:
        """What the accessibility rules found on this page: rule and element."""
        result: dict[str, Any] = self.page.evaluate(
            f"async tags => {{ {AXE}; return await axe.run(document,"
            " {runOnly: tags, resultTypes: ['violations']}); }",
            TAGS,
        )
        return [
            f"{rule['id']}: {node['html'][:120]}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]


@pytest.fixture
def person(browser: Browser, community: Community) -> Iterator[Callable[..., Person]]:
    """person(door, **options): somebody's browser, entered by their door; no door, a visitor."""
    people: list[Person] = []

    def person(door: str | None = None, **options: Any) -> Person:
        context = browser.new_context(**options)
        context.set_default_timeout(15_000)
        somebody = Person(context, context.new_page(), community.next_url())
        somebody.page.on(
            "console",
            lambda line: somebody.told.append(line.text) if line.type == "error" else None,
        )
        somebody.page.on("pageerror", lambda error: somebody.told.append(str(error)))
        if door is not None:
            somebody.go(community.doors[door])
            somebody.page.get_by_role("button", name="Enter as").click()
            somebody.page.wait_for_url("**/home/")
        people.append(somebody)
        return somebody

    yield person
    for somebody in people:
        somebody.context.close()
    complaints = [line for somebody in people for line in somebody.told]
    # A broken content policy or a script's fault shows here, in every journey.
    serious = [line for line in complaints if "status of 4" not in line and "ERR_" not in line]
    assert serious == []
