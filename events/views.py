"""Public pages of workshops. Looking changes nothing; links in mails ask before they act."""

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST, require_safe

from community.members.access import SignedIn
from community.members.access import needs as needs_role
from community.members.paging import page_of
from events import actions, day, needs, waiting
from events.access import coming, event_for, news_for, occurrence_for, place_for
from events.actions import NoRoom, OfferOver, TooLate
from events.calendar_files import calendar_of
from events.forms import PlaceForm, SignUpForm, stamp
from events.models import Occurrence, Registration, RegistrationState

DATES = 30
SIGN_UPS_PER_10_MIN = 20


@require_safe
@login_not_required
def index(request: HttpRequest) -> HttpResponse:
    """What is coming."""
    page = page_of(request, coming(), "starts_at", DATES)
    return render(request, "events/index.html", {"page": page})


@require_safe
@login_not_required
def event(request: HttpRequest, slug: str) -> HttpResponse:
    """One workshop. The form stands on a page of its own, so that this one needs no cookie."""
    response = render(request, "events/event.html", {"event": event_for(slug)})
    if not request.user.is_authenticated:
        # A member's page carries their navigation: no shared cache may hand it to others.
        patch_cache_control(response, public=True, max_age=60)
    return response


@login_not_required
def sign_up(request: HttpRequest, occurrence_id: int) -> HttpResponse:
    """Sign up for one date. The answer is the same for every address."""
    occurrence = occurrence_for(occurrence_id)
    if not occurrence.is_open(timezone.now()):
        return render(request, "events/closed.html", {"occurrence": occurrence}, status=409)
    form = SignUpForm(request.POST or None, occurrence=occurrence)
    if request.method == "POST" and form.is_valid():
        return _sign_up(request, occurrence, form)
    context = {"occurrence": occurrence, "form": form, "stamp": stamp()}
    return render(request, "events/sign_up.html", context, status=422 if form.errors else 200)


def _sign_up(request: HttpRequest, occurrence: Occurrence, form: SignUpForm) -> HttpResponse:
    if form.looks_like_a_machine() or _too_many(request):
        # Somebody with a slow or very quick hand gets a second, easy try; a machine gets nothing.
        form.add_error(None, "That went a little fast for us. Please press the button once more.")
        context = {"occurrence": occurrence, "form": form, "stamp": stamp()}
        return render(request, "events/sign_up.html", context, status=422)
    try:
        actions.sign_up(occurrence.id, form.wish())
    except TooLate:
        return render(request, "events/closed.html", {"occurrence": occurrence}, status=409)
    return redirect("events:look_into_mail", occurrence.id)


def _too_many(request: HttpRequest) -> bool:
    from allauth.account.adapter import get_adapter

    key = f"events.signup.{get_adapter().get_client_ip(request)}"
    cache.add(key, 0, timeout=600)
    try:
        return int(cache.incr(key)) > SIGN_UPS_PER_10_MIN
    except ValueError:
        return False


@require_safe
@login_not_required
def look_into_mail(request: HttpRequest, occurrence_id: int) -> HttpResponse:
    """After signing up: what happens next."""
    occurrence = occurrence_for(occurrence_id)
    return render(request, "events/look_into_mail.html", {"occurrence": occurrence})


@require_safe
@login_not_required
def place(request: HttpRequest, token: str) -> HttpResponse:
    """One's place: confirm, calendar file, or give it back. Looking changes nothing."""
    registration = place_for(token)
    return _place(request, registration, token)


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
        "offer_until": until.astimezone(occurrence.zone) if until else None,
        "form": form or _place_form(registration),
    }
    return render(request, "events/place.html", context, status=status)


def _place_form(registration: Registration) -> PlaceForm | None:
    if not registration.is_live:
        return None
    typed = {"name": registration.name, "companions": registration.companions}
    return PlaceForm(
        initial={**typed, **needs.own(registration)}, occurrence=registration.occurrence
    )


@require_POST
@login_not_required
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm the address and so the place."""
    registration = place_for(token)
    try:
        actions.confirm(registration)
    except TooLate:
        occurrence = registration.occurrence
        return render(request, "events/closed.html", {"occurrence": occurrence}, status=409)
    return redirect("events:place", token)


@require_POST
@login_not_required
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Give the place back."""
    actions.cancel(place_for(token))
    return redirect("events:place", token)


@require_POST
@login_not_required
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Take the seat that is offered or free."""
    registration = place_for(token)
    try:
        actions.accept(registration)
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
    gone = registration.state == RegistrationState.CANCELLED
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
