"""Letters to people who signed up. A task carries the registration's id and the letter's kind only.

No subject and no sentence says more than that somebody signed up for something.
"""

from datetime import datetime
from email.mime.text import MIMEText

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import loader
from django.urls import reverse
from django_tasks import task

from events.calendar_files import calendar_of
from events.models import Registration
from events.tokens import new_token, token_of

# kind: (subject, whether the calendar file goes with it, its METHOD)
KINDS = {
    "confirm": ("Please confirm your place", ""),
    "again": ("About your place", ""),
    "seat": ("You have a place", "REQUEST"),
    "promoted": ("You have a place now", "REQUEST"),
    "waiting": ("You are on the waiting list", ""),
    "offer": ("A seat is kept for you", ""),
    "called_off": ("Your date does not take place", "CANCEL"),
    "missed": ("The seat went on", ""),
    "cancelled": ("Your place was given back", "CANCEL"),
    "moved": ("Your date has changed", "REQUEST"),
    "moved_waiting": ("The date you wait for has changed", ""),
    "how_was_it": ("How was it?", ""),
    "missed_you": ("We thought of you", ""),
    "news": ("There is news about your date", ""),
}


def enqueue(kind: str, registration: Registration) -> None:
    """Put a letter into the outbox, inside the transaction that is its reason.

    Who came without an address gets none.
    """
    if registration.email:
        send.enqueue(kind, registration.id)


@task(queue_name="mail")
def send(kind: str, registration_id: int) -> None:
    """Write and send one letter. The link is made now; no usable one is ever stored."""
    registration = Registration.objects.select_related("occurrence__event").get(id=registration_id)
    if not registration.email:
        return  # forgotten meanwhile
    letter(kind, registration).send()


def letter(kind: str, registration: Registration) -> EmailMultiAlternatives:
    """The finished letter, with plain and HTML parts and, for a seat, a calendar file."""
    subject, method = KINDS[kind]
    link = settings.SITE_URL + _path(kind, registration)
    context = {
        "registration": registration,
        "occurrence": registration.occurrence,
        "link": link,
        "kind": kind,
        "offer_until": _local(registration),
        "site_name": settings.SITE_NAME,
    }
    message = EmailMultiAlternatives(
        subject=f"{settings.SITE_NAME}: {subject}",
        body=loader.render_to_string("events/mail/letter.txt", context),
        to=[registration.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(
        loader.render_to_string("events/mail/letter.html", context), "text/html"
    )
    if method:
        message.attach(_calendar_part(registration, method))
    return message


def _path(kind: str, registration: Registration) -> str:
    if kind == "how_was_it":
        return reverse("events:feedback", args=[new_token(registration.occurrence)])
    view = "why" if kind == "missed_you" else "place"
    return reverse(f"events:{view}", args=[token_of(registration)])


def _local(registration: Registration) -> datetime | None:
    until = registration.offer_until
    return until.astimezone(registration.occurrence.zone) if until else None


def _calendar_part(registration: Registration, method: str) -> MIMEText:
    part = MIMEText(calendar_of(registration, method).decode(), "calendar", "utf-8")
    part.set_param("method", method)
    part.add_header("Content-Disposition", "attachment", filename="appointment.ics")
    return part
