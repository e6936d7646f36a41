"""How fast one person may write, counted over all their tabs and all processes."""

import time

from django.core.cache import cache

# (seconds, messages): at most so many within so long
LIMITS = ((5, 5), (60, 40))


def wait_ms(member_id: int) -> int:
    """Count one message. 0 when it may be sent now, else milliseconds until it may.

    Counts per fixed window in the shared cache; where the cache is away, nobody is stopped.
    """
    now = time.time()
    waits = []
    for seconds, most in LIMITS:
        window = int(now // seconds)
        key = f"chat.pace.{member_id}.{seconds}.{window}"
        try:
            cache.add(key, 0, timeout=seconds * 2)
            count = cache.incr(key)
        except Exception:
            return 0
        if count > most:
            waits.append(int(((window + 1) * seconds - now) * 1000) + 1)
    return max(waits, default=0)
