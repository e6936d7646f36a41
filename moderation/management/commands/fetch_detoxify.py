"""Fetch one of Detoxify's published checkpoints, to be read beside ours. Needs the internet."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from moderation.management.commands.train_filter import write_manifest
from moderation.screening import encoder


class Command(BaseCommand):
    help = (
        "Downloads a published Detoxify checkpoint with its configuration and tokenizer into "
        "DATA_DIR, checks it, and says how to use it. Never needed: the server ships its own."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "model", nargs="?", default="original",
            choices=("original", "unbiased", "multilingual", "original-small", "unbiased-small"),
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        if not encoder.installed():
            raise CommandError("torch and detoxify are not installed; the README says how.")
        folder = Path(settings.DATA_DIR) / "detoxify" / options["model"]
        folder.mkdir(parents=True, exist_ok=True)
        try:
            fetch(options["model"], folder)
            write_manifest(folder, options["model"])
        except encoder.EncoderUnavailable as reason:
            raise CommandError(str(reason)) from reason
        except Exception as error:
            raise CommandError(
                f"The checkpoint could not be fetched ({type(error).__name__}). Check that this "
                "machine reaches the internet, and run the same command again."
            ) from error
        self.stdout.write(f"Fetched and checked. Set DETOXIFY_CHECKPOINT={folder}")


def fetch(model: str, folder: Path) -> None:
    """Download, with the digest that the file's published name ends in (its first 8 hex digits).

    The whole digest is written to the manifest afterwards and checked at every start.
    """
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        os.environ.pop(name, None)
    import torch
    import transformers
    from detoxify.detoxify import MODEL_URLS

    url = MODEL_URLS[model]
    prefix = url.rsplit("-", 1)[1].removesuffix(".ckpt")
    path = folder / encoder.CHECKPOINT
    torch.hub.download_url_to_file(url, str(path), hash_prefix=prefix, progress=False)
    arguments = torch.load(path, map_location="cpu", weights_only=True)["config"]["arch"]["args"]
    made = getattr(transformers, arguments["model_name"])
    config = made.config_class.from_pretrained(
        arguments["model_type"], num_labels=arguments["num_classes"]
    )
    tokenizer = getattr(transformers, arguments["tokenizer_name"]).from_pretrained(
        arguments["model_type"]
    )
    config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
