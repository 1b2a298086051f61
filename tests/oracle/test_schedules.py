"""Every schedule of tiny models, written out by hand.

A schedule is the processes that take the steps, in order, with the option that was chosen where
there was one; behind the arrow stands what the run leaves behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.stateless import explore_all
from tests.steps import Steps
from utcheck import Lock, Model, process, when
from utcheck.engines.explicit import PythonSpace
from utcheck.engines.packed import PackedSpace
from utcheck.engines.space import Transition
from utcheck.model.instance import Instance
from utcheck.program.learn import Program

Spaces = Callable[[Model], tuple[Any, Callable[[Any], str]]]


def explicit(model: Model) -> tuple[Any, Callable[[Any], str]]:
    instance = Instance(model)

    def left(state: Any) -> str:
        return _values(instance, list(state[0]))

    return PythonSpace(instance), left


def trees(model: Model) -> tuple[Any, Callable[[Any], str]]:
    instance = Instance(model)
    space = PackedSpace(Program(instance))

    def left(state: Any) -> str:
        variables = range(len(instance.names))
        return _values(instance, [space.layout.number(state, v) for v in variables])

    return space, left


def _values(instance: Instance, numbers: list[int]) -> str:
    return ", ".join(f"{instance.value(v, number)}" for v, number in enumerate(numbers))


both = pytest.mark.parametrize("spaces", [explicit, trees])


def schedules(spaces: Spaces, model: Model) -> set[str]:
    """Return every schedule, found by going down every path; each must occur once."""
    space, left = spaces(model)
    found = [line for _, state in space.initial() for line in _below(space, left, state)]
    assert len(found) == len(set(found)) == explore_all(model).runs
    return set(found)


def _below(space: Any, left: Callable[[Any], str], state: Any) -> Iterator[str]:
    transitions = space.transitions(state)
    if not transitions:
        yield f"-> {left(state)}"
    for transition in transitions:
        if transition.target is None:
            yield f"{_step(space, transition)} -> failed"
            continue
        for rest in _below(space, left, transition.target):
            yield f"{_step(space, transition)} {rest}"


def _step(space: Any, transition: Transition) -> str:
    name: str = space.instance.processes[transition.process].name
    return name + "".join(f":{choice}" for choice in transition.choices)


class LostUpdate(Model):
    """Two processes increment a variable, in two steps each."""

    x: int = 0

    @process
    def p(self) -> Steps:
        yield "read"
        seen = self.x
        yield "write"
        self.x = seen + 1

    @process
    def q(self) -> Steps:
        yield "read"
        seen = self.x
        yield "write"
        self.x = seen + 1


@both
def test_the_schedules_of_a_lost_update(spaces: Spaces) -> None:
    """Two steps of each: 4! / (2! 2!) = 6 orders. Only where one writes before the other reads is
    the result 2:

        p p q q -> 2    p q p q -> 1    p q q p -> 1
        q q p p -> 2    q p q p -> 1    q p p q -> 1
    """
    assert schedules(spaces, LostUpdate()) == {
        "p p q q -> 2", "p q p q -> 1", "p q q p -> 1",
        "q q p p -> 2", "q p q p -> 1", "q p p q -> 1",
    }  # fmt: skip


class Locked(Model):
    """The same under a lock."""

    x: int = 0
    lock: Lock

    @process
    def p(self) -> Steps:
        yield from self.increment()

    @process
    def q(self) -> Steps:
        yield from self.increment()

    def increment(self) -> Steps:
        yield from self.lock.acquire("read")
        seen = self.x
        yield "write"
        self.x = seen + 1
        self.lock.release()


@both
def test_the_schedules_of_an_update_under_a_lock(spaces: Spaces) -> None:
    """Who has the lock goes on alone until it is released, in the step that writes:

    p p q q -> 2    q q p p -> 2
    """
    assert schedules(spaces, Locked()) == {"p p q q -> 2, None", "q q p p -> 2, None"}


class Signal(Model):
    """p decides whether to wake q, which then asserts that it was meant."""

    woken: bool = False
    late: bool = False

    @process
    def p(self) -> Steps:
        yield "decide"
        self.woken = self.choose(False, True)
        yield "be late"
        self.late = True

    @process
    def q(self) -> Steps:
        yield when(lambda: self.woken, "wait")
        assert not self.late, "too late"


@both
def test_the_schedules_of_a_choice_a_guard_and_an_assertion(spaces: Spaces) -> None:
    """q cannot begin. If p chooses False (option 0), q never can; if True (option 1), then q comes
    between the steps of p, or after them, where the assertion fails:

        p:0 p -> False, True    p:1 q p -> True, True    p:1 p q -> failed
    """
    assert schedules(spaces, Signal()) == {
        "p:0 p -> False, True", "p:1 q p -> True, True", "p:1 p q -> failed",
    }  # fmt: skip


class Begins(Model):
    """Two initial states; a loop over equal elements, and a choice of two in one step."""

    x: int = 0

    def init(self) -> None:
        self.x = self.choose(10, 20)

    @process
    def p(self) -> Steps:
        for _ in (1, 1):
            yield "add"
            self.x += 1

    @process
    def q(self) -> Steps:
        yield "add"
        if self.choose(False, True):
            self.x += self.choose(100, 100)


@both
def test_the_schedules_of_two_initial_states_and_of_choices_in_one_step(spaces: Spaces) -> None:
    """From x = 10 and from x = 20: q stands before, between or behind the two steps of p, and
    takes its step in three ways: not at all (0), or adding the first (1, 0) or the second hundred
    (1, 1), which are two ways though they do the same.

        q p p, p q p, p p q   with   q:0 -> 12    q:1:0 -> 112    q:1:1 -> 112    (22, 122, 122)
    """
    assert schedules(spaces, Begins()) == {
        "q:0 p p -> 12", "q:1:0 p p -> 112", "q:1:1 p p -> 112",
        "p q:0 p -> 12", "p q:1:0 p -> 112", "p q:1:1 p -> 112",
        "p p q:0 -> 12", "p p q:1:0 -> 112", "p p q:1:1 -> 112",
        "q:0 p p -> 22", "q:1:0 p p -> 122", "q:1:1 p p -> 122",
        "p q:0 p -> 22", "p q:1:0 p -> 122", "p q:1:1 p -> 122",
        "p p q:0 -> 22", "p p q:1:0 -> 122", "p p q:1:1 -> 122",
    }  # fmt: skip
