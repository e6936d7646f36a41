"""Pages for what is not sent yet: kept drafts, texts that wait for the morning."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.forums import drafts as keeping
from community.forums.access import draft_for, may_write_at
from community.forums.drafts import AlreadySent, Elsewhere, TooLate, Words
from community.forums.forms import DraftForm, ReplyForm
from community.forums.markdown import render as to_html
from community.forums.models import Board, Draft, Post, Thread
from community.forums.reading import title_for
from community.forums.topics import wishes_of
from community.members.access import SignedIn
from community.members.models import Member
from community.members.preferences import zone_of

SHOWN = 160
MOST = 200


@require_safe
def drafts(request: SignedIn) -> HttpResponse:
    """Everything one has written and not sent, and what goes out tomorrow."""
    rows = list(Draft.objects.filter(member=request.user).order_by("-updated_at", "-id")[:MOST])
    name_places(rows, request.user)
    for row in rows:
        page: Any = row
        page.start = keeping.words_of(row).body[:SHOWN]
    now = timezone.now()
    context = {
        "written": [row for row in rows if row.send_at is None],
        "waiting": [row for row in rows if row.send_at is not None],
        "holds_until": keeping.holds_until(request.user),
        "morning": keeping.next_morning(request.user, now),
        "zone": zone_of(request.user),
    }
    return render(request, "forums/drafts.html", context)


def name_places(rows: list[Draft], member: Member) -> None:
    """Say of each draft where it belongs (`what`) and where one goes on writing it (`go_on`)."""
    numbers: dict[str, list[int]] = {"reply": [], "start": [], "edit": []}
    for row in rows:
        kind, number = keeping.parts_of(row.place)
        numbers[kind].append(number)
    wishes = wishes_of(member)
    threads = Thread.objects.readable_by(member).select_related(
        "opening__submission__shown", "opening__submission__latest"
    )
    answers = {thread.id: thread for thread in threads.filter(id__in=numbers["reply"])}
    boards = Board.objects.readable_by(member).in_bulk(numbers["start"])
    mine = Post.objects.filter(author=member, thread__in=Thread.objects.readable_by(member))
    edits = set(mine.filter(id__in=numbers["edit"]).values_list("id", flat=True))
    for row in rows:
        page: Any = row
        kind, number = keeping.parts_of(row.place)
        page.what, page.go_on = "For a place you cannot write in any more", ""
        if kind == "reply" and number in answers:
            page.what = f"Answer in “{title_for(answers[number], member, wishes)}”"
            page.go_on = f"{reverse('forums:thread', args=[number])}?draft={row.id}#reply"
        elif kind == "start" and number in boards:
            page.what = f"New thread in {boards[number].name}"
            page.go_on = f"{reverse('forums:start', args=[number])}?draft={row.id}"
        elif kind == "edit" and number in edits:
            page.what = "Change to one of your posts"
            page.go_on = f"{reverse('forums:edit', args=[number])}?draft={row.id}"


@require_safe
def draft(request: SignedIn, draft_id: int) -> HttpResponse:
    """One draft, to read and to copy, also when its place is gone."""
    row = draft_for(request.user, draft_id)
    name_places([row], request.user)
    return render(request, "forums/draft.html", {"draft": row, "words": keeping.words_of(row)})


@require_POST
def drop_draft(request: SignedIn, draft_id: int) -> HttpResponse:
    """Throw a draft away, unless another window has changed it since."""
    row = draft_for(request.user, draft_id)
    seen = request.POST.get("revision", "")
    number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else row.revision
    if keeping.drop(request.user, row.id, number):
        messages.success(request, "The draft is gone.")
    else:
        messages.warning(request, "It was changed meanwhile, so it is still here.")
    return redirect("forums:drafts")


@require_POST
def take_back_held(request: SignedIn, draft_id: int) -> HttpResponse:
    """Stop a text that waits for the morning."""
    draft_for(request.user, draft_id)
    try:
        keeping.take_back(request.user, draft_id)
        messages.success(request, "It stays with you, among your drafts.")
    except TooLate:
        messages.warning(request, "It does not wait any more: look whether it has gone out.")
    return redirect("forums:drafts")


@require_POST
def hold_all(request: SignedIn) -> HttpResponse:
    """Let everything one sends wait until the morning, or no longer."""
    until = keeping.hold_all(request.user, request.POST.get("on") == "1")
    if until:
        messages.success(request, "Until tomorrow morning, what you send waits here first.")
    else:
        messages.success(request, "What you send goes out at once again.")
    return redirect("forums:drafts")


@require_POST
def autosave(request: SignedIn) -> HttpResponse:
    """Keep what is being typed. Sent by the page's script every few seconds.

    200 {place, revision, key}; 409 with the newer text of another window in `other`, and where ours
    is kept beside it; 410 {url} when this very text was posted meanwhile; 422 for an odd form.
    """
    form = DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse({}, status=422)
    may_write_at(request.user, *keeping.parts_of(form.cleaned_data["place"]))
    try:
        kept = keeping.save(request.user, **form.save_arguments())
    except Elsewhere as other:
        return JsonResponse({"other": _text(other.theirs), **_kept(other.mine)}, status=409)
    except AlreadySent as sent:
        return JsonResponse({"url": _post_url(sent.post)}, status=410)
    return JsonResponse(_kept(kept))


def _kept(kept: keeping.Kept | None) -> dict[str, object]:
    if kept is None:
        return {"revision": 0}
    return {"place": kept.place, "revision": kept.revision, "key": str(kept.key)}


def _text(words: Words) -> str:
    return f"{words.title}\n\n{words.body}".strip()


def _post_url(post: Post) -> str:
    return f"{reverse('forums:thread', args=[post.thread_id])}#post-{post.id}"


# --- What a composer's own buttons ask for, in the views that send --------------------------------


def keep_instead(request: SignedIn, place: str) -> HttpResponse | None:
    """The answer when the form's button says "keep for later".

    None for other buttons, and for an odd form: the composer's page says what is wrong with it.
    """
    if "keep" not in request.POST:
        return None
    given = request.POST.copy()
    given["place"] = _place(request, place)
    form = DraftForm(given)
    if not form.is_valid():
        return None
    try:
        keeping.save(request.user, **form.save_arguments())
        messages.success(request, "Kept for you. Nobody else sees it.")
    except Elsewhere as other:
        context = {"other": other.theirs, "mine": form.words(), "kept": other.mine}
        return render(request, "forums/draft_conflict.html", context, status=409)
    except AlreadySent as sent:
        messages.info(request, "This text was sent already.")
        return redirect(_post_url(sent.post))
    return redirect("forums:drafts")


def _place(request: SignedIn, place: str) -> str:
    """The form's own place when it belongs to this page (a second text may), else the page's."""
    given = request.POST.get("place", "")
    return given if given.rstrip("+") == place else place


def hold_instead(request: SignedIn, place: str, form: ReplyForm) -> HttpResponse | None:
    """The answer when a finished text is to wait until tomorrow; None otherwise."""
    data = form.cleaned_data
    if not data.get("later"):
        return None
    topics, quote = list(data["topics"]), data.get("quote")
    words = Words(data.get("title", ""), data["body"], bool(data.get("alias")), topics, quote)
    seen = data.get("revision") or 0
    try:
        held = keeping.hold(request.user, _place(request, place), data["key"], words, seen)
    except AlreadySent as sent:
        return redirect(_post_url(sent.post))
    if held.help_needed:
        context = {"place": reverse("forums:drafts"), "held": True}
        return render(request, "forums/help.html", context)
    messages.success(request, "It waits until tomorrow morning. Until then you can take it back.")
    return redirect("forums:drafts")


def sends(request: SignedIn) -> bool:
    """Whether the button that was pressed sends the text."""
    return "preview" not in request.POST and "keep" not in request.POST


def shown_before(request: SignedIn) -> dict[str, Any]:
    """For the page of a composer: how the text will look, when its button asks for that."""
    if request.method != "POST" or "preview" not in request.POST:
        return {}
    return {
        "preview": to_html(request.POST.get("body", "")),
        "preview_title": request.POST.get("title", ""),
    }


def begun(request: SignedIn, place: str) -> dict[str, Any]:
    """What a composer begins with: the words of the draft that waits there, or nothing."""
    found = keeping.latest(request.user, place, request.GET.get("draft", ""))
    if found is None:
        return {}
    words = keeping.words_of(found)
    return {
        "title": words.title,
        "body": words.body,
        "alias": words.alias,
        "topics": list(words.topics),
        "quote": words.quote,
        "key": found.key,
        "place": found.place,
        "revision": found.revision,
    }
