"""Courses: pages of members who go through them, and of those who run them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from community.chat.access import may_enter
from community.members.access import SignedIn
from community.members.paging import page_of
from events import completing, courses
from events.access import own_event_for
from events.actions import NoRoom, TooLate
from events.course_forms import CodeForm, CourseForm, FidelityForm, MaterialForm, SessionForm
from events.course_rows import Fidelity, Session
from events.models import LIVE, Registration
from events.organising_views import organiser

COURSES = 30

# --- Members --------------------------------------------------------------------------------------


@require_safe
def courses_list(request: SignedIn) -> HttpResponse:
    """Courses one may join, and those one is in."""
    page = page_of(request, courses.courses_for(request.user), "-id", COURSES)
    return render(request, "events/courses_list.html", {"page": page})


@require_safe
def course(request: SignedIn, course_id: int) -> HttpResponse:
    """A course as a member sees it: what is planned, what is open, how far one has come."""
    found, now = courses.course_for(request.user, course_id), timezone.now()
    enrolment = courses.enrolment_of(found, request.user)
    sessions = courses.sessions_of(found)
    mine: dict[int, str] = {}
    seated: set[int] = set()
    if enrolment:
        mine = courses.attended([enrolment.bundle]).get(enrolment.bundle, {})
        places = Registration.objects.filter(bundle=enrolment.bundle, state__in=LIVE)
        seated = set(places.values_list("occurrence", flat=True))
    shown = courses.shelves(sessions, now) if enrolment else {}
    rows = [
        {
            "session": session,
            "date": session.occurrence,
            "mark": mine.get(session.id, ""),
            "seated": session.occurrence_id in seated,
            "may_join": session.occurrence.is_open(now),
            "shelf": shown.get(session.id, []),
        }
        for session in sessions
    ]
    coming = [s for s in sessions if s.occurrence.ends_at > now and not s.occurrence.cancelled_at]
    part = completing.part_of(courses.plan(sessions), courses.were_at(mine))
    room = found.room if found.room and may_enter(request.user, found.room.id) else None
    context = {
        "course": found,
        "enrolment": enrolment,
        "rows": rows,
        "next": coming[0] if coming else None,
        "agenda": coming[0].agenda.splitlines() if coming and enrolment else [],
        "room": room,
        "part": len(part),
        "completed": len(part) >= max(1, found.needed),
        "whole": found.event.sign_up_for != "dates",
        "single": found.event.sign_up_for != "whole",
        "hosts": found.event.hosts.exclude(about=""),
    }
    return render(request, "events/course.html", context)


@require_POST
def join_course(request: SignedIn, course_id: int) -> HttpResponse:
    """Join the whole course, or one date of it."""
    found = courses.course_for(request.user, course_id)
    date = request.POST.get("date", "")
    try:
        courses.join(found, request.user, int(date) if date.isascii() and date.isdigit() else None)
    except NoRoom:
        words = "There is no seat for that any more. Nothing was changed; another date may be free."
        messages.error(request, words)
    except TooLate:
        messages.error(request, "That has begun already. There may be another course soon.")
    else:
        messages.success(request, "You are in. We look forward to you.")
    return redirect("events:course", found.id)


@require_POST
def leave_course(request: SignedIn, course_id: int) -> HttpResponse:
    """Leave a course. Seats at dates to come go to others."""
    found = courses.course_for(request.user, course_id)
    courses.leave(found, request.user)
    messages.success(request, "Done. You can come back while there are seats.")
    return redirect("events:courses_list")


@require_POST
def ask_certificate(request: SignedIn, course_id: int) -> HttpResponse:
    """Ask for the certificate of a completed course."""
    found = courses.course_for(request.user, course_id)
    enrolment = courses.enrolment_of(found, request.user)
    try:
        if enrolment is None:
            raise courses.NotYet
        courses.certify(found, enrolment)
    except courses.NotYet:
        messages.error(request, "There is no certificate for this yet.")
        return redirect("events:course", found.id)
    return redirect("events:certificate", found.id)


@require_safe
def certificate(request: SignedIn, course_id: int) -> HttpResponse:
    """One's own certificate, to print."""
    found = courses.course_for(request.user, course_id)
    enrolment = courses.certificate_for(found, request.user)
    sessions = courses.sessions_of(found)
    mine = courses.attended([enrolment.bundle]).get(enrolment.bundle, {})
    part = completing.part_of(courses.plan(sessions), courses.were_at(mine))
    whole = sum(1 for session in sessions if session.makes_up_id is None)
    context = {"course": found, "enrolment": enrolment, "part": len(part), "whole": whole}
    return render(request, "events/certificate.html", context)


@login_not_required
def check_certificate(request: HttpRequest) -> HttpResponse:
    """Whether a certificate is one of ours. Nothing else is told: no name, no course."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        context["valid"] = courses.is_certificate(form.cleaned_data["code"])
        context["asked"] = True
    status = 422 if form.errors else 200
    return render(request, "events/check_certificate.html", context, status=status)


# --- Those who run it -----------------------------------------------------------------------------


@organiser
@require_POST
def make_course(request: SignedIn, event_id: int) -> HttpResponse:
    """Make a course of a workshop, or give its new dates a session each."""
    made = courses.make_course(own_event_for(request.user, event_id))
    return redirect("events:run_course", made.id)


@organiser
def run_course(request: SignedIn, course_id: int) -> HttpResponse:
    """A course as those see it who run it: its sessions, its people, how far each has come."""
    found = courses.own_course_for(request.user, course_id)
    data = request.POST if request.method == "POST" else None
    form = CourseForm(data, instance=found, clinic_id=found.event.clinic_id)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Kept.")
        return redirect("events:run_course", found.id)
    sessions = courses.sessions_of(found)
    held = dict(Fidelity.objects.filter(session__course=found).values_list("session", "ticks"))
    context = {
        "course": found,
        "form": form,
        "rows": [
            (session, len(held.get(session.id, [])), session.id in held) for session in sessions
        ],
        "items": len(found.items),
        "sessions": sessions,
        "cohort": courses.cohort(found, sessions),
    }
    return render(request, "events/run_course.html", context, status=422 if form.errors else 200)


@organiser
@require_POST
def publish_curriculum(request: SignedIn, course_id: int) -> HttpResponse:
    """Let members read in advance what is planned."""
    found = courses.own_course_for(request.user, course_id)
    courses.publish_curriculum(found)
    messages.success(request, "Members can read the curriculum now.")
    return redirect("events:run_course", found.id)


@organiser
def session(request: SignedIn, session_id: int) -> HttpResponse:
    """One session: what is planned, what there is to read, what was held."""
    found = courses.own_session_for(request.user, session_id)
    form = SessionForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Kept.")
        return redirect("events:session", found.id)
    return _session(request, found, form=form, status=422 if form.errors else 200)


def _session(
    request: SignedIn,
    found: Session,
    form: SessionForm | None = None,
    material: MaterialForm | None = None,
    status: int = 200,
) -> HttpResponse:
    held = Fidelity.objects.filter(session=found).first()
    typed = {"ticks": held.ticks, "notes": held.notes} if held else {}
    context = {
        "session": found,
        "course": found.course,
        "date": found.occurrence,
        "form": form or SessionForm(instance=found),
        "material_form": material or MaterialForm(),
        "materials": found.materials.order_by("id"),
        "fidelity_form": FidelityForm(initial=typed, items=found.course.items),
        "held": held,
    }
    return render(request, "events/session.html", context, status=status)


@organiser
@require_POST
def add_material(request: SignedIn, session_id: int) -> HttpResponse:
    """Something to read for a session."""
    found = courses.own_session_for(request.user, session_id)
    form = MaterialForm(request.POST)
    if not form.is_valid():
        return _session(request, found, material=form, status=422)
    form.instance.session = found
    form.save()
    return redirect("events:session", found.id)


@organiser
@require_POST
def drop_material(request: SignedIn, session_id: int, material_id: int) -> HttpResponse:
    """Take something to read away."""
    found = courses.own_session_for(request.user, session_id)
    found.materials.filter(id=material_id).delete()
    return redirect("events:session", found.id)


@organiser
@require_POST
def tick(request: SignedIn, session_id: int) -> HttpResponse:
    """Keep what was held as planned."""
    found = courses.own_session_for(request.user, session_id)
    form = FidelityForm(request.POST, items=found.course.items)
    if form.is_valid():
        courses.tick(found, request.user, form.cleaned_data["ticks"], form.cleaned_data["notes"])
        messages.success(request, "Kept, for the team alone.")
    else:
        messages.error(
            request, "Something in the checklist has changed meanwhile. Please tick again."
        )
    return redirect("events:session", found.id)


@organiser
@require_POST
def agenda_to_room(request: SignedIn, session_id: int) -> HttpResponse:
    """Put the agenda beside the talk of the live room."""
    found = courses.own_session_for(request.user, session_id)
    if courses.agenda_to_room(found, request.user):
        messages.success(request, "It stands beside the talk now.")
    else:
        messages.error(request, "This course has no live room yet. Choose one on its page.")
    return redirect("events:session", found.id)
