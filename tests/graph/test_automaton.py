"""The automaton of one process, by hand: where it can stand, when it goes where, what it sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.early_resume import EarlyResume
from tests.graph.models import Never, Table, Tiny
from utcheck import Model
from utcheck.graph.automaton import process_graph
from utcheck.graph.states import StateSpace
from utcheck.model.instance import Instance
from utcheck.outcome import Event

ROOT = Path(__file__).parents[2]


def automaton(model: Model, number: int) -> Any:
    space = StateSpace(Instance(model))
    try:
        return process_graph(space, number, str(ROOT))
    finally:
        space.close()


def ways(graph: Any) -> list[tuple[Any, ...]]:
    return [(s, t, e["when"], e["writes"]) for s, t, e in graph.edges(data=True)]


def test_the_tracee_of_early_resume() -> None:
    """Read off models/early_resume.py, with fix="none".

    What it reads of `engine_resume` and `passed` can have one value only: nobody sets the one, and
    p sets the other last.
    """
    graph = automaton(EarlyResume(), 0)
    assert [(graph.nodes[n]["label"], graph.nodes[n]["calls"]) for n in graph] == [
        ("start_report", ()),
        ("report_syscall_entry: tell vm", ("report_syscall_entry",)),
        ("finish_callback: test ENGINE_STOP", ("report_syscall_entry",)),
        ("mark_engine_wants_stop", ("report_syscall_entry",)),
        ("finish_report", ()),
        ("utrace_stop", ("utrace_stop",)),
        ("stopped", ("utrace_stop",)),
        (None, ()),
    ]
    assert ways(graph) == [
        (0, 1, ({},), {"report": False}),
        (1, 2, ({"events": (0,)},), {"events": 1}),
        (2, 3, ({"engine_stop": (False,)},), {}),
        (3, 4, ({"engine_resume": (False,)},), {"engine_stop": True}),
        (4, 5, ({},), {"report": True}),
        (5, 6, ({},), {"stopped": True}),
        (6, 7, ({"stopped": (False,), "passed": (0,)},), {"passed": 1}),
    ]
    assert {n: graph.nodes[n]["waits"] for n in graph if graph.nodes[n]["waits"]} == {
        6: ({"stopped": (True,)},)
    }
    assert [n for n in graph if graph.nodes[n]["initial"]] == [0]
    lines = (ROOT / "models" / "early_resume.py").read_text(encoding="utf-8").splitlines()
    for number in range(7):
        path, line = graph.nodes[number]["place"].split(":")
        assert path == "models/early_resume.py"
        assert f'"{graph.nodes[number]["label"]}"' in lines[int(line) - 1]


def test_the_tracer_of_early_resume_goes_round() -> None:
    graph = automaton(EarlyResume(), 1)
    assert ways(graph) == [
        (0, 1, ({"events": (1,)},), {"events": 0}),
        (1, 0, ({"answered": (0,)},), {"engine_stop": False, "stopped": False, "answered": 1}),
    ]
    assert graph.nodes[0]["waits"] == ({"events": (0,)},)


def test_choices_and_events_are_on_the_edges() -> None:
    graph = automaton(Tiny(), 0)
    assert [(s, t, e["options"], e["writes"]) for s, t, e in graph.edges(data=True)] == [
        (0, 1, (1,), {"x": 1}), (0, 1, (2,), {"x": 2}), (1, 2, (), {})
    ]  # fmt: skip
    # q reaches its condition with x = 0, 1 and 2, and goes on with 1.
    graph = automaton(Tiny(), 1)
    ((source, target, edge),) = graph.edges(data=True)
    assert (source, target, edge["when"]) == (0, 0, ({"x": (1,)},))
    assert edge["events"] == (Event("zero", (7,)),)
    assert graph.nodes[0]["waits"] == ({"x": (0, 2)},)


def test_conditions_that_differ_in_one_variable_are_joined() -> None:
    """p waits at a = 3 and does not read b there; fails at (2, True); sets out at (0, True).

    It reads b only where a is 2, for the assertion, and where a is 0, for what it sets.
    """
    graph = automaton(Table(), 1)
    assert graph.nodes[0]["waits"] == ({"a": (3,)},)
    assert graph.nodes[0]["fails"] == ((({"a": (2,), "b": (True,)},), "two and b"),)
    assert ways(graph) == [
        (0, 1, ({"a": (0, 2), "b": (False,)}, {"a": (1,)}), {"out": False}),
        (0, 1, ({"a": (0,), "b": (True,)},), {"out": True}),
    ]


def test_what_is_not_reached_is_not_there() -> None:
    graph = automaton(Never(), 0)
    assert [graph.nodes[n]["label"] for n in graph] == ["wait"]
    assert graph.nodes[0]["waits"] == ({},)
    assert graph.size() == 0
