from django.urls import path

from community.forums import views

app_name = "forums"
urlpatterns = [
    path("", views.index, name="index"),
    path("board/<int:board_id>/", views.board, name="board"),
    path("board/<int:board_id>/new/", views.start, name="start"),
    path("thread/<int:thread_id>/", views.thread, name="thread"),
    path("thread/<int:thread_id>/reply/", views.reply, name="reply"),
    path("thread/<int:thread_id>/read/", views.mark_read, name="mark_read"),
    path("post/<int:post_id>/edit/", views.edit, name="edit"),
    path("post/<int:post_id>/withdraw/", views.withdraw, name="withdraw"),
]
