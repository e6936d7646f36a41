"""Groups and cohorts: made, changed and closed by those who look after them; who is in when."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.members import access, belonging, groups, invitations
from community.members.invitations import InvitationSpent
from community.members.models import AuditEntry, Group, Member, Membership, Notice
from tests import make

pytestmark = pytest.mark.django_db
ClientOf = Callable[..., Client]


def today() -> date:
    return timezone.localdate()


def test_a_day_ends_when_it_ends_at_the_clinic(group: Group) -> None:
    clinic = group.clinic
    clinic.time_zone = "Asia/Tokyo"
    until = groups.end_of(date(2027, 4, 30), clinic)
    assert until == datetime(2027, 5, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert groups.last_day(until, clinic) == date(2027, 4, 30)
    # The night the clocks change is no different.
    clinic.time_zone = "Europe/London"
    until = groups.end_of(date(2027, 3, 28), clinic)
    assert groups.last_day(until, clinic) == date(2027, 3, 28)
    assert (groups.start_of(None, clinic), groups.last_day(None, clinic)) == (None, None)


@pytest.mark.parametrize("who", ["ada", "lena"])
def test_a_coordinator_makes_a_group_and_lets_somebody_in(
    who: str, ana: Member, client_of: ClientOf, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(who))
    answer = client.post(reverse("members:groups"), {"name": "Spring  course", "purpose": "Ten"})
    made = Group.objects.get(name="Spring course")
    assert answer.url == reverse("members:group", args=[made.id])
    assert made not in access.groups_of(ana)
    last = today() + timedelta(days=30)
    form = {"person": " ANA ", "last_on": last.isoformat()}
    assert client.post(reverse("members:add_to_group", args=[made.id]), form).status_code == 302
    assert made in access.groups_of(ana)
    row = Membership.objects.get(group=made)
    assert groups.last_day(row.valid_until, made.clinic) == last
    page = client.get(reverse("members:group", args=[made.id])).content.decode()
    assert "Ana" in page
    assert f"{last:%b %Y}" in page
    actions = list(AuditEntry.objects.order_by("sequence").values_list("action", flat=True))
    assert actions == ["group.made", "membership.added"]


def test_an_address_finds_them_too_and_nobody_of_another_clinic(
    group: Group, ana: Member, dora: Member, zoe: Member
) -> None:
    assert groups.person_called(group.clinic, "ana@people.example") == ana
    assert groups.person_called(group.clinic, "Dora") is None
    assert groups.person_called(group.clinic, dora.email) is None
    assert groups.person_called(group.clinic, "Zoe") is None


def test_who_begins_later_is_not_in_before(ada: Member, cleo: Member, group: Group) -> None:
    groups.add(group, cleo, ada, starts_at=timezone.now() + timedelta(hours=1))
    assert group not in access.groups_of(cleo)
    Membership.objects.filter(group=group).update(started_at=timezone.now())
    assert group in access.groups_of(cleo)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"person": ""}, "chosen name or an address"),
        ({"person": "Nobody Known"}, "Nobody here has this name"),
        ({"person": "Dora"}, "Nobody here has this name"),
        ({"person": "Ana", "starts_on": "tomorrow"}, "Please choose a day"),
        ({"person": "Ana", "last_on": "2020-01-01"}, "This day is over"),
        ({"person": "Ana", "starts_on": "2999-02-01", "last_on": "2999-01-01"}, "lies before"),
    ],
)
def test_a_mistake_is_said_kindly_and_what_was_typed_stays(
    form: dict[str, str],
    words: str,
    ada: Member,
    ana: Member,
    dora: Member,
    elsewhere: Group,
    client_of: ClientOf,
) -> None:
    answer = client_of(ada).post(reverse("members:add_to_group", args=[elsewhere.id]), form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert f'value="{form["person"]}"' in page or not form["person"]
    assert not Membership.objects.filter(group=elsewhere, member=ana).exists()


def test_two_groups_of_one_name_are_refused_kindly(
    ada: Member, group: Group, elsewhere: Group, client_of: ClientOf
) -> None:
    client = client_of(ada)
    form = {"name": group.name}
    for url in (reverse("members:groups"), reverse("members:group", args=[elsewhere.id])):
        answer = client.post(url, form)
        assert answer.status_code == 422
        assert "has this name" in answer.content.decode()
    elsewhere.refresh_from_db()
    assert elsewhere.name == "Evening circle"


def test_a_cohort_that_ran_out_ends_for_its_members_and_more_time_brings_them_back(
    ada: Member, ana: Member, ben: Member, group: Group
) -> None:
    belonging.leave(Membership.objects.get(member=ben), ada)
    past = timezone.now() - timedelta(minutes=1)
    Membership.objects.update(started_at=past - timedelta(days=9))
    Group.objects.filter(id=group.id).update(open_until=past)
    assert group not in access.groups_of(ana)
    assert belonging.run_out() == 1
    assert belonging.run_out() == 0
    assert Membership.objects.get(member=ana).ended_at == past
    same = {"name": group.name, "purpose": "", "opens_at": None}
    groups.change(group, ada, **same, open_until=timezone.now() + timedelta(days=1))
    assert group in access.groups_of(ana)
    # Who had left before is not brought back.
    assert group not in access.groups_of(ben)


def test_an_end_can_be_agreed_and_taken_back(
    ada: Member, ana: Member, group: Group, client_of: ClientOf
) -> None:
    client, row = client_of(ada), Membership.objects.get(member=ana)
    url = reverse("members:membership", args=[row.id])
    last = today() + timedelta(days=3)
    assert client.post(url, {"last_on": last.isoformat()}).status_code == 302
    assert f'value="{last.isoformat()}"' in client.get(url).content.decode()
    assert client.post(url, {"last_on": "2020-01-01"}).status_code == 422
    assert client.post(url, {"last_on": ""}).status_code == 302
    row.refresh_from_db()
    assert row.valid_until is None
    end = reverse("members:end_membership", args=[row.id])
    assert [client.post(end).status_code for _ in range(2)] == [302, 302]
    assert group not in access.groups_of(ana)
    assert AuditEntry.objects.filter(action="membership.ended").count() == 1


def test_a_closed_group_is_gone_for_everybody_and_its_links_are_void(
    ada: Member, ana: Member, moss: Member, group: Group, client_of: ClientOf
) -> None:
    made = invitations.invite(ada, groups=[group], life=timedelta(days=1))
    Notice.objects.create(member=ana, kind="reply", group=group)
    client, url = client_of(ada), reverse("members:close_group", args=[group.id])
    assert "1 person belongs" in client.get(url).content.decode()
    assert group in access.reachable_groups(moss)
    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 404
    assert not access.reachable_groups(moss).exists()
    assert not access.groups_of(ana).exists()
    assert not Notice.objects.exists()
    with pytest.raises(InvitationSpent):
        invitations.find(made.token)
    assert "closed" in client.get(reverse("members:groups")).content.decode()


def test_the_lists_cost_the_same_for_one_and_three(
    ada: Member,
    client_of: ClientOf,
    django_assert_num_queries: Callable[..., object],
) -> None:
    client = client_of(ada)
    first = make.group(ada.clinic)
    client.get(reverse("members:groups"))
    for extra in (1, 2):
        for _ in range(extra):
            groups.add(first, make.member(ada.clinic), ada)
            make.group(ada.clinic)
        with django_assert_num_queries(4):
            assert client.get(reverse("members:groups")).status_code == 200
        with django_assert_num_queries(7):
            assert client.get(reverse("members:group", args=[first.id])).status_code == 200
