"""What the names in an expression stand for, as far as it is known before any run.

Names have light types: enough to find a mistyped field, a label without its process or an array
that was meant to be indexed, and nothing that a value decides.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Literal, Union

from utcheck.model.declare import ArrayDeclaration
from utcheck.model.domains import Domain, FiniteDomain, domain_of
from utcheck.model.instance import Instance
from utcheck.model.records import UNSET, Elements, Fields, Leaf, Node, Record, Struct
from utcheck.properties import nodes
from utcheck.properties.reflect import is_constant, vars_of


@dataclass(frozen=True, slots=True)
class ValueType:
    """A plain value; `annotation` says of which kind, and `values` has all of them where known."""

    annotation: Any = Any
    values: Sequence[Any] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RecordType:
    """A record of shared variables, with the type of each name that may be read."""

    record: type[Record]
    fields: Mapping[str, Type] = field(compare=False)


@dataclass(frozen=True, slots=True)
class ArrayType:
    """An array; the size is None where no array is laid out from which to take it."""

    element: Type
    size: int | None


@dataclass(frozen=True, slots=True)
class ProcessType:
    """A process; `declaration` is its name, or that of its family."""

    declaration: str


@dataclass(frozen=True, slots=True)
class FamilyType:
    """A family of processes."""

    declaration: str
    size: int


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enumeration, of which only members may be named."""

    enumeration: type[Enum]


@dataclass(frozen=True, slots=True)
class PastType:
    """The state before a step, as a whole; `names` are those that may be read in it."""

    names: Mapping[str, Meaning] = field(compare=False)


Type = ValueType | RecordType | ArrayType | ProcessType | FamilyType | EnumType | PastType

BOOL = ValueType(bool)
UNKNOWN = ValueType()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for: its type, and the node that evaluates it."""

    type: Type
    node: nodes.Node


@dataclass(frozen=True)
class Scope:
    """The names that an expression about one model may use."""

    view: Any
    names: Mapping[str, Meaning]

    @classmethod
    def of(cls, instance: Instance) -> Scope:
        """Return the scope of a model that is laid out."""
        kind = type(instance.model)
        enums = {found.__name__: found for found in _enumerations(kind)}
        names = {
            name: Meaning(EnumType(found), nodes.Constant(found))
            for name, found in sorted(enums.items())
        }
        for name, of in _fields(kind, instance.root, instance.domains).items():
            names[name] = Meaning(of, nodes.Shared(name))
        for name, held in vars_of(kind).items():
            if is_constant(held):
                names[name] = Meaning(ValueType(type(held)), nodes.Constant(held))
        for name, value in instance.model.utcheck_values.items():
            names[name] = Meaning(_parameter(instance, name), nodes.Constant(value))
        for name, declaration in kind.utcheck_processes.items():
            size = len(instance.runtime.families[name])
            of = ProcessType(name) if declaration.each is None else FamilyType(name, size)
            names[name] = Meaning(of, nodes.Shared(name))
        for name in kind.utcheck_marks:
            names[name] = Meaning(UNKNOWN, nodes.Question(name))
        return cls(instance.view, names)

    def with_past(self, instance: Instance) -> Scope:
        """Return this scope with the name `old`, for the state before a step.

        A model that declares such a name of its own keeps it.
        """
        view = instance.past_view()
        past = {
            name: Meaning(meaning.type, nodes.Past(meaning.node, view))
            for name, meaning in self.names.items()
            if isinstance(meaning.node, nodes.Shared)
            or (isinstance(meaning.node, nodes.Question) and meaning.node.answers(view))
        }
        old = Meaning(PastType(past), nodes.Constant(None))
        return Scope(self.view, {"old": old, **self.names})


def _fields(
    record: type[Record], node: Fields | None, domains: Sequence[Domain]
) -> dict[str, Type]:
    """Return the type of every name of a record that may be read."""
    found: dict[str, Type] = {}
    for name, held in vars_of(record).items():
        if isinstance(held, property):
            found[name] = _property(held, domains)
        elif is_constant(held):
            found[name] = ValueType(type(held))
    for name in getattr(record, "utcheck_constants", ()):
        found[name] = ValueType(int)
    for name, variable in record.utcheck_variables.items():
        child = node.children[name] if node else None
        found[name] = _type_of(variable.annotation, child, domains)
    return found


def _type_of(annotation: Any, node: Node | None, domains: Sequence[Domain]) -> Type:
    """Return the type of a declaration; the elements of an array are all of one type."""
    if isinstance(annotation, ArrayDeclaration):
        children = node.children if isinstance(node, Elements) else ()
        element = _type_of(annotation.of, children[0] if children else None, domains)
        return ArrayType(element, len(children) if node else None)
    if isinstance(annotation, Struct):
        annotation = type(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        inner = node if isinstance(node, Fields) else None
        return RecordType(annotation, _fields(annotation, inner, domains))
    if isinstance(node, Leaf) and isinstance(domains[node.index], FiniteDomain):
        return ValueType(annotation, domains[node.index].values)
    return ValueType(annotation)


def _property(declared: property, domains: Sequence[Domain]) -> Type:
    try:
        hint = typing.get_type_hints(declared.fget).get("return", Any)
    except Exception:  # a hint is only a hint, and may name what exists for a type checker alone
        hint = Any
    return _type_of(hint, None, domains)


def _parameter(instance: Instance, name: str) -> ValueType:
    """Return the type of a parameter, with the values that it may be given."""
    declared = type(instance.model).utcheck_parameters[name]
    if declared.annotation is UNSET:
        return ValueType(type(instance.model.utcheck_values[name]), declared.choices)
    domain = domain_of(declared.annotation, int)
    values = domain.values if isinstance(domain, FiniteDomain) else declared.choices
    return ValueType(declared.annotation, values)


def _enumerations(record: type[Record]) -> Iterator[type[Enum]]:
    """Yield the enumerations that occur in annotations of a record, or are declared in it."""
    for held in vars_of(record).values():
        yield from _enums_in(held)
    for variable in record.utcheck_variables.values():
        yield from _enums_in(variable.annotation)
    for parameter in getattr(record, "utcheck_parameters", {}).values():
        yield from _enums_in(parameter.annotation)


def _enums_in(annotation: Any) -> Iterator[type[Enum]]:
    if isinstance(annotation, ArrayDeclaration):
        yield from _enums_in(annotation.of)
    elif isinstance(annotation, Struct):
        yield from _enumerations(type(annotation))
    elif isinstance(annotation, type) and issubclass(annotation, Struct):
        yield from _enumerations(annotation)
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield annotation
    elif isinstance(annotation, Enum):  # in a Literal
        yield type(annotation)
    else:
        for part in typing.get_args(annotation):
            yield from _enums_in(part)


def kinds(annotation: Any) -> tuple[type, ...] | None:
    """Return the classes that values with this annotation belong to, or None for any."""
    origin = typing.get_origin(annotation)
    if annotation is None:
        return (types.NoneType,)
    if origin is Literal:
        return tuple(type(value) for value in typing.get_args(annotation))
    if origin is Annotated:
        return kinds(typing.get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        options = [kinds(option) for option in typing.get_args(annotation)]
        known = [option for option in options if option is not None]
        return tuple(k for option in known for k in option) if len(known) == len(options) else None
    if isinstance(annotation, typing.NewType):
        return kinds(annotation.__supertype__)
    kind = origin or annotation
    if not isinstance(kind, type) or kind in (object, Hashable, Any):
        return None
    return (kind, *_below(kind))


def _below(kind: type) -> Iterator[type]:
    # An instance of a class of the user's may be of any class below it; nobody derives from int to
    # give it more attributes.
    if kind.__module__ != "builtins":
        subclasses: list[type] = kind.__subclasses__()
        for sub in subclasses:
            yield sub
            yield from _below(sub)


def element_of(annotation: Any) -> Any:
    """Return the annotation of the elements of a value, Any where it is not known."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return element_of(arguments[0])
    if origin is tuple and arguments:
        options = [argument for argument in arguments if argument is not ...]
        return Union[tuple(options)] if len(options) > 1 else options[0]  # noqa: UP007
    if origin is frozenset:
        return arguments[0]
    return str if annotation is str else Any


def joined(parts: list[Type]) -> ValueType:
    """Return the type that values of all these types have."""
    first = parts[0] if parts else None
    if isinstance(first, ValueType) and all(of == first for of in parts):
        return ValueType(first.annotation)
    return first if isinstance(first, ValueType) and len(parts) == 1 else ValueType()


def certainly_not_boolean(of: Type) -> str:
    """Return the name of a class other than bool of which all values of a type are, or nothing."""
    classes = kinds(of.annotation) if isinstance(of, ValueType) else None
    return "" if classes is None or bool in classes else classes[0].__name__
