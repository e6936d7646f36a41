"""Pages about how well we do, used the way a browser without script does."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from community.members.models import AuditEntry, Group, Member
from moderation import figures_page, quality, risk, threshold_sets
from moderation.figures import Figures
from moderation.models import (
    GoldenText,
    Level,
    LookState,
    RiskSource,
    SecondLook,
    SetState,
    State,
    Submission,
    ThresholdSet,
)
from tests import make, make_quality
from tests.make_moderation import held
from tests.make_quality import FINE, UNKIND, answered, decided, double, in_use, tried

ClientOf = Callable[..., Client]
EVERY_PAGE = 2
WORDS = "The garden was full of blackbirds this morning."
YES = {"shown": "yes", "policy": "fine", "risk": "0"}
NO = {"shown": "no", "policy": "unkind", "risk": "0"}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    threshold_sets.forget()
    yield
    threshold_sets.forget()


@pytest.fixture
def maple(clinic) -> Member:
    return make.member(clinic, "Maple", role="moderator")


@pytest.fixture
def luis(clinic) -> Member:
    return make.member(clinic, "Luis", role="lead")


def text_of(response: HttpResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def url(name: str, *args: Any) -> str:
    return reverse(f"moderation:{name}", args=args)


def ways(client: Client) -> set[str]:
    """Where the desk's own navigation leads."""
    page = client.get(url("second_looks")).content.decode()
    return set(re.findall(r'<li><a href="/desk/([a-z-]+)/"', page))


# --- Second looks -------------------------------------------------------------------------------


def test_a_second_reader_sees_the_words_and_nothing_else(
    client_of: ClientOf, ana: Member, moss: Member, maple: Member
) -> None:
    double(decided(ana, moss, State.REMOVED, "unkind", WORDS))
    client = client_of(maple)
    assert "1 text waits, for you" not in text_of(client.get(url("second_looks")))
    assert "1 text waits for you" in text_of(client.get(url("second_looks")))
    page = client.post(url("take_look"), follow=True)
    said = text_of(page)
    assert WORDS in said
    for told in ("Ana", "Moss", "unkind", "removed", "not published", "double", "golden"):
        assert told not in said


def test_all_three_kinds_look_the_same(
    client_of: ClientOf,
    ana: Member,
    moss: Member,
    maple: Member,
    lena: Member,
    group: Group,
    screen: Callable[[], int],
) -> None:
    from tests.make_moderation import letter

    submission = letter(ana, WORDS, group=group)
    screen()
    make_quality.sampled(submission)
    double(decided(ana, moss, body=WORDS))
    quality.add_golden(lena, WORDS, UNKIND)
    quality.plant()
    client, pages = client_of(maple), []
    while (look := quality.take(maple)) is not None:
        page = client.get(url("second_look", look.id)).content.decode()
        page = re.sub(r"/second-looks/\d+/", "/", page)
        page = re.sub(r'(csrfmiddlewaretoken"|nonce-)[^>]*', "", page)
        answer = client.post(url("answer_look", look.id), {**YES, "then": "list"}, follow=True)
        pages.append((page, text_of(answer).split("Thank you. ")[1].split(".")[0]))
    assert len(pages) == 3
    assert len(set(pages)) == 1


def test_an_answer_that_lacks_something_is_asked_again(
    client_of: ClientOf, ana: Member, moss: Member, maple: Member
) -> None:
    look = double(decided(ana, moss))
    client = client_of(maple)
    client.post(url("take_look"))
    page = client.post(url("answer_look", look.id), {"shown": "yes", "policy": "fine"})
    assert page.status_code == 422
    assert "Choose the sentence that is closest." in text_of(page)
    done = client.post(url("answer_look", look.id), {**YES, "then": "next"})
    assert done.url == url("second_looks")
    look.refresh_from_db()
    assert look.state == LookState.AGREED


def test_a_look_opens_only_for_who_holds_it(
    client_of: ClientOf, ana: Member, moss: Member, maple: Member, lena: Member
) -> None:
    look = double(decided(ana, moss))
    quality.take(maple)
    assert client_of(maple).get(url("second_look", look.id)).status_code == 200
    assert client_of(lena).get(url("second_look", look.id)).status_code == 404
    assert client_of(moss).get(url("second_look", look.id)).status_code == 404
    assert AuditEntry.objects.filter(action="look.read").count() == 1


# --- Where two differ ---------------------------------------------------------------------------


@pytest.fixture
def differing(ana: Member, moss: Member, maple: Member) -> SecondLook:
    return answered(double(decided(ana, moss, body=WORDS)), maple, UNKIND)


def test_a_lead_sees_both_and_decides(
    client_of: ClientOf, differing: SecondLook, lena: Member
) -> None:
    client = client_of(lena)
    assert url("conflict", differing.id) in client.get(url("conflicts")).content.decode()
    page = text_of(client.get(url("conflict", differing.id)))
    assert WORDS in page
    assert "Unkind to somebody" in page
    bare = client.post(url("resolve_conflict", differing.id), NO)
    assert bare.status_code == 422
    assert "Tell the author why" in text_of(bare)
    assert Submission.objects.get().state == State.VISIBLE
    gap = {**NO, "reason": "Because of {which words}."}
    assert client.post(url("resolve_conflict", differing.id), gap).status_code == 422
    told = {**NO, "reason": "This could hurt somebody."}
    done = client.post(url("resolve_conflict", differing.id), told, follow=True)
    assert "The author was told." in text_of(done)
    assert Submission.objects.get().state == State.REMOVED
    assert client.post(url("resolve_conflict", differing.id), told).status_code == 404


def test_a_lead_who_was_one_of_the_two_is_told_so(
    client_of: ClientOf, ana: Member, maple: Member, lena: Member
) -> None:
    look = answered(double(decided(ana, lena)), maple, UNKIND)
    page = client_of(lena).post(url("resolve_conflict", look.id), YES, follow=True)
    assert "Another lead decides" in text_of(page)
    look.refresh_from_db()
    assert look.state == LookState.CONFLICT


def test_leads_of_another_clinic_find_nothing(
    client_of: ClientOf, differing: SecondLook, dora: Member, lena: Member
) -> None:
    stranger = make.member(dora.clinic, "Sten", role="lead")
    row = threshold_sets.propose(lena, make_quality.values(), "As it is.")
    make_quality.golden(lena)
    client = client_of(stranger)
    assert client.get(url("conflict", differing.id)).status_code == 404
    assert client.get(url("threshold_set", row.id)).status_code == 404
    for name in ("try_thresholds", "activate_thresholds"):
        assert client.post(url(name, row.id)).status_code == 404
    assert client.post(url("retire_golden", GoldenText.objects.get().id)).status_code == 404
    assert "silly sausage" not in text_of(client.get(url("golden_texts")))
    assert client_of(lena).get(url("conflict", differing.id)).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_conflicts_costs_the_same_for_one_and_for_three(
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    ana: Member,
    moss: Member,
    maple: Member,
    lena: Member,
    count: int,
) -> None:
    for _ in range(count):
        answered(double(decided(ana, moss)), maple, UNKIND)
    client = client_of(lena)
    client.get(url("conflicts"))
    with django_assert_num_queries(EVERY_PAGE + 1):
        page = client.get(url("conflicts"))
    assert page.content.decode().count("A decision read twice") == count


# --- Golden texts -------------------------------------------------------------------------------


def test_a_lead_keeps_and_retires_a_golden_text(client_of: ClientOf, lena: Member) -> None:
    client = client_of(lena)
    assert client.post(url("golden_texts"), NO).status_code == 422
    client.post(url("golden_texts"), {**NO, "body": "Paper Boat, you silly sausage."})
    golden = GoldenText.objects.get()
    assert (golden.shown, golden.policy, golden.risk) == (False, "unkind", 0)
    assert "silly sausage" in text_of(client.get(url("golden_texts")))
    client.post(url("retire_golden", golden.id))
    assert "silly sausage" not in text_of(client.get(url("golden_texts")))


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_golden_texts_costs_the_same(
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    lena: Member,
    count: int,
) -> None:
    for _ in range(count):
        make_quality.golden(lena)
    client = client_of(lena)
    client.get(url("golden_texts"))
    with django_assert_num_queries(EVERY_PAGE + 1):
        client.get(url("golden_texts"))


# --- Agreement ----------------------------------------------------------------------------------


def test_agreement_is_shown_from_five_pairs_on(
    client_of: ClientOf, ana: Member, moss: Member, maple: Member, ada: Member
) -> None:
    client = client_of(ada)
    for said in (FINE, FINE, UNKIND):
        outcome = State.VISIBLE if said.shown else State.REMOVED
        answered(double(decided(ana, moss, outcome, said.policy)), maple, said)
    assert "Too few decisions were read twice" in text_of(client.get(url("quality")))
    for said in (FINE, UNKIND):
        answered(double(decided(ana, moss)), maple, said)
    page = text_of(client.get(url("quality")))
    # Observed 4/5; expected 4/5 * 3/5 + 1/5 * 2/5 = 0.56; 0.24 / 0.44.
    assert "Unkind to somebody 0.55" in page
    assert text_of(client.get(url("quality") + "?days=7")) != ""


# --- Cut-offs -----------------------------------------------------------------------------------


def filled(**changes: Any) -> dict[str, Any]:
    values = {name: v for name, v in threshold_sets.built_in().items() if v is not False}
    return {**values, "note": "To be more careful.", **changes}


def test_cut_offs_are_proposed_tried_put_to_use_and_taken_back(
    client_of: ClientOf, lena: Member, luis: Member
) -> None:
    first, second = client_of(lena), client_of(luis)
    assert first.post(url("threshold_sets"), filled(red=7)).status_code == 422
    assert first.post(url("threshold_sets"), filled(note="")).status_code == 422
    made = first.post(url("threshold_sets"), filled(toxic_hold=0.5))
    row = ThresholdSet.objects.get()
    assert made.url == url("threshold_set", row.id)
    untried = second.post(url("activate_thresholds", row.id), {"seen": ""}, follow=True)
    assert "Try it against what is in use" in text_of(untried)
    assert "Put it to use" not in text_of(second.get(url("threshold_set", row.id)))
    first.post(url("try_thresholds", row.id))
    assert "Put it to use" in text_of(second.get(url("threshold_set", row.id)))
    assert "Put it to use" not in text_of(first.get(url("threshold_set", row.id)))
    own = first.post(url("activate_thresholds", row.id), {"seen": ""}, follow=True)
    assert "Somebody else puts it to use" in text_of(own)
    second.post(url("activate_thresholds", row.id), {"seen": ""})
    row.refresh_from_db()
    assert (row.state, row.approved_by) == (SetState.ACTIVE, luis)
    assert "In use: Version 1" in text_of(first.get(url("threshold_sets")))
    first.post(url("roll_back_thresholds"), {"seen": row.id})
    assert "In use: the built-in set" in text_of(first.get(url("threshold_sets")))
    again = first.post(url("roll_back_thresholds"), {"seen": row.id}, follow=True)
    assert "Nothing was done" in text_of(again)


def test_the_shadow_table_is_shown_with_small_numbers_hidden(
    client_of: ClientOf, ana: Member, group: Group, lena: Member, screen: Callable[[], int]
) -> None:
    from tests.make_moderation import letter

    for _ in range(6):
        letter(ana, "You always talk rubbish about the weather.", group=group)
    letter(ana, WORDS, group=group)
    screen()
    row = tried(lena, toxic_hold=0.2)
    page = text_of(client_of(lena).get(url("threshold_set", row.id)))
    assert "published 7 1 to 4 6" in page
    assert "waiting for a person 0 6 6" in page


def test_looking_changes_nothing(client_of: ClientOf, lena: Member, luis: Member) -> None:
    row = in_use(lena, luis, red=0.5)
    client = client_of(lena)
    for name in ("activate_thresholds", "try_thresholds"):
        assert client.get(url(name, row.id)).status_code == 405
    assert client.get(url("roll_back_thresholds")).status_code == 405
    assert client.get(url("take_look")).status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_versions_costs_the_same(
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    lena: Member,
    count: int,
) -> None:
    for _ in range(count):
        threshold_sets.propose(lena, make_quality.values(), "As it is.")
    client = client_of(lena)
    client.get(url("threshold_sets"))
    with django_assert_num_queries(EVERY_PAGE + 2):
        client.get(url("threshold_sets"))


# --- Figures ------------------------------------------------------------------------------------


def test_only_leads_and_administrators_see_figures(
    client_of: ClientOf, ana: Member, mia: Member, moss: Member, lena: Member, ada: Member
) -> None:
    for person, status in [(ana, 404), (mia, 404), (moss, 404), (lena, 200), (ada, 200)]:
        for name in ("figures", "figures_csv", "quality", "threshold_sets"):
            assert client_of(person).get(url(name)).status_code == status
    assert ways(client_of(moss)) & {"second-looks", "conflicts", "figures", "quality"} == {
        "second-looks"
    }
    assert {"conflicts", "golden", "quality", "figures", "thresholds"} <= ways(client_of(lena))


def test_every_chart_has_a_name_a_sentence_and_a_table(
    client_of: ClientOf, ana: Member, lena: Member, moss: Member
) -> None:
    for _ in range(6):
        decided(ana, moss, level=Level.RED)
    page = client_of(lena).get(url("figures")).content.decode()
    drawings = re.findall(r"<svg viewBox.*?</svg>", page, flags=re.DOTALL)
    assert len(drawings) == 3
    for drawing in drawings:
        svg = ET.fromstring(drawing)  # noqa: S314
        names = {part.get("id"): part.text for part in svg if part.tag in ("title", "desc")}
        assert svg.get("role") == "img"
        assert list(names) == svg.get("aria-labelledby").split()
        assert all(names.values())
    for twin in ("People at risk, by level", "Texts read by a person, by level", "by hour of"):
        assert re.search(rf"<caption[^>]*>[^<]*{twin}", page)
    assert 'href="/desk/figures.csv?days=28"' in page


def test_a_number_that_could_point_at_a_person_is_in_no_form_of_the_page(
    client_of: ClientOf, ana: Member, ben: Member, lena: Member
) -> None:
    for person in (ana, ben):
        risk.raise_risk(person, Level.CRISIS, RiskSource.PEER)
    held(ana, level=Level.RED)
    client = client_of(lena)
    page, file = (
        text_of(client.get(url("figures"))),
        client.get(url("figures_csv")).content.decode(),
    )
    assert "In danger now 1 to 4" in page
    cells = list(csv.reader(io.StringIO(file)))
    counts = {row[3] for row in cells if row[2] == "how many"}
    assert counts == {"0", "1 to 4"}


def test_the_file_says_what_the_page_says(
    client_of: ClientOf, ana: Member, moss: Member, ada: Member
) -> None:
    for _ in range(6):
        decided(ana, moss, level=Level.AMBER)
    answer = client_of(ada).get(url("figures_csv") + "?days=7")
    assert answer["Content-Disposition"] == 'attachment; filename="figures-7-days.csv"'
    cells = list(csv.reader(io.StringIO(answer.content.decode())))
    assert ["Texts", "Needs attention", "how many", "6"] in cells


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\n@x"]
)
def test_no_cell_is_a_formula(cell: str) -> None:
    assert figures_page.safe_cell(cell) == f"'{cell}"
    assert figures_page.safe_cell("12 min") == "12 min"


def test_all_cells_of_the_file_go_through_that_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures_page, "safe_cell", lambda cell: "safe")
    written = csv.reader(io.StringIO(figures_page.as_csv(Figures())))
    assert {cell for row in written for cell in row} == {"safe"}


def test_figures_cost_the_same_for_one_and_for_many(
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
    ana: Member,
    ben: Member,
    moss: Member,
    lena: Member,
) -> None:
    client = client_of(lena)
    for _ in range(3):
        for person in (ana, ben):
            risk.raise_risk(person, Level.RED, RiskSource.PEER)
            decided(person, moss)
        client.get(url("figures"))
        # Clinic, calls, texts, claims, screenings, decisions, and two for heavy days.
        with django_assert_num_queries(EVERY_PAGE + 8):
            client.get(url("figures"))
