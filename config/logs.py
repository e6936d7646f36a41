"""One line a log record, without line breaks or control characters from outside."""

import logging


class LineFormatter(logging.Formatter):
    """`time level logger message`, control characters escaped so that no one can forge a line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        if record.exc_info:
            # A traceback spans lines by nature; its message may hold words of a person, so it is
            # replaced by the exception's class and the places in our code.
            return self._scrubbed(record)
        return "".join(ch if ch.isprintable() else repr(ch)[1:-1] for ch in line)

    def _scrubbed(self, record: logging.LogRecord) -> str:
        import traceback

        kind, _, trace = record.exc_info  # type: ignore[misc]
        places = " < ".join(
            f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno}"
            for frame in reversed(traceback.extract_tb(trace)[-6:])
        )
        name = kind.__name__ if kind else "Exception"
        head = self.formatTime(record)
        return f"{head} {record.levelname} {record.name} {name} at {places}"
