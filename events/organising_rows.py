"""What organisers told the people of a date."""

from django.db import models
from django.utils import timezone

from community.members.models import Member


class News(models.Model):
    """What organisers told everybody with a place at a date. Read on the place's own page."""

    occurrence = models.ForeignKey(
        "events.Occurrence", on_delete=models.CASCADE, related_name="news"
    )
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    body = models.TextField()
    at = models.DateTimeField(default=timezone.now)
