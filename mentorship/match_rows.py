"""What people told us for the matching, who is kept apart, and the runs that were computed."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from community.members.models import Clinic, Member


class Side(models.TextChoices):
    MENTEE = "mentee", "Would like a mentor"
    MENTOR = "mentor", "Is a mentor"


class Answers(models.Model):
    """What one person said about one side of it. Somebody who is both has two rows, kept apart.

    Lists hold codes of `fit`. hours: "weekday.part" codes in the person's own time zone. private:
    names of answers that count in the matching and are told to nobody.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="match_answers")
    side = models.CharField(max_length=8, choices=Side)
    # Looks for a mentor now; on the mentor's side without meaning.
    wants = models.BooleanField(default=True)
    languages = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    avoid = models.JSONField(default=list)
    hours = models.JSONField(default=list)
    time_zone = models.CharField(max_length=64)
    style = models.CharField(max_length=12, blank=True)
    gender = models.CharField(max_length=12, blank=True)
    not_with = models.JSONField(default=list)
    private = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    # A mentor before this one went: next in line.
    again = models.BooleanField(default=False)
    waiting_since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["member", "side"], name="one_answer_per_side")
        ]


class Exclusion(models.Model):
    """Two people who are never proposed to each other. The reason is sealed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    # The smaller id first, so that a pair has one row.
    one = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    sealed_reason = models.TextField(blank=True)
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["one", "other"], name="kept_apart_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="kept_apart_in_order"),
        ]


class MatchRun(models.Model):
    """One computed matching: enough to show it again word for word, and to tell whether anything
    has changed since (the digest of what went in)."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    seed = models.PositiveIntegerField(default=0)
    solver = models.CharField(max_length=20)
    weights = models.JSONField()
    input_sha256 = models.CharField(max_length=64)
    pinned = models.JSONField(default=list)
    forbidden = models.JSONField(default=list)
    people = models.PositiveIntegerField()
    places = models.PositiveIntegerField()
    matched = models.PositiveIntegerField()
    total = models.IntegerField()
    # What choosing the best pair first would have given.
    greedy_matched = models.PositiveIntegerField()
    greedy_total = models.IntegerField()
    # [{"mentee": id, "suitable": n, "helps": [ids], "barriers": {code: n}, "only": {code: n}}]
    left_out = models.JSONField(default=list)


class MatchEdge(models.Model):
    """One proposed pair of a run, and where its score comes from."""

    run = models.ForeignKey(MatchRun, on_delete=models.PROTECT, related_name="edges")
    mentee = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    mentor = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    score = models.IntegerField()
    # {factor: points}; they add up to the score.
    parts = models.JSONField()
    # What may be said about why: [[factor, [codes]]], private answers left out.
    why = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "mentee"], name="one_place_per_run")
        ]

    def add_up(self) -> Any:
        """The sum of the parts."""
        return sum(self.parts.values())
