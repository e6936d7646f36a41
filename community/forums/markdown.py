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


def _leading_out(tag: str, attribute: str, value: str) -> str | None:
    """Addresses that lead nowhere or into this very site ("", "0", "//host") are left out."""
    if (tag, attribute) == ("a", "href") and not value.startswith(("https:", "mailto:")):
        return None
    return value


def render(text: str) -> SafeString:
    """The text as HTML that can be put into a page. Headings become one quiet size."""
    html = _PARSER.render(text)
    for size in ("1", "2", "4", "5", "6"):
        html = html.replace(f"<h{size}>", "<h3>").replace(f"</h{size}>", "</h3>")
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "*": set()},
        attribute_filter=_leading_out,
        url_schemes={"https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
    )
    return mark_safe(clean)
