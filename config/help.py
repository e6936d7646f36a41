"""Crisis resources of the clinic's country, read once from a file: help needs no database."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Resource:
    """Somewhere a person in danger can turn to now."""

    name: str
    about: str
    phone: str = ""
    text: str = ""
    url: str = ""
    hours: str = ""
    emergency: bool = False

    @property
    def dial(self) -> str:
        """The phone number as a tel: link wants it."""
        return "".join(ch for ch in self.phone if ch.isdigit() or ch == "+")


@cache
def resources() -> tuple[Resource, ...]:
    """The resources of settings.COUNTRY, emergency number first; () when none are configured."""
    try:
        table = json.loads(Path(settings.HELP_RESOURCES_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return ()
    found = tuple(Resource(**row) for row in table["countries"].get(settings.COUNTRY, []))
    return tuple(sorted(found, key=lambda resource: not resource.emergency))
