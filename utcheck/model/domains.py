"""Domains: the values a shared variable may have, numbered, so that a state is a tuple of numbers.

A finite domain is known beforehand (`bool`, `Literal`, an `Enum`, `X | None`,
`Annotated[int, Range(lo, hi)]`). An open one (`int`, `str`, `tuple`, ...) numbers values in the
order in which a run meets them.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum, Flag
from typing import Annotated, Any, Literal, Union

from utcheck.errors import ModelError
from utcheck.model.values import UnusableValue, canonical, value_key

Resolve = Callable[[int | str], int]


@dataclass(frozen=True, slots=True)
class Range:
    """The integers from `low` to `high`, both included; a bound may be a parameter's name."""

    low: int | str
    high: int | str


class OutsideDomain(Exception):
    """A value does not belong to a domain; the text says why."""


class Domain:
    """A numbering of values: `values[i]` is a value and `index(value)` is its number."""

    finite = True
    values: Sequence[Any]

    def __init__(self, text: str) -> None:
        """Keep the text that names the domain in messages."""
        self.text = text

    @property
    def size(self) -> int:
        """The number of values; of an open domain, of those that were met."""
        return len(self.values)

    def index(self, value: Any) -> int:
        """Return the number of a value.

        Raises:
            OutsideDomain: if the value does not belong to the domain.
        """
        raise NotImplementedError

    def zero(self) -> Any:
        """Return the value with which an array begins that is given none: None, False, 0, ''...

        Raises:
            OutsideDomain: if the domain has no such value.
        """
        candidates: tuple[Any, ...] = (None, False, 0, 0.0, "", (), frozenset())
        for value in candidates:
            try:
                return self.values[self.index(value)]
            except OutsideDomain:
                continue
        if self.finite and self.values:
            return self.values[0]
        raise OutsideDomain("there is no value to begin with; give `init`")

    def _outside(self, value: Any) -> OutsideDomain:
        return OutsideDomain(f"{value!r} is not {self.text}")


class FiniteDomain(Domain):
    """A domain given by its values; a value that is equal to one of them stands for it."""

    def __init__(self, values: Sequence[Any], text: str) -> None:
        """Number the values in the order given."""
        super().__init__(text)
        self._numbers: dict[Hashable, int] = {}
        self._equals: dict[Hashable, int] = {}
        distinct = {value_key(value): value for value in reversed(values)}
        self.values = tuple(reversed(distinct.values()))
        for number, value in enumerate(self.values):
            self._numbers[value_key(value)] = number
            self._equals.setdefault(value, number)

    def index(self, value: Any) -> int:
        """Return the number of a value; see `Domain.index`."""
        try:
            number = self._numbers.get(value_key(value))
            return self._equals[value] if number is None else number
        except (KeyError, TypeError, UnusableValue):
            raise self._outside(value) from None


class RangeDomain(Domain):
    """The integers from `low` to `high`."""

    def __init__(self, low: int, high: int) -> None:
        """Number the integers in their order."""
        super().__init__(f"an integer from {low} to {high}")
        self.values = range(low, high + 1)
        self._size = max(0, high + 1 - low)

    @property
    def size(self) -> int:
        """The number of values, which may be more than `len` can say."""
        return self._size

    def index(self, value: Any) -> int:
        """Return the number of a value; see `Domain.index`."""
        if not isinstance(value, int) or value not in self.values:
            raise self._outside(value)
        return int(value) - int(self.values[0])


class OpenDomain(Domain):
    """A domain that numbers the values it meets; `kinds` are the classes they belong to."""

    finite = False

    def __init__(self, kinds: tuple[type, ...], text: str, also: Sequence[Any] = ()) -> None:
        """Accept instances of `kinds`, and the values in `also`."""
        super().__init__(text)
        self.values: list[Any] = []
        self._kinds = kinds
        self._also = frozenset(value_key(value) for value in also)
        self._numbers: dict[Hashable, int] = {}

    def index(self, value: Any) -> int:
        """Return the number of a value, a new one if it was never met; see `Domain.index`."""
        value = self._normal(value)
        try:
            key = value_key(value, ordered=False)
        except UnusableValue as reason:
            raise OutsideDomain(f"the value is {reason}") from None
        number = self._numbers.get(key)
        if number is None:
            if not isinstance(value, self._kinds) and key not in self._also:
                raise self._outside(value)
            number = self._numbers[key] = len(self.values)
            self.values.append(canonical(value))
        return number

    def _normal(self, value: Any) -> Any:
        # As the annotations of Python have it, a bool is an int and an int is a float; the state
        # has one of them, or `count = True` and `count = 1` would be different states.
        if isinstance(value, bool) and bool not in self._kinds and int in self._kinds:
            return int(value)
        number = isinstance(value, int) and not isinstance(value, bool)
        if number and float in self._kinds and int not in self._kinds:
            return float(value)
        return value


def domain_of(annotation: Any, resolve: Resolve) -> Domain:
    """Return the domain that an annotation stands for; `resolve` gives the value of a bound.

    Raises:
        ModelError: if the annotation is not one that utcheck understands; the place is not set.
    """
    finite, kinds = _parts(annotation, resolve)
    text = _text(annotation)
    if not kinds and len(finite) == 1 and isinstance(finite[0], range):
        return RangeDomain(finite[0].start, finite[0].stop - 1)
    values = [value for part in finite for value in part]
    if not kinds:
        return FiniteDomain(values, text)
    return OpenDomain(tuple(kinds), text, values)


def _parts(annotation: Any, resolve: Resolve) -> tuple[list[Sequence[Any]], list[type]]:
    """Return the finite parts of an annotation and the classes of its open parts."""
    origin = typing.get_origin(annotation)
    if annotation is None or annotation is type(None):
        return [(None,)], []
    if annotation is bool:
        return [(False, True)], []
    if origin is Literal:
        return [typing.get_args(annotation)], []
    if origin in (Union, types.UnionType):
        parts = [_parts(option, resolve) for option in typing.get_args(annotation)]
        return [p for finite, _ in parts for p in finite], [k for _, kinds in parts for k in kinds]
    if origin is Annotated:
        return _annotated(annotation, resolve)
    if isinstance(annotation, typing.NewType):
        return _parts(annotation.__supertype__, resolve)
    if isinstance(annotation, type) and issubclass(annotation, Flag):
        return [_combinations(annotation)], []
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [tuple(annotation)], []
    if annotation in (Any, typing.Hashable, Hashable):
        return [], [object]
    kind = origin or annotation
    if isinstance(kind, type):
        return [], [kind]
    if hasattr(annotation, "__value__"):  # a `type` alias of Python 3.12
        return _parts(annotation.__value__, resolve)
    raise ModelError(f"the annotation {annotation!r} is not one that utcheck understands")


def _combinations(flag: type[Flag]) -> tuple[Flag, ...]:
    """Return every combination of the members of a flag, the empty one first."""
    found = [flag(0)]
    for member in flag:
        found += [one | member for one in found]
    return tuple(dict.fromkeys(found))


def _annotated(annotation: Any, resolve: Resolve) -> tuple[list[Sequence[Any]], list[type]]:
    base, *extras = typing.get_args(annotation)
    ranges = [extra for extra in extras if isinstance(extra, Range)]
    if not ranges:
        return _parts(base, resolve)
    if base is not int or len(ranges) > 1:
        raise ModelError(f"{_text(annotation)}: a Range belongs to an int, and to it alone")
    low, high = resolve(ranges[0].low), resolve(ranges[0].high)
    if low > high:
        raise ModelError(f"Range({low}, {high}) has no values")
    return [range(low, high + 1)], []


def _text(annotation: Any) -> str:
    """Return the annotation as a reader would write it."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        article = "an" if annotation.__name__[:1].lower() in "aeiou" else "a"
        return f"{article} {annotation.__name__}"
    if typing.get_origin(annotation) is Literal:
        return "one of " + ", ".join(map(repr, typing.get_args(annotation)))
    return str(annotation).replace("typing.", "")
