"""Pages for when something went wrong. Each says what happened, what to do next, and where help is.

They are rendered without database and without session, since either may be what is missing.
"""

import logging
import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from psycopg_pool import PoolTimeout

from config.help import resources

log = logging.getLogger(__name__)

# The database is away: not a fault of the page, and soon over.
OUTAGES = (OperationalError, InterfaceError, PoolTimeout)


def page(template: str, status: int) -> HttpResponse:
    """An error page from templates/errors, with the crisis resources of the country."""
    context = {
        "site_name": settings.SITE_NAME,
        "help_resources": resources(),
        "status": status,
        "quick_exit_url": settings.QUICK_EXIT_URL,
    }
    return HttpResponse(loader.render_to_string(f"errors/{template}.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page("400", 400)


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page("403", 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page("404", 404)


def our_fault(request: HttpRequest) -> HttpResponse:
    """500, or 503 when what was raised says that the database is away."""
    return outage() if isinstance(sys.exc_info()[1], OUTAGES) else page("500", 500)


def outage() -> HttpResponse:
    """503 with crisis help; says when to try again."""
    response = page("503", 503)
    response["Retry-After"] = "10"
    return response


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page("429", 429)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page("403_csrf", 403)


@csrf_exempt
@require_POST
@login_not_required
def csp_report(request: HttpRequest) -> HttpResponse:
    """Count a browser's report that a page broke its content policy. Nothing of it is kept."""
    log.warning("a page broke the content security policy")
    return HttpResponse(status=204)
