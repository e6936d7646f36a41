"""Letters that bring an invitation. A task carries the invitation's number only."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from community.members.invitations import link_of
from community.members.models import Invitation


@task(queue_name="mail")
def send(invitation_id: int) -> None:
    """Write and send one letter, unless it was sent or the invitation is closed meanwhile."""
    rows = Invitation.objects.usable(timezone.now()).filter(id=invitation_id, sent_at__isnull=True)
    invitation = rows.exclude(email="").first()
    if invitation is None:
        return
    letter(invitation).send()
    Invitation.objects.filter(id=invitation_id).update(sent_at=timezone.now())


def letter(invitation: Invitation) -> EmailMessage:
    """The finished letter. No word says what kind of place it is."""
    context = {
        "invitation": invitation,
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
