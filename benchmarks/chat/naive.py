"""The peer: a room as the tutorial of Channels builds it, on stock Daphne.

With the environment variable KEEP set to a path, each message is also stored as the tutorials store
it: one row through `database_sync_to_async`, then `group_send`. Otherwise nothing is stored.
"""

import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="only for measuring",  # noqa: S106
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("KEEP", ":memory:"),
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"},
        }
    },
)
django.setup()

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import ProtocolTypeRouter
from django.db import connection, models

KEEPS = "KEEP" in os.environ


class Message(models.Model):
    """What a tutorial stores."""

    body = models.TextField()

    class Meta:
        app_label = "naive"


if KEEPS:
    with connection.schema_editor() as editor:
        editor.create_model(Message)


class Tutorial(AsyncJsonWebsocketConsumer):
    """group_add, group_send, and one handler for each socket and event."""

    async def connect(self) -> None:
        await self.channel_layer.group_add("room", self.channel_name)
        await self.accept()

    async def receive_json(self, content: Any, **_: Any) -> None:
        if KEEPS:
            await database_sync_to_async(Message._default_manager.create)(body=content["body"])
        await self.channel_layer.group_send("room", {"type": "said", "body": content["body"]})

    async def said(self, event: Any) -> None:
        await self.send_json({"t": "msg", "body": event["body"]})


application = ProtocolTypeRouter({"websocket": Tutorial.as_asgi()})
