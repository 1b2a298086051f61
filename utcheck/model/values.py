"""Values: which ones a model may use, and when two of them are the same.

Python calls `1`, `1.0` and `True` equal, and two equal frozensets may iterate in different orders.
A model can tell such values apart, so a checker that merged them would merge different states.
`value_key` gives equal keys exactly to values that no model can tell apart.
"""

from __future__ import annotations

import types
from collections.abc import Hashable, Iterable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from struct import pack
from typing import Any

from utcheck.model.records import Array, Struct

# Modules of the standard library whose objects cannot change, whatever their classes look like.
CONSTANT = {"datetime", "decimal", "fractions", "ipaddress", "pathlib", "uuid"}

HEAP_TYPE = 1 << 9  # the flag of classes that are made by a `class` statement

PLAIN = (type(None), bool, int, str, bytes, type(Ellipsis), type(NotImplemented))


class UnusableValue(Exception):
    """A value cannot be part of a state; the text says what it is and why not."""


def value_key(value: Any, *, ordered: bool = True) -> Hashable:
    """Return a key that is equal for two values exactly if no model can tell them apart.

    With `ordered` two equal frozensets that iterate in different orders have different keys; it
    may be switched off where every such value is replaced by its canonical one (`canonical`).

    Raises:
        UnusableValue: if the value is mutable, or is compared by identity and could hide a state.
    """
    kind: Any = type(value)
    if kind in PLAIN:
        return (kind, value)
    if kind is float:
        return (kind, pack("d", value))
    if kind is complex:
        return (kind, pack("dd", value.real, value.imag))
    if isinstance(value, Enum):
        return (kind, value.name or value.value)
    if isinstance(value, tuple):
        return (kind, *_keys(value, ordered), *_attributes(value, ordered))
    if isinstance(value, frozenset):
        items = tuple(_keys(value, True)) if ordered else frozenset(_keys(value, False))
        return (kind, items, *_attributes(value, ordered))
    if kind is range:
        return (kind, value.start, value.stop, value.step)
    if isinstance(value, Struct | Array):
        if not value.utcheck_path:
            raise UnusableValue(f"a {type(value).__name__} that is not part of the state")
        return (Struct, value.utcheck_path)
    return _other_key(value, type(value), ordered)


def _keys(values: Iterable[Any], ordered: bool) -> Iterable[Hashable]:
    return (value_key(value, ordered=ordered) for value in values)


def _other_key(value: Any, kind: type, ordered: bool) -> Hashable:
    if kind is object or isinstance(value, type | types.ModuleType):
        return (kind, value)
    if is_dataclass(value):
        parameters = kind.__dataclass_params__  # type: ignore[attr-defined]
        if parameters.frozen and parameters.eq:
            values = (getattr(value, field.name) for field in fields(value))
            return (kind, *_keys(values, ordered), *_attributes(value, ordered))
        raise UnusableValue(f"a {kind.__name__}, a dataclass that is not frozen")
    if kind.__hash__ is None:
        raise UnusableValue(f"a {kind.__name__}, which is not hashable")
    if getattr(kind, "__eq__", None) is object.__eq__:
        raise UnusableValue(f"a {kind.__name__}, which is compared by identity, not by value")
    try:
        hash(value)
    except TypeError:
        raise UnusableValue(f"a {kind.__name__}, which is not hashable") from None
    return (kind, repr(value), value, *_attributes(value, ordered))


def _attributes(value: Any, ordered: bool) -> Iterable[Hashable]:
    """Yield keys of the attributes that an object of a user's class has beside its value."""
    if type(value).__module__ in CONSTANT:
        return
    for name, attribute in getattr(value, "__dict__", {}).items():
        yield (name, value_key(attribute, ordered=ordered))
    for owner in type(value).__mro__:
        for name, member in vars(owner).items():
            if isinstance(member, types.MemberDescriptorType) and _has(value, member):
                slot = member.__get__(value, owner)
                yield (owner, name, value_key(slot, ordered=ordered))


def _has(value: Any, member: types.MemberDescriptorType) -> bool:
    try:
        member.__get__(value, type(value))
    except AttributeError:
        return False
    return True


def may_change(value: Any) -> bool:
    """Return whether a value that has a key is one whose class lets it change all the same.

    Such are the objects of users' classes with an equality of their own; two names for one of them
    are not the same as two of them that are equal.
    """
    if isinstance(value, Enum | Struct | Array | type | types.ModuleType):
        return False
    kind: Any = type(value)
    parameters = getattr(kind, "__dataclass_params__", None)
    if parameters is not None and parameters.frozen:
        return False
    if kind.__module__ in CONSTANT:
        return False
    made_in_python = bool(kind.__flags__ & HEAP_TYPE)
    return made_in_python and not (isinstance(value, tuple) and not hasattr(value, "__dict__"))


def canonical(value: Any) -> Any:
    """Return an equal value whose frozensets iterate in an order that depends on nothing else."""
    if type(value) is tuple:
        return tuple(canonical(item) for item in value)
    if isinstance(value, tuple) and hasattr(value, "_make") and not hasattr(value, "__dict__"):
        return value._make(canonical(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type) and not may_change(value):
        parts = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        return replace(value, **{name: canonical(part) for name, part in parts.items()})
    if type(value) is frozenset:
        items = (canonical(item) for item in value)
        return frozenset(sorted(items, key=lambda item: repr(value_key(item, ordered=False))))
    return value
