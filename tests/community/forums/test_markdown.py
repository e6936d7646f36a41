"""Markdown becomes HTML that can do nothing but be read."""

import os
import re
from html.parser import HTMLParser

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
    "[x]()",
    "[x](0)",
    "[x](/account/logout/)",
    "[x](//evil.example)",
]
# Pieces that grow together into something dangerous where a cleaner is careless.
PIECES = [
    *ATTACKS,
    "<",
    ">",
    "&lt;",
    "&#60;script&#62;",
    "[a](",
    ")",
    "](",
    "![",
    "<!--",
    "-->",
    "<![CDATA[",
    "`",
    "```",
    "\n\n",
    "> ",
    "* ",
    "javascript:",
    "&#x6A;avascript:",
    "java\tscript:",
    "vbscript:x",
    "https://ok.example/",
    "<https://ok.example/>",
    "<javascript:x>",
    '" onload="x',
    "' style='x",
    "<math><mtext></mtext>",
    "<template>",
    "<noscript>",
    "</p>",
    "\\",
    "\x00",
    "[r]: //evil.example",
    "[r]",
    "#",
    "<a name=x>",
    "<form action=//evil.example>",
    "<input autofocus onfocus=x>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh>",
]
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
# The whole claim: MARKDOWN_EXAMPLES=20000. Every run makes fewer, for they take minutes.
EXAMPLES = int(os.environ.get("MARKDOWN_EXAMPLES", "400"))


class Nodes(HTMLParser):
    """What a browser would make of it: every element with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", {}))

    def handle_decl(self, decl: str) -> None:
        self.found.append(("declaration", {}))

    def handle_pi(self, data: str) -> None:
        self.found.append(("instruction", {}))

    def unknown_decl(self, data: str) -> None:
        self.found.append(("declaration", {}))


def assert_inert(html: str) -> None:
    nodes = Nodes()
    nodes.feed(html)
    nodes.close()
    for tag, attributes in nodes.found:
        assert tag in ALLOWED
        assert set(attributes) <= ({"href", "rel"} if tag == "a" else set())
        address = attributes.get("href")
        assert address is None or address.startswith(("https:", "mailto:"))


def test_what_looks_for_danger_finds_it() -> None:
    for attack in ATTACKS[:2] + ["<a href='javascript:x'>y</a>", "<p onclick=x>y</p>", "<!--x-->"]:
        with pytest.raises(AssertionError):
            assert_inert(attack)


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


def test_there_is_nothing_in_a_text_that_a_page_would_fetch() -> None:
    html = render("![x](https://evil.example/pixel.png) [y](https://evil.example/) <img src=//z>")
    assert "src" not in re.sub("&[a-z]+;[^&]*", "", html)
    assert "<img" not in html
    assert html.count("<a ") == 2


@given(
    st.lists(
        st.one_of(
            st.sampled_from(PIECES),
            st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30),
            st.text(alphabet="<>&\"'()[]!*_`#:/ \n-ajscript", max_size=40),
        ),
        max_size=14,
    ).map("".join)
)
@settings(max_examples=EXAMPLES)
def test_no_text_makes_anything_but_allowed_tags(text: str) -> None:
    assert_inert(render(text))
