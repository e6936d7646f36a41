"""Pages of a list by position, not by number: page 2,000 costs what page 1 costs."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

SALT = "members.paging"


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and the signed cursor of what follows ('' at the end)."""

    items: list[Any]
    next_cursor: str
    is_first: bool


def page_of(request: HttpRequest, rows: QuerySet[Any], order: str, size: int) -> Page:
    """The part of a list that `?after=` asks for; the beginning without it.

    order: a field that never changes once set, with '-' for descending; id breaks ties in the same
    direction. Raises Http404 for a cursor that is not ours for this very page.
    """
    field, down = order.lstrip("-"), order.startswith("-")
    sign = "-" if down else ""
    ordered = rows.order_by(f"{sign}{field}", f"{sign}id")
    cursor = request.GET.get("after", "")
    if cursor:
        value, last_id = _read(cursor, request.path)
        beyond = "lt" if down else "gt"
        ordered = ordered.filter(
            Q(**{f"{field}__{beyond}": value}) | Q(**{field: value, f"id__{beyond}": last_id})
        )
    items = list(ordered[: size + 1])
    more, items = len(items) > size, items[:size]
    next_cursor = _write(getattr(items[-1], field), items[-1].id, request.path) if more else ""
    return Page(items, next_cursor, is_first=not cursor)


def cursor_after(value: Any, last_id: int, path: str) -> str:
    """A signed cursor to what follows a row on the page at `path`, for jumping there."""
    return _write(value, last_id, path)


def _write(value: Any, last_id: int, path: str) -> str:
    text = value.isoformat() if hasattr(value, "isoformat") else value
    return signing.dumps([text, last_id, path], salt=SALT, compress=True)


def _read(cursor: str, path: str) -> tuple[Any, int]:
    try:
        value, last_id, where = signing.loads(cursor, salt=SALT)
    except (signing.BadSignature, ValueError):
        raise Http404 from None
    if where != path:
        raise Http404
    return value, last_id
