"""Words that are not screened, or could not be stored, may be a call for help all the same."""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from community.members.models import Member
from moderation import risk
from moderation.models import Level, RiskEvent, RiskSource
from moderation.screening.crisis import needs_help

log = logging.getLogger(__name__)

TWICE = timedelta(minutes=10)
FORUM = "Wrote something for a forum that speaks of danger. It could not be posted there."
APPEAL = "Wrote something in an appeal that speaks of danger. The words are with the appeal."
HELD = "Wrote something for a forum that speaks of danger. It waits, as they wish, until tomorrow."
ROOM = "Wrote in a live room something that speaks of danger. It could not be sent there."


def heard(member: Member, body: str, where: str) -> bool:
    """Look at a text that no screener reads. True when its author should see help now.

    where: what the care team reads, such as FORUM; the words themselves are not kept here. Never
    raises: the person gets help also while our database is away.
    """
    level = needs_help(body)
    if level < Level.RED:
        return False
    try:
        _call(member, level, where)
    except Exception as error:
        log.error("a call for help could not be written down: %s", type(error).__name__)
    return True


@transaction.atomic
def _call(member: Member, level: int, where: str) -> None:
    Member.objects.select_for_update(no_key=True).get(id=member.id)
    said = RiskEvent.objects.filter(
        case__member=member, text=where, level__gte=level, at__gt=timezone.now() - TWICE
    )
    if not said.exists():
        risk.raise_risk(member, level, RiskSource.FILTER, text=where)
