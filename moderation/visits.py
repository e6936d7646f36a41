"""One reading of a page is written down once, though an open page fetches itself ever again."""

from datetime import timedelta

from django.utils import timezone

from community.members.access import SignedIn

# An open page is written down again after this time.
VISIT = timedelta(hours=1)
KEPT = 20
_KEY = "visits"


def begins(request: SignedIn, page: str) -> bool:
    """Whether this request is a reading that has to be written down. page: a name for what is read.

    A page that follows along says so in a header, and is believed only when this session has
    opened that page within the hour. HEAD shows nothing.
    """
    if request.method != "GET":
        return False
    now = timezone.now()
    since = (now - VISIT).timestamp()
    seen = {name: at for name, at in request.session.get(_KEY, {}).items() if at > since}
    if page in seen and request.headers.get("X-Live") == "1":
        return False
    seen[page] = now.timestamp()
    latest = sorted(seen.items(), key=lambda item: item[1])[-KEPT:]
    request.session[_KEY] = dict(latest)
    return True
