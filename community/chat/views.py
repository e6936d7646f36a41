"""Pages of the live rooms. They can be read and used without script."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from community.chat import actions, broadcast
from community.chat.access import own_message_for, room_for, rooms_of
from community.chat.forms import SayForm
from community.chat.models import ChatMessage, Room
from community.members.access import SignedIn
from moderation.actions import AlreadySettled
from moderation.models import State

SHOWN = 50
# What only its author still sees of a message.
WAITING = (State.SCREENING, State.HELD, State.REMOVED)


@require_safe
def index(request: SignedIn) -> HttpResponse:
    """The rooms one may enter."""
    return render(request, "chat/index.html", {"rooms": list(rooms_of(request.user))})


@require_safe
def room(request: SignedIn, room_id: int) -> HttpResponse:
    """A room: its newest messages, one's own waiting ones, and the composer."""
    return _room_page(request, room_for(request.user, room_id), SayForm())


def _room_page(request: SignedIn, here: Room, form: SayForm, status: int = 200) -> HttpResponse:
    frames = broadcast.newest(here.id, SHOWN, before=here.last_seq + 1)
    mine = (
        ChatMessage.objects.filter(room=here, author=request.user, submission__state__in=WAITING)
        .select_related("submission__latest")
        .order_by("-id")[:10]
    )
    context = {
        "room": here,
        "lines": lines_of(frames),
        "waiting": list(mine)[::-1],
        "form": form,
        "more": bool(frames) and frames[0]["seq"] > 1,
    }
    return render(request, "chat/room.html", context, status=status)


def lines_of(frames: list[broadcast.Frame]) -> list[broadcast.Frame]:
    """The log as one reads it: each message once, as it is now, at the place it was said."""
    from datetime import UTC, datetime

    lines = []
    for frame in frames:
        if frame["t"] == "msg":
            when = datetime.fromtimestamp(frame["at"] / 1000, UTC)
            lines.append({**frame, "when": when})
    return lines


@require_POST
def say(request: SignedIn, room_id: int) -> HttpResponse:
    """Say something without script."""
    here = room_for(request.user, room_id)
    form = SayForm(request.POST)
    if not form.is_valid():
        return _room_page(request, here, form, status=422)
    data = form.cleaned_data
    try:
        said = actions.say(request.user, room_id, data["body"], str(data["key"]))
    except actions.RoomClosed:
        form.add_error("body", "This room is for reading only right now. Your text is still here.")
        return _room_page(request, here, form, status=409)
    except actions.CidConflict:
        return redirect("chat:room", room_id)
    if said.help_needed:
        return render(request, "chat/help.html", {"room": here})
    return redirect("chat:room", room_id)


@require_POST
def take_back(request: SignedIn, room_id: int, message_id: int) -> HttpResponse:
    """Take back one's own message."""
    message = own_message_for(request.user, room_id, message_id)
    try:
        actions.take_back(message, request.user)
        messages.success(request, "You took it back.")
    except AlreadySettled:
        messages.info(request, "It was gone already.")
    return redirect("chat:room", room_id)
