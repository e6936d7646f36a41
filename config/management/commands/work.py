"""`manage.py work`: the background work alone, beside `serve` processes that share its database."""

import os
import signal
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.background import Supervisor
from config.loops import LOOPS

STOP_S = 30.0


class Command(BaseCommand):
    help = (
        "Screen texts and run tasks. Ends on SIGTERM or Ctrl-C when the current round is finished."
    )

    def handle(self, **options: Any) -> None:
        asked = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: asked.set())
        if not settings.REDIS_URL:
            self.stdout.write("Without REDIS_URL open pages see this work only when they reload.")
        supervisor = Supervisor(LOOPS)
        supervisor.start()
        self.stdout.write(f"Working: {', '.join(loop.name for loop in LOOPS)}")
        self.stdout.flush()
        asked.wait()
        if supervisor.stop(STOP_S):
            self.stdout.write("Ended.")
        else:
            self.stdout.write(f"Ended; a round longer than {STOP_S:.0f} s will be tried again.")
            sys.stdout.flush()
            # The round's thread may hang for as long as it likes; its work has a lease.
            os._exit(0)
