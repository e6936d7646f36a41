"""Letters to people who signed up. A task carries the registration's id and the letter's kind only.

No subject and no sentence says more than that somebody signed up for something, unless they wished
letters to name it. What is no longer true when it is this letter's turn is not sent.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.mime.text import MIMEText
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import loader
from django.urls import reverse
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from events.calendar_files import calendar_of
from events.models import Registration, RegistrationState, Way, on_clock
from events.tokens import envelope_of, new_token, tag_of, token_of

States = RegistrationState


@dataclass(frozen=True)
class Kind:
    """A sort of letter. words: its sentence after the greeting. method: of the calendar file that
    goes with it, if any. states: of a place for which it is still true; (): always."""

    subject: str
    words: str
    method: str = ""
    states: tuple[str, ...] = ()
    button: str = "My place"
    # It is over: nothing to give back, and no time or place to tell.
    after: bool = False


_LINK = "Here is your link:"
_SEAT = (States.CONFIRMED,)
KINDS = {
    "confirm": Kind(
        "Please confirm your place",
        "somebody, probably you, asked for a place at one of our dates. Please open this link and "
        "press the button to confirm:",
        states=(States.PENDING, States.WAITING, States.EXPIRED),
        button="Confirm my place",
    ),
    "again": Kind(
        "About your place", "you asked for your place again. You have one already; here is the way:"
    ),
    "seat": Kind(
        "You have a place",
        "you have a place. A calendar file comes with this letter. With this link you can see it, "
        "change it or give it back:",
        "REQUEST",
        _SEAT,
    ),
    "promoted": Kind(
        "You have a place now",
        "a seat became free, and it is yours. A calendar file comes with this letter. With this "
        "link you can see it, change it or give it back:",
        "REQUEST",
        _SEAT,
    ),
    "waiting": Kind(
        "You are on the waiting list",
        f"you are on the waiting list. We write as soon as a seat is yours. {_LINK}",
    ),
    "offer": Kind(
        "A seat is kept for you",
        "a seat has become free and is kept for you for a while. Open this link and say yes, or "
        "let it go to the next person:",
        states=(States.OFFERED,),
    ),
    "missed": Kind(
        "The seat went on",
        "we kept a seat for you and did not hear from you, so it was offered to the next person. "
        f"You are still on the list; you need do nothing. {_LINK}",
    ),
    "called_off": Kind(
        "Your date does not take place",
        "we are sorry: the date you signed up for does not take place. You need do nothing; there "
        f"may be another date for you. {_LINK}",
        "CANCEL",
    ),
    "cancelled": Kind(
        "Your place was given back",
        "your place was given back. If that was a mistake, you can sign up again. " + _LINK,
        "CANCEL",
        (States.CANCELLED,),
    ),
    "moved": Kind(
        "Your date has changed",
        "your date has changed. What holds now stands below, and a new calendar file comes with "
        "this letter. If it does not suit you any more, the link gives your place back:",
        "REQUEST",
        _SEAT,
    ),
    "moved_waiting": Kind(
        "The date you wait for has changed",
        "the date you wait for has changed. What holds now stands below. You are still on the "
        f"list. {_LINK}",
    ),
    "news": Kind(
        "There is news about your date",
        "who runs your date has written something for everybody who comes. You can read it here:",
    ),
    "how_was_it": Kind(
        "How was it?",
        "thank you for coming. If you like, tell us in a minute how it was. The answer has no "
        "name; nobody sees who wrote it:",
        button="Say how it was",
        after=True,
    ),
    "missed_you": Kind(
        "We thought of you",
        "we thought of you, and hope that all is well. There are many good reasons not to come, "
        "and you are welcome next time. If you like, tell us what kept you, so that we can make "
        "it easier:",
        button="Say what kept me",
        after=True,
    ),
    "remind_7d": Kind("A week to go", f"in a week you have a place. {_LINK}", states=_SEAT),
    "remind_3d": Kind("Three days to go", f"in three days you have a place. {_LINK}", states=_SEAT),
    "remind_3h": Kind("See you today", f"in about three hours it begins. {_LINK}", states=_SEAT),
}
# Asked for by somebody at our form: sent also to an address that did not work last time.
ASKED_FOR = {"confirm", "again"}
# One letter for all dates of a sign-up; the others are about the one date.
SHARED = {"confirm", "again", "seat", "promoted", "waiting", "offer", "missed"}
SHARED |= {"cancelled", "called_off"}


def enqueue(kind: str, registration: Registration) -> None:
    """Put a letter into the outbox, inside the transaction that is its reason.

    Who came without an address gets none. Several dates of one sign-up share one letter of a kind,
    as long as it has not left.
    """
    if not registration.email:
        return
    number = registration.id
    if registration.bundle is not None and kind in SHARED:
        rows = Registration.objects.filter(bundle=registration.bundle).order_by("id")
        number = rows.values_list("id", flat=True).first() or number
        if _waits(kind, number):
            return
    # The letter's own number: should it leave twice, both copies carry one Message-ID.
    send.enqueue(kind, number, secrets.token_hex(8))


def _waits(kind: str, number: int) -> bool:
    rows = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=send.module_path)
    return rows.filter(args_kwargs__args__0=kind, args_kwargs__args__1=number).exists()


@task(queue_name="mail")
def send(kind: str, registration_id: int, letter_no: str = "") -> None:
    """Write and send one letter. The link is made now; no usable one is ever stored."""
    registration = Registration.objects.select_related("occurrence__event").get(id=registration_id)
    dates = _sign_up(registration) if kind in SHARED else [registration]
    places = [place for place in dates if _is_true(kind, place)]
    if registration.email and places:
        letter(kind, places[0], letter_no, places).send()


def _sign_up(registration: Registration) -> list[Registration]:
    if registration.bundle is None:
        return [registration]
    rows = Registration.objects.filter(bundle=registration.bundle)
    return list(rows.select_related("occurrence__event").order_by("occurrence__starts_at", "id"))


def _is_true(kind: str, place: Registration) -> bool:
    if place.bounced_at is not None and kind not in ASKED_FOR:
        return False
    if kind == "confirm" and place.verified:
        return False
    states = KINDS[kind].states
    return not states or place.state in states


def letter(
    kind: str,
    registration: Registration,
    letter_no: str = "",
    places: list[Registration] | None = None,
) -> EmailMultiAlternatives:
    """The finished letter, with plain and HTML parts and, for a seat, its calendar file.

    places: the dates it is about, when they are several.
    """
    places, told = places or [registration], KINDS[kind]
    token = token_of(registration)
    links = {
        name: settings.SITE_URL + reverse(f"events:{name}", args=[token])
        for name in ("cancel", "quiet")
    }
    context: dict[str, Any] = {
        "kind": kind,
        "words": told.words,
        "button": told.button,
        "after": told.after,
        "name": registration.name,
        "places": [] if told.after else [(place, _where(place)) for place in places],
        "link": settings.SITE_URL + _path(kind, registration),
        "cancel_link": links["cancel"],
        "quiet_link": links["quiet"],
        "can_cancel": not told.after and any(place.is_live for place in places),
        "offer_until": _local(registration),
        "site_name": settings.SITE_NAME,
    }
    tag = tag_of(registration.id)
    message = EmailMultiAlternatives(
        subject=f"{settings.SITE_NAME}: {told.subject}",
        body=loader.render_to_string("events/mail/letter.txt", context),
        from_email=envelope_of(registration.id),
        to=[registration.email],
        headers={
            "From": settings.DEFAULT_FROM_EMAIL,
            "Auto-Submitted": "auto-generated",
            "Message-ID": f"<{letter_no or secrets.token_hex(8)}.{tag}@{_host()}>",
            "List-Unsubscribe": f"<{links['quiet']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    message.attach_alternative(
        loader.render_to_string("events/mail/letter.html", context), "text/html"
    )
    if told.method:
        for place in places:
            message.attach(_calendar_part(place, told.method))
    return message


def _path(kind: str, registration: Registration) -> str:
    if kind == "how_was_it":
        return reverse("events:feedback", args=[new_token(registration.occurrence)])
    view = "why" if kind == "missed_you" else "place"
    return reverse(f"events:{view}", args=[token_of(registration)])


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _where(place: Registration) -> str:
    event = place.occurrence.event
    if event.way == Way.ONLINE or place.takes_part_online:
        return "Online: the link below leads in, from half an hour before"
    return event.place


def _local(registration: Registration) -> datetime | None:
    until = registration.offer_until
    return on_clock(until, registration.zone) if until else None


def _calendar_part(registration: Registration, method: str) -> MIMEText:
    part = MIMEText(calendar_of(registration, method).decode(), "calendar", "utf-8")
    part.set_param("method", method)
    part.add_header("Content-Disposition", "attachment", filename="appointment.ics")
    return part
