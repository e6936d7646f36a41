from django.urls import path

from moderation.consumers import DeskConsumer

websocket_urlpatterns = [path("ws/desk/", DeskConsumer.as_asgi(), name="desk")]
