"""What a simple filter gets wrong, one by one. Which test holds which: docs/filter-pitfalls.md."""

import asyncio
import sys
import threading
import time
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from benchmarks.filter import suite
from community.members.models import Group, Member
from moderation.models import RiskCase, Sanction, Screening, State, Submission
from moderation.screening import normalise, policy, rules, runner, small
from moderation.screening.engine import Filter, Small
from moderation.screening.signals import Mode, Trust
from moderation.screening.training import grammar
from tests import make_forums, make_moderation

# Words in which a list of words sees others, names that begin or sound like them, places.
INNOCENT = [
    "I grew up in Scunthorpe and moved to Penistone.",
    "Dick and Shital will bring the cake on Friday.",
    "My psychiatrist is called Dr Cockburn and she is lovely.",
    "We watched the Arsenal match at the Essex club.",
    "The bassist in our class is a great cook.",
    "I passed my assessment and embarrassed myself with happy tears.",
    "Nishit showed me how to analyse the cumulative numbers.",
    "Thank you, Fanny and Willy, the saxophone evening was wonderful.",
]
TREATMENT = [
    "I'm on 50 mg sertraline, did anybody else feel sick at first?",
    "They raised my lithium to 800 mg and I have to drink more water.",
    "I take quetiapine at night and it makes me sleepy, any tips?",
    "Methadone twice a day, and the pharmacist is kind to me.",
    "My GP changed citalopram to mirtazapine and I eat better now.",
    "I had ECT on Tuesday and the nurse held my hand.",
    "I forgot my olanzapine and doubled nothing, I just took the next one.",
    "Diazepam before the flight, prescribed, one tablet.",
]


def screened(author: Member, text: str) -> tuple[Submission, Screening]:
    letter = make_moderation.letter(author, text)
    runner.run_once()
    letter.refresh_from_db()
    return letter, Screening.objects.filter(revision__submission=letter).latest("id")


@pytest.mark.django_db
@pytest.mark.parametrize("text", [*INNOCENT, *TREATMENT])
def test_49_words_that_only_look_like_others_and_treatment_are_not_held(
    ana: Member, text: str
) -> None:
    letter, judged = screened(ana, text)
    assert (letter.state, judged.level < 2) == (State.VISIBLE, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "I am a person with schizophrenia.",
        "My brother killed himself last year.",
        "I lost my mother to suicide when I was nine, and I miss her today.",
        "I'm such an idiot, I hate myself",
    ],
)
def test_41_42_43_the_ill_the_bereaved_and_the_self_critical_are_not_held(
    ana: Member, text: str
) -> None:
    letter, _ = screened(ana, text)
    assert letter.is_public
    assert not RiskCase.objects.exists()
    assert not Sanction.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "My brother killed himself last year and I want to die too.",
        "I lost my job three years ago and I want to die.",
        "I've wanted to die for years.",
        "I have been suicidal since my divorce two years ago.",
    ],
)
def test_43_a_wish_of_today_is_heard_whatever_lies_years_back(ana: Member, text: str) -> None:
    screened(ana, text)
    assert RiskCase.objects.filter(member=ana).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    ["", "   ", "\x00", "😀" * 40, "\u202eabc \u05d0\u05d1", "Ж mixed и text", "x" * 10_000_000],
)
def test_37_no_text_breaks_a_request(
    mia: Member, group: Group, client_of: Callable[..., Client], body: str
) -> None:
    thread = make_forums.published(make_forums.board(group), mia).thread
    answer = client_of(mia).post(
        reverse("forums:reply", args=[thread.id]), {"body": body, "key": str(uuid.uuid4())}
    )
    assert answer.status_code < 500
    while runner.run_once():
        pass
    assert not Submission.objects.filter(state=State.SCREENING).exists()


FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
WORDS = [
    f"We are here {FAMILY} \u2764\ufe0f",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u094b\u0938\u094d\u0924\u094b\u0902",
    "\u0645\u0631\u062d\u0628\u0627\u064b \u0628\u0643\u064f\u0645",
    "Zoe\u0308 and Zo\u00eb, \ufb01ne, \uff46\uff55\uff4c\uff4c width, s\u200bp\u00adlit",
]


@pytest.mark.django_db
@pytest.mark.parametrize("text", WORDS)
def test_51_what_is_stored_and_shown_is_what_was_typed(mia: Member, text: str) -> None:
    letter, _ = screened(mia, text)
    revision = letter.latest
    assert revision is not None
    revision.refresh_from_db()
    assert revision.body.encode() == text.encode()
    assert revision.public_body.encode() == text.encode()


@pytest.mark.django_db
def test_51_what_stands_around_a_hidden_part_is_what_was_typed(mia: Member) -> None:
    letter, _ = screened(mia, f"{FAMILY} Zoe\u0308: 07700 900123 {FAMILY}")
    assert letter.state == State.MASKED
    assert letter.shown is not None
    assert letter.shown.public_body == f"{FAMILY} Zoe\u0308: [phone number hidden] {FAMILY}"
    assert normalise.normalise(FAMILY).text != FAMILY, "the filter itself reads another wording"


def plain(text: str) -> str:
    return " ".join(normalise.normalise(text).text.split())


def test_54_what_is_tuned_on_and_what_is_reported_share_no_template() -> None:
    kept = {plain(case.text) for case in suite.cases() if case.measuring}
    tuned = {plain(case.text) for case in suite.cases() if not case.measuring}
    taught = {plain(row.text) for row in grammar.rows(0)}
    assert min(len(kept), len(tuned), len(taught)) > 150
    assert not kept & tuned
    assert not kept & taught
    own_cases = {plain(text) for rule in rules.RULES for text in (*rule.yes, *rule.no)}
    assert not kept & own_cases


def test_54_each_ability_has_templates_on_both_sides() -> None:
    for name, (_, _, _, templates) in suite.SUITE.items():
        assert len(templates) == 6, name
        assert len(set(templates)) == 6, name


def longest_silence(work: Callable[[], None]) -> float:
    """The longest time an event loop stood still, in seconds, while `work` ran in a thread."""

    async def watch() -> float:
        done, worst = threading.Event(), 0.0

        def run() -> None:
            work()
            done.set()

        thread = threading.Thread(target=run)
        thread.start()
        while not done.is_set():
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - begun)
        thread.join()
        return worst

    return asyncio.run(watch())


def test_33_the_event_loop_goes_on_while_a_long_text_is_judged() -> None:
    """The judge runs in a thread; between two of its steps the loop gets its turn.

    Compared with the same work on the loop itself, which would keep it for the whole time.
    """
    judge = Filter(Small(small.load()))
    text = "We planted beans and I told them about my week. " * 3_000

    def work() -> None:
        rules.find(text)
        judge.score([text])

    begun = time.perf_counter()
    work()
    alone = time.perf_counter() - begun
    assert longest_silence(work) < max(20 * sys.getswitchinterval(), alone / 3)


@pytest.mark.parametrize("text", ["a" * 100_000, "(" * 100_000])
def test_50_a_hundred_thousand_signs_cost_as_much_as_their_length(text: str) -> None:
    judge = Filter(Small(small.load()))

    def cost(part: str) -> float:
        times = []
        for _ in range(3):
            begun = time.process_time()
            scores = judge.score([part])[0]
            policy.judge(rules.find(part), scores, mode=Mode.HYBRID, trust=Trust.MEMBER)
            times.append(time.process_time() - begun)
        return min(times)

    # Quadratic work would cost four times as much for twice the length.
    assert cost(text) < 3.2 * cost(text[: len(text) // 2]) + 0.02
