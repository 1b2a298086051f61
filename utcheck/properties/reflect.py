"""What of a class an expression may read: what it declares, and nothing else that Python finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

from utcheck.model.records import Record


def readable(kind: type) -> frozenset[str]:
    """Return the attributes of the instances of a class that may be read."""
    if issubclass(kind, Record):
        constants = {name for name, held in vars_of(kind).items() if is_constant(held)}
        declared = {*kind.utcheck_variables, *getattr(kind, "utcheck_constants", ())}
        return frozenset({*declared, *constants, *properties(kind)})
    if issubclass(kind, Enum):
        return frozenset({"name", "value"})
    if is_dataclass(kind):
        return frozenset(kind.__dataclass_fields__)
    if issubclass(kind, tuple):
        return frozenset(getattr(kind, "_fields", ()))
    return frozenset()


def vars_of(kind: type) -> Mapping[str, Any]:
    """Return the public attributes of a class and of its bases, those of utcheck left out."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__[:-1]):
        found.update(vars(base))
    return {n: held for n, held in found.items() if not n.startswith(("_", "utcheck_"))}


def properties(kind: type) -> dict[str, property]:
    """Return the properties that a class declares, in the sense of Python's `property`."""
    return {name: held for name, held in vars_of(kind).items() if isinstance(held, property)}


def is_constant(value: Any) -> bool:
    """Return whether a class attribute is a constant that an expression may name."""
    if isinstance(value, tuple):
        return all(map(is_constant, value))
    return isinstance(value, bool | int | str | Enum)
