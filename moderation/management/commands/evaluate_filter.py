"""Measure the filter on labelled texts."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.screening.encoder import EncoderUnavailable
from moderation.screening.evaluation import report
from moderation.screening.offline import ENGINES, Judge, default_engine
from moderation.screening.small import BrokenWeights
from moderation.screening.training.rows import opened


class Command(BaseCommand):
    help = (
        "Prints, per source and per ability, how the filter does on a JSON Lines file (plain or "
        ".gz) of labels or expectations, each share with its 95 % interval."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--engine", choices=ENGINES, default=default_engine())
        parser.add_argument(
            "--most", type=int, default=0, help="Texts read of each file; 0 for all."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            judge = Judge(options["engine"])
        except (EncoderUnavailable, BrokenWeights) as reason:
            raise CommandError(str(reason)) from reason
        for path in options["files"]:
            rows = self._rows(path)[: options["most"] or None]
            self.stdout.write(f"== {path.name}, engine {options['engine']}")
            for line in report(rows, list(judge.stream(row["text"] for row in rows))):
                self.stdout.write(line)

    def _rows(self, path: Path) -> list[dict[str, Any]]:
        try:
            with opened(path) as file:
                rows = [json.loads(line) for line in file if line.strip()]
            for row in rows:
                row["text"] + ""
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(
                f"{path.name} cannot be read as JSON Lines with a text in each "
                f"({type(error).__name__})."
            ) from error
        return rows
