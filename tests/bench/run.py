"""The benchmarks: the engines beside a search written by hand, in the same run, as ratios.

`make bench` prints, for each model, the transitions per second of a breadth-first search in plain
Python with a dictionary and a successor function written for the model, of the reference engine
(on a smaller size of the model: it is slow), and of the tree engine, learning included. Equal
counts are a precondition for a row. The machines are shared: the ratios mean more than the numbers.
"""

from __future__ import annotations

import platform
import sys
import time
from collections import deque
from collections.abc import Callable, Hashable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.models import Benchmark, Dials, counter, filter_lock, philosophers
from utcheck.check import check
from utcheck.outcome import Statistics

BENCHMARKS: list[tuple[Callable[[], Benchmark], Callable[[], Benchmark]]] = [
    (lambda: philosophers(10), lambda: philosophers(4)),
    (lambda: filter_lock(4), lambda: filter_lock(2)),
    (lambda: counter(5, 6), lambda: counter(2, 2)),
]
REPEATS = 3


def by_hand(benchmark: Benchmark) -> tuple[int, int]:
    """Return the numbers of states and of transitions, found by a search written by hand."""
    parents: dict[Hashable, Hashable] = {benchmark.initial: None}
    queue = deque([benchmark.initial])
    transitions = 0
    while queue:
        state = queue.popleft()
        for successor in benchmark.successors(state):
            transitions += 1
            if successor not in parents:
                parents[successor] = state
                queue.append(successor)
    return len(parents), transitions


def by_engine(engine: str) -> Callable[[Benchmark], tuple[int, int]]:
    """Return the search of an engine."""

    def search(benchmark: Benchmark) -> tuple[int, int]:
        outcome = check(benchmark.model, engine=engine)
        return outcome.statistics.states, outcome.statistics.transitions

    return search


def measured(
    search: Callable[[Benchmark], tuple[int, int]], make: Callable[[], Benchmark]
) -> tuple[tuple[int, int], float]:
    """Return what a search counts, and its transitions per CPU second, the best of some runs."""
    best, counts = 0.0, (0, 0)
    for _ in range(REPEATS):
        benchmark = make()
        begin = time.process_time()
        counts = search(benchmark)
        best = max(best, counts[1] / (time.process_time() - begin))
    return counts, best


COLUMNS = ("model", "states", "transitions", "by hand", "trees", "ratio", "explicit", "ratio")
WIDTHS = (18, 10, 12, 12, 12, 7, 10, 7)


def row(cells: tuple[str, ...]) -> str:
    """Return a line of the table."""
    first, *rest = (f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    return " ".join((cells[0].ljust(len(first)), *rest))


# What is asked of the dials; in brackets, in how many of 16 states it is being waited for.
TEMPORAL: list[tuple[str, dict[str, object]]] = [
    ("leads_to, few wait (1)", {"leads_to": ["dial[0] == 3", "dial[0] == 4"]}),
    ("leads_to, most wait (15)", {"leads_to": ["dial[0] == 3", "dial[0] == 2"]}),
    ("leads_to, violated", {"leads_to": ["dial[0] == 3", "dial[0] == 4 and dial[1] == 1"]}),
    ("GF p", {"ltl": "GF {dial[0] == 1}"}),
    ("possible_always", {"possible_always": "dial[0] == 1"}),
    ("step", {"step": "old.dial[0] <= dial[0] or dial[0] == 0"}),
]


def liveness() -> None:
    """Print how long properties of runs take, beside the exploration alone."""
    print("five dials of 16 positions: CPU seconds of the whole check, and of the property alone")
    print("as a multiple of the exploration")
    statistics, alone = timed({})
    print(f"{'exploration':26} {alone:6.1f} s  {statistics.states:,} states, "
          f"{statistics.transitions:,} transitions")  # fmt: skip
    for name, claim in TEMPORAL:
        _, seconds = timed({"claim": claim})
        print(f"{name:26} {seconds:6.1f} s  {(seconds - alone) / alone:5.1f}")


def timed(properties: dict[str, object]) -> tuple[Statistics, float]:
    """Check the dials, and return the size of the search and the CPU seconds, the best of some."""
    best = float("inf")
    for _ in range(REPEATS):
        begin = time.process_time()
        statistics = check(Dials(), properties).statistics
        best = min(best, time.process_time() - begin)
    return statistics, best


def main() -> None:
    """Print the tables."""
    print(f"Python {platform.python_version()}, {platform.machine()}; transitions per CPU second,")
    print("and ratios of the tree engine to the search by hand and to the reference engine")
    print(row(COLUMNS))
    for large, small in BENCHMARKS:
        hand_counts, hand = measured(by_hand, large)
        tree_counts, tree = measured(by_engine("trees"), large)
        small_counts, _ = measured(by_hand, small)
        explicit_counts, explicit = measured(by_engine("explicit"), small)
        name = large().name
        if hand_counts != tree_counts or small_counts != explicit_counts:
            sys.exit(f"{name}: counts differ: {hand_counts} and {small_counts} by hand, "
                     f"{tree_counts} by trees, {explicit_counts} by explicit")  # fmt: skip
        rates = (f"{hand:,.0f}", f"{tree:,.0f}", f"{tree / hand:.2f}")
        reference = (f"{explicit:,.0f}", f"{tree / explicit:.0f}")
        print(row((name, *(f"{count:,}" for count in hand_counts), *rates, *reference)))
    print()
    liveness()


if __name__ == "__main__":
    main()
