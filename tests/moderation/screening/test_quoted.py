"""Words of danger quoted in a reply: the reply is judged, and the one quoted is not lost."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from community.members.models import Group, Member
from moderation import casefile
from moderation.models import ReviewCase, RiskCase, RiskState
from moderation.screening import rules
from moderation.screening.signals import Axis
from tests.make_moderation import held, letter

ClientOf = Callable[..., Client]
WORDS = "I want to die and I have a plan."
REPLY = f"> {WORDS}\nI am so glad you told us. Please call the duty team."


@pytest.fixture
def spoken(ana: Member, group: Group) -> RiskCase:
    letter(ana, WORDS, group=group)
    return RiskCase.objects.get(member=ana)


@pytest.fixture
def reply(ben: Member, group: Group) -> ReviewCase:
    return held(ben, REPLY, group=group)


def test_a_reply_is_judged_on_its_own_words() -> None:
    assert [hit.code for hit in rules.find(REPLY) if hit.axis is Axis.RISK and hit.level >= 2] == []
    assert max(hit.level for hit in rules.find(WORDS)) >= 2


@pytest.mark.django_db
def test_it_leads_to_the_case_of_the_one_it_quotes(
    client_of: ClientOf, spoken: RiskCase, reply: ReviewCase, moss: Member
) -> None:
    url = reverse("moderation:case", args=[reply.id])
    page = client_of(moss).get(url).content.decode()
    assert f'href="{reverse("moderation:risk", args=[spoken.id])}"' in page
    assert not RiskCase.objects.filter(member=reply.submission.author).exists()


@pytest.mark.django_db
def test_a_closed_case_and_another_group_are_not_named(
    spoken: RiskCase, reply: ReviewCase, ben: Member, moss: Member
) -> None:
    assert casefile.open_file(reply, moss).quoted == [spoken]
    assert casefile.open_file(held(ben, REPLY), moss).quoted == []
    RiskCase.objects.filter(id=spoken.id).update(state=RiskState.CLOSED)
    assert casefile.open_file(reply, moss).quoted == []


@pytest.mark.django_db
def test_a_text_that_quotes_nobody_costs_nothing(
    ben: Member, moss: Member, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    case = held(ben, "Hello from me. >:)")
    with django_assert_num_queries(0):
        assert casefile._quoted(case.submission, case.revision) == []
