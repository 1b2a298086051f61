"""The properties of a spec, or of a call of `check`, from plain data to what engines understand.

A mapping has one entry per property: `{kind: operands, text: sentence}`, or `off` for one that is
checked without being asked for (`deadlock`, `assertions`, the invariants of the model).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from utcheck.errors import ModelError, UsageError, did_you_mean
from utcheck.model.declare import declaration_place
from utcheck.model.instance import Instance
from utcheck.properties.expression import (
    Expression,
    ExpressionError,
    Scope,
    parse,
    truth,
    unknown_label,
)
from utcheck.properties.kinds import Kind, Predicate, Property
from utcheck.properties.ltl.tokens import AtomText, LtlSyntaxError
from utcheck.properties.temporal import read

BUILT_IN = (Kind.DEADLOCK, Kind.ASSERTIONS)
KINDS = tuple(kind for kind in Kind if kind not in BUILT_IN)
OPERATORS = frozenset("GFXURWM") | {"not", "and", "or", "true", "false"}
STEP_KEYS = ("name", "process", "holds")
SWITCHES = {"off": False, "on": True}

Labels = Callable[[str], frozenset[str] | None]
Key = str | int


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a mapping of properties, or in the spec around it.

    `path` are the keys that lead to it. Where it is in an expression, `column` counts from 0 into
    its text; `at_key` says that it is about the last key, not about the value below it.
    """

    path: tuple[Key, ...]
    message: str
    column: int | None = None
    at_key: bool = False

    def __str__(self) -> str:
        """Return the path and the sentence."""
        where = ".".join(map(str, self.path))
        column = "" if self.column is None else f", column {self.column + 1}"
        return f"{where}{column}: {self.message}" if self.path else self.message


class PropertyErrors(UsageError):
    """A mapping of properties is wrong; `problems` has everything that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep all problems; the text has a line for each."""
        super().__init__("properties: " + "\n".join(map(str, problems)))
        self.problems = tuple(problems)


def parse_properties(
    mapping: Mapping[str, object],
    instance: Instance,
    known_labels: Labels | None = None,
) -> list[Property]:
    """Return the properties that are to be checked.

    Those of the mapping come first, in its order, then the invariants of the model and the built-in
    ones, each unless it is in the mapping. `known_labels` gives the labels of a process or family,
    or None where they are not known.

    Raises:
        PropertyErrors: with every mistake in the mapping.
        ModelError: if a predicate of the model is named like an operator.
    """
    given: object = mapping
    if not isinstance(given, Mapping):
        message = f"properties are a mapping from names, not a {type(given).__name__}"
        raise PropertyErrors([Problem((), message)])
    _check_names(instance)
    reader = _Reader(instance, known_labels or (lambda process: None))
    found = [one for name, entry in mapping.items() if (one := reader.entry(name, entry))]
    if reader.problems:
        raise PropertyErrors(reader.problems)
    found += [reader.invariant(name) for name in reader.invariants if name not in mapping]
    found += [Property(kind.value, kind) for kind in BUILT_IN if kind.value not in mapping]
    return found


def _check_names(instance: Instance) -> None:
    model = type(instance.model)
    for name, mark in model.utcheck_marks.items():
        if name in OPERATORS:
            message = f"the {mark} '{name}' is named like an operator; call it something else"
            raise ModelError(message, place=declaration_place(model, name))


class _Reader:
    """Reads the entries of one mapping, and keeps what is wrong with them."""

    def __init__(self, instance: Instance, known_labels: Labels) -> None:
        self.instance = instance
        self.scope = Scope.of(instance)
        self.known_labels = known_labels
        self.problems: list[Problem] = []
        marks = type(instance.model).utcheck_marks
        self.invariants = [name for name, mark in marks.items() if mark == "invariant"]

    def refuse(self, *path: Key, message: str, at_key: bool = False) -> None:
        self.problems.append(Problem(path, message, at_key=at_key))

    def entry(self, name: str, entry: object) -> Property | None:
        """Return the property of an entry, or None where it is switched off or wrong."""
        if not isinstance(name, str) or not name:
            self.refuse(name, message="the name of a property is a string", at_key=True)
            return None
        if name in BUILT_IN:
            return self._built_in(Kind(name), entry)
        switch = SWITCHES.get(entry, entry) if isinstance(entry, str) else entry
        if isinstance(switch, bool):
            return self._switched(name, switch)
        if not isinstance(entry, Mapping):
            self.refuse(name, message="a property is written {KIND: EXPRESSION}, where KIND is "
                                      f"{_either(KINDS)}")  # fmt: skip
            return None
        text = self._text(name, entry)
        kind = self._kind(name, entry)
        if kind is None:
            return None
        if kind is Kind.LTL:
            return self._ltl(name, entry[kind.value], text)
        if kind is Kind.STEP:
            return self._step(name, entry[kind.value], text)
        expressions = list(self._operands(name, kind, entry[kind.value]))
        if None in expressions:
            return None
        valid = [expression for expression in expressions if expression]
        premise = valid[0].premise() if kind is Kind.ALWAYS else None
        operands = tuple(expression.predicate() for expression in valid)
        return Property(name, kind, operands, text, premise)

    def _built_in(self, kind: Kind, entry: object) -> Property | None:
        switch = SWITCHES.get(entry, entry) if isinstance(entry, str) else entry
        if isinstance(switch, bool):
            return Property(kind.value, kind) if switch else None
        if not isinstance(entry, Mapping):
            self.refuse(kind.value, message=f"'{kind}' is built in: it is on, off or {{text: ...}}")
            return None
        for key in entry:
            if key != "text":
                message = f"'{kind}' is built in and has no key but 'text', so not '{key}'"
                self.refuse(kind.value, key, message=message, at_key=True)
        return Property(kind.value, kind, text=self._text(kind.value, entry))

    def _switched(self, name: str, on: bool) -> Property | None:
        """Return an invariant of the model that is switched on; others have no switch."""
        if name not in self.invariants:
            known = [*self.invariants, *(kind.value for kind in BUILT_IN)]
            hint = did_you_mean(name, known)
            self.refuse(name, message=f"only {_either(known, 'and')} can be switched on and off, "
                                      f"not '{name}'{hint}", at_key=True)  # fmt: skip
            return None
        return self.invariant(name) if on else None

    def invariant(self, name: str) -> Property:
        """Return the property that an invariant of the model is."""
        method = getattr(self.instance.view, name)
        sentence = (method.__doc__ or "").strip().partition("\n")[0]
        predicate = Predicate(name, partial(truth, method, name))
        return Property(name, Kind.ALWAYS, (predicate,), sentence)

    def _text(self, name: str, entry: Mapping[Any, object]) -> str:
        text = entry.get("text", "")
        if not isinstance(text, str):
            self.refuse(name, "text", message="expected a string")
            return ""
        return text

    def _kind(self, name: str, entry: Mapping[Any, object]) -> Kind | None:
        """Return the one kind that an entry names."""
        found = []
        for key in entry:
            if key in KINDS:
                found.append(Kind(key))
            elif key != "text":
                hint = did_you_mean(str(key), [*KINDS, "text"])
                self.refuse(name, key, message=f"unknown key '{key}'{hint}", at_key=True)
                return None
        if len(found) == 1:
            return found[0]
        if not found:
            self.refuse(
                name, message=f"'{name}' has no kind; it is one of {_either(KINDS)}", at_key=True
            )
            return None
        message = f"'{name}' is both '{found[0]}' and '{found[1]}'; write two properties"
        self.refuse(name, found[1].value, message=message, at_key=True)
        return None

    def _operands(self, name: str, kind: Kind, given: object) -> Iterator[Expression | None]:
        """Yield the expressions of a property, None for one that is wrong."""
        if kind is not Kind.LEADS_TO:
            yield self._expression((name, kind.value), given)
            return
        if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != 2:
            self.refuse(name, kind.value, message="'leads_to' has two expressions: [PREMISE, GOAL]")
            yield None
            return
        for position, one in enumerate(given):
            yield self._expression((name, kind.value, position), one)

    def _ltl(self, name: str, given: object, text: str) -> Property | None:
        """Return a temporal property."""
        path = (name, Kind.LTL.value)
        source = str(given).lower() if isinstance(given, bool) else given
        if not isinstance(source, str):
            quote = isinstance(source, Mapping | Sequence)
            hint = "; one that begins with a brace or bracket must be quoted" if quote else ""
            self.refuse(*path, message=f"expected a formula{hint}")
            return None

        def atom(found: AtomText) -> Predicate | None:
            expression = self._checked(path, found.text, self.scope, found.column)
            return expression.predicate() if expression else None

        try:
            found = read(source, atom)
        except LtlSyntaxError as error:
            self.problems.append(Problem(path, error.message, error.column))
            return None
        if found is None:
            return None
        operands = (found.invariant,) if found.invariant else ()
        return Property(name, Kind.LTL, operands, text, formula=found.temporal)

    def _step(self, name: str, given: object, text: str) -> Property | None:
        """Return a property of steps: an expression, or a mapping with `holds` and a filter."""
        path: tuple[Key, ...] = (name, Kind.STEP.value)
        label, processes = None, None
        if isinstance(given, Mapping):
            found = len(self.problems)
            label, processes = self._filter(path, given)
            if len(self.problems) > found:
                return None
            path, given = (*path, "holds"), given["holds"]
        expression = self._expression(path, given, self.scope.with_past(self.instance))
        if expression is None:
            return None
        operand = (expression.predicate(),)
        return Property(name, Kind.STEP, operand, text, label=label, processes=processes)

    def _filter(
        self, path: tuple[Key, ...], given: Mapping[Any, object]
    ) -> tuple[str | None, frozenset[int] | None]:
        """Return the label and the processes that a property of steps is about."""
        for key in given:
            if key not in STEP_KEYS:
                hint = did_you_mean(str(key), STEP_KEYS)
                self.refuse(*path, key, message=f"unknown key '{key}'{hint}", at_key=True)
        if "holds" not in given:
            self.refuse(*path, message="a step property needs the key 'holds'")
        families = self.instance.runtime.families
        process = given.get("process")
        named = {p.name: frozenset({p.number}) for p in self.instance.processes}
        named |= {family: frozenset(numbers) for family, numbers in families.items()}
        if process is not None and process not in named:
            hint = did_you_mean(str(process), list(named))
            self.refuse(*path, "process", message=f"there is no process '{process}'{hint}")
            return None, None
        label = given.get("name")
        declared = {str(process).partition("[")[0]} if process is not None else families
        labels = [self.known_labels(one) for one in declared]
        if label is not None and all(known is not None and label not in known for known in labels):
            known = sorted(one for each in labels for one in each or ())
            hint = did_you_mean(str(label), known)
            self.refuse(*path, "name", message=f"no step is labelled '{label}'{hint}")
        return (None if label is None else str(label)), named.get(str(process))

    def _expression(
        self, path: tuple[Key, ...], given: object, scope: Scope | None = None
    ) -> Expression | None:
        # YAML's own `true` is the expression True.
        text = str(given) if isinstance(given, bool) else given
        if not isinstance(text, str):
            quote = isinstance(text, Mapping | Sequence)
            hint = "; one that begins with a bracket must be quoted" if quote else ""
            self.refuse(*path, message=f"expected an expression{hint}")
            return None
        return self._checked(path, text, scope or self.scope)

    def _checked(
        self, path: tuple[Key, ...], text: str, scope: Scope, begin: int = 0
    ) -> Expression | None:
        """Return a checked expression, which begins at a column of what stands in the spec."""
        try:
            expression = parse(text, scope)
        except ExpressionError as error:
            self.problems.append(Problem(path, error.message, begin + error.column))
            return None
        wrong = unknown_label(expression, self.known_labels)
        if wrong is not None:
            self.problems.append(Problem(path, wrong[0], begin + wrong[1]))
            return None
        if expression.other_than_boolean:
            kind = expression.other_than_boolean
            message = f"`{expression.text}` is of type {kind}, not true or false"
            self.problems.append(Problem(path, message, begin + _indent(text)))
            return None
        return expression


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _either(words: Sequence[str], last: str = "or") -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
