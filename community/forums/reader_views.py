"""Pages for finding and keeping: search, bookmarks, what one gives, follows and puts aside."""

from datetime import date, datetime, time
from typing import cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from community.forums import actions, aliases, apart, search
from community.forums.access import (
    alias_of,
    board_for,
    history_for,
    post_for,
    stranger_for,
    thread_for,
)
from community.forums.forms import RevealForm
from community.forums.models import Alias, AliasBlock, Bookmark, Level, Post, Warmth
from community.forums.reading import title_for
from community.forums.topics import wishes_of
from community.members.access import SignedIn, needs
from community.members.blocks import CannotBlock
from community.members.paging import cursor_after, page_of
from community.members.preferences import zone_of
from moderation.difference import changes

KEPT = 25
# Behind every post of a place, however many there are.
BEHIND_ALL = 2**62
PAGES_MOST = search.NEWEST // search.PAGE


@require_safe
def find(request: SignedIn) -> HttpResponse:
    """Search the posts one may read."""
    words = request.GET.get("q", "").replace("\0", "")[:200]
    asked = request.GET.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0
    found = search.find(request.user, words, page=min(number, PAGES_MOST))
    context = {"words": words, "found": found, "next": number + 1}
    return render(request, "forums/find.html", context)


@require_safe
def bookmarks(request: SignedIn) -> HttpResponse:
    """Posts one has kept, the latest first. What was taken down is not among them."""
    readable = Post.objects.readable_by(request.user)
    rows = Bookmark.objects.filter(member=request.user, post__in=readable).select_related(
        "post__author",
        "post__alias",
        "post__thread__opening__submission__shown",
        "post__thread__opening__submission__latest",
    )
    page = page_of(request, rows, "-id", KEPT)
    wishes = wishes_of(request.user)
    for row in page.items:
        row.title = title_for(row.post.thread, request.user, wishes)
    return render(request, "forums/bookmarks.html", {"page": page})


def _back(post: Post) -> HttpResponse:
    return redirect(f"{reverse('forums:thread', args=[post.thread_id])}#post-{post.id}")


@require_POST
def react(request: SignedIn, post_id: int) -> HttpResponse:
    """Give something kind, or take it back."""
    post = post_for(request.user, post_id)
    kind = request.POST.get("kind", "")
    if kind in Warmth.values and post.author_id != request.user.id:
        actions.react(post, request.user, Warmth(kind))
    return _back(post)


@require_POST
def keep(request: SignedIn, post_id: int) -> HttpResponse:
    """Keep a post, or no longer."""
    post = post_for(request.user, post_id)
    actions.keep(post, request.user)
    return _back(post)


@require_POST
def follow(request: SignedIn, thread_id: int) -> HttpResponse:
    """Choose how one hears of a thread."""
    thread = thread_for(request.user, thread_id)
    level = request.POST.get("level", "")
    if level in Level.values:
        actions.follow(thread, request.user, Level(level))
        messages.success(request, f"From this thread: {Level(level).label.lower()}.")
    return redirect("forums:thread", thread_id)


@require_POST
def mark_board_read(request: SignedIn, board_id: int) -> HttpResponse:
    """Put everything on a board aside as read."""
    actions.mark_board_read(board_for(request.user, board_id), request.user)
    return redirect("forums:board", board_id)


@require_safe
def first_unread(request: SignedIn, thread_id: int) -> HttpResponse:
    """To the first post one has not read."""
    thread = thread_for(request.user, thread_id)
    url = reverse("forums:thread", args=[thread_id])
    seq = thread.mark or 0
    if seq < 1 or seq >= thread.last_pub_seq:
        return redirect(url)
    last = thread.posts.get(pub_seq=seq)
    return redirect(f"{url}?after={cursor_after(seq, last.id, url)}")


@require_safe
def on_day(request: SignedIn, thread_id: int) -> HttpResponse:
    """To the first post that was published on a day, or after it, by the reader's own calendar."""
    thread = thread_for(request.user, thread_id)
    url = reverse("forums:thread", args=[thread_id])
    try:
        day = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        messages.warning(request, "Please choose a day.")
        return redirect(url)
    begin = datetime.combine(day, time(), zone_of(request.user))
    later = thread.posts.filter(pub_seq__isnull=False, submission__released_at__gte=begin)
    seq = later.order_by("pub_seq").values_list("pub_seq", flat=True).first()
    if seq is None:
        messages.info(request, f"Nothing was written here on {day:%-d %B %Y} or later.")
        return redirect(url)
    return redirect(f"{url}?after={cursor_after(seq - 1, BEHIND_ALL, url)}#posts")


@require_safe
def history(request: SignedIn, post_id: int) -> HttpResponse:
    """How a post changed, version by version."""
    post = history_for(request.user, post_id)
    versions = list(post.submission.revisions.order_by("number"))
    before = ""
    steps = []
    for version in versions:
        steps.append((version, changes(before, version.body)))
        before = version.body
    return render(request, "forums/history.html", {"post": post, "steps": steps[::-1]})


def do_not_meet(request: SignedIn, post_id: int) -> HttpResponse:
    """Not meet whoever writes under an alias, in its thread. POST does it; nobody is told."""
    post = stranger_for(request.user, post_id)
    alias = cast(Alias, post.alias)
    if request.method != "POST":
        return render(request, "forums/do_not_meet.html", {"post": post, "alias": alias})
    try:
        apart.block(alias, request.user)
    except CannotBlock:
        context = {"post": post, "alias": alias, "refused": True}
        return render(request, "forums/do_not_meet.html", context, status=409)
    messages.success(request, f"You do not meet {alias.label} any more. They are not told.")
    return redirect("forums:unmet")


@require_safe
def unmet(request: SignedIn) -> HttpResponse:
    """The aliases one does not meet, and the way back. Never who stands behind them."""
    rows = AliasBlock.objects.filter(member=request.user).select_related("alias")
    page = page_of(request, rows, "-id", KEPT)
    return render(request, "forums/unmet.html", {"page": page})


@require_POST
def meet_again(request: SignedIn, block_id: int) -> HttpResponse:
    """Take a block of an alias back. The same answer whether there was one or not."""
    apart.meet_again(request.user, block_id)
    messages.success(request, "Done. From your side you can meet again.")
    return redirect("forums:unmet")


@needs("on_care_team")
def reveal(request: SignedIn, post_id: int) -> HttpResponse:
    """Who stands behind an alias: with a reason, written down, and the person is told."""
    alias = alias_of(request.user, post_id)
    form = RevealForm(request.POST or None)
    person = None
    if request.method == "POST" and form.is_valid():
        person = aliases.reveal(alias, request.user, form.cleaned_data["reason"])
    context = {"alias": alias, "form": form, "person": person, "post_id": post_id}
    return render(request, "forums/reveal.html", context, status=422 if form.errors else 200)
