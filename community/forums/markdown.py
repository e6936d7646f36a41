"""From Markdown to safe HTML: no raw HTML, no images, no scripts, links that lead out politely."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")
_TAGS = {
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


def render(text: str) -> SafeString:
    """The text as HTML that can be put into a page. Headings become one quiet size."""
    html = _PARSER.render(text)
    for size in ("1", "2", "4", "5", "6"):
        html = html.replace(f"<h{size}>", "<h3>").replace(f"</h{size}>", "</h3>")
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "*": set()},
        url_schemes={"https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
    )
    return mark_safe(clean)
