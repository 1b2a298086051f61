"""The benchmark models, each written twice: for utcheck, and by hand as a successor function.

The hand-written functions are what one would write for a quick search in plain Python: a state is a
tuple, and a function yields its successors. Both have the same states and transitions.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from utcheck import Lock, Model, Range, array, param, process, when

Steps = Iterator[Any]
Successors = Callable[[Any], Iterable[Hashable]]


@dataclass(frozen=True)
class Benchmark:
    """A model, and the same state graph by hand."""

    name: str
    model: Model
    initial: Hashable
    successors: Successors


class Philosophers(Model):
    """Dining philosophers who all take the left fork first, and put the forks down one by one."""

    n: int = param(5)
    fork = array(bool, "n")

    @process(each="n")
    def phil(self, i: int) -> Steps:
        right = (i + 1) % self.n
        while True:
            yield when(lambda: not self.fork[i], "take the left fork")
            self.fork[i] = True
            yield when(lambda: not self.fork[right], "take the right fork")
            self.fork[right] = True
            yield "put the left fork down"
            self.fork[i] = False
            yield "put the right fork down"
            self.fork[right] = False


def philosophers(n: int) -> Benchmark:
    """Return the philosophers; a state has the location of each, then whether a fork is taken."""

    def successors(state: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        for i in range(n):
            location, left, right = state[i], n + i, n + (i + 1) % n
            if location == 0 and not state[left]:
                yield changed(state, i, 1, left, 1)
            elif location == 1 and not state[right]:
                yield changed(state, i, 2, right, 1)
            elif location == 2:
                yield changed(state, i, 3, left, 0)
            elif location == 3:
                yield changed(state, i, 0, right, 0)

    return Benchmark(f"philosophers {n}", Philosophers(n=n), (0,) * (2 * n), successors)


def changed(state: tuple[int, ...], i: int, location: int, j: int, value: int) -> tuple[int, ...]:
    """Return a state with a process's location and one variable replaced."""
    result = list(state)
    result[i] = location
    result[j] = value
    return tuple(result)


class Filter(Model):
    """Peterson's filter lock for n processes (Peterson 1981), one shared access a step."""

    n: int = param(3)
    level = array(Annotated[int, Range(0, "n")], "n")
    last = array(Annotated[int, Range(0, "n")], "n")

    @process(each="n")
    def p(self, i: int) -> Steps:
        while True:
            for k in range(1, self.n):
                yield "level"
                self.level[i] = k
                yield "last"
                self.last[k] = i
                for j in range(self.n):
                    if j != i:
                        yield when(lambda: self.level[j] < k or self.last[k] != i, "wait")
            yield "critical"
            self.level[i] = 0


def filter_lock(n: int) -> Benchmark:
    """Return the filter lock; a process is (what it does next, k, j), then come level and last."""

    def go_on(i: int, k: int, j: int) -> tuple[int, int, int]:
        j += j == i
        if j < n:
            return (2, k, j)
        return (0, k + 1, 0) if k + 1 < n else (3, 0, 0)

    def successors(state: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        locations, level, last = state
        for i in range(n):
            what, k, j = locations[i]
            if what == 0:
                yield replaced(locations, i, (1, k, 0)), replaced(level, i, k), last
            elif what == 1:
                yield replaced(locations, i, go_on(i, k, 0)), level, replaced(last, k, i)
            elif what == 2 and (level[j] < k or last[k] != i):
                yield replaced(locations, i, go_on(i, k, j + 1)), level, last
            elif what == 3:
                yield replaced(locations, i, (0, 1, 0)), replaced(level, i, 0), last

    initial = (((0, 1, 0),) * n, (0,) * n, (0,) * n)
    return Benchmark(f"filter lock {n}", Filter(n=n), initial, successors)


def replaced(items: tuple[Any, ...], i: int, value: Any) -> tuple[Any, ...]:
    """Return a tuple with one item replaced."""
    return (*items[:i], value, *items[i + 1 :])


class Dials(Model):
    """n dials with k positions each, which go round on their own: k to the power of n states."""

    n: int = param(5)
    k: int = param(16)
    dial = array(Annotated[int, Range(0, "k")], "n")

    @process(each="n")
    def p(self, i: int) -> Steps:
        while True:
            yield "turn"
            self.dial[i] = (self.dial[i] + 1) % self.k


class Counter(Model):
    """n processes add one to a counter under a lock, so often each, reading and writing apart."""

    n: int = param(3)
    rounds: int = param(2)
    lock: Lock
    count: int = 0

    @process(each="n")
    def p(self, i: int) -> Steps:
        for _ in range(self.rounds):
            yield from self.lock.acquire("lock")
            yield "read"
            count = self.count
            yield "write"
            self.count = count + 1
            self.lock.release()
            yield "rest"


def counter(n: int, rounds: int) -> Benchmark:
    """Return the counter; a process is (what it does next, rounds left, what it read)."""

    def successors(state: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        processes, owner, count = state
        for i in range(n):
            what, left, read = processes[i]
            if what == 0 and owner is None:
                yield replaced(processes, i, (1, left, None)), i, count
            elif what == 1:
                yield replaced(processes, i, (2, left, count)), owner, count
            elif what == 2:
                yield replaced(processes, i, (3, left, None)), None, read + 1
            elif what == 3:
                after = (0, left - 1, None) if left > 1 else (4, 0, None)
                yield replaced(processes, i, after), owner, count

    initial = (((0, rounds, None),) * n, None, 0)
    return Benchmark(f"counter {n}x{rounds}", Counter(n=n, rounds=rounds), initial, successors)
