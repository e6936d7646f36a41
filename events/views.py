"""Public pages of workshops. Looking changes nothing; links in mails ask before they act."""

from collections.abc import Callable, Sequence

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from community.members.access import SignedIn
from community.members.access import needs as needs_role
from community.members.models import email_key
from community.members.paging import page_of
from events import actions, day, joining, needs, pace, waiting, whole
from events.access import coming, course_for, event_for, news_for, occurrence_for, place_for
from events.actions import NoRoom, OfferOver, TooLate, Wish
from events.bounces import came_back_since
from events.calendar_files import calendar_of
from events.finding import find
from events.forms import FindForm, PlaceForm, SignUpForm
from events.models import (
    Event,
    Occurrence,
    Registration,
    RegistrationState,
    SignUpFor,
    on_clock,
)
from events.tokens import look_token, token_of

DATES = 30
FILTERS = {"topic", "way", "since", "until", "free"}


@require_safe
@login_not_required
def index(request: HttpRequest) -> HttpResponse:
    """What is coming."""
    form = FindForm(request.GET if FILTERS & request.GET.keys() else None)
    page = page_of(request, find(form.looking()), "starts_at", DATES)
    kept = request.GET.copy()
    kept.pop("after", None)
    context = {"page": page, "form": form, "kept": kept.urlencode()}
    status = 422 if form.errors else 200
    return cacheable(request, render(request, "events/index.html", context, status=status))


@require_safe
@login_not_required
def event(request: HttpRequest, slug: str) -> HttpResponse:
    """One workshop. The form stands on a page of its own, so that this one needs no cookie."""
    found = event_for(slug)
    context = {"event": found, "course": whole_dates(found)}
    return cacheable(request, render(request, "events/event.html", context))


def whole_dates(event: Event) -> list[Occurrence]:
    """The dates of the whole course that can be had now; [] where there is none to sign up for."""
    return [] if event.sign_up_for == SignUpFor.DATES else whole.dates_of(event)


def cacheable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let shared caches keep a page for a minute, unless it carries a member's navigation."""
    if response.status_code == 200 and not request.user.is_authenticated:
        patch_cache_control(response, public=True, max_age=60)
    return response


@login_not_required
def sign_up(request: HttpRequest, occurrence_id: int) -> HttpResponse:
    """Sign up for one date. The answer is the same for every address."""
    occurrence = occurrence_for(occurrence_id)
    if not occurrence.is_open(timezone.now()):
        return render(request, "events/closed.html", {"occurrence": occurrence}, status=409)
    if occurrence.event.sign_up_for == SignUpFor.WHOLE:
        return redirect("events:sign_up_all", occurrence.event.slug)
    return _sign_up(request, occurrence, lambda wish: actions.sign_up(occurrence.id, wish))


@login_not_required
def sign_up_all(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign up for all coming dates of a course at once."""
    course = course_for(slug)
    dates = whole.dates_of(course)
    if not dates:
        return render(request, "events/closed.html", status=409)
    return _sign_up(request, dates[0], lambda wish: whole.sign_up(course, wish), dates)


def _sign_up(
    request: HttpRequest,
    occurrence: Occurrence,
    act: Callable[[Wish], Registration],
    dates: Sequence[Occurrence] = (),
) -> HttpResponse:
    """The form for one date, or for several; the same answer for every address."""
    posted = request.method == "POST"
    form = SignUpForm(request.POST if posted else None, occurrence=occurrence)
    if posted and form.is_valid():
        if form.looks_like_a_machine():
            # Somebody with a slow or very quick hand gets a second, easy try; a machine nothing.
            form.add_error(None, "That went a little fast for us. Please press the button again.")
        elif pace.too_many_from(get_adapter().get_client_ip(request)):
            form.add_error(
                None,
                "Many people have signed up from your network just now. Nothing is lost: please "
                "press the button again in ten minutes.",
            )
        else:
            return _signed_up(request, occurrence, act, form.wish())
    context = {
        "occurrence": occurrence,
        "form": form,
        "stamp": form.next_stamp(),
        "dates": dates,
        "full": not all(date.any_free for date in dates or [occurrence]),
    }
    return render(request, "events/sign_up.html", context, status=422 if form.errors else 200)


def _signed_up(
    request: HttpRequest,
    occurrence: Occurrence,
    act: Callable[[Wish], Registration],
    wish: Wish,
) -> HttpResponse:
    number = 0
    # Beyond some letters an hour the answer stays the same, and nothing is sent to that address.
    if pace.may_write_to(email_key(wish.email), occurrence.id):
        try:
            number = act(wish).id
        except TooLate:
            return render(request, "events/closed.html", {"occurrence": occurrence}, status=409)
    page = reverse("events:look_into_mail", args=[occurrence.id])
    return redirect(f"{page}?look={look_token(number)}")


@require_safe
@login_not_required
def look_into_mail(request: HttpRequest, occurrence_id: int) -> HttpResponse:
    """After signing up: what happens next, or that the letter came back."""
    look = request.GET.get("look", "")
    context = {
        "occurrence": occurrence_for(occurrence_id),
        "unreachable": came_back_since(look),
        "look": look,
    }
    return render(request, "events/look_into_mail.html", context)


@require_safe
@login_not_required
def place(request: HttpRequest, token: str) -> HttpResponse:
    """One's place: confirm, calendar file, or give it back. Looking changes nothing."""
    registration = place_for(token)
    response = _place(request, registration, token)
    if joining.is_open(registration, timezone.now()):
        # The button leads to the meeting through our own redirect; the policy must let it.
        response._csp_update = {"form-action": [joining.origin_of(registration.occurrence)]}  # type: ignore[attr-defined]
    return response


def _place(
    request: HttpRequest,
    registration: Registration,
    token: str,
    form: PlaceForm | None = None,
    status: int = 200,
) -> HttpResponse:
    states, occurrence = RegistrationState, registration.occurrence
    waits = registration.state == states.WAITING and registration.verified
    number = waiting.place_in_line(registration) if waits else 0
    until = registration.offer_until
    context = {
        "registration": registration,
        "occurrence": occurrence,
        "news": news_for(registration),
        **day.for_place(registration),
        "token": token,
        "to_confirm": registration.state in (states.PENDING, states.EXPIRED)
        or (registration.state == states.WAITING and not registration.verified),
        "can_cancel": registration.is_live,
        "number": number,
        "chances": waiting.chances(occurrence, number) if waits else "",
        "may_take": waits and actions.may_take(occurrence, registration),
        "offer_until": on_clock(until, registration.zone) if until else None,
        "form": form or _place_form(registration),
        "others": _others(registration),
        "join_open": joining.is_open(registration, timezone.now()),
        "join_from": on_clock(occurrence.starts_at - joining.OPENS, registration.zone),
    }
    return render(request, "events/place.html", context, status=status)


def _others(registration: Registration) -> list[tuple[Registration, str]]:
    """The other dates of the same sign-up, each with its own link."""
    rows = [place for place in whole.places(registration) if place.id != registration.id]
    return [(place, token_of(place)) for place in rows]


def _place_form(registration: Registration) -> PlaceForm | None:
    if not registration.is_live:
        return None
    names = ("name", "companions", "named", "time_zone")
    typed = {name: getattr(registration, name) for name in names}
    return PlaceForm(
        initial={**typed, **needs.own(registration)}, occurrence=registration.occurrence
    )


@require_POST
@login_not_required
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm the address and so the place."""
    registration = place_for(token)
    try:
        whole.each(actions.confirm, registration)
    except TooLate:
        occurrence = registration.occurrence
        return render(request, "events/closed.html", {"occurrence": occurrence}, status=409)
    return redirect("events:place", token)


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Give the place back: a letter leads to one button, and only that button does it."""
    registration = place_for(token)
    if request.method != "POST":
        context = {
            "registration": registration,
            "occurrence": registration.occurrence,
            "token": token,
            "others": [row for row, _ in _others(registration) if row.is_live],
        }
        return render(request, "events/cancel.html", context)
    if request.POST.get("all") == "1":
        whole.each(actions.cancel, registration)
    else:
        actions.cancel(registration)
    return redirect("events:place", token)


@require_POST
@login_not_required
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Take the seat that is offered or free."""
    registration = place_for(token)
    try:
        whole.accept(registration)
    except TooLate:
        occurrence = registration.occurrence
        return render(request, "events/closed.html", {"occurrence": occurrence}, status=409)
    except OfferOver:
        return render(request, "events/offer_over.html", {"token": token}, status=409)
    return redirect("events:place", token)


@require_POST
@login_not_required
def pass_on(request: HttpRequest, token: str) -> HttpResponse:
    """Let an offer go to the next person, and stay on the list."""
    actions.pass_on(place_for(token))
    return redirect("events:place", token)


@require_POST
@login_not_required
def change_place(request: HttpRequest, token: str) -> HttpResponse:
    """Change the name, who comes along and what is needed."""
    registration = place_for(token)
    form = PlaceForm(request.POST, occurrence=registration.occurrence)
    if not form.is_valid():
        return _place(request, registration, token, form, status=422)
    companions = form.cleaned_data.get("companions") or 0
    try:
        actions.change_place(registration, form.cleaned_data["name"], companions, form.needs())
        actions.choose_letters(
            registration,
            time_zone=form.cleaned_data.get("time_zone", ""),
            named=form.cleaned_data.get("named", False),
        )
    except NoRoom:
        form.add_error("companions", "There is no free seat for one more. Nothing was changed.")
        return _place(request, registration, token, form, status=409)
    except TooLate:
        occurrence = registration.occurrence
        return render(request, "events/closed.html", {"occurrence": occurrence}, status=409)
    return redirect("events:place", token)


@require_safe
@login_not_required
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar file of a confirmed or cancelled place."""
    registration = place_for(token)
    gone = registration.state in (RegistrationState.CANCELLED, RegistrationState.REMOVED)
    if not gone and registration.state != RegistrationState.CONFIRMED:
        return redirect("events:place", token)
    method = "CANCEL" if gone else "REQUEST"
    response = HttpResponse(
        calendar_of(registration, method),
        content_type=f"text/calendar; charset=utf-8; method={method}",
    )
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response


@needs_role("is_administrator")
@require_safe
def registrations(request: SignedIn) -> HttpResponse:
    """How full the coming dates of the clinic are. Counts, no names."""
    rows = coming().filter(event__clinic=request.user.clinic_id)
    page = page_of(request, rows, "starts_at", DATES)
    return render(request, "events/registrations.html", {"page": page})
