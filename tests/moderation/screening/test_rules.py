"""The rules: each holds its own cases, in every disguise, in linear time, and never raises."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.screening.rule import Rule
from moderation.screening.rules import RULES, describe, find
from moderation.screening.signals import Axis, Risk

YES = [(rule, text) for rule in RULES for text in rule.yes]
NO = [(rule, text) for rule in RULES for text in rule.no]


def codes(text: str) -> set[str]:
    return {hit.code for hit in find(text)}


def risk(text: str) -> Risk:
    return max((hit.level for hit in find(text) if hit.axis is Axis.RISK), default=Risk.GREEN)


def held(text: str) -> bool:
    return any(hit.hold for hit in find(text) if hit.axis is Axis.CONDUCT)


@pytest.mark.parametrize(("rule", "text"), YES, ids=lambda value: getattr(value, "code", None))
def test_a_rule_finds_its_own_cases(rule: Rule, text: str) -> None:
    assert rule.code in codes(text)
    assert describe(rule.code) == rule.sentence


@pytest.mark.parametrize(("rule", "text"), NO, ids=lambda value: getattr(value, "code", None))
def test_a_rule_leaves_its_look_alikes_alone(rule: Rule, text: str) -> None:
    assert rule.code not in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm not suicidal, just tired",
        "No thoughts of self-harm this week, which is a first.",
        "two years since my attempt, and so glad I'm still here",
        "My brother killed himself last year.",
        "I lost my best friend to suicide",
        "this traffic is killing me",
        "you're killing it",
        "shoot me an email",
        "I was so bored in the waiting room, I wanted to slit my wrists",
        "> I want to die",
        "Has anyone watched the drama about a girl who kills herself?",
        "Please don't kill yourself, we are here",
        "I'm on 50 mg sertraline, any nausea?",
        "Ate lunch, proud of it",
        "Good morning all! How did everyone sleep?",
    ],
)
def test_what_only_sounds_like_danger_is_none(text: str) -> None:
    assert risk(text) <= Risk.AMBER


@pytest.mark.parametrize(
    "text",
    [
        "I can't say I'm not suicidal",
        "I can't promise I'm not suicidal",
        "not sure I won't do it",
        "I don't want to live",
        "This job is killing me and honestly I'd rather be dead",
        "the urges to self-harm came back tonight",
        "wish I wouldn't wake up",
    ],
)
def test_a_denial_that_does_not_reassure_is_heard(text: str) -> None:
    assert risk(text) >= Risk.RED


@pytest.mark.parametrize(
    "text",
    [
        "i want to d i e",
        "I want to d.i.e",
        "k1ll my$elf",
        "I want to k\u200bill my\u200bself",
        "Ｉ ｗａｎｔ ｔｏ ｄｉｅ",
        "I wаnt tо diе",
        "𝓘 𝔀𝓪𝓷𝓽 𝓽𝓸 𝓭𝓲𝓮",
        "I w a n t t o d i e",
        "su*cide keeps going through my head",
        "i want to diiiiie",
        "kms",
        "thinking of unaliving myself",
    ],
)
def test_a_disguise_changes_nothing(text: str) -> None:
    assert risk(text) >= Risk.RED


@pytest.mark.parametrize(
    "text",
    [
        "I am a person with schizophrenia.",
        "I'm such a fucking idiot, I hate myself",
        "Holy shit, you did it! So proud of you!",
        "He told me to kill myself and I can't stop crying.",
        "Nobody should be called a psycho because they hear voices.",
        "Dick and Shital are coming to Scunthorpe",
    ],
)
def test_the_writer_is_never_filed_as_abusive(text: str) -> None:
    assert not held(text)


@pytest.mark.parametrize(
    "text", ["Kill yourself", "you are a f u c k i n g idiot", "ur such a b1tch", "I will kill you"]
)
def test_an_attack_is_held(text: str) -> None:
    assert held(text)


def test_spans_point_at_what_was_written() -> None:
    text = "Write to me: heron@people.example or 07700 900123, please"
    parts = {text[s.start : s.end] for hit in find(text) for s in hit.spans}
    assert parts == {"heron@people.example", "07700 900123"}


@pytest.mark.parametrize("place", range(20))
def test_danger_is_found_anywhere_in_a_long_post(place: int) -> None:
    words = ("we planted beans along the garden fence and had tea . " * 500).split()[:5000]
    words[place * 250 : place * 250] = [". I am going to kill myself tonight ."]
    assert risk(" ".join(words)) is Risk.CRISIS


@pytest.mark.parametrize("sign", ["a", "(", "a ", "1", "@", "!", "> ", "\u0301", "d i e ", "k-"])
def test_no_text_takes_more_than_linear_time(sign: str) -> None:
    begun = time.perf_counter()
    find(sign * (100_000 // len(sign)))
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "🙂" * 10, "x" * 10_000_000, "‮abc"])
def test_odd_texts_are_read_without_a_fault(text: str) -> None:
    assert isinstance(find(text), tuple)


@given(st.text(alphabet=st.characters(), max_size=300))
@settings(max_examples=300)
def test_any_text_gives_the_same_hits_twice_and_spans_inside_it(text: str) -> None:
    first = find(text)
    assert first == find(text)
    for hit in first:
        for span in hit.spans:
            assert 0 <= span.start < span.end <= len(text)
