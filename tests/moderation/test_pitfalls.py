"""What a toy moderation does wrong, as statements that can be false, and the test of each.

The first table names tests elsewhere; what no other file tests stands below, each under its number.
"""

import ast
import json
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.chat.models import Room
from community.forums import actions as forums
from community.members import identity, outbox, sessions
from community.members.models import AuditEntry, Group, Member, Notice
from moderation import actions, queue, review, risk, wellbeing
from moderation.models import (
    Criterion,
    Level,
    ReviewCase,
    ReviewState,
    Revision,
    RevisionState,
    RiskCase,
    RiskSource,
    RiskState,
    State,
    Submission,
)
from moderation.screening import runner
from tests import make, make_chat, make_forums
from tests.access_things import Things
from tests.make_chat import RoomSocket
from tests.make_moderation import held, letter, letters
from tests.test_house import patterns

ClientOf = Callable[..., Client]
TESTS = Path(__file__).resolve().parent.parent

# number, statement, and where it is tested ("here": below). 33 to 54 are about the filter: they
# stand in tests/moderation/screening.
PITFALLS = """
1   a waiting text reaches no second member live                 here; chat/test_broadcast::test_a_held_text_is_in_no_answer_until_it_is_released
2   nor later: pages, history, search, notices, letters          here; forums/test_pitfalls::test_held_words_are_not_found_and_an_edit_is_found_when_released
3   what is taken down leaves every screen and every replay      chat/test_broadcast::test_a_removal_and_its_return_reach_who_was_away; chat/test_broadcast::test_words_taken_down_are_in_no_answer_of_any_kind; forums/test_views::test_a_taken_down_post_leaves_a_tombstone_without_words
4   told after the commit, never of what was rolled back         members/test_live::test_a_rolled_back_change_is_never_published
5   a verdict belongs to a wording                               forums/test_actions::test_an_edit_into_a_rude_text_is_held_and_the_old_one_stays; chat/test_floor::test_other_words_are_checked_before_anybody_sees_them
6   one little word is an edit                                   forums/test_actions::test_one_little_word_is_an_edit
7   titles are judged as texts are                               here
8   a quote of what is gone is gone                              forums/test_pitfalls::test_a_post_taken_back_leaves_quotes_search_and_notes
9   "publish" brings nothing back that its author took back      here; test_appeals::test_what_its_author_took_back_stays_theirs
10  erasing somebody leaves cases decidable and the chain whole  test_erasure::test_an_open_case_is_still_decided; test_erasure::test_a_person_at_risk_stays_in_the_teams_care
11  its author sees what waits, and why                          test_views::test_my_text_tells_the_truth_at_each_step; forums/test_views::test_a_held_reply_reaches_nobody_but_its_author
12  what is hidden lies in a queue without a filter              here; test_faults::test_none_lost_none_in_limbo_none_leaked
13  danger takes nothing away                                    test_risk::test_danger_never_takes_anything_away; test_sanctions::test_help_and_a_person_stay_reachable
14  no verdict of a machine becomes a measure                    test_sanctions::test_a_rule_proposes_step_by_step_and_begins_nothing; test_sanctions::test_what_is_active_has_a_person_who_began_it
15  no limit slows a call for help                               test_sanctions::test_a_call_for_help_is_never_slowed; chat/test_floor::test_a_call_for_help_waits_for_no_turn_no_rules_and_no_slow_mode
16  what was typed is not lost                                   forums/test_views::test_a_mistake_is_explained_and_the_text_stays; test_views::test_what_is_missing_is_said_and_nothing_typed_is_lost
17  help comes without script                                    forums/test_views::test_help_is_in_the_very_answer_to_a_dark_post
18  help of the clinic's own country, or no start                config/test_checks::test_a_missing_file_of_resources_is_refused
19  two who press "next" get two                                 test_queue::test_sixteen_people_take_two_thousand_texts_and_none_twice
20  a claim of somebody who vanished ends by itself              here
21  amber is never starved                                       test_queue::test_a_steady_stream_of_red_never_makes_amber_late; test_queue::test_amber_passes_a_new_red_when_80_percent_of_its_time_is_used
22  an old claim or an old wording decides nothing               test_views::test_a_lost_claim_is_409_and_keeps_what_was_typed; test_views::test_a_text_changed_meanwhile_is_409_with_the_new_wording; here
23  pressed twice is decided once                                test_views::test_pressing_twice_is_one_decision_and_one_notice
24  passed on goes to another, then to a lead                    test_queue::test_what_was_passed_on_goes_to_somebody_else; test_queue::test_after_three_it_goes_to_a_lead
25  nobody judges where they are not free                        test_queue::test_nobody_comes_near_their_own_words; test_queue::test_nobody_judges_a_report_about_themselves; test_queue::test_nobody_judges_their_own_mentee; test_appeals::test_who_decided_does_not_answer
26  a breach is neither lost nor doubled                         test_duty::test_a_breach_is_written_once_after_a_stop_and_with_clocks_five_minutes_apart; test_duty::test_the_hour_that_comes_twice_neither_loses_nor_doubles_a_breach; here
27  clocks run by themselves, and stopped ones are seen          test_duty::test_the_desk_says_when_the_clocks_stand_still; test_duty::test_one_case_that_fails_keeps_no_other_waiting_and_the_desk_says_so; test_duty::test_many_processes_take_each_step_once
28  a report joins the open case; a level only rises             test_reports::test_several_reports_join_one_case; test_queue::test_a_level_that_rises_moves_a_text_forward_and_never_back
29  no machine lowers what a person set                          here; test_figures::test_a_text_read_again_does_not_call_again_what_a_person_judged_lower
30  figures equal a recount                                      test_figures::test_the_figures_equal_a_recount_of_any_history; here
31  many at once are one by one (the desk has no such button)    here
32  odd content is still decided                                 test_views::test_odd_findings_never_keep_a_case_shut; test_views::test_a_context_that_breaks_leaves_the_case_decidable; here
55  audit, decisions and steps are written once                  test_audit::test_the_database_refuses_changes; test_audit::test_without_the_guards_they_go_through; members/test_audit::test_the_database_refuses_changes; test_duty::test_a_step_cannot_be_changed_or_deleted
56  the first bad row is named; many writers, one chain          members/test_audit::test_an_altered_row_is_named; members/test_audit::test_a_missing_row_is_named; members/test_audit::test_rows_that_changed_places_are_named; members/test_audit::test_many_writers_make_one_chain
57  reading is written down, refused reading too                 test_audit::test_opening_a_case_or_a_person_is_written_down; chat/test_floor::test_reading_a_transcript_is_written_down; here
58  nobody agrees to their own request; the window ends          test_disclosure::test_nobody_agrees_to_their_own_request; test_disclosure::test_another_leads_yes_opens_it_for_half_an_hour; test_disclosure::test_who_leaves_it_unreviewed_asks_for_nothing_more
59  no address, name or IP on any page of the desk               here
60  no words in any log                                          config/test_logs::test_a_traceback_names_places_but_not_words; here
61  nobody learns who reported, who moderated, who is at risk    test_views::test_worry_reaches_the_team_and_never_says_whose_it_was; test_reports::test_the_reporter_is_told_and_learns_nothing_private; here
62  no scores for mentors                                        here
63  who is suspended loses sockets and claims at once            members/test_sessions::test_suspending_ends_sessions_and_closes_sockets; here
64  not there and not yours are one answer                       forums/test_views::test_not_there_and_not_yours_are_the_same_answer; members/test_blocks::test_strangers_and_nobody_are_the_same_404; here
65  erasing blanks words, keeps digests; a hold refuses it       test_erasure::test_words_and_particulars_go_and_digests_stay; test_erasure::test_what_the_law_asks_to_keep_is_not_erased
66  an unfilled placeholder is not sent                          here
67  gravity is said before the words                             test_views::test_a_grave_text_is_announced_before_it_is_shown; test_desk::test_habits_switch_keys_off_and_cover_what_one_wants
68  after many grave texts: a break, and no crisis               test_desk::test_a_break_is_proposed_after_grave_texts_and_gives_back_what_is_held; here
69  who helped learns how it went on                             test_desk::test_who_helped_learns_how_it_went_on
70  screening is said beforehand, agreed to by version           members/test_invitations::test_somebody_joins_with_a_passphrase_and_confirms_the_address; here
71  nobody on duty is said before somebody writes                test_duty::test_members_are_told_when_nobody_is_on_duty
72  silence answers no appeal                                    test_appeals::test_silence_is_no_answer_and_the_leads_are_told_once
"""  # noqa: E501


@cache
def names_in(file: str) -> frozenset[str]:
    """Names of the tests in tests/<file>.py, or of this area when there is no folder."""
    folder = {
        "chat": "community/chat",
        "forums": "community/forums",
        "members": "community/members",
    }
    area, _, name = file.rpartition("/")
    path = TESTS / (folder.get(area, area) or "moderation") / f"{name}.py"
    defs = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(n.name for n in ast.parse(path.read_text()).body if isinstance(n, defs))


def test_every_pitfall_has_a_test() -> None:
    rows = [line for line in PITFALLS.splitlines() if line]
    assert [int(row[:3]) for row in rows] == [*range(1, 33), *range(55, 73)]
    mine = names_in("test_pitfalls")
    for row in rows:
        number, where = int(row[:3]), row[65:].strip().split("; ")
        assert where, row
        for one in where:
            if one == "here":
                assert any(name.startswith(f"test_{number}_") for name in mine), row
            else:
                file, _, name = one.partition("::")
                assert name in names_in(file), one


# --- Publication --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
async def test_1_a_waiting_text_reaches_no_second_member_live(
    group: Group, ana: Member, ben: Member
) -> None:
    room: Room = await sync_to_async(make_chat.room)(group)
    reader = await RoomSocket.of(ben)
    await reader.enter(room)
    await sync_to_async(make_chat.said)(room, ana, make_chat.HELD)
    assert await reader.quiet()
    await sync_to_async(make_chat.screened)()
    assert await reader.quiet(), "neither its words, nor its number, nor its length"
    case = await ReviewCase.objects.select_related("revision").aget()
    settle = sync_to_async(actions.settle)
    await settle(case.revision, State.VISIBLE, seen=RevisionState.HELD)
    assert await reader.quiet(), "the machine does not overtake a person"
    moss = await sync_to_async(make.member)(ana.clinic, role="moderator")
    await settle(case.revision, State.VISIBLE, seen=RevisionState.HELD, by=moss)
    assert (await reader.next("msg"))["body"] == make_chat.HELD


APPS = ("members", "forums", "chat", "moderation", "mentorship")


def pages_of(
    client: Client, things: dict[str, Any], apps: tuple[str, ...] = APPS
) -> dict[str, str]:
    """Every page that answers 200 to a GET with these things behind it, by its name."""
    found = {}
    for app, pattern in patterns_of(apps):
        name = f"{app}:{pattern.name}"
        route = str(pattern.pattern)
        args = {key: value for key, value in things.items() if f":{key}>" in route}
        if route.count("<") != len(args):
            continue
        answer = client.get(reverse(name, kwargs=args))
        if answer.status_code == 200:
            found[name] = answer.content.decode(errors="replace")
    return found


def patterns_of(apps: tuple[str, ...]) -> list[tuple[str, Any]]:
    from django.urls import get_resolver

    quick = {"tour", "stop_digest", "leave_now"}
    return [(a, p) for a, p in patterns(get_resolver()) if a in apps and p.name not in quick]


def letters_and_notices() -> str:
    """Everything that left the house or waits for somebody to read."""
    while outbox.run_once():
        pass
    sent = " ".join(f"{one.subject} {one.body}" for one in mail.outbox)
    return sent + json.dumps(list(Notice.objects.values_list("kind", "url")))


@pytest.mark.slow
def test_2_a_waiting_text_is_on_no_page_of_others(
    group: Group, ana: Member, ben: Member, client_of: ClientOf, screen: Callable[[], int]
) -> None:
    word = "marmalade"
    body = f"You are a pathetic idiot with {word}."
    first = make_forums.published(make_forums.board(group), ben, "Hello all.")
    room = make_chat.room(group)
    posted = forums.reply(first.thread, ana, body, uuid.uuid4()).post
    spoken = make_chat.said(room, ana, body)
    things = {"board_id": first.thread.board_id, "thread_id": first.thread_id, "room_id": room.id}
    things |= {"post_id": posted.id, "message_id": spoken.id, "member_id": ana.id}
    things |= {"submission_id": posted.submission_id, "group_id": group.id}
    for apps in (("forums", "chat"), APPS):  # being checked, then held
        read = pages_of(client_of(ben), things, apps)
        assert {"forums:thread", "chat:room"} <= set(read)
        assert [name for name, html in read.items() if word in html] == []
        found = client_of(ben).get(reverse("forums:find"), {"words": word, "q": word}).content
        assert b"pathetic" not in found
        assert word not in letters_and_notices()
        screen()
    hers = pages_of(client_of(ana), things, ("forums", "chat"))
    assert any(word in html for html in hers.values()), "its author sees it"
    for case in ReviewCase.objects.select_related("revision"):
        seen = RevisionState.HELD
        actions.settle(case.revision, State.VISIBLE, seen=seen, by=make.member(ana.clinic))
    read = pages_of(client_of(ben), things, ("forums",))
    assert word in read["forums:thread"], "there was something that could have leaked"
    assert word not in letters_and_notices()


def test_7_titles_are_judged_as_texts_are(ana: Member, screen: Callable[[], int]) -> None:
    rude = letter(ana, "I read a book.", title="You are a pathetic idiot")
    calm = letter(ana, "I read a book.", title="A quiet day")
    screen()
    assert [Submission.objects.get(id=one.id).state for one in (rude, calm)] == [
        State.HELD,
        State.VISIBLE,
    ]


def test_9_what_its_author_took_back_stays_so(ana: Member, moss: Member) -> None:
    case = review.claim(held(ana), moss)
    actions.withdraw(case.submission, ana)
    said = {"token": case.token, "revision_id": case.revision_id, "policy": "fine"}
    review.decide(case, moss, State.VISIBLE, reason="Thank you.", **said)
    submission = Submission.objects.get()
    assert (submission.state, submission.shown) == (State.WITHDRAWN, None)
    assert "first" not in [what for what, _ in letters.told]


def test_12_whatever_hides_a_text_lays_it_before_a_person(
    ana: Member, mia: Member, moss: Member, screen: Callable[[], int]
) -> None:
    """By the filter, the deadline, an edit, or a mode; and the queue without a filter shows it."""
    letter(ana, "You are a pathetic idiot.")
    letter(mia, "A calm day.", mode="pre")
    edited = letter(mia, "A calm day by the sea.")
    screen()
    actions.revise(edited, mia, "You are a pathetic idiot.")
    late = letter(ana, "I read a book.")
    Revision.objects.filter(submission=late).update(due_at=timezone.now())
    runner.overdue()
    screen()
    hidden = Submission.objects.exclude(latest__state=RevisionState.RELEASED)
    assert hidden.count() == 4
    listed = {case.submission_id for case in queue.waiting(moss)}
    assert listed == set(hidden.values_list("id", flat=True))


# --- Queue, claims, clocks ----------------------------------------------------------------------


def test_20_a_claim_of_somebody_who_vanished_ends_by_itself(
    ana: Member, moss: Member, lena: Member
) -> None:
    case = review.claim(held(ana), moss)
    assert queue.count(queue.waiting(lena)) == 1, "held, but it never leaves the count"
    assert review.claim_next(lena) is None
    ReviewCase.objects.update(lease_until=timezone.now())
    assert queue.count(queue.waiting(lena)) == 1
    taken = review.claim_next(lena)
    assert taken is not None
    assert (taken.id, taken.claimed_by, taken.token) == (case.id, lena, case.token + 1)


def test_22_an_old_token_or_an_old_wording_decides_nothing(
    ana: Member, moss: Member, lena: Member, screen: Callable[[], int]
) -> None:
    case = review.claim(held(ana, "You are a pathetic idiot."), moss)
    old = {"token": case.token, "revision_id": case.revision_id}
    said = {"policy": "fine", "reason": "Thank you."}
    actions.revise(case.submission, ana, "You are such an idiot, really.")
    with pytest.raises(review.ClaimLost):
        review.decide(case, moss, State.VISIBLE, **old, **said)
    screen()
    case.refresh_from_db()
    for changes in ({"token": case.token}, {"token": case.token - 1}):
        with pytest.raises(review.ClaimLost):
            review.decide(case, moss, State.VISIBLE, **{**old, **changes}, **said)
    case.refresh_from_db()
    assert (case.state, case.submission.state) == (ReviewState.CLAIMED, State.HELD)
    now = {"token": case.token, "revision_id": case.revision_id}
    assert review.decide(case, moss, State.REMOVED, **now, **said).revision.number == 2


def test_26_a_restart_in_the_middle_of_a_promise_changes_nothing(ana: Member) -> None:
    """What is due stands in the database: a process that starts anew finds the same moments."""
    case = risk.raise_risk(ana, Level.CRISIS, RiskSource.SELF)
    dues = [case.due_of(clock) for clock in risk.CLOCKS]
    again = RiskCase.objects.get(id=case.id)
    assert [again.due_of(clock) for clock in risk.CLOCKS] == dues
    risk.raise_risk(ana, Level.CRISIS, RiskSource.PEER, text="I am worried.")
    again.refresh_from_db()
    assert [again.due_of(clock) for clock in risk.CLOCKS] == dues, "a second call moves none later"


def test_29_no_machine_lowers_what_a_person_set(ana: Member, moss: Member) -> None:
    case = risk.raise_risk(ana, Level.AMBER, RiskSource.PEER)
    risk.acknowledge(case, moss)
    how = {"criteria": [Criterion.PLAN], "text": "She has a plan.", "seen": 10**9}
    risk.assess(case, moss, level=Level.CRISIS, way=RiskState.EMERGENCY, **how)
    risk.raise_risk(ana, Level.AMBER, RiskSource.FILTER, submission=letter(ana))
    case.refresh_from_db()
    assert case.level == Level.CRISIS
    text = held(ana, level=Level.RED)
    actions.open_case(text.submission, text.revision, Level.GREEN, ("model.toxic",))
    text.refresh_from_db()
    assert text.level == Level.RED


def test_30_what_the_desk_counts_is_what_waits(
    ana: Member, moss: Member, lena: Member, client_of: ClientOf
) -> None:
    cases = [held(ana, level=level) for level in (0, 1, 2, 3, 1)]
    review.claim(cases[0], lena)
    review.claim(cases[1], lena)
    said = {"token": 1, "revision_id": cases[1].revision_id, "policy": "fine", "reason": "Fine."}
    review.decide(cases[1], lena, State.VISIBLE, **said)
    page = client_of(moss).get(reverse("moderation:queue"))
    assert page.context["waiting"] == 4 == ReviewCase.objects.exclude(state="decided").count()


def test_31_there_is_no_button_that_decides_many_at_once() -> None:
    """Each text has its own case, token, reason and row in the audit. Whoever adds a way to decide
    several must write a parent row and a child row each."""
    posts = [
        p.name for a, p in patterns_of(("moderation",)) if "decide" in p.name or "bulk" in p.name
    ]
    assert posts == ["decide"]


@pytest.mark.parametrize(
    "body",
    ["x" * 200_000, "\u202e" * 500 + "abc", "<script>alert(1)</script>" * 50, "🫂" * 900, " "],
    ids=["huge", "turned round", "script", "signs", "empty"],
)
def test_32_odd_content_is_opened_and_decided(
    ana: Member, moss: Member, client_of: ClientOf, body: str
) -> None:
    case = held(ana, body)
    client = client_of(moss)
    page = client.get(reverse("moderation:case", args=[case.id]))
    assert page.status_code == 200
    assert b"<script>alert(1)" not in page.content
    case = review.claim(case, moss)
    said = {"token": case.token, "revision_id": case.revision_id, "policy": "fine"}
    review.decide(case, moss, State.REMOVED, reason="Not readable.", **said)
    assert Submission.objects.get().state == State.REMOVED


# --- Privacy ------------------------------------------------------------------------------------


def test_57_an_attempt_to_read_what_is_not_ones_own_is_written_down(
    client_of: ClientOf, moss: Member, dora: Member
) -> None:
    theirs = held(dora), risk.raise_risk(dora, Level.RED, RiskSource.PEER)
    mine = held(moss)
    client = client_of(moss)
    for name, row in (("case", theirs[0]), ("risk", theirs[1]), ("case", mine)):
        assert client.get(reverse(f"moderation:{name}", args=[row.id])).status_code == 404
    rows = AuditEntry.objects.filter(actor_id=moss.id, action__endswith=".refused")
    found = [(row.action, row.said["case"]) for row in rows.order_by("sequence")]
    assert found == [
        ("case.refused", theirs[0].id),
        ("risk.refused", theirs[1].id),
        ("case.refused", mine.id),
    ]


@pytest.mark.slow
def test_59_no_particulars_of_anybody_stand_on_a_page_of_the_desk(
    things: Things, ana: Member, moss: Member, lena: Member, client_of: ClientOf
) -> None:
    """Nor in the file of figures: only a disclosure that was agreed to shows them."""
    identity.keep(ana, {"name": "Anna Invented", "phone": "01632 960961"})
    private = [ana.email, "Anna Invented", "960961", "127.0.0.1"]
    for person in (moss, lena):
        read = pages_of(client_of(person), things.ids)
        assert len(read) > 15
        case = client_of(person).get(reverse("moderation:risk", args=[RiskCase.objects.get().id]))
        read["risk"] = case.content.decode()
        assert any("Ana" in html for html in read.values()), "her chosen name is there"
        # Our own address is no particular of anybody.
        shown = {name: html.replace(settings.SITE_URL, "") for name, html in read.items()}
        leaked = [(name, word) for name, html in shown.items() for word in private if word in html]
        assert leaked == []


def test_60_no_words_and_no_address_in_any_log(
    ana: Member, moss: Member, screen: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    words = "The blackbirds are pathetic idiots and I want to die."
    case = held(ana, words)
    risk.worry(ana, moss, Level.RED, words)
    letter(ana, words)
    screen()
    case = review.claim(case, moss)
    said = {"token": case.token, "revision_id": case.revision_id, "policy": "fine"}
    review.decide(case, moss, State.REMOVED, reason=words, note=words, **said)
    while outbox.run_once():
        pass
    ours = [r for r in caplog.records if not r.name.startswith(("django.db", "asyncio"))]
    text = " ".join(record.getMessage() for record in ours)
    assert "blackbirds" not in text
    assert ana.email not in text


@pytest.mark.slow
def test_61_members_learn_neither_who_is_at_risk_nor_who_moderates(
    group: Group, ana: Member, ben: Member, moss: Member, client_of: ClientOf
) -> None:
    room = make_chat.room(group)
    post = make_forums.published(make_forums.board(group), ana, "A calm day.")
    risk.acknowledge(risk.worry(ana, ben, Level.RED, "I am worried."), moss)
    risk.write(RiskCase.objects.get(), moss, "We are here.")
    case = review.claim(held(ana), moss)
    said = {"token": case.token, "revision_id": case.revision_id, "policy": "unkind"}
    review.decide(case, moss, State.REMOVED, reason="It could hurt.", **said)
    things = {"board_id": post.thread.board_id, "thread_id": post.thread_id, "room_id": room.id}
    things |= {"member_id": ana.id, "submission_id": case.submission_id}
    hers, his = pages_of(client_of(ana), things), pages_of(client_of(ben), things)
    assert any("We are here." in html for html in hers.values())
    assert not any("Moss" in html for html in (*hers.values(), *his.values()))
    assert not any("We are here." in html for html in his.values())
    public = [html for name, html in his.items() if name.startswith(("forums:", "chat:"))]
    assert not any("at risk" in html for html in public)
    assert not any("Ben" in html for name, html in hers.items() if name.startswith("moderation:"))


def test_62_a_mentor_sees_no_score_and_no_case(
    group: Group, ana: Member, mia: Member, client_of: ClientOf, screen: Callable[[], int]
) -> None:
    """Answers of questionnaires are in no table yet; scores of the filter are, and no mentor reads
    them."""
    case = held(ana, "You are a pathetic idiot.", group=group)
    danger = risk.raise_risk(ana, Level.RED, RiskSource.FILTER)
    client = client_of(mia)
    for name, row in (("case", case), ("risk", danger)):
        assert client.get(reverse(f"moderation:{name}", args=[row.id])).status_code == 404
    assert client.get(reverse("moderation:queue")).status_code == 404


def test_63_who_is_suspended_gives_back_what_they_held_at_once(
    ana: Member, moss: Member, lena: Member
) -> None:
    case = review.claim(held(ana), moss)
    sessions.suspend(moss)
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == (ReviewState.OPEN, None)
    taken = review.claim_next(lena)
    assert taken == case
    with pytest.raises((review.ClaimLost, review.ConflictOfInterest)):
        review.decide(
            case,
            Member.objects.get(id=moss.id),
            State.VISIBLE,
            token=1,
            revision_id=case.revision_id,
            policy="fine",
            reason="Fine.",
        )


def test_64_a_group_one_is_not_in_looks_like_one_that_is_not_there(
    cleo: Member, group: Group, ana: Member, client_of: ClientOf
) -> None:
    post = make_forums.published(make_forums.board(group), ana, "A calm day.")
    room = make_chat.room(group)
    client = client_of(cleo)
    for name, real in (
        ("forums:board", post.thread.board_id),
        ("forums:thread", post.thread_id),
        ("chat:room", room.id),
        ("moderation:report", post.submission_id),
        ("moderation:worried", ana.id),
    ):
        there, nowhere = (client.get(reverse(name, args=[n])) for n in (real, 999_999))
        assert (there.status_code, nowhere.status_code) == (404, 404)
        assert len(there.content) == len(nowhere.content), name


# --- People -------------------------------------------------------------------------------------


def test_66_an_unfilled_placeholder_is_not_sent_and_what_is_sent_is_kept(
    ana: Member, moss: Member, client_of: ClientOf
) -> None:
    case = review.claim(held(ana), moss)
    url = reverse("moderation:decide", args=[case.id])
    form: dict[str, Any] = {"outcome": "removed", "policy": "unkind", "template": "own"}
    form |= {"token": case.token, "revision": case.revision_id}
    client = client_of(moss)
    unfilled = client.post(url, {**form, "reason": "We hid {what is hidden} for you."})
    assert unfilled.status_code == 422
    assert "{what is hidden}" in unfilled.content.decode()
    assert case.submission.decisions.filter(by=moss).count() == 0
    assert client.post(url, {**form, "reason": "We hid your address."}).status_code == 302
    assert case.submission.decisions.get(by=moss).reason == "We hid your address."


def test_68_who_has_read_many_grave_texts_gets_no_crisis_while_others_are_there(
    ana: Member, moss: Member, lena: Member
) -> None:
    wellbeing.set_habits(moss, keys=True, cover_from=2, heavy_most=2)
    grave = [review.claim(held(ana, level=Level.RED), moss) for _ in range(2)]
    for case in grave:
        review.release(case, moss)
    ReviewCase.objects.update(state=ReviewState.DECIDED)
    crisis, routine = held(ana, level=Level.CRISIS), held(ana, level=Level.GREEN)
    review.release(review.claim(routine, lena), lena)
    assert review.claim_next(moss) == routine
    review.release(routine, moss)
    # Nobody else is there: somebody has to.
    lena.refresh_from_db()
    Member.objects.filter(id=lena.id).update(is_active=False)
    assert review.claim_next(moss) == crisis


def test_70_screening_and_its_limits_are_said_where_somebody_writes(
    group: Group, ana: Member, client_of: ClientOf
) -> None:
    privacy = client_of(ana).get(reverse("members:privacy")).content.decode().lower()
    assert "a computer program checks every text" in privacy
    assert "where confidence ends" in privacy
    board = make_forums.board(group)
    start = client_of(ana).get(reverse("forums:start", args=[board.id])).content.decode().lower()
    assert "every text is checked before others see it" in start
