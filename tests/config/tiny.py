"""A small application for the server's own tests: pages and a socket, slow on purpose."""

import asyncio
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter

from config.asgi import without_root_path


async def page(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """/slow answers after 1.5 s; /root says the root path; everything else says ok."""
    if scope["path"] == "/slow":
        await asyncio.sleep(1.5)
    if scope["path"] == "/for-ever":
        await asyncio.sleep(3600)
    body = repr(scope["root_path"]).encode() if scope["path"] == "/root" else b"ok"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


class Echo(AsyncWebsocketConsumer):
    """Says what it hears; takes 0.2 s for each 'slow'; writes the code of its end to the log."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data == "slow":
            await asyncio.sleep(0.2)
        if text_data == "history":
            for _ in range(5):
                await self.send(text_data="x" * 50_000)
        if text_data == "pour":
            # More than any network buffer takes from a reader who does not read.
            for _ in range(400):
                await self.send(text_data="x" * 50_000)
                await asyncio.sleep(0)
        await self.send(text_data=text_data or "binary")

    async def disconnect(self, code: int) -> None:
        print(f"disconnect {code}", flush=True)  # noqa: T201


application = without_root_path(ProtocolTypeRouter({"http": page, "websocket": Echo.as_asgi()}))
