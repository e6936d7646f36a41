"""Ending sessions and suspending people: rows go, every open socket closes in every process."""

import hashlib
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from community.members.live import member_topic, publish_on_commit
from community.members.models import Member

SIGNED_OUT = 4201
WITHDRAWN = 4403


def session_mark(session_key: str | None) -> str:
    """A name for a session that can travel without opening it: part of its SHA-256."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:32]


@transaction.atomic
def end_all(member: Member, code: int = SIGNED_OUT) -> int:
    """End every session of a person and close their sockets. Returns how many sessions ended."""
    keys = list(UserSession.objects.filter(user=member).values_list("session_key", flat=True))
    ended, _ = Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=member).delete()
    publish_on_commit(member_topic(member.id), {"t": "ctl", "op": "close", "code": code})
    return ended


_leaving: list[Callable[[Member], object]] = []


def register_leaving(leave: Callable[[Member], object]) -> None:
    """Let an app take back what a person holds when the door is closed for them, at once.

    leave(member) runs inside the suspending transaction.
    """
    if leave not in _leaving:
        _leaving.append(leave)


@transaction.atomic
def suspend(member: Member) -> bool:
    """Close the door for a person until somebody opens it again. False when it was closed."""
    changed = Member.objects.filter(id=member.id, is_active=True).update(
        is_active=False, suspended_at=timezone.now()
    )
    if changed:
        end_all(member, WITHDRAWN)
        for leave in _leaving:
            leave(member)
    return bool(changed)


@transaction.atomic
def restore(member: Member) -> bool:
    """Open the door again. Old sessions stay ended. False when it was open."""
    return bool(
        Member.objects.filter(id=member.id, is_active=False).update(
            is_active=True, suspended_at=None
        )
    )


def close_sockets_of_session(
    sender: object, request: HttpRequest, user: Member | None, **_: object
) -> None:
    """Django's user_logged_out: the sockets opened with this session close as well."""
    if user is not None and request.session.session_key:
        publish_on_commit(
            member_topic(user.pk),
            {
                "t": "ctl",
                "op": "close",
                "code": SIGNED_OUT,
                "session": session_mark(request.session.session_key),
            },
        )


user_logged_out.connect(close_sockets_of_session, dispatch_uid="members.close_sockets")
