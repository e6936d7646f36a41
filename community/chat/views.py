"""Pages of the live rooms. They can be read and used without script."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.chat import actions, broadcast, pace
from community.chat.access import others_message_for, own_message_for, room_for, rooms_of
from community.chat.floor import floor_of, floors_of, has_accepted, holds, quiet_words
from community.chat.floor_rows import Hand, ReadMark
from community.chat.forms import SayForm
from community.chat.models import ChatMessage, Room
from community.members.access import SignedIn
from community.members.blocks import hidden_ids
from community.members.models import Member
from moderation.actions import AlreadySettled
from moderation.models import State
from moderation.standing import NotNow, notice_for

SHOWN = 50
WAITING = 20
# How long a message that was not shared still stands in its author's room.
NOT_SHARED = timedelta(days=1)

AGAIN = "This was sent already with other words. To send these words as well, send once more."
CLOSED = "This room is for reading only right now. Your text is still here."
QUICK = "That was quick. Your text is still here: wait a few seconds, then send it again."


@require_safe
def index(request: SignedIn) -> HttpResponse:
    """The rooms one may enter."""
    rooms = list(rooms_of(request.user))
    floors = floors_of(rooms, timezone.now())
    marks = dict(
        ReadMark.objects.filter(member=request.user, room__in=rooms).values_list("room_id", "seq")
    )
    rows = [(room, floors[room.id], room.last_seq > marks.get(room.id, 0)) for room in rooms]
    return render(request, "chat/index.html", {"rows": rows})


@require_safe
def room(request: SignedIn, room_id: int) -> HttpResponse:
    """A room: its newest messages, one's own waiting ones, and the composer. Or what was before."""
    here = room_for(request.user, room_id)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 16:
        context = {"room": here, **_talk(request.user, here.id, int(before))}
        return render(request, "chat/before.html", context)
    return _room_page(request, here, SayForm())


def _room_page(
    request: SignedIn, here: Room, form: SayForm, status: int = 200, *, help_needed: bool = False
) -> HttpResponse:
    # In this order, a message that is released meanwhile is at worst still shown as waiting; the
    # page's script then hears of it, since it took its place after `seq`.
    waiting = _waiting(here, request.user)
    top = Room.objects.values_list("last_seq", flat=True).get(id=here.id)
    now = timezone.now()
    host, floor = holds(request.user, here), floor_of(here, now)
    rules_first = here.asks_rules and not host and not has_accepted(request.user)
    hands = hands_of(here)
    quiet = "" if host else quiet_words(request.user, here, now)
    read = ReadMark.objects.filter(room=here, member=request.user).values_list("seq", flat=True)
    context: dict[str, Any] = {
        "room": here,
        "host": host,
        "floor": floor,
        "writes": (floor.is_open or (host and floor.why != "reading"))
        and not (rules_first or quiet),
        "hands": hands,
        "my_hand": any(hand.member_id == request.user.id for hand in hands),
        "waiting_hands": [hand for hand in hands if hand.given_at is None],
        "rules_first": rules_first,
        "quiet": quiet,
        "agenda": here.agenda.splitlines(),
        "seq": top,
        "waiting": waiting,
        "form": form,
        "help_needed": help_needed,
        "bound": notice_for(request.user),
        **_talk(request.user, here.id, top + 1),
    }
    # Where to go on reading; nobody is pointed anywhere on a first visit.
    mark = read.first() or 0
    fresh = [line["seq"] for line in context["lines"] if line["seq"] > mark]
    context["first_new"] = fresh[0] if mark and fresh else 0
    return render(request, "chat/room.html", context, status=status)


def hands_of(room: Room) -> list[Hand]:
    """Raised hands: who speaks first, then in the order in which they went up."""
    up = Hand.objects.filter(room=room, lowered_at=None).select_related("member")
    return sorted(up, key=lambda hand: (hand.given_at is None, hand.raised_at, hand.id))


def _waiting(here: Room, member: Member) -> list[ChatMessage]:
    """One's own messages that only oneself sees, oldest first."""
    mine = (
        ChatMessage.objects.filter(room=here, author=member)
        .select_related("submission__latest")
        .order_by("-id")
    )
    checked = mine.filter(submission__state__in=(State.SCREENING, State.HELD))
    refused = mine.filter(submission__state=State.REMOVED, sent_at__gt=timezone.now() - NOT_SHARED)
    return list((checked | refused)[:WAITING])[::-1]


def _talk(reader: Member, room_id: int, before: int) -> dict[str, Any]:
    """The messages before a place of the log, and where the ones before them are."""
    frames = broadcast.messages_before(room_id, SHOWN + 1, before)
    shown = frames[-SHOWN:]
    hidden = hidden_ids(reader)
    return {
        "lines": lines_of([one for one in shown if broadcast.author_of(one) not in hidden]),
        "earlier": shown[0]["seq"] if len(frames) > SHOWN else 0,
    }


def lines_of(frames: Sequence[broadcast.Frame]) -> list[broadcast.Frame]:
    """Frames of messages with the moment, and the day where a new one begins."""
    lines, day = [], None
    for frame in frames:
        when = timezone.localtime(datetime.fromtimestamp(frame["at"] / 1000, UTC))
        lines.append({**frame, "when": when, "new_day": when.date() != day})
        day = when.date()
    return lines


@require_POST
def say(request: SignedIn, room_id: int) -> HttpResponse:
    """Say something without script."""
    here = room_for(request.user, room_id)
    form = SayForm(request.POST)
    if not form.is_valid():
        return _not_stored(request, here, form, status=422)
    body, key = form.cleaned_data["body"], str(form.cleaned_data["key"])
    if not actions.calls_for_help(body) and pace.wait_ms(request.user, room_id):
        form.add_error("body", QUICK)
        return _not_stored(request, here, form, status=429)
    try:
        said = actions.say(request.user, room_id, body, key)
    except actions.NotInRoom:
        raise Http404 from None
    except actions.RoomClosed:
        form.add_error("body", CLOSED)
        return _not_stored(request, here, form, status=409)
    except NotNow as bound:
        form.add_error("body", bound.words)
        return _not_stored(request, here, form, status=409)
    except actions.CidConflict:
        form = form.renamed()
        form.add_error("body", AGAIN)
        return _not_stored(request, here, form, status=409)
    if said.help_needed:
        return render(request, "chat/help.html", {"room": here})
    return redirect("chat:room", room_id)


def _not_stored(request: SignedIn, here: Room, form: SayForm, status: int) -> HttpResponse:
    """The page again with the text in its box, and with help where the text asks for it."""
    needed = actions.unsent(request.user, request.POST.get("body", ""))
    return _room_page(request, here, form, status, help_needed=needed)


@require_safe
def report(request: SignedIn, room_id: int, message_id: int) -> HttpResponse:
    """On to the form that reports a message; the page of a room knows it by its own number."""
    message = others_message_for(request.user, room_id, message_id)
    return redirect("moderation:report", message.submission_id)


@require_POST
def take_back(request: SignedIn, room_id: int, message_id: int) -> HttpResponse:
    """Take back one's own message."""
    message = own_message_for(request.user, room_id, message_id)
    try:
        actions.take_back(message, request.user)
        messages.success(request, "You took it back. Nobody else sees it any more.")
    except AlreadySettled:
        messages.info(request, "It was gone already.")
    return redirect("chat:room", room_id)
