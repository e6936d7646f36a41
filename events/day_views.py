"""The door, and the pages after a date: organisers see their own dates, visitors their place."""

import hashlib
import uuid
from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.members.access import SignedIn
from events import day, tickets, trends
from events.access import own_date_for, own_events, place_for
from events.actions import NoRoom
from events.day import AnsweredAlready, LetIn, NoSeat, NotTheTime, WrongCode
from events.day_forms import (
    FeedbackForm,
    MarkForm,
    ScanForm,
    SelfForm,
    WalkInForm,
    WhoForm,
    WhyForm,
)
from events.day_rows import Came, How
from events.models import Occurrence, Registration
from events.organising_views import organiser
from events.tickets import OtherDate
from events.tokens import date_of_token
from moderation.models import Level
from moderation.screening.crisis import needs_help

TRIES_PER_10_MIN = 10
CLOSED = "The door is open from two hours before a date until twelve hours after it."
NO_SEAT = "This place is not confirmed, so there is no seat for it. They can come in without one."
OTHER = "This ticket is not for this date. Nothing was changed."


# --- The door -------------------------------------------------------------------------------------


@organiser
@require_safe
def door(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """Everybody with a seat, to let in by list, by ticket, or without having signed up."""
    return _door(request, own_date_for(request.user, occurrence_id))


def _door(
    request: SignedIn, occurrence: Occurrence, walk_in: WalkInForm | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    rows = day.line_at_door(occurrence)
    chosen = request.GET.get("who", "")
    context = {
        "occurrence": occurrence,
        "rows": rows,
        "here": sum(1 for row in rows if row.check_in),
        "is_open": day.door_is_open(occurrence, now),
        "begun": occurrence.starts_at <= now,
        "may_finish": occurrence.ends_at <= now and occurrence.finished_at is None,
        "self_code": tickets.self_code(occurrence),
        "form": walk_in or WalkInForm(initial={"nonce": uuid.uuid4().hex}),
        "nonce": uuid.uuid4().hex,
        "chosen": next((row for row in rows if str(row.registration.id) == chosen), None),
        "states": Came.choices,
    }
    return render(request, "events/door.html", context, status=status)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _scanned(occurrence: Occurrence, form: ScanForm, request: SignedIn) -> LetIn:
    data = form.cleaned_data
    if data["code"]:
        who, how = tickets.registration_in(occurrence, data["code"]).id, How.SCAN
    else:
        who, how = data["who"], How.LIST
    # The list has one form, and so one nonce, for everybody on it.
    nonce = hashlib.sha256(f"{data['nonce']}.{who}".encode()).hexdigest()[:40]
    return day.check_in(occurrence, who, nonce, how, request.user, data["at"])


@organiser
@require_POST
def check_in(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """Let somebody in. The script of the door asks for JSON; without it, the door comes again."""
    occurrence = own_date_for(request.user, occurrence_id)
    form = ScanForm(request.POST)
    if not form.is_valid():
        return _said(request, occurrence, "Scan a ticket, or take somebody from the list.", 422)
    try:
        done = _scanned(occurrence, form, request)
    except Registration.DoesNotExist:
        raise Http404 from None
    except OtherDate:
        return _said(request, occurrence, OTHER, 422)
    except NotTheTime:
        return _said(request, occurrence, CLOSED, 409)
    except NoSeat:
        return _said(request, occurrence, NO_SEAT, 409)
    return _said(request, occurrence, _words(occurrence, done), 200, done)


def _words(occurrence: Occurrence, done: LetIn) -> str:
    if done.new:
        return f"{done.registration.name} is here."
    at = done.at.astimezone(occurrence.zone)
    return f"{done.registration.name} is here already, since {at:%H:%M} ({How(done.how).label})."


def _said(
    request: SignedIn, occurrence: Occurrence, words: str, status: int, done: LetIn | None = None
) -> HttpResponse:
    if _wants_json(request):
        who = done.registration.id if done else None
        return JsonResponse({"said": words, "who": who}, status=status)
    if status == 200:
        messages.success(request, words)
        return redirect("events:door", occurrence.id)
    messages.error(request, words)
    return _door(request, occurrence, status=status)


@organiser
@require_POST
def undo_check_in(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """It was somebody else."""
    occurrence = own_date_for(request.user, occurrence_id)
    form = WhoForm(request.POST)
    if not form.is_valid():
        return _door(request, occurrence, status=422)
    try:
        day.undo_check_in(occurrence, form.cleaned_data["who"])
    except Registration.DoesNotExist:
        raise Http404 from None
    messages.success(request, "Undone.")
    return redirect("events:door", occurrence.id)


@organiser
@require_POST
def walk_in(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """Let somebody in who has not signed up."""
    occurrence = own_date_for(request.user, occurrence_id)
    form = WalkInForm(request.POST)
    if not form.is_valid():
        return _door(request, occurrence, form, status=422)
    data = form.cleaned_data
    try:
        day.walk_in(occurrence.id, data["name"], data["nonce"], request.user, beyond=data["beyond"])
    except NotTheTime:
        form.add_error(None, CLOSED)
        return _door(request, occurrence, form, status=409)
    except NoRoom:
        form.add_error("beyond", "Every seat is taken. Tick this if there is a chair all the same.")
        return _door(request, occurrence, form, status=409)
    messages.success(request, f"{data['name']} is here.")
    return redirect("events:door", occurrence.id)


@organiser
def ticket(request: SignedIn, code: str) -> HttpResponse:
    """Where a ticket's QR code leads with any phone's camera. POST lets in."""
    occurrence = own_date_for(request.user, tickets.date_in(code))
    try:
        registration = tickets.registration_in(occurrence, code)
    except OtherDate:
        raise Http404 from None
    context = {"occurrence": occurrence, "registration": registration, "nonce": uuid.uuid4().hex}
    if request.method == "POST":
        return check_in(request, occurrence.id)
    return render(request, "events/ticket.html", context)


@organiser
@require_POST
def mark(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """Set right who was there."""
    occurrence = own_date_for(request.user, occurrence_id)
    form = MarkForm(request.POST)
    if not form.is_valid():
        return _door(request, occurrence, status=422)
    try:
        day.mark(occurrence, form.cleaned_data["who"], Came(form.cleaned_data["state"]))
    except Registration.DoesNotExist:
        raise Http404 from None
    except NoSeat:
        messages.error(request, NO_SEAT)
    return redirect("events:door", occurrence.id)


@organiser
@require_POST
def finish(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """The list is right: letters go out to who came and who could not."""
    occurrence = own_date_for(request.user, occurrence_id)
    if day.finish(occurrence.id):
        messages.success(request, "Thank you. Letters go out: how it was, and whom we missed.")
    return redirect("events:voices", occurrence.id)


@organiser
@require_safe
def voices(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """How it was: who came, what they thought, why others could not. Nothing below five."""
    occurrence = own_date_for(request.user, occurrence_id)
    told, reasons = day.reasons(occurrence)
    context = {
        "occurrence": occurrence,
        "attendance": day.attendance(occurrence),
        "voices": day.voices(occurrence),
        "told": told,
        "reasons": reasons,
    }
    return render(request, "events/voices.html", context)


@organiser
@require_safe
def attendance_trends(request: SignedIn) -> HttpResponse:
    """When people come. Administrators see the clinic, and by who runs it; others their own."""
    everything = request.user.is_administrator
    dates = Occurrence.objects.filter(event__in=own_events(request.user))
    if everything:
        dates = Occurrence.objects.filter(event__clinic=request.user.clinic_id)
    context = {
        "figures": trends.figures(dates, by_host=everything),
        "everything": everything,
    }
    return render(request, "events/attendance_trends.html", context)


# --- Visitors -------------------------------------------------------------------------------------


@require_safe
@login_not_required
def ticket_picture(request: HttpRequest, token: str) -> HttpResponse:
    """The QR code of a confirmed place."""
    registration = place_for(token)
    if registration.state != day.States.CONFIRMED:
        raise Http404
    return HttpResponse(tickets.picture(registration), content_type="image/svg+xml")


def _tries(registration: Registration) -> int:
    key = f"events.self.{registration.id}"
    cache.add(key, 0, timeout=600)
    try:
        return int(cache.incr(key))
    except ValueError:
        return 1


@login_not_required
def here(request: HttpRequest, token: str) -> HttpResponse:
    """Check in with one's own phone and the code that hangs at the door."""
    registration = place_for(token)
    form = SelfForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            if _tries(registration) > TRIES_PER_10_MIN:
                raise WrongCode
            day.let_self_in(registration, form.cleaned_data["code"])
        except WrongCode:
            form.add_error(
                "code", "That is not the code at the door. Please look once more, or ask there."
            )
            status = 422
        except (NotTheTime, NoSeat):
            form.add_error(None, "The door is not open yet, or there is no seat for this place.")
            status = 409
        else:
            return redirect("events:place", token)
    if form.errors and status == 200:
        status = 422
    context = {"occurrence": registration.occurrence, "form": form, "token": token}
    return render(request, "events/here.html", context, status=status)


@login_not_required
def why(request: HttpRequest, token: str) -> HttpResponse:
    """Why somebody could not come, if they like to tell. Kept without their name."""
    registration = place_for(token)
    form = WhyForm(request.POST if request.method == "POST" else None)
    context = {"occurrence": registration.occurrence, "form": form, "token": token}
    if not day.may_say_why(registration):
        return render(request, "events/why.html", {**context, "done": True})
    if request.method == "POST" and form.is_valid():
        with suppress(AnsweredAlready):
            day.say_why(registration, form.cleaned_data["why"])
        return render(request, "events/why.html", {**context, "done": True, "thanks": True})
    return render(request, "events/why.html", context, status=422 if form.errors else 200)


@login_not_required
def feedback(request: HttpRequest, token: str) -> HttpResponse:
    """How it was, answered once and without a name. The link is not that of the place."""
    occurrence = date_of_token(token)
    if occurrence is None:
        return render(request, "events/feedback_done.html", {"again": True})
    form = FeedbackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            day.say_how_it_was(token, **form.cleaned_data)
        except AnsweredAlready:
            return render(request, "events/feedback_done.html", {"again": True})
        worried = needs_help(form.cleaned_data["words"]) >= Level.RED
        return render(request, "events/feedback_done.html", {"help_needed": worried})
    context = {"occurrence": occurrence, "form": form}
    return render(request, "events/feedback.html", context, status=422 if form.errors else 200)
