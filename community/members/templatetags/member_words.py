"""Words for templates that belong to people and notices."""

from django import template

from community.members.notices import KINDS

register = template.Library()


@register.filter
def notice_words(kind: str) -> str:
    """What a notice of this kind says; the kind itself when it is no longer known."""
    return KINDS.get(kind, kind)
