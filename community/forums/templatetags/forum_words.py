"""Words and texts of posts for templates."""

from django import template
from django.utils.safestring import SafeString

from community.forums.markdown import render as to_html
from community.forums.models import Post
from community.forums.topics import words_of
from community.members.models import Member

register = template.Library()


@register.filter
def text_for(post: Post, reader: Member) -> SafeString:
    """The post as the reader may see it: others the shown wording, its author the newest."""
    submission = post.submission
    if post.author_id == reader.id and submission.latest:
        return to_html(submission.latest.body)
    return to_html(submission.shown.public_body) if submission.shown else SafeString("")


@register.filter
def topic_words(mask: int) -> str:
    """The topics of a mask in words."""
    return words_of(mask)
