"""Shortest runs, chosen for the reader.

Among the shortest runs to a set of states this takes one with the fewest context switches, among
those one that switches as early as possible (what is left is a long stretch of one process, which
is easily read), and among those the first in the order of processes and choices. Every engine uses
this order, so that the same counterexample is shown whichever of them found it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from utcheck.engines.space import Space, Transition

Levels = Sequence[Sequence[Any]]
"""The states of a search by their breadth-first distance from the initial states."""

Step = tuple[int, tuple[int, ...]]

# How good a run is: the number of its context switches, and the levels at which they are.
Cost = tuple[int, tuple[int, ...]]
Arrivals = dict[tuple[Any, int], tuple[Cost, Any, Step | None]]


@dataclass(frozen=True, slots=True)
class Run:
    """An initial state, and the process and the choices of each step from there."""

    initial: Hashable
    steps: list[Step]
    last: Hashable


def shortest_run(
    space: Space[Any], levels: Levels, final: Mapping[Any, Sequence[Transition] | None]
) -> Run:
    """Return the best run to one of the states in `final`, which are in the last of `levels`.

    A state of `final` may be given transitions, one of which is then the last step of the run.
    """
    edges = _edges_towards(space, levels, final)
    # best[state, process] = (cost, state and process before, step) for the best run of shortest
    # length to the state whose last step the process takes (-1: no step yet).
    best: list[Arrivals] = [
        {(state, -1): ((0, ()), None, None) for state in levels[0] if state in edges[0]}
    ]
    for level in range(len(levels) - 1):
        arrivals: Arrivals = {}
        for (state, last), (cost_before, _, _) in best[level].items():
            for process, choices, target in edges[level][state]:
                cost = _with_step(cost_before, level, last, process)
                known = arrivals.get((target, process))
                if known is None or cost < known[0]:
                    arrivals[target, process] = (cost, (state, last), (process, choices))
        best.append(arrivals)
    return _read_back(best, final)


def _with_step(cost: Cost, level: int, last: int, process: int) -> Cost:
    switches, where = cost
    return cost if last in (-1, process) else (switches + 1, (*where, level))


def _edges_towards(
    space: Space[Any], levels: Levels, final: Mapping[Any, object]
) -> list[dict[Any, list[Transition]]]:
    """Return, for each level, the transitions that lie on a shortest run to a state of `final`."""
    edges: list[dict[Any, list[Transition]]] = [{state: [] for state in final}]
    for level in reversed(levels[:-1]):
        edges.append(space.leading(level, edges[-1]))
    return edges[::-1]


def some_run(space: Space[Any], levels: Levels) -> Run:
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
    best: list[Arrivals],
    final: Mapping[Any, Sequence[Transition] | None],
) -> Run:
    ends: list[tuple[Cost, int, Any, Transition | None]] = []
    for (state, last), (cost, _, _) in best[-1].items():
        for extra in final[state] or _NO_EXTRA:
            process = last if extra is None else extra.process
            total = _with_step(cost, len(best) - 1, last, process)
            ends.append((total, len(ends), (state, last), extra))
    _, _, key, extra = min(ends)
    last_state = key[0]
    steps: list[Step] = [] if extra is None else [(extra.process, extra.choices)]
    for arrivals in reversed(best):
        _, before, step = arrivals[key]
        if step is None:
            break
        steps.append(step)
        key = before
    return Run(key[0], steps[::-1], last_state)
