from django.urls import path

from mentorship import match_views, views

app_name = "mentorship"
urlpatterns = [
    path("", views.index, name="index"),
    path("wishes/<str:side>/", match_views.wishes, name="wishes"),
    path("stop-looking/", match_views.stop_looking, name="stop_looking"),
    path("match/", match_views.match, name="match"),
    path("match/<int:run_id>/", match_views.run, name="run"),
    path("match/<int:run_id>/<int:edge_id>/adjust/", match_views.adjust, name="adjust"),
    path("match/<int:run_id>/<int:edge_id>/ask/", match_views.ask, name="ask"),
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
