"""AG EF: whether from every reachable state a state with some property can still be reached.

This is a property of the branching of time: no set of runs says it (Emerson and Halpern 1986). It
asks for no fairness: something possible need not ever be done.
"""

from __future__ import annotations

from typing import Any

from utcheck.engines.states import StateGraph
from utcheck.properties.kinds import Predicate

# More states than this are searched with arrays.
LARGE = 30_000


def lost_states(graph: StateGraph, goal: Predicate) -> list[int]:
    """Return the numbers of the states from which no state with `goal` can be reached."""
    if len(graph.states) > LARGE and graph.compact:
        large: Any = graph
        found: list[int] = large.unable(goal)
        return found
    if len(graph.states) > LARGE:
        from utcheck.engines.arrays import arrays_of, unable  # numpy is slow to import

        return unable(arrays_of(graph), graph.truths(goal))
    graph.fill(range(len(graph.states)))
    before: list[list[int]] = [[] for _ in graph.states]
    for number, row in enumerate(graph.rows):
        for target in row or ():
            before[target].append(number)
    able = list(graph.truths(goal))
    work = [number for number, true in enumerate(able) if true]
    while work:
        for number in before[work.pop()]:
            if not able[number]:
                able[number] = True
                work.append(number)
    return [number for number, can in enumerate(able) if not can]
