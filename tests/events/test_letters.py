"""Letters as a mail server sees them: parts, headers, and what comes back."""

import email
import email.policy
import io
import mailbox
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from community.members import outbox
from community.members.models import Member
from events import actions, bounces, letters, seats, tokens
from events.actions import Wish
from events.models import Occurrence, Registration, RegistrationState
from tests import make_events as make
from tests.servers import spare_port

States = RegistrationState


class Post:
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.got.append(envelope)
        return "250 OK"

    def letters(self) -> list[EmailMessage]:
        return [email.message_from_bytes(e.content, policy=email.policy.default) for e in self.got]


@contextmanager
def post_office(**more: Any) -> Iterator[Post]:
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=(port := spare_port()))
    controller.start()
    try:
        backend = "django.core.mail.backends.smtp.EmailBackend"
        with override_settings(
            EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, **more
        ):
            yield post
    finally:
        controller.stop()


def sign_up(occurrence: Occurrence, name: str = "wren") -> Registration:
    return actions.sign_up(occurrence.id, Wish(name, f"{name}@visitors.example"))


@pytest.mark.slow
def test_letters_over_a_real_mail_server_say_nothing_private(ada: Member) -> None:
    occurrence = make.workshop(ada)
    with post_office(BOUNCE_ADDRESS="back@clinic.example") as post:
        wren = actions.confirm(sign_up(occurrence))
        while outbox.run_once():
            pass
        actions.cancel(wren)
        outbox.run_once()
    # The question to confirm was answered before its turn came: it is not sent any more.
    seat, cancelled = post.letters()
    for envelope, letter in zip(post.got, (seat, cancelled), strict=True):
        assert envelope.rcpt_tos == ["wren@visitors.example"]
        assert envelope.mail_from == f"back+{tokens.tag_of(wren.id)}@clinic.example"
        assert letter["From"] == "community@localhost"
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "/quiet/>" in letter["List-Unsubscribe"]
        assert letter["Auto-Submitted"] == "auto-generated"
        kinds = [part.get_content_type() for part in letter.walk()]
        assert {"text/plain", "text/html", "text/calendar"} <= set(kinds)
        for word in ("Sleeping", "nights", ada.clinic.name, "workshop", "therap", "patient"):
            assert word not in str(letter["Subject"])
            for part in letter.walk():
                if part.get_content_maintype() == "text":
                    assert word not in str(part.get_content()).replace("/workshops/", "")
    body = str(seat.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "/cancel/" in body
    assert "/quiet/" in body


def test_every_letter_about_a_place_leads_to_giving_it_back(ada: Member) -> None:
    place = make.place(make.workshop(ada))
    for kind, told in letters.KINDS.items():
        if kind != "confirm" and not told.after:
            assert "/cancel/" in str(letters.letter(kind, place).body)


def test_a_doubled_letter_has_one_message_id(ada: Member) -> None:
    sign_up(make.workshop(ada))
    args = DBTaskResult.objects.get().args_kwargs["args"]
    place = Registration.objects.get()
    first, second = (letters.letter(args[0], place, args[2]) for _ in range(2))
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


def test_what_is_no_longer_true_is_not_sent(ada: Member, mailoutbox: list[Any]) -> None:
    occurrence = make.workshop(ada, seats=1)
    first, second = (actions.confirm(sign_up(occurrence, name)) for name in ("wren", "robin"))
    actions.cancel(first)
    actions.pass_on(second)
    while outbox.run_once():
        pass
    subjects = [letter.subject.split(": ")[1] for letter in mailoutbox]
    assert subjects == ["You are on the waiting list", "Your place was given back"]


def report(about: Registration, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    """A delivery report as Postfix writes it."""
    sent = letters.letter("confirm", about)
    tag = sent.extra_headers["Message-ID"]
    return f"""From: MAILER-DAEMON@mx.example
To: community@localhost
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b
Content-Type: text/plain

This is the mail system. I could not deliver your letter.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; wren@visitors.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: message/rfc822

From: community@localhost
Message-ID: {tag}
Subject: Hearth: Please confirm your place

Hello
--b--
""".replace("\n", "\r\n").encode()


def read(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    call_command("read_bounces", stdout=out)
    return out.getvalue()


def test_a_dead_address_keeps_no_seat_and_its_owner_is_told(
    ada: Member, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrence = make.workshop(ada, seats=1)
    wren = sign_up(occurrence)
    robin = actions.confirm(sign_up(occurrence, "robin"))
    assert (wren.state, robin.state) == (States.PENDING, States.WAITING)
    page = reverse("events:look_into_mail", args=[occurrence.id])
    look = {"look": tokens.look_token(wren.id)}
    assert "We could not reach you" not in visitor.get(page, look).content.decode()
    assert "1 about a place" in read(report(wren), monkeypatch)
    robin.refresh_from_db()
    wren.refresh_from_db()
    assert (wren.state, robin.state) == (States.EXPIRED, States.OFFERED)
    assert "We could not reach you" in visitor.get(page, look).content.decode()
    assert "0 about a place" in read(report(wren), monkeypatch)
    occurrence.refresh_from_db()
    assert seats.counters(occurrence) == seats.recount(occurrence)


def test_an_offer_to_a_dead_address_goes_on_and_is_not_made_again(
    ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    occurrence = make.workshop(ada, seats=1)
    first, second, third = (
        actions.confirm(sign_up(occurrence, name)) for name in ("wren", "robin", "finch")
    )
    actions.cancel(first)
    read(report(second), monkeypatch)
    for place in (second, third):
        place.refresh_from_db()
    assert (second.state, third.state) == (States.WAITING, States.OFFERED)
    actions.pass_on(third)
    second.refresh_from_db()
    assert second.state == States.WAITING
    # Who comes by their link was reached.
    assert actions.accept(second).bounced_at is None


def test_a_mailbox_full_for_now_counts_only_after_some_letters(
    ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    wren = sign_up(make.workshop(ada))
    read(report(wren, status="4.4.1", action="delayed"), monkeypatch)
    wren.refresh_from_db()
    assert wren.soft_bounces == 0
    for number in range(1, bounces.SOFT + 1):
        wren.refresh_from_db()
        assert (wren.state, wren.bounced_at) == (States.PENDING, None)
        read(report(wren, status="5.2.2"), monkeypatch)
        wren.refresh_from_db()
        assert wren.soft_bounces == number
    assert wren.state == States.EXPIRED


@pytest.mark.parametrize("how", ["forged", "no report", "other place"])
def test_nobody_takes_a_seat_away_with_an_invented_letter(
    how: str, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    wren = sign_up(make.workshop(ada))
    raw = report(wren)
    mac = tokens.tag_of(wren.id).encode()
    if how == "forged":
        raw = raw.replace(mac, mac[:-1] + (b"0" if mac[-1:] != b"0" else b"1"))
    elif how == "other place":
        raw = raw.replace(mac, mac.replace(b"r%d-" % wren.id, b"r%d-" % (wren.id + 1)))
    else:
        raw = raw.replace(b"message/delivery-status", b"text/plain")
    assert "0 about a place" in read(raw, monkeypatch)
    wren.refresh_from_db()
    assert wren.state == States.PENDING


@pytest.mark.parametrize("kind", ["maildir", "mbox"])
def test_a_mailbox_is_read_and_emptied(kind: str, ada: Member, tmp_path: Path) -> None:
    wren = sign_up(make.workshop(ada))
    path = str(tmp_path / "box")
    box: Any = mailbox.Maildir(path) if kind == "maildir" else mailbox.mbox(path)
    box.add(b"Subject: I am on holiday\n\nUntil Monday.\n")
    box.add(report(wren).replace(b"\r\n", b"\n"))
    box.close()
    out = io.StringIO()
    call_command("read_bounces", "--from", path, stdout=out)
    assert "2 letters read, 1 about a place" in out.getvalue()
    wren.refresh_from_db()
    assert wren.state == States.EXPIRED
    call_command("read_bounces", "--from", path, stdout=out)
    assert "0 letters read" in out.getvalue()


def test_what_looks_after_a_sign_up_is_of_one_length_and_not_forged(ada: Member) -> None:
    assert len({len(tokens.look_token(number)) for number in (0, 1, 10**9)}) == 1
    assert not bounces.came_back_since("x")
    place = make.place(make.workshop(ada))
    token = tokens.look_token(place.id)
    assert not bounces.came_back_since(token)
    Registration.objects.update(bounced_at=timezone.now() - timedelta(days=1))
    assert not bounces.came_back_since(token)
    Registration.objects.update(bounced_at=timezone.now() + timedelta(seconds=2))
    assert bounces.came_back_since(token)
