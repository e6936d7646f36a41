"""Fill an empty database with an obviously invented clinic, and print one door per role."""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from community.chat import demo as chat
from community.forums import demo as forums
from community.members import consent
from community.members import demo as invitations
from community.members.models import Clinic, Consent, Group, Member, Membership, Notice
from config.demo import door_token, people
from events import demo as events
from events import demo_day as events_day
from mentorship import demo as mentorship
from moderation import demo as desk

CLINIC = "Clinic of Make-Believe"
GROUPS = [
    ("Lighthouse circle", "For days when everything feels heavy, and for small steps out."),
    ("Quiet mornings", "For worry, sleepless nights and slow starts."),
]
# name, role, numbers of the groups
PEOPLE = [
    ("Admin Acorn", "administrator", ()),
    ("Lead Lantern", "lead", ()),
    ("Moderator Maple", "moderator", ()),
    ("Mentor Mint", "mentor", (0, 1)),
    ("Mentor Meadow", "mentor", (0,)),
    ("Juniper", "patient", (0,)),
    ("Otter", "patient", (0,)),
    ("Paper Kite", "patient", (0, 1)),
    ("Saffron", "patient", (1,)),
    ("Teapot", "patient", (1,)),
]
DOORS = {
    "Admin Acorn": "Administrator (makes invitations)",
    "Lead Lantern": "Clinical lead",
    "Moderator Maple": "Moderator (care desk)",
    "Mentor Mint": "Peer mentor",
    "Juniper": "Patient (Lighthouse circle)",
    "Otter": "Another patient of the same group",
    "Saffron": "Patient of another group",
}


class Command(BaseCommand):
    help = "Make an invented demo clinic (once) and print how to enter as each role."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo clinic is for demo mode only. Set DEMO=1 on this machine.")
        if not Member.objects.filter(is_demo=True).exists():
            if Member.objects.exists():
                raise CommandError("This database holds real people. Choose another DATA_DIR.")
            self._seed()
        lead = Member.objects.filter(is_demo=True, name="Lead Lantern").first()
        maple = Member.objects.filter(is_demo=True, name="Moderator Maple").first()
        if lead is not None and maple is not None:
            desk.plan_ahead(maple, lead)
        self._print_doors()

    @transaction.atomic
    def _people(self) -> tuple[list[Group], dict[str, Member]]:
        clinic = Clinic.objects.create(name=CLINIC, time_zone=settings.TIME_ZONE)
        groups = [
            Group.objects.create(clinic=clinic, name=name, purpose=purpose)
            for name, purpose in GROUPS
        ]
        made = {}
        for name, role, numbers in PEOPLE:
            address = f"{name.lower().replace(' ', '.')}@demo.example"
            member = Member(clinic=clinic, name=name, email=address, is_demo=True)
            setattr(member, f"is_{role}", True)
            member.set_unusable_password()
            member.save()
            EmailAddress.objects.create(user=member, email=address, verified=True, primary=True)
            Consent.objects.create(
                member=member, version=consent.VERSION, text_sha256=consent.sha256()
            )
            for number in numbers:
                Membership.objects.create(group=groups[number], member=member)
            made[name] = member
        return groups, made

    def _seed(self) -> None:
        self.stdout.write("Inventing a clinic, its people and their conversations ...")
        groups, made = self._people()
        for group in groups:
            inside = [m.member for m in group.memberships.select_related("member")]
            forums.seed(group, inside)
            chat.seed(group, inside)
        invitations.seed(made["Admin Acorn"], groups, made)
        mentorship.seed(made)
        events.seed(made["Admin Acorn"])
        events_day.seed(made["Admin Acorn"])
        desk.seed(made["Moderator Maple"], made["Otter"])
        # Nobody wants to begin with a pile of news.
        Notice.objects.filter(member__in=people()).update(read_at=timezone.now())

    def _print_doors(self) -> None:
        self.stdout.write("\nEverybody here is invented. Open a link to enter as somebody:\n")
        for member in people():
            if member.name in DOORS:
                path = reverse("demo_enter", args=[door_token(member)])
                self.stdout.write(f"  {DOORS[member.name]:<36} {settings.SITE_URL}{path}")
        self.stdout.write(
            f"\n  All of them                          {settings.SITE_URL}{reverse('demo_doors')}"
            f"\n  Letters the demo would have sent     {settings.SITE_URL}{reverse('demo_mail')}\n"
        )
