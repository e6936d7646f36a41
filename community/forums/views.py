"""Pages of the forums. Each is a door, a form, one action, an answer."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from community.forums import actions, follow_ups
from community.forums.access import board_for, own_post_for, thread_for
from community.forums.actions import MayNotWrite, ThreadLocked, Written
from community.forums.draft_views import begun, hold_instead, keep_instead, sends, shown_before
from community.forums.drafts import holds_until, place_of
from community.forums.forms import EditForm, ReplyForm, ThreadForm
from community.forums.models import Board, Thread, unread_by
from community.forums.reading import closed_title, dress, opened_in, title_for
from community.forums.topics import wishes_of
from community.members.access import SignedIn
from community.members.notices import seen_at
from community.members.paging import page_of
from moderation.actions import AlreadySettled
from moderation.standing import NotNow, notice_for

THREADS = 25
POSTS = 50


@require_safe
def index(request: SignedIn) -> HttpResponse:
    """The boards of one's groups, with how many threads hold something new."""
    member = request.user
    fresh = Thread.objects.readable_by(member).wanted_by(member, wishes_of(member))
    fresh = fresh.filter(unread_by(member), last_pub_seq__gt=0)
    boards = (
        Board.objects.readable_by(member)
        .select_related("group")
        .annotate(fresh=Count("threads", filter=Q(threads__in=fresh)))
        .order_by("group__name", "group_id", "id")
    )
    context: dict[str, Any] = {"boards": list(boards)}
    if member.on_care_team:
        context["to_come_back"] = follow_ups.open_count(member)
    return render(request, "forums/index.html", context)


@require_safe
def board(request: SignedIn, board_id: int) -> HttpResponse:
    """Threads of a board, the latest moved first."""
    here = board_for(request.user, board_id)
    wishes = wishes_of(request.user)
    threads = (
        Thread.objects.readable_by(request.user)
        .wanted_by(request.user, wishes)
        .filter(board=here)
        .select_related(
            "opening__author",
            "opening__alias",
            "opening__submission__shown",
            "opening__submission__latest",
        )
        .annotate(is_unread=unread_by(request.user))
    )
    page = page_of(request, threads, "-move", THREADS)
    for thread in page.items:
        thread.title = title_for(thread, request.user, wishes)
        # Its title says already what it is about.
        thread.closed = thread.title == closed_title(thread)
    return render(request, "forums/board.html", {"board": here, "page": page})


@require_safe
def thread(request: SignedIn, thread_id: int) -> HttpResponse:
    """A conversation from its first unread part on, or from the beginning."""
    here = thread_for(request.user, thread_id)
    quoted = request.GET.get("quote", "")
    held = bool(here.hold_until and here.hold_until > timezone.now())
    initial = {"place": place_of("reply", here.id), "later": held}
    initial |= begun(request, place_of("reply", here.id))
    if quoted.isascii() and quoted.isdigit():
        initial["quote"] = int(quoted)
    return _thread_page(request, here, _reply_form(request, here, initial=initial))


def _reply_form(request: SignedIn, here: Thread, *args: Any, **kwargs: Any) -> ReplyForm:
    """The form for answering; once one has written here, one's name here is settled."""
    return ReplyForm(*args, named=here.wrote or request.user.is_staff_role, **kwargs)


def _thread_page(
    request: SignedIn,
    here: Thread,
    form: ReplyForm,
    status: int = 200,
    *,
    help_needed: bool = False,
) -> HttpResponse:
    member = request.user
    # One's own waiting posts first: what is released between the two looks is then seen twice
    # and shown once, and not missed.
    waiting = list(
        here.posts.with_texts()
        .with_reader(member)
        .filter(author=member, pub_seq__isnull=True)
        .order_by("id")
    )
    published = (
        here.posts.with_texts().with_reader(member).visible_to(member).filter(pub_seq__isnull=False)
    )
    page = page_of(request, published, "pub_seq", POSTS)
    mark, wishes = here.mark, wishes_of(member)
    shown = {post.id for post in page.items}
    own = [] if page.next_cursor else [post for post in waiting if post.id not in shown]
    posts = [*page.items, *own]
    first_unread = next(
        (post.id for post in page.items if mark and (post.pub_seq or 0) > mark), None
    )
    seen = max((post.pub_seq or 0 for post in page.items), default=0)
    dress(posts, here, member, wishes, request.GET)
    opened = here.opening_id in opened_in(request.GET)
    context = {
        "thread": here,
        "title": title_for(here, member, wishes, opened=opened),
        "posts": posts,
        "page": page,
        "form": form,
        "first_unread": first_unread,
        "mark": mark or 0,
        "seen": seen,
        "unseen": seen > (mark or 0),
        "help_needed": help_needed,
        "bound": notice_for(member),
        **shown_before(request),
    }
    return render(request, "forums/thread.html", context, status=status)


def mark_read(request: SignedIn, thread_id: int) -> HttpResponse:
    """Remember how far one has read. Sent by the page's script, or by its button."""
    here = thread_for(request.user, thread_id)
    if request.method == "POST":
        given = request.POST.get("seq", "")
        if given.isascii() and given.isdigit():
            actions.mark_read(here, request.user, min(int(given), here.last_pub_seq))
        seen_at(request.user, reverse("forums:thread", args=[thread_id]))
    return redirect("forums:thread", thread_id)


def start(request: SignedIn, board_id: int) -> HttpResponse:
    """Write the first post of a new thread."""
    here = board_for(request.user, board_id)
    place = place_of("start", here.id)
    if request.method != "POST":
        later = holds_until(request.user) is not None
        initial = {"place": place, "later": later, **begun(request, place)}
        return _start_page(
            request, here, ThreadForm(named=request.user.is_staff_role, initial=initial)
        )
    if kept := keep_instead(request, place):
        return kept
    form = ThreadForm(request.POST, named=request.user.is_staff_role)
    if not form.is_valid() or not sends(request):
        return _start_page(request, here, form, 422 if form.errors else 200)
    if held := hold_instead(request, place, form):
        return held
    data = form.cleaned_data
    try:
        return _answer(
            request,
            actions.open_thread(
                here, request.user, data["title"], data["body"], data["key"], form.extras()
            ),
        )
    except MayNotWrite:
        words = "On this board you can read and not start threads. Your text is still here."
        form.add_error("body", words)
        return _start_page(request, here, form, 409)
    except NotNow as bound:
        needed = _not_now(request, form, bound)
        return _start_page(request, here, form, 409, help_needed=needed)


def _start_page(
    request: SignedIn,
    here: Board,
    form: ThreadForm,
    status: int = 200,
    *,
    help_needed: bool = False,
) -> HttpResponse:
    context = {
        "board": here,
        "form": form,
        "help_needed": help_needed,
        "bound": notice_for(request.user),
        **shown_before(request),
    }
    return render(request, "forums/start.html", context, status=status)


def _not_now(request: SignedIn, form: Form, bound: NotNow) -> bool:
    """Say in the form why the text was not stored. True when its author should see help now."""
    form.add_error("body", bound.words)
    data = form.cleaned_data
    return actions.unsent(request.user, f"{data.get('title', '')}\n{request.POST.get('body', '')}")


def reply(request: SignedIn, thread_id: int) -> HttpResponse:
    """Answer in a thread."""
    here = thread_for(request.user, thread_id)
    if request.method != "POST":
        return redirect("forums:thread", thread_id)
    place = place_of("reply", here.id)
    if kept := keep_instead(request, place):
        return kept
    form = _reply_form(request, here, request.POST)
    if not form.is_valid() or not sends(request):
        return _thread_page(request, here, form, status=422 if form.errors else 200)
    if held := hold_instead(request, place, form):
        return held
    try:
        written = actions.reply(
            here,
            request.user,
            form.cleaned_data["body"],
            form.cleaned_data["key"],
            form.extras(),
        )
    except MayNotWrite:
        form.add_error(
            "body", "On this board you can read and not answer. Your text is still here."
        )
        return _thread_page(request, here, form, status=409)
    except ThreadLocked:
        form.add_error(
            "body", "This thread is closed, so your text was not added. Copy it if you like."
        )
        return _thread_page(request, here, form, status=409)
    except NotNow as bound:
        needed = _not_now(request, form, bound)
        return _thread_page(request, here, form, status=409, help_needed=needed)
    return _answer(request, written)


def _answer(request: SignedIn, written: Written) -> HttpResponse:
    """Back to the thread; or, when the text speaks of danger, help in this very answer."""
    place = f"{reverse('forums:thread', args=[written.post.thread_id])}#post-{written.post.id}"
    if written.help_needed:
        return render(request, "forums/help.html", {"place": place})
    return redirect(place)


def edit(request: SignedIn, post_id: int) -> HttpResponse:
    """Change one's own post."""
    post = own_post_for(request.user, post_id)
    latest = post.submission.latest
    titled = post.thread.opening_id == post.id
    place = place_of("edit", post.id)
    if request.method == "POST" and (kept := keep_instead(request, place)):
        return kept
    initial = {"title": latest.title, "body": latest.body} if latest else {}
    initial |= {"place": place, **begun(request, place)}
    given = request.POST if request.method == "POST" else None
    form = EditForm(given, titled=titled, initial=initial)
    status, help_needed = 422 if form.errors else 200, False
    if given is not None and form.is_valid() and sends(request):
        data = form.cleaned_data
        try:
            extras = actions.Extras(**form.draft())
            words = data["body"], data.get("title", "")
            return _answer(request, actions.edit(post, request.user, *words, extras))
        except AlreadySettled:
            form.add_error(None, "This post was taken down meanwhile and cannot be changed.")
            status = 409
        except NotNow as bound:
            help_needed, status = _not_now(request, form, bound), 409
    history = list(post.submission.revisions.order_by("-number"))
    context = {"post": post, "form": form, "history": history, "help_needed": help_needed}
    return render(request, "forums/edit.html", context | shown_before(request), status=status)


def withdraw(request: SignedIn, post_id: int) -> HttpResponse:
    """Take one's own post back, after asking once."""
    post = own_post_for(request.user, post_id)
    if request.method != "POST":
        return render(request, "forums/withdraw.html", {"post": post})
    try:
        actions.withdraw(post, request.user)
        messages.success(request, "You took it back. Nobody else sees it any more.")
    except AlreadySettled:
        messages.info(request, "It was taken back already.")
    return redirect("forums:thread", post.thread_id)
