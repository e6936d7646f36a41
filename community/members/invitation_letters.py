"""Letters that bring an invitation. A task carries the invitation's number only."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from community.members.invitations import link_of
from community.members.models import Invitation

# Whoever has not come after this long is written to once more, if the link lasts a day longer.
REMIND_AFTER = timedelta(days=3)
STILL_OPEN = timedelta(days=1)
BATCH = 200


def remind_due() -> int:
    """Put the second letters that are due into the outbox. Never a third. Returns how many."""
    now = timezone.now()
    due = Invitation.objects.usable(now).filter(
        sent_at__lte=now - REMIND_AFTER,
        expires_at__gt=now + STILL_OPEN,
        reminded_at__isnull=True,
        uses=0,
    )
    count = 0
    for number in list(due.exclude(email="").values_list("id", flat=True)[:BATCH]):
        with transaction.atomic():
            # Of several processes one finds it as it was.
            if Invitation.objects.filter(id=number, reminded_at=None).update(reminded_at=now):
                remind.enqueue(number)
                count += 1
    return count


@task(queue_name="mail")
def remind(invitation_id: int) -> None:
    """Write once more, unless they came meanwhile or the invitation was closed."""
    rows = Invitation.objects.usable(timezone.now()).filter(id=invitation_id, uses=0)
    invitation = rows.exclude(email="").first()
    if invitation is not None:
        letter(invitation, again=True).send()


@task(queue_name="mail")
def send(invitation_id: int) -> None:
    """Write and send one letter, unless it was sent or the invitation is closed meanwhile."""
    rows = Invitation.objects.usable(timezone.now()).filter(id=invitation_id, sent_at__isnull=True)
    invitation = rows.exclude(email="").first()
    if invitation is None:
        return
    letter(invitation).send()
    Invitation.objects.filter(id=invitation_id).update(sent_at=timezone.now())


def letter(invitation: Invitation, *, again: bool = False) -> EmailMessage:
    """The finished letter. No word says what kind of place it is."""
    context = {
        "invitation": invitation,
        "again": again,
        "link": link_of(invitation),
        "site_name": settings.SITE_NAME,
        "help": settings.SITE_URL + reverse("members:crisis_help"),
    }
    return EmailMessage(
        subject=f"{settings.SITE_NAME}: You are invited",
        body=loader.render_to_string("members/mail/invitation.txt", context),
        to=[invitation.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
