"""Laying a model out: its shared variables in one row, its processes in another."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from utcheck.errors import ModelError, Place
from utcheck.model.base import Model
from utcheck.model.declare import ArrayDeclaration, declaration_place
from utcheck.model.domains import Domain, FiniteDomain, OutsideDomain, domain_of
from utcheck.model.past import Past
from utcheck.model.process import Fairness, ProcessDeclaration
from utcheck.model.records import (
    UNSET,
    Elements,
    Fields,
    Leaf,
    Node,
    Owner,
    Record,
    Struct,
    Variable,
)
from utcheck.model.run import Choice, Context, Phase, Runtime, user_place

MOST_ELEMENTS = 1_000_000


class _Zero:
    def __repr__(self) -> str:
        return "(nothing)"


ZERO = _Zero()


@dataclass(frozen=True, slots=True)
class Process:
    """One sequential process of a laid-out model."""

    number: int
    name: str
    declaration: ProcessDeclaration
    body: Callable[[], Any]  # a generator, whatever iterator it is annotated as

    @property
    def fairness(self) -> Fairness:
        """What the scheduler owes it."""
        return self.declaration.fairness

    @property
    def daemon(self) -> bool:
        """Whether it may wait for ever without that being a deadlock."""
        return self.declaration.daemon


class Instance:
    """A model with its parameters set, laid out for running.

    A state's variables are a tuple of numbers, one per name in `names`: `domains[i].values[number]`
    is the value of the variable `names[i]`.
    """

    def __init__(self, model: Model) -> None:
        """Lay out a model.

        Raises:
            ModelError: if a declaration is wrong, an initial value lies outside its domain, or the
                model has no process.
        """
        self.model = model
        self.names: list[str] = []
        self.domains: list[Domain] = []
        self._defaults: list[int] = []
        self._owners: list[int] = []
        root = Fields("", type(model))
        for variable in type(model).utcheck_variables.values():
            root.children[variable.name] = self._variable(variable, variable.name, UNSET)
        self.root = root
        self.runtime = Runtime(self.domains, self.names)
        self.runtime.constants = [
            found for record in {type(model), *records(root)} for found in _mutable(record)
        ]
        self.view = copy.copy(model)
        self.view.__dict__.update(_utcheck_binding=self.runtime, _utcheck_node=root)
        self.processes = tuple(self._processes())
        names = (None, *(process.name for process in self.processes))
        for owner in self._owners:
            self.domains[owner] = FiniteDomain(names, "the name of a process, or None")
        if not self.processes:
            raise ModelError(f"{type(model).__name__} has no process; decorate one with @process",
                             place=declaration_place(type(model), ""))  # fmt: skip

    def past_view(self) -> Model:
        """Return a view of the model in the state before a step, for properties of steps."""
        view = copy.copy(self.model)
        view.__dict__.update(_utcheck_binding=Past(self.runtime), _utcheck_node=self.root)
        return view

    def value(self, variable: int, number: int) -> Any:
        """Return the value of a variable that has this number."""
        return self.domains[variable].values[number]

    def _variable(self, variable: Variable, path: str, override: Any) -> Node:
        default = variable.default if override is UNSET else override
        try:
            return self._node(variable.annotation, path, default)
        except ModelError as error:
            if error.place is None:
                error.place = declaration_place(variable.owner, variable.name)
            raise

    def _node(self, annotation: Any, path: str, default: Any) -> Node:
        if default is ZERO and isinstance(annotation, Struct):
            default = annotation
        if isinstance(annotation, ArrayDeclaration):
            return self._array(annotation, path, default)
        if isinstance(annotation, Struct):
            annotation, default = type(annotation), annotation if default is UNSET else default
        if isinstance(annotation, type) and issubclass(annotation, Struct):
            return self._record(annotation, path, default)
        return self._leaf(annotation, path, default)

    def _array(self, declaration: ArrayDeclaration, path: str, default: Any) -> Node:
        size = self._size(declaration.size, path)
        initial = declaration.initial
        if isinstance(default, ArrayDeclaration) or default is UNSET or default is ZERO:
            default = ZERO if initial is UNSET else initial
        each = default if isinstance(default, list) else [default] * size
        if len(each) != size:
            raise ModelError(f"'{path}' has {size} elements, but `init` gives {len(each)} values")
        nodes = (self._node(declaration.of, f"{path}[{i}]", each[i]) for i in range(size))
        return Elements(path, tuple(nodes))

    def _size(self, size: int | str, path: str) -> int:
        number = self._resolve(size)
        if number < 0 or number > MOST_ELEMENTS:
            raise ModelError(f"'{path}' cannot have {number} elements")
        return number

    def _resolve(self, bound: int | str) -> int:
        values = self.model.utcheck_values
        if isinstance(bound, str):
            if bound not in values:
                raise ModelError(f"there is no parameter '{bound}'")
            bound = values[bound]
        if isinstance(bound, bool) or not isinstance(bound, int):
            raise ModelError(f"{bound!r} is not an integer")
        return bound

    def _record(self, record: type[Record], path: str, default: Any) -> Node:
        if default is UNSET or default is ZERO:
            default = record()
        if not isinstance(default, record):
            raise ModelError(f"'{path}' is a {record.__name__}, not {default!r}")
        given = default.__dict__.get("utcheck_initial", {})
        names: tuple[str, ...] = getattr(record, "utcheck_constants", ())
        constants = {name: self._resolve(default.__dict__[name]) for name in names}
        record.check_constants(path, constants)
        node = Fields(path, record, constants)
        for variable in record.utcheck_variables.values():
            override = given.get(variable.name, UNSET)
            child = self._variable(variable, f"{path}.{variable.name}", override)
            node.children[variable.name] = child
        return node

    def _leaf(self, annotation: Any, path: str, default: Any) -> Node:
        if annotation == Owner:
            self._owners.append(len(self.names))
            annotation = type(None)  # until the names of the processes are known
        domain = domain_of(annotation, self._resolve)
        number = -1
        if default is not UNSET:
            try:
                number = domain.index(domain.zero() if default is ZERO else default)
            except OutsideDomain as reason:
                raise ModelError(f"{path} = {default!r}: {reason}") from None
        self.names.append(path)
        self.domains.append(domain)
        self._defaults.append(number)
        return Leaf(path, len(self.names) - 1)

    def _processes(self) -> Iterator[Process]:
        count = 0
        for name, declaration in type(self.model).utcheck_processes.items():
            first = count
            for arguments in self._arguments(declaration):
                label = f"{name}[{arguments[0]}]" if arguments else name
                body = partial(declaration.function, self.view, *arguments)
                yield Process(count, label, declaration, body)
                count += 1
            self.runtime.families[name] = range(first, count)

    def _arguments(self, declaration: ProcessDeclaration) -> list[tuple[int, ...]]:
        """Return the arguments of each process that a declaration stands for."""
        each = declaration.each
        if each is None:
            return [()]
        node = self.root.children.get(each) if isinstance(each, str) else None
        if isinstance(node, Elements):
            return [(i,) for i in range(len(node.children))]
        try:
            return [(i,) for i in range(self._size(each, declaration.name))]
        except ModelError as error:
            message = f"process '{declaration.name}' with each={each!r}: {error.message}"
            place = declaration_place(type(self.model), declaration.name)
            raise ModelError(message, place=place) from None

    def initial_states(self) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Yield the choices made in `init` and the numbers of the variables, for every choice.

        Raises:
            ModelError: if `init` breaks a rule, or leaves a variable without a value.
        """
        choices: tuple[int, ...] | None = ()
        while choices is not None:
            context = Context(self._defaults.__getitem__, choices)
            try:
                self.runtime.call(context, Phase.INIT, self.view.init)
            except AssertionError as error:
                message = f"an assertion fails in `init`: {error}".rstrip(": ")
                raise ModelError(message, place=user_place(error.__traceback__)) from None
            numbers = list(self._defaults)
            for variable, number in context.writes.items():
                numbers[variable] = number
            if -1 in numbers:
                name = self.names[numbers.index(-1)]
                raise ModelError(f"'{name}' has no initial value; give it one, or set it in `init`",
                                 place=self._place(name))  # fmt: skip
            yield context.taken, tuple(numbers)
            choices = next_choices(context)

    def _place(self, name: str) -> Place | None:
        return declaration_place(type(self.model), name.partition(".")[0].partition("[")[0])


def records(node: Node) -> Iterator[type[Record]]:
    """Yield the classes of the records in a layout."""
    if isinstance(node, Fields):
        yield node.record
        for child in node.children.values():
            yield from records(child)
    elif isinstance(node, Elements) and node.children:
        yield from records(node.children[0])


def _mutable(record: type[Record]) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, value and a copy of each attribute of a class that could be changed in place."""
    for owner in record.__mro__:
        for name, value in vars(owner).items():
            if name.startswith(("__", "utcheck_")) or _is_hashable(value):
                continue
            # What cannot be copied cannot be compared with what it was, either.
            with suppress(Exception):
                other = copy.deepcopy(value)
                if other == value:
                    yield name, value, other


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def next_choices(context: Context) -> tuple[int, ...] | None:
    """Return the choices to try after those of `context`, in lexicographic order, or None."""
    choices = [answer for answer in context.path if isinstance(answer, Choice)]
    while choices and choices[-1].taken + 1 == len(choices[-1].options):
        choices.pop()
    if not choices:
        return None
    return (*(choice.taken for choice in choices[:-1]), choices[-1].taken + 1)
