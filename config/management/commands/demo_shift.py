"""Play an invented hour in the demo clinic, through the same doors that members use."""

import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import F

from community.chat import actions as chat
from community.chat.models import ChatMessage, Room
from community.forums import actions as forums
from community.forums.models import Post, Thread
from community.members import consent
from community.members.models import Consent, Group, Member, Membership
from config import shift
from config.background import silent
from config.shift import Step
from moderation import actions as moderation
from moderation import letters, reports, risk, standing
from moderation.models import PUBLIC, Level, ReportReason, RiskSource, Submission
from moderation.screening import runner

# What a member may be told instead of being heard; the hour goes on.
REFUSALS = (
    chat.NotInRoom,
    chat.RoomClosed,
    forums.ThreadLocked,
    moderation.AlreadySettled,
    moderation.NotYours,
    reports.AlreadyGone,
    reports.TooMany,
    standing.Resting,
    standing.Slowed,
)

REASONS = [reason for reason in ReportReason if reason != ReportReason.WORRIED]


class Command(BaseCommand):
    help = "Play an hour of invented traffic in the demo clinic at a chosen speed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--speed", type=float, default=60.0, help="how many times faster than life (60)"
        )
        parser.add_argument(
            "--seed", type=int, default=1, help="the same number, the same hour (1)"
        )
        parser.add_argument("--texts", type=int, default=240, help="how much in an hour (240)")
        parser.add_argument("--minutes", type=float, default=60.0, help="how long to play (60)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This plays in demo mode only. Set DEMO=1 on this machine.")
        if options["speed"] <= 0 or options["texts"] <= 0:
            raise CommandError("Speed and texts are numbers above 0.")
        group = Group.objects.filter(memberships__member__is_demo=True).order_by("id").first()
        if group is None:
            raise CommandError("There is no invented clinic yet. Run `manage.py seed_demo` first.")
        stage = Stage(group)
        # Without a worker beside us nothing would ever be judged.
        alone = bool(silent(["screener"]))
        self.stdout.write(f"{len(stage.people)} invented people begin their hour ...")
        done = self._play(stage, options, alone)
        told = ", ".join(f"{count} {what}" for what, count in sorted(done.items()))
        self.stdout.write(f"Done: {told or 'nothing'}. The desk is at {settings.SITE_URL}/desk/")

    def _play(self, stage: "Stage", options: dict[str, Any], alone: bool) -> Counter[str]:
        done: Counter[str] = Counter()
        steps = shift.hour(options["seed"], options["texts"], options["minutes"])
        begun, reported = time.monotonic(), 0
        for step in steps:
            # Late by a slow step, we do not wait for the next one: the hour keeps its length.
            wait_s = step.at_s / options["speed"] - (time.monotonic() - begun)
            if wait_s > 0:
                time.sleep(wait_s)
            done[stage.play(step)] += 1
            while alone and runner.run_once():
                pass
            if (minute := int(step.at_s // 600) * 10) > reported:
                reported = minute
                self.stdout.write(f"  {minute} minutes: {done.total()} things happened")
        return done


class Stage:
    """The people and places of one group of the demo clinic."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.people = _people(group)
        self.rooms = list(Room.objects.filter(group=group).order_by("id"))
        self.threads = list(Thread.objects.filter(board__group=group).order_by("id")[:20])

    def play(self, step: Step) -> str:
        """Do one step. Returns what happened, in a word for the summary; refusals are 'refused'."""
        who = self.people[step.who % len(self.people)]
        parts: dict[str, Callable[[Member, Step], str]] = {
            "say": self._say,
            "post": self._post,
            "edit": self._edit,
            "withdraw": self._withdraw,
            "worry": self._worry,
            "call": self._call,
            "report": self._report,
            "write": self._write,
            "questionnaire": self._questionnaire,
        }
        try:
            return parts[step.kind](who, step)
        except REFUSALS:
            return "refused"

    def _say(self, who: Member, step: Step) -> str:
        if not self.rooms:
            return self._post(who, step)
        room = self.rooms[step.where % len(self.rooms)]
        chat.say(who, room.id, step.text, str(uuid.uuid4()))
        return "chat messages"

    def _post(self, who: Member, step: Step) -> str:
        if not self.threads:
            return "nothing"
        forums.reply(self.threads[step.where % len(self.threads)], who, step.text, uuid.uuid4())
        return "forum posts"

    def _edit(self, who: Member, step: Step) -> str:
        mine = Post.objects.filter(author=who, submission__state__in=PUBLIC).order_by("-id")
        post = mine.select_related("submission", "thread__opening").first()
        if post is None or post.thread.opening_id == post.id:
            return self._post(who, step)
        forums.edit(post, who, step.text)
        return "edits"

    def _withdraw(self, who: Member, step: Step) -> str:
        mine = ChatMessage.objects.filter(author=who, submission__state__in=PUBLIC)
        message = mine.select_related("submission").order_by("-id").first()
        if message is None:
            return "nothing"
        chat.take_back(message, who)
        return "taken back"

    def _worry(self, who: Member, step: Step) -> str:
        about = self.people[step.about % len(self.people)]
        if about == who:
            about = self.people[(step.about + 1) % len(self.people)]
        risk.worry(about, who, Level.AMBER, step.text)
        return "worries"

    def _call(self, who: Member, step: Step) -> str:
        risk.ask_for_person(who)
        return "calls for a person"

    def _report(self, who: Member, step: Step) -> str:
        """Somebody reports a post of somebody else that they can read."""
        shown = Submission.objects.filter(state__in=PUBLIC, group=self.group, latest=F("shown"))
        others = shown.filter(author__in=self.people).exclude(author=who).order_by("-id")[:20]
        found = list(others.select_related("shown", "author"))
        if not found:
            return "nothing"
        text = found[step.where % len(found)]
        if text.shown is not None:
            reports.report(who, text, text.shown, REASONS[step.about % len(REASONS)], step.text)
        return "reports"

    def _write(self, who: Member, step: Step) -> str:
        letters.answer(who, step.text)
        return "letters to the team"

    def _questionnaire(self, who: Member, step: Step) -> str:
        """An answer in a questionnaire asks for somebody, as such an answer does."""
        risk.raise_risk(who, Level.RED, RiskSource.QUESTIONNAIRE, by=who)
        return "worrying answers in questionnaires"


@transaction.atomic
def _people(group: Group) -> list[Member]:
    """The demo's patients of a group and a few more, made on first use."""
    for name in shift.PEOPLE:
        address = f"{name.lower().replace(' ', '.')}@demo.example"
        made, new = Member.objects.get_or_create(
            email=address,
            defaults={
                "clinic_id": group.clinic_id,
                "name": name,
                "is_patient": True,
                "is_demo": True,
                "password": "!",
            },
        )
        if new:
            EmailAddress.objects.create(user=made, email=address, verified=True, primary=True)
            Consent.objects.create(
                member=made, version=consent.VERSION, text_sha256=consent.sha256()
            )
            Membership.objects.create(group=group, member=made)
    inside = Member.objects.filter(
        is_demo=True, is_patient=True, is_active=True, memberships__in=group.memberships.current()
    )
    return list(inside.distinct().order_by("id"))
