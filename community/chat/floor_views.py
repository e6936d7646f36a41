"""Pages of those who hold a room, and what members do beside the talk. No script needed."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.chat import actions, hosting
from community.chat.access import (
    hosted_room_for,
    message_in,
    own_message_for,
    room_for,
    speaker_in,
)
from community.chat.floor import floor_of
from community.chat.floor_forms import (
    AgendaForm,
    EditForm,
    FacilitatorsForm,
    HoursForm,
    MannerForm,
    NoteForm,
    OpenRoomForm,
    QuietForm,
    RoundForm,
)
from community.chat.floor_rows import Hand, OpeningHours, RoomNote, Watch
from community.chat.models import ChatMessage, Room, Round
from community.chat.search import find
from community.chat.views import hands_of
from community.members import audit
from community.members.access import SignedIn
from community.members.models import Member
from moderation.access import care_team_only
from moderation.actions import AlreadySettled
from moderation.standing import NotNow

NOTES = 30
SPEAKERS = 20
TRANSCRIPT = 500


# --- Those who hold the room --------------------------------------------------------------------


@require_safe
def host(request: SignedIn, room_id: int) -> HttpResponse:
    """Everything for holding a room, on one page."""
    return _host_page(request, hosted_room_for(request.user, room_id))


def _host_page(request: SignedIn, room: Room, status: int = 200, **forms: object) -> HttpResponse:
    now = timezone.now()
    watches = Watch.objects.filter(room=room, ended_at=None, until__gt=now)
    speakers = Member.objects.filter(
        id__in=ChatMessage.objects.filter(room=room).values("author"),
        is_active=True,
        is_moderator=False,
        is_lead=False,
        is_administrator=False,
    ).exclude(id=request.user.id)
    context = {
        "room": room,
        "floor": floor_of(room, now),
        "watches": list(watches.select_related("member").order_by("began_at")),
        "mine": watches.filter(member=request.user).exists(),
        "hands": hands_of(room),
        "hours": list(OpeningHours.objects.filter(room=room).order_by("weekday", "opens")),
        "notes": list(
            RoomNote.objects.filter(room=room).select_related("by").order_by("-id")[:NOTES]
        ),
        "speakers": list(speakers.order_by("name")[:SPEAKERS]),
        "minutes": hosting.QUIET_MINUTES,
        "manner_form": MannerForm.of(room),
        "agenda_form": AgendaForm(initial={"agenda": room.agenda}),
        "hours_form": HoursForm(),
        "note_form": NoteForm(),
        "people_form": FacilitatorsForm(room),
        **forms,
    }
    return render(request, "chat/host.html", context, status=status)


@require_POST
def here(request: SignedIn, room_id: int) -> HttpResponse:
    """ "I am here", or with `go`, "I am going"."""
    room = hosted_room_for(request.user, room_id)
    if "go" in request.POST:
        hosting.go(room, request.user)
        messages.success(request, "Thank you for looking after the room.")
    else:
        hosting.come(room, request.user)
        messages.success(request, "You look after the room for two hours, or until you go.")
    return redirect("chat:host", room_id)


@require_POST
def manner(request: SignedIn, room_id: int) -> HttpResponse:
    """Change how people write."""
    room = hosted_room_for(request.user, room_id)
    form = MannerForm(request.POST)
    if not form.is_valid():
        return _host_page(request, room, 422, manner_form=form)
    hosting.change_manner(room, request.user, form.manner)
    messages.success(request, "Changed. Everybody in the room sees it.")
    return redirect("chat:host", room_id)


@care_team_only
@require_POST
def agenda(request: SignedIn, room_id: int) -> HttpResponse:
    """Put an agenda beside the talk. For the care team, who answers for its words."""
    room = hosted_room_for(request.user, room_id)
    form = AgendaForm(request.POST)
    if not form.is_valid():
        return _host_page(request, room, 422, agenda_form=form)
    hosting.plan(room, request.user, form.cleaned_data["agenda"])
    messages.success(request, "The agenda is beside the talk now.")
    return redirect("chat:host", room_id)


@care_team_only
@require_POST
def facilitators(request: SignedIn, room_id: int) -> HttpResponse:
    """Choose which mentors hold the room too."""
    room = hosted_room_for(request.user, room_id)
    form = FacilitatorsForm(room, request.POST)
    if not form.is_valid():
        return _host_page(request, room, 422, people_form=form)
    hosting.share(room, request.user, form.cleaned_data["people"])
    messages.success(request, "Changed.")
    return redirect("chat:host", room_id)


@care_team_only
def open_room(request: SignedIn) -> HttpResponse:
    """Open a room for a group of the clinic; how people write there is chosen next."""
    form = OpenRoomForm(request.user, request.POST or None)
    if request.method == "POST":
        if form.is_valid():
            room = actions.open_room(**form.cleaned_data)
            return redirect("chat:host", room.id)
        return render(request, "chat/open_room.html", {"form": form}, status=422)
    return render(request, "chat/open_room.html", {"form": form})


@require_POST
def add_hours(request: SignedIn, room_id: int) -> HttpResponse:
    """Add times at which the room is open each week."""
    room = hosted_room_for(request.user, room_id)
    form = HoursForm(request.POST)
    if not form.is_valid():
        return _host_page(request, room, 422, hours_form=form)
    hosting.add_hours(room, **form.cleaned_data)
    messages.success(request, "These times count from now on.")
    return redirect("chat:host", room_id)


@require_POST
def drop_hours(request: SignedIn, room_id: int, hours_id: int) -> HttpResponse:
    """Take times back."""
    room = hosted_room_for(request.user, room_id)
    if not hosting.drop_hours(room, hours_id):
        raise Http404
    messages.success(request, "These times are gone.")
    return redirect("chat:host", room_id)


@require_POST
def go_round(request: SignedIn, room_id: int) -> HttpResponse:
    """Begin or end a welcome or closing round."""
    room = hosted_room_for(request.user, room_id)
    form = RoundForm(request.POST)
    if not form.is_valid():
        raise Http404
    hosting.go_round(room, Round(form.cleaned_data["round"]))
    return redirect("chat:host", room_id)


@require_POST
def call_on(request: SignedIn, room_id: int, hand_id: int) -> HttpResponse:
    """Give the room to a raised hand."""
    room = hosted_room_for(request.user, room_id)
    get_object_or_404(Hand, id=hand_id, room=room)
    try:
        hosting.call_on(room, hand_id)
    except hosting.Meanwhile:
        messages.info(request, "That hand is down again, or was called already.")
    return redirect("chat:host", room_id)


@require_POST
def make_quiet(request: SignedIn, room_id: int, member_id: int) -> HttpResponse:
    """Give somebody a quiet time in this room."""
    room = hosted_room_for(request.user, room_id)
    about = speaker_in(room, member_id)
    form = QuietForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Please choose how many minutes.")
        return redirect("chat:host", room_id)
    try:
        hosting.make_quiet(room, about, request.user, form.cleaned_data["minutes"])
        messages.success(request, f"{about.public_name} can read, and writes again a little later.")
    except hosting.NotForThem:
        messages.info(request, "That is not possible here. Please ask the care team.")
    return redirect("chat:host", room_id)


@require_POST
def take_out(request: SignedIn, room_id: int, message_id: int) -> HttpResponse:
    """Take a message off everybody's screen; a moderator decides then."""
    room = hosted_room_for(request.user, room_id)
    message = message_in(room, message_id)
    try:
        hosting.take_out(message, request.user)
        messages.success(request, "It is off everybody's screen. A moderator looks at it next.")
    except AlreadySettled:
        messages.info(request, "Nobody sees it any more already.")
    return redirect("chat:room", room_id)


@require_POST
def note(request: SignedIn, room_id: int) -> HttpResponse:
    """A note among those who hold the room."""
    room = hosted_room_for(request.user, room_id)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _host_page(request, room, 422, note_form=form)
    hosting.note(room, request.user, form.cleaned_data["text"])
    return redirect("chat:host", room_id)


@care_team_only
@require_safe
def transcript(request: SignedIn, room_id: int) -> HttpResponse:
    """What was said, for the care team alone; the audit keeps who read it."""
    room = hosted_room_for(request.user, room_id)
    audit.record(request.user, "room.transcript_read", room)
    rows = ChatMessage.objects.filter(room=room).select_related("author", "submission__shown")
    said = list(rows.order_by("-id")[:TRANSCRIPT])[::-1]
    return render(request, "chat/transcript.html", {"room": room, "said": said, "most": TRANSCRIPT})


# --- Everybody in the room ----------------------------------------------------------------------


def _beside(
    action: Callable[[Room, Member], object], request: SignedIn, room_id: int
) -> HttpResponse:
    action(room_for(request.user, room_id), request.user)
    return redirect("chat:room", room_id)


@require_POST
def raise_hand(request: SignedIn, room_id: int) -> HttpResponse:
    """Raise one's hand."""
    return _beside(hosting.raise_hand, request, room_id)


@require_POST
def lower_hand(request: SignedIn, room_id: int) -> HttpResponse:
    """Lower one's hand, or end one's turn."""
    return _beside(hosting.lower_hand, request, room_id)


@require_POST
def accept_rules(request: SignedIn, room_id: int) -> HttpResponse:
    """Say yes to the house rules."""
    return _beside(lambda room, member: hosting.accept_rules(member), request, room_id)


@require_POST
def leave(request: SignedIn, room_id: int) -> HttpResponse:
    """Leave quietly. seq: how far the page had come."""
    room = room_for(request.user, room_id)
    seq = request.POST.get("seq", "")
    known = int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 16 else 0
    if "stay" in request.POST:
        # The page went away, perhaps to come back: only one's place is remembered.
        hosting.read_up_to(room.id, request.user, known)
        return HttpResponse(status=204)
    hosting.leave(room, request.user, known)
    return redirect("chat:index")


@require_safe
def search(request: SignedIn, room_id: int) -> HttpResponse:
    """Messages of the room with some words in them."""
    room = room_for(request.user, room_id)
    words = " ".join(request.GET.get("q", "").split())[:100]
    found = find(room, words, request.user) if words else []
    return render(request, "chat/search.html", {"room": room, "words": words, "found": found})


def edit(request: SignedIn, room_id: int, message_id: int) -> HttpResponse:
    """Say one's own message in other words."""
    message = own_message_for(request.user, room_id, message_id)
    latest = message.submission.latest
    form = EditForm(request.POST or None, initial={"body": latest.body if latest else ""})
    status = 200
    if request.method == "POST":
        if not form.is_valid():
            status = 422
        else:
            try:
                if actions.rephrase(message, request.user, form.cleaned_data["body"]):
                    return render(request, "chat/help.html", {"room": message.room})
                messages.success(request, "Your new words are being checked.")
                return redirect("chat:room", room_id)
            except AlreadySettled:
                messages.info(request, "It was gone already.")
                return redirect("chat:room", room_id)
            except NotNow as bound:
                form.add_error("body", bound.words)
                status = 409
        if actions.unsent(request.user, request.POST.get("body", "")):
            context = {"room": message.room, "message": message, "form": form, "help_needed": True}
            return render(request, "chat/edit.html", context, status=status)
    context = {"room": message.room, "message": message, "form": form}
    return render(request, "chat/edit.html", context, status=status)
