"""Builders for tests: each makes one valid thing, with invented names, and returns it."""

import itertools
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.utils import timezone

from community.members.models import Clinic, Group, Member, Membership

_number = itertools.count(1)


def clinic(name: str = "Harbour Clinic (test)") -> Clinic:
    return Clinic.objects.create(name=name)


def group(of: Clinic, name: str = "") -> Group:
    return Group.objects.create(clinic=of, name=name or f"Group {next(_number)}")


def member(
    of: Clinic,
    name: str = "",
    *,
    groups: tuple[Group, ...] = (),
    role: str = "patient",
    **extra: Any,
) -> Member:
    """A member with a verified address name@people.example and the given role."""
    name = name or f"Person {next(_number)}"
    # Known for a while: newcomers write more slowly.
    extra.setdefault("joined_at", timezone.now() - timedelta(days=7))
    person = Member.objects.create(
        clinic=of,
        name=name,
        email=f"{name.lower().replace(' ', '.')}@people.example",
        password="!",
        **{f"is_{role}": True},
        **extra,
    )
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    for each in groups:
        Membership.objects.create(group=each, member=person)
    return person
