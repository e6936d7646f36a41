from django.urls import path

from community.members.consumers import NoticesConsumer

websocket_urlpatterns = [path("ws/notices/", NoticesConsumer.as_asgi(), name="notices")]
