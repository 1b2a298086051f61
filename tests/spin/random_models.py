"""Small random models, and what may be asked about them: the same for the same random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from tests.spin.models import (
    Act,
    Assign,
    At,
    Both,
    Branch,
    Chance,
    Choose,
    Condition,
    Done,
    Either,
    Enabled,
    Is,
    Leave,
    Loop,
    Not,
    Perhaps,
    Process,
    SmallModel,
    Statement,
    Step,
    Variable,
)

T = TypeVar("T")

# Few labels, so that some stand for several steps; those that are operators are there on purpose.
LABELS = ("U", "X", "W", "wait")


class Author:
    """Writes models, asking `random` whenever there is something to decide."""

    def __init__(self, random: Random) -> None:
        """Keep the random numbers."""
        self._random = random
        self._left = 0  # steps that the process may still have
        self.variables: tuple[Variable, ...] = ()

    def model(self) -> SmallModel:
        """Return a model with two or three processes."""
        count = self._one([1, 2, 2, 3])
        self.variables = tuple(self._variable(name) for name in "abc"[:count])
        names, most = self._one([("pq", 6), ("pq", 4), ("pqr", 4)])
        return SmallModel(self.variables, tuple(self._process(name, most) for name in names))

    def _one(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def _often(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def _variable(self, name: str) -> Variable:
        size = self._one([2, 3])
        return Variable(name, size, self._random.randrange(size))

    # ------------------------------------------------------------------ processes

    def _process(self, name: str, most: int) -> Process:
        self._left = most
        if self._often(40):
            return Process(name, (Loop(self._block(False, True)),))
        if self._often(40):
            return Process(name, (self._step(), Loop(self._block(False, True))))
        return Process(name, self._block(True, False))

    def _block(self, long: bool, in_loop: bool) -> tuple[Statement, ...]:
        """Return some statements, the first of which is a step."""
        statements: list[Statement] = [self._step()]
        for _ in range(3 if long else self._one([0, 1, 1, 2])):
            if self._left > 0:
                statements.append(self._statement(in_loop))
        return tuple(statements)

    def _statement(self, in_loop: bool) -> Statement:
        kind = self._one(["step", "step", "branch", "loop", "leave"])
        if kind == "branch":
            then = self._block(False, in_loop)
            return Branch(self._test(), then, self._otherwise(in_loop))
        if kind == "loop":
            return Loop(self._block(False, True), self._test())
        if kind == "leave" and in_loop:
            return Branch(self._test(), (Leave(),))
        return self._step()

    def _otherwise(self, in_loop: bool) -> tuple[Statement, ...]:
        return self._block(False, in_loop) if self._left > 0 and self._often(40) else ()

    def _test(self) -> Condition | Chance:
        return Chance() if self._often(40) else self._condition()

    def _step(self) -> Step:
        self._left -= 1
        guard = self._condition() if self._often(30) else None
        return Step(
            self._one(LABELS), tuple(self._act() for _ in range(self._one([0, 1, 1, 2]))), guard
        )

    def _act(self) -> Act:
        kind = self._one(["assign", "assign", "choose", "perhaps"])
        if kind == "choose":
            target = self._one(self.variables)
            options = self._random.sample(range(target.size), self._one([2, target.size]))
            return Choose(target, tuple(options))
        return (
            Perhaps(self._condition(), self._assignment())
            if kind == "perhaps"
            else self._assignment()
        )

    def _assignment(self) -> Assign:
        target, read = self._one(self.variables), self._one([None, *self.variables])
        return Assign(target, self._random.randrange(target.size), read)

    # ------------------------------------------------------------------ conditions

    def _condition(self) -> Condition:
        form = self._one(["is", "is", "is", "not", "both", "either"])
        if form == "is":
            return self._is()
        if form == "not":
            return Not(self._is())
        return (Both if form == "both" else Either)(self._is(), self._is())

    def _is(self) -> Is:
        variable = self._one(self.variables)
        return Is(variable, self._random.randrange(variable.size))

    def question(self, model: SmallModel) -> Condition:
        """Return a condition about variables or about a process."""
        process = self._one(model.processes)
        kind = self._one(["variables"] * 4 + ["at"] * 4 + ["done", "enabled"])
        if kind == "variables":
            return self._condition()
        if kind == "at":
            return At(process.name, self._one(process.steps()).label)
        return Done(process.name) if kind == "done" else Enabled(process.name)
