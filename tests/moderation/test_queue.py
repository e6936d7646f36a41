"""Which texts come before whom, and in which order; claims that nobody holds twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.members.models import Group, Member
from mentorship import actions as mentorship
from mentorship.models import MentorProfile
from moderation import actions, clocks, queue, remit, reports, review
from moderation.models import (
    GroupNeeds,
    Level,
    Remit,
    ReportReason,
    ReviewCase,
    ReviewState,
    RevisionState,
    SkipReason,
    State,
    Training,
)
from moderation.review import CaseTaken, ConflictOfInterest
from tests import make
from tests.make_moderation import held, letter
from tests.races import together

ClientOf = Callable[..., Client]


def aged(case: ReviewCase, minutes: float) -> ReviewCase:
    """The case as if it had come in so many minutes ago."""
    back = timedelta(minutes=minutes)
    ReviewCase.objects.filter(id=case.id).update(
        opened_at=case.opened_at - back,
        due_at=case.due_at - back,
        serve_at=case.serve_at - back,
    )
    case.refresh_from_db()
    return case


def order(member: Member) -> list[int]:
    return list(queue.waiting(member).values_list("id", flat=True))


# --- Order --------------------------------------------------------------------------------------


def test_by_level_then_by_due_time(ana: Member, ben: Member, moss: Member) -> None:
    green = aged(held(ana, level=Level.GREEN), 200)
    amber, older = held(ana, level=Level.AMBER), aged(held(ben, level=Level.AMBER), 100)
    red, crisis = held(ana, level=Level.RED), held(ana, level=Level.CRISIS)
    assert order(moss) == [case.id for case in (crisis, red, older, amber, green)]


def test_amber_passes_a_new_red_when_80_percent_of_its_time_is_used(
    ana: Member, moss: Member
) -> None:
    before = aged(held(ana, level=Level.AMBER), 0.79 * 240)
    after = aged(held(ana, level=Level.AMBER), 0.81 * 240)
    red = held(ana, level=Level.RED)
    assert order(moss) == [after.id, red.id, before.id]


def test_a_steady_stream_of_red_never_makes_amber_late() -> None:
    """One reader who needs 6 minutes a text, and a red every 6 minutes."""
    amber = clocks.serve_by(Level.AMBER, clocks.decide_by(Level.AMBER, now := timezone.now()))
    waiting, minute = [(amber, "amber")], 0
    while True:
        at = now + timedelta(minutes=minute)
        due = clocks.decide_by(Level.RED, at)
        waiting.append((clocks.serve_by(Level.RED, due), "red"))
        waiting.sort()
        if waiting.pop(0)[1] == "amber":
            break
        minute += 6
        assert minute < 1000
    assert minute <= 240


def test_the_order_is_read_from_the_index(ana: Member, moss: Member) -> None:
    held(ana)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = queue.waiting(moss)[:50].explain()
    assert "cases_to_serve" in plan
    assert "TEMP B-TREE FOR ORDER" not in plan
    assert "Sort" not in plan


def test_a_level_that_rises_moves_a_text_forward_and_never_back(ana: Member, moss: Member) -> None:
    first, second = held(ana, level=Level.AMBER), held(ana, level=Level.AMBER)
    assert order(moss) == [first.id, second.id]
    actions.open_case(second.submission, second.revision, Level.CRISIS, ("report.urging",))
    assert order(moss) == [second.id, first.id]
    seen = second.serve_at
    second.refresh_from_db()
    moved = second.serve_at
    assert moved < seen
    actions.open_case(second.submission, second.revision, Level.GREEN, ("report.other",))
    second.refresh_from_db()
    assert (second.level, second.serve_at) == (Level.CRISIS, moved)


# --- Who may judge what -------------------------------------------------------------------------


@pytest.fixture
def doors(client_of: ClientOf) -> Callable[[Member, ReviewCase], dict[str, Any]]:
    """doors(member, case): what each way to a case answers."""

    def doors(member: Member, case: ReviewCase) -> dict[str, Any]:
        client = client_of(member)
        page = client.get(reverse("moderation:queue"))
        answers = {
            "listed": case.id in [row.id for row in page.context["cases"]],
            "page": client.get(reverse("moderation:case", args=[case.id])).status_code,
            "take": client.post(reverse("moderation:take", args=[case.id])).status_code,
            "decide": client.post(reverse("moderation:decide", args=[case.id])).status_code,
        }
        review.release_all(member)
        nexts = client.post(reverse("moderation:take_next"))
        answers["next"] = nexts["Location"] == reverse("moderation:case", args=[case.id])
        review.release_all(member)
        return answers

    return doors


OPEN = {"listed": True, "page": 200, "take": 302, "decide": 422, "next": True}
SHUT = {"listed": False, "page": 404, "take": 404, "decide": 404, "next": False}
Doors = Callable[[Member, ReviewCase], dict[str, Any]]


def test_nobody_comes_near_their_own_words(doors: Doors, moss: Member, lena: Member) -> None:
    case = held(moss)
    assert (doors(moss, case), doors(lena, case)) == (SHUT, OPEN)


def test_nobody_judges_a_report_about_themselves(
    doors: Doors, ana: Member, moss: Member, lena: Member
) -> None:
    submission = letter(moss)
    assert submission.latest is not None
    actions.settle(submission.latest, State.VISIBLE, seen=RevisionState.SCREENING)
    submission.refresh_from_db()
    reports.report(ana, submission, submission.latest, ReportReason.UNKIND, "")
    case = ReviewCase.objects.get(submission=submission)
    assert (doors(moss, case), doors(lena, case)) == (SHUT, OPEN)


def test_nobody_judges_their_own_mentee(
    doors: Doors, ana: Member, moss: Member, lena: Member
) -> None:
    moss.is_mentor = True
    moss.save(update_fields=["is_mentor"])
    MentorProfile.objects.create(member=moss, max_pairs=3)
    asked = mentorship.propose(lena, moss, ana, "Likes mornings.")
    mentorship.mentor_says_yes(asked, moss)
    mentorship.mentee_says_yes(asked, ana)
    case = held(ana)
    assert (doors(moss, case), doors(lena, case)) == (SHUT, OPEN)


def test_a_remit_of_groups(
    doors: Doors, ana: Member, cleo: Member, moss: Member, lena: Member, group: Group
) -> None:
    mine = Remit.objects.create(moderator=moss)
    mine.groups.add(group)
    other = cleo.memberships.get().group
    inside, outside = held(ana, group=group), held(cleo, group=other)
    assert order(moss) == [inside.id]
    assert doors(moss, outside) == SHUT
    assert order(lena) == [inside.id, outside.id]
    assert doors(lena, outside) | {"next": True} == OPEN


def test_what_belongs_to_no_group_is_read_by_everybody(ana: Member, moss: Member) -> None:
    Remit.objects.create(moderator=moss).groups.add(make.group(moss.clinic))
    case = held(ana)
    assert order(moss) == [case.id]


def test_a_group_may_ask_for_a_language(
    doors: Doors, ana: Member, moss: Member, group: Group
) -> None:
    GroupNeeds.objects.create(group=group, language="pl")
    case = held(ana, group=group)
    assert doors(moss, case) == OPEN
    mine = Remit.objects.create(moderator=moss, languages=["en"])
    assert doors(moss, case) == SHUT
    mine.languages = ["en", "pl"]
    mine.save()
    assert doors(moss, case) == OPEN


def test_a_group_may_ask_for_training(
    doors: Doors, ana: Member, moss: Member, lena: Member, group: Group
) -> None:
    GroupNeeds.objects.create(group=group, training=Training.EATING)
    case = held(ana, group=group)
    assert (doors(moss, case), doors(lena, case)) == (SHUT, OPEN)
    Remit.objects.create(moderator=moss, trained_for=[Training.EATING])
    assert doors(moss, case) == OPEN


def test_a_claim_without_right_is_refused_below_the_pages(ana: Member, moss: Member) -> None:
    case = held(moss)
    for attempt in (
        lambda: review.claim(case, moss),
        lambda: review.skip(case, moss, SkipReason.OTHER),
        lambda: review.claim(held(ana), ana),
    ):
        with pytest.raises(ConflictOfInterest):
            attempt()
    ReviewCase.objects.update(state=ReviewState.CLAIMED, claimed_by=moss)
    with pytest.raises(ConflictOfInterest):
        review.decide(
            case,
            moss,
            State.VISIBLE,
            token=0,
            revision_id=case.revision_id,
            policy="fine",
            reason="Fine.",
        )


def test_who_is_suspended_sees_nothing(ana: Member, moss: Member) -> None:
    held(ana)
    moss.is_active = False
    assert list(remit.cases_for(moss)) == []


# --- Passing on ---------------------------------------------------------------------------------


def test_what_was_passed_on_goes_to_somebody_else(ana: Member, moss: Member, lena: Member) -> None:
    case = held(ana)
    review.claim(case, moss)
    assert review.skip(case, moss, SkipReason.CLOSE) is False
    assert review.claim_next(moss) is None
    assert order(moss) == [case.id]
    assert review.claim_next(lena) == case


def test_what_was_passed_on_comes_back_when_nobody_else_is_there(
    ana: Member, moss: Member, lena: Member
) -> None:
    case = held(ana)
    review.skip(case, moss, SkipReason.OTHER)
    assert review.claim_next(moss) is None
    review.skip(case, lena, SkipReason.OTHER)
    assert review.claim_next(moss) == case


def test_what_was_passed_on_comes_back_when_its_time_is_up(
    ana: Member, moss: Member, lena: Member
) -> None:
    case = held(ana, level=Level.RED)
    review.skip(case, moss, SkipReason.OTHER)
    assert review.claim_next(moss) is None
    aged(case, 61)
    assert review.claim_next(moss) == case


def test_after_three_it_goes_to_a_lead(ana: Member, moss: Member, lena: Member) -> None:
    case = held(ana)
    others = [make.member(moss.clinic, role="moderator") for _ in range(3)]
    found = [review.skip(case, each, SkipReason.OTHER) for each in (moss, *others[:2])]
    assert found == [False, False, True]
    assert review.claim_next(others[2]) is None
    assert review.claim_next(lena) == case


def test_without_a_lead_it_stays_with_the_moderators(ana: Member, moss: Member) -> None:
    case, other = held(ana), make.member(moss.clinic, role="moderator")
    assert review.skip(case, moss, SkipReason.UNSURE) is True
    assert review.claim_next(other) == case


def test_nobody_passes_on_what_somebody_else_holds(ana: Member, moss: Member, lena: Member) -> None:
    case = review.claim(held(ana), lena)
    with pytest.raises(CaseTaken):
        review.skip(case, moss, SkipReason.OTHER)
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == (ReviewState.CLAIMED, lena)


# --- Signs of life ------------------------------------------------------------------------------


def test_a_sign_of_life_needs_the_current_token(ana: Member, moss: Member, lena: Member) -> None:
    case = review.claim(held(ana), moss)
    soon = timezone.now() + timedelta(seconds=5)
    ReviewCase.objects.update(lease_until=soon)
    until = review.keep(case.id, moss, case.token)
    assert until is not None
    assert until > soon
    assert review.keep(case.id, moss, case.token - 1) is None
    assert review.keep(case.id, lena, case.token) is None
    ReviewCase.objects.update(lease_until=timezone.now())
    assert review.keep(case.id, moss, case.token) is None


# --- Races --------------------------------------------------------------------------------------


def claim_carelessly(moderator: Member) -> ReviewCase | None:
    """What a queue does that looks first and writes afterwards: the positive control."""
    case = ReviewCase.objects.filter(state=ReviewState.OPEN).order_by("serve_at", "id").first()
    if case is None:
        return None
    case.state, case.claimed_by, case.token = ReviewState.CLAIMED, moderator, case.token + 1
    case.save(update_fields=["state", "claimed_by", "token"])
    return case


def shift(claim_one: Callable[[Member], ReviewCase | None], member: Member) -> list[int]:
    """Take texts until none is left. Whom a busy database turns away presses again."""
    taken: list[int] = []
    while True:
        try:
            case = claim_one(member)
        except OperationalError:
            continue
        finally:
            # As between two requests: there are more people than connections.
            connection.close()
        if case is None:
            return taken
        taken.append(case.id)


def many_cases(author: Member, count: int) -> None:
    for _ in range(count):
        held(author, level=Level.AMBER)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("careful", [True, False], ids=["ours", "positive control"])
def test_sixteen_people_take_two_thousand_texts_and_none_twice(ana: Member, careful: bool) -> None:
    count = 2000 if careful else 200
    many_cases(ana, count)
    people = [make.member(ana.clinic, role="moderator") for _ in range(16)]
    claim_one = review.claim_next if careful else claim_carelessly

    def work(person: Member) -> Callable[[], list[int]]:
        return lambda: shift(claim_one, person)

    taken = [case for each in together([work(person) for person in people]) for case in each]
    doubles = len(taken) - len(set(taken))
    if careful:
        assert (len(taken), doubles) == (count, 0)
        assert set(ReviewCase.objects.values_list("token", flat=True)) == {1}
    else:
        assert doubles > 0
