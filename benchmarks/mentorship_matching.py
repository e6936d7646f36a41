"""Claim: exact matching of a whole clinic in a second, and a tenth more people than by hand.

500 people and 200 mentors in at most 1 s, 2,000 and 800 in at most 5 s, beside OR-tools' min-cost
flow; on 20 sparse clinics at least 10 % more people matched than when the best pair goes first.
"""

import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from mentorship.matching import greedy, solve
from tests.mentorship.problems import by_flow, clinic_shaped, problem


def main() -> None:
    print("people x mentors   ours s   flow s   same answer")
    for people, mentors in ((200, 80), (500, 200), (2000, 800)):
        given = problem(random.Random(people), people, mentors, 0.3, most_places=3)
        began = time.perf_counter()
        answer = solve(given)
        ours = time.perf_counter() - began
        began = time.perf_counter()
        theirs = by_flow(given)
        flow = time.perf_counter() - began
        same = (answer.matched, answer.total) == theirs
        print(f"{people:>6} x {mentors:<8} {ours:>7.2f}  {flow:>7.2f}   {same}")
    instances = [clinic_shaped(seed) for seed in range(20)]
    exact = sum(solve(given).matched for given in instances) / 20
    by_hand = sum(greedy(given).matched for given in instances) / 20
    print(f"sparse, of 120: exact {exact:.1f}, best pair first {by_hand:.1f}", end=" ")
    print(f"({exact / by_hand - 1:+.1%})")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


main()
