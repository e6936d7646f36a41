"""Markdown becomes HTML that can do nothing but be read."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community.forums.markdown import render

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://evil.example/pixel.png)",
    "<svg/onload=alert(1)>",
    "<a href='https://x' onclick='y()'>z</a>",
    '[x](https://ok.example "onmouseover=alert(1)")',
    "<style>body{display:none}</style>",
    "<iframe src=https://evil.example></iframe>",
    "[x]: javascript:alert(1)\n\n[x]",
]
TAG = re.compile(r"<\s*/?\s*([a-z0-9]+)([^>]*)>", re.IGNORECASE)
ALLOWED = {
    "p",
    "br",
    "em",
    "strong",
    "blockquote",
    "ul",
    "ol",
    "li",
    "code",
    "pre",
    "a",
    "hr",
    "h3",
}


def assert_inert(html: str) -> None:
    for name, attributes in TAG.findall(html):
        assert name.lower() in ALLOWED
        for attribute in re.findall(r'([a-z-]+)="', attributes):
            assert attribute in {"href", "rel"}
        for address in re.findall(r'href="([^"]*)"', attributes):
            assert address.startswith(("https:", "mailto:"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_becomes_plain_text(attack: str) -> None:
    assert_inert(render(attack))


def test_ordinary_writing_looks_as_meant() -> None:
    html = render("**Bold** and *soft*\nnext line\n\n- one\n- two\n\n> said")
    for part in ("<strong>Bold</strong>", "<em>soft</em>", "<br>", "<li>one</li>", "<blockquote>"):
        assert part in html


def test_a_link_leads_out_politely() -> None:
    assert render("[out](https://ok.example/)") == (
        '<p><a href="https://ok.example/" rel="noopener noreferrer nofollow ugc">out</a></p>\n'
    )


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
@settings(max_examples=500)
def test_no_text_makes_anything_but_allowed_tags(text: str) -> None:
    assert_inert(render(text))
