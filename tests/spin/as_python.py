"""A small model as a user of utcheck would write it, and what is asked about it as in a spec."""

from __future__ import annotations

from collections.abc import Iterator

from tests.spin.models import (
    Act,
    Assign,
    At,
    Both,
    Branch,
    Chance,
    Choose,
    Condition,
    Done,
    Either,
    Enabled,
    Is,
    Leave,
    Loop,
    Not,
    Perhaps,
    Process,
    SmallModel,
    Statement,
    Step,
    Variable,
)

HEADER = """\
from typing import Annotated

from utcheck import Model, Range, process, when


class M(Model):
"""
INDENT = "    "


def source(model: SmallModel) -> str:
    """Return the text of a module with the model in it, called `M`."""
    lines = [INDENT + _declaration(variable) for variable in model.variables]
    for process in model.processes:
        lines += ["", *_process(process)]
    return HEADER + "\n".join(lines) + "\n"


def expression(condition: Condition, prefix: str = "") -> str:
    """Return a condition as Python; the prefix is `self.` in a model and nothing in a spec."""
    match condition:
        case Is(variable, value):
            name = prefix + variable.name
            if variable.size > 2:
                return f"{name} == {value}"
            return name if value else f"not {name}"
        case Not(operand):
            return f"not ({expression(operand, prefix)})"
        case Both(left, right):
            return f"({expression(left, prefix)}) and ({expression(right, prefix)})"
        case Either(left, right):
            return f"({expression(left, prefix)}) or ({expression(right, prefix)})"
        case At(process, label):
            return f'{prefix}{process}.at("{label}")'
        case Done(process):
            return f"{prefix}{process}.done"
        case Enabled(process):
            return f"{prefix}{process}.enabled"


def _declaration(variable: Variable) -> str:
    if variable.size == 2:
        return f"{variable.name}: bool = {bool(variable.initial)}"
    return f"{variable.name}: Annotated[int, Range(0, {variable.size - 1})] = {variable.initial}"


def _process(process: Process) -> Iterator[str]:
    yield INDENT + "@process"
    yield f"{INDENT}def {process.name}(self):"
    for line in _block(process.body):
        yield INDENT + line


def _block(statements: tuple[Statement, ...]) -> Iterator[str]:
    """Return the lines of some statements, one level deeper."""
    for statement in statements:
        for line in _statement(statement):
            yield INDENT + line


def _statement(statement: Statement) -> Iterator[str]:
    match statement:
        case Step(label, acts, None):
            yield f'yield "{label}"'
            for act in acts:
                yield from _act(act)
        case Step(label, acts, guard) if guard is not None:
            yield f'yield when(lambda: {expression(guard, "self.")}, "{label}")'
            for act in acts:
                yield from _act(act)
        case Branch(test, then, otherwise):
            yield f"if {_test(test)}:"
            yield from _block(then)
            if otherwise:
                yield "else:"
                yield from _block(otherwise)
        case Loop(body, test):
            yield f"while {_test(test)}:"
            yield from _block(body)
        case Leave():
            yield "break"


def _test(test: Condition | Chance | None) -> str:
    if test is None:
        return "True"
    if isinstance(test, Chance):
        return "self.choose(False, True)"
    return expression(test, "self.")


def _act(act: Act) -> Iterator[str]:
    match act:
        case Assign():
            yield _assignment(act)
        case Choose(target, options):
            shown = ", ".join(_constant(target, option) for option in options)
            yield f"self.{target.name} = self.choose({shown})"
        case Perhaps(condition, assignment):
            yield f"if {expression(condition, 'self.')}:"
            yield INDENT + _assignment(assignment)


def _assignment(act: Assign) -> str:
    target, read = act.target, act.source
    if read is None:
        return f"self.{target.name} = {_constant(target, act.shift)}"
    if target.size == read.size == 2:
        return f"self.{target.name} = {'not ' if act.shift % 2 else ''}self.{read.name}"
    number = f"int(self.{read.name})" if read.size == 2 else f"self.{read.name}"
    value = f"({number} + {act.shift}) % {target.size}"
    return f"self.{target.name} = {value}{' == 1' if target.size == 2 else ''}"


def _constant(target: Variable, number: int) -> str:
    return str(bool(number)) if target.size == 2 else str(number)
