"""The filter of this process. Made on first use; Detoxify joins when it has loaded.

Loading torch takes seconds. Texts do not wait for it: the small model answers meanwhile, and what
it let pass is read again afterwards (`runner.read_again`).
"""

import logging
import threading
from pathlib import Path
from typing import Literal

from django.conf import settings

from moderation.screening import small
from moderation.screening.engine import Filter, Small

log = logging.getLogger(__name__)

State = Literal["both", "loading", "degraded", "small"]

_filter: Filter | None = None
_loader: threading.Thread | None = None
_problem = ""
_making = threading.Lock()


def current() -> Filter:
    """The filter. Raises small.BrokenWeights when not even the small model can be read."""
    global _filter
    with _making:
        if _filter is None:
            _filter = Filter(Small(small.load()))
            if settings.DETOXIFY:
                _start_loading(_filter)
        return _filter


def state() -> tuple[State, str]:
    """What serves in this process, and why not more when it is less."""
    if _filter is None or (_loader is not None and _loader.is_alive()):
        return ("loading", "")
    if _filter.degraded:
        return ("degraded", _filter.degraded)
    return ("both", "") if _filter.name == "both" else ("small", _problem)


def expected() -> bool:
    """Whether Detoxify should take part: it is wanted, and nothing made it impossible."""
    return bool(settings.DETOXIFY) and not _problem


def main_engine() -> str:
    """The engine whose numbers a clinic's own thresholds are about: "both" or "small"."""
    from moderation.screening.encoder import installed

    return "both" if settings.DETOXIFY and installed() else "small"


def forget() -> None:
    """Make the filter anew on the next use. For tests and after new weights."""
    global _filter, _loader, _problem
    with _making:
        _filter, _loader, _problem = None, None, ""


def _start_loading(filter_: Filter) -> None:
    global _loader
    _loader = threading.Thread(target=_load, args=(filter_,), name="detoxify-loader", daemon=True)
    _loader.start()


def _load(filter_: Filter) -> None:
    global _problem
    from moderation.screening.encoder import Encoder, EncoderUnavailable

    try:
        own = Encoder(threads=settings.DETOXIFY_THREADS)
        folder = settings.DETOXIFY_CHECKPOINT
        published = Encoder(Path(folder)) if folder else None
    except EncoderUnavailable as reason:
        _problem = str(reason)
    except Exception as error:
        _problem = f"Detoxify could not be loaded ({type(error).__name__})."
    else:
        filter_.add(own, published)
        log.info("Detoxify takes part: %s", filter_.version)
        return
    log.warning("The filter serves with rules and its small model: %s", _problem)
