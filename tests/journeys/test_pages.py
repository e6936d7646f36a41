"""Every page, at three widths, in light and dark: accessible, and nothing runs out at the side."""

from collections.abc import Callable

import pytest

from tests.journeys.conftest import Person
from tests.journeys.test_story import ADMIN, JUNIPER, LEAD, MENTOR, MODERATOR

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    None: [
        "/",
        "/workshops/",
        "/workshops/month/",
        "/workshops/sleeping-again/",
        "/workshops/date/1/",
        "/workshops/date/1/mail/",
        "/account/login/",
        "/account/password/reset/",
        "/account/signup/",
        "/account/inactive/",
        "/help/",
        "/privacy/",
        "/house-rules/",
        "/accessibility/",
        "/welcome/nothing/",
        "/nowhere/",
        "/demo/",
        "/demo/mail/",
    ],
    JUNIPER: [
        "/home/",
        "/tour/",
        "/news/",
        "/settings/",
        "/blocked/",
        "/forums/",
        "/forums/board/1/",
        "/forums/board/1/new/",
        "/forums/thread/1/",
        "/rooms/",
        "/rooms/1/",
        "/mentoring/",
        "/workshops/courses/1/",
        "/desk/need-a-person/",
        "/desk/what-happened/",
        "/account/email/",
        "/account/password/set/",
        "/account/2fa/",
        "/account/sessions/",
        "/account/logout/",
    ],
    MENTOR: ["/mentoring/"],
    LEAD: [
        "/desk/second-looks/",
        "/desk/conflicts/",
        "/desk/golden/",
        "/desk/quality/",
        "/desk/figures/",
        "/desk/thresholds/",
    ],
    MODERATOR: [
        "/home/",
        "/desk/",
        "/desk/measures/",
        "/desk/appeals/",
        "/mentoring/",
        "/account/2fa/",
    ],
    ADMIN: [
        "/home/",
        "/invitations/",
        "/invitations/tables/",
        "/invitations/who/",
        "/workshops/seats/",
        "/workshops/organise/",
        "/workshops/organise/trends/",
        "/workshops/organise/course/1/",
        "/second-factor/",
        "/desk/figures/",
    ],
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_at_every_width(scheme: str, person: Callable[..., Person]) -> None:
    found = []
    for door, paths in PAGES.items():
        somebody = person(door, color_scheme=scheme, reduced_motion="reduce")
        for path in paths:
            page = somebody.go(path)
            for width in (360, 768, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    found.append(f"{path} {width}: {wide} wide")
                # What axe looks at changes with the width only where the layout does.
                if width != 768:
                    found += [f"{path} {width}: {line}" for line in somebody.axe()]
    assert found == [], "\n".join(sorted(set(found)))


def test_everything_can_be_reached_by_keyboard_and_the_focus_shows(
    person: Callable[..., Person],
) -> None:
    somebody = person(JUNIPER)
    for path in ("/home/", "/forums/thread/1/", "/rooms/1/"):
        page = somebody.go(path)
        first = None
        for step in range(80):
            page.keyboard.press("Tab")
            shown = page.evaluate(
                "() => { const e = document.activeElement; const s = getComputedStyle(e);"
                " return [e.tagName, e.textContent.trim().slice(0, 30) || e.name || '',"
                " s.outlineStyle !== 'none' || s.boxShadow !== 'none'"
                " || (e.labels?.length && getComputedStyle(e.labels[0]).outlineStyle !== 'none')]}"
            )
            if shown[0] == "BODY":
                break
            assert shown[2], (path, shown)
            first = first or shown
            assert step < 79, f"{path} holds the keyboard"
        assert first == ["A", "Skip to the content", True]
