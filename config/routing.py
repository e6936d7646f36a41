"""Every socket address, in one list."""

from community.chat.routing import websocket_urlpatterns as chat
from community.members.routing import websocket_urlpatterns as members
from moderation.routing import websocket_urlpatterns as moderation

websocket_urlpatterns = [*members, *chat, *moderation]
