"""How often is too often: sign-ups from one corner of the net, and letters to one address.

Counted in the cache by a digest, so that no address is stored; where nothing can be counted, people
come first and nobody is stopped.
"""

import ipaddress

from django.core.cache import cache
from django.utils.crypto import salted_hmac

WINDOW_S = 600
SIGN_UPS = 20
LETTERS_WINDOW_S = 3600
LETTERS = 3


def too_many_from(ip: str) -> bool:
    """Count a sign-up from this address's network (/24, IPv6 /56). True beyond SIGN_UPS."""
    return _count("net", _network(ip), WINDOW_S) > SIGN_UPS


def may_write_to(address: str, about: int) -> bool:
    """Count a letter that somebody asked for. False beyond LETTERS an hour to one address about
    one date: a stranger cannot fill a mailbox through our form."""
    return _count("letters", f"{about} {address}", LETTERS_WINDOW_S) <= LETTERS


def _network(ip: str) -> str:
    try:
        found = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 56), strict=False))


def _count(what: str, whose: str, window_s: int) -> int:
    key = f"events.{what}.{salted_hmac('events.pace', whose).hexdigest()[:32]}"
    cache.add(key, 0, timeout=window_s)
    try:
        return int(cache.incr(key))
    except ValueError:
        return 0
