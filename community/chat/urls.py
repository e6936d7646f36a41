from django.urls import path

from community.chat import floor_views, views

app_name = "chat"
urlpatterns = [
    path("", views.index, name="index"),
    path("open/", floor_views.open_room, name="open_room"),
    path("<int:room_id>/", views.room, name="room"),
    path("<int:room_id>/say/", views.say, name="say"),
    path("<int:room_id>/report/<int:message_id>/", views.report, name="report"),
    path("<int:room_id>/take-back/<int:message_id>/", views.take_back, name="take_back"),
    path("<int:room_id>/edit/<int:message_id>/", floor_views.edit, name="edit"),
    path("<int:room_id>/search/", floor_views.search, name="search"),
    path("<int:room_id>/leave/", floor_views.leave, name="leave"),
    path("<int:room_id>/rules/", floor_views.accept_rules, name="accept_rules"),
    path("<int:room_id>/hand/up/", floor_views.raise_hand, name="raise_hand"),
    path("<int:room_id>/hand/down/", floor_views.lower_hand, name="lower_hand"),
    path("<int:room_id>/host/", floor_views.host, name="host"),
    path("<int:room_id>/host/here/", floor_views.here, name="here"),
    path("<int:room_id>/host/manner/", floor_views.manner, name="manner"),
    path("<int:room_id>/host/agenda/", floor_views.agenda, name="agenda"),
    path("<int:room_id>/host/people/", floor_views.facilitators, name="facilitators"),
    path("<int:room_id>/host/hours/", floor_views.add_hours, name="add_hours"),
    path(
        "<int:room_id>/host/hours/<int:hours_id>/drop/", floor_views.drop_hours, name="drop_hours"
    ),
    path("<int:room_id>/host/round/", floor_views.go_round, name="go_round"),
    path("<int:room_id>/host/hand/<int:hand_id>/", floor_views.call_on, name="call_on"),
    path("<int:room_id>/host/quiet/<int:member_id>/", floor_views.make_quiet, name="make_quiet"),
    path("<int:room_id>/host/take-out/<int:message_id>/", floor_views.take_out, name="take_out"),
    path("<int:room_id>/host/note/", floor_views.note, name="note"),
    path("<int:room_id>/host/transcript/", floor_views.transcript, name="transcript"),
]
