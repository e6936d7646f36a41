from django.urls import path

from community.forums import care_views, draft_views, reader_views, shelf_views, views

app_name = "forums"
urlpatterns = [
    path("", views.index, name="index"),
    path("board/<int:board_id>/", views.board, name="board"),
    path("board/<int:board_id>/new/", views.start, name="start"),
    path("thread/<int:thread_id>/", views.thread, name="thread"),
    path("thread/<int:thread_id>/reply/", views.reply, name="reply"),
    path("thread/<int:thread_id>/read/", views.mark_read, name="mark_read"),
    path("shelves/<int:group_id>/", shelf_views.shelves, name="shelves"),
    path("shelf/<int:board_id>/", shelf_views.shelf, name="shelf"),
    path("shelf/<int:board_id>/allow/", shelf_views.allow, name="allow"),
    path("shelf/grant/<int:grant_id>/", shelf_views.disallow, name="disallow"),
    path("find/", reader_views.find, name="find"),
    path("kept/", reader_views.bookmarks, name="bookmarks"),
    path("board/<int:board_id>/read/", reader_views.mark_board_read, name="mark_board_read"),
    path("thread/<int:thread_id>/new/", reader_views.first_unread, name="first_unread"),
    path("thread/<int:thread_id>/day/", reader_views.on_day, name="on_day"),
    path("thread/<int:thread_id>/follow/", reader_views.follow, name="follow"),
    path("post/<int:post_id>/react/", reader_views.react, name="react"),
    path("post/<int:post_id>/keep/", reader_views.keep, name="keep"),
    path("post/<int:post_id>/history/", reader_views.history, name="history"),
    path("post/<int:post_id>/alias/", reader_views.reveal, name="reveal"),
    path("post/<int:post_id>/apart/", reader_views.do_not_meet, name="do_not_meet"),
    path("apart/", reader_views.unmet, name="unmet"),
    path("apart/<int:block_id>/end/", reader_views.meet_again, name="meet_again"),
    path("drafts/", draft_views.drafts, name="drafts"),
    path("drafts/save/", draft_views.autosave, name="autosave"),
    path("drafts/wait/", draft_views.hold_all, name="hold_all"),
    path("drafts/<int:draft_id>/", draft_views.draft, name="draft"),
    path("drafts/<int:draft_id>/drop/", draft_views.drop_draft, name="drop_draft"),
    path("drafts/<int:draft_id>/stay/", draft_views.take_back_held, name="take_back_held"),
    path("follow-ups/", care_views.follow_ups, name="follow_ups"),
    path("thread/<int:thread_id>/come-back/", care_views.mark_follow_up, name="mark_follow_up"),
    path(
        "follow-ups/<int:follow_up_id>/owner/", care_views.assign_follow_up, name="assign_follow_up"
    ),
    path(
        "follow-ups/<int:follow_up_id>/done/", care_views.finish_follow_up, name="finish_follow_up"
    ),
    path("post/<int:post_id>/edit/", views.edit, name="edit"),
    path("post/<int:post_id>/withdraw/", views.withdraw, name="withdraw"),
]
