"""The limit: `websockets.broadcast`, nothing stored, nobody signed in."""

import asyncio
import json
import sys
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast, serve

held: set[ServerConnection] = set()


async def talk(socket: ServerConnection) -> None:
    held.add(socket)
    try:
        async for text in socket:
            content: dict[str, Any] = json.loads(text)
            broadcast(held, json.dumps({"t": "msg", "body": content["body"]}))
    finally:
        held.discard(socket)


async def main(port: int) -> None:
    async with serve(talk, "127.0.0.1", port, compression=None):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
