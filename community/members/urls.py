from django.urls import path

from community.members import own_views, views

app_name = "members"
urlpatterns = [
    path("", views.start, name="start"),
    path("home/", views.home, name="home"),
    path("tour/", views.tour, name="tour"),
    path("news/", views.news, name="news"),
    path("invitations/", views.invitations, name="invitations"),
    path("invitations/<int:invitation_id>/revoke/", views.revoke, name="revoke"),
    path("welcome/<str:token>/", views.welcome, name="welcome"),
    path("join/", views.join, name="join"),
    path("blocked/", own_views.blocked, name="blocked"),
    path("block/<int:member_id>/", own_views.block, name="block"),
    path("unblock/<int:member_id>/", own_views.unblock, name="unblock"),
    path("help/", views.crisis_help, name="crisis_help"),
    path("privacy/", views.privacy, name="privacy"),
    path("house-rules/", views.house_rules, name="house_rules"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("leave/", views.leave_now, name="leave_now"),
    path("second-factor/", views.second_factor, name="second_factor"),
]
