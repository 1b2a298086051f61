"""Less of a state graph, worked out by hand on a model of five states (see `Tiny`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from models.early_resume import EarlyResume
from tests.graph.models import Starts, Tiny
from tests.steps import Steps
from utcheck import Model, Struct, UsageError, check, predicate, process
from utcheck.graph.grouping import values_of
from utcheck.graph.parts import around, merged, with_trace
from utcheck.graph.states import StateSpace, state_graph
from utcheck.graph.traces import path_of
from utcheck.model.instance import Instance


@pytest.fixture
def tiny() -> Iterator[StateSpace]:
    space = StateSpace(Instance(Tiny()))
    yield space
    space.close()


# 0 -up-> 1 -down-> 3 -rest-> 4, and 0 -up-> 2: the distance from the deadlock 2 is 0, 1 (0), 2 (1).
@pytest.mark.parametrize(
    ("distance", "kept"),
    [(0, {2: 0}), (1, {0: 1, 2: 0}), (2, {0: 0, 1: 1, 2: 0}), (3, {0: 0, 1: 0, 2: 0, 3: 1}),
     (4, dict.fromkeys(range(5), 0)), (9, dict.fromkeys(range(5), 0))],
)  # fmt: skip
def test_what_is_around_the_deadlock(tiny: StateSpace, distance: int, kept: dict[int, int]) -> None:
    graph = tiny.graph()
    part = around(graph, [2], distance)
    assert {number: part.nodes[number]["hidden"] for number in part} == kept
    assert sorted(part.edges()) == [e for e in sorted(graph.edges()) if {*e} <= {*kept}]
    assert part.graph["initial"] == ({(): 0} if 0 in kept else {})
    assert "hidden" not in graph.nodes[2], "the whole graph stays as it is"


def test_the_steps_of_a_trace_are_numbered_from_one(tiny: StateSpace) -> None:
    trace = check(Tiny(), {"end": {"reachable": "p.done"}})["end"].trace
    assert trace is not None
    graph = tiny.graph()
    marked = with_trace(graph, path_of(graph, trace.witness))
    assert list(marked.edges(data="trace")) == [
        (0, 1, (1,)), (0, 2, ()), (1, 3, (2,)), (3, 4, (3,))
    ]  # fmt: skip
    assert "trace" not in graph.edges[0, 1, 0]


def test_an_edge_that_a_trace_takes_twice_has_both_numbers() -> None:
    graph = state_graph(Instance(Tiny()))
    marked = with_trace(graph, [(0, 1, 0), (1, 3, 0), (0, 1, 0)])
    assert marked.edges[0, 1, 0]["trace"] == (1, 3)


def by(space: StateSpace, text: str) -> Any:
    return merged(space.graph(), *values_of(space, text))


def test_states_that_agree_on_x_are_merged(tiny: StateSpace) -> None:
    """x is 0 in 0, 3 and 4, 1 in 1 and 2 in 2."""
    less = by(tiny, "x")
    common = {"fails": (), "hidden": 0}
    assert [less.nodes[number] for number in less] == [
        {"value": 0, "states": 3, "deadlocks": 0, "initial": True, "deadlock": False, **common},
        {"value": 1, "states": 1, "deadlocks": 0, "initial": False, "deadlock": False, **common},
        {"value": 2, "states": 1, "deadlocks": 1, "initial": False, "deadlock": True, **common},
    ]
    assert list(less.edges(data=True)) == [
        (0, 1, {"process": "p", "label": "up", "transitions": 1}),
        (0, 2, {"process": "p", "label": "up", "transitions": 1}),
        (0, 0, {"process": "p", "label": "rest", "transitions": 1}),
        (1, 0, {"process": "q", "label": "down", "transitions": 1}),
    ]
    assert less.graph["initial"] == {(): 0}


def test_transitions_with_the_same_label_between_the_same_nodes_are_counted(
    tiny: StateSpace,
) -> None:
    """Merged by `x > 0`: both ways up lead from {0, 3, 4} to {1, 2}."""
    less = by(tiny, "x > 0")
    assert list(less.edges(data="transitions")) == [(0, 1, 2), (0, 0, 1), (1, 0, 1)]
    assert by(tiny, "1").size() == 3, "one node, with up twice, down and rest"


def test_a_part_is_merged_with_what_it_hides_and_with_the_trace(tiny: StateSpace) -> None:
    graph = tiny.graph()
    part = around(with_trace(graph, [(0, 1, 0), (1, 3, 0)]), [0], 1)
    less = merged(part, *values_of(tiny, "x > 0"))
    assert [(less.nodes[n]["states"], less.nodes[n]["hidden"]) for n in less] == [(1, 0), (2, 1)]
    assert list(less.edges(data="trace")) == [(0, 1, (1,))]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x", [0, 1, 2, 0, 0]),
        ("(x, p.done)", [(0, False), (1, False), (2, False), (0, False), (0, True)]),
        ('p.at("rest") and p.enabled', [False, False, False, True, False]),
        ("q.enabled", [False, True, False, False, False]),
    ],
)
def test_an_expression_has_a_value_of_any_kind_in_each_state(
    tiny: StateSpace, text: str, values: list[object]
) -> None:
    assert values_of(tiny, text)[0] == values


class Mixed(Model):
    """A variable that is 1, then True, and one that is a record of one field."""

    class Pair(Struct):
        left: bool = False

    x: object = 1
    pair: Pair

    @predicate
    def breaks(self) -> bool:
        raise ValueError("broken")

    @predicate
    def whole(self) -> object:
        return self.pair

    @process
    def p(self) -> Steps:
        yield "go"
        self.x = True


def test_merged_states_keep_which_steps_fail() -> None:
    space = StateSpace(Instance(Starts()))
    less = by(space, "x > 0")
    assert [(less.nodes[n]["states"], less.nodes[n]["fails"]) for n in less] == [
        (5, (("p", "look"),))
    ]
    space.close()


def test_one_is_not_true() -> None:
    space = StateSpace(Instance(Mixed()))
    assert len(by(space, "x")) == 2
    space.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stoped", "column 1: unknown name 'stoped'"),
        ("x +", "column 4: not a Python expression"),
        ('x and p.at("gone")', "column 12: 'p' has no step labelled 'gone', did you mean 'go'?"),
        ("p", "column 1: 'p' is a process, not a value"),
        ("pair", "pair"),
        ("x / 0", "`x / 0`: division by zero"),
        ("breaks", "ValueError: broken"),
        ("whole", "`whole` is a Pair, not a plain value; name a field"),
    ],
)
def test_a_mistake_in_an_expression_is_said(text: str, message: str) -> None:
    space = StateSpace(Instance(Mixed()))
    with pytest.raises(UsageError) as error:
        values_of(space, text)
    assert message in str(error.value)
    space.close()


def test_what_is_asked_of_the_states_does_not_change_the_graph() -> None:
    """Asking who is enabled learns trees, and leaves suspended processes behind."""
    space = StateSpace(Instance(EarlyResume()))
    values_of(space, "(p.enabled, vm.enabled, resumed)")
    one, other = space.graph(), state_graph(Instance(EarlyResume()))
    assert list(one.nodes(data=True)) == list(other.nodes(data=True))
    assert list(one.edges(data=True)) == list(other.edges(data=True))
    space.close()
