"""The arithmetic of the audit chain: each row is sealed with a key over itself and the row before.

Pure: no database, no settings. A row that was altered, taken out, put in or moved no longer fits.
Rows cut off at the end leave a chain that fits, so heads are exported and compared as well.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

# What stands before the first row.
GENESIS = "0" * 64


class BadRow(Exception):
    """The first row that does not fit: `sequence` and, in `why`, what is wrong with it."""

    def __init__(self, sequence: int, why: str) -> None:
        super().__init__(f"row {sequence}: {why}")
        self.sequence = sequence
        self.why = why


class Link(NamedTuple):
    """One row of the chain, in the order of its columns. mac and previous: 64 hex digits."""

    sequence: int
    at: datetime
    actor: int | None
    action: str
    kind: str
    object: int | None
    about: int | None
    clinic: int | None
    facts: str
    key: str
    previous: str
    mac: str


class Head(NamedTuple):
    """Where a chain ends, or ended at some moment: its last row's number and mac."""

    sequence: int
    mac: str


def key_id(key: str) -> str:
    """The name of a key, eight hex digits. It says nothing about the key."""
    return hashlib.sha256(b"audit key\0" + key.encode()).hexdigest()[:8]


def mac_of(link: Link, key: str) -> str:
    """HMAC-SHA256 over everything in the row but its mac, in hex."""
    at = link.at.astimezone(UTC).isoformat(timespec="microseconds")
    said = json.dumps([link.sequence, at, *link[2:-1]], separators=(",", ":")).encode()
    return hmac.digest(key.encode(), said, "sha256").hex()


def walk(
    links: Iterable[Link],
    keys: Sequence[str],
    start: Head,
    heads: Mapping[int, str] | None = None,
    oldest_allowed: int | None = None,
) -> tuple[Head, int | None]:
    """Follow rows in ascending order from the one after `start`.

    keys: newest first. heads: macs exported earlier, by sequence. oldest_allowed: index of the key
    of the row before; from row to row keys only become newer, so that somebody who got hold of a
    retired key cannot go on with it. Returns the last row and its key's index, to go on from.
    Raises BadRow.
    """
    known = {key_id(key): (index, key) for index, key in enumerate(keys)}
    sequence, previous = start
    newest = len(keys) if oldest_allowed is None else oldest_allowed
    exported = heads or {}
    for link in links:
        sequence += 1
        if link.sequence != sequence:
            raise BadRow(sequence, "is missing")
        if link.key not in known:
            raise BadRow(sequence, f"was sealed with the key {link.key}, which AUDIT_KEYS lacks")
        index, key = known[link.key]
        if index > newest:
            raise BadRow(sequence, "was sealed with an older key than the row before it")
        if not hmac.compare_digest(mac_of(link, key), link.mac):
            raise BadRow(sequence, "was altered")
        if link.previous != previous:
            raise BadRow(sequence, "does not follow the row before it")
        if exported.get(sequence, link.mac) != link.mac:
            raise BadRow(sequence, "is not the row whose head was exported")
        previous, newest = link.mac, index
    return Head(sequence, previous), newest


def seal_of(head: Head, at: str, key: str) -> str:
    """HMAC-SHA256 over an exported head, in hex. at: the moment of the export, as written."""
    said = json.dumps(["head", head.sequence, head.mac, at], separators=(",", ":")).encode()
    return hmac.digest(key.encode(), said, "sha256").hex()
