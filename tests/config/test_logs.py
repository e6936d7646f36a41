"""Logs hold no line that somebody forged and no words that somebody wrote."""

import logging

from config.logs import LineFormatter


def record(message: str, *args: object, exc_info: object = None) -> logging.LogRecord:
    return logging.LogRecord("x", logging.ERROR, "file.py", 1, message, args, exc_info)  # type: ignore[arg-type]


def test_a_name_cannot_forge_a_line() -> None:
    line = LineFormatter().format(record("joined: %s", "Eve\r\n2026 INFO root all is well\x1b[2J"))
    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b" not in line
    assert "Eve\\r\\n2026" in line


def test_a_traceback_names_places_but_not_words() -> None:
    import sys

    try:
        raise ValueError("secret words of Juniper")
    except ValueError:
        line = LineFormatter().format(record("failed", exc_info=sys.exc_info()))
    assert "ValueError at config/test_logs.py" in line
    assert "Juniper" not in line
