"""Finding words in posts: FTS5 or PostgreSQL behind one function, with the doors of the pages.

Only the newest NEWEST hits are ranked: ranking every hit of a common word costs more than it tells.
"""

import re
from dataclasses import dataclass

from django.db import connection
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from community.forums.models import Board, Post, SearchText
from community.forums.reading import title_for
from community.forums.topics import OPEN, Wishes, wishes_of
from community.members.models import Member

NEWEST = 1000
PAGE = 25
TERMS_MOST = 12
SPARE = 25
AROUND = 110

_TERMS = re.compile(r'"([^"]*)"|(\S+)')
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Hit:
    """A post that was found. excerpt: words around the first hit, '' when they are warned of."""

    post: Post
    title: str
    excerpt: SafeString


@dataclass(frozen=True)
class Found:
    """One page of hits. more: whether another page follows."""

    hits: list[Hit]
    more: bool


def terms_of(text: str) -> list[list[str]]:
    """What to look for: words, and phrases in quotation marks. Signs alone are nothing."""
    parts = [_WORDS.findall(quoted or word) for quoted, word in _TERMS.findall(text)]
    return [words for words in parts if words][:TERMS_MOST]


def find(member: Member, text: str, *, board_id: int | None = None, page: int = 0) -> Found:
    """Posts the person may read that hold every term; the best of the newest first.

    board_id: only on this board. page: from 0; beyond the last one there is nothing.
    """
    terms = terms_of(text)
    boards = Board.objects.readable_by(member)
    if board_id is not None:
        boards = boards.filter(id=board_id)
    scopes = [f"b{number}" for number in boards.values_list("id", flat=True)] if terms else []
    if not scopes:
        return Found([], more=False)
    ranked = _postgres(terms, scopes) if connection.vendor == "postgresql" else _fts5(terms, scopes)
    wishes = wishes_of(member)
    readable = Post.objects.readable_by(member).wanted_by(member, wishes)
    wanted = (page + 1) * PAGE + 1
    # Nearly all of them may be read, as the boards are one's own: the rest is asked only if not.
    ids: list[int] = []
    for part in (ranked[: wanted + SPARE], ranked[wanted + SPARE :]):
        if part and len(ids) < wanted:
            allowed = set(readable.filter(id__in=part).values_list("id", flat=True))
            ids += [number for number in part if number in allowed]
    here = ids[page * PAGE : (page + 1) * PAGE]
    return Found(_hits(here, terms, member, wishes), more=len(ids) >= wanted)


def _fts5(terms: list[list[str]], scopes: list[str]) -> list[int]:
    # Every term is quoted, so that none of them is an operator of FTS5.
    words = " AND ".join('"' + " ".join(term) + '"' for term in terms)
    query = f"{{title body}} : ({words}) AND scope : ({' OR '.join(scopes)})"
    # Not bm25: to weigh a word it counts its hits in the whole index, 300 ms for a common one among
    # a million posts. How often the words stand here, by length, tells as much among texts that
    # all hold all of them; a title counts four times.
    sql = (
        "SELECT rowid FROM (SELECT rowid, length(title) + length(body) AS size,"
        " 4 * (length(highlight(forums_words, 0, '!', '')) - length(title))"
        " + length(highlight(forums_words, 1, '!', '')) - length(body) AS hits"
        " FROM forums_words WHERE forums_words MATCH %s ORDER BY rowid DESC LIMIT %s)"
        " ORDER BY hits / (hits + 0.5 + size / 400.0) DESC, rowid DESC"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [query, NEWEST])
        return [row[0] for row in cursor.fetchall()]


def _postgres(terms: list[list[str]], scopes: list[str]) -> list[int]:
    # The words of the search go the same way as those of the texts; see migration 0005.
    query = " && ".join(["phraseto_tsquery('hearth', hearth_words(%s))"] * len(terms))
    sql = (
        f"WITH q AS (SELECT {query} AS query), newest AS ("  # noqa: S608  (no text from outside)
        "SELECT post_id, words FROM forums_searchtext, q"
        " WHERE words @@ q.query AND scope = ANY(%s) ORDER BY post_id DESC LIMIT %s)"
        " SELECT post_id FROM newest, q ORDER BY ts_rank(words, q.query) DESC, post_id DESC"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(" ".join(term) for term in terms), scopes, NEWEST])
        return [row[0] for row in cursor.fetchall()]


def _hits(ids: list[int], terms: list[list[str]], member: Member, wishes: Wishes) -> list[Hit]:
    rows = SearchText.objects.filter(post__in=ids).select_related(
        "post__alias",
        "post__author",
        "post__submission",
        "post__thread__board",
        "post__thread__opening__submission__shown",
        "post__thread__opening__submission__latest",
    )
    found = {row.post_id: row for row in rows}
    return [_hit(found[number], terms, member, wishes) for number in ids if number in found]


def _hit(row: SearchText, terms: list[list[str]], member: Member, wishes: Wishes) -> Hit:
    post = row.post
    closed = post.author_id != member.id and wishes.way(post.warned_of) != OPEN
    title = title_for(post.thread, member, wishes)
    return Hit(post, title, SafeString("") if closed else excerpt(row.body, terms))


def excerpt(body: str, terms: list[list[str]]) -> SafeString:
    """The words around the first hit, escaped, with the hits marked."""
    pattern = "|".join(sorted({re.escape(word) for term in terms for word in term}, key=len)[::-1])
    any_term = re.compile(rf"\b(?:{pattern})", re.IGNORECASE)
    first = any_term.search(body)
    start = max(0, first.start() - AROUND) if first else 0
    part = body[start : start + 2 * AROUND]
    pieces: list[str] = ["… " if start else ""]
    at = 0
    for hit in any_term.finditer(part):
        pieces += [part[at : hit.start()], format_html("<mark>{}</mark>", hit.group())]
        at = hit.end()
    pieces += [part[at:], " …" if start + 2 * AROUND < len(body) else ""]
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def index(post: Post) -> None:
    """Make the public words of a post findable, or find them no more. Call it where they change."""
    shown = post.submission.shown
    if shown is None or post.pub_seq is None:
        SearchText.objects.filter(post=post).delete()
        return
    words = {"title": shown.public_title, "body": shown.public_body}
    SearchText.objects.update_or_create(
        post=post, defaults={**words, "scope": f"b{post.thread.board_id}"}
    )
