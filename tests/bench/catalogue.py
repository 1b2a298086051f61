"""What is measured: the models, with their sizes, and where each of their twins is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.utrace.base import Utrace
from tests.bench import by_hand
from tests.bench.by_hand import ByHand
from tests.bench.models import Filter, Philosophers, Ring, Still, Szymanski
from utcheck import Model


@dataclass(frozen=True)
class Benchmark:
    """A model that is there in every language; in Promela and Murphi, in the file of its name."""

    name: str
    title: str
    model: Callable[[int], Model]
    by_hand: Callable[[int], ByHand]
    size: int  # for the table
    quick: int  # for a look
    small: int  # for a test


BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark("philosophers", "dining philosophers",
                  lambda n: Philosophers(n=n), by_hand.philosophers, 14, 10, 5),
        Benchmark("filter_lock", "Peterson's filter lock",
                  lambda n: Filter(n=n), by_hand.filter_lock, 5, 4, 3),
        Benchmark("szymanski", "Szymanski",
                  lambda n: Szymanski(n=n), by_hand.szymanski, 5, 4, 3),
        Benchmark("ring", "election on a ring",
                  lambda n: Ring(n=n), by_hand.ring, 12, 9, 6),
        Benchmark("utrace", "utrace, engines",
                  lambda n: Utrace(engines=n), by_hand.utrace, 10, 7, 3),
    )
}  # fmt: skip

# Not measured for itself: its memory is what a tool needs whatever the number of states.
STILL = Benchmark("still", "one state", lambda n: Still(n=n), by_hand.still, 2, 2, 2)


def named(name: str) -> Benchmark:
    """Return a benchmark, or the model that has one state."""
    return STILL if name == STILL.name else BENCHMARKS[name]
