"""Generator expressions of specs, and the functions that fold them to one value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from utcheck.properties.nodes import Frame, Node, applied
from utcheck.properties.operators import FOLDED, EvaluationError, short

_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Clause:
    """`for name in elements if conditions` in a generator expression."""

    name: str
    elements: Node
    conditions: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Generator(Node):
    """A generator expression; a value that is iterated as it stands has one clause."""

    element: Node
    clauses: tuple[Clause, ...]

    def evaluate(self, frame: Frame) -> Iterator[Any]:
        """Return an iterator that reads no further than it is asked to."""
        return self._elements(frame, 0)

    def _elements(self, frame: Frame, depth: int) -> Iterator[Any]:
        if depth == len(self.clauses):
            yield self.element.evaluate(frame)
            return
        clause = self.clauses[depth]
        elements = _iterator(clause.elements.evaluate(frame))
        for value in elements:
            frame.spend(1)
            frame.locals[clause.name] = value
            if all(condition.evaluate(frame) for condition in clause.conditions):
                yield from self._elements(frame, depth + 1)


def _iterator(value: Any) -> Iterator[Any]:
    try:
        return iter(value)
    except TypeError:
        raise EvaluationError(f"{short(value)} has no elements") from None


@dataclass(frozen=True, slots=True)
class Fold(Node):
    """`any`, `all`, `sum`, `min` or `max` of the elements of a generator."""

    name: str
    elements: Generator

    def evaluate(self, frame: Frame) -> Any:
        """Fold; `any` and `all` stop at the element that decides."""
        outer = frame.locals
        frame.locals = dict(outer)
        try:
            return self._fold(frame)
        finally:
            frame.locals = outer

    def _fold(self, frame: Frame) -> Any:
        elements = self.elements.evaluate(frame)
        if self.name == "any":
            return any(elements)
        if self.name == "all":
            return all(elements)
        result = 0 if self.name == "sum" else next(elements, _NOTHING)
        if result is _NOTHING:
            raise EvaluationError(f"{self.name}() of no elements")
        for value in elements:
            result = applied(frame, self.name, FOLDED[self.name], [result, value])
        return result
