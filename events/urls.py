from django.urls import path

from events import organising_views as organising
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
    path("place/<str:token>/cancel/", views.cancel, name="cancel"),
    path("place/<str:token>/appointment.ics", views.calendar_file, name="calendar_file"),
    # Who organises
    path("organise/", organising.organise, name="organise"),
    path("organise/new/", organising.create, name="create"),
    path("organise/<int:event_id>/", organising.organised, name="organised"),
    path("organise/<int:event_id>/edit/", organising.edit, name="edit"),
    path("organise/<int:event_id>/duplicate/", organising.duplicate, name="duplicate"),
    path("organise/<int:event_id>/publish/", organising.publish, name="publish"),
    path("organise/<int:event_id>/withdraw/", organising.withdraw, name="withdraw"),
    path("organise/<int:event_id>/dates/", organising.add_dates, name="add_dates"),
    path("organise/<int:event_id>/call-off/", organising.cancel_all, name="cancel_all"),
    path("organise/<int:event_id>/people/", organising.hosts, name="hosts"),
    path(
        "organise/<int:event_id>/people/<int:host_id>/",
        organising.part_with,
        name="part_with",
    ),
    path("organise/date/<int:occurrence_id>/", organising.date, name="date"),
    path("organise/date/<int:occurrence_id>/seats/", organising.resize, name="resize"),
    path("organise/date/<int:occurrence_id>/move/", organising.move, name="move"),
    path("organise/date/<int:occurrence_id>/call-off/", organising.cancel_date, name="cancel_date"),
    path("organise/date/<int:occurrence_id>/tell/", organising.tell, name="tell"),
    path("organise/date/<int:occurrence_id>/people/", organising.people, name="people"),
    path("organise/date/<int:occurrence_id>/people.csv", organising.people_csv, name="people_csv"),
    path("organise/date/<int:occurrence_id>/list/", organising.print_list, name="print_list"),
    path("organise/date/<int:occurrence_id>/badges/", organising.badges, name="badges"),
    path("organise/date/<int:occurrence_id>/needs/", organising.wanted, name="wanted"),
    path("<slug:slug>/", views.event, name="event"),
]
