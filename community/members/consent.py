"""The text people agree to when they join. A new wording is a new version; old ones stay."""

import hashlib
from pathlib import Path

from django.conf import settings

VERSION = "2026-11"


def template() -> str:
    """Name of the template that holds the current wording."""
    return f"members/consent/{VERSION}.html"


def sha256() -> str:
    """Digest of the current wording, stored with each consent."""
    path = Path(settings.BASE_DIR) / "templates" / template()
    return hashlib.sha256(path.read_bytes()).hexdigest()
