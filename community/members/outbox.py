"""The outbox: tasks stored in the transaction that caused them, run afterwards, at least once.

Rows and API are those of django-tasks and django-tasks-db; this module is the worker. Theirs dies
of a write lock that outlasts the busy timeout, leaves a killed worker's task RUNNING for ever, and
stores and logs whole tracebacks. A task takes ids only, may run twice, and ends within LEASE_S.
"""

import logging
import os
import socket
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import retry

log = logging.getLogger(__name__)

BACKEND = "default"
LEASE_S = 120
# Eight attempts over about two and a half hours: a mail server may be away for a while.
ATTEMPTS = 8
FIRST_PAUSE_S = 5
LONGEST_PAUSE_S = 3600


class WorkerLost(Exception):
    """The process that ran the task ended, or took longer than LEASE_S, too many times."""


def run_once(batch: int = 20) -> int:
    """Run up to `batch` waiting tasks, one after the other. Returns how many were run."""
    done = 0
    while done < batch and (row := _claim()) is not None:
        _run(row)
        done += 1
    return done


def reap() -> int:
    """Let tasks run again whose worker has been gone for LEASE_S. Returns how many."""
    since = timezone.now() - timedelta(seconds=LEASE_S)
    lost = DBTaskResult.objects.running().filter(backend_name=BACKEND, started_at__lte=since)
    for row in (rows := list(lost[:100])):
        _try_again_or_give_up(row, WorkerLost)
    return len(rows)


def pause_after(attempts: int) -> timedelta:
    """How long a task rests after its attempts-th failure: 5 s, 20 s, 80 s ... at most 1 h."""
    return timedelta(seconds=min(FIRST_PAUSE_S * 4 ** (attempts - 1), LONGEST_PAUSE_S))


def _claim() -> Any:
    """The next waiting task, marked as ours; None when nothing waits."""
    waiting = DBTaskResult.objects.ready().filter(backend_name=BACKEND)
    # A look first: on SQLite the transaction below takes the write lock even when nothing waits.
    if not waiting.exists():
        return None
    with transaction.atomic():
        row = waiting.get_locked()
        if row is not None:
            row.claim(f"{socket.gethostname()[:40]} {os.getpid()}")
    return row


def _run(row: Any) -> None:
    try:
        row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
    except BaseException as failure:
        _try_again_or_give_up(row, type(failure))
    else:
        _mark(
            row, status=TaskResultStatus.SUCCESSFUL, finished_at=timezone.now(), return_value=None
        )


def _try_again_or_give_up(row: Any, kind: type[BaseException]) -> None:
    """Put the task back to rest for a while, or set it aside after the last attempt."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    attempts = len(row.worker_ids)
    now: datetime = timezone.now()
    if attempts < ATTEMPTS:
        if _mark(row, status=TaskResultStatus.READY, run_after=now + pause_after(attempts)):
            log.warning("task %s (%s) met %s, attempt %d", row.id, row.task_path, name, attempts)
    elif _mark(
        row,
        status=TaskResultStatus.FAILED,
        finished_at=now,
        exception_class_path=name,
        # The class alone: a message or a local variable may hold a person's words.
        traceback=name,
    ):
        log.error("task %s (%s) was set aside after %s", row.id, row.task_path, name)


@retry(retries=5, backoff_delay=1.0)
def _mark(row: Any, **fields: Any) -> bool:
    """Write the outcome, unless the task was meanwhile given to somebody else.

    Tried again on a locked database, since a task whose success is not written runs twice.
    """
    ours = DBTaskResult.objects.running().filter(pk=row.pk, started_at=row.started_at)
    return ours.update(**fields) == 1
