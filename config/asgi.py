"""The one door of every request: pages through Django, sockets through Channels.

Sockets are accepted from our exact origins only. `root_path` is forced empty, since Daphne would
take it from a client's header and put it into the links of our mails.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from channels.sessions import CookieMiddleware
from django.conf import settings

from config.routing import websocket_urlpatterns

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[Any]]


def without_root_path(app: App) -> App:
    """Forget any root path that came with the request."""

    async def wrapped(scope: Scope, receive: Any, send: Any) -> Any:
        return await app({**scope, "root_path": ""}, receive, send)

    return wrapped


application = without_root_path(
    ProtocolTypeRouter(
        {
            "http": pages,
            "websocket": OriginValidator(
                CookieMiddleware(URLRouter(websocket_urlpatterns)), settings.ORIGINS
            ),
        }
    )
)
