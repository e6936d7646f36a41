"""Our own site as it is measured: `python -m benchmarks.chat.site COUNT FILTER serve --port N`.

The limits of how much one person or room may say are lifted, since ten writers stand for hundreds;
they are still counted. FILTER "off" lets every text pass without reading it, but writes down
the verdict and the decision as always: what the filter costs is measured apart. "on" leaves it.
"""

import os
import sys

import django
from django.core.management import execute_from_command_line

MANY = 10**9


def people(count: int) -> None:
    """A room and people with open sessions; prints the room's number and the session keys."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from community.chat.actions import open_room
    from community.members.models import Clinic, Group, Member, Membership

    clinic = Clinic.objects.create(name="Measured clinic")
    group = Group.objects.create(clinic=clinic, name="Measured circle")
    room = open_room(group, "Measured room")
    keys = []
    for n in range(count):
        who = Member.objects.create(
            clinic=clinic,
            name=f"M{n}",
            email=f"m{n}@people.example",
            password="!",  # noqa: S106
            is_mentor=True,
        )
        Membership.objects.create(group=group, member=who)
        session = SessionStore()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(who.pk), who.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session.create()
        keys.append(session.session_key)
    print("KEYS", room.id, *keys)


def lift_limits() -> None:
    from community.chat import pace
    from community.members import sockets

    pace.PERSON = ((5, MANY), (60, MANY))
    pace.ROOM = ((10, MANY),)
    sockets.GuardedConsumer.frames_per_s = float(MANY)
    sockets.GuardedConsumer.burst = MANY
    sockets.OPENINGS_A_MINUTE = MANY


def let_everything_pass() -> None:
    from moderation.screening import runner
    from moderation.screening.policy import THRESHOLDS
    from moderation.screening.signals import Outcome, Risk, Scores, Verdict

    clear = Verdict(Outcome.VISIBLE, Risk.GREEN)
    nothing = runner.Points(Scores(0.0, (1.0, 0.0, 0.0, 0.0)), "none", "1")
    vars(runner)["_verdict"] = lambda *_: (clear, "", THRESHOLDS)
    vars(runner)["_points"] = lambda revisions, *_: [nothing] * len(revisions)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    count, screens, *command = sys.argv[1:]
    if command[0] == "serve":
        # Before anything of Twisted: it installs the reactor.
        import config.server  # noqa: F401
    django.setup()
    if command == ["people"]:
        people(int(count))
        return
    lift_limits()
    if screens == "off":
        let_everything_pass()
    execute_from_command_line(["manage.py", *command])


if __name__ == "__main__":
    main()
