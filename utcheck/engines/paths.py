"""Shortest runs, chosen for the reader.

Among the shortest runs to a set of states this takes one with the fewest context switches, among
those one that switches as early as possible (what is left is a long stretch of one process, which
is easily read), and among those the first in the order of processes and choices. Every engine uses
this order, so that the same counterexample is shown whichever of them found it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from utcheck.engines.space import Backwards, Transition

Levels = Sequence[Sequence[Any]]
"""The states of a search by their breadth-first distance from the initial states."""

Step = tuple[int, tuple[int, ...]]

# How good a run is: the number of its context switches, and the levels at which they are.
Cost = tuple[int, tuple[int, ...]]
# A state, and the process that took the last step to it (-1: it is an initial state).
Key = tuple[Any, int]


class Arrival(NamedTuple):
    """The best run of shortest length to a key: its cost, its place among equals, its last step.

    `place` orders the runs of one length by their steps, the first step first.
    """

    cost: Cost
    place: tuple[int, Step | None]
    before: Key | None


@dataclass(frozen=True, slots=True)
class Run:
    """An initial state, and the process and the choices of each step from there."""

    initial: Hashable
    steps: list[Step]
    last: Hashable


def shortest_run(
    space: Backwards[Any], levels: Levels, final: Mapping[Any, Sequence[Transition] | None]
) -> Run:
    """Return the best run to one of the states in `final`, which are in the last of `levels`.

    A state of `final` may be given transitions, one of which is then the last step of the run.
    """
    edges = _edges_towards(space, levels, final)
    begin = [(state, -1) for state in levels[0] if state in edges[0]]
    best = [{key: Arrival((0, ()), (place, None), None) for place, key in enumerate(begin)}]
    for level in range(len(levels) - 1):
        arrivals: dict[Key, Arrival] = {}
        for place, key in enumerate(_in_order(best[level])):
            state, last = key
            for process, choices, target, _ in edges[level][state]:
                cost = _with_step(best[level][key].cost, level, last, process)
                arrival = Arrival(cost, (place, (process, choices)), key)
                known = arrivals.setdefault((target, process), arrival)
                if arrival[:2] < known[:2]:
                    arrivals[target, process] = arrival
        best.append(arrivals)
    return _read_back(best, final)


def _in_order(arrivals: dict[Key, Arrival]) -> list[Key]:
    return sorted(arrivals, key=lambda key: arrivals[key].place)


def _with_step(cost: Cost, level: int, last: int, process: int) -> Cost:
    switches, where = cost
    return cost if last in (-1, process) else (switches + 1, (*where, level))


def _edges_towards(
    space: Backwards[Any], levels: Levels, final: Mapping[Any, object]
) -> list[dict[Any, list[Transition]]]:
    """Return, for each level, the transitions that lie on a shortest run to a state of `final`."""
    edges: list[dict[Any, list[Transition]]] = [{state: [] for state in final}]
    for level in reversed(levels[:-1]):
        edges.append(space.leading(level, edges[-1]))
    return edges[::-1]


def some_run(space: Backwards[Any], levels: Levels) -> Run:
    """Return a shortest run to the first state of the last level, with few context switches.

    Each step, taken backwards, is one of the process that takes the next step, if there is one.
    This looks at one run only, where `shortest_run` compares all.
    """
    last = state = levels[-1][0]
    steps: list[Step] = []
    for level in reversed(levels[:-1]):
        leading = space.leading(level, {state})
        ways = [(t.process, before, t.choices) for before, ts in leading.items() for t in ts]
        same = [way for way in ways if steps and way[0] == steps[-1][0]]
        process, state, choices = (same or ways)[0]
        steps.append((process, choices))
    return Run(state, steps[::-1], last)


_NO_EXTRA: Sequence[Transition | None] = (None,)


def _read_back(
    best: list[dict[Key, Arrival]], final: Mapping[Any, Sequence[Transition] | None]
) -> Run:
    ends: list[tuple[Cost, int, int, Key, list[Step]]] = []
    for place, key in enumerate(_in_order(best[-1])):
        state, last = key
        for number, extra in enumerate(final[state] or _NO_EXTRA):
            process = last if extra is None else extra.process
            cost = _with_step(best[-1][key].cost, len(best) - 1, last, process)
            steps = [] if extra is None else [(extra.process, extra.choices)]
            ends.append((cost, place, number, key, steps))
    *_, key, steps = min(ends, key=lambda end: end[:3])
    last_state = key[0]
    for arrivals in reversed(best):
        _, (_, step), before = arrivals[key]
        if step is None or before is None:
            break
        steps.append(step)
        key = before
    return Run(key[0], steps[::-1], last_state)
