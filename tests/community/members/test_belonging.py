"""Groups with dates: who belongs from when until when, and nobody a second longer."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from community.forums.models import Board
from community.members import belonging
from community.members.access import groups_of, reachable_groups, readers_of, share_a_group
from community.members.models import AuditEntry, Group, Member, Membership
from tests import make_forums

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def reads(member: Member, group: Group) -> tuple[bool, ...]:
    """What every door says of one person and one group; all of them must agree."""
    board = Board.objects.filter(group=group).first() or make_forums.board(group)
    return (
        group in groups_of(member),
        group in reachable_groups(member),
        member in readers_of(group),
        board in Board.objects.readable_by(member),
    )


INSIDE, OUTSIDE = (True,) * 4, (False,) * 4


@pytest.mark.parametrize(
    ("starts", "until", "expected"),
    [
        (-HOUR, None, INSIDE),
        (-HOUR, HOUR, INSIDE),
        (HOUR, None, OUTSIDE),
        (-2 * HOUR, -HOUR, OUTSIDE),
    ],
    ids=["endless", "until later", "from later", "ran out"],
)
def test_a_membership_holds_between_its_moments(
    starts: timedelta,
    until: timedelta | None,
    expected: tuple[bool, ...],
    cleo: Member,
    group: Group,
) -> None:
    now = timezone.now()
    Membership.objects.create(
        group=group,
        member=cleo,
        started_at=now + starts,
        valid_until=None if until is None else now + until,
    )
    assert reads(cleo, group) == expected


@pytest.mark.parametrize(
    ("opens", "until", "expected"),
    [(-HOUR, HOUR, INSIDE), (HOUR, None, OUTSIDE), (None, -HOUR, OUTSIDE), (None, None, INSIDE)],
    ids=["under way", "not begun", "over", "no dates"],
)
def test_a_cohort_is_open_to_its_members_between_its_moments(
    opens: timedelta | None,
    until: timedelta | None,
    expected: tuple[bool, ...],
    ana: Member,
    moss: Member,
    group: Group,
) -> None:
    now = timezone.now()
    Group.objects.filter(id=group.id).update(
        opens_at=opens and now + opens, open_until=until and now + until
    )
    group.refresh_from_db()
    found = reads(ana, group)
    assert (found[0], found[1], found[3]) == (expected[0], expected[1], expected[3])
    # The care team prepares a cohort and looks after it when it is over.
    assert group in reachable_groups(moss)


def test_who_does_not_share_the_time_shares_no_group(
    ana: Member, cleo: Member, group: Group
) -> None:
    belonging.enter(group, cleo, starts_at=timezone.now() + HOUR)
    assert not share_a_group(ana, cleo)
    Membership.objects.filter(member=cleo).update(started_at=timezone.now() - HOUR)
    assert share_a_group(ana, cleo)


def test_coming_in_twice_is_once_and_may_only_lengthen_the_stay(cleo: Member, group: Group) -> None:
    now = timezone.now()
    for until, kept in ((2, 2), (1, 2), (3, 3), (None, None), (1, None)):
        wanted = None if until is None else now + until * HOUR
        row = belonging.enter(group, cleo, until=wanted)
        assert row.valid_until == (None if kept is None else now + kept * HOUR)
    assert Membership.objects.filter(group=group, member=cleo).count() == 1


def test_after_running_out_somebody_can_come_in_again(cleo: Member, group: Group) -> None:
    past = timezone.now() - HOUR
    Membership.objects.create(group=group, member=cleo, started_at=past - HOUR, valid_until=past)
    belonging.enter(group, cleo)
    assert reads(cleo, group) == INSIDE
    rows = Membership.objects.filter(group=group, member=cleo).order_by("id")
    assert [row.ended_at for row in rows] == [past, None]


def test_running_out_is_written_down_once_at_its_own_moment(cleo: Member, group: Group) -> None:
    past = timezone.now() - HOUR
    row = Membership.objects.create(
        group=group, member=cleo, started_at=past - HOUR, valid_until=past
    )
    assert belonging.run_out() == 1
    assert belonging.run_out() == 0
    row.refresh_from_db()
    assert row.ended_at == past


def test_ending_a_membership_counts_at_once_and_is_kept_in_the_audit(
    ana: Member, ada: Member, group: Group, client_of: Callable[..., Client]
) -> None:
    board = make_forums.board(group)
    client = client_of(ana)
    assert client.get(f"/forums/board/{board.id}/").status_code == 200
    row = Membership.objects.get(member=ana)
    assert belonging.leave(row, ada)
    assert not belonging.leave(row, ada)
    assert client.get(f"/forums/board/{board.id}/").status_code == 404
    (entry,) = AuditEntry.objects.filter(action="membership.ended")
    assert (entry.actor_id, entry.about_id) == (ada.id, ana.id)


def test_a_longer_or_shorter_stay_counts_at_once(ana: Member, ada: Member, group: Group) -> None:
    row = Membership.objects.get(member=ana)
    Membership.objects.filter(id=row.id).update(started_at=timezone.now() - 2 * HOUR)
    assert belonging.set_until(row, timezone.now() - HOUR, ada)
    assert reads(ana, group) == OUTSIDE
    assert belonging.set_until(row, None, ada)
    assert reads(ana, group) == INSIDE


def test_the_database_refuses_an_end_before_the_beginning(cleo: Member, group: Group) -> None:
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(group=group, member=cleo, started_at=now, valid_until=now - HOUR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Group.objects.filter(id=group.id).update(opens_at=now, open_until=now - HOUR)
