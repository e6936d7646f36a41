"""The picture that other sites show beside a link to a workshop: 1200 by 630, drawn here.

Nobody else is asked for a font or a drawing, so nobody else learns who looks at which workshop.
"""

import io
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from PIL import Image, ImageDraw, ImageFont

from events.models import Event, Occurrence, Way

SIZE = (1200, 630)
MARGIN = 90
PAPER, GLOW, INK, SOFT, TEAL = "#f8f3ea", "#fdebd2", "#27323b", "#58626b", "#17655f"
FONT = Path(settings.BASE_DIR) / "static/vendor/dejavu-2.37/DejaVuSerifCondensed-Bold.ttf"
KEPT_S = 24 * 3600


def of(event: Event) -> bytes:
    """The picture of a workshop (events.access.event_for) as PNG, drawn once a day at most."""
    words = (event.title, _when(event), _where(event), settings.SITE_NAME)
    key = f"events.picture.{salted_hmac('events.picture', repr(words)).hexdigest()}"
    found = cache.get(key)
    if found is None:
        found = draw(*words)
        cache.set(key, found, KEPT_S)
    return bytes(found)


def _when(event: Event) -> str:
    dates: list[Occurrence] = getattr(event, "dates", [])
    return date_format(dates[0].local_start, "l j F, H:i") if dates else "Dates to follow"


def _where(event: Event) -> str:
    return "Online" if event.way == Way.ONLINE else event.place


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


def draw(title: str, when: str, where: str, site: str) -> bytes:
    """PNG bytes. A long title becomes smaller, then is cut."""
    picture = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(picture)
    for step in range(60):
        # A lamp's glow from above, in rings from the outside in.
        part = step / 59
        wide, high = 900 * (1 - part) + 60, 380 * (1 - part) + 20
        pen.ellipse((600 - wide, -high, 600 + wide, high), fill=_between(PAPER, GLOW, part))
    pen.rectangle((0, 0, 18, SIZE[1]), fill=TEAL)
    size, lines = _fit(title)
    top = 150.0
    for line in lines:
        pen.text((MARGIN, top), line, font=_font(size), fill=INK)
        top += size * 1.25
    top += 24
    for words, colour in ((when, TEAL), (where, SOFT)):
        if words:
            pen.text((MARGIN, top), _cut(words, 38), font=_font(38), fill=colour)
            top += 56
    pen.text((MARGIN, SIZE[1] - 90), _cut(site, 34), font=_font(34), fill=SOFT)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _between(one: str, other: str, part: float) -> tuple[int, int, int]:
    mixed = [
        round(int(one[at : at + 2], 16) * (1 - part) + int(other[at : at + 2], 16) * part)
        for at in (1, 3, 5)
    ]
    return mixed[0], mixed[1], mixed[2]


def _fit(title: str) -> tuple[int, list[str]]:
    for size in (84, 72, 60, 50):
        lines = _lines(title, size)
        if len(lines) * size * 1.25 <= 260:
            return size, lines
    return 50, [*lines[:3], _cut(f"{lines[3]} …", 50)]


def _lines(text: str, size: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _font(size).getlength(longer) <= SIZE[0] - 2 * MARGIN:
            lines[-1] = longer
        else:
            lines += [_cut(word, size)] if lines[-1] else []
            lines[-1] = _cut(word, size)
    return lines


def _cut(text: str, size: int) -> str:
    most = SIZE[0] - 2 * MARGIN
    if _font(size).getlength(text) <= most:
        return text
    while text and _font(size).getlength(f"{text}…") > most:
        text = text[:-1]
    return f"{text}…"
