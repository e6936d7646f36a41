"""Letters that say how much is new, and not a word of what: no name, no group, no text.

An app that has something to count calls `register`. Letters leave by the outbox at the hour a
person chose, never in their quiet hours, and each can be stopped with one press (RFC 8058).
"""

from collections.abc import Callable
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from community.members import notices, preferences
from community.members.access import reachable_groups
from community.members.models import Member, Notice, Preferences
from community.members.preferences import Digest

SALT = "members.digest"
BATCH = 100
Count = Callable[[Member], int]

# (one, many, count): such as ("new reply", "new replies", f)
_counts: list[tuple[str, str, Count]] = []


def register(one: str, many: str, count: Count) -> None:
    """Let an app be counted in digests. one, many: plain words, such as 'new reply'."""
    if (one, many, count) not in _counts:
        _counts.append((one, many, count))


def news_of(member: Member) -> list[str]:
    """What is new for somebody now, as '3 new replies'. Empty when nothing is."""
    # What a group told counts while one may read there; asked now, when the letter is written.
    here = Q(group__isnull=True) | Q(group__in=reachable_groups(member).order_by().values("id"))
    unread = Notice.objects.filter(here, member=member, read_at__isnull=True).count()
    found = [("notice you have not seen", "notices you have not seen", unread)]
    found += [(one, many, count(member)) for one, many, count in _counts]
    return [f"{number} {one if number == 1 else many}" for one, many, number in found if number]


def send_due() -> int:
    """Put the digests that are due into the outbox. Returns how many."""
    now = timezone.now()
    due = Preferences.objects.filter(next_digest_at__lte=now, member__is_active=True)
    sent = 0
    for wishes in due.select_related("member__clinic").order_by("next_digest_at")[:BATCH]:
        quiet = preferences.is_quiet(wishes, now)
        then = preferences.quiet_end(wishes, now) if quiet else preferences.next_digest(wishes, now)
        with transaction.atomic():
            # Several processes may look at once; one finds the moment as it was.
            seen = Preferences.objects.filter(id=wishes.id, next_digest_at=wishes.next_digest_at)
            if seen.update(next_digest_at=then) and not quiet:
                send.enqueue(wishes.member_id)
                sent += 1
    return sent


@task(queue_name="mail")
def send(member_id: int) -> None:
    """Count and send one digest, unless nothing is new or they want none any more."""
    wishes = Preferences.objects.select_related("member").filter(member=member_id).first()
    if wishes is None or wishes.digest == Digest.OFF or not wishes.member.is_active:
        return
    news = news_of(wishes.member)
    if news:
        try:
            letter(wishes, news).send()
        except SMTPRecipientsRefused as refusal:
            if not all(500 <= code < 600 for code, _ in refusal.recipients.values()):
                raise
            # Their mail server says for good that it takes no letters for this address.
            stop(wishes)
            notices.tell(wishes.member, "mail_refused", reverse("members:preferences"))


def letter(wishes: Preferences, news: list[str]) -> EmailMessage:
    """The finished letter."""
    stop = settings.SITE_URL + reverse("members:stop_digest", args=[token_of(wishes)])
    context = {
        "news": news,
        "link": settings.SITE_URL + reverse("members:home"),
        "stop": stop,
        "site_name": settings.SITE_NAME,
    }
    return EmailMessage(
        subject=f"{settings.SITE_NAME}: You have something new",
        body=loader.render_to_string("members/mail/digest.txt", context),
        to=[wishes.member.email],
        headers={
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def token_of(wishes: Preferences) -> str:
    """What the link that stops digests carries."""
    return signing.dumps([wishes.pk, wishes.nonce.hex], salt=SALT, compress=True)


def wishes_of(token: str) -> Preferences | None:
    """Whose link it is; None for anything that is not a link of ours."""
    try:
        number, nonce = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Preferences.objects.filter(pk=number, nonce=nonce).first()


def stop(wishes: Preferences) -> None:
    """No digests any more, until they are asked for again. Twice does no harm."""
    Preferences.objects.filter(pk=wishes.pk).update(digest=Digest.OFF, next_digest_at=None)
