"""The checked tree of an expression, and how it is evaluated.

A tree is made by `checker.py` alone, which lets nothing through but what stands here. What only the
values decide is refused during evaluation: wrong types, indices out of range, and whatever could
run for ever, because an expression may come from a stranger.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from utcheck.model.process import FamilyHandle
from utcheck.model.records import Array
from utcheck.properties.operators import (
    MOST_BITS,
    MOST_STEPS,
    EvaluationError,
    short,
    weight,
)
from utcheck.properties.reflect import readable


class Frame:
    """One evaluation: the model it is about, the variables of generators, and what it may cost."""

    def __init__(self, view: Any, steps: int = MOST_STEPS) -> None:
        """Start without variables of generators."""
        self.view = view
        self.locals: dict[str, Any] = {}
        self._left = steps

    def spend(self, steps: int) -> None:
        """Count elements that are looked at.

        Raises:
            EvaluationError: if they are more than one evaluation may look at.
        """
        self._left -= steps
        if self._left < 0:
            raise EvaluationError(f"it looks at more than {MOST_STEPS:,} elements")


class Node:
    """A part of an expression."""

    def evaluate(self, frame: Frame) -> Any:
        """Return the value in the state of the run.

        Raises:
            EvaluationError: if there is none.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A value that is the same in every state: a literal, a parameter, a member of an Enum."""

    value: Any

    def evaluate(self, frame: Frame) -> Any:
        """Return the value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Shared(Node):
    """A name that the model declares: a variable, a record, an array, a process, a family."""

    name: str

    def evaluate(self, frame: Frame) -> Any:
        """Read it."""
        return getattr(frame.view, self.name)


@dataclass(frozen=True, slots=True)
class Question(Node):
    """A predicate or an invariant of the model, called."""

    name: str

    def answers(self, view: Any) -> bool:
        """Return whether it can be called without arguments."""
        try:
            inspect.signature(getattr(view, self.name)).bind()
        except TypeError:
            return False
        return True

    def evaluate(self, frame: Frame) -> Any:
        """Ask the model."""
        return getattr(frame.view, self.name)()


@dataclass(frozen=True, slots=True)
class Past(Node):
    """A name of the model in the state before a step, which `view` shows."""

    node: Node
    view: Any

    def evaluate(self, frame: Frame) -> Any:
        """Read it there."""
        present, frame.view = frame.view, self.view
        try:
            return self.node.evaluate(frame)
        finally:
            frame.view = present


@dataclass(frozen=True, slots=True)
class Local(Node):
    """A variable of a generator expression."""

    name: str

    def evaluate(self, frame: Frame) -> Any:
        """Return the element that the generator is at."""
        return frame.locals[self.name]


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """`value.name`; where the checker could not see that there is such a name, `sure` is false."""

    value: Node
    name: str
    sure: bool

    def evaluate(self, frame: Frame) -> Any:
        """Read it."""
        value = self.value.evaluate(frame)
        if not self.sure and self.name not in readable(type(value)):
            raise EvaluationError(f"{short(value)} has no attribute '{self.name}'")
        return getattr(value, self.name)


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`value[index]`."""

    value: Node
    index: Node

    def evaluate(self, frame: Frame) -> Any:
        """Return the element; a negative index counts from the end."""
        value, index = self.value.evaluate(frame), self.index.evaluate(frame)
        # Arrays and families would refuse these too, but could not say in which expression.
        if isinstance(value, Array | FamilyHandle):
            if isinstance(index, bool) or not isinstance(index, int):
                raise EvaluationError(f"the index {short(index)} is not an integer")
            if not -len(value) <= index < len(value):
                size = len(value)
                raise EvaluationError(f"the index {index} is out of range, the size is {size}")
            return value[index]
        try:
            return value[index]
        except (LookupError, TypeError) as error:
            raise EvaluationError(f"{short(value)}[{short(index)}]: {error}") from None


@dataclass(frozen=True, slots=True)
class At(Node):
    """`process.at(label, ...)`."""

    process: Node
    labels: tuple[str, ...]

    def evaluate(self, frame: Frame) -> bool:
        """Ask where the process is."""
        return bool(self.process.evaluate(frame).at(*self.labels))


@dataclass(frozen=True, slots=True)
class Both(Node):
    """`and`, or `or` where `decisive` is true: operands after the decisive one are not read."""

    operands: tuple[Node, ...]
    decisive: bool

    def evaluate(self, frame: Frame) -> Any:
        """Return the first decisive operand, or the last one."""
        value = None
        for operand in self.operands:
            value = operand.evaluate(frame)
            if bool(value) is self.decisive:
                break
        return value


@dataclass(frozen=True, slots=True)
class If(Node):
    """`then if test else otherwise`."""

    test: Node
    then: Node
    otherwise: Node

    def evaluate(self, frame: Frame) -> Any:
        """Evaluate the test and one of the branches."""
        return (self.then if self.test.evaluate(frame) else self.otherwise).evaluate(frame)


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """An operator with one operand or two."""

    symbol: str
    apply: Callable[..., Any] = field(compare=False)
    operands: tuple[Node, ...]

    def evaluate(self, frame: Frame) -> Any:
        """Evaluate the operands from left to right, then apply the operator."""
        values = [operand.evaluate(frame) for operand in self.operands]
        return applied(frame, self.symbol, self.apply, values)


def applied(frame: Frame, symbol: str, apply: Callable[..., Any], values: list[Any]) -> Any:
    """Return the result of an operator or a function; what Python refuses has no value."""
    for value in values:
        frame.spend(weight(value, searched=symbol in ("in", "not in")))
    try:
        result = apply(*values)
    except ZeroDivisionError:
        raise EvaluationError("division by zero") from None
    except (TypeError, ValueError, ArithmeticError) as error:
        raise EvaluationError(str(error)) from None
    if isinstance(result, int) and result.bit_length() > MOST_BITS:
        raise EvaluationError(f"`{symbol}` gives an integer of more than {MOST_BITS} bits")
    return result


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """`a < b == c`: every pair is compared, up to the first that does not hold."""

    first: Node
    others: tuple[tuple[str, Callable[[Any, Any], Any], Node], ...] = field(compare=False)

    def evaluate(self, frame: Frame) -> Any:
        """Compare from left to right."""
        left, result = self.first.evaluate(frame), True
        for symbol, apply, node in self.others:
            right = node.evaluate(frame)
            result = applied(frame, symbol, apply, [left, right])
            if not result:
                break
            left = right
        return result


@dataclass(frozen=True, slots=True)
class Display(Node):
    """`(a, b)`, `[a, b]` or `{a, b}`: a tuple, or a set; a list is a tuple, as in a state."""

    items: tuple[Node, ...]
    kind: Callable[..., Any] = field(compare=False)

    def evaluate(self, frame: Frame) -> Any:
        """Evaluate the items from left to right."""
        values = [item.evaluate(frame) for item in self.items]
        return applied(frame, "display", self.kind, [values])


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of values: `len`, `abs`, `range`, or `min` and `max` of several."""

    name: str
    apply: Callable[..., Any] = field(compare=False)
    arguments: tuple[Node, ...]

    def evaluate(self, frame: Frame) -> Any:
        """Evaluate the arguments, then call the function."""
        values = [argument.evaluate(frame) for argument in self.arguments]
        return applied(frame, self.name, self.apply, values)
