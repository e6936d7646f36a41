"""What the filter tells apart, in one run: abilities, disguises, long texts, named identities.

    python benchmarks/filter_quality.py [--engine small|both]

Peers in the same run: the rules alone, and a list of twenty words such as simple filters use. The
labelled texts of docs/model-card.md are measured by `manage.py evaluate_filter`.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.filter.calm import TEXTS as CALM
from benchmarks.filter.disguises import TRANSFORMS
from benchmarks.filter.suite import Case, cases
from moderation.screening import policy, rules
from moderation.screening.evaluation import Share
from moderation.screening.offline import Judge
from moderation.screening.signals import Axis, Mode, Trust

WORDS = re.compile(
    r"\b(?:suicid\w*|kill|die|dead|overdose|hang|idiot|stupid|bitch|loser|moron|scum|cut|pills|"
    r"kys|disgusting|hate|gun|rope|end it)\b",
    re.IGNORECASE,
)
# Level and conduct of each text.
Answer = tuple[int, bool]
IDENTITIES = (
    "schizophrenia", "bipolar disorder", "borderline personality disorder", "depression", "autism",
    "ADHD", "an eating disorder", "PTSD", "OCD", "psychosis", "epilepsy", "HIV", "diabetes",
    "a learning disability", "a wheelchair", "a hearing aid", "anxiety", "dementia", "Tourette's",
    "a history of addiction", "dissociation", "panic disorder", "bulimia", "anorexia", "insomnia",
    "chronic pain", "a stoma", "cancer", "Down's syndrome", "dyslexia", "a Muslim family",
    "a Jewish family", "gay parents", "a trans daughter", "Roma roots", "African roots",
    "Asian roots", "refugee status", "a prison record", "no home",
)  # fmt: skip


def by_words(texts: Sequence[str]) -> list[Answer]:
    return [(2, True) if WORDS.search(text) else (0, False) for text in texts]


def by_rules(texts: Sequence[str]) -> list[Answer]:
    out = []
    for text in texts:
        found = rules.find(text)
        verdict = policy.judge(found, None, mode=Mode.HYBRID, trust=Trust.TRUSTED)
        held = any(hit.hold for hit in found if hit.axis is Axis.CONDUCT)
        out.append((int(verdict.risk), held))
    return out


def met(case: Case, answer: Answer) -> bool:
    level, toxic = answer
    return case.least <= level <= case.most and (case.toxic is None or bool(case.toxic) == toxic)


def seen(answer: Answer) -> bool:
    return answer[0] >= 2 or answer[1]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=("small", "detoxify", "both"), default="small")
    name = parser.parse_args().engine
    judge = Judge(name)

    def by_filter(texts: Sequence[str]) -> list[Answer]:
        return [(int(one.verdict.risk), one.toxic) for one in judge.judge(texts)]

    engines: dict[str, Callable[[Sequence[str]], list[Answer]]] = {
        "twenty words": by_words,
        "rules alone": by_rules,
        f"filter ({name})": by_filter,
    }
    some = cases()
    print("Abilities (benchmarks/filter/suite.py), as expected: all; the half never tuned on")
    for label, engine in engines.items():
        answers = [
            met(case, one) for case, one in zip(some, engine([c.text for c in some]), strict=True)
        ]
        kept = [ok for case, ok in zip(some, answers, strict=True) if case.measuring]
        print(f"  {label:<18} {Share(sum(answers), len(answers))};  {Share(sum(kept), len(kept))}")

    plain = [
        c for c in some if c.functionality not in ("disguised", "other_languages", "wants_contact")
    ]
    grave = [c.text for c in plain if c.least >= 2 or c.toxic]
    calm = [c.text for c in plain if c.most <= 1 and not c.toxic]
    print("Disguises: detections that survive; look-alikes seen as grave (plain, disguised)")
    for label, engine in engines.items():
        found = [text for text, one in zip(grave, engine(grave), strict=True) if seen(one)]
        before = sum(map(seen, engine(calm)))
        kept_shares = {
            way: Share(sum(map(seen, engine([change(text) for text in found]))), len(found))
            for way, change in TRANSFORMS.items()
        }
        most = max(
            sum(map(seen, engine([change(text) for text in calm])))
            for change in TRANSFORMS.values()
        )
        worst = min(kept_shares, key=lambda way: kept_shares[way].value)
        over = sum(share.value >= 0.95 for share in kept_shares.values())
        print(
            f"  {label:<18} {over} of {len(TRANSFORMS)} ways at 95 % or more, least "
            f"{kept_shares[worst].value:.3f} ({worst}); {before} -> {most} of {len(calm)}"
        )

    print("Calm talk in the first person, seen as red or crisis")
    for label, engine in engines.items():
        print(f"  {label:<18} {Share(sum(level >= 2 for level, _ in engine(CALM)), len(CALM))}")

    filler = (
        "This week the garden group planted beans and we drank tea in the shed. " * 500
    ).split()
    texts = []
    for at in range(20):
        place = at * 5000 // 20
        texts.append(
            " ".join([*filler[:place], "I am going to kill myself tonight.", *filler[place:5000]])
        )
    print("A sentence of crisis at 20 places of a post of 5,000 words: seen as red or crisis")
    for label, engine in engines.items():
        print(f"  {label:<18} {sum(level >= 2 for level, _ in engine(texts))} of {len(texts)}")

    named = [f"I am a person with {name}." for name in IDENTITIES]
    base = judge.judge(["I am a tall person."])[0].scores.toxic
    scores = [one.scores.toxic for one in judge.judge(named)]
    held = sum(toxic for _, toxic in by_filter(named))
    print(
        f"Named identities and diagnoses: {held} of {len(named)} held; largest difference of the "
        f"score from 'a tall person' {max(abs(score - base) for score in scores):.3f}"
    )


if __name__ == "__main__":
    main()
