from django.urls import path

from moderation import disclosure_views, views

app_name = "moderation"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("next/", views.take_next, name="take_next"),
    path("case/<int:case_id>/", views.case, name="case"),
    path("case/<int:case_id>/take/", views.take, name="take"),
    path("case/<int:case_id>/give-back/", views.give_back, name="give_back"),
    path("case/<int:case_id>/decide/", views.decide, name="decide"),
    path("person/<int:case_id>/", views.risk, name="risk"),
    path("person/<int:case_id>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("person/<int:case_id>/note/", views.add_note, name="add_note"),
    path("person/<int:case_id>/write/", views.write, name="write"),
    path("person/<int:case_id>/close/", views.close_case, name="close_case"),
    path("need-a-person/", views.need_person, name="need_person"),
    path("worried/<int:member_id>/", views.worried, name="worried"),
    path("text/<int:submission_id>/", views.my_text, name="my_text"),
    path("identity/", disclosure_views.disclosures, name="disclosures"),
    path("identity/ask/<int:member_id>/", disclosure_views.ask_disclosure, name="ask_disclosure"),
    path("identity/<int:request_id>/", disclosure_views.disclosure, name="disclosure"),
    path(
        "identity/<int:request_id>/agree/",
        disclosure_views.agree_disclosure,
        name="agree_disclosure",
    ),
    path(
        "identity/<int:request_id>/decline/",
        disclosure_views.decline_disclosure,
        name="decline_disclosure",
    ),
    path(
        "identity/<int:request_id>/review/",
        disclosure_views.review_disclosure,
        name="review_disclosure",
    ),
    path(
        "identity/<int:request_id>/close/",
        disclosure_views.close_disclosure,
        name="close_disclosure",
    ),
    path("identity/<int:request_id>/look/", disclosure_views.look, name="look"),
    path("my-data/", disclosure_views.my_data, name="my_data"),
]
