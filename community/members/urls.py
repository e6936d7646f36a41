from django.urls import path

from community.members import invitation_views, own_views, views

app_name = "members"
urlpatterns = [
    path("", views.start, name="start"),
    path("home/", views.home, name="home"),
    path("tour/", views.tour, name="tour"),
    path("news/", views.news, name="news"),
    path("invitations/", views.invitations, name="invitations"),
    path("invitations/<int:invitation_id>/revoke/", views.revoke, name="revoke"),
    path("invitations/tables/", invitation_views.invitation_batches, name="invitation_batches"),
    path(
        "invitations/tables/<int:batch_id>/",
        invitation_views.invitation_batch,
        name="invitation_batch",
    ),
    path("invitations/tables/<int:batch_id>/make/", invitation_views.make_batch, name="make_batch"),
    path(
        "invitations/tables/<int:batch_id>/close/",
        invitation_views.revoke_batch,
        name="revoke_batch",
    ),
    path("invitations/tables/<int:batch_id>/cards/", invitation_views.cards, name="cards"),
    path("invitations/who/", invitation_views.who_invited_whom, name="who_invited_whom"),
    path(
        "invitations/group/<int:group_id>/close/",
        invitation_views.revoke_group,
        name="revoke_group",
    ),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("join/", views.join, name="join"),
    path("blocked/", own_views.blocked, name="blocked"),
    path("block/<int:member_id>/", own_views.block, name="block"),
    path("unblock/<int:member_id>/", own_views.unblock, name="unblock"),
    path("settings/", own_views.preferences, name="preferences"),
    path("letters/stop/<str:token>/", own_views.stop_digest, name="stop_digest"),
    path("help/", views.crisis_help, name="crisis_help"),
    path("privacy/", views.privacy, name="privacy"),
    path("house-rules/", views.house_rules, name="house_rules"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("leave/", views.leave_now, name="leave_now"),
    path("second-factor/", views.second_factor, name="second_factor"),
]
