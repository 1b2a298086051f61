"""The value of an expression in every state, by which states are merged."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from utcheck.errors import ModelError, UsageError
from utcheck.graph.asking import asked
from utcheck.graph.states import StateSpace
from utcheck.model.records import Array, Struct
from utcheck.model.run import Phase, condition
from utcheck.model.values import UnusableValue, value_key
from utcheck.properties.expression import ExpressionError


def values_of(space: StateSpace, text: str) -> tuple[list[Any], list[Hashable]]:
    """Return the value of an expression in each state, by number, and a key for each value.

    The expression is one of a spec, but may be of any plain value. Keys are equal where the values
    are the same: 1 is not True.

    Raises:
        UsageError: with the column, if the expression is wrong; or if it has no value in some
            state, or none that is plain.
    """
    try:
        expression = asked(space.instance, text)
    except ExpressionError as error:
        raise UsageError(f"column {error.column + 1}: {error.message}") from None
    runtime, code = space.instance.runtime, expression.value
    values = []
    for number in range(len(space.states)):
        try:
            values.append(condition(runtime, space.context(number), Phase.PROPERTY, code))
        except ModelError as error:
            raise UsageError(error.message) from None
    return values, _keys(values, text)


def _keys(values: Sequence[Any], text: str) -> list[Hashable]:
    try:
        for value in values:
            if isinstance(value, Struct | Array):
                raise UnusableValue(f"a {type(value).__name__}, not a plain value; name a field")
        return [value_key(value, ordered=False) for value in values]
    except UnusableValue as error:
        raise UsageError(f"`{text}` is {error}") from None
