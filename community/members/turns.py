"""How often somebody may do something, counted over all their tabs and all processes."""

import time
from collections.abc import Sequence

from django.core.cache import cache

# (seconds, times): at most so many within so long
Limits = Sequence[tuple[int, int]]


def wait_ms(name: str, limits: Limits) -> int:
    """Count one. 0 when it may be done now, else milliseconds until it may.

    name: who does what, such as "say.12". Counts per fixed window in the shared cache; where the
    cache is away, nobody is stopped.
    """
    now = time.time()
    waits = []
    for seconds, most in limits:
        window = int(now // seconds)
        key = f"turns.{name}.{seconds}.{window}"
        try:
            cache.add(key, 0, timeout=seconds * 2)
            count = cache.incr(key)
        except Exception:
            return 0
        if count > most:
            waits.append(int(((window + 1) * seconds - now) * 1000) + 1)
    return max(waits, default=0)
