"""What limits a member: begun by a person alone, told with its why, over by the clock."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import IntegrityError, transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from community.chat import actions as chat
from community.chat.access import may_enter, rooms_of
from community.forums import actions as forums
from community.forums.models import Board
from community.members import erasure
from community.members.models import Clinic, Group, Member, Notice
from moderation import actions, appeals, risk, sanctions, standing
from moderation.content import Place
from moderation.models import (
    Level,
    Report,
    Revision,
    RiskCase,
    RiskSource,
    Sanction,
    SanctionKind,
    SanctionState,
    State,
    Submission,
)
from moderation.sanctions import Meanwhile, NoPlace, NotForThem, PersonInDanger, SecondPerson
from moderation.standing import Resting, Slowed
from tests import make, make_chat, make_forums
from tests.make_chat import DANGER, RoomSocket
from tests.make_moderation import held, letter
from tests.make_sanctions import WHY, active, decided, over, plan, proposed, reported

ClientOf = Callable[..., Client]
EVERY_PAGE = 2


def written(board: Board, author: Member, body: str = "Hello.") -> Submission:
    return forums.open_thread(board, author, "A title", body, uuid.uuid4()).post.submission


# --- Only a person begins one -------------------------------------------------------------------


def test_a_proposal_binds_nobody_and_nobody_hears_of_it(
    group: Group, ana: Member, moss: Member, client_of: ClientOf
) -> None:
    made = proposed(moss, ana, SanctionKind.REST)
    assert made.state == SanctionState.PROPOSED
    assert written(make_forums.board(group), ana)
    page = client_of(ana).get(reverse("moderation:what_happened")).content.decode()
    assert WHY not in page
    assert not Notice.objects.filter(member=ana).exists()


def test_what_is_active_has_a_person_who_began_it(ana: Member, moss: Member) -> None:
    made = proposed(moss, ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        Sanction.objects.filter(id=made.id).update(state=SanctionState.ACTIVE)
    sanctions.activate(made, moss, reason=WHY, length=timedelta(days=1))
    made.refresh_from_db()
    assert (made.state, made.activated_by) == (SanctionState.ACTIVE, moss)
    assert made.starts_at is not None
    assert made.ends_at == made.starts_at + timedelta(days=1)


def test_a_heavy_step_needs_two_people(ana: Member, moss: Member, lena: Member) -> None:
    made = proposed(moss, ana, SanctionKind.SUSPENSION)
    with pytest.raises(SecondPerson):
        sanctions.activate(made, moss, reason=WHY, length=timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Sanction.objects.filter(id=made.id).update(activated_by=moss)
    sanctions.activate(made, lena, reason=WHY, length=timedelta(days=1))


def test_it_is_for_members_of_the_clinic_and_not_for_the_team(
    ana: Member, moss: Member, lena: Member, dora: Member
) -> None:
    for somebody in (moss, lena, dora):
        with pytest.raises(NotForThem):
            proposed(moss, somebody)
        with pytest.raises(Http404):
            sanctions.subject_for(moss, somebody.id)
    made = proposed(moss, ana)
    with pytest.raises(NotForThem):
        sanctions.activate(made, ana, reason=WHY, length=timedelta(days=1))


def test_a_pause_names_its_place(ana: Member, moss: Member) -> None:
    for kind in (SanctionKind.ROOM, SanctionKind.GROUP):
        with pytest.raises(NoPlace):
            proposed(moss, ana, kind)


# --- Proposed by a rule -------------------------------------------------------------------------


def removed(author: Member, by: Member, policy: str = "unkind") -> Submission:
    case = held(author)
    decided(case, by, State.REMOVED, policy)
    return case.submission


def test_a_rule_proposes_step_by_step_and_begins_nothing(ana: Member, moss: Member) -> None:
    kinds = []
    for _ in range(5):
        removed(ana, moss)
        kinds.append(list(Sanction.objects.order_by("id").values_list("kind", flat=True)))
    assert [len(each) for each in kinds] == [0, 1, 2, 3, 4]
    assert kinds[-1] == ["warning", "slow", "rest", "rest"]
    assert set(Sanction.objects.values_list("state", flat=True)) == {"proposed"}
    assert set(Sanction.objects.values_list("activated_by", flat=True)) == {None}


def test_words_about_oneself_or_medicine_lead_to_no_proposal(ana: Member, moss: Member) -> None:
    for policy in ("method", "private", "medicine", "other"):
        for _ in range(3):
            removed(ana, moss, policy)
    assert not Sanction.objects.exists()


def test_what_is_old_counts_no_more(
    ana: Member, moss: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed(ana, moss)
    monkeypatch.setattr(sanctions, "WITHIN", timedelta(0))
    removed(ana, moss)
    assert not Sanction.objects.exists()


# --- A person in danger is never punished -------------------------------------------------------


def test_a_text_that_speaks_of_danger_is_never_held_against_anybody(
    ana: Member, moss: Member
) -> None:
    removed(ana, moss)
    case = held(ana)
    risk.raise_risk(ana, Level.RED, RiskSource.FILTER, submission=case.submission)
    with pytest.raises(PersonInDanger):
        proposed(moss, ana, case=case)
    decided(case, moss)
    assert not Sanction.objects.exists()
    # Another text of hers is another question.
    assert proposed(moss, ana, case=held(ana))


def test_danger_heard_after_the_proposal_stops_it(ana: Member, moss: Member) -> None:
    case = held(ana)
    made = proposed(moss, ana, case=case)
    risk.raise_risk(ana, Level.RED, RiskSource.PEER, submission=case.submission)
    with pytest.raises(PersonInDanger):
        sanctions.activate(made, moss, reason=WHY, length=timedelta(days=1))
    made.refresh_from_db()
    assert (made.state, made.starts_at) == (SanctionState.PROPOSED, None)
    assert not Notice.objects.filter(member=ana, kind="sanction").exists()


def test_danger_heard_later_asks_the_team_to_end_it(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    case = held(ana)
    made = active(moss, ana, SanctionKind.REST, case=case)
    page = reverse("moderation:sanction", args=[made.id])
    assert "please end this now" not in client_of(moss).get(page).content.decode()
    risk.raise_risk(ana, Level.RED, RiskSource.PEER, submission=case.submission)
    assert "please end this now" in client_of(moss).get(page).content.decode()


@pytest.mark.parametrize("kind", [SanctionKind.REST, SanctionKind.SUSPENSION])
def test_help_and_a_person_stay_reachable(
    kind: SanctionKind, ana: Member, moss: Member, lena: Member, client_of: ClientOf
) -> None:
    active(moss, ana, kind, second=lena)
    browser = client_of(ana)
    for name in ("members:home", "members:crisis_help", "moderation:what_happened"):
        assert browser.get(reverse(name)).status_code == 200
    assert browser.post(reverse("moderation:need_person")).status_code == 200
    assert RiskCase.objects.get(member=ana).level == Level.RED


def test_a_call_for_help_is_heard_though_its_author_rests(
    group: Group, ana: Member, moss: Member, client_of: ClientOf
) -> None:
    active(moss, ana, SanctionKind.REST)
    board, room = make_forums.board(group), make_chat.room(group)
    key = str(uuid.uuid4())
    browser = client_of(ana)
    forum = browser.post(
        reverse("forums:start", args=[board.id]), {"title": "Hello", "body": DANGER, "key": key}
    )
    said = browser.post(reverse("chat:say", args=[room.id]), {"body": DANGER, "key": key})
    for answer in (forum, said):
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "help-card" in page
        assert DANGER in page
    assert not Submission.objects.exists()
    assert RiskCase.objects.get(member=ana).level >= Level.RED


def test_a_call_for_help_is_never_slowed(group: Group, ana: Member, moss: Member) -> None:
    active(moss, ana, SanctionKind.SLOW)
    board = make_forums.board(group)
    written(board, ana)
    with pytest.raises(Slowed):
        written(board, ana)
    assert written(board, ana, DANGER)


# --- Where members write and enter --------------------------------------------------------------


def test_a_warning_limits_nothing(group: Group, ana: Member, moss: Member) -> None:
    active(moss, ana, SanctionKind.WARNING)
    board = make_forums.board(group)
    assert written(board, ana)
    assert written(board, ana)


def test_who_rests_reads_and_does_not_write(
    group: Group, ana: Member, ben: Member, moss: Member, client_of: ClientOf
) -> None:
    post = make_forums.published(make_forums.board(group), ana)
    room = make_chat.room(group)
    active(moss, ana, SanctionKind.REST)
    browser, url = client_of(ana), reverse("forums:thread", args=[post.thread_id])
    assert browser.get(url).status_code == 200
    assert browser.get(reverse("chat:room", args=[room.id])).status_code == 200
    data = {"body": "A careful reply", "title": "A title", "key": str(uuid.uuid4())}
    answers = [
        browser.post(reverse("forums:reply", args=[post.thread_id]), data),
        browser.post(reverse("forums:start", args=[post.thread.board_id]), data),
        browser.post(reverse("forums:edit", args=[post.id]), data),
        browser.post(reverse("chat:say", args=[room.id]), data),
    ]
    for answer in answers:
        page = answer.content.decode()
        assert (answer.status_code, "You have a rest from writing" in page) == (409, True)
        assert "A careful reply" in page
    assert Revision.objects.count() == 1
    # Others are not held up, and taking back one's own words stays possible.
    assert written(post.thread.board, ben)
    actions.withdraw(post.submission, ana)


def test_writing_slowly_counts_all_places_together(
    group: Group, ana: Member, ben: Member, moss: Member
) -> None:
    board, room = make_forums.board(group), make_chat.room(group)
    active(moss, ana, SanctionKind.SLOW)
    first = written(board, ana)
    with pytest.raises(Slowed):
        chat.say(ana, room.id, "Hello", "c1")
    with pytest.raises(Slowed):
        actions.revise(first, ana, "Other words.")
    assert chat.say(ben, room.id, "Hello", "c1")
    Revision.objects.update(created_at=timezone.now() - standing.SLOW_EVERY)
    assert chat.say(ana, room.id, "Hello", "c2")


def test_a_pause_from_a_group_shuts_that_group_alone(
    clinic: Clinic, group: Group, elsewhere: Group, moss: Member, lena: Member
) -> None:
    eve = make.member(clinic, "Eve", groups=(group, elsewhere))
    here, there = make_forums.board(group), make_forums.board(elsewhere)
    room = make_chat.room(group)
    made = active(moss, eve, SanctionKind.GROUP, second=lena, group=group)
    assert made.place == group.name
    assert list(Board.objects.readable_by(eve)) == [there]
    assert not may_enter(eve, room.id)
    sanctions.lift(made, moss, "They wrote to us.")
    assert set(Board.objects.readable_by(eve)) == {here, there}
    assert may_enter(eve, room.id)


def test_a_pause_from_a_room_shuts_that_room_alone(group: Group, ana: Member, moss: Member) -> None:
    here, there = make_chat.room(group, "Here"), make_chat.room(group, "There")
    active(moss, ana, SanctionKind.ROOM, room=Place(here.id, here.name))
    assert list(rooms_of(ana)) == [there]
    with pytest.raises(chat.NotInRoom):
        chat.say(ana, here.id, "Hello", "c1")
    assert chat.say(ana, there.id, "Hello", "c1")


def test_who_pauses_from_the_community_enters_no_room_and_no_pair(
    group: Group, ana: Member, ben: Member, mia: Member, moss: Member, lena: Member
) -> None:
    board, room = make_forums.board(group), make_chat.room(group)
    private = chat.open_private_room("Two", [ana, mia])
    made = active(moss, ana, SanctionKind.SUSPENSION, second=lena)
    assert list(Board.objects.readable_by(ana)) == []
    assert list(rooms_of(ana)) == []
    with pytest.raises(forums.MayNotWrite):
        written(board, ana)
    assert may_enter(ben, room.id)
    assert may_enter(mia, private.id)
    over(made)
    assert {row.id for row in rooms_of(ana)} == {room.id, private.id}


def test_the_clock_ends_it_though_no_loop_runs(group: Group, ana: Member, moss: Member) -> None:
    made = active(moss, ana, SanctionKind.REST)
    board = make_forums.board(group)
    with pytest.raises(Resting):
        written(board, ana)
    over(made)
    assert made.state == SanctionState.ACTIVE
    assert written(board, ana)


def test_ending_one_leaves_the_other(group: Group, ana: Member, moss: Member) -> None:
    first, second = active(moss, ana, SanctionKind.REST), active(moss, ana, SanctionKind.REST)
    board = make_forums.board(group)
    sanctions.lift(first, moss, "Enough.")
    with pytest.raises(Resting):
        written(board, ana)
    sanctions.lift(second, moss, "Enough.")
    assert written(board, ana)


@pytest.mark.django_db(transaction=True)
def test_open_sockets_follow_at_once(group: Group, ana: Member, moss: Member) -> None:
    room = make_chat.room(group)

    async def story() -> None:
        socket = await RoomSocket.of(ana)
        assert (await socket.enter(room))["t"] == "joined"
        rest = await sync_to_async(active)(moss, ana, SanctionKind.REST)
        refused = await socket.say(room, "Hello all")
        assert (refused["t"], refused["code"]) == ("nack", "resting")
        assert "rest from writing" in refused["message"]
        await socket.send("send", room=room.id, body=DANGER, cid="danger")
        assert (await socket.next("nack"))["cid"] == "danger"
        # Help comes with the answer, and over the person's own topic as well.
        if not any(frame["t"] == "help" for frame in socket.seen):
            await socket.next("help")
        await sync_to_async(sanctions.lift)(rest, moss, "Enough.")
        assert (await socket.say(room, "Hello again"))["t"] == "ack"
        place = Place(room.id, room.name)
        await sync_to_async(active)(moss, ana, SanctionKind.ROOM, room=place)
        kicked = await socket.next("kicked")
        assert (kicked["room"], kicked["code"]) == (room.id, "removed_from_room")
        await socket.wire.disconnect()

    async_to_sync(story)()
    assert RiskCase.objects.get(member=ana).level >= Level.RED


# --- Ending, and what the member sees -----------------------------------------------------------


def test_a_proposal_that_is_left_is_never_heard_of(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    made = proposed(moss, ana)
    sanctions.decline(made, moss, "Too much.")
    with pytest.raises(Meanwhile):
        sanctions.activate(made, moss, reason=WHY, length=timedelta(days=1))
    with pytest.raises(Meanwhile):
        sanctions.lift(made, moss, "Why?")
    page = client_of(ana).get(reverse("moderation:what_happened")).content.decode()
    assert WHY not in page
    assert not Notice.objects.filter(member=ana).exists()


def test_the_loop_writes_down_what_is_over_and_says_so_once(ana: Member, moss: Member) -> None:
    made = active(moss, ana, SanctionKind.REST)
    assert sanctions.expire() == 0
    over(made)
    assert (sanctions.expire(), sanctions.expire()) == (1, 0)
    made.refresh_from_db()
    assert made.state == SanctionState.EXPIRED
    kinds = list(Notice.objects.filter(member=ana).order_by("id").values_list("kind", flat=True))
    assert kinds == ["sanction", "sanction_ended"]


def test_the_member_reads_what_why_until_when_and_how_to_appeal(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    made = active(moss, ana, SanctionKind.REST)
    page = client_of(ana).get(reverse("moderation:what_happened")).content.decode()
    assert made.ends_at is not None
    until = timezone.localtime(made.ends_at)
    for words in (
        "A rest from writing",
        WHY,
        f"{until:%H:%M}",
        reverse("moderation:appeal_sanction", args=[made.id]),
        reverse("moderation:need_person"),
    ):
        assert words in page
    assert "Moss" not in page
    sanctions.lift(made, moss, "You wrote to us. Thank you.")
    after = client_of(ana).get(reverse("moderation:what_happened")).content.decode()
    assert "You wrote to us. Thank you." in after


def test_nobody_sees_what_was_set_for_another(
    ana: Member, ben: Member, moss: Member, client_of: ClientOf
) -> None:
    made = active(moss, ana, SanctionKind.REST)
    page = client_of(ben).get(reverse("moderation:what_happened")).content.decode()
    assert WHY not in page
    url = reverse("moderation:appeal_sanction", args=[made.id])
    assert client_of(ben).get(url).status_code == 404
    assert client_of(ana).get(url).status_code == 200


def test_erasing_a_person_blanks_the_words_and_keeps_what_was_decided(
    group: Group, ana: Member, ben: Member, moss: Member, lena: Member
) -> None:
    about_hers = reported(ben, make_forums.published(make_forums.board(group), ana).submission)
    made = active(moss, ana, SanctionKind.REST, note="Spoke with her sister.")
    appeal = appeals.appeal_sanction(made, ana, "My words.")
    appeals.uphold(appeal, lena, "An answer.")
    Report.objects.update(text="She quoted her sister.")
    erasure.erase(ana, None)
    for row in (appeal, about_hers):
        row.refresh_from_db()
    assert (appeal.text, appeal.answer, about_hers.text) == ("", "(erased)", "")
    made.refresh_from_db()
    assert (made.reason, made.note, made.state) == ("", "", SanctionState.ACTIVE)
    assert made.activated_by == moss


# --- Pages of the team --------------------------------------------------------------------------


def test_a_measure_from_its_proposal_to_its_end_on_pages(
    group: Group, ana: Member, moss: Member, lena: Member, client_of: ClientOf
) -> None:
    case = held(ana, group=group)
    browser = client_of(moss)
    form = reverse("moderation:propose_sanction", args=[ana.id]) + f"?case={case.id}"
    assert form in browser.get(reverse("moderation:case", args=[case.id])).content.decode()
    assert browser.get(form).status_code == 200
    data = {"kind": "group", "group": group.id, "length": "7", "policy": "unkind", "reason": WHY}
    assert browser.post(form, {**data, "group": ""}).status_code == 422
    assert browser.post(form, {**data, "reason": "Because of {what}."}).status_code == 422
    assert browser.post(form, {**data, "kind": "room"}).status_code == 422
    assert browser.post(form, data).status_code == 302
    made = Sanction.objects.get()
    assert (made.cause_case, made.group, made.proposed_by) == (case, group, moss)
    begin = reverse("moderation:activate_sanction", args=[made.id])
    begun = {"length": "3", "reason": WHY}
    browser.post(begin, begun)
    made.refresh_from_db()
    assert made.state == SanctionState.PROPOSED
    client_of(lena).post(begin, begun)
    made.refresh_from_db()
    assert (made.state, made.activated_by, made.length.days) == (SanctionState.ACTIVE, lena, 3)
    browser.post(reverse("moderation:lift_sanction", args=[made.id]), {"why": "Enough."})
    made.refresh_from_db()
    assert (made.state, made.ended_by, made.end_reason) == (SanctionState.LIFTED, moss, "Enough.")


def test_a_message_offers_a_pause_from_its_room(
    group: Group, ana: Member, moss: Member, client_of: ClientOf, screen: Callable[[], int]
) -> None:
    room = make_chat.room(group)
    said = make_chat.said(room, ana, make_chat.HELD)
    screen()
    case = said.submission.cases.get()
    form = reverse("moderation:propose_sanction", args=[ana.id]) + f"?case={case.id}"
    data = {"kind": "room", "length": "1", "policy": "unkind", "reason": WHY}
    client_of(moss).post(form, data)
    made = Sanction.objects.get()
    assert (made.room_id, made.place) == (room.id, room.name)


def test_the_form_refuses_what_rests_on_danger(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    case = held(ana)
    risk.raise_risk(ana, Level.RED, RiskSource.FILTER, submission=case.submission)
    form = reverse("moderation:propose_sanction", args=[ana.id]) + f"?case={case.id}"
    data = {"kind": "rest", "length": "1", "policy": "unkind", "reason": WHY}
    answer = client_of(moss).post(form, data)
    assert (answer.status_code, WHY in answer.content.decode()) == (409, True)
    assert not Sanction.objects.exists()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_measures_cost_the_same_for_one_row_and_for_three(
    rows: int,
    clinic: Clinic,
    moss: Member,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(rows):
        someone = make.member(clinic)
        proposed(moss, someone)
        active(moss, someone)
    browser = client_of(moss)
    browser.get(reverse("moderation:sanctions"))
    with django_assert_num_queries(EVERY_PAGE + 2):
        page = browser.get(reverse("moderation:sanctions"))
    assert len(page.context["proposed"]) == len(page.context["page"].items) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_what_happened_costs_the_same_for_one_row_and_for_three(
    rows: int,
    group: Group,
    ana: Member,
    ben: Member,
    moss: Member,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(rows):
        active(moss, ana)
        over(active(moss, ana))
        removed(ana, moss, "method")
        text = make_forums.published(make_forums.board(group, f"B{n}"), ben).submission
        reported(ana, text)
    browser = client_of(ana)
    browser.get(reverse("moderation:what_happened"))
    # Measures, texts, reports.
    with django_assert_num_queries(EVERY_PAGE + 3):
        page = browser.get(reverse("moderation:what_happened"))
    for name in ("active", "earlier", "texts", "reports"):
        assert len(page.context[name]) == rows


def test_submitting_asks_once_whether_somebody_may_write(
    ana: Member, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        standing.may_write_now(ana, "Hello")
    assert letter(ana)


def test_the_plan_says_for_how_long(ana: Member, moss: Member) -> None:
    made = sanctions.propose(moss, ana, plan(SanctionKind.REST, days=7))
    assert made.length == timedelta(days=7)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (SanctionKind.WARNING, ""),
        (SanctionKind.SLOW, "You write slowly until"),
        (SanctionKind.REST, "You have a rest from writing until"),
    ],
)
def test_one_hears_of_it_before_one_writes(
    kind: SanctionKind, words: str, group: Group, ana: Member, moss: Member, client_of: ClientOf
) -> None:
    post = make_forums.published(make_forums.board(group), ana)
    room = make_chat.room(group)
    active(moss, ana, kind)
    for url in (
        reverse("forums:thread", args=[post.thread_id]),
        reverse("forums:start", args=[post.thread.board_id]),
        reverse("chat:room", args=[room.id]),
    ):
        page = client_of(ana).get(url).content.decode()
        assert (words in page, "Here is why" in page) == (True, bool(words))
