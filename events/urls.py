from django.urls import path

from events import views

app_name = "events"
urlpatterns = [
    path("", views.index, name="index"),
    path("seats/", views.registrations, name="registrations"),
    path("date/<int:occurrence_id>/", views.sign_up, name="sign_up"),
    path("date/<int:occurrence_id>/mail/", views.look_into_mail, name="look_into_mail"),
    path("place/<str:token>/", views.place, name="place"),
    path("place/<str:token>/confirm/", views.confirm, name="confirm"),
    path("place/<str:token>/accept/", views.accept, name="accept"),
    path("place/<str:token>/pass/", views.pass_on, name="pass_on"),
    path("place/<str:token>/change/", views.change_place, name="change_place"),
    path("date/<int:occurrence_id>/needs/", views.wanted, name="wanted"),
    path("place/<str:token>/cancel/", views.cancel, name="cancel"),
    path("place/<str:token>/appointment.ics", views.calendar_file, name="calendar_file"),
    path("<slug:slug>/", views.event, name="event"),
]
