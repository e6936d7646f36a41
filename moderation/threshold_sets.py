"""Cut-offs of the classifier as numbered versions: proposed by one person, put to use by another.

Before a set can be put to use, a shadow run says what it would have changed. A set that is in use
can be taken back by one person, since two had agreed on what was there before.
"""

import hashlib
import json
import logging
import time
from dataclasses import asdict, fields
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from community.members import audit
from community.members.models import Member
from moderation.models import SetState, ShadowRun, ThresholdChange, ThresholdSet
from moderation.screening import serving
from moderation.screening.policy import DEFAULTS, Thresholds

log = logging.getLogger(__name__)

POLICY = "screening"
# A change made in another process is seen after this many seconds at the latest.
FRESH_S = 30.0
# Attempts to get the next number when several people propose in the same moment.
TRIES = 10

_known: dict[int, tuple[float, Thresholds | None]] = {}


class NotAThreshold(ValueError):
    """A value is missing, unknown, or not a share between 0 and 1."""


class OwnProposal(Exception):
    """Nobody puts their own cut-offs to use."""


class NotTried(Exception):
    """No shadow run has shown what the set would change compared with what is in use now."""


class ChangedMeanwhile(Exception):
    """Another set is in use than the page said, or this one is no longer a proposal."""


# --- What the screener reads --------------------------------------------------------------------


def active(clinic_id: int) -> Thresholds | None:
    """The cut-offs a clinic has put to use, or None: then the built-in ones hold.

    Cheap: one query per clinic and process in 30 seconds. A set that does not match its checksum,
    or that this version of the software does not understand, counts as none.
    """
    now = time.monotonic()
    kept = _known.get(clinic_id)
    if kept is not None and kept[0] > now:
        return kept[1]
    row = current(clinic_id)
    found = thresholds_of(row) if row is not None else None
    _known[clinic_id] = (now + FRESH_S, found)
    return found


def forget() -> None:
    """Read again at the next question, in this process."""
    _known.clear()


def current(clinic_id: int) -> ThresholdSet | None:
    """The set in use."""
    rows = ThresholdSet.objects.filter(clinic_id=clinic_id, policy=POLICY, state=SetState.ACTIVE)
    return rows.select_related("created_by", "approved_by").first()


def thresholds_of(row: ThresholdSet) -> Thresholds | None:
    """A stored set as the policy reads it; None when it was altered or is not understood."""
    try:
        values = checked(row.values)
    except NotAThreshold:
        values = {}
    if not values or checksum(values) != row.checksum:
        log.error("threshold set %s is not usable; the built-in one holds", row.pk)
        return None
    return Thresholds(version=f"{row.clinic_id}.{row.version}-{row.checksum[:8]}", **values)


# --- What a set holds ---------------------------------------------------------------------------


def built_in() -> dict[str, Any]:
    """The values that hold where no set is in use."""
    values = asdict(DEFAULTS[serving.main_engine()])
    del values["version"]
    return values


def checked(values: object) -> dict[str, Any]:
    """The values in the order of Thresholds: shares above 0 up to 1, and switches.

    Raises NotAThreshold naming the first that is missing, unknown or out of range.
    """
    if not isinstance(values, dict):
        raise NotAThreshold("not a table")
    clean: dict[str, Any] = {}
    for name, usual in built_in().items():
        value = values.get(name)
        switch = isinstance(usual, bool)
        if switch != isinstance(value, bool) or not isinstance(value, bool | int | float):
            raise NotAThreshold(name)
        if not switch and not 0.0 < value <= 1.0:
            raise NotAThreshold(name)
        clean[name] = value if switch else float(value)
    if unknown := sorted(set(values) - set(clean)):
        raise NotAThreshold(unknown[0])
    return clean


def checksum(values: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of the values, in hex."""
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def names() -> list[str]:
    """The names of the values, in the order of Thresholds."""
    return [field.name for field in fields(Thresholds) if field.name != "version"]


# --- Changing what is in use --------------------------------------------------------------------


def propose(by: Member, values: dict[str, Any], note: str) -> ThresholdSet:
    """Write down a new version. It changes nothing yet. Raises NotAThreshold."""
    clean = checked(values)
    rows = ThresholdSet.objects.filter(clinic_id=by.clinic_id, policy=POLICY)
    for _ in range(TRIES):
        last = rows.aggregate(last=Max("version"))["last"] or 0
        try:
            with transaction.atomic():
                made = ThresholdSet.objects.create(
                    clinic_id=by.clinic_id,
                    version=last + 1,
                    policy=POLICY,
                    values=clean,
                    checksum=checksum(clean),
                    note=note,
                    created_by=by,
                )
                audit.record(by, "thresholds.proposed", made, sha256=made.checksum)
        except IntegrityError:
            # Somebody else took the number between our look and our row.
            continue
        return made
    raise ChangedMeanwhile


@transaction.atomic
def activate(row: ThresholdSet, by: Member, *, seen: int | None) -> None:
    """Put a proposal to use in place of the set `seen` (None: the built-in one).

    Raises OwnProposal; NotTried when no shadow run compares the two; ChangedMeanwhile when another
    set is in use than was seen, or this one is no longer a proposal.
    """
    if row.created_by_id == by.id:
        raise OwnProposal
    if not ShadowRun.objects.filter(set=row, against_id=seen).exists():
        raise NotTried
    _retire(row.clinic_id, seen)
    _put_to_use(row, SetState.DRAFT, approved_by=by, approved_at=timezone.now())
    _changed(by, seen, row, rolled_back=False)


@transaction.atomic
def roll_back(clinic_id: int, by: Member, *, seen: int) -> ThresholdSet | None:
    """Take the set `seen` out of use and put back what was there before it.

    Returns what is in use now; None is the built-in one. Raises ChangedMeanwhile.
    """
    before = _before(clinic_id, seen)
    _retire(clinic_id, seen)
    if before is not None:
        _put_to_use(before, SetState.RETIRED)
    _changed(by, seen, before, rolled_back=True, clinic_id=clinic_id)
    return before


def _before(clinic_id: int, seen: int) -> ThresholdSet | None:
    """What a set replaced when it was put to use by two people."""
    change = (
        ThresholdChange.objects.filter(clinic_id=clinic_id, current_id=seen, rolled_back=False)
        .select_related("previous")
        .order_by("-id")
        .first()
    )
    return change.previous if change else None


def _retire(clinic_id: int, seen: int | None) -> None:
    """Take the set that was seen in use out of use; only one of several finds it so."""
    if seen is None:
        return
    rows = ThresholdSet.objects.filter(id=seen, clinic_id=clinic_id, state=SetState.ACTIVE)
    if rows.update(state=SetState.RETIRED) != 1:
        raise ChangedMeanwhile


def _put_to_use(row: ThresholdSet, was: SetState, **approval: Any) -> None:
    """Two people may press at once. The second finds the proposal gone, or the constraint that
    knows one active set refuses it."""
    try:
        with transaction.atomic():
            rows = ThresholdSet.objects.filter(id=row.id, state=was)
            moved = rows.update(state=SetState.ACTIVE, **approval)
    except IntegrityError:
        raise ChangedMeanwhile from None
    if moved != 1:
        raise ChangedMeanwhile


def _changed(
    by: Member,
    previous: int | None,
    row: ThresholdSet | None,
    *,
    rolled_back: bool,
    clinic_id: int | None = None,
) -> None:
    ThresholdChange.objects.create(
        clinic_id=clinic_id or by.clinic_id,
        previous_id=previous,
        current=row,
        rolled_back=rolled_back,
        by=by,
    )
    transaction.on_commit(forget)
    action = "thresholds.rolled_back" if rolled_back else "thresholds.activated"
    audit.record(by, action, row, was=previous, now=row.id if row else None)
