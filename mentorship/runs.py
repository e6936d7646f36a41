"""Computing a matching for a clinic: gather, solve, keep the run. Nobody is asked anything here.

Pairs that go on and questions that wait for an answer are not touched: their people and places are
not part of the question.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from community.members.blocks import Block
from community.members.models import Clinic, Member
from mentorship import fit
from mentorship.actions import propose
from mentorship.matching import Problem, greedy, left_out, solve
from mentorship.models import (
    OPEN,
    Answers,
    Exclusion,
    MatchEdge,
    MatchRun,
    MentorProfile,
    Pair,
    PairState,
    Proposal,
    ProposalState,
    Side,
    today_of,
)

SOLVER = "exact-1"
Cells = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Pool:
    """Who looks for a mentor, who could be one, and what speaks against and for each two."""

    mentees: list[Answers]
    mentors: list[MentorProfile]
    wishes: dict[tuple[int, str], fit.Wish]
    places: list[int]
    taken: list[int]
    not_ready: list[bool]
    # Pairs of ids that are kept apart, by code of fit.BARRIERS.
    apart: dict[tuple[int, int], str]


def wish_of(answers: Answers | None) -> fit.Wish:
    """A person's answers for the arithmetic; nothing said fits nobody."""
    if answers is None:
        return fit.Wish()
    return fit.Wish(
        languages=tuple(answers.languages),
        topics=frozenset(answers.topics),
        avoid=frozenset(answers.avoid),
        hours=tuple(sorted(answers.hours)),
        zone=answers.time_zone,
        style=answers.style,
        gender=answers.gender,
        not_with=frozenset(answers.not_with),
        private=frozenset(answers.private),
        waiting_weeks=max(0, (timezone.now() - answers.waiting_since).days // 7),
        again=answers.again,
    )


def pool_of(clinic_id: int) -> Pool:
    """Everybody of a clinic who takes part in the matching now. Ten queries, whatever the size."""
    going = Pair.objects.exclude(state=PairState.ENDED).values("mentee")
    asked = Proposal.objects.filter(state__in=OPEN, expires_at__gt=timezone.now())
    people = Answers.objects.filter(member__clinic_id=clinic_id, member__is_active=True)
    seeking = people.filter(side=Side.MENTEE, wants=True, member__is_patient=True)
    seeking = seeking.exclude(member__in=going).exclude(member__in=asked.values("mentee"))
    mentees = list(seeking.select_related("member").order_by("member_id"))
    rows = MentorProfile.objects.with_load().select_related("member")
    rows = rows.filter(member__clinic_id=clinic_id, member__is_mentor=True, member__is_active=True)
    mentors: list[Any] = list(rows.order_by("member_id"))
    held = Counter(asked.filter(clinic_id=clinic_id).values_list("mentor", flat=True))
    wishes = {(a.member_id, Side.MENTEE.value): wish_of(a) for a in mentees}
    for answers in people.filter(side=Side.MENTOR):
        wishes[answers.member_id, Side.MENTOR.value] = wish_of(answers)
    today = today_of(Clinic.objects.get(id=clinic_id))
    taken = [profile.load + held[profile.member_id] for profile in mentors]
    places = [
        0 if profile.not_ready(today) else max(0, profile.places(today) - used)
        for profile, used in zip(mentors, taken, strict=True)
    ]
    not_ready = [bool(profile.not_ready(today)) for profile in mentors]
    return Pool(mentees, mentors, wishes, places, taken, not_ready, _apart(clinic_id))


def _apart(clinic_id: int) -> dict[tuple[int, int], str]:
    """Ordered both ways, so that it does not matter who is asked about whom."""
    before = set(Pair.objects.filter(mentee__clinic_id=clinic_id).values_list("mentor", "mentee"))
    no = Proposal.objects.filter(clinic_id=clinic_id, state=ProposalState.DECLINED)
    before |= set(no.values_list("mentor", "mentee"))
    # A block is told to nobody: to the care team it looks like any other two who are kept apart.
    blocks = Block.objects.filter(blocker__clinic_id=clinic_id)
    never = set(blocks.values_list("blocker", "blocked"))
    never |= set(Exclusion.objects.filter(clinic_id=clinic_id).values_list("one", "other"))
    codes = {**dict.fromkeys(before, "before"), **dict.fromkeys(never, "apart")}
    return codes | {(other, one): code for (one, other), code in codes.items()}


@dataclass(frozen=True)
class Table:
    """The problem in numbers, and for each cell what it is made of."""

    problem: Problem
    against: dict[tuple[int, int], list[str]]
    minutes: dict[tuple[int, int], int]


def table_of(pool: Pool, weights: dict[str, int], pinned: Cells, forbidden: Cells) -> Table:
    """Every pair of the pool, judged once."""
    zones = sorted({wish.zone for wish in pool.wishes.values()})
    weeks = fit.weeks_to_look_at(zones, timezone.localdate())
    free = {key: fit.free_quarters(wish, weeks) for key, wish in pool.wishes.items()}
    nobody = fit.free_quarters(fit.Wish(), weeks)
    shape = (len(pool.mentees), len(pool.mentors))
    scores, allowed = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
    against: dict[tuple[int, int], list[str]] = {}
    minutes: dict[tuple[int, int], int] = {}
    for i, answers in enumerate(pool.mentees):
        mentee = pool.wishes[answers.member_id, Side.MENTEE.value]
        for j, profile in enumerate(pool.mentors):
            pair, key = (answers.member_id, profile.member_id), (profile.member_id, "mentor")
            mentor = pool.wishes.get(key, fit.Wish())
            shared = fit.minutes_together(
                free[answers.member_id, Side.MENTEE.value], free.get(key, nobody)
            )
            found = fit.barriers(mentee, mentor, shared)
            if pair[0] == pair[1]:
                found.append("self")
            if pair in pool.apart:
                found.append(pool.apart[pair])
            if pool.not_ready[j]:
                found.append("not_ready")
            if pair in forbidden:
                found.append("forbidden")
            against[pair], minutes[pair] = found, shared
            allowed[i, j] = not found
            scores[i, j] = sum(fit.parts(mentee, mentor, shared, weights).values())
    problem = Problem(
        tuple(answers.member_id for answers in pool.mentees),
        tuple(profile.member_id for profile in pool.mentors),
        tuple(pool.places),
        scores,
        allowed,
        tuple(pool.taken),
        tuple(pinned),
    )
    return Table(problem, against, minutes)


def digest(problem: Problem, seed: int) -> str:
    """SHA-256 of all that the answer depends on: equal digests have equal answers."""
    said = [problem.mentees, problem.mentors, problem.places, problem.taken, problem.pinned, seed]
    whole = json.dumps(said).encode() + problem.scores.tobytes() + problem.allowed.tobytes()
    return hashlib.sha256(whole).hexdigest()


@transaction.atomic
def compute(by: Member, *, pinned: Cells = (), forbidden: Cells = (), seed: int = 0) -> MatchRun:
    """Match everybody who waits, and keep the result. Raises matching.PinImpossible."""
    pool = pool_of(by.clinic_id)
    weights = dict(fit.WEIGHTS)
    table = table_of(pool, weights, pinned, forbidden)
    answer, by_hand = solve(table.problem, seed), greedy(table.problem)
    run = MatchRun.objects.create(
        clinic_id=by.clinic_id,
        by=by,
        seed=seed,
        solver=SOLVER,
        weights=weights,
        input_sha256=digest(table.problem, seed),
        pinned=[list(pair) for pair in pinned],
        forbidden=[list(pair) for pair in forbidden],
        people=len(pool.mentees),
        places=sum(pool.places),
        matched=answer.matched,
        total=answer.total,
        greedy_matched=by_hand.matched,
        greedy_total=by_hand.total,
        left_out=[
            {
                **asdict(gap),
                "suitable": len(gap.suitable),
                "helps": list(gap.helps),
                **_tally(table, gap.mentee),
            }
            for gap in left_out(table.problem, answer)
        ],
    )
    MatchEdge.objects.bulk_create(
        _edge(run, pool, table, weights, one, other) for one, other in sorted(answer.pairs.items())
    )
    return run


def _tally(table: Table, mentee: int) -> dict[str, dict[str, int]]:
    """How many mentors each barrier rules out, and how many it alone rules out."""
    found = [table.against[mentee, mentor] for mentor in table.problem.mentors]
    every = Counter(code for codes in found for code in codes)
    alone = Counter(codes[0] for codes in found if len(codes) == 1)
    return {"barriers": dict(every), "only": dict(alone)}


def _edge(
    run: MatchRun, pool: Pool, table: Table, weights: dict[str, int], one: int, other: int
) -> MatchEdge:
    mentee = pool.wishes[one, Side.MENTEE.value]
    mentor = pool.wishes.get((other, Side.MENTOR.value), fit.Wish())
    minutes = table.minutes[one, other]
    made = fit.parts(mentee, mentor, minutes, weights)
    return MatchEdge(
        run=run,
        mentee_id=one,
        mentor_id=other,
        score=sum(made.values()),
        parts=made,
        why=fit.why(mentee, mentor, minutes),
    )


def again(run: MatchRun, by: Member, *, pin: Cells = (), forbid: Cells = ()) -> MatchRun:
    """A new run with the pins and rulings-out of this one and some more. Raises PinImpossible."""
    pinned = [tuple(pair) for pair in run.pinned]
    forbidden = [tuple(pair) for pair in run.forbidden]
    # A newer pin replaces the person's older one; what was ruled out is no pin any more.
    fresh = {one for one, _ in pin}
    pinned = [pair for pair in pinned if pair[0] not in fresh and pair not in forbid]
    return compute(
        by,
        pinned=sorted({*pinned, *pin}),
        forbidden=sorted({*forbidden, *forbid} - set(pin)),
        seed=run.seed,
    )


def ask(edge: MatchEdge, by: Member) -> Proposal:
    """Ask the mentor of a proposed pair, in words without a name. Raises NotPossible."""
    return propose(by, edge.mentor, edge.mentee, fit.sentence(edge.why)[:300])
