"""What every page shows: the site, the person, their navigation, where help is."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from config.help import resources

# (label, URL name, who sees it: an attribute of Member, or None for every signed-in person)
NAVIGATION = [
    ("Home", "members:home", None),
    ("Forums", "forums:index", None),
    ("Rooms", "chat:index", None),
    ("Mentoring", "mentorship:index", None),
    ("Workshops", "events:index", None),
    ("Care desk", "moderation:queue", "on_care_team"),
    ("Figures", "moderation:figures", "only_administers"),
    ("Invitations", "members:invitations", "is_administrator"),
]
VISITOR_NAVIGATION = [("Workshops", "events:index"), ("Sign in", "account_login")]


def _items(request: HttpRequest) -> list[dict[str, Any]]:
    member = getattr(request, "user", None)
    if member is None or not member.is_authenticated:
        pairs = VISITOR_NAVIGATION
    else:
        pairs = [
            (label, name)
            for label, name, needs in NAVIGATION
            if needs is None or getattr(member, needs)
        ]
    here = request.path
    items = []
    for label, name in pairs:
        url = reverse(name)
        current = here == url or (url != "/" and here.startswith(url))
        # Counted by the query that finds the person: members.adapters.Backend.
        new = getattr(member, "unread_notices", 0) if name == "members:home" else 0
        items.append({"label": label, "url": url, "current": current, "count": new})
    return items


def site(request: HttpRequest) -> dict[str, Any]:
    """Context for every template."""
    member = getattr(request, "user", None)
    signed_in = member is not None and member.is_authenticated
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "demo": settings.DEMO,
        "member": member if signed_in else None,
        "nav": _items(request),
        "help_resources": resources(),
        "quick_exit_url": settings.QUICK_EXIT_URL,
    }
