"""Random state graphs: edge lists per process, given to the algorithms without a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from tests.differential.definitions import Graph
from utcheck.engines.lasso import Lasso, find_violation
from utcheck.engines.space import Transition
from utcheck.engines.states import StateGraph
from utcheck.model.process import Fairness
from utcheck.properties.kinds import Kind, Predicate, Property, Temporal

FAIRNESSES: list[Fairness] = ["weak", "strong", "none"]
Edges = Sequence[tuple[int, int | None]]


def graph_from(
    begin: Sequence[int],
    steps: Sequence[Edges],
    fairness: Sequence[Fairness],
    premise: Sequence[int] = (),
    goal: Sequence[int] = (),
) -> Graph:
    """Return the graph in which each process has these steps; a target of None is a failure.

    Where a process has several steps from a state, they are its choices, in the order given.
    """
    states = {*begin, *premise, *goal}
    states |= {s for one in steps for edge in one for s in edge if s is not None}
    edges: dict[Any, list[Transition]] = {state: [] for state in sorted(states)}
    for process, own in enumerate(steps):
        for source in edges:
            targets = [target for start, target in own if start == source]
            for number, target in enumerate(targets):
                choices = (number,) if len(targets) > 1 else ()
                edges[source].append(Transition(process, choices, target))
    return Graph(begin, edges, fairness, {"premise": set(premise), "goal": set(goal)})


def lasso_in(graph: Graph, premise: Predicate | None, goal: Predicate) -> Lasso | None:
    """Return a fair run on which `goal` never comes after `premise`, or from the beginning."""
    if premise is None:
        claim = Property("goal", Kind.EVENTUALLY, (goal,))
    else:
        claim = Property("goal", Kind.LEADS_TO, (premise, goal))
    return violation_in(graph, claim.temporal)


def violation_in(graph: Graph, temporal: Temporal) -> Lasso | None:
    """Return a fair run on which a formula is false."""
    return find_violation(StateGraph(graph, graph.levels()), temporal, graph.fairness)


@st.composite
def graphs(draw: st.DrawFn, most: int = 6) -> Graph:
    """Return a random graph of a few states, with one to three processes."""
    states = st.integers(0, draw(st.integers(1, most)))
    target = st.one_of(states, states, states, states, st.none())
    count = draw(st.integers(1, 3))
    edges = st.lists(st.tuples(states, target), max_size=2 * most // count + 1, unique=True)
    steps = [draw(edges) for _ in range(count)]
    fairness = draw(st.lists(st.sampled_from(FAIRNESSES), min_size=count, max_size=count))
    few = st.lists(states, max_size=2, unique=True)
    begin = draw(st.lists(states, min_size=1, max_size=2, unique=True))
    return graph_from(begin, steps, fairness, draw(few), draw(few))


@st.composite
def layered_graphs(draw: st.DrawFn) -> Graph:
    """Return a random graph of up to five steps in which many runs are equally short."""
    width, depth, count = (draw(st.integers(low, high)) for low, high in ((1, 3), (1, 5), (2, 3)))
    times = st.sampled_from([0, 1, 0, 2])
    pairs = [
        (3 * level + here, 3 * level + 3 + there)
        for level in range(depth)
        for here in range(width if level else 1)
        for there in range(width)
    ]
    steps = [[pair for pair in pairs for _ in range(draw(times))] for _ in range(count)]
    return graph_from([0], steps, ["weak"] * count)
