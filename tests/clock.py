"""A clock that stands still until it is told to move, for everything that asks Django's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from unittest.mock import patch


class Clock:
    """now: an aware moment; `forward` moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def forward(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@contextmanager
def standing(start: datetime) -> Iterator[Clock]:
    """django.utils.timezone.now() is what the clock says, defaults of columns included."""
    clock = Clock(start)

    class Told(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return clock.now.astimezone(tz)

    with patch("django.utils.timezone.datetime", Told):
        yield clock
