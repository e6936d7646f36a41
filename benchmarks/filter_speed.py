"""How fast the filter is: the small model with its rules, and Detoxify beside the plain class.

    python benchmarks/filter_speed.py [--seconds 6]

One core, processor time. Peers, in the same run and on the same texts: for the small engine the
plain Detoxify class on our checkpoint, one text a call, as its documentation shows it; for our
Detoxify engine the plain class in batches of the same size, in the order of arrival.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.filter.suite import cases
from moderation.screening import encoder, policy, rules, small
from moderation.screening.engine import Filter, Small
from moderation.screening.reading import read
from moderation.screening.signals import Mode, Trust


def pace(work: Callable[[], int], seconds: float) -> float:
    """Texts a second of processor time, repeated until so many seconds have passed."""
    work()
    begun, done = time.process_time(), 0
    while time.process_time() - begun < seconds:
        done += work()
    return done / (time.process_time() - begun)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=6.0)
    seconds = parser.parse_args().seconds
    texts = [case.text for case in cases()]
    words = statistics.mean(len(text.split()) for text in texts)
    filter_ = Filter(Small(small.load()))

    def judge_one(text: str) -> None:
        found = rules.find(text)
        policy.judge(found, filter_.score([text])[0], mode=Mode.HYBRID, trust=Trust.MEMBER)

    def small_alone() -> int:
        for text in texts:
            judge_one(text)
        return len(texts)

    ours = pace(small_alone, seconds)
    times = []
    for _ in range(5):
        for text in texts:
            begun = time.perf_counter()
            judge_one(text)
            times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    print(f"{len(texts)} short texts of {words:.0f} words, one core")
    print(f"rules + small model + policy      {ours:8.0f} texts/s")
    print(
        f"  one at a time                   p50 {times[len(times) // 2]:.2f} ms, "
        f"p99 {times[len(times) * 99 // 100]:.2f} ms"
    )
    if not encoder.installed():
        print("torch is not installed: Detoxify is not measured")
        return
    import torch

    torch.set_num_threads(1)
    engine = encoder.Encoder()
    plain = engine._detoxify
    readings = [read(text) for text in texts]

    def plain_one() -> int:
        for text in texts[:100]:
            plain.predict(text)
        return 100

    def plain_batches() -> int:
        for at in range(0, len(texts), encoder.BATCH):
            plain.predict(texts[at : at + encoder.BATCH])
        return len(texts)

    def our_batches() -> int:
        engine.read(readings)
        return len(texts)

    one = pace(plain_one, seconds)
    # In turn, so that a busy moment of the machine falls on both.
    pairs = [(pace(our_batches, seconds / 3), pace(plain_batches, seconds / 3)) for _ in range(3)]
    batches = statistics.median(pair[0] for pair in pairs)
    naive = statistics.median(pair[1] for pair in pairs)
    ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
    print(f"plain Detoxify, a text a call     {one:8.0f} texts/s   (small: {ours / one:.0f} x)")
    print(f"plain Detoxify, batches of {encoder.BATCH}     {naive:8.0f} texts/s")
    print(f"our Detoxify engine               {batches:8.0f} texts/s   ({ratio:.2f} x plain)")


if __name__ == "__main__":
    main()
