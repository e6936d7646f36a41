"""Make the weights of the filter anew from labelled texts."""

import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.screening import encoder as serving
from moderation.screening import small
from moderation.screening.training import grammar
from moderation.screening.training import rows as labelled

# Texts whose scores are written beside a checkpoint; a loaded encoder must give them again.
CANARIES = (
    "Who is coming to the garden group on Thursday?",
    "I want to die and I can't tell anybody.",
    "You are a pathetic idiot, get lost.",
    "I have a gun and tonight I will use it on myself.",
    "I am a person with schizophrenia and I like gardening.",
    "I hate my stupid brain today.",
)


class Command(BaseCommand):
    help = (
        "Trains the small model (minutes), or with --encoder the Detoxify checkpoint (about an "
        "hour of one core), from JSON Lines files. Files whose licence does not allow shipping "
        "weights are refused."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--out", type=Path, default=small.PATH.parent, help="Folder to write.")
        parser.add_argument("--release", default="1", help="What the weights call themselves.")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument(
            "--encoder", type=Path, metavar="FOLDER",
            help="Fine-tune the encoder in this folder (config, tokenizer, model.safetensors).",
        )  # fmt: skip
        parser.add_argument("--epochs", type=float, default=2.5)
        parser.add_argument(
            "--teacher", type=Path, metavar="FOLDER",
            help="Let the checkpoint in this folder teach the small model about danger.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = labelled.read(options["files"])
        except (labelled.RefusedRow, OSError) as reason:
            raise CommandError(str(reason)) from reason
        out: Path = options["out"]
        if options["encoder"]:
            self._encoder(rows, options, out / "encoder")
        else:
            self._small(rows, options, out / "small.npz")

    def _small(self, rows: list[labelled.Row], options: dict[str, Any], path: Path) -> None:
        from moderation.screening.training import small as training

        rows = [*rows, *grammar.rows(options["seed"])]
        model = training.fit(rows, options["release"])
        if options["teacher"]:
            teachers = training.teachers(model, serving.Encoder(options["teacher"]))
            model = training.distil(model, rows, teachers, options["release"])
        small.save(path, model)
        self.stdout.write(f"{path.name}: {path.stat().st_size} bytes")

    def _encoder(self, rows: list[labelled.Row], options: dict[str, Any], folder: Path) -> None:
        from moderation.screening.training import encoder as training

        training.train(
            rows, options["encoder"], folder, epochs=options["epochs"], seed=options["seed"],
            say=self.stdout.write,
        )  # fmt: skip
        write_manifest(folder, options["release"])
        for name, size in training.describe(folder).items():
            self.stdout.write(f"{name}: {size} bytes")


def write_manifest(folder: Path, release: str) -> None:
    """The digest of a checkpoint and its known answers, beside it."""
    sha256 = hashlib.sha256((folder / serving.CHECKPOINT).read_bytes()).hexdigest()
    about: dict[str, Any] = {"sha256": sha256, "version": release, "canaries": []}
    place = folder / serving.MANIFEST
    place.write_text(json.dumps(about))
    said = serving.Encoder(folder).predict(CANARIES)
    about["canaries"] = [
        [text, [round(scores[at], 4) for scores in said.values()]]
        for at, text in enumerate(CANARIES)
    ]
    place.write_text(json.dumps(about, indent=1) + "\n")
