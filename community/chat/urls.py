from django.urls import path

from community.chat import views

app_name = "chat"
urlpatterns = [
    path("", views.index, name="index"),
    path("<int:room_id>/", views.room, name="room"),
    path("<int:room_id>/say/", views.say, name="say"),
    path("<int:room_id>/report/<int:message_id>/", views.report, name="report"),
    path("<int:room_id>/take-back/<int:message_id>/", views.take_back, name="take_back"),
]
