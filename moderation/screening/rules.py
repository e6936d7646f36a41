"""The rule engine: finds what the rules name, in linear time, in any text, without raising.

A text is folded (normalise.py), cut into sentences, and each sentence is read by each rule whose
words it could hold. Scope (scope.py) then excuses what was denied, quoted, long ago, somebody
else's, or only a manner of speaking; what denies safety is never excused.
"""

import re
from collections.abc import Iterator

from moderation.screening import rules_conduct, rules_privacy, rules_risk, scope
from moderation.screening.normalise import Normalised, normalise, plain
from moderation.screening.rule import Rule
from moderation.screening.signals import Axis, Hit, Risk, Span

RULESET_VERSION = "2"
RULES: tuple[Rule, ...] = (*rules_risk.RULES, *rules_conduct.RULES, *rules_privacy.RULES)
_BY_CODE = {rule.code: rule for rule in RULES}
# Numbers and addresses are read as written: folding would turn "@" and digits into letters.
_POINTED = tuple(rule for rule in RULES if rule.spans)
_SPOKEN = tuple(rule for rule in RULES if not rule.spans)
# Longest sentence read at once, and how far two pieces of a longer one overlap, in characters.
PIECE = 400
OVERLAP = 120
# Beyond this many characters a text is read at its head, its tail and evenly in between.
MOST = 200_000
_GLUED = re.compile(
    r"kill(?:ing)?myself|(?:cut|cutting|hurt|hurting|hang|hanging)myself|wanttodie|wannadie|enditall|endmylife|iwanttodie|killyourself"
)
_ATTRIBUTED = re.compile(
    r"\b(?:told me|said (?:to me|i|that)|(?<!keep )saying|called me|calls me|wrote|texted|messaged|shouted|keeps telling|"
    r"stop telling|someone said|my ex|he told|she told|they told|reported|used to say|says i|yelled|got a message)\b"
)
_COUNTER = re.compile(
    r"\b(?:is wrong|won'?t stand for|don'?t say|shouldn'?t be called|nobody should|should(?:n'?t| not) be called|"
    r"deserves? (?:the same|respect|care)|hurts? people|stigma|stereotype|not true that|tired of hearing|you(?:'?re| are) not|"
    r"isn'?t (?:true|funny)|don'?t call)\b"
)


def find(text: str) -> tuple[Hit, ...]:
    """The rules that match, each once with all its spans, in the order of the table."""
    sample = _sampled(text)
    signs = plain(sample)
    folded = normalise(sample, signs)
    found: dict[str, list[Span]] = {}
    for _, piece in _pieces(scope.SENTENCE, folded.text):
        excuse = _Excuses(piece)
        for rule in _SPOKEN:
            if rule.pattern.search(piece) is not None and excuse.lets(rule):
                found.setdefault(rule.code, [])
    for start, piece in _pieces(scope.LINE, signs.text):
        for rule in _POINTED:
            if spans := _spans(rule, piece, start, signs):
                found.setdefault(rule.code, []).extend(spans)
    _look_at_glued(folded.text, found)
    return tuple(
        Hit(rule.code, rule.axis, rule.level, rule.hold, tuple(dict.fromkeys(found[rule.code])))
        for rule in RULES
        if rule.code in found
    )


def describe(code: str) -> str:
    """What a rule says to the moderator; the code itself when no rule has it."""
    rule = _BY_CODE.get(code)
    return rule.sentence if rule else code


def _sampled(text: str) -> str:
    """The text, or for an enormous one its head, tail and parts between, in the same places' order.

    Spans then point into the sample's head only; nobody reads megabytes by the part.
    """
    if len(text) <= MOST:
        return text
    window, count = MOST // 20, 20
    step = (len(text) - window) // (count - 1)
    return "\n".join(text[i * step : i * step + window] for i in range(count))


def _pieces(unit: "re.Pattern[str]", text: str) -> Iterator[tuple[int, str]]:
    """Sentences or lines with their place; long ones in overlapping pieces."""
    for match in unit.finditer(text):
        sentence, at = match.group(0), match.start()
        if len(sentence) <= PIECE:
            yield at, sentence
            continue
        for start in range(0, len(sentence), PIECE - OVERLAP):
            yield at + start, sentence[start : start + PIECE]


class _Excuses:
    """What one sentence says about its own words. Each question is asked at most once."""

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence
        self._known: dict[int, bool] = {}

    def _has(self, pattern: "re.Pattern[str]") -> bool:
        key = id(pattern)
        if key not in self._known:
            self._known[key] = pattern.search(self._sentence) is not None
        return self._known[key]

    def lets(self, rule: Rule) -> bool:
        """Whether a match of the rule in this sentence counts."""
        if rule.firm:
            return True
        if rule.axis is Axis.CONDUCT:
            return self._lets_conduct(rule)
        if rule.level is Risk.AMBER:
            return not (self._has(scope.NOT_MEANT) or self._has(scope.QUOTED_LINE))
        return self._lets_risk(rule)

    def _lets_conduct(self, rule: Rule) -> bool:
        if self._has(scope.QUOTED_LINE) or self._has(_COUNTER):
            return False
        return not self._has(_ATTRIBUTED) and not (
            rule.code == "conduct.encouragement" and self._has(scope.SUPPORTING)
        )

    def _lets_risk(self, rule: Rule) -> bool:
        if self._has(scope.NOT_REASSURING):
            return True
        if self._has(scope.QUOTED_LINE):
            return False
        if self._has(scope.NEGATED) or self._has(scope.COPING):
            return False
        if rule.code == "risk.other_person":
            return not self._has(scope.LONG_AGO) and not self._has(scope.OTHERS_WORDS)
        if self._has(scope.NOT_MEANT) and not re.search(
            r"\b(?:myself|my life|not joking|serious(?:ly)?|for real|rather be dead)\b",
            self._sentence,
        ):
            return False
        if self._has(scope.LONG_AGO) and not self._has(scope.NOW_AGAIN) and self._past(rule):
            return False
        mine = self._has(scope.FIRST_PERSON)
        others = (
            self._has(scope.BEREAVED)
            or self._has(scope.OTHERS_WORDS)
            or self._has(scope.SUPPORTING)
            or (rule.level is Risk.RED and self._has(scope.SECOND_PERSON))
        )
        return mine or not others

    def _past(self, rule: Rule) -> bool:
        """Long ago and, for what sounds like now, also told as over."""
        return rule.level is Risk.RED or self._has(scope.RECOVERED)


def _spans(rule: Rule, piece: str, start: int, folded: Normalised) -> list[Span]:
    spans = []
    for match in rule.pattern.finditer(piece):
        first, last = folded.span(start + match.start(), start + match.end())
        spans.append(Span(first, last, rule.spans))
    return spans


def _look_at_glued(text: str, found: dict[str, list[Span]]) -> None:
    """'I w a n t t o d i e' folds into one word; look for the phrases without blanks there."""
    for match in _GLUED.finditer(text):
        code = "conduct.encouragement" if "yourself" in match.group(0) else "risk.ideation"
        found.setdefault(code, [])
