"""A lead says who covers which groups and languages, and it holds at once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from community.members.models import Group, Member
from moderation import cover, remit, review
from moderation.cover import NotAModerator, set_needs, set_remit
from moderation.models import GroupNeeds, Remit, ReviewState, Training
from tests import make
from tests.make_moderation import held

ClientOf = Callable[..., Client]


def test_a_lead_sets_what_somebody_reads_and_it_holds_at_once(
    client_of: ClientOf,
    group: Group,
    elsewhere: Group,
    ana: Member,
    cleo: Member,
    moss: Member,
    lena: Member,
) -> None:
    here, there = held(ana, group=group), held(cleo, group=elsewhere)
    review.claim(there, moss)
    url = reverse("moderation:cover_person", args=[moss.id])
    answer = client_of(lena).post(url, {"groups": [group.id], "languages": ["en", "de"]})
    assert answer["Location"] == reverse("moderation:cover")
    assert [case.id for case in remit.cases_for(moss)] == [here.id]
    there.refresh_from_db()
    assert (there.state, there.claimed_by) == (ReviewState.OPEN, None)
    page = client_of(lena).get(url).content.decode()
    assert page.count("checked") == 3


def test_a_group_that_asks_for_training_is_read_by_leads_until_somebody_has_it(
    client_of: ClientOf, group: Group, ana: Member, moss: Member, lena: Member
) -> None:
    case = held(ana, group=group)
    client = client_of(lena)
    url = reverse("moderation:cover_group", args=[group.id])
    client.post(url, {"training": "eating", "language": "de"})
    assert list(remit.cases_for(moss)) == []
    assert list(remit.cases_for(lena)) == [case]
    assert "No moderator reads it." in client.get(reverse("moderation:cover")).content.decode()
    set_remit(lena, moss, [], ["de"], [Training.EATING])
    assert list(remit.cases_for(moss)) == [case]
    page = client.get(reverse("moderation:cover")).content.decode()
    assert "Read by Moss." in page
    client.post(url, {"training": "", "language": ""})
    assert not GroupNeeds.objects.exists()


def test_what_the_page_says_is_what_the_door_does(
    group: Group, elsewhere: Group, ana: Member, cleo: Member, moss: Member, lena: Member
) -> None:
    """The list of readers and the queryset that refuses are two readings of one rule."""
    cases = {group: held(ana, group=group), elsewhere: held(cleo, group=elsewhere)}
    wishes: list[tuple[list[Group], list[str], list[str]]] = [
        ([], [], []),
        ([group], [], []),
        ([], ["de"], []),
        ([], ["en"], ["grief"]),
        ([elsewhere], ["de", "en"], ["grief", "young"]),
    ]
    asked = [("", ""), ("de", ""), ("", "grief"), ("en", "grief")]
    for language, training in asked:
        set_needs(lena, group, language=language, training=training)
        for groups, languages, trained in wishes:
            set_remit(lena, moss, groups, languages, trained)
            readers = cover.readers_of(moss.clinic_id)
            for row in cover.groups_of(moss.clinic_id, readers):
                allowed = remit.may_judge(moss, cases[row.group].id)
                assert (moss in row.readers) == allowed


def test_leads_and_people_of_other_clinics_have_no_remit_here(
    client_of: ClientOf, lena: Member, ana: Member, dora: Member
) -> None:
    other = make.member(dora.clinic, "Odo", role="moderator")
    for person in (lena, ana, other):
        with pytest.raises(NotAModerator):
            set_remit(lena, person, [], [], [])
        url = reverse("moderation:cover_person", args=[person.id])
        assert client_of(lena).get(url).status_code == 404
    theirs = make.group(dora.clinic, "Lake")
    url = reverse("moderation:cover_group", args=[theirs.id])
    assert client_of(lena).get(url).status_code == 404


def test_a_group_of_another_clinic_is_no_choice(
    client_of: ClientOf, lena: Member, moss: Member, dora: Member
) -> None:
    theirs = make.group(dora.clinic, "Lake")
    url = reverse("moderation:cover_person", args=[moss.id])
    answer = client_of(lena).post(url, {"groups": [theirs.id], "languages": ["xx"]})
    assert answer.status_code == 422
    assert not Remit.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_for_one_and_three(
    count: int, client_of: ClientOf, lena: Member, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        mod = make.member(lena.clinic, f"Mod {number}", role="moderator")
        group = make.group(lena.clinic, f"Group {number}")
        set_remit(lena, mod, [group], ["en"], [])
        set_needs(lena, group, language="en", training="")
    client = client_of(lena)
    client.get(reverse("moderation:cover"))
    with django_assert_num_queries(7):
        client.get(reverse("moderation:cover"))
