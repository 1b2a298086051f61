"""Liveness and shortest runs on random graphs, against the definitions.

The graphs are given to the algorithms of the engines as they are, without a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.differential.comparing import QUICK, SLOW
from tests.differential.definitions import (
    Graph,
    Step,
    armed,
    distance,
    ends,
    fair_cycle,
    fair_states,
    follow,
    is_fair,
    paths,
    switches,
    waiting,
)
from tests.differential.graphs import graph_from, graphs, lasso_in, layered_graphs
from utcheck.engines.lasso import Lasso
from utcheck.engines.paths import shortest_run
from utcheck.properties.kinds import Predicate

PREMISE, GOAL = Predicate("premise", bool), Predicate("goal", bool)


def lasso_of(graph: Graph, premise: bool) -> Lasso | None:
    """Return what is found of a run without the goal, from the beginning or after the premise."""
    return lasso_in(graph, PREMISE if premise else None, GOAL)


def assert_lasso(graph: Graph, premise: bool, shortest: bool = True) -> None:
    """Decide from the definition, and look at the counterexample in every respect."""
    inside = waiting(graph, "premise" if premise else None, "goal")
    cycles = {state: fair_cycle(graph, inside, state) for state in inside}
    over = ends(graph, inside)
    bad = over | {state for state, length in cycles.items() if length is not None}
    assert fair_states(graph, inside) == bad - over, "two definitions of a fair cycle"
    lasso = lasso_of(graph, premise)
    assert (lasso is not None) == bool(bad)
    if lasso is None:
        return
    states = follow(graph, lasso.run.initial, lasso.run.steps)
    assert states[0] in graph.begin
    length = len(states) - 1 if lasso.cycle is None else lasso.cycle
    assert_prefix(graph, inside, [process for process, _ in lasso.run.steps[:length]], bad)
    assert_waits(graph, states, length, premise)
    if lasso.cycle is None:
        assert states[-1] in over
        return
    assert states[length] == states[-1]
    moved = {process for process, _ in lasso.run.steps[length:]}
    assert is_fair(graph.fairness, moved, [graph.enabled(s) for s in states[length:]])
    if shortest:
        assert len(lasso.run.steps) - length == cycles[states[-1]], "a shortest one from there"


def assert_waits(graph: Graph, states: Sequence[Any], length: int, premise: bool) -> None:
    """Check that the premise comes up in the prefix, and that the goal never comes after it."""
    begin = [0] if not premise else [
        k for k, s in enumerate(states[: length + 1]) if s in graph.truths["premise"]
    ]  # fmt: skip
    assert any(not any(s in graph.truths["goal"] for s in states[k:]) for k in begin)


def assert_prefix(graph: Graph, inside: Any, steps: Sequence[int], bad: set[Any]) -> None:
    """Check that a prefix is a shortest one, and of these one with the fewest context switches."""
    doubled = armed(graph, inside)
    begin = [(state, False) for state in graph.begin]
    begin += [(state, True) for state in graph.begin if state in inside.graph["begin"]]
    final = {(state, True) for state in bad}
    assert len(steps) == distance(doubled, begin, final)
    ways = [processes for processes, _ in paths(doubled, begin, final, len(steps))]
    assert steps in ways
    assert switches(steps) == min(map(switches, ways))


@settings(QUICK, max_examples=500)
@given(graphs(), st.booleans())
def test_lassos_are_found_and_short_by_definition(graph: Graph, premise: bool) -> None:
    assert_lasso(graph, premise)


@pytest.mark.slow
@settings(SLOW, max_examples=20_000)
@given(graphs(most=7), st.booleans())
def test_many_lassos_are_found_and_short_by_definition(graph: Graph, premise: bool) -> None:
    assert_lasso(graph, premise)


def assert_shortest(graph: Graph, data: st.DataObject) -> None:
    """Ask for the best run to some states of one level, or to a last step from one of them."""
    levels = graph.levels()
    depth = data.draw(st.integers(0, len(levels) - 1))
    level: list[Any] = levels[depth]
    states = data.draw(st.lists(st.sampled_from(level), min_size=1, unique=True))
    moving = [state for state in states if graph.edges[state]]
    final: dict[Any, Any] = dict.fromkeys(states)
    one_more: bool = data.draw(st.booleans())
    if moving and one_more:
        final = {state: graph.edges[state] for state in moving}
    run = shortest_run(graph, levels[: depth + 1], final)
    reached = follow(graph, run.initial, run.steps)
    assert run.initial in graph.begin
    assert run.last in final
    assert reached[depth] == run.last
    network = graph.network()
    assert depth == distance(network, graph.begin, final)
    ways = [
        processes + last
        for processes, state in paths(network, graph.begin, final, depth)
        for last in ([[t.process] for t in final[state]] if final[state] else [[]])
    ]
    processes = [process for process, _ in run.steps]
    assert processes in ways
    assert switches(processes) == min(map(switches, ways))
    assert switched(processes) == min(
        switched(way) for way in ways if switches(way) == switches(processes)
    )


def switched(processes: Sequence[int]) -> list[int]:
    """Return before which steps another process takes its turn."""
    return [k for k in range(1, len(processes)) if processes[k] != processes[k - 1]]


@settings(QUICK, max_examples=150)
@given(st.one_of(graphs(), layered_graphs()), st.data())
def test_shortest_runs_have_the_fewest_and_earliest_switches(
    graph: Graph, data: st.DataObject
) -> None:
    assert_shortest(graph, data)


@pytest.mark.slow
@settings(SLOW, max_examples=10_000)
@given(st.one_of(graphs(most=8), layered_graphs()), st.data())
def test_many_shortest_runs_have_the_fewest_and_earliest_switches(
    graph: Graph, data: st.DataObject
) -> None:
    assert_shortest(graph, data)


def all_steps(graph: Graph, state: Any, final: Any, length: int) -> Iterator[list[Step]]:
    """Yield the steps of every run of this length to a state in `final`."""
    if length == 0:
        if state in final:
            yield []
        return
    for process, choices, target, _ in graph.edges[state]:
        if target is not None:
            for rest in all_steps(graph, target, final, length - 1):
                yield [(process, choices), *rest]


def assert_first(graph: Graph, data: st.DataObject) -> None:
    levels = graph.levels()
    depth = data.draw(st.integers(0, len(levels) - 1))
    final = dict.fromkeys(levels[depth])
    run = shortest_run(graph, levels[: depth + 1], final)
    processes = [process for process, _ in run.steps]
    equal = [
        steps
        for steps in all_steps(graph, graph.begin[0], final, depth)
        if switched([process for process, _ in steps]) == switched(processes)
    ]
    assert run.steps == min(equal)


@settings(QUICK, max_examples=150)
@given(layered_graphs(), st.data())
def test_of_equally_good_runs_the_first_by_processes_and_choices_is_shown(
    graph: Graph, data: st.DataObject
) -> None:
    assert_first(graph, data)


@settings(QUICK, max_examples=150)
@given(graphs(), st.booleans())
def test_a_cycle_in_a_component_that_is_too_large_for_the_shortest_is_fair(
    graph: Graph, premise: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("utcheck.engines.cycles.MOST_PAIRS", 0)
        assert_lasso(graph, premise, shortest=False)


def test_the_last_step_counts_as_a_context_switch() -> None:
    """Either process may take the last step, from 1: the one that came there takes it too."""
    for process in (0, 1):
        steps: list[list[tuple[int, int | None]]] = [[(1, None)], [(1, None)]]
        steps[process].append((0, 1))
        graph = graph_from([0], steps, ["weak", "weak"])
        run = shortest_run(graph, graph.levels(), {1: graph.edges[1]})
        assert [moved for moved, _ in run.steps] == [process, process]
