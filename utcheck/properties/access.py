"""The parts of an expression that reach into something: attributes, indices, calls, generators."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from utcheck.errors import did_you_mean
from utcheck.properties import generators, nodes, operators
from utcheck.properties.reading import ExpressionError
from utcheck.properties.reflect import readable
from utcheck.properties.scope import (
    BOOL,
    UNKNOWN,
    ArrayType,
    EnumType,
    FamilyType,
    PastType,
    ProcessType,
    RecordType,
    Type,
    ValueType,
    element_of,
    kinds,
)

if TYPE_CHECKING:
    from utcheck.properties.checker import Checked, Checker

FUNCTIONS = ("any", "all", "sum", "len", "min", "max", "range", "abs")
_FOLDS = ("any", "all", "sum", "min", "max")
_ASKED = ("at", "done", "enabled")
_ARGUMENTS = {"len": (1, 1), "abs": (1, 1), "range": (1, 3), "min": (2, 100), "max": (2, 100)}
MOST_CLAUSES = 10
_ELEMENT = "."  # the variable of a generator that was not written as one


def attribute(checker: Checker, tree: ast.Attribute) -> tuple[nodes.Node, Type]:
    """Check `value.name`."""
    value, name = checker.check(tree.value), tree.attr
    if name.startswith(("_", "utcheck_")):
        raise _at_name(checker, tree, f"'{name}' is not an attribute that an expression may read")
    match value.type:
        case ProcessType():
            return _of_process(checker, tree, value)
        case PastType() as of:
            return _of_past(checker, tree, of)
        case RecordType() as of:
            if name not in of.fields:
                hint = did_you_mean(name, list(of.fields))
                message = f"'{of.record.__name__}' has no field '{name}'{hint}"
                raise _at_name(checker, tree, message)
            return nodes.Attribute(value.node, name, True), of.fields[name]
        case EnumType() as of:
            members = of.enumeration.__members__
            if name not in members:
                hint = did_you_mean(name, list(members))
                message = f"'{of.enumeration.__name__}' has no member '{name}'{hint}"
                raise _at_name(checker, tree, message)
            return nodes.Constant(members[name]), ValueType(of.enumeration)
        case ValueType() as of:
            return _of_value(checker, tree, value.node, of)
        case _:
            raise _at_name(checker, tree, _no_index(checker, tree.value, value.type, f".{name}"))


def _at_name(checker: Checker, tree: ast.Attribute, message: str) -> ExpressionError:
    """Return the error about the name of an attribute, which stands at its end."""
    return ExpressionError(message, max(0, checker.source.end(tree) - len(tree.attr)))


def _no_index(checker: Checker, tree: ast.expr, of: Type, rest: str) -> str:
    text = checker.source.of(tree)
    kind = "an array" if isinstance(of, ArrayType) else "a family of processes"
    return f"'{text}' is {kind}; index it, as in {text}[0]{rest}, or iterate over it"


def _of_process(checker: Checker, tree: ast.Attribute, value: Checked) -> tuple[nodes.Node, Type]:
    name, text = tree.attr, checker.source.of(tree.value)
    if name not in _ASKED:
        hint = did_you_mean(name, _ASKED)
        message = f"a process has 'at', 'done' and 'enabled', not '{name}'{hint}"
        raise _at_name(checker, tree, message)
    if name == "at":
        raise _at_name(checker, tree, f"'at' needs a label: {text}.at(\"...\")")
    return nodes.Attribute(value.node, name, True), BOOL


def _of_past(checker: Checker, tree: ast.Attribute, of: PastType) -> tuple[nodes.Node, Type]:
    meaning = of.names.get(tree.attr)
    if meaning is None:
        hint = did_you_mean(tree.attr, list(of.names))
        message = f"the model has no variable, process or predicate '{tree.attr}'{hint}"
        raise _at_name(checker, tree, message)
    checker.reads += 1
    return meaning.node, meaning.type


def _of_value(
    checker: Checker, tree: ast.Attribute, value: nodes.Node, of: ValueType
) -> tuple[nodes.Node, Type]:
    classes = kinds(of.annotation)
    if classes is not None and not any(tree.attr in readable(kind) for kind in classes):
        known = [name for kind in classes for name in readable(kind)]
        text, hint = checker.source.of(tree.value), did_you_mean(tree.attr, known)
        message = f"'{text}' is {_article(classes[0])} and has no attribute '{tree.attr}'{hint}"
        raise _at_name(checker, tree, message)
    return nodes.Attribute(value, tree.attr, False), UNKNOWN


def _article(kind: type) -> str:
    name = kind.__name__
    return "None" if name == "NoneType" else f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def subscript(checker: Checker, tree: ast.Subscript) -> tuple[nodes.Node, Type]:
    """Check `value[index]`."""
    value, index = checker.check(tree.value), checker.value(tree.slice)
    of = value.type
    text = checker.source.of(tree.value)
    if isinstance(of, ArrayType | FamilyType):
        _in_range(checker, tree, index, of.size)
        inner = of.element if isinstance(of, ArrayType) else ProcessType(of.declaration)
        return nodes.Index(value.node, index.node), inner
    if not isinstance(of, ValueType) or not _has(of, "__getitem__"):
        raise checker.error(f"'{text}' is {_what(of)} and cannot be indexed", tree.value)
    return nodes.Index(value.node, index.node), ValueType(element_of(of.annotation))


def _in_range(checker: Checker, tree: ast.Subscript, index: Checked, size: int | None) -> None:
    number, text = checker.known(index), checker.source.of(tree.value)
    if number is operators.UNDECIDED or checker.ruled_out:
        return
    if isinstance(number, bool) or not isinstance(number, int):
        shown = operators.short(number)
        raise checker.error(f"'{text}' is indexed with {shown}, not with an integer", tree.slice)
    if size is not None and not -size <= number < size:
        elements = "element" if size == 1 else "elements"
        raise checker.error(f"'{text}' has {size} {elements}; {text}[{number}] is none", tree.slice)


def _has(of: ValueType, method: str) -> bool:
    """Return whether some value of the type has a special method, or might have."""
    classes = kinds(of.annotation)
    return classes is None or any(method in vars(base) for k in classes for base in k.__mro__)


def _what(of: Type) -> str:
    match of:
        case ValueType():
            return _article((kinds(of.annotation) or (object,))[0])
        case ProcessType():
            return "a process"
        case RecordType():
            return "a record"
        case _:
            return "an enumeration"


def elements(checker: Checker, tree: ast.expr) -> tuple[nodes.Node, Type]:
    """Check what a generator iterates over; return it with the type of its elements."""
    checked = checker.check(tree)
    match checked.type:
        case ArrayType() as of:
            return checked.node, of.element
        case FamilyType() as of:
            return checked.node, ProcessType(of.declaration)
        case ValueType() as of if _has(of, "__iter__"):
            return checked.node, ValueType(element_of(of.annotation))
        case of:
            text = checker.source.of(tree)
            raise checker.error(f"'{text}' is {_what(of)} and has no elements", tree)


def container(checker: Checker, tree: ast.expr) -> Checked:
    """Check the right side of `in`: a value with elements, or an array of values."""
    checked = checker.check(tree)
    text = checker.source.of(tree)
    if isinstance(checked.type, ArrayType) and isinstance(checked.type.element, ValueType):
        return checked
    checker.as_value(checked, tree)
    if not (isinstance(checked.type, ValueType) and _has(checked.type, "__contains__")):
        raise checker.error(f"'{text}' is {_what(checked.type)} and has no elements", tree)
    return checked


def call(checker: Checker, tree: ast.Call) -> tuple[nodes.Node, Type]:
    """Check a call: of a function, of a predicate of the model, or of `at`."""
    for keyword in tree.keywords:
        raise checker.error("a keyword argument is not allowed in an expression", keyword.value)
    if isinstance(tree.func, ast.Attribute):
        return _method(checker, tree, tree.func)
    if not isinstance(tree.func, ast.Name):
        raise checker.error(f"'{checker.source.of(tree.func)}' is not a function", tree.func)
    name = tree.func.id
    if name in FUNCTIONS:
        return _function(checker, tree, name)
    known = {*checker.locals, *checker.scope.names}
    if name not in known:
        names = checker.scope.names.items()
        predicates = [one for one, of in names if isinstance(of.node, nodes.Question)]
        hint = did_you_mean(name, [*FUNCTIONS, *predicates])
        raise checker.error(f"unknown function '{name}'{hint}", tree.func)
    called = checker.check(tree.func)
    if not isinstance(called.node, nodes.Question):
        raise checker.error(f"'{name}' is not a function", tree.func)
    if tree.args:
        raise checker.error(f"'{name}' takes no arguments", tree.args[0])
    return called.node, called.type


def _method(checker: Checker, tree: ast.Call, func: ast.Attribute) -> tuple[nodes.Node, Type]:
    value = checker.check(func.value)
    if not isinstance(value.type, ProcessType) or func.attr != "at":
        attribute(checker, func)  # the attribute itself may be what is wrong
        asked = isinstance(value.type, ProcessType)
        hint = "; write it without parentheses" if asked else " that an expression may call"
        raise checker.error(f"'{checker.source.of(func)}' is not a function{hint}", func)
    labels = []
    for argument in tree.args:
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            text = checker.source.of(argument)
            raise checker.error(f"a label is a string in quotes, not {text}", argument)
        labels.append(argument.value)
        place = checker.source.start(argument)
        checker.labels.append((value.type.declaration, argument.value, place))
    if not labels:
        text = checker.source.of(func)
        raise checker.error(f"'at' needs a label: {text}(\"...\")", func)
    return nodes.At(value.node, tuple(labels)), BOOL


def _function(checker: Checker, tree: ast.Call, name: str) -> tuple[nodes.Node, Type]:
    if name in _FOLDS and len(tree.args) == 1:
        return _fold(checker, tree.args[0], name)
    least, most = _ARGUMENTS.get(name, (1, 1))
    if not least <= len(tree.args) <= most:
        wanted = "one argument" if name not in ("range", "min", "max") else "some arguments"
        raise checker.error(f"{name}() takes {wanted}, not {len(tree.args)}", tree)
    if name == "len":
        return _length(checker, tree.args[0])
    arguments = [checker.value(argument) for argument in tree.args]
    node = nodes.Call(name, operators.FUNCTIONS[name], tuple(one.node for one in arguments))
    results: dict[str, Any] = {"abs": int | float, "range": range}
    return node, ValueType(results.get(name, Any))


def _length(checker: Checker, tree: ast.expr) -> tuple[nodes.Node, Type]:
    before = checker.reads
    checked = checker.check(tree)
    of = checked.type
    if isinstance(of, ArrayType | FamilyType) and of.size is not None:
        checker.reads = before
        return nodes.Constant(of.size), ValueType(int)
    record = isinstance(of, RecordType) and hasattr(of.record, "__len__")
    if not record and not (isinstance(of, ValueType) and _has(of, "__len__")):
        raise checker.error(f"'{checker.source.of(tree)}' is {_what(of)} and has no length", tree)
    return nodes.Call("len", operators.FUNCTIONS["len"], (checked.node,)), ValueType(int)


def _fold(checker: Checker, tree: ast.expr, name: str) -> tuple[nodes.Node, Type]:
    checker.reads += 1  # perhaps it reads nothing, but it is too long to evaluate beforehand
    if isinstance(tree, ast.GeneratorExp):
        element, generator = _generator(checker, tree)
    else:
        node, inner = elements(checker, tree)
        if not isinstance(inner, ValueType):
            text = checker.source.of(tree)
            raise checker.error(f"the elements of '{text}' are not values; write "
                                f"{name}(... for x in {text})", tree)  # fmt: skip
        element = inner
        generator = generators.Generator(
            nodes.Local(_ELEMENT), (generators.Clause(_ELEMENT, node),)
        )
    results: dict[str, Type] = {"any": BOOL, "all": BOOL, "sum": ValueType(int | float)}
    return generators.Fold(name, generator), results.get(name, element)


def _generator(checker: Checker, tree: ast.GeneratorExp) -> tuple[ValueType, generators.Generator]:
    outer, clauses = checker.locals, []
    if len(tree.generators) > MOST_CLAUSES:
        raise checker.error(f"a generator has at most {MOST_CLAUSES} `for`", tree)
    checker.locals = dict(outer)
    try:
        for clause in tree.generators:
            if not isinstance(clause.target, ast.Name) or clause.is_async:
                raise checker.error("the variable of a generator is one name", clause.target)
            source, inner = elements(checker, clause.iter)
            checker.locals[clause.target.id] = inner
            conditions = tuple(checker.value(condition).node for condition in clause.ifs)
            clauses.append(generators.Clause(clause.target.id, source, conditions))
        element = checker.value(tree.elt)
    finally:
        checker.locals = outer
    of = element.type if isinstance(element.type, ValueType) else UNKNOWN
    return of, generators.Generator(element.node, tuple(clauses))
