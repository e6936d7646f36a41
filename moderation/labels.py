"""Every decision of a person becomes labels, and chance picks what is looked at twice.

Called in the transaction of the decision, so that no decision is without its label.
"""

from typing import TYPE_CHECKING

from django.utils.crypto import salted_hmac

from moderation.models import (
    PUBLIC,
    Axis,
    Decision,
    Label,
    LabelSource,
    SecondLook,
    State,
)

if TYPE_CHECKING:
    from community.members.models import Member
    from moderation.models import Revision

# The share of decisions that a second person makes again without knowing the first.
DOUBLE = 0.05
# The share of published texts, in which the filter found nothing, that a person reads.
RANDOM = 0.02


def drawn(purpose: str, number: int, share: float) -> bool:
    """Whether chance picks this row. Nobody can foresee it; asked again, the answer is the same."""
    mac = salted_hmac("moderation.labels", f"{purpose} {number}", algorithm="sha256")
    return int.from_bytes(mac.digest()[:8]) / 2**64 < share


def learn(decision: Decision) -> None:
    """Take a new decision into account. Call it inside the transaction that makes it."""
    if decision.by is None:
        _maybe_sample(decision)
        return
    if decision.outcome == State.HELD:
        return
    write(
        decision.revision,
        decision.by,
        LabelSource.DECISION,
        {Axis.RULE: decision.policy},
        clinic_id=decision.submission.clinic_id,
        decision=decision,
    )
    again = SecondLook.objects.filter(revision_id=decision.revision_id).exists()
    if not again and drawn("double", decision.id, DOUBLE):
        _look(decision, LabelSource.DOUBLE, DOUBLE)


def write(
    revision: "Revision",
    decider: "Member",
    source: LabelSource,
    values: dict[Axis, str],
    *,
    clinic_id: int,
    decision: Decision | None = None,
    look: SecondLook | None = None,
) -> None:
    """One label an axis. values: a policy code for Axis.RULE, "0" to "3" for Axis.RISK."""
    propensity = _propensity(revision)
    for axis, value in values.items():
        Label.objects.create(
            clinic_id=clinic_id,
            revision=revision,
            sha256=revision.sha256,
            axis=axis,
            value=value,
            source=source,
            decider=decider,
            propensity=propensity,
            decision=decision,
            look=look,
        )


def _propensity(revision: "Revision") -> float | None:
    """How likely a text like this comes before a person: certain when the filter held it, the
    drawn share when chance brought it, unknown when somebody reported it."""
    sampled = SecondLook.objects.filter(revision=revision, purpose=LabelSource.RANDOM).first()
    if sampled is not None:
        return sampled.propensity
    held = Decision.objects.filter(revision=revision, by=None, outcome=State.HELD)
    return 1.0 if held.exists() else None


def _maybe_sample(decision: Decision) -> None:
    """A text that was let through with nothing found may be read all the same.

    Without this nobody could know what the filter misses. What two people say to each other, with
    no group around them, is not drawn.
    """
    unflagged = decision.outcome == State.VISIBLE and not decision.policy
    if not unflagged or decision.submission.group_id is None:
        return
    if drawn("random", decision.id, RANDOM):
        _look(decision, LabelSource.RANDOM, RANDOM)


def _look(decision: Decision, purpose: LabelSource, share: float) -> None:
    SecondLook.objects.get_or_create(
        revision_id=decision.revision_id,
        purpose=purpose,
        defaults={
            "clinic_id": decision.submission.clinic_id,
            "decision": decision,
            "propensity": share,
        },
    )


def shows(decision: Decision) -> bool:
    """Whether others may see the text after this decision."""
    return decision.outcome in PUBLIC
