"""What the source of a process says before it is run: its steps, and the labels they may have."""

from __future__ import annotations

import dis
import inspect
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from utcheck.errors import Place
from utcheck.model.instance import Instance, Process, records
from utcheck.model.process import ProcessDeclaration
from utcheck.model.run import of_utcheck
from utcheck.outcome import Step

CALLS = {"CALL", "PRECALL", "CALL_KW", "KW_NAMES", "CACHE"}


@dataclass(frozen=True, slots=True)
class SourceStep:
    """A `yield` in the source: its label, None where it is computed, and the lines it has."""

    label: str | None
    path: str
    lines: frozenset[int]


def source_steps(instance: Instance, process: Process) -> list[SourceStep]:
    """Return the steps in the source of a process and of the subroutines it may call."""
    found: dict[SourceStep, None] = {}
    for function in _reachable(instance, process):
        if not of_utcheck(function.__globals__) and inspect.isgeneratorfunction(function):
            code = function.__code__
            found.update(dict.fromkeys(_yields(code, code.co_filename)))
    return list(found)


def step_labels(instance: Instance, name: str) -> frozenset[str] | None:
    """Return every label that a step of the process or family `name` can have.

    None means that labels are computed, so that they are known only when the process has run.
    """
    labels: set[str] = set()
    for process in instance.processes:
        if name not in (process.name, process.declaration.name):
            continue
        if any(step.label is None for step in source_steps(instance, process)):
            return None
        for function in _reachable(instance, process):
            if "getattr" in _names(function.__code__):
                return None  # what it calls is not said by a name in the source
            labels.update(_strings(function.__code__))
            labels.update(v for v in function.__defaults__ or () if isinstance(v, str))
    return frozenset(labels)


def never_ran(instance: Instance, ran: set[tuple[int, str, Place]]) -> tuple[Step, ...]:
    """Return the steps in the source that are not among those that ran."""
    missing = []
    for process in instance.processes:
        here = {(label, place.path, place.line) for p, label, place in ran if p == process.number}
        for step in source_steps(instance, process):
            labels = {label for label, _, _ in here} if step.label is None else {step.label}
            if any((label, step.path, line) in here for label in labels for line in step.lines):
                continue
            place = Place(step.path, min(step.lines))
            missing.append(Step(process.name, step.label or "(computed label)", place))
    return tuple(missing)


def _reachable(instance: Instance, process: Process) -> list[types.FunctionType]:
    """Return the functions that a process may run, as far as their names tell."""
    owners = [type(instance.model), *records(instance.root)]
    found: dict[types.FunctionType, None] = {}
    work: list[Any] = [process.declaration.function]
    while work:
        function = work.pop()
        if not isinstance(function, types.FunctionType) or function in found:
            continue
        found[function] = None
        for name in _names(function.__code__):
            work.append(function.__globals__.get(name))
            for owner in owners:
                work.extend(_methods(owner, name))
    return list(found)


def _methods(owner: type, name: str) -> Iterator[Any]:
    for cls in owner.__mro__:
        value = cls.__dict__.get(name)
        if isinstance(value, ProcessDeclaration):
            yield value.function
        elif value is not None:
            yield value


def _names(code: types.CodeType) -> Iterator[str]:
    for part in _parts(code):
        yield from part.co_names


def _strings(code: types.CodeType) -> Iterator[str]:
    for part in _parts(code):
        yield from (constant for constant in part.co_consts if isinstance(constant, str))


def _parts(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code object and those of the functions and lambdas inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _parts(constant)


@lru_cache(maxsize=4096)  # code may be equal in two files, so the file is asked for as well
def _yields(code: types.CodeType, path: str) -> tuple[SourceStep, ...]:
    return tuple(_source_steps(code, path))


def _source_steps(code: types.CodeType, path: str) -> Iterator[SourceStep]:
    rows = [row for row in dis.get_instructions(code) if row.opname != "CACHE"]
    for position, row in enumerate(rows):
        if row.opname != "YIELD_VALUE" or rows[position - 1].opname == "SEND":
            continue
        lines = (rows[k].positions for k in (position, position + 1) if k < len(rows))
        numbers = frozenset(p.lineno for p in lines if p is not None and p.lineno is not None)
        yield SourceStep(_label(rows, position), path, numbers)


def _label(rows: list[dis.Instruction], position: int) -> str | None:
    """Return the constant that is yielded, or that is the last argument of what is yielded."""
    k = position - 1
    while k >= 0 and (rows[k].opname in CALLS or isinstance(rows[k].argval, tuple)):
        k -= 1
    row = rows[k]
    return row.argval if row.opname == "LOAD_CONST" and isinstance(row.argval, str) else None
