"""Random models against a search that merges nothing, and verdicts against their definitions.

Both engines stand on the same capture of local states. The search of `tests.stateless` does not: it
runs every schedule from the start with plain generators. If a location stood for two different
local states, or two for the same, then states, ends or the number of runs would be different.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.differential.comparing import QUICK, SLOW
from tests.differential.definitions import (
    Graph,
    armed,
    distance,
    ends,
    fair_cycle,
    fair_states,
    graph_of,
    paths,
    steps_of,
    switches,
    waiting,
)
from tests.stateless import State, explore_all, state_text
from tests.strategies import RandomModel, models
from utcheck.check import check
from utcheck.engines.explicit import PythonSpace
from utcheck.engines.packed import PackedSpace
from utcheck.engines.search import SearchError
from utcheck.model.instance import Instance
from utcheck.outcome import PropertyResult, Trace, Verdict
from utcheck.program.learn import Program
from utcheck.properties.kinds import Kind, Property
from utcheck.properties.parse import parse_properties

# A model is searched as deep as it has at most so many schedules.
MOST_RUNS = 300

Text = Callable[[Any], State]


def python_space(instance: Instance) -> tuple[PythonSpace, Text]:
    """Return the space of the explicit engine, and what tells its states apart for a user."""
    space = PythonSpace(instance)

    def text(state: Any) -> State:
        labels = [space.locations[p].all[number].label for p, number in enumerate(state[1])]
        return state_text(instance, state[0], labels)

    return space, text


def packed_space(instance: Instance) -> tuple[PackedSpace, Text]:
    """Return the space of the tree engine, and what tells its states apart for a user."""
    space = PackedSpace(Program(instance))
    layout, locations = space.layout, space.program.locations

    def text(state: Any) -> State:
        numbers = [layout.number(state, variable) for variable in range(len(instance.names))]
        places = [layout.number(state, ~process) for process in range(len(locations))]
        labels = [locations[p].all[number].label for p, number in enumerate(places)]
        return state_text(instance, numbers, labels)

    return space, text


SPACES: dict[str, Callable[[Instance], tuple[Any, Text]]] = {
    "explicit": python_space,
    "trees": packed_space,
}


def runs(graph: Graph, bound: int) -> int:
    """Return the number of schedules, each as long as it goes or as `bound` allows."""

    @cache
    def runs_from(state: Any, rest: int) -> int:
        if rest == 0 or not graph.edges[state]:
            return 1
        targets = [transition.target for transition in graph.edges[state]]
        return sum(1 if target is None else runs_from(target, rest - 1) for target in targets)

    return sum(runs_from(state, bound) for state in graph.begin)


def assert_third_opinion(model: RandomModel, engine: str) -> None:
    """Compare reachable states, ends, failing steps and the number of runs, up to some depth."""
    loaded = model.load()
    space, text = SPACES[engine](Instance(loaded))
    try:
        graph = graph_of(space, [], [])
    except SearchError:
        reject()  # an error in the model, which every engine reports
    levels = graph.levels()
    bound = max(b for b in range(len(levels) + 1) if runs(graph, b) <= MOST_RUNS or b == 0)
    found = explore_all(loaded, bound)
    states = [state for level in levels[: bound + 1] for state in level]
    assert found.states == set(map(text, states))
    assert found.ends == {text(state) for state in states if not graph.edges[state]}
    names = [process.name for process in space.instance.processes]
    assert {(state, name) for state, name, _ in found.failures} == {
        (text(state), names[transition.process])
        for level in levels[:bound]
        for state in level
        for transition in graph.edges[state]
        if transition.target is None
    }
    assert found.runs == runs(graph, bound)


@pytest.mark.parametrize("engine", SPACES)
@settings(QUICK, max_examples=40)
@given(models())
def test_schedules_that_are_never_merged_reach_the_same_states(
    engine: str, model: RandomModel
) -> None:
    assert_third_opinion(model, engine)


@pytest.mark.parametrize("engine", SPACES)
@settings(QUICK, max_examples=40)
@given(models(endless=False))
def test_schedules_that_end_reach_the_same_ends(engine: str, model: RandomModel) -> None:
    assert_third_opinion(model, engine)


@pytest.mark.slow
@pytest.mark.parametrize("engine", SPACES)
@settings(SLOW, max_examples=2500)
@given(st.one_of(models(), models(endless=False)))
def test_many_schedules_that_are_never_merged_reach_the_same_states(
    engine: str, model: RandomModel
) -> None:
    assert_third_opinion(model, engine)


# ---------------------------------------------------------------------- verdicts


class Definition:
    """Decides the properties of one model on its graph."""

    def __init__(
        self,
        graph: Graph,
        daemons: list[bool],
        ended: Callable[[Any, int], bool],
        breaks: Callable[[Property, Any, Any], bool],
    ) -> None:
        self.graph = graph
        self.network = graph.network()
        self.daemons = daemons
        self.ended = ended
        self.breaks = breaks

    def deadlocks(self) -> set[Any]:
        """Return the states without a step in which some process that is no daemon goes on."""
        mortal = [process for process, daemon in enumerate(self.daemons) if not daemon]
        return {
            state for state in self.network
            if not self.graph.edges[state] and not all(self.ended(state, p) for p in mortal)
        }  # fmt: skip

    def sought(self, claim: Property) -> set[Any]:
        """Return the states that decide a safety property."""
        states = set(self.network)
        match claim.kind:
            case Kind.DEADLOCK:
                return self.deadlocks()
            case Kind.ASSERTIONS:
                edges = self.graph.edges
                return {s for s in states if any(t.target is None for t in edges[s])}
            case Kind.STEP:
                return {s for s in states if self.last_steps(claim, s)}
            case Kind.POSSIBLE_ALWAYS:
                able = states & self.true(claim)
                return states - able.union(*(nx.ancestors(self.network, s) for s in able))
            case Kind.ALWAYS:
                return states - set(self.true(claim))
        return states & set(self.true(claim))

    def last_steps(self, claim: Property, state: Any) -> list[int]:
        """Return the processes whose step from a state breaks a property of steps."""
        if claim.kind is Kind.ASSERTIONS:
            return [t.process for t in self.graph.edges[state] if t.target is None]
        if claim.kind is not Kind.STEP:
            return []
        return [
            t.process
            for t in self.graph.edges[state]
            if t.target is not None and self.breaks(claim, state, t.target)
        ]

    def true(self, claim: Property) -> set[Any]:
        """Return the states in which the predicate of a property is true."""
        truth: Any = self.graph.truths[claim.operands[0].text]
        return set(truth)

    def assert_safety(self, claim: Property, result: PropertyResult) -> None:
        """Check a verdict, and the length and the context switches of its run."""
        states = self.sought(claim)
        wanted = claim.kind is Kind.REACHABLE
        assert result.verdict is (Verdict.HOLDS if bool(states) == wanted else Verdict.VIOLATED)
        assert (result.trace is not None) == bool(states)
        if result.trace is not None:
            failing = claim.kind in (Kind.ASSERTIONS, Kind.STEP)
            length = distance(self.network, self.graph.begin, states)
            assert len(result.trace) == length + failing
            final = {state: self.last_steps(claim, state) for state in states}
            self.assert_switches(self.network, self.graph.begin, final, result.trace)

    def assert_switches(
        self, network: Any, begin: Any, final: Mapping[Any, Sequence[int]], trace: Trace
    ) -> None:
        """Check the context switches before the cycle, where the shortest runs are few enough.

        The processes that `final` has for a state are those that may fail there.
        """
        prefix = [trace.processes.index(step.process) for step in trace.steps[: trace.cycle]]
        failing = any(final.values())
        ways = []
        for processes, state in paths(network, begin, final, len(prefix) - failing):
            ways += [[*processes, last] for last in final[state]] if failing else [processes]
            if len(ways) > 200:
                return
        assert prefix in ways
        assert switches(prefix) == min(map(switches, ways))

    def assert_liveness(self, claim: Property, result: PropertyResult) -> None:
        """Check a verdict, and the lengths of prefix and cycle."""
        *premise, goal = (predicate.text for predicate in claim.operands)
        inside = waiting(self.graph, premise[0] if premise else None, goal)
        over = ends(self.graph, inside)
        bad = over | fair_states(self.graph, inside)
        assert result.verdict is (Verdict.VIOLATED if bad else Verdict.HOLDS)
        if result.trace is None:
            assert not bad
            return
        trace = result.trace
        doubled = armed(self.graph, inside)
        begin = [(state, False) for state in self.graph.begin]
        begin += [(state, True) for state in self.graph.begin if state in inside.graph["begin"]]
        final: dict[Any, list[int]] = {(state, True): [] for state in bad}
        length = len(trace) if trace.cycle is None else trace.cycle
        assert length == distance(doubled, begin, final)
        self.assert_switches(doubled, begin, final, trace)
        if trace.cycle is not None:
            cycles = [fair_cycle(self.graph, inside, s) for s in self.last(trace, doubled, begin)]
            assert len(trace) - trace.cycle in cycles

    def assert_vacuity(self, claim: Property, result: PropertyResult) -> None:
        """Check that what holds only because its premise never occurs is said to."""
        premise = claim.operands[0] if claim.kind is Kind.LEADS_TO else claim.premise
        never = premise is not None and not self.graph.truths[premise.text]
        assert bool(result.vacuous) == (never and result.verdict is Verdict.HOLDS)

    def last(self, trace: Trace, doubled: Any, begin: Any) -> set[Any]:
        """Return the states in which the prefix of a lasso may end, as its processes tell."""
        states = {state for state in begin if state in doubled}
        for step in trace.steps[: trace.cycle]:
            process = trace.processes.index(step.process)
            edges = [edge for state in states for edge in steps_of(doubled, state)]
            states = {target for _, target, moved in edges if moved == process}
        return {state for state, seen in states if seen}


def assert_definitions(model: RandomModel, fair: bool) -> None:
    """Decide every property on the graph that plain breadth-first search writes out."""
    loaded = model.load()
    instance = Instance(loaded)
    claims = parse_properties(model.properties(), instance)
    predicates = [p for claim in claims if claim.kind is not Kind.STEP for p in claim.operands]
    predicates += [claim.premise for claim in claims if claim.premise]
    space = PythonSpace(instance)
    fairness = [process.fairness if fair else "none" for process in instance.processes]
    try:
        graph = graph_of(space, fairness, predicates)
    except SearchError:
        reject()

    def ended(state: Any, process: int) -> bool:
        return space.locations[process].all[state[1][process]].label is None

    def breaks(claim: Property, old: Any, new: Any) -> bool:
        return not space.holds_for(claim.operands[0], old, new)

    definition = Definition(graph, [p.daemon for p in instance.processes], ended, breaks)
    outcome = check(loaded, model.properties(), fairness="processes" if fair else "none")
    assert outcome.statistics.states == len(graph.edges)
    assert outcome.statistics.transitions == definition.network.number_of_edges()
    assert outcome.statistics.depth == len(graph.levels()) - 1
    assert outcome.statistics.deadlocks == len(definition.deadlocks())
    assert outcome.statistics.initial_states == len(set(graph.begin))
    for claim in claims:
        if claim.kind is Kind.LTL:
            continue  # formulas are decided in `test_temporal`
        if claim.kind.liveness:
            definition.assert_liveness(claim, outcome[claim.name])
        else:
            definition.assert_safety(claim, outcome[claim.name])
        definition.assert_vacuity(claim, outcome[claim.name])


@settings(QUICK, max_examples=60)
@given(models(), st.booleans())
def test_verdicts_on_random_models_are_those_of_the_definitions(
    model: RandomModel, fair: bool
) -> None:
    assert_definitions(model, fair)


@pytest.mark.slow
@settings(SLOW, max_examples=3000)
@given(models(), st.booleans())
def test_verdicts_on_many_random_models_are_those_of_the_definitions(
    model: RandomModel, fair: bool
) -> None:
    assert_definitions(model, fair)
