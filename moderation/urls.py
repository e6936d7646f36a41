from django.urls import path

from moderation import disclosure_views, quality_views, views

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
    path("second-looks/", quality_views.second_looks, name="second_looks"),
    path("second-looks/take/", quality_views.take_look, name="take_look"),
    path("second-looks/<int:look_id>/", quality_views.second_look, name="second_look"),
    path("second-looks/<int:look_id>/answer/", quality_views.answer_look, name="answer_look"),
    path("conflicts/", quality_views.conflicts, name="conflicts"),
    path("conflicts/<int:look_id>/", quality_views.conflict, name="conflict"),
    path(
        "conflicts/<int:look_id>/resolve/", quality_views.resolve_conflict, name="resolve_conflict"
    ),
    path("golden/", quality_views.golden_texts, name="golden_texts"),
    path("golden/<int:golden_id>/retire/", quality_views.retire_golden, name="retire_golden"),
    path("quality/", quality_views.quality, name="quality"),
    path("thresholds/", quality_views.threshold_sets, name="threshold_sets"),
    path("thresholds/roll-back/", quality_views.roll_back_thresholds, name="roll_back_thresholds"),
    path("thresholds/<int:set_id>/", quality_views.threshold_set, name="threshold_set"),
    path("thresholds/<int:set_id>/try/", quality_views.try_thresholds, name="try_thresholds"),
    path(
        "thresholds/<int:set_id>/activate/",
        quality_views.activate_thresholds,
        name="activate_thresholds",
    ),
    path("figures/", quality_views.figures, name="figures"),
    path("figures.csv", quality_views.figures_csv, name="figures_csv"),
]
