"""Pages of those who organise workshops. For a workshop of somebody else they are not there."""

import csv
import io
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.members.access import SignedIn
from community.members.access import needs as needs_role
from community.members.paging import page_of
from events import needs, organising
from events.access import own_date_for, own_event_for, own_events
from events.actions import TooLate
from events.models import Course, Event, Occurrence, Registration, RegistrationState
from events.organising import NoDate, PeopleCome
from events.organising_forms import (
    CallOffForm,
    DatesForm,
    EventForm,
    HostForm,
    JoinLinkForm,
    NewsForm,
    SeatsForm,
    TimesForm,
    event_form,
    first_day,
    times_of,
)
from moderation.figures_page import safe_cell

EVENTS = 30
PEOPLE = 200
States = RegistrationState
organiser = needs_role("is_staff_role")


# --- Workshops ------------------------------------------------------------------------------------


@organiser
@require_safe
def organise(request: SignedIn) -> HttpResponse:
    """One's own workshops, the newest first, and what is on today."""
    now = timezone.now()
    coming = Q(occurrences__cancelled_at=None, occurrences__ends_at__gt=now)
    rows = own_events(request.user).annotate(
        next_at=Min("occurrences__starts_at", filter=coming),
        dates=Count("occurrences", filter=coming),
    )
    soon = (
        Occurrence.objects.filter(
            event__in=own_events(request.user),
            cancelled_at=None,
            ends_at__gt=now,
            starts_at__lt=now + timedelta(hours=18),
        )
        .select_related("event")
        .order_by("starts_at", "id")
    )
    context = {"page": page_of(request, rows, "-created_at", EVENTS), "soon": soon[:10]}
    return render(request, "events/organise.html", context)


@organiser
def create(request: SignedIn) -> HttpResponse:
    """A new workshop with its first date or series. It is a draft until it is published."""
    zone = ZoneInfo(request.user.clinic.time_zone)
    data = request.POST if request.method == "POST" else None
    form = EventForm(data)
    dates = DatesForm(data, zone=zone, initial={"day": first_day(zone)})
    if request.method == "POST" and all([form.is_valid(), dates.is_valid()]):
        event = organising.create(request.user, form.draft(str(zone)))
        organising.add_dates(event, dates.spans(), dates.room())
        messages.success(request, "It is there, as a draft. Look it over, then publish it.")
        return redirect("events:organised", event.id)
    context = {"form": form, "dates": dates}
    wrong = form.errors or dates.errors
    return render(request, "events/create.html", context, status=422 if wrong else 200)


def _dates_of(event: Event) -> QuerySet[Occurrence]:
    waits = Q(registrations__state=States.WAITING, registrations__verified=True)
    rows = event.occurrences.annotate(waiting=Count("registrations", filter=waits))
    return rows.select_related("event").order_by("starts_at", "id")


@organiser
@require_safe
def organised(request: SignedIn, event_id: int) -> HttpResponse:
    """One workshop as its organisers see it."""
    event, now = own_event_for(request.user, event_id), timezone.now()
    dates = list(_dates_of(event))
    context = {
        "event": event,
        "course": Course.objects.filter(event=event).first(),
        "coming": [date for date in dates if date.ends_at > now],
        "past": [date for date in reversed(dates) if date.ends_at <= now],
        "hosts": event.hosts.all(),
    }
    return render(request, "events/organised.html", context)


@organiser
def edit(request: SignedIn, event_id: int) -> HttpResponse:
    """Change what people read about a workshop."""
    event = own_event_for(request.user, event_id)
    form = EventForm(request.POST if request.method == "POST" else None, initial=event_form(event))
    if request.method == "POST" and form.is_valid():
        organising.edit(event, form.draft(event.time_zone))
        messages.success(request, "Kept.")
        return redirect("events:organised", event.id)
    context = {"event": event, "form": form}
    return render(request, "events/edit.html", context, status=422 if form.errors else 200)


@organiser
@require_POST
def duplicate(request: SignedIn, event_id: int) -> HttpResponse:
    """The same workshop again, as a draft without dates."""
    copy = organising.duplicate(own_event_for(request.user, event_id), request.user)
    messages.success(request, "Here is the copy. It has no date yet.")
    return redirect("events:organised", copy.id)


@organiser
@require_POST
def publish(request: SignedIn, event_id: int) -> HttpResponse:
    """Show a workshop to everybody."""
    event = own_event_for(request.user, event_id)
    try:
        organising.publish(event)
    except NoDate:
        messages.error(request, "It has no date to come. Add one first, then publish it.")
    else:
        messages.success(request, "It is published. People can sign up now.")
    return redirect("events:organised", event.id)


@organiser
@require_POST
def withdraw(request: SignedIn, event_id: int) -> HttpResponse:
    """Take a workshop off the public page."""
    event = own_event_for(request.user, event_id)
    try:
        organising.withdraw(event)
    except PeopleCome:
        words = "People have a place already. Call the dates off instead: everybody is told then."
        messages.error(request, words)
    else:
        messages.success(request, "It is a draft again. Nobody else sees it.")
    return redirect("events:organised", event.id)


@organiser
def add_dates(request: SignedIn, event_id: int) -> HttpResponse:
    """More dates: one, or a series."""
    event = own_event_for(request.user, event_id)
    zone = ZoneInfo(event.time_zone)
    form = DatesForm(
        request.POST if request.method == "POST" else None,
        zone=zone,
        initial={"day": first_day(zone)},
    )
    if request.method == "POST" and form.is_valid():
        made = organising.add_dates(event, form.spans(), form.room())
        messages.success(request, f"{len(made)} new date{'' if len(made) == 1 else 's'}.")
        return redirect("events:organised", event.id)
    context = {"event": event, "form": form}
    return render(request, "events/add_dates.html", context, status=422 if form.errors else 200)


@organiser
def hosts(request: SignedIn, event_id: int) -> HttpResponse:
    """Who runs a workshop, and how visitors meet them."""
    event = own_event_for(request.user, event_id)
    form = HostForm(request.POST if request.method == "POST" else None, clinic_id=event.clinic_id)
    if request.method == "POST" and form.is_valid():
        organising.introduce(event, **form.cleaned_data)
        return redirect("events:hosts", event.id)
    context = {"event": event, "form": form, "hosts": event.hosts.all()}
    return render(request, "events/hosts.html", context, status=422 if form.errors else 200)


@organiser
@require_POST
def part_with(request: SignedIn, event_id: int, host_id: int) -> HttpResponse:
    """Somebody runs it no more."""
    event = own_event_for(request.user, event_id)
    organising.part_with(event, host_id)
    return redirect("events:hosts", event.id)


@organiser
def cancel_all(request: SignedIn, event_id: int) -> HttpResponse:
    """Call off every coming date of a workshop. GET says what will happen."""
    event = own_event_for(request.user, event_id)
    form = CallOffForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        count = organising.cancel_all(event, request.user, form.cleaned_data["words"])
        messages.success(request, f"Called off: {count}. Everybody with a place gets a letter.")
        return redirect("events:organised", event.id)
    dates = _dates_of(event).filter(cancelled_at=None, starts_at__gt=timezone.now())
    context = {"event": event, "form": form, "dates": dates}
    return render(request, "events/call_off.html", context, status=422 if form.errors else 200)


# --- One date -------------------------------------------------------------------------------------


@organiser
@require_safe
def date(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """One date: how full it is, and everything that can be done."""
    return _date(request, own_date_for(request.user, occurrence_id))


def _date(
    request: SignedIn,
    occurrence: Occurrence,
    form: SeatsForm | None = None,
    link_form: JoinLinkForm | None = None,
) -> HttpResponse:
    states = occurrence.registrations.values_list("state").annotate(count=Count("id"))
    counts = dict(states.order_by("state"))
    before = {
        "seats": occurrence.capacity,
        "accessible": occurrence.access_capacity,
        "online": occurrence.online_capacity,
    }
    context = {
        "occurrence": occurrence,
        "form": form or SeatsForm(initial=before),
        "link_form": link_form or JoinLinkForm(),
        "waiting": counts.get(States.WAITING, 0),
        "offered": counts.get(States.OFFERED, 0),
        "given_back": counts.get(States.CANCELLED, 0),
        "too_full": max(0, occurrence.taken + occurrence.held - occurrence.capacity),
        "news": occurrence.news.order_by("-at"),
        "over": occurrence.ends_at <= timezone.now(),
        "begun": occurrence.starts_at <= timezone.now(),
    }
    return render(request, "events/date.html", context, status=422 if form or link_form else 200)


@organiser
@require_POST
def resize(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """More seats or fewer. Nobody is sent away."""
    occurrence = own_date_for(request.user, occurrence_id)
    form = SeatsForm(request.POST)
    if not form.is_valid():
        return _date(request, occurrence, form)
    room = form.room()
    organising.resize(occurrence.id, room.general, room.accessible, room.online)
    messages.success(request, "Kept. Free seats go to who waits, in their order.")
    return redirect("events:date", occurrence.id)


@organiser
@require_POST
def join_link(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """Where people of a date meet online. The address is not shown again."""
    occurrence = own_date_for(request.user, occurrence_id)
    form = JoinLinkForm(request.POST)
    if form.is_valid():
        try:
            organising.set_join_link(occurrence, request.user, form.cleaned_data["url"])
        except ValueError:
            form.add_error("url", "It must begin with https://.")
    if form.errors:
        return _date(request, occurrence, link_form=form)
    messages.success(request, "Kept, sealed.")
    return redirect("events:date", occurrence.id)


@organiser
def move(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """Another time for a date."""
    occurrence = own_date_for(request.user, occurrence_id)
    data = request.POST if request.method == "POST" else None
    form = TimesForm(data, zone=occurrence.zone, initial=times_of(occurrence))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            organising.move(occurrence.id, *form.span())
        except TooLate:
            form.add_error(None, "This date has begun or was called off; it cannot move any more.")
            status = 409
        else:
            messages.success(request, "Moved. Everybody with a place gets a letter.")
            return redirect("events:date", occurrence.id)
    status = 422 if form.errors and status == 200 else status
    context = {"occurrence": occurrence, "form": form}
    return render(request, "events/move.html", context, status=status)


@organiser
def cancel_date(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """Call one date off. GET says what will happen."""
    occurrence = own_date_for(request.user, occurrence_id)
    form = CallOffForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if organising.cancel_date(occurrence.id, request.user, form.cleaned_data["words"]):
            messages.success(request, "Called off. Everybody with a place gets a letter.")
        else:
            messages.error(request, "It has begun or was called off before. Nothing was changed.")
        return redirect("events:date", occurrence.id)
    context = {"event": occurrence.event, "form": form, "dates": [occurrence], "one": occurrence}
    return render(request, "events/call_off.html", context, status=422 if form.errors else 200)


@organiser
def tell(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """Tell everybody with a seat something."""
    occurrence = own_date_for(request.user, occurrence_id)
    form = NewsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        count = organising.tell(occurrence, request.user, form.cleaned_data["body"])
        messages.success(request, f"Told. Letters go out to {count}.")
        return redirect("events:date", occurrence.id)
    context = {"occurrence": occurrence, "form": form, "news": occurrence.news.order_by("-at")}
    return render(request, "events/tell.html", context, status=422 if form.errors else 200)


# --- Its people -----------------------------------------------------------------------------------


@organiser
@require_safe
def people(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """Who has or awaits a place, in the order of coming. No addresses: nobody needs them here."""
    occurrence = own_date_for(request.user, occurrence_id)
    shown = (States.CONFIRMED, States.OFFERED, States.PENDING, States.WAITING)
    rows = occurrence.registrations.filter(state__in=shown)
    context = {"occurrence": occurrence, "page": page_of(request, rows, "no", PEOPLE)}
    return render(request, "events/people.html", context)


@organiser
@require_safe
def print_list(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """The list to print, with a box to tick."""
    occurrence = own_date_for(request.user, occurrence_id)
    rows = organising.take_along(occurrence, request.user, "list")
    context = {"occurrence": occurrence, "rows": rows}
    return render(request, "events/print_list.html", context)


@organiser
@require_safe
def badges(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """Names to wear, to print and cut. Companions get one to fill in."""
    occurrence = own_date_for(request.user, occurrence_id)
    rows = organising.take_along(occurrence, request.user, "badges")
    names = [name for row in rows for name in [row.name, *[""] * row.companions]]
    context = {"occurrence": occurrence, "names": names}
    return render(request, "events/badges.html", context)


@organiser
@require_safe
def people_csv(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """The confirmed people as a file. No addresses, and no cell that could run."""
    occurrence = own_date_for(request.user, occurrence_id)
    rows = organising.take_along(occurrence, request.user, "csv")
    response = HttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="date-{occurrence.id}.csv"'
    return response


def as_csv(rows: list[Registration]) -> str:
    """Number, name, companions and kind of seat, a line each."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Number", "Name", "Companions", "Seat"])
    for row in rows:
        cells = (row.no, row.name, row.companions, row.get_pool_display())
        writer.writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


@organiser
@require_safe
def wanted(request: SignedIn, occurrence_id: int) -> HttpResponse:
    """What people of one date need, for who runs it. From a week before until a week after."""
    occurrence = own_date_for(request.user, occurrence_id)
    rows = organising.read_needs(occurrence, request.user)
    context = {
        "occurrence": occurrence,
        "shown": rows is not None,
        "rows": rows or [],
        "to_arrange": needs.to_arrange(occurrence),
    }
    return render(request, "events/wanted.html", context)
