"""The desk's pages, read and used the way a browser without script does."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from community.members.models import AuditEntry, Group, Member, Notice
from moderation import actions, review, risk
from moderation.models import (
    Decision,
    Level,
    ReviewCase,
    ReviewState,
    RiskCase,
    RiskEvent,
    RiskSource,
    RiskState,
    Screening,
    State,
    Submission,
)
from tests import make
from tests.make_moderation import Letters, held, letter, line

ClientOf = Callable[..., Client]
# Session, person, and what allauth does to note when the session was last used (with a savepoint).
EVERY_PAGE = 2
WORDS = "The garden was full of blackbirds this morning."


def text_of(response: HttpResponse) -> str:
    """What the page says, without tags."""
    html = re.sub(
        r"<script.*?</script>|<style.*?</style>", "", response.content.decode(), flags=re.DOTALL
    )
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def decision(case: ReviewCase, **changes: Any) -> dict[str, Any]:
    """A filled-in decision form made from the case as it is now."""
    case.refresh_from_db()
    return {
        "outcome": "removed",
        "policy": "unkind",
        "reason": "This could hurt somebody. Please try other words.",
        "token": case.token,
        "revision": case.revision_id,
        **changes,
    }


# --- Who may come in ----------------------------------------------------------------------------

DESK = ["queue", "case", "risk"]
ACTS = [
    "take_next",
    "take",
    "give_back",
    "decide",
    "acknowledge",
    "add_note",
    "write",
    "assess",
    "follow_up",
    "second_person",
]


@pytest.fixture
def address(ana: Member) -> Callable[[str], str]:
    """address(name): the URL of a desk page about Ana."""
    case = held(ana, WORDS)
    danger = risk.raise_risk(ana, Level.RED, RiskSource.FILTER)

    def address(name: str) -> str:
        if name in ("queue", "take_next"):
            return reverse(f"moderation:{name}")
        about = case if name in ("case", "take", "give_back", "decide") else danger
        return reverse(f"moderation:{name}", args=[about.id])

    return address


@pytest.mark.parametrize("name", DESK + ACTS)
def test_the_desk_is_there_for_the_care_team_alone(
    name: str,
    address: Callable[[str], str],
    client_of: ClientOf,
    visitor: Client,
    ana: Member,
    mia: Member,
    ada: Member,
    dora: Member,
    moss: Member,
    lena: Member,
) -> None:
    def status(client: Client) -> int:
        ask = client.get if name in DESK else client.post
        return ask(address(name)).status_code

    assert status(visitor) == 302
    assert [status(client_of(each)) for each in (ana, mia, ada, dora)] == [404] * 4
    without = client_of(moss, second_factor=False)
    answer = (without.get if name in DESK else without.post)(address(name))
    assert answer["Location"] == reverse("members:second_factor")
    assert [status(client_of(each)) for each in (moss, lena)] != [404, 404]


@pytest.mark.parametrize("name", [*DESK[1:], *ACTS[1:]])
def test_another_clinics_moderator_finds_nothing(
    name: str, address: Callable[[str], str], client_of: ClientOf, dora: Member
) -> None:
    theirs = client_of(make.member(dora.clinic, "Otto", role="moderator"))
    assert theirs.get(reverse("moderation:queue")).status_code == 200
    here, nowhere = address(name), re.sub(r"\d+", "999999", address(name))
    ask = theirs.get if name in DESK else theirs.post
    assert (ask(here).status_code, ask(here).content) == (404, ask(nowhere).content)


@pytest.mark.parametrize("name", DESK)
def test_looking_changes_nothing(
    name: str, address: Callable[[str], str], client_of: ClientOf, moss: Member
) -> None:
    def rows() -> list[Any]:
        return [
            list(model.objects.order_by("id").values())
            for model in (ReviewCase, RiskCase, RiskEvent, Decision, Notice)
        ]

    url, before = address(name), rows()
    assert client_of(moss).get(url).status_code == 200
    assert rows() == before


# --- The queue ----------------------------------------------------------------------------------


def test_people_stand_above_texts(
    client_of: ClientOf, ana: Member, ben: Member, moss: Member
) -> None:
    held(ben, WORDS)
    risk.raise_risk(ana, Level.CRISIS, RiskSource.SELF)
    page = text_of(client_of(moss).get(reverse("moderation:queue")))
    assert page.index("People at risk") < page.index("Ana") < page.index("Texts to read")
    assert "Letter by Ben" in page
    assert re.search(r"Answer by \d\d:\d\d , in 2 min", page)


def test_the_queue_shows_no_words_of_a_text(client_of: ClientOf, ben: Member, moss: Member) -> None:
    held(ben, WORDS, title="Blackbirds")
    answer = client_of(moss).get(reverse("moderation:queue"))
    assert b"lackbirds" not in answer.content


def test_an_empty_desk_says_so(client_of: ClientOf, moss: Member) -> None:
    page = text_of(client_of(moss).get(reverse("moderation:queue")))
    assert "Nobody is known to be at risk right now." in page
    assert "No text is waiting." in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queue_costs_the_same_for_one_row_and_for_three(
    rows: int,
    client_of: ClientOf,
    group: Group,
    moss: Member,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(rows):
        someone = make.member(group.clinic, groups=(group,))
        review.claim(held(someone, WORDS, group=group), moss)
        held(someone, WORDS, group=group)
        risk.acknowledge(risk.raise_risk(someone, Level.RED, RiskSource.FILTER), moss)
    client = client_of(moss)
    client.get(reverse("moderation:queue"))
    # Her remit, texts, people at risk, their events, how many texts, appeals, what is proposed,
    # the filter, whether the clocks run; the groups to filter by, her views, habits, what she
    # decided lately, her last break and what she read; and letters to the team.
    with django_assert_num_queries(EVERY_PAGE + 9 + 7):
        page = client.get(reverse("moderation:queue"))
    assert len(page.context["cases"]) == 2 * rows
    assert len(page.context["people"]) == rows


def test_next_takes_the_most_urgent_free_text(
    client_of: ClientOf, ana: Member, ben: Member, moss: Member, lena: Member
) -> None:
    review.claim(held(ana, WORDS, level=Level.CRISIS), lena)
    amber, red = held(ben, WORDS, level=Level.AMBER), held(ben, WORDS, level=Level.RED)
    client = client_of(moss)
    first = client.post(reverse("moderation:take_next"))
    second = client.post(reverse("moderation:take_next"))
    third = client.post(reverse("moderation:take_next"))
    assert first["Location"] == reverse("moderation:case", args=[red.id])
    assert second["Location"] == reverse("moderation:case", args=[amber.id])
    assert third["Location"] == reverse("moderation:queue")


# --- One text -----------------------------------------------------------------------------------


def test_a_grave_text_is_announced_before_it_is_shown(
    client_of: ClientOf, ben: Member, moss: Member
) -> None:
    grave, light = held(ben, WORDS, level=Level.RED), held(ben, WORDS, level=Level.AMBER)
    client = client_of(moss)
    covered = client.get(reverse("moderation:case", args=[grave.id])).content.decode()
    shown = client.get(reverse("moderation:case", args=[light.id])).content.decode()
    cover = re.search(r"<details class=\"cover\"[^>]*>(.*?)</details>", covered, re.DOTALL)
    assert cover is not None
    assert "blackbirds" in cover[1]
    assert "blackbirds" not in covered.replace(cover[0], "")
    assert '<details class="cover"' not in shown
    assert "blackbirds" in shown


def test_the_case_page_says_why_marks_the_place_and_shows_what_is_around(
    client_of: ClientOf, ben: Member, moss: Member, group: Group, letters: Letters
) -> None:
    letters.lines = [line("Ana", "Good morning all", timezone.now())]
    case = held(ben, WORDS, title="Birds", masks=((6 + 4, 6 + 10, "place"),), group=group)
    Screening.objects.create(
        revision=case.revision,
        outcome="held",
        level=Level.AMBER,
        scores={"toxic": 0.25, "risk": [1, 0, 0, 0]},
        classifier="vocabulary 1",
        ruleset="r",
        thresholds="t",
        normaliser="n",
        latency_ms=3.0,
    )
    answer = client_of(moss).get(reverse("moderation:case", args=[case.id]))
    page = text_of(answer)
    assert "Insults somebody" in page or "insult" in page.lower()
    assert "The [place: garden ] was full" in page
    assert "Good morning all" in page
    assert "Tuesday circle" in page
    assert "1 text so far: 0 published, 1 waiting, 0 not published" in page
    assert "unkind 0.25" in page
    assert ben.email not in answer.content.decode()


def test_the_case_page_says_which_words_weighed_most(
    client_of: ClientOf, ben: Member, moss: Member
) -> None:
    said = "Honestly, you pathetic idiot"
    case = held(ben, said, reasons=("model.toxic",))
    page = client_of(moss).get(reverse("moderation:case", args=[case.id])).content.decode()
    weighed = page.split("What weighed most in the model:")[1].split("</p>")[0]
    assert "pathetic" in weighed or "idiot" in weighed
    other = held(ben, said, reasons=("conduct.insult",))
    page = client_of(moss).get(reverse("moderation:case", args=[other.id])).content.decode()
    assert "What weighed most" not in page


def test_spans_in_title_and_body_fall_on_the_right_words(
    client_of: ClientOf, ben: Member, moss: Member
) -> None:
    case = held(ben, "Call me", title="My number", masks=((3, 14, "private"),))
    page = text_of(client_of(moss).get(reverse("moderation:case", args=[case.id])))
    assert "My [private: number ]" in page
    assert "[private: Call ] me" in page


@pytest.mark.parametrize(
    "spans", [None, "x", [[1]], [["a", "b", "c"]], [[5, 2, "k"], [-1, 3, "k"], [0, 10**9, "k"]]]
)
def test_odd_findings_never_keep_a_case_shut(
    spans: Any, client_of: ClientOf, ben: Member, moss: Member, letters: Letters
) -> None:
    case = held(ben, "Odd " + "\u202e\U0001f9ff " + "x" * 20_000, reasons=("never.heard.of.it",))
    type(case.revision).objects.filter(id=case.revision_id).update(
        masks=[] if spans is None else spans
    )
    letters.lines = None  # type: ignore[assignment]
    letters.told = None  # type: ignore[assignment]
    client = client_of(moss)
    assert client.post(reverse("moderation:take", args=[case.id])).status_code == 302
    assert client.get(reverse("moderation:case", args=[case.id])).status_code == 200


def test_a_context_that_breaks_leaves_the_case_decidable(
    client_of: ClientOf,
    ben: Member,
    moss: Member,
    letters: Letters,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(content: object) -> None:
        raise RuntimeError

    case = held(ben, WORDS)
    monkeypatch.setattr(letters, "context", broken)
    client = client_of(moss)
    client.post(reverse("moderation:take", args=[case.id]))
    page = client.get(reverse("moderation:case", args=[case.id]))
    assert "cannot be shown right now" in text_of(page)
    client.post(reverse("moderation:decide", args=[case.id]), decision(case))
    case.refresh_from_db()
    assert case.state == ReviewState.DECIDED


def test_a_pointer_leads_to_the_person(client_of: ClientOf, ben: Member, moss: Member) -> None:
    case = held(ben, WORDS)
    url = reverse("moderation:case", args=[case.id])
    client = client_of(moss)
    assert "may be at risk" not in text_of(client.get(url))
    danger = risk.raise_risk(ben, Level.RED, RiskSource.FILTER)
    page = client.get(url)
    assert "may be at risk" in text_of(page)
    assert reverse("moderation:risk", args=[danger.id]) in page.content.decode()


# --- Deciding -----------------------------------------------------------------------------------


@pytest.fixture
def mine(client_of: ClientOf, ben: Member, moss: Member) -> tuple[ReviewCase, Client]:
    """A case that Moss holds, and his browser."""
    case = held(ben, WORDS, masks=((4, 10, "place"),))
    client = client_of(moss)
    client.post(reverse("moderation:take", args=[case.id]))
    return case, client


@pytest.mark.parametrize(
    ("outcome", "public"),
    [
        ("visible", WORDS),
        ("noted", WORDS),
        ("masked", WORDS.replace("garden", "[place hidden]")),
        ("removed", None),
    ],
)
def test_a_decision_makes_the_text_what_was_chosen(
    outcome: str, public: str | None, mine: tuple[ReviewCase, Client]
) -> None:
    case, client = mine
    answer = client.post(
        reverse("moderation:decide", args=[case.id]),
        decision(case, outcome=outcome, note="Seen twice this week.", spans=["4-10-place"]),
    )
    assert answer["Location"] == reverse("moderation:queue")
    submission = case.submission
    submission.refresh_from_db()
    assert submission.state == outcome
    assert (submission.shown.public_body if submission.shown else None) == public
    row = Decision.objects.filter(by__isnull=False).get()
    assert (row.policy, row.note) == ("unkind", "Seen twice this week.")
    notice = Notice.objects.get(member=submission.author)
    assert (notice.kind, notice.url) == (
        "decided",
        reverse("moderation:my_text", args=[submission.id]),
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": ""}, "Tell the author why"),
        ({"reason": "   \n "}, "Tell the author why"),
        ({"policy": ""}, "Choose the rule"),
        ({"outcome": ""}, "Choose what happens"),
        ({"outcome": "purged"}, "Select a valid choice"),
        ({"reason": "We hid {what is hidden} for you."}, "{what is hidden}"),
        ({"reason": "", "template": "unkind"}, "{which words}"),
        ({"reason": "Bad\x00sign"}, "cannot store"),
        ({"reason": "y" * 2001}, "there is room for 2000"),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    changes: dict[str, str], words: str, mine: tuple[ReviewCase, Client]
) -> None:
    case, client = mine
    form = decision(case, note="Keep this note", **changes)
    answer = client.post(reverse("moderation:decide", args=[case.id]), form)
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert words in page
    assert "Keep this note" in page
    assert form["reason"].split("\x00")[0].strip()[:20] in page
    assert Decision.objects.filter(by__isnull=False).count() == 0


def test_a_template_alone_is_enough_without_script(mine: tuple[ReviewCase, Client]) -> None:
    case, client = mine
    client.post(
        reverse("moderation:decide", args=[case.id]),
        decision(case, outcome="visible", policy="fine", reason="", template="read"),
    )
    row = Decision.objects.get(by__isnull=False)
    assert row.reason.startswith("Thank you for waiting.")


def test_hiding_a_part_is_offered_only_where_a_part_is_marked(
    mine: tuple[ReviewCase, Client], ana: Member, moss: Member
) -> None:
    case, client = mine
    url = reverse("moderation:decide", args=[case.id])
    shown = client.get(reverse("moderation:case", args=[case.id])).content.decode()
    assert 'value="4-10-place" id="id_spans_0" checked' in shown
    answer = client.post(url, decision(case, outcome="masked"))
    assert (answer.status_code, "Choose a part to hide" in text_of(answer)) == (422, True)
    plain = held(ana, WORDS)
    client.post(reverse("moderation:take", args=[plain.id]))
    url = reverse("moderation:decide", args=[plain.id])
    for wrong in ("4-10000-words", "9-4-words", "0-4-<b>", "x", "4-4-words"):
        answer = client.post(url, decision(plain, outcome="masked", spans=[wrong]))
        assert answer.status_code == 422
    answer = client.post(url, decision(plain, outcome="masked", hide="not in it\ngarden"))
    assert (answer.status_code, "“not in it”" in text_of(answer)) == (422, True)
    assert "garden" in answer.content.decode()


@pytest.mark.parametrize(
    ("chosen", "public"),
    [
        ({"spans": ["4-10-place"]}, "The [place hidden] and the garden path"),
        ({"spans": ["0-3-words"]}, "[words hidden] garden and the garden path"),
        ({"hide": "GARDEN"}, "The [words hidden] and the [words hidden] path"),
        ({"hide": "the   garden\n\npath"}, "[words hidden] and [words hidden] [words hidden]"),
        (
            {"spans": ["4-10-place"], "hide": "garden path"},
            "The [place hidden] and the [words hidden]",
        ),
        ({"spans": ["4-10-place", "0-30-words"]}, "[words hidden]"),
    ],
)
def test_the_moderator_chooses_what_is_hidden(
    chosen: dict[str, Any], public: str, ana: Member, moss: Member, client_of: ClientOf
) -> None:
    case = held(ana, "The garden and the garden path", masks=((4, 10, "place"),))
    client = client_of(moss)
    client.post(reverse("moderation:take", args=[case.id]))
    url = reverse("moderation:decide", args=[case.id])
    assert client.post(url, decision(case, outcome="masked", **chosen)).status_code == 302
    shown = Submission.objects.get(id=case.submission_id).shown
    assert shown is not None
    assert shown.public_body == public
    mine = text_of(client_of(ana).get(reverse("moderation:my_text", args=[case.submission_id])))
    assert "The garden and the garden path" in mine
    assert shown.public_body in mine


def test_what_was_marked_is_still_marked_after_a_mistake(mine: tuple[ReviewCase, Client]) -> None:
    case, client = mine
    url = reverse("moderation:decide", args=[case.id])
    wrong = decision(case, outcome="masked", spans=["0-3-words"], reason="We hid {what}.")
    shown = client.post(url, wrong).content.decode()
    assert 'value="0-3-words" id="id_spans_0" checked' in shown
    assert 'value="4-10-place" id="id_spans_1" checked' not in shown
    assert 'value="4-10-place"' in shown


def test_pressing_twice_is_one_decision_and_one_notice(mine: tuple[ReviewCase, Client]) -> None:
    case, client = mine
    form = decision(case)
    answers = [client.post(reverse("moderation:decide", args=[case.id]), form) for _ in range(2)]
    assert [a["Location"] for a in answers] == [reverse("moderation:queue")] * 2
    assert Decision.objects.filter(by__isnull=False).count() == 1
    assert Notice.objects.count() == 1


def test_decide_and_the_next_one(mine: tuple[ReviewCase, Client], ana: Member) -> None:
    case, client = mine
    following = held(ana, WORDS)
    url = reverse("moderation:decide", args=[case.id])
    answer = client.post(url, decision(case, then="next"))
    assert answer["Location"] == reverse("moderation:case", args=[following.id])


def test_a_lost_claim_is_409_and_keeps_what_was_typed(
    mine: tuple[ReviewCase, Client], lena: Member
) -> None:
    case, client = mine
    form = decision(case, reason="My careful words.")
    ReviewCase.objects.filter(id=case.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    review.claim(case, lena)
    answer = client.post(reverse("moderation:decide", args=[case.id]), form)
    page = text_of(answer)
    assert answer.status_code == 409
    assert "Lena holds this text now" in page
    assert "My careful words." in page
    assert Decision.objects.filter(by__isnull=False).count() == 0


def test_a_lease_that_ran_out_can_be_taken_again_without_typing_again(
    mine: tuple[ReviewCase, Client],
) -> None:
    case, client = mine
    form = decision(case, reason="My careful words.")
    ReviewCase.objects.filter(id=case.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    lost = client.post(reverse("moderation:decide", args=[case.id]), form)
    assert (lost.status_code, "ran out" in text_of(lost)) == (409, True)
    again = client.post(reverse("moderation:take", args=[case.id]), form)
    assert (again.status_code, "My careful words." in text_of(again)) == (200, True)
    done = client.post(
        reverse("moderation:decide", args=[case.id]), decision(case, reason="My careful words.")
    )
    assert done.status_code == 302


def test_a_text_changed_meanwhile_is_409_with_the_new_wording(
    mine: tuple[ReviewCase, Client], screen: Callable[[], int]
) -> None:
    case, client = mine
    form = decision(case, reason="My careful words.")
    actions.revise(case.submission, case.submission.author, "A calmer wording.")
    url = reverse("moderation:decide", args=[case.id])
    answer = client.post(url, form)
    assert (answer.status_code, "being checked" in text_of(answer)) == (409, True)
    assert screen() == 1
    answer = client.post(url, form)
    page = text_of(answer)
    assert answer.status_code == 409
    assert "The author changed the text." in page
    assert "A calmer wording." in page
    assert "My careful words." in page
    assert client.post(url, decision(case)).status_code == 302


def test_a_colleagues_decision_is_told(mine: tuple[ReviewCase, Client], lena: Member) -> None:
    case, client = mine
    form = decision(case)
    ReviewCase.objects.filter(id=case.id).update(lease_until=timezone.now())
    theirs = review.claim(case, lena)
    review.decide(
        theirs,
        lena,
        State.VISIBLE,
        token=theirs.token,
        revision_id=theirs.revision_id,
        policy="fine",
        reason="Fine.",
    )
    answer = client.post(reverse("moderation:decide", args=[case.id]), form)
    assert answer.status_code == 409
    assert "decided meanwhile: published" in text_of(answer)


def test_nobody_judges_their_own_words(client_of: ClientOf, moss: Member) -> None:
    case = held(moss, WORDS)
    client = client_of(moss)
    for act in ("take", "decide"):
        url = reverse(f"moderation:{act}", args=[case.id])
        assert client.post(url, decision(case)).status_code == 404
    client.post(reverse("moderation:take_next"))
    case.refresh_from_db()
    assert (case.state, case.claimed_by_id) == (ReviewState.OPEN, None)
    assert client.get(reverse("moderation:case", args=[case.id])).status_code == 404


def test_giving_back_lets_others_have_it(mine: tuple[ReviewCase, Client], lena: Member) -> None:
    case, client = mine
    client.post(reverse("moderation:give_back", args=[case.id]))
    assert review.claim(case, lena).claimed_by == lena


def test_a_sign_of_life_renews_the_claim(mine: tuple[ReviewCase, Client], lena: Member) -> None:
    case, client = mine
    soon = timezone.now() + timedelta(seconds=5)
    ReviewCase.objects.filter(id=case.id).update(lease_until=soon)
    assert client.post(reverse("moderation:take", args=[case.id]), {"beat": 1}).status_code == 204
    case.refresh_from_db()
    assert case.lease_until is not None
    assert case.lease_until > soon + timedelta(minutes=9)
    ReviewCase.objects.filter(id=case.id).update(lease_until=timezone.now())
    review.claim(case, lena)
    assert client.post(reverse("moderation:take", args=[case.id]), {"beat": 1}).status_code == 409


# --- A person at risk ---------------------------------------------------------------------------


@pytest.fixture
def danger(client_of: ClientOf, ana: Member, moss: Member) -> tuple[RiskCase, Client]:
    """An open risk case about Ana, and Moss's browser."""
    submission = letter(ana, "I want to end my life.")
    case = RiskCase.objects.get(member=ana)
    assert case.events.get().submission == submission
    return case, client_of(moss)


def test_the_persons_page_covers_the_words_and_offers_no_sanction(
    danger: tuple[RiskCase, Client],
) -> None:
    case, client = danger
    html = client.get(reverse("moderation:risk", args=[case.id])).content.decode()
    cover = re.search(r"<details class=\"cover\".*?</details>", html, re.DOTALL)
    assert cover is not None
    assert "I want to end my life." in cover[0]
    assert "I want to end my life." not in html.replace(cover[0], "")
    assert "I am on it" in html
    assert set(re.findall(r'action="(/desk/person/[^"]+)"', html)) == {
        reverse(f"moderation:{name}", args=[case.id])
        for name in ("acknowledge", "add_note", "write")
    }


def test_the_first_is_on_it_and_the_second_is_told(
    danger: tuple[RiskCase, Client], client_of: ClientOf, lena: Member
) -> None:
    case, client = danger
    url = reverse("moderation:acknowledge", args=[case.id])
    client.post(url)
    answer = client_of(lena).post(url, follow=True)
    case.refresh_from_db()
    assert case.owner is not None
    assert case.owner.name == "Moss"
    assert "Moss is already on it." in text_of(answer)


def test_words_to_the_person_reach_their_home_page_in_the_teams_name(
    danger: tuple[RiskCase, Client], client_of: ClientOf, ana: Member, ben: Member
) -> None:
    case, client = danger
    url = reverse("moderation:write", args=[case.id])
    assert client.post(url, {"letter": "Dear {name}"}).status_code == 422
    for _ in range(2):
        client.post(url, {"letter": "Dear Ana, I read your words."})
    client.post(reverse("moderation:add_note", args=[case.id]), {"note": "Rang the ward."})
    home = client_of(ana).get(reverse("members:home"))
    page = text_of(home)
    assert page.count("Dear Ana, I read your words.") == 1
    assert "The care team wrote to you" in page
    assert "Moss" not in page
    assert "Rang the ward." not in page
    assert "I read your words" not in text_of(client_of(ben).get(reverse("members:home")))
    assert Notice.objects.filter(member=ana, kind="message").count() == 1


WELL = {"criteria": ["safe"], "level": "1", "way": "stood_down", "text": "Spoke with her."}


def test_somebody_is_judged_only_after_somebody_was_on_it(danger: tuple[RiskCase, Client]) -> None:
    case, client = danger
    url = reverse("moderation:assess", args=[case.id])
    early = client.post(url, {**WELL, "seen": 10**6})
    assert (early.status_code, "Spoke with her." in text_of(early)) == (409, True)
    client.post(reverse("moderation:acknowledge", args=[case.id]))
    assert client.post(url, {**WELL, "text": " ", "seen": 10**6}).status_code == 422
    assert client.post(url, {**WELL, "criteria": [], "seen": 10**6}).status_code == 422
    assert client.post(url, {**WELL, "way": "plan", "seen": 10**6}).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.outcome) == (RiskState.PLAN, "Spoke with her.")


def test_nobody_judges_over_a_call_they_have_not_read(
    danger: tuple[RiskCase, Client], ana: Member
) -> None:
    case, client = danger
    client.post(reverse("moderation:acknowledge", args=[case.id]))
    page = client.get(reverse("moderation:risk", args=[case.id]))
    seen = page.context["assess_form"].initial["seen"]
    risk.ask_for_person(ana)
    url = reverse("moderation:assess", args=[case.id])
    answer = client.post(url, {**WELL, "seen": seen})
    assert (answer.status_code, "Something new came in" in text_of(answer)) == (409, True)
    again = answer.context["assess_form"].initial
    assert client.post(url, again).status_code == 302


@pytest.mark.parametrize("rows", [1, 3])
def test_a_persons_page_costs_the_same_for_one_signal_and_for_three(
    rows: int,
    client_of: ClientOf,
    ana: Member,
    moss: Member,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(rows):
        letter(ana, "I want to end my life.")
    client = client_of(moss)
    url = reverse("moderation:risk", args=[RiskCase.objects.get().id])
    client.get(url)
    # The case, its events, their letters, open review cases, counts, follow-ups; that it was read,
    # written down; and that this visit has begun.
    with django_assert_num_queries(EVERY_PAGE + 6 + 5 + 3):
        page = client.get(url)
    assert len(page.context["events"]) == rows


# --- For everybody ------------------------------------------------------------------------------


def test_i_need_a_person_calls_once_and_shows_help_at_once(
    client_of: ClientOf, ana: Member
) -> None:
    client, url = client_of(ana), reverse("moderation:need_person")
    assert client.get(url).status_code == 200
    assert RiskCase.objects.count() == 0
    answers = [client.post(url) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert 'id="help-card"' in answers[0].content.decode()
    case = RiskCase.objects.get(member=ana)
    assert (case.level, case.state) == (Level.RED, RiskState.RAISED)
    assert RiskEvent.objects.filter(source=RiskSource.SELF).count() == 1
    due = timezone.localtime(case.acknowledge_due_at).strftime("%H:%M")
    assert due in text_of(answers[0])


def test_a_new_call_after_an_answer_is_heard_again(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    client, url = client_of(ana), reverse("moderation:need_person")
    client.post(url)
    risk.acknowledge(RiskCase.objects.get(), moss)
    client.post(url)
    assert RiskEvent.objects.filter(source=RiskSource.SELF).count() == 2
    desk = client_of(moss).get(reverse("moderation:queue"))
    assert "something new" in text_of(desk)


def test_a_call_that_nobody_answered_says_so_honestly(client_of: ClientOf, ana: Member) -> None:
    client, url = client_of(ana), reverse("moderation:need_person")
    client.post(url)
    RiskCase.objects.update(acknowledge_due_at=timezone.now() - timedelta(minutes=1))
    page = text_of(client.post(url))
    assert "longer than it should take" in page


def test_worry_reaches_the_team_and_never_says_whose_it_was(
    client_of: ClientOf, ana: Member, ben: Member, mia: Member, moss: Member
) -> None:
    url = reverse("moderation:worried", args=[ben.id])
    form = {"level": "3", "text": "He said goodbye to us all."}
    for _ in range(2):
        assert client_of(ana).post(url, form).status_code == 200
    assert client_of(mia).post(url, {"level": "2", "text": ""}).status_code == 200
    sources = RiskEvent.objects.order_by("id").values_list("source", "by__name")
    assert list(sources) == [("peer", "Ana"), ("mentor", "Mia")]
    assert RiskCase.objects.get(member=ben).level == Level.CRISIS
    his = client_of(ben)
    for page in (
        reverse("members:home"),
        reverse("members:news"),
        reverse("moderation:need_person"),
    ):
        said = text_of(his.get(page))
        assert "Ana" not in said
        assert "goodbye" not in said
    assert "Ana" in text_of(
        client_of(moss).get(reverse("moderation:risk", args=[RiskCase.objects.get().id]))
    )


def test_one_worries_only_about_people_one_meets(
    client_of: ClientOf, ana: Member, ben: Member, cleo: Member, dora: Member, zoe: Member
) -> None:
    client = client_of(ana)

    def ask(number: int) -> HttpResponse:
        return client.get(reverse("moderation:worried", args=[number]))

    assert ask(ben.id).status_code == 200
    others = [ask(number) for number in (cleo.id, dora.id, zoe.id, ana.id, 999_999)]
    assert [answer.status_code for answer in others] == [404] * 5
    assert len({answer.content for answer in others}) == 1


def test_worry_with_odd_signs_keeps_the_words(
    client_of: ClientOf, ana: Member, ben: Member
) -> None:
    url = reverse("moderation:worried", args=[ben.id])
    answer = client_of(ana).post(url, {"level": "2", "text": "He wrote \x07 odd"})
    assert (answer.status_code, "He wrote" in text_of(answer)) == (422, True)
    assert RiskCase.objects.count() == 0


def test_my_text_tells_the_truth_at_each_step(
    client_of: ClientOf, ben: Member, ana: Member, moss: Member
) -> None:
    submission = letter(ben, WORDS)
    mine, url = client_of(ben), reverse("moderation:my_text", args=[submission.id])
    assert "being checked" in text_of(mine.get(url))
    assert submission.latest is not None
    actions.settle(submission.latest, State.HELD, seen=submission.latest.state)  # type: ignore[arg-type]
    assert "waits for a person" in text_of(mine.get(url))
    case = review.claim(ReviewCase.objects.select_related("submission").get(), moss)
    review.decide(
        case,
        moss,
        State.REMOVED,
        token=case.token,
        revision_id=case.revision_id,
        policy="unkind",
        reason="It could hurt somebody.",
        note="Second time.",
    )
    page = text_of(mine.get(url))
    assert "was not published" in page
    assert "It could hurt somebody." in page
    assert WORDS in page
    assert "Second time." not in page
    assert "Moss" not in page
    assert client_of(ana).get(url).status_code == 404
    assert client_of(moss).get(url).status_code == 404


def test_a_question_without_a_page_is_no_reading(
    client_of: ClientOf, ana: Member, moss: Member
) -> None:
    """HEAD, as a page asks after the Back button, shows nothing and is not in the audit."""
    url = reverse("moderation:case", args=[held(ana, WORDS).id])
    client = client_of(moss)
    readings = AuditEntry.objects.filter(action="case.read")
    assert client.head(url).status_code == 200
    assert readings.count() == 0
    client.get(url)
    assert readings.count() == 1
