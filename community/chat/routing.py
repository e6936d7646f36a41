from django.urls import path

from community.chat.consumers import RoomConsumer

websocket_urlpatterns = [path("ws/chat/", RoomConsumer.as_asgi(), name="chat")]
