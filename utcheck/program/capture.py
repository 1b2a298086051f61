"""Capturing where a process is: a key that is equal exactly if the rest of the process is the same.

The key of a suspended generator has its code, the instruction, its live local variables, and its
value stack (the iterators of `for` loops, the generator of a `yield from`, operands of expressions
around a `yield`). CPython shows the first three; the stack is taken from what the garbage collector
is told (`gc.get_referents`), which lists the slots of the frame in order and leaves out the empty
ones. The stack depth at the instruction is known from the bytecode, so a slot that is missing is
noticed. Whatever cannot be captured exactly is refused.

Objects with an identity (cells, iterators, generators) are numbered in the order in which they are
met, so that two keys are equal only if the same things are shared.
"""

from __future__ import annotations

import copy
import gc
import types
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from utcheck.errors import ModelError, Place
from utcheck.model.records import ArrayIterator
from utcheck.model.run import Suspended
from utcheck.model.values import UnusableValue, may_change, value_key
from utcheck.program.bytecode import Suspension, UnknownBytecode, facts

# Iterators that hold a container and a position: what remains of them says all.
_CONTAINERS: tuple[Any, ...] = ([], (), "", "\xe9", b"", set(), {})
_BACKWARDS: tuple[Any, ...] = ([], {}, {}.values(), {}.items())
_EXAMPLES = (*map(iter, _CONTAINERS + _BACKWARDS), *(reversed(thing) for thing in _BACKWARDS))
CONTAINER_ITERATORS = tuple(dict.fromkeys(type(iterator) for iterator in _EXAMPLES))

# Those over small and over large ranges, which may have very much left.
RANGE_ITERATORS = (type(iter(range(0))), type(iter(range(2**64))))

# Iterators over other iterators: their parts are in what they say for copying.
NESTED_ITERATORS = (enumerate, zip, map, filter)


class Capture:
    """Captures the suspended processes of one model, whose instance in the run is `view`."""

    def __init__(self, view: object) -> None:
        """Capture generators of the model that `view` is."""
        self.view = view

    def key(self, suspended: Suspended) -> Hashable:
        """Return the key of a process between two steps.

        Raises:
            ModelError: if part of its local state cannot be captured exactly.
        """
        if suspended.label is None:
            return None
        freezer = _Freezer(self)
        generator = freezer.generator(suspended.generator)
        guard = None
        if suspended.guard is not None:
            guard = freezer.named(suspended.guard, "the condition of the `when`", suspended.place)
        return (suspended.label, generator, guard, freezer.shared())


class _Freezer:
    """One capture: turns values into keys, and numbers the objects it meets."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._met: dict[int, int] = {}
        self._kept: list[Any] = []  # keeps what was met alive, so that no `id` is used twice
        self._inside: set[int] = set()  # the functions that are being looked into
        self._dead_cells: list[types.CellType] = []

    def shared(self) -> Hashable:
        """Return which dead cells are also reached otherwise, and as what."""
        return tuple(self._met.get(id(cell)) for cell in self._dead_cells)

    def _once(self, thing: object, freeze: Callable[[], Hashable]) -> Hashable:
        if id(thing) in self._met:
            return ("again", self._met[id(thing)])
        self._met[id(thing)] = len(self._met)
        self._kept.append(thing)
        return freeze()

    def named(self, value: Any, what: str, place: Place) -> Hashable:
        """Return the key of a value; where it has none the error says what holds it."""
        with _refused(what, place):
            return self.value(value)

    def value(self, value: Any) -> Hashable:
        """Return the key of a value."""
        if value is self._capture.view:
            return "the model"
        match value:
            case types.CellType():
                return self.cell(value)
            case types.GeneratorType():
                return self._once(value, lambda: self._generator(value))
            case types.FunctionType():
                return self._function(value, {})
            case types.MethodType():
                return ("method", self.value(value.__func__), self.value(value.__self__))
            case types.BuiltinFunctionType():
                return self._builtin(value)
        if type(value) in (tuple, frozenset):
            return (type(value), *map(self.value, value))
        iterator = self._iterator(value)
        if iterator is not None:
            return iterator
        key = value_key(value)
        if may_change(value):
            self._kept.append(value)
            return (self._met.setdefault(id(value), len(self._met)), key)
        return key

    def generator(self, generator: Generator[Any, Any, Any]) -> Hashable:
        """Return the key of the generator of a process."""
        return self._once(generator, lambda: self._generator(generator))

    def _function(self, function: types.FunctionType, dead: Mapping[int, str]) -> Hashable:
        """Return the key of a function; of the cells in `dead` nothing will be asked through it.

        It is numbered like other objects, but looked into each time: what may be asked through one
        variable that holds it need not be asked through another.
        """
        number = self._met.setdefault(id(function), len(self._met))
        if number in self._inside:
            return ("again", number)
        self._kept.append(function)
        self._inside.add(number)
        try:
            return (number, *self._parts(function, dead))
        finally:
            self._inside.remove(number)

    def _parts(self, function: types.FunctionType, dead: Mapping[int, str]) -> tuple[Any, ...]:
        return (
            function.__code__,
            id(function.__globals__),
            tuple(map(self.value, function.__defaults__ or ())),
            tuple((k, self.value(v)) for k, v in (function.__kwdefaults__ or {}).items()),
            tuple(dead.get(id(c)) or self.cell(c) for c in function.__closure__ or ()),
            tuple((name, self.value(v)) for name, v in function.__dict__.items()),
        )

    def _builtin(self, function: types.BuiltinFunctionType) -> Hashable:
        owner = function.__self__
        if owner is None or isinstance(owner, types.ModuleType):
            return ("builtin", function)
        return ("builtin", function.__name__, self.value(owner))

    def cell(self, cell: types.CellType) -> Hashable:
        """Return the key of a cell: a variable that closures share."""
        return self._once(cell, lambda: self._cell(cell))

    def _cell(self, cell: types.CellType) -> Hashable:
        try:
            content = cell.cell_contents
        except ValueError:
            return ("empty",)
        return ("cell", self.value(content))

    def _iterator(self, value: Any) -> Hashable | None:
        kind = type(value)
        if kind in RANGE_ITERATORS:
            # What is left of a range is equal to every range of the same numbers.
            _, (numbers,), position = value.__reduce__()
            return self._once(value, lambda: (kind, numbers[position or 0 :]))
        if kind in CONTAINER_ITERATORS:
            return self._once(value, lambda: (kind, *map(self.value, copy.copy(value))))
        if kind in NESTED_ITERATORS:
            parts = value.__reduce__()
            return self._once(value, lambda: (kind, *map(self.value, parts[1]), *parts[2:]))
        if kind is reversed or kind is _SEQUENCE_ITERATOR:
            return self._once(value, lambda: self._sequence_iterator(value))
        if kind is ArrayIterator:
            parts = (value.array.utcheck_path, value.position)
            return self._once(value, lambda: (kind, *parts))
        return None

    def _sequence_iterator(self, iterator: Any) -> Hashable:
        parts = iterator.__reduce__()
        return (type(iterator), *map(self.value, parts[1]), *parts[2:])

    def _generator(self, generator: Any) -> Hashable:
        frame, code = generator.gi_frame, generator.gi_code
        if frame is None:
            return ("ended", code)
        place = Place(code.co_filename, frame.f_lineno)
        try:
            point = facts(code).suspension(frame.f_lasti)
            slots, stack = split(generator, point.depth)
        except UnknownBytecode as reason:
            raise ModelError(
                f"{code.co_name} cannot be captured here: {reason}", place=place
            ) from None
        variables = tuple(
            (
                name,
                self._slot(slots, name, f"local variable '{name}' of {code.co_name}", place, point),
            )
            for name in point.live
        )
        bound = tuple(name for name in point.bound if _is_bound(slots, name))
        what = f"an unfinished expression, loop or `with` in {code.co_name}"
        items = tuple(self.named(item, what, place) for item in stack)
        self._dead_cells += (
            slot for name, slot in slots.items()
            if type(slot) is types.CellType and name not in point.live
        )  # fmt: skip
        return ("at", code, id(frame.f_globals), point.point, variables, bound, items)

    def _slot(
        self, slots: dict[str, Any], name: str, what: str, place: Place, point: Suspension
    ) -> Hashable:
        if name not in slots:
            return "unbound"
        slot = slots[name]
        if type(slot) is types.CellType:
            return self.named(slot, what, place)
        if type(slot) is types.FunctionType:
            cells = {c: s for c, s in slots.items() if type(s) is types.CellType}
            dead = {id(s): c for c, s in cells.items()
                    if c in point.own_cells and (name, c) not in point.through}  # fmt: skip
            with _refused(what, place):
                return self._function(slot, dead)
        return self.named(slot, what, place)


@contextmanager
def _refused(what: str, place: Place) -> Iterator[None]:
    """Turn a value that cannot be captured into an error that says what holds it."""
    try:
        yield
    except UnusableValue as reason:
        raise ModelError(
            f"{what} holds {reason}; it cannot be kept across this `yield`", place=place
        ) from None


class _Sequence:
    def __getitem__(self, index: int) -> None:
        raise IndexError


_SEQUENCE_ITERATOR = type(iter(_Sequence()))


def _is_bound(slots: dict[str, Any], name: str) -> bool:
    slot = slots.get(name, types.CellType())
    if type(slot) is not types.CellType:
        return True
    try:
        slot.cell_contents  # noqa: B018  (asks whether there are any)
    except ValueError:
        return False
    return True


def split(generator: Any, depth: int) -> tuple[dict[str, Any], list[Any]]:
    """Return the local variables (or their cells) and the value stack of a suspended generator.

    Raises:
        UnknownBytecode: if what the garbage collector is told does not add up to the variables that
            are bound and `depth` values on the stack.
    """
    frame, code = generator.gi_frame, generator.gi_code
    bound = dict(frame.f_locals)
    found = gc.get_referents(generator)
    values = found[_first_slot(found, code) :]
    cells = {*code.co_cellvars, *code.co_freevars}
    names = dict.fromkeys((*code.co_varnames, *code.co_cellvars, *code.co_freevars))
    slots: dict[str, Any] = {}
    position = 0
    for name in names:
        value = values[position] if position < len(values) else None
        if name in cells:
            if type(value) is types.CellType and _agrees(value, name, bound):
                slots[name] = value
                position += 1
        elif name in bound:
            if position >= len(values) or value is not bound[name]:
                raise UnknownBytecode("a frame whose variables are not where they should be")
            slots[name] = value
            position += 1
    stack = values[position:]
    if len(stack) == depth + 1 and stack[-1] is None:
        stack.pop()  # CPython 3.11 and 3.12 list the exception last handled; None: none is now
    if len(stack) != depth:
        raise UnknownBytecode("a `yield` inside an exception handler")
    return slots, stack


def _first_slot(found: Iterable[Any], code: types.CodeType) -> int:
    """Return where the variables begin: behind the frame's function and its code."""
    previous: Any = None
    for position, thing in enumerate(found):
        if thing is code and getattr(previous, "__code__", None) is code:
            return position + 1
        previous = thing
    raise UnknownBytecode("a frame that is not laid out as expected")


def _agrees(cell: types.CellType, name: str, bound: dict[str, Any]) -> bool:
    """Return whether a cell can be that of a variable with this name."""
    try:
        content = cell.cell_contents
    except ValueError:
        return name not in bound
    return name in bound and content is bound[name]
