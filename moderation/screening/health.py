"""What the desk says of the filter, read from its last verdict: true in every process."""

from django.conf import settings

from moderation.models import Screening
from moderation.screening import encoder
from moderation.screening.runner import MISSED

DELAYED = (
    "The filter's models are not working. Rules alone judge, and texts of newcomers wait for you. "
    "Somebody who looks after the server should look at its log."
)
RESTING = (
    "Detoxify is starting or has stumbled, so the small model judges alone. What it lets pass is "
    "read again by itself."
)
BROKEN = (
    "The filter works with its rules and its small model: Detoxify could not be loaded. The log of "
    "the server says why and what to do."
)
ALONE = (
    "The filter works with its rules and its small model: Detoxify is not installed on this server."
)


def note() -> str:
    """A sentence when less than everything serves; '' when all is well. One query."""
    last = Screening.objects.order_by("-id").values_list("classifier", "error").first()
    if last is None:
        return ""
    classifier, error = last
    if error == MISSED:
        return RESTING
    if not classifier:
        return DELAYED
    if not settings.DETOXIFY or not classifier.startswith("small"):
        return ""
    return BROKEN if encoder.installed() else ALONE
