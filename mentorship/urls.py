from django.urls import path

from mentorship import views

app_name = "mentorship"
urlpatterns = [
    path("", views.index, name="index"),
    path("propose/", views.propose, name="propose"),
    path("question/<int:proposal_id>/", views.proposal, name="proposal"),
    path("question/<int:proposal_id>/answer/", views.answer, name="answer"),
    path("question/<int:proposal_id>/withdraw/", views.withdraw, name="withdraw"),
    path("pair/<int:pair_id>/", views.pair, name="pair"),
    path("pair/<int:pair_id>/log/", views.log, name="log"),
    path("pair/<int:pair_id>/worried/", views.worried, name="worried"),
    path("pair/<int:pair_id>/resume/", views.resume, name="resume"),
    path("pair/<int:pair_id>/end/", views.end, name="end"),
]
