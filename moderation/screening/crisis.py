"""The quick look inside the request: does the author need help, now?"""

import logging

from moderation.screening import rules
from moderation.screening.signals import Axis, Risk

log = logging.getLogger(__name__)


def needs_help(text: str) -> Risk:
    """The highest risk the rules see in a text.

    Never raises: should the rules fail, the answer is RED, so that help is shown (fail open).
    """
    try:
        hits = rules.find(text)
    except Exception as error:
        log.error("rules failed inside a request: %s", type(error).__name__)
        return Risk.RED
    return max((hit.level for hit in hits if hit.axis is Axis.RISK), default=Risk.GREEN)
