"""Learning who somebody is: another's yes, half an hour, every look recorded, the person told."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from community.members import audit, identity
from community.members.models import AuditEntry, Clinic, Member, Notice
from moderation import disclosure, risk
from moderation.disclosure import (
    AskedAlready,
    NotAnEmergency,
    NotWaiting,
    OwnRequest,
    ReviewOwed,
    WindowClosed,
)
from moderation.models import (
    Basis,
    DisclosureRequest,
    DisclosureState,
    Level,
    RiskSource,
)
from tests import make
from tests.races import together

ClientOf = Callable[..., Client]
AT_ONCE = timedelta(0)
REASON = "Their last message sounded like a goodbye to a friend."


@pytest.fixture
def ana(ana: Member) -> Member:
    identity.keep(ana, {"name": "Anna Invented", "phone": "01632 960001"})
    return ana


@pytest.fixture
def lou(clinic: Clinic) -> Member:
    return make.member(clinic, "Lou", role="lead")


def asked(by: Member, about: Member, fields: Sequence[str] = ("name", "phone")) -> Any:
    return disclosure.ask(by, about, Basis.CARE, REASON, fields)


def agreed(by: Member, about: Member, lead: Member, tell_after: timedelta = AT_ONCE) -> Any:
    request = asked(by, about)
    disclosure.agree(request, lead, tell_after)
    request.refresh_from_db()
    return request


def emergency(by: Member, about: Member) -> Any:
    risk.raise_risk(about, Level.CRISIS, RiskSource.FILTER)
    return disclosure.ask_in_emergency(by, about, REASON, ["name", "phone"])


def move(request: DisclosureRequest, **by: timedelta) -> None:
    """Let the clock of a request run: move(request, open_until=-minutes)."""
    request.refresh_from_db()
    values = {name: getattr(request, name) + delta for name, delta in by.items()}
    DisclosureRequest.objects.filter(id=request.id).update(**values)


def steps() -> list[str]:
    rows = AuditEntry.objects.filter(action__startswith="identity.").order_by("sequence")
    return [action.removeprefix("identity.") for action in rows.values_list("action", flat=True)]


def text_of(response: HttpResponse) -> str:
    html = response.content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# --- Asking and agreeing ------------------------------------------------------------------------


def test_another_leads_yes_opens_it_for_half_an_hour(
    ana: Member, moss: Member, lena: Member
) -> None:
    request = asked(moss, ana)
    with pytest.raises(WindowClosed):
        disclosure.look(request, moss)
    disclosure.agree(request, lena, AT_ONCE)
    seen = {"name": "Anna Invented", "phone": "01632 960001"}
    assert disclosure.look(request, moss) == seen
    move(request, open_until=-timedelta(minutes=30))
    with pytest.raises(WindowClosed):
        disclosure.look(request, moss)
    assert steps() == ["kept", "asked", "refused", "agreed", "seen", "refused"]
    audit.verify()


def test_nobody_agrees_to_their_own_request(ana: Member, lena: Member) -> None:
    request = asked(lena, ana)
    for refuse in (
        lambda: disclosure.agree(request, lena, AT_ONCE),
        lambda: disclosure.decline(request, lena),
    ):
        with pytest.raises(OwnRequest):
            refuse()
    with pytest.raises(IntegrityError), transaction.atomic():
        DisclosureRequest.objects.update(decided_by=lena)


def test_a_moderator_agrees_to_nothing(ana: Member, moss: Member, clinic: Clinic) -> None:
    other = make.member(clinic, "Max", role="moderator")
    with pytest.raises(OwnRequest):
        disclosure.agree(asked(moss, ana), other, AT_ONCE)


def test_a_lead_decides_nothing_about_themselves(moss: Member, lena: Member) -> None:
    request = asked(moss, lena)
    with pytest.raises(OwnRequest):
        disclosure.agree(request, lena, AT_ONCE)
    with pytest.raises(Http404):
        disclosure.request_for(lena, request.id)
    with pytest.raises(OwnRequest):
        asked(moss, moss)


def test_only_the_asker_looks(ana: Member, moss: Member, lena: Member) -> None:
    request = agreed(moss, ana, lena)
    with pytest.raises(WindowClosed):
        disclosure.look(request, lena)
    assert disclosure.look(request, moss)


def test_declined_stays_closed(ana: Member, moss: Member, lena: Member, lou: Member) -> None:
    request = asked(moss, ana)
    disclosure.decline(request, lena)
    with pytest.raises(NotWaiting):
        disclosure.agree(request, lou, AT_ONCE)
    with pytest.raises(WindowClosed):
        disclosure.look(request, moss)


def test_an_old_request_lapses_and_is_asked_anew(ana: Member, moss: Member, lena: Member) -> None:
    request = asked(moss, ana)
    with pytest.raises(AskedAlready):
        asked(moss, ana)
    move(request, lapses_at=-timedelta(hours=24))
    with pytest.raises(NotWaiting):
        disclosure.agree(request, lena, AT_ONCE)
    assert asked(moss, ana).id != request.id


def test_the_asker_closes_it_early(ana: Member, moss: Member, lena: Member) -> None:
    request = agreed(moss, ana, lena)
    disclosure.close(request, moss)
    with pytest.raises(WindowClosed):
        disclosure.look(request, moss)
    with pytest.raises(NotWaiting):
        disclosure.close(request, moss)


def test_leads_see_requests_of_their_clinic_and_moderators_their_own(
    ana: Member, moss: Member, lena: Member, clinic: Clinic
) -> None:
    request = asked(moss, ana)
    other = make.member(clinic, "Max", role="moderator")
    stranger = make.member(make.clinic("Elsewhere (test)"), "Lin", role="lead")
    assert disclosure.request_for(moss, request.id) == request
    assert disclosure.request_for(lena, request.id) == request
    for person in (other, stranger):
        with pytest.raises(Http404):
            disclosure.request_for(person, request.id)
    # Both attempts are written down.
    assert steps().count("refused") == 2


@pytest.mark.django_db(transaction=True)
def test_two_leads_at_once_give_one_answer(
    ana: Member, moss: Member, lena: Member, lou: Member
) -> None:
    request = asked(moss, ana)
    answers = together(
        [
            lambda: disclosure.agree(request, lena, AT_ONCE),
            lambda: disclosure.decline(request, lou),
        ]
    )
    assert sorted(map(type, answers), key=str) == sorted([type(None), NotWaiting], key=str)
    assert len([step for step in steps() if step in ("agreed", "declined")]) == 1
    audit.verify()


@pytest.mark.django_db(transaction=True)
def test_without_the_condition_both_answers_would_count(
    ana: Member, moss: Member, lena: Member, lou: Member, monkeypatch: Any
) -> None:
    """The positive control: the same race, with a look first and a write afterwards."""
    request = asked(moss, ana)

    def decide(row: Any, lead: Member, now: Any, to: Any, **fields: Any) -> None:
        if row.state != DisclosureState.REQUESTED:
            raise NotWaiting
        DisclosureRequest.objects.filter(id=row.id).update(state=to, decided_by=lead, **fields)

    monkeypatch.setattr(disclosure, "_decide", decide)
    together(
        [
            lambda: disclosure.agree(request, lena, AT_ONCE),
            lambda: disclosure.decline(request, lou),
        ]
    )
    assert sorted(steps()[-2:]) == ["agreed", "declined"]


@pytest.mark.django_db(transaction=True)
def test_asking_twice_at_once_is_one_request(ana: Member, moss: Member, lena: Member) -> None:
    results = together([lambda: asked(moss, ana)] * 4)
    assert [type(result) for result in results].count(AskedAlready) == 3
    assert DisclosureRequest.objects.count() == 1


# --- Emergencies --------------------------------------------------------------------------------


def test_in_a_crisis_one_person_opens_it_alone(ana: Member, moss: Member, lena: Member) -> None:
    request = emergency(moss, ana)
    assert disclosure.look(request, moss)["name"] == "Anna Invented"
    assert Notice.objects.filter(member=lena, kind="disclosure").count() == 1
    assert list(disclosure.to_be_done(lena, timezone.now())) == [request]


def test_without_a_crisis_nobody_does(ana: Member, moss: Member) -> None:
    risk.raise_risk(ana, Level.RED, RiskSource.FILTER)
    with pytest.raises(NotAnEmergency):
        disclosure.ask_in_emergency(moss, ana, REASON, ["name"])
    assert not DisclosureRequest.objects.exists()


def test_an_emergency_does_not_wait_for_an_earlier_request(ana: Member, moss: Member) -> None:
    asked(moss, ana)
    request = emergency(moss, ana)
    assert disclosure.look(request, moss)
    with pytest.raises(AskedAlready):
        emergency(moss, ana)


def test_another_lead_reviews_it_once(ana: Member, lena: Member, lou: Member, moss: Member) -> None:
    request = emergency(lena, ana)
    for person in (lena, moss):
        with pytest.raises(OwnRequest):
            disclosure.review(request, person, True, "Right.", AT_ONCE)
    disclosure.review(request, lou, True, "Right.", AT_ONCE)
    with pytest.raises(NotWaiting):
        disclosure.review(request, lou, False, "Wrong.", AT_ONCE)
    assert list(disclosure.to_be_done(lou, timezone.now())) == []


def test_who_leaves_it_unreviewed_asks_for_nothing_more(
    ana: Member, ben: Member, moss: Member, lena: Member
) -> None:
    request = emergency(moss, ana)
    assert asked(moss, ben)
    move(request, review_due_at=-timedelta(hours=24))
    for ask in (lambda: asked(moss, ana), lambda: emergency(moss, ben)):
        with pytest.raises(ReviewOwed):
            ask()
    disclosure.review(request, lena, True, "Right.", AT_ONCE)
    move(request, open_until=-timedelta(minutes=30))
    assert asked(moss, ana)


# --- The person is told -------------------------------------------------------------------------


def test_the_person_sees_that_somebody_looked_and_what_for(
    client_of: ClientOf, ana: Member, ben: Member, moss: Member, lena: Member
) -> None:
    request = agreed(moss, ana, lena)
    url = reverse("moderation:my_data")
    assert "Nobody has looked" in text_of(client_of(ana).get(url))
    disclosure.look(request, moss)
    disclosure.look(request, moss)
    page = text_of(client_of(ana).get(url))
    assert "To arrange care with you" in page
    assert "A moderator of the care team saw: your full name, your telephone." in page
    assert Notice.objects.filter(member=ana, kind="identity").count() == 1
    for hidden in (moss.name, lena.name, "goodbye"):
        assert hidden not in page
    assert "Nobody has looked" in text_of(client_of(ben).get(url))


def test_the_person_is_told_later_when_a_lead_said_so(
    ana: Member, moss: Member, lena: Member
) -> None:
    request = agreed(moss, ana, lena, timedelta(days=30))
    disclosure.look(request, moss)
    assert disclosure.told_to(ana, timezone.now()) == []
    assert not Notice.objects.filter(member=ana, kind="identity").exists()
    later = timezone.now() + timedelta(days=30, minutes=1)
    assert disclosure.told_to(ana, later) == [request]


def test_after_an_emergency_the_review_says_when_and_silence_hides_nothing(
    ana: Member, moss: Member, lena: Member
) -> None:
    request = emergency(moss, ana)
    disclosure.look(request, moss)
    now = timezone.now()
    assert disclosure.told_to(ana, now) == []
    assert disclosure.told_to(ana, now + timedelta(hours=25)) == [request]
    disclosure.review(request, lena, True, "Right.", AT_ONCE)
    assert disclosure.told_to(ana, timezone.now()) == [request]
    assert Notice.objects.filter(member=ana, kind="identity").count() == 1


# --- Pages --------------------------------------------------------------------------------------


def test_a_request_goes_its_way_through_the_pages(
    client_of: ClientOf, ana: Member, moss: Member, lena: Member
) -> None:
    moderator, lead = client_of(moss), client_of(lena)
    url = reverse("moderation:ask_disclosure", args=[ana.id])
    wanted = {"basis": "care", "reason": REASON, "fields_wanted": ["name", "phone"]}
    assert moderator.post(url, {**wanted, "reason": ""}).status_code == 422
    answer = moderator.post(url, wanted)
    request = DisclosureRequest.objects.get()
    page = reverse("moderation:disclosure", args=[request.id])
    assert answer.url == page
    assert moderator.post(url, wanted).url == page
    assert REASON in text_of(lead.get(page))
    assert "Waiting for you" in text_of(lead.get(reverse("moderation:disclosures")))
    assert "Agree for 30 minutes" not in text_of(moderator.get(page))
    agree = reverse("moderation:agree_disclosure", args=[request.id])
    assert lead.post(agree, {"tell_after": "0"}).url == page
    look = reverse("moderation:look", args=[request.id])
    assert moderator.get(look).status_code == 405
    shown = moderator.post(look)
    assert "Anna Invented" in text_of(shown)
    assert ana.email not in text_of(shown)
    assert "no-store" in shown["Cache-Control"]
    left, _, away = shown["Refresh"].partition("; url=")
    assert (away, 1700 < int(left) <= 1800) == (page, True)
    assert "Anna Invented" not in text_of(moderator.get(page))
    assert "Anna Invented" not in text_of(lead.post(look, follow=True))
    moderator.post(reverse("moderation:close_disclosure", args=[request.id]))
    assert moderator.post(look).url == page


def test_an_emergency_needs_the_typed_declaration(
    client_of: ClientOf, ana: Member, moss: Member, lena: Member
) -> None:
    moderator, url = client_of(moss), reverse("moderation:ask_disclosure", args=[ana.id])
    typed = {"reason": REASON, "fields_wanted": ["name"], "declaration": "In danger now"}
    assert "open it at once" not in text_of(moderator.get(url))
    assert moderator.post(url, typed).url == url
    risk.raise_risk(ana, Level.CRISIS, RiskSource.FILTER)
    assert "open it at once" in text_of(moderator.get(url))
    assert moderator.post(url, {**typed, "declaration": "yes"}).status_code == 422
    assert moderator.post(url, typed).status_code == 302
    request = DisclosureRequest.objects.get()
    move(request, review_due_at=-timedelta(hours=24))
    assert "Review overdue" in text_of(client_of(lena).get(reverse("moderation:disclosures")))
    assert "more than a day" in text_of(moderator.get(reverse("moderation:disclosures")))
    review = reverse("moderation:review_disclosure", args=[request.id])
    given = {"justified": "no", "note": "The team had reached her.", "tell_after": "0"}
    assert client_of(lena).post(review, {**given, "note": ""}).status_code == 422
    assert client_of(lena).post(review, given).status_code == 302
    request.refresh_from_db()
    assert (request.justified, request.reviewed_by) == (False, lena)


def test_my_data_is_kept_and_shown_to_its_owner(client_of: ClientOf, ben: Member) -> None:
    client, url = client_of(ben), reverse("moderation:my_data")
    assert client.post(url, {"name": "Benedict Invented", "address": "1 Quay\nTown"}).url == url
    assert identity.own(ben) == {"name": "Benedict Invented", "address": "1 Quay\nTown"}
    assert "Benedict Invented" in client.get(url).content.decode()
    assert client.post(url, {"name": "x" * 301}).status_code == 422


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_request_and_for_three(
    rows: int,
    client_of: ClientOf,
    clinic: Clinic,
    moss: Member,
    lena: Member,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(rows):
        asked(moss, make.member(clinic))
    client, url = client_of(lena), reverse("moderation:disclosures")
    client.get(url)
    # Session, person; what waits for me, all, whether I owe a review.
    with django_assert_num_queries(5):
        page = client.get(url)
    assert len(page.context["waiting"]) == len(page.context["page"].items) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_my_data_costs_the_same_for_one_look_and_for_three(
    rows: int,
    client_of: ClientOf,
    ana: Member,
    clinic: Clinic,
    lena: Member,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(rows):
        moderator = make.member(clinic, role="moderator")
        disclosure.look(agreed(moderator, ana, lena), moderator)
    client, url = client_of(ana), reverse("moderation:my_data")
    client.get(url)
    # Session, person; what is kept, the looks, their requests.
    with django_assert_num_queries(5):
        page = client.get(url)
    assert len(page.context["told"]) == rows
