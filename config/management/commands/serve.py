"""`manage.py serve`: pages and sockets, with the background work inside unless Redis is set."""

# First of all: it installs Twisted's asyncio reactor.
from config.server import Server  # isort: skip

import os
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string
from psycopg_pool import PoolTimeout

from config.background import Supervisor
from config.loops import LOOPS


class Command(BaseCommand):
    help = "Serve the community. SIGTERM or Ctrl-C lets it finish what was begun, 8 s at most."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="0 takes any spare port")
        parser.add_argument("--unix-socket", help="listen on this path instead of a port")
        parser.add_argument(
            "--application", default="config.asgi.application", help="what to serve (for tests)"
        )

    def handle(self, **options: Any) -> None:
        self.check(databases=["default"] if self._migrated() else None)
        application = import_string(options["application"])
        supervisor = Supervisor(LOOPS if settings.EMBEDDED_WORKER else [])
        server = Server(
            application,
            _endpoint(options),
            on_ready=lambda address: self._ready(address, options["unix_socket"], supervisor),
            on_drain=supervisor.ask_to_stop,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.drain())
        server.run()
        if server.refused:
            raise CommandError(_why_not(server.refused, options))
        finished = supervisor.stop(within_s=10) and not server.cut_off
        self.stdout.write("Ended." if finished else "Ended; what was cut off will be tried again.")
        if not finished:
            # A thread that hangs would keep the process alive for as long as it hangs.
            sys.stdout.flush()
            os._exit(0)

    def _migrated(self) -> bool:
        """False when the database is away; then pages say so (503), and crisis help is on them."""
        try:
            executor = MigrationExecutor(connection)
            waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except (DatabaseError, PoolTimeout) as away:
            self.stderr.write(f"The database does not answer yet ({type(away).__name__}).")
            return False
        finally:
            connection.close()
        if waiting:
            raise CommandError("The database is not up to date. Run: python manage.py migrate")
        return True

    def _ready(
        self, address: tuple[str, int] | None, path: str | None, supervisor: Supervisor
    ) -> None:
        supervisor.start()
        where = path
        if address is not None:
            host, port = address
            where = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.stdout.write(f"Ready on {where}")
        self.stdout.flush()


def _endpoint(options: dict[str, Any]) -> str:
    if options["unix_socket"]:
        # Only this user and group may connect: the proxy joins the group.
        return f"unix:{options['unix_socket']}:mode=660"
    host = options["host"].replace(":", r"\:")
    return f"tcp:port={options['port']}:interface={host}"


def _why_not(refused: str, options: dict[str, Any]) -> str:
    where = options["unix_socket"] or f"{options['host']}:{options['port']}"
    if refused == "EADDRINUSE":
        return f"Something else already uses {where}. End it, or choose another: --port 9000"
    if refused == "EACCES":
        return f"This account may not listen on {where}. Ports below 1024 need a proxy in front."
    return f"Listening on {where} was not possible ({refused})."
