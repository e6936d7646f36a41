"""Two answers for whoever runs the server: does the process live, and can it serve?"""

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from config.background import draining, silent
from config.loops import LOOPS


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when all is in order; 503 with what is not, by name.

    serving: not about to end. worker: every background loop has shown a sign of life.
    """
    database = _database()
    parts = {
        "serving": not draining.is_set(),
        "database": database,
        # Without a database there is nothing to ask, and whoever probes does not wait twice.
        "migrations": database and _migrations(),
        "cache": _cache(),
        "worker": _worker(),
    }
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except Exception:
        return False


def _migrations() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception:
        return False


def _worker() -> bool:
    try:
        return not silent(loop.name for loop in LOOPS)
    except Exception:
        return False


def _cache() -> bool:
    try:
        cache.set("readyz", 1, 5)
        return bool(cache.get("readyz") == 1)
    except Exception:
        return False
