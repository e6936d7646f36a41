"""Runs: what they touch, what they leave alone, and what the care team reads in them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from community.members import blocks
from community.members.models import Group, Member
from mentorship import actions, runs
from mentorship.models import MatchRun, MentorProfile, Pair, Proposal, Side
from tests import make
from tests.make_mentorship import answers


@pytest.fixture
def mint(mia: Member) -> Member:
    MentorProfile.objects.create(member=mia, max_pairs=1)
    answers(mia, Side.MENTOR)
    return mia


def pairs(run: MatchRun) -> dict[int, int]:
    return dict(run.edges.values_list("mentee", "mentor"))


def test_a_score_is_the_sum_of_its_parts(moss: Member, mint: Member, ana: Member) -> None:
    answers(ana)
    edge = runs.compute(moss).edges.get()
    assert (edge.mentee, edge.mentor) == (ana, mint)
    assert edge.score == edge.add_up() > 0


def test_the_same_question_has_the_same_answer_and_digest(
    moss: Member, mint: Member, ana: Member, ben: Member
) -> None:
    for person in (ana, ben):
        answers(person)
    first, second = runs.compute(moss), runs.compute(moss)
    assert (pairs(first), first.input_sha256) == (pairs(second), second.input_sha256)
    actions.stop_looking(ben)
    assert runs.compute(moss).input_sha256 != first.input_sha256


def test_what_goes_on_and_what_was_asked_stays(
    moss: Member, mint: Member, ana: Member, ben: Member, group: Group
) -> None:
    """Pitfall 13, and a newcomer moves nobody."""
    MentorProfile.objects.update(max_pairs=3)
    for person in (ana, ben):
        answers(person)
    run = runs.compute(moss)
    first, _ = (runs.ask(edge, moss) for edge in run.edges.order_by("mentee"))
    actions.mentor_says_yes(first, mint)
    actions.mentee_says_yes(first, first.mentee)
    assert runs.compute(moss).people == 0
    newcomer = make.member(group.clinic, "New")
    answers(newcomer)
    before = (list(Pair.objects.values()), list(Proposal.objects.values()))
    assert pairs(runs.compute(moss)) == {newcomer.id: mint.id}
    assert (list(Pair.objects.values()), list(Proposal.objects.values())) == before


def test_a_pin_and_a_ruling_out_carry_over(
    moss: Member, mint: Member, ana: Member, ben: Member
) -> None:
    for person in (ana, ben):
        answers(person)
    run = runs.compute(moss)
    chosen = next(iter(pairs(run)))
    other = ana.id if chosen == ben.id else ben.id
    pinned = runs.again(run, moss, pin=[(other, mint.id)])
    assert pairs(pinned) == {other: mint.id}
    out = runs.again(pinned, moss, forbid=[(other, mint.id)])
    assert pairs(out) == {chosen: mint.id}
    assert out.left_out == [
        {
            "mentee": other,
            "suitable": 0,
            "helps": [],
            "barriers": {"forbidden": 1},
            "only": {"forbidden": 1},
        }
    ]


def test_a_block_keeps_two_apart_and_is_not_told(
    moss: Member, mint: Member, ana: Member, client_of: Callable[..., Client]
) -> None:
    answers(ana)
    blocks.block(ana, mint)
    run = runs.compute(moss)
    assert run.matched == 0
    page = client_of(moss).get(reverse("mentorship:run", args=[run.id])).content.decode()
    assert "is kept apart" in page
    assert "block" not in page


def test_somebody_who_is_both_is_not_their_own_mentor(moss: Member, mint: Member) -> None:
    """Pitfall 14."""
    Member.objects.filter(id=mint.id).update(is_patient=True)
    answers(mint)
    run = runs.compute(moss)
    assert run.left_out[0]["barriers"] == {"self": 1}


def test_everybody_left_out_has_a_reason(moss: Member, mint: Member, group: Group) -> None:
    for given in ({}, {}, {"languages": ["pl"]}, {"hours": ["6.evening"]}):
        answers(make.member(group.clinic), **given)
    run = runs.compute(moss)
    assert (run.matched, len(run.left_out)) == (1, 3)
    assert all(gap["helps"] or gap["barriers"] for gap in run.left_out)
    full = next(gap for gap in run.left_out if gap["suitable"])
    assert full["helps"] == [mint.id]


def test_a_run_costs_the_same_at_one_and_three_rows(
    moss: Member,
    mint: Member,
    group: Group,
    client_of: Callable[..., Client],
    django_assert_num_queries: Any,
) -> None:
    MentorProfile.objects.update(max_pairs=9)
    desk = client_of(moss)
    desk.get(reverse("members:home"))
    # The second page compares with the run before it.
    for more, queries in ((1, 6), (2, 7)):
        for _ in range(more):
            answers(make.member(group.clinic))
            answers(make.member(group.clinic), languages=["pl"])
        url = reverse("mentorship:run", args=[runs.compute(moss).id])
        with django_assert_num_queries(queries):
            assert desk.get(url).status_code == 200
