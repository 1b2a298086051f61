"""The operators and functions of expressions, bounded: an expression may come from a stranger."""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

MOST_STEPS = 200_000  # elements that one evaluation may look at
MOST_BITS = 256  # the size of an integer
UNDECIDED = object()  # the value of what may differ from state to state


class EvaluationError(Exception):
    """An expression has no value in this state; the text says why."""


def short(value: Any) -> str:
    """Return a value as a message shows it."""
    shortener = reprlib.Repr()
    shortener.maxstring = shortener.maxother = shortener.maxlong = 60
    try:
        text = shortener.repr(value)
    except Exception:  # the user's own __repr__ may raise anything
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 60 else text[:57] + "..."


def weight(value: Any, *, searched: bool = False) -> int:
    """Return how many elements an operator may have to look at.

    A tuple that stands several times in another counts as often, because Python compares it as
    often: thirty nested pairs of the same thing are a thousand million.
    """
    if isinstance(value, int | float):
        return 0
    if searched and not isinstance(value, tuple | list | frozenset):
        return len(value) if hasattr(value, "__len__") else 0
    count, waiting = 0, [value]
    while waiting and count <= MOST_STEPS:
        one = waiting.pop()
        if isinstance(one, tuple | list | frozenset):
            count += len(one)
            waiting.extend(one)
        elif isinstance(one, str):
            count += len(one) // 64
    return count


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return left + right
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return _numeric("+", operator.add)(left, right)


def _minus(left: Any, right: Any) -> Any:
    if isinstance(left, frozenset) and isinstance(right, frozenset):
        return left - right
    return _numeric("-", operator.sub)(left, right)


def _numeric(symbol: str, apply: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operator for numbers alone: `"%999999999d" % 1` and `"x" * 10**9` are none."""

    def checked(*values: Any) -> Any:
        for value in values:
            if not isinstance(value, int | float):
                raise EvaluationError(f"`{symbol}` cannot be applied to {short(value)}")
        return apply(*values)

    return checked


def _bitwise(symbol: str, apply: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operator for sets, and for integers as sets of bits; Booleans have `and`, `or`."""

    def checked(left: Any, right: Any) -> Any:
        for kind in (int, frozenset):
            if isinstance(left, kind) and isinstance(right, kind):
                break
        else:
            raise EvaluationError(f"`{symbol}` cannot be applied to {short(left)}, {short(right)}")
        if isinstance(left, bool) or isinstance(right, bool):
            raise EvaluationError(f"`{symbol}` is for bits and sets; write `and`, `or`, `!=`")
        return apply(left, right)

    return checked


def _length(value: Any) -> int:
    return len(value)


def _range(*bounds: Any) -> range:
    for bound in bounds:
        if not isinstance(bound, int) or abs(bound) > MOST_STEPS:
            raise EvaluationError(f"range() cannot have the bound {short(bound)}")
    return range(*bounds)


ARITHMETIC: Mapping[str, Callable[..., Any]] = {
    "+": _plus,
    "-": _minus,
    "*": _numeric("*", operator.mul),
    "/": _numeric("/", operator.truediv),
    "//": _numeric("//", operator.floordiv),
    "%": _numeric("%", operator.mod),
    "&": _bitwise("&", operator.and_),
    "|": _bitwise("|", operator.or_),
    "^": _bitwise("^", operator.xor),
}
UNARY: Mapping[str, Callable[..., Any]] = {
    "not": operator.not_,
    "-": _numeric("-", operator.neg),
    "+": _numeric("+", operator.pos),
}
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}
FOLDED: Mapping[str, Callable[[Any, Any], Any]] = {
    "sum": _numeric("sum", operator.add),
    "min": min,
    "max": max,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "len": _length,
    "abs": _numeric("abs", abs),
    "range": _range,
    "min": min,
    "max": max,
}
