"""The state graph of a model: every state and transition once, as both engines find them."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from models.early_resume import EarlyResume
from models.spinlock import SpinLock
from tests.differential.comparing import QUICK
from tests.graph.models import Nasty, Starts, Tiny
from tests.oracle.models import Peterson, Philosophers, Walkers
from tests.sample_traces import lasso, stays
from tests.strategies import RandomModel
from tests.strategies import models as random_models
from utcheck import Limits, Model, ModelError, check, trace_graph
from utcheck.engines.explicit import PythonSpace
from utcheck.errors import InternalError
from utcheck.graph.states import state_graph
from utcheck.graph.traces import path_of
from utcheck.model.instance import Instance
from utcheck.outcome import Event, Outcome, Trace
from utcheck.report.case import CaseReport
from utcheck.report.json import from_json, to_json
from utcheck.spec.load import load

ROOT = Path(__file__).parents[2]
MODELS: list[Model] = [
    Tiny(),
    Starts(),
    Nasty(),
    EarlyResume(),
    EarlyResume(fix="2B", stops=2),
    SpinLock(),
    Walkers(n=3, k=3),
    Philosophers(n=3, fault="all alike"),
    Peterson(),
]


def reference(model: Model) -> tuple[list[Any], list[Any]]:
    """Return states and transitions as the reference engine runs them, breadth first."""
    instance = Instance(model)
    space = PythonSpace(instance)
    names = [process.name for process in instance.processes]
    states = list(dict.fromkeys(state for _, state in space.initial()))
    nodes, edges = [], []
    for number, state in enumerate(states):
        values = [instance.value(v, n) for v, n in enumerate(state[0])]
        labels = [space.label(p, state) or None for p in range(len(names))]
        nodes.append((values, labels))
        for process, choices, target, events in space.transitions(state):
            if target is not None:
                if target not in states:
                    states.append(target)
                edges.append((number, states.index(target), names[process], labels[process],
                              choices, events))  # fmt: skip
    for locations in space.locations:
        locations.dispose()
    return nodes, edges


def as_lists(graph: Any) -> tuple[list[Any], list[Any]]:
    nodes = [
        (list(data["variables"].values()), list(data["locations"].values()))
        for _, data in graph.nodes(data=True)
    ]
    edges = [
        (source, target, e["process"], e["label"], e["choices"], e["events"])
        for source, target, e in graph.edges(data=True)
    ]
    return nodes, edges


def ordered(edges: list[Any]) -> list[str]:
    return sorted(map(repr, edges))


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_states_and_transitions_are_those_of_the_reference_engine(model: Model) -> None:
    nodes, edges = as_lists(state_graph(Instance(model)))
    expected = reference(model)
    assert nodes == expected[0]
    assert ordered(edges) == ordered(expected[1])


@QUICK
@given(random_models())
def test_random_models_have_the_graph_of_the_reference_engine(random: RandomModel) -> None:
    try:
        graph = state_graph(Instance(random.load()))
    except ModelError:
        return
    nodes, edges = as_lists(graph)
    expected = reference(random.load())
    assert repr(nodes) == repr(expected[0])
    assert ordered(edges) == ordered(expected[1])


@pytest.mark.parametrize("engine", ["trees", "explicit"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_the_graph_has_the_size_that_the_search_counted(model: Model, engine: str) -> None:
    outcome = check(model, engine=engine, keep_graph=True)
    graph, counted = outcome.state_graph, outcome.statistics
    assert len(graph) == counted.states
    assert graph.size() == counted.transitions
    nodes = graph.nodes(data=True)
    assert sum(data["deadlock"] for _, data in nodes) == counted.deadlocks
    assert sum(data["initial"] for _, data in nodes) == counted.initial_states


def test_a_graph_of_another_size_than_the_search_counted_is_an_internal_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = sys.modules["utcheck.check"]  # `utcheck.check` itself is the function
    monkeypatch.setattr(module, "state_graph", lambda _: state_graph(Instance(Starts())))
    with pytest.raises(InternalError, match=r"5 states and 2 transitions, but .* 5 and 4"):
        check(Tiny(), keep_graph=True)


def test_a_small_graph_by_hand() -> None:
    """See the docstring of the model."""
    graph = state_graph(Instance(Tiny()))
    assert graph.graph == {
        "model": "Tiny", "parameters": {}, "processes": ("p", "q"), "initial": {(): 0}
    }  # fmt: skip
    assert {number: graph.nodes[number] for number in graph} == {
        number: {
            "variables": {"x": x}, "locations": {"p": label, "q": "down"},
            "initial": number == 0, "deadlock": number == 2, "fails": (),
        }
        for number, (x, label) in enumerate(
            [(0, "up"), (1, "rest"), (2, "rest"), (0, "rest"), (0, None)]
        )
    }  # fmt: skip
    common = {"options": (), "choices": (), "events": ()}
    assert list(graph.edges(data=True)) == [
        (0, 1, {"process": "p", "label": "up", "options": (1,), "choices": (0,), "events": ()}),
        (0, 2, {"process": "p", "label": "up", "options": (2,), "choices": (1,), "events": ()}),
        (1, 3, {**common, "process": "q", "label": "down", "events": (Event("zero", (7,)),)}),
        (3, 4, {**common, "process": "p", "label": "rest"}),
    ]


def test_initial_states_and_steps_that_fail() -> None:
    """init chooses 3, 1, 2 and 1 again, so there are three states; p fails in the first."""
    graph = state_graph(Instance(Starts()))
    assert graph.graph["initial"] == {(0,): 0, (1,): 1, (2,): 2, (3,): 1}
    assert [data["variables"]["x"] for _, data in graph.nodes(data=True)] == [3, 1, 2, 1, 2]
    assert [data["fails"] for _, data in graph.nodes(data=True)] == [(("p", "look"),), *[()] * 4]
    assert not any(data["deadlock"] for _, data in graph.nodes(data=True))
    assert sorted(graph.edges()) == [(1, 3), (2, 4)]


def test_the_graph_is_kept_only_where_it_was_asked_for_and_is_whole() -> None:
    assert check(Tiny()).state_graph is None
    assert check(Tiny(), keep_graph=True, limits=Limits(states=2)).state_graph is None


def outcome_with_graph() -> Outcome:
    return check(Tiny(), {"rests": {"eventually": "p.done"}}, keep_graph=True)


def test_the_graph_is_no_part_of_equality_nor_of_the_json() -> None:
    outcome = outcome_with_graph()
    assert outcome == outcome.with_views(str, None)
    assert copy.copy(outcome).state_graph is outcome.state_graph
    assert len(pickle.loads(pickle.dumps(outcome)).state_graph) == 5  # noqa: S301  (it is ours)
    report = CaseReport("s", "", "", "", outcome, {p.name: p.verdict for p in outcome})
    data = to_json([report], version="0")
    assert "state_graph" not in str(data)
    assert from_json(data)[0].outcome == outcome


def test_a_check_without_a_graph_does_not_import_networkx() -> None:
    program = """
import sys
from models.early_resume import EarlyResume
import utcheck

utcheck.check(EarlyResume())
assert 'networkx' not in sys.modules
utcheck.check(EarlyResume(), keep_graph=True)
assert 'networkx' in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


@pytest.mark.parametrize("spec", ["early_resume", "spinlock"])
def test_traces_of_specs_are_paths_of_the_state_graph(spec: str) -> None:
    for case in load(ROOT / "specs" / f"{spec}.yaml", ROOT):
        _assert_traces(check(case.model, case.properties, keep_graph=True))


def test_traces_of_small_models_are_paths_of_the_state_graph() -> None:
    """Among them one that stays for ever, one that begins elsewhere and one that fails."""
    _assert_traces(check(Starts(), {"one": {"never": "x == 1"}}, keep_graph=True))
    _assert_traces(outcome_with_graph())


def _assert_traces(outcome: Outcome) -> None:
    """Compare every trace, and its graph, with the path that it takes."""
    traces = [result.trace for result in outcome if result.trace] + [outcome.longest]
    graph = outcome.state_graph
    for trace in traces:
        assert trace is not None
        path = path_of(graph, trace.witness)
        done = [step for step in trace.steps if step.failure is None]
        steps = [graph.edges[edge] for edge in path]
        assert [(e["process"], e["label"], e["options"], e["events"]) for e in steps] == [
            (s.process, s.label, s.options, s.events) for s in done
        ]
        assert all(one[1] == other[0] for one, other in pairwise(path))
        begin = graph.graph["initial"][trace.witness.initial]
        states = [begin] + [edge[1] for edge in path]
        if trace.cycle is not None:
            assert states[trace.cycle] == states[-1], "a cycle closes"
        _assert_trace_graph(trace, graph, states)


def _assert_trace_graph(trace: Trace, graph: Any, states: list[int]) -> None:
    """Compare the graph of a trace with the states that it goes through."""
    own = trace.graph
    closed = trace.cycle is not None and trace.cycle < len(trace)
    assert list(own) == list(range(len(states) - closed))
    for number, data in own.nodes(data=True):
        state = graph.nodes[states[number]]
        assert data["variables"] == state["variables"]
        assert data["locations"] == state["locations"]
        last = number == len(states) - 1
        assert data["deadlock"] == (last and state["deadlock"])
        assert data["initial"] == (number == 0)
        assert set(data["fails"]) <= set(state["fails"])
    ends = [*range(1, len(states))]
    if closed and trace.cycle is not None:
        ends[-1] = trace.cycle
    assert list(own.edges()) == list(enumerate(ends))


def test_the_graph_of_a_trace_that_fails_ends_before_the_step_that_fails() -> None:
    trace = check(Starts())["assertions"].trace
    assert trace is not None
    graph = trace.graph
    assert (len(graph), graph.size()) == (1, 0)
    assert graph.nodes[0]["fails"] == (("p", "look"),)
    assert graph.graph["ending"] == trace.ending


def test_traces_made_by_hand_have_a_graph_too() -> None:
    """`lasso` has six steps, of which the last four repeat; `stays` has one step, and stays."""
    with pytest.raises(AttributeError, match=r"utcheck\.trace_graph"):
        _ = lasso().graph
    graph = trace_graph(lasso())
    assert list(graph.edges()) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 2)]
    assert graph.graph["cycle"] == 2
    assert graph.nodes[2]["variables"] == {"wants[0]": True, "wants[1]": True, "inside": None}
    assert graph.nodes[5]["locations"] == {"left": "after you", "right": "try again",
                                           "porter": None}  # fmt: skip
    graph = trace_graph(stays())
    assert list(graph.edges(data="options")) == [(0, 1, (3, "long"))]


def test_a_run_that_the_graph_has_not_is_an_internal_error() -> None:
    trace = check(Tiny(), {"end": {"reachable": "p.done"}})["end"].trace
    assert trace is not None
    with pytest.raises(InternalError, match="has not the run"):
        path_of(state_graph(Instance(Starts())), trace.witness)
    longer = replace(trace.witness, steps=(*trace.witness.steps, ("p", ())))
    with pytest.raises(InternalError, match="has not the run"):
        path_of(state_graph(Instance(Tiny())), longer)
