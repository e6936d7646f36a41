"""Tells the screener of this process that there is something to read."""

import threading

waiting = threading.Event()


def screener() -> None:
    """Wake the screener now instead of at its next look. Harmless where none runs."""
    waiting.set()
