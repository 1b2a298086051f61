"""Declarations: what the body of a model or a `Struct` says, read once, when the class is made."""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from utcheck.errors import ModelError, Place
from utcheck.model.domains import OutsideDomain, domain_of
from utcheck.model.process import ProcessDeclaration
from utcheck.model.records import UNSET, Record, Struct, Variable
from utcheck.model.values import UnusableValue, value_key

T = TypeVar("T")


class ArrayDeclaration:
    """What `array(of, size)` declares."""

    def __init__(self, of: Any, size: int | str, initial: Any) -> None:
        """Keep what the elements are, how many there are, and their initial value."""
        self.of = of
        self.size = size
        self.initial = initial


def array(of: Any, size: int | str, *, init: Any = UNSET) -> Any:
    """Declare an array of shared variables or of records.

    `of` is a type (`bool`, `Annotated[int, Range(0, 3)]`), a `Struct`, or another array; `size` is
    a number or a parameter's name; `init` is the initial value of every element, or a list with
    one value per element. Without it elements begin with None, False, 0 or an empty value,
    whichever belongs to the type, or else with its first value.
    """
    return ArrayDeclaration(of, size, init)


class Parameter:
    """What `param(...)` declares: a constant of one run."""

    def __init__(self, default: Any, choices: Sequence[Any] | None, low: Any, high: Any) -> None:
        """Keep the default and the restrictions."""
        self.name = ""
        self.default = default
        self.annotation: Any = UNSET
        self.choices = choices
        self.low = low
        self.high = high

    def renamed(self, name: str, annotation: Any) -> Parameter:
        """Return the declaration under the name and with the annotation that the class gives it."""
        copy = Parameter(self.default, self.choices, self.low, self.high)
        copy.name = name
        copy.annotation = annotation
        return copy

    def checked(self, value: Any) -> Any:
        """Return `value` as the parameter has it.

        Raises:
            ModelError: if the value is not one that the declaration admits.
        """
        what = f"parameter '{self.name}'"
        value = _constant(value)
        try:
            value_key(value)
        except UnusableValue as reason:
            raise ModelError(f"{what}: the value is {reason}") from None
        if self.annotation is not UNSET:
            try:
                domain = domain_of(self.annotation, _no_names)
                value = domain.values[domain.index(value)]
            except OutsideDomain as reason:
                raise ModelError(f"{what}: {reason}") from None
        if self.choices is not None and value not in self.choices:
            raise ModelError(f"{what}: {value!r} is not one of {list(self.choices)}")
        try:
            if self.low is not None and value < self.low:
                raise ModelError(f"{what}: {value!r} is less than {self.low!r}")
            if self.high is not None and value > self.high:
                raise ModelError(f"{what}: {value!r} is greater than {self.high!r}")
        except TypeError:
            bound = self.low if self.low is not None else self.high
            raise ModelError(f"{what}: {value!r} cannot be compared with {bound!r}") from None
        return value


def _constant(value: Any) -> Any:
    """Return a value that nobody can change: a list, as YAML has them, becomes a tuple."""
    if type(value) in (list, tuple):
        return tuple(map(_constant, value))
    return value


def _no_names(bound: int | str) -> int:
    if isinstance(bound, str):
        raise ModelError(f"the Range of a parameter cannot depend on '{bound}'")
    return bound


def param(
    default: Any, *, choices: Sequence[Any] | None = None, ge: Any = None, le: Any = None
) -> Any:
    """Declare a constant of one run, set by the spec or by `EarlyResume(fix="2A")`.

    The annotation, `choices` and the bounds `ge` (greater or equal) and `le` (less or equal) are
    checked.
    """
    return Parameter(default, choices, ge, le)


def declare_variables(cls: type[Record]) -> None:
    """Turn the annotated names, arrays and records of a class into variables and parameters.

    Raises:
        ModelError: if an annotation cannot be resolved or a name is reserved.
    """
    variables: dict[str, Variable] = {}
    parameters: dict[str, Parameter] = {}
    for base in reversed(cls.__mro__[1:]):
        variables.update(base.__dict__.get("utcheck_variables", {}))
        parameters.update(base.__dict__.get("utcheck_parameters", {}))
    for name, annotation, value in _declared_names(cls, variables, parameters):
        if name in RESERVED:
            raise ModelError(f"'{name}' is reserved; call the variable something else",
                             place=declaration_place(cls, name))  # fmt: skip
        if isinstance(value, Parameter):
            parameters[name] = value.renamed(name, annotation)
            setattr(cls, name, parameters[name])
        else:
            variables[name] = Variable(name, annotation, value, cls)
            setattr(cls, name, variables[name])
    cls.utcheck_variables = variables
    cls.utcheck_parameters = parameters  # type: ignore[attr-defined]


RESERVED = frozenset({"choose", "emit", "init"})


def _declared_names(
    cls: type[Record], variables: Mapping[str, Variable], parameters: Mapping[str, Parameter]
) -> list[tuple[str, Any, Any]]:
    """Return name, annotation and value of each variable and parameter that the class body has."""
    found = []
    annotations = _annotations(cls)
    for name, annotation in annotations.items():
        value = cls.__dict__.get(name, UNSET)
        if name in cls.__dict__.get("utcheck_constants", ()):
            continue
        if typing.get_origin(annotation) is ClassVar or annotation is ClassVar:
            continue
        if isinstance(value, ArrayDeclaration):
            annotation = value
        found.append((name, annotation, value))
    for name, value in list(cls.__dict__.items()):
        if name in annotations:
            continue
        if isinstance(value, ArrayDeclaration):
            found.append((name, value, UNSET))
        elif isinstance(value, Struct):
            found.append((name, type(value), value))
        elif isinstance(value, Parameter):
            found.append((name, UNSET, value))
        elif name in variables:
            found.append((name, variables[name].annotation, value))
        elif name in parameters:
            old = parameters[name]
            new = Parameter(value, old.choices, old.low, old.high)
            found.append((name, old.annotation, new))
    return found


def _annotations(cls: type) -> dict[str, Any]:
    own = inspect.get_annotations(cls)
    module = sys.modules.get(cls.__module__)
    scope: dict[str, Any] = dict(vars(module)) if module else {}
    resolved = {}
    for name, annotation in own.items():
        if isinstance(annotation, str):
            annotation = _evaluate(cls, name, annotation, scope)
        resolved[name] = annotation
    return resolved


def _evaluate(cls: type, name: str, text: str, scope: dict[str, Any]) -> Any:
    """Evaluate a string annotation where it was written: class, enclosing functions, module."""
    local: dict[str, Any] = {}
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_globals.get("__name__") == cls.__module__:
            local = {**frame.f_locals, **local}
        frame = frame.f_back
    try:
        value = eval(text, scope, {**local, **vars(cls)})  # noqa: S307  (the user's annotation)
        return _evaluate(cls, name, value, scope) if isinstance(value, str) else value
    except NameError:
        pass
    raise ModelError(f"the annotation '{text}' of '{name}' cannot be resolved",
                     place=declaration_place(cls, name))  # fmt: skip


def declaration_place(cls: type, name: str) -> Place | None:
    """Return where a class declares a name, or else where the class begins, if there is source."""
    try:
        lines, first = inspect.getsourcelines(cls)
        path = inspect.getsourcefile(cls) or "<unknown>"
    except (OSError, TypeError):
        return None
    pattern = re.compile(rf"^\s*(def\s+)?{re.escape(name)}\b")
    for offset, line in enumerate(lines):
        if pattern.match(line):
            return Place(path, first + offset)
    return Place(path, first)


def declare_methods(cls: type) -> None:
    """Collect the processes, invariants and predicates of a model, inherited ones included.

    A method that overrides a process, an invariant or a predicate stays one without repeating the
    decorator.

    Raises:
        ModelError: if a process is not a generator function.
    """
    processes: dict[str, ProcessDeclaration] = {}
    marks: dict[str, str] = {}
    for base in reversed(cls.__mro__[1:]):
        processes.update(base.__dict__.get("utcheck_processes", {}))
        marks.update(base.__dict__.get("utcheck_marks", {}))
    for name, value in list(cls.__dict__.items()):
        if name in processes and inspect.isfunction(value):
            value = processes[name].with_function(value)
            setattr(cls, name, value)
        if isinstance(value, ProcessDeclaration):
            if not inspect.isgeneratorfunction(value.function):
                raise ModelError(f"process '{name}' has no `yield`; it must be a generator method",
                                 place=declaration_place(cls, name))  # fmt: skip
            processes[name] = value
        mark = getattr(value, "_utcheck_mark", None) or marks.get(name)
        if (mark or name == "init") and inspect.isgeneratorfunction(value):
            raise ModelError(f"'{name}' has a `yield`, which only processes and subroutines have",
                             place=declaration_place(cls, name))  # fmt: skip
        if mark and inspect.isfunction(value):
            marks[name] = mark
    cls.utcheck_processes = processes  # type: ignore[attr-defined]
    cls.utcheck_marks = marks  # type: ignore[attr-defined]
