"""Judge texts from standard input, without a database: how anybody can measure the filter."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.screening.encoder import EncoderUnavailable
from moderation.screening.offline import BATCH, ENGINES, Judge, as_row, default_engine
from moderation.screening.small import BrokenWeights


class Command(BaseCommand):
    help = (
        'Reads {"id", "text"} lines on standard input and writes one verdict a line: the default '
        "policy, for a trusted member in a hybrid space."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--engine", choices=ENGINES, default=default_engine())

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            judge = Judge(options["engine"])
        except (EncoderUnavailable, BrokenWeights) as reason:
            raise CommandError(str(reason)) from reason
        rows: list[dict[str, Any]] = []
        for number, line in enumerate(sys.stdin, 1):
            if not line.strip():
                continue
            rows.append(self._row(number, line))
            if len(rows) == BATCH:
                self._write(judge, rows)
                rows = []
        self._write(judge, rows)

    def _row(self, number: int, line: str) -> dict[str, Any]:
        try:
            row: dict[str, Any] = json.loads(line)
            if not isinstance(row["text"], str):
                raise TypeError
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(
                f'Line {number} is not a JSON object with a "text". Nothing after it was judged.'
            ) from error
        return row

    def _write(self, judge: Judge, rows: list[dict[str, Any]]) -> None:
        for row, judged in zip(rows, judge.judge([row["text"] for row in rows]), strict=True):
            self.stdout.write(json.dumps(as_row(row.get("id"), judged), ensure_ascii=True))
