"""A storm over one date: sign-ups, confirmations, cancels, answers, more and fewer seats by chance.

After every commit the seats are counted again and nobody was overtaken.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from events import actions, organising, seats, waiting
from events.actions import NoRoom, OfferOver, TooLate, Wish
from events.models import LIVE, Occurrence, Registration, RegistrationState

States = RegistrationState


@dataclass
class Storm:
    """counts: how often each thing happened."""

    occurrence: Occurrence
    seed: int
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.people = 0
        # Whom a seat was offered, and until when.
        self.offered: set[tuple[int, datetime | None]] = set()
        # Who could be asked before the last step: id and turn.
        self.line: set[tuple[int, int]] = set()
        self.letters = 0

    def run(self, sign_ups: int, cancels: int, answers: int, resizes: int) -> None:
        """So many of each, in random order; at the end everything rests."""
        steps = ["sign_up"] * sign_ups + ["cancel"] * cancels + ["answer"] * answers
        steps += ["resize"] * resizes + ["run_out"] * (answers // 10)
        self.chance.shuffle(steps)
        for step in steps:
            getattr(self, step)()
            self.counts[step] += 1
            self.check()
        assert self.counts["offered"], "a storm without an offer proves nothing"

    # --- What people do ----------------------------------------------------------------------

    def sign_up(self) -> None:
        self.people += 1
        companions = self.chance.choice([0, 0, 0, 1])
        wish = Wish(f"P{self.people}", f"p{self.people}@v.example", companions)
        place = actions.sign_up(self.occurrence.id, wish)
        if self.chance.random() < 0.9:
            self.check()
            actions.confirm(place)

    def cancel(self) -> None:
        if place := self._some(States.CONFIRMED, States.CONFIRMED, States.WAITING, States.OFFERED):
            actions.cancel(place)

    def answer(self) -> None:
        place = self._some(States.OFFERED)
        if place is None:
            return
        act = self.chance.choice([actions.accept, actions.accept, actions.pass_on])
        try:
            act(place)
            self.counts["answered"] += 1
        except (OfferOver, TooLate, NoRoom):
            self.counts["refused"] += 1

    def run_out(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        for state, name in ((States.OFFERED, "offer_until"), (States.PENDING, "hold_until")):
            if place := self._some(state):
                Registration.objects.filter(id=place.id).update(**{name: past})
        actions.tidy(self.occurrence.id)

    def resize(self) -> None:
        capacity = self.chance.randint(1, max(4, self.people // 5))
        organising.resize(self.occurrence.id, capacity, 0)

    def _some(self, *states: str) -> Registration | None:
        ids = list(
            self.occurrence.registrations.filter(state=self.chance.choice(states))
            .order_by("id")
            .values_list("id", flat=True)
        )
        return Registration.objects.get(id=self.chance.choice(ids)) if ids else None

    # --- What must hold ----------------------------------------------------------------------

    def check(self) -> None:
        date = Occurrence.objects.select_related("event").get(id=self.occurrence.id)
        assert seats.counters(date) == seats.recount(date)
        used = date.taken + date.held
        assert used <= max(date.capacity, date.ceiling)
        line = waiting.line(date).filter(sits_out=False)
        first = line.first()
        if first is not None:
            # At rest: who is first in the line does not fit.
            assert not seats.fits(date, first.pool, first.seats), "a seat stayed empty"
        rows = list(
            date.registrations.filter(state=States.OFFERED).values_list("id", "offer_until", "turn")
        )
        new = [turn for number, until, turn in rows if (number, until) not in self.offered]
        self.offered = {(number, until) for number, until, _ in rows}
        waits = date.registrations.filter(state=States.WAITING).values_list("id", "turn")
        passed = [turn for number, turn in waits if (number, turn) in self.line]
        if new and passed:
            assert max(new) < min(passed), "somebody was overtaken"
        self.line = set(line.values_list("id", "turn"))
        self.counts["offered"] += len(new)
        letters = DBTaskResult.objects.filter(args_kwargs__args__0="offer").count()
        assert letters - self.letters == len(new), "an offer without its letter, or two"
        self.letters = letters
        live = date.registrations.filter(state__in=LIVE)
        assert live.count() == live.values("email").distinct().count()
