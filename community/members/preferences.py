"""How somebody wants to be reached, and what they would rather not read unprepared."""

import uuid
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from community.members.models import Member


class Digest(models.TextChoices):
    OFF = "off", "Never"
    DAILY = "daily", "Once a day"
    WEEKLY = "weekly", "Once a week, on Mondays"


class Topic(models.TextChoices):
    """What a text may be about that some would rather not meet unprepared."""

    SELF_HARM = "self_harm", "Self-harm and suicide"
    EATING = "eating", "Food, weight and eating"
    ABUSE = "abuse", "Abuse and assault"
    LOSS = "loss", "Death and loss"
    SUBSTANCES = "substances", "Alcohol and drugs"
    VIOLENCE = "violence", "Violence and accidents"
    TREATMENT = "treatment", "Hospital and treatment"


class Warned(models.TextChoices):
    """What happens to a text with a topic."""

    SHOW = "show", "Show it"
    HIDE = "hide", "Fold it up until I open it"
    NEVER = "never", "Leave it out"


class Preferences(models.Model):
    """One person's wishes. Who never said has none of these rows and gets the defaults."""

    member = models.OneToOneField(
        "members.Member", on_delete=models.CASCADE, related_name="preferences"
    )
    digest = models.CharField(max_length=10, choices=Digest, default=Digest.OFF)
    digest_hour = models.PositiveSmallIntegerField(default=18)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    next_digest_at = models.DateTimeField(null=True, blank=True)
    # Kinds of notices they do without; see notices.OPTIONAL.
    muted = models.JSONField(default=list, blank=True)
    # In the links of digests: changing it makes all of them useless.
    nonce = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(digest_hour__lt=24), name="digest_hour_of_a_day"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["next_digest_at"])]


class WarnPref(models.Model):
    """What one person wants to happen to one topic. Without a row, it is folded up."""

    member = models.ForeignKey(
        "members.Member", on_delete=models.CASCADE, related_name="warn_prefs"
    )
    topic = models.CharField(max_length=20, choices=Topic)
    action = models.CharField(max_length=10, choices=Warned)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "topic"], name="one_wish_per_topic")
        ]


def of(member: "Member") -> Preferences:
    """Somebody's wishes; the defaults, unsaved, when they never said."""
    return Preferences.objects.filter(member=member).first() or Preferences(member=member)


def warnings_of(member: "Member") -> dict[str, str]:
    """topic -> 'show', 'hide' or 'never', for every topic, in one query."""
    wishes = dict(WarnPref.objects.filter(member=member).values_list("topic", "action"))
    return {topic: str(wishes.get(topic, Warned.HIDE)) for topic in Topic.values}


def zone_of(member: "Member") -> ZoneInfo:
    """The time zone somebody lives in: their own, or their clinic's."""
    return ZoneInfo(member.time_zone or member.clinic.time_zone)


def is_quiet(wishes: Preferences, now: datetime) -> bool:
    """Whether it is a quiet hour for them. The hours may go over midnight."""
    start, end = wishes.quiet_from, wishes.quiet_until
    if start is None or end is None or start == end:
        return False
    clock = now.astimezone(zone_of(wishes.member)).time()
    return start <= clock < end if start < end else clock >= start or clock < end


def quiet_end(wishes: Preferences, now: datetime) -> datetime:
    """The next moment at which their quiet hours end."""
    zone = zone_of(wishes.member)
    local = now.astimezone(zone)
    end = datetime.combine(local.date(), wishes.quiet_until or time(0), zone)
    return (
        end if end > local else datetime.combine(end.date() + timedelta(days=1), end.time(), zone)
    )


def next_digest(wishes: Preferences, now: datetime) -> datetime | None:
    """When the next digest is due: at their hour of their day, later than now. None for never."""
    if wishes.digest == Digest.OFF:
        return None
    zone = zone_of(wishes.member)
    day = now.astimezone(zone).date()
    for ahead in range(9):
        on = day + timedelta(days=ahead)
        at = datetime.combine(on, time(wishes.digest_hour), zone)
        if at > now and (wishes.digest == Digest.DAILY or on.weekday() == 0):
            return at
    raise AssertionError("nine days hold a Monday")


@transaction.atomic
def keep(
    member: "Member",
    *,
    time_zone: str,
    digest: str,
    digest_hour: int,
    quiet: tuple[time, time] | None,
    warnings: dict[str, str],
    muted: Iterable[str] = (),
) -> Preferences:
    """Keep somebody's wishes. time_zone: a name of the zone database, '' for the clinic's.

    muted: kinds of notices they do without.
    """
    member.time_zone = time_zone
    member.save(update_fields=["time_zone"])
    wishes, _ = Preferences.objects.get_or_create(member=member)
    wishes.member, wishes.digest, wishes.digest_hour = member, digest, digest_hour
    wishes.quiet_from, wishes.quiet_until = quiet or (None, None)
    wishes.muted = sorted(muted)
    wishes.next_digest_at = next_digest(wishes, timezone.now())
    hours = ["quiet_from", "quiet_until", "next_digest_at"]
    wishes.save(update_fields=["digest", "digest_hour", "muted", *hours])
    for topic, action in warnings.items():
        WarnPref.objects.update_or_create(member=member, topic=topic, defaults={"action": action})
    return wishes
