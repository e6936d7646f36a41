"""Seats: kept, confirmed, offered, given back, passed on, and counted right throughout."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from community.members.models import Member
from events import actions, erasing, needs, organising, seats, waiting
from events.actions import NoRoom, OfferOver, TooLate, Wish
from events.models import LIVE, Occurrence, Pool, Registration, RegistrationState
from tests import make_events as make

States = RegistrationState


def place(occurrence: Occurrence, name: str) -> Registration:
    return Registration.objects.get(occurrence=occurrence, email=f"{name}@visitors.example")


def come(occurrence: Occurrence, name: str, *, confirmed: bool = True, **more: object):
    actions.sign_up(occurrence.id, Wish(name, f"{name}@visitors.example", **more))
    registration = place(occurrence, name)
    return actions.confirm(registration) if confirmed else registration


def counts(occurrence: Occurrence) -> tuple[int, int]:
    occurrence.refresh_from_db()
    assert seats.counters(occurrence) == seats.recount(occurrence)
    return occurrence.taken, occurrence.held


def state(registration: Registration) -> str:
    registration.refresh_from_db()
    return registration.state


def letters() -> list[str]:
    return [row.args_kwargs["args"][0] for row in DBTaskResult.objects.order_by("enqueued_at")]


def run_out() -> None:
    """Every hold and offer has run out a second ago."""
    past = timezone.now() - timedelta(seconds=1)
    Registration.objects.filter(state=States.PENDING).update(hold_until=past)
    Registration.objects.filter(state=States.OFFERED).update(offer_until=past)


def test_a_seat_is_kept_then_confirmed(ada: Member) -> None:
    occurrence = make.workshop(ada)
    wren = come(occurrence, "wren", confirmed=False)
    assert (wren.state, counts(occurrence)) == (States.PENDING, (0, 1))
    assert actions.confirm(wren).state == States.CONFIRMED
    assert counts(occurrence) == (1, 0)
    assert actions.confirm(wren).state == States.CONFIRMED
    assert (counts(occurrence), letters()) == ((1, 0), ["confirm", "seat"])


def test_a_cancelled_seat_is_offered_to_the_next_in_the_same_commit(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first, second, third = (come(occurrence, name) for name in ("wren", "robin", "finch"))
    assert [r.state for r in (first, second, third)] == ["confirmed", "waiting", "waiting"]
    with transaction.atomic():
        actions.cancel(first)
        transaction.set_rollback(True)
    assert (state(first), state(second), counts(occurrence)) == ("confirmed", "waiting", (1, 0))
    assert actions.cancel(first) is True
    assert (state(second), state(third), counts(occurrence)) == ("offered", "waiting", (0, 1))
    assert letters()[-2:] == ["cancelled", "offer"]
    assert actions.accept(second).state == States.CONFIRMED
    assert actions.accept(second).state == States.CONFIRMED
    assert counts(occurrence) == (1, 0)
    assert actions.cancel(first) is False


def test_who_was_promoted_and_cancels_never_comes_back(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first, second, third = (come(occurrence, name) for name in ("wren", "robin", "finch"))
    actions.cancel(first)
    actions.accept(second)
    actions.cancel(second)
    assert (state(second), state(third)) == ("cancelled", "offered")
    with pytest.raises(OfferOver):
        actions.accept(second)


def test_a_seat_can_be_given_outright_where_the_workshop_says_so(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1, by_offer=False)
    first, second = come(occurrence, "wren"), come(occurrence, "robin")
    actions.cancel(first)
    assert (state(second), letters()[-1], counts(occurrence)) == ("confirmed", "promoted", (1, 0))


def test_silence_lets_the_next_go_first_and_twice_leads_to_the_end(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first, second, third = (come(occurrence, name) for name in ("wren", "robin", "finch"))
    actions.cancel(first)
    run_out()
    actions.tidy_all()
    assert (state(second), state(third), counts(occurrence)) == ("waiting", "offered", (0, 1))
    run_out()
    actions.tidy_all()
    assert (state(second), state(third)) == ("offered", "waiting")
    run_out()
    actions.tidy_all()
    assert (state(second), state(third)) == ("waiting", "offered")
    assert second.turn > third.turn
    assert second.offers_missed == 0


def test_an_offer_can_be_passed_and_the_place_in_the_list_is_kept(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first, second, third = (come(occurrence, name) for name in ("wren", "robin", "finch"))
    actions.cancel(first)
    assert actions.pass_on(second) is True
    assert actions.pass_on(second) is False
    assert (state(second), state(third), second.offers_missed) == ("waiting", "offered", 0)
    assert second.turn < third.turn


def test_an_offer_elsewhere_changes_nothing_here(ada: Member) -> None:
    """A known fault of others: an expired offer here and a pending one elsewhere drops somebody."""
    here, there = (make.workshop(ada, seats=1, slug=slug) for slug in ("here", "there"))
    for occurrence in (here, there):
        come(occurrence, "wren")
        come(occurrence, "robin")
    actions.cancel(place(here, "wren"))
    run_out()
    actions.tidy_all()
    actions.cancel(place(there, "wren"))
    finch = come(here, "finch")
    assert finch.state == States.CONFIRMED
    actions.cancel(finch)
    assert (state(place(here, "robin")), state(place(there, "robin"))) == ("waiting", "offered")
    assert actions.accept(place(here, "robin")).state == States.CONFIRMED


def test_an_unconfirmed_address_on_the_list_blocks_nobody(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first = come(occurrence, "wren")
    come(occurrence, "robin", confirmed=False)
    third = come(occurrence, "finch")
    actions.cancel(first)
    assert state(third) == States.OFFERED


def test_a_hold_that_ran_out_is_free_again_without_any_worker(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    late = come(occurrence, "wren", confirmed=False)
    run_out()
    robin = come(occurrence, "robin")
    assert (robin.state, counts(occurrence), state(late)) == ("confirmed", (1, 0), "expired")
    assert actions.confirm(late).state == States.WAITING


def test_a_late_confirmation_finds_a_seat_when_there_is_one(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    late = come(occurrence, "wren", confirmed=False)
    run_out()
    actions.tidy_all()
    assert (counts(occurrence), state(late)) == ((0, 0), "expired")
    assert actions.confirm(late).state == States.CONFIRMED


@pytest.mark.parametrize(
    "again", ["wren@visitors.example", " WREN@Visitors.Example ", "ｗren@visitors.example"]
)
def test_one_address_has_one_place(again: str, ada: Member) -> None:
    occurrence = make.workshop(ada)
    come(occurrence, "wren")
    actions.sign_up(occurrence.id, Wish("Wren", again))
    assert (Registration.objects.count(), letters()[-1]) == (1, "again")
    actions.sign_up(occurrence.id, Wish("Wren", "wren+two@visitors.example"))
    actions.sign_up(occurrence.id, Wish("Wren", "w.ren@visitors.example"))
    assert Registration.objects.count() == 3


def test_nobody_signs_up_or_is_asked_after_the_closing(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first, second = come(occurrence, "wren"), come(occurrence, "robin")
    Occurrence.objects.update(closes_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(TooLate):
        actions.sign_up(occurrence.id, Wish("Finch", "finch@visitors.example"))
    actions.cancel(first)
    assert (state(second), counts(occurrence)) == ("waiting", (0, 0))


def test_when_it_is_too_late_for_an_offer_who_comes_first_takes_the_seat(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first, second, third = (come(occurrence, name) for name in ("wren", "robin", "finch"))
    Occurrence.objects.update(starts_at=timezone.now() + timedelta(minutes=50))
    actions.cancel(first)
    assert (state(second), state(third)) == ("waiting", "waiting")
    assert actions.accept(third).state == States.CONFIRMED
    with pytest.raises(OfferOver):
        actions.accept(second)
    assert counts(occurrence) == (1, 0)


def test_companions_take_seats_and_nobody_small_overtakes_a_party(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=2)
    first, second = come(occurrence, "wren"), come(occurrence, "robin")
    pair, single = come(occurrence, "finch", companions=1), come(occurrence, "lark")
    actions.cancel(first)
    assert (state(pair), state(single), counts(occurrence)) == ("waiting", "waiting", (1, 0))
    actions.cancel(second)
    assert (state(pair), state(single), counts(occurrence)) == ("offered", "waiting", (0, 2))
    # Their own offer counts as free for them, and fewer companions free a seat at once.
    actions.change_place(pair, "Finch", 1)
    actions.change_place(pair, "Finch", 0)
    assert (state(single), counts(occurrence)) == ("offered", (0, 2))
    with pytest.raises(NoRoom):
        actions.change_place(pair, "Finch", 1)


def test_near_the_start_a_single_person_may_take_what_is_too_little_for_two(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=2)
    first, _ = come(occurrence, "wren"), come(occurrence, "robin")
    pair, single = come(occurrence, "finch", companions=1), come(occurrence, "lark")
    later = timezone.now() + timedelta(hours=23)
    Occurrence.objects.update(starts_at=later, ends_at=later + timedelta(hours=1))
    actions.cancel(first)
    assert (state(pair), state(single)) == ("waiting", "offered")


def test_accessible_places_are_counted_apart_and_help_comes_free(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    with transaction.atomic():
        seats.resize(seats.lock(occurrence.id), 1, 1)
    wren = come(occurrence, "wren", accessible=True, companions=1)
    robin = come(occurrence, "robin")
    assert (wren.state, wren.pool, robin.state) == ("confirmed", Pool.ACCESS, "confirmed")
    assert counts(occurrence) == (1, 0)
    assert (occurrence.access_taken, occurrence.access_free) == (1, 0)


def test_fewer_seats_cancel_nobody_and_stop_offers_until_there_is_room(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=3)
    people = [come(occurrence, name) for name in ("wren", "robin", "finch")]
    lark = come(occurrence, "lark")
    organising.resize(occurrence.id, 1, 0)
    assert counts(occurrence) == (3, 0)
    actions.cancel(people[0])
    actions.cancel(people[1])
    assert (state(lark), counts(occurrence)) == ("waiting", (1, 0))
    actions.cancel(people[2])
    assert (state(lark), counts(occurrence)) == ("offered", (0, 1))
    organising.resize(occurrence.id, 2, 0)
    assert come(occurrence, "jay").state == States.CONFIRMED


def test_the_database_refuses_one_seat_too_many(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.filter(id=occurrence.id).update(taken=3)


def test_a_cancelled_date_tells_everybody_and_takes_nobody(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=1)
    first, second = come(occurrence, "wren"), come(occurrence, "robin")
    assert organising.cancel_date(occurrence.id) is True
    assert organising.cancel_date(occurrence.id) is False
    assert (state(first), state(second), counts(occurrence)) == ("removed", "removed", (0, 0))
    assert letters()[-2:] == ["called_off", "called_off"]
    with pytest.raises(TooLate):
        actions.sign_up(occurrence.id, Wish("Finch", "finch@visitors.example"))


def test_a_rolled_back_sign_up_sends_nothing(ada: Member) -> None:
    occurrence = make.workshop(ada)
    with transaction.atomic():
        actions.sign_up(occurrence.id, Wish("Wren", "wren@visitors.example"))
        transaction.set_rollback(True)
    assert (Registration.objects.count(), letters()) == (0, [])


def test_a_task_row_holds_no_address(ada: Member) -> None:
    come(make.workshop(ada), "wren")
    assert "wren" not in str(list(DBTaskResult.objects.values()))


def test_wrong_counters_are_found_and_set_right(ada: Member) -> None:
    occurrence = make.workshop(ada, seats=3)
    come(occurrence, "wren", companions=1)
    call_command("verify_events", stdout=StringIO())
    Occurrence.objects.update(taken=1)
    with pytest.raises(CommandError):
        call_command("verify_events", stdout=StringIO())
    call_command("verify_events", repair=True, stdout=StringIO())
    assert counts(occurrence) == (2, 0)


NEEDS = {"kinds": ["step_free", "sign"], "words": "My knee is a canary."}


def test_needs_are_sealed_shown_in_their_week_and_erased_after(ada: Member) -> None:
    occurrence = make.workshop(ada)
    wren = come(occurrence, "wren", needs=NEEDS)
    assert "canary" not in str(list(Registration.objects.values()))
    assert needs.own(wren) == NEEDS
    now = timezone.now()
    assert needs.for_host(occurrence, now) == []
    assert needs.to_arrange(occurrence) == [(needs.KINDS[code], 1) for code in NEEDS["kinds"]]
    ((found, kinds, words),) = needs.for_host(occurrence, occurrence.starts_at)
    assert (found.id, len(kinds), words) == (wren.id, 2, NEEDS["words"])
    erasing.erase_due()
    assert needs.own(place(occurrence, "wren")) == NEEDS
    ended = now - timedelta(days=8)
    Occurrence.objects.update(starts_at=ended - timedelta(hours=1), ends_at=ended)
    erasing.erase_due()
    kept = place(occurrence, "wren")
    assert (kept.needs_sealed, kept.name) == ("", "wren")


def test_names_are_erased_after_the_workshops_days_and_counts_stay(ada: Member) -> None:
    occurrence = make.workshop(ada, keep_days=30)
    other = make.workshop(ada, slug="other", keep_days=60)
    for date in (occurrence, other):
        come(date, "wren")
    ended = timezone.now() - timedelta(days=31)
    Occurrence.objects.update(starts_at=ended - timedelta(hours=1), ends_at=ended)
    erasing.erase_due()
    gone = occurrence.registrations.get()
    assert (gone.name, gone.email, gone.state) == ("", "", States.CONFIRMED)
    assert other.registrations.get().name == "wren"
    assert counts(occurrence) == (1, 0)
    assert Registration.objects.filter(state__in=LIVE).count() == 2
    assert waiting.line(occurrence).count() == 0
