"""Erasing a person: their words go; cases can still be decided, and the audit still verifies."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from community.chat import actions as chat
from community.members import audit, erasure, identity
from community.members.models import AuditEntry, Group, Identity, Member, Notice
from moderation import disclosure, queue, review, risk, undo
from moderation.models import (
    Basis,
    Criterion,
    Decision,
    DisclosureRequest,
    Level,
    PendingDecision,
    ReviewState,
    Revision,
    RiskCase,
    RiskEvent,
    RiskSource,
    RiskState,
    SavedView,
    State,
    Submission,
)
from tests import make_forums
from tests.make_moderation import held

WORDS = "The garden was full of blackbirds this morning."
ClientOf = Callable[..., Client]


def test_words_and_particulars_go_and_digests_stay(ana: Member, moss: Member) -> None:
    identity.keep(ana, {"name": "Anna Invented"})
    case = held(ana, WORDS, title="Birds")
    before = case.revision.sha256
    assert erasure.erase(ana, moss) == 1
    revision = Revision.objects.get()
    assert (revision.title, revision.body, revision.sha256) == ("", "", before)
    assert not Identity.objects.exists()
    assert not Notice.objects.filter(member=ana).exists()
    assert (ana.name, ana.is_active) == (f"Former member {ana.id}", False)
    assert "ana" not in ana.email
    assert erasure.erase(ana, moss) == 0


@pytest.mark.parametrize("outcome", [State.VISIBLE, State.REMOVED])
def test_an_open_case_is_still_decided(ana: Member, moss: Member, outcome: State) -> None:
    waiting, taken = held(ana, WORDS), review.claim(held(ana, WORDS), moss)
    erasure.erase(ana, None)
    for case in (review.claim(waiting, moss), taken):
        review.decide(
            case,
            moss,
            outcome,
            token=case.token,
            revision_id=case.revision_id,
            policy="unkind",
            reason="A sentence.",
        )
        assert case.state == ReviewState.DECIDED
    # Nobody brings an erased text back.
    assert Submission.objects.filter(state=State.PURGED, shown=None).count() == 2
    assert Decision.objects.filter(by=moss).count() == 2
    audit.verify()


def test_the_desk_shows_the_case_and_not_the_words(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    case = held(ana, WORDS)
    person = risk.raise_risk(ana, Level.RED, RiskSource.FILTER, submission=case.submission)
    client = client_of(moss)
    pages = [reverse("moderation:case", args=[case.id])]
    pages += [reverse("moderation:risk", args=[person.id]), reverse("moderation:queue")]
    assert "blackbirds" in client.get(pages[0]).content.decode()
    erasure.erase(ana, None)
    for url in pages:
        page = client.get(url)
        assert page.status_code == 200
        assert "blackbirds" not in page.content.decode()
        assert "Former member" in page.content.decode()


def test_a_person_at_risk_stays_in_the_teams_care(ana: Member, moss: Member) -> None:
    case = risk.raise_risk(ana, Level.RED, RiskSource.FILTER)
    erasure.erase(ana, None)
    assert risk.acknowledge(case, moss)
    case.refresh_from_db()
    assert case.state == RiskState.ACKNOWLEDGED
    audit.verify()


def all_words(*models: type) -> str:
    """Every text column of these tables, in one string."""
    return " ".join(str(row) for model in models for row in model._default_manager.values_list())


def test_what_was_said_about_somebody_goes_and_the_case_goes_on(
    ana: Member, ben: Member, moss: Member
) -> None:
    """Notes, messages and worries go; levels, kinds and who did what stay, and it is still judged,
    followed up and closed."""
    case = risk.worry(ana, ben, Level.RED, WORDS)
    risk.acknowledge(case, moss)
    risk.add_note(case, moss, WORDS)
    risk.write(case, moss, WORDS)
    how = {"criteria": [Criterion.IDEATION], "seen": 10**9}
    risk.assess(case, moss, level=Level.RED, way=RiskState.PLAN, text=WORDS, **how)
    assert all_words(RiskEvent, RiskCase).count("blackbirds") == 5
    before = list(RiskEvent.objects.order_by("id").values_list("kind", "level", "by"))
    erasure.erase(ana, None)
    assert "blackbirds" not in all_words(RiskEvent, RiskCase)
    assert list(RiskEvent.objects.order_by("id").values_list("kind", "level", "by")) == before
    risk.follow_up(case, moss, "Nobody answers any more.", seen=10**9)
    assert risk.follow_up(case, moss, WORDS, seen=10**9) is True
    case.refresh_from_db()
    assert (case.state, case.outcome) == (RiskState.CLOSED, "")
    assert "blackbirds" not in all_words(RiskEvent, RiskCase)
    audit.verify()


def test_a_worry_about_somebody_else_stays_while_it_is_needed(
    ana: Member, ben: Member, moss: Member
) -> None:
    """Ben's words may be all that is known of the danger Ana is in. With her case they go."""
    closed, other = risk.worry(moss, ben, Level.RED, WORDS), risk.worry(ana, ben, Level.RED, WORDS)
    RiskCase.objects.filter(id=closed.id).update(state=RiskState.CLOSED)
    erasure.erase(ben, None)
    assert [event.text for event in closed.events.all()] == [""]
    assert [event.text for event in other.events.all()] == [WORDS]
    risk.acknowledge(other, moss)
    note = risk.add_note(other, moss, "Spoke with her.")
    how = {"criteria": [Criterion.SAFE], "seen": note.id, "text": "She is well."}
    risk.assess(other, moss, level=Level.GREEN, way=RiskState.STOOD_DOWN, **how)
    assert other.events.get(kind="signal").text == ""
    # What the team wrote about Ana, who is still here, is hers.
    assert other.events.get(kind="note").text == "Spoke with her."


def test_what_was_written_with_a_decision_goes_and_the_decision_stays(
    ana: Member, moss: Member, settings: Any
) -> None:
    settings.UNDO_S = 10
    held_now = [review.claim(held(ana), moss) for _ in range(2)]
    words = {"policy": "unkind", "reason": WORDS, "note": WORDS}
    at = [{"token": case.token, "revision_id": case.revision_id} for case in held_now]
    review.decide(held_now[0], moss, State.REMOVED, **at[0], **words)
    undo.decide_soon(held_now[1], moss, undo.Judgement(State.REMOVED, **words), **at[1])
    queue.keep_view(moss, "Ana's", queue.Looking(words="ana"))
    queue.keep_view(moss, "All late", queue.Looking(held="late"))
    tables = (Decision, PendingDecision, SavedView)
    assert all_words(*tables).count("blackbirds") == 4
    erasure.erase(ana, None)
    assert "blackbirds" not in all_words(*tables)
    assert [view.name for view in SavedView.objects.all()] == ["All late"]
    assert undo.settle_mine(moss) == 1
    made = Decision.objects.filter(by=moss).values_list("outcome", "policy", "reason")
    assert list(made) == [(State.REMOVED, "unkind", "")] * 2


def test_the_grounds_of_an_identity_request_stay_until_it_is_answered(
    ana: Member, moss: Member, lena: Member
) -> None:
    risk.raise_risk(ana, Level.CRISIS, RiskSource.SELF)
    identity.keep(ana, {"name": "Anna Invented"})
    done = disclosure.ask(lena, ana, Basis.CARE, WORDS, ["name"])
    disclosure.close(done, lena)
    emergency = disclosure.ask_in_emergency(moss, ana, WORDS, ["name"])
    erasure.erase(ana, None)
    reasons = dict(DisclosureRequest.objects.values_list("id", "reason"))
    assert reasons == {done.id: "", emergency.id: WORDS}
    disclosure.review(emergency, lena, True, WORDS, timedelta(0))
    assert "blackbirds" not in all_words(DisclosureRequest)
    assert DisclosureRequest.objects.get(id=emergency.id).reviewed_by == lena
    audit.verify()


def test_who_looked_is_still_known_and_nothing_is_left_to_see(
    ana: Member, moss: Member, lena: Member
) -> None:
    identity.keep(ana, {"name": "Anna Invented"})
    request = disclosure.ask(moss, ana, Basis.CARE, "To send a letter.", ["name"])
    disclosure.agree(request, lena, timedelta(0))
    disclosure.look(request, moss)
    erasure.erase(ana, None)
    request = DisclosureRequest.objects.get()
    assert disclosure.views_of(request).count() == 1
    assert disclosure.look(request, moss) == {"name": ""}
    audit.verify()


def test_posts_and_messages_disappear_for_others(
    client_of: ClientOf, group: Group, ana: Member, ben: Member, screen: Callable[[], int]
) -> None:
    post = make_forums.published(make_forums.board(group), ana, WORDS)
    room = chat.open_room(group, "Evening room")
    chat.say(ana, room.id, WORDS, str(uuid.uuid4()))
    screen()
    pages = [
        reverse("forums:thread", args=[post.thread_id]),
        reverse("chat:room", args=[room.id]),
    ]
    browser = client_of(ben)
    assert all("blackbirds" in browser.get(url).content.decode() for url in pages)
    erasure.erase(ana, None)
    assert not any("blackbirds" in browser.get(url).content.decode() for url in pages)


def test_a_text_nobody_has_read_is_not_screened_any_more(
    ana: Member, screen: Callable[[], int]
) -> None:
    from tests.make_moderation import letter

    letter(ana, WORDS)
    erasure.erase(ana, None)
    assert screen() == 0


def test_the_erased_cannot_come_back_in(client_of: ClientOf, ana: Member) -> None:
    client = client_of(ana)
    assert client.get(reverse("members:home")).status_code == 200
    erasure.erase(ana, None)
    assert client.get(reverse("members:home")).status_code == 302


def test_the_command_asks_first_and_keeps_staff(ana: Member, moss: Member, capsys: object) -> None:
    call_command("erase_member", ana.id)
    assert Member.objects.get(id=ana.id).is_active
    call_command("erase_member", ana.id, yes=True)
    assert not Member.objects.get(id=ana.id).is_active
    with pytest.raises(CommandError, match="work here"):
        call_command("erase_member", moss.id, yes=True)


def test_what_the_law_asks_to_keep_is_not_erased(ana: Member, capsys: Any) -> None:
    """Pitfall 65."""
    case = held(ana, WORDS)
    call_command("hold_erasure", ana.id, because="A court asked for the letters of May.")
    erasure.hold(ana, "Asked twice.", None)
    with pytest.raises(CommandError, match="letters of May"):
        call_command("erase_member", ana.id, yes=True)
    ana.refresh_from_db()
    case.revision.refresh_from_db()
    assert (ana.is_active, case.revision.body) == (True, WORDS)
    call_command("hold_erasure", ana.id, end=True)
    call_command("hold_erasure", ana.id, end=True)
    assert "There was no hold" in capsys.readouterr().out
    call_command("erase_member", ana.id, yes=True)
    case.revision.refresh_from_db()
    assert case.revision.body == ""
    actions = AuditEntry.objects.order_by("sequence").values_list("action", flat=True)
    assert list(actions) == ["erasure.held", "erasure.let_go", "member.erased"]
    with pytest.raises(CommandError, match="at most 200"):
        call_command("hold_erasure", ana.id, because="x" * 201)
