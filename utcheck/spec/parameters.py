"""The parameters of a case: checked against the model, and combined where there is a matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import product
from math import prod
from typing import Any

from utcheck.errors import ModelError, did_you_mean
from utcheck.model.base import Model
from utcheck.model.declare import Parameter
from utcheck.properties.parse import Key, Problem
from utcheck.properties.scope import kinds
from utcheck.spec.schema import CaseSpec
from utcheck.spec.words import describe

MOST_CASES = 1_000

Path = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """The parameters of one case as they are written, and where that is.

    `path` leads to the case, `places` to the parameters that do not stand in the spec itself.
    """

    model: type[Model]
    given: Mapping[str, Any]
    name: str = ""
    path: Path = ()
    places: Mapping[str, Path] = field(default_factory=dict)

    def place(self, name: str) -> Path:
        """Return where the parameter of this name is given."""
        return self.places.get(name, ("params", name))


def parameters(settings: Settings) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values of the parameters as the model takes them, and what is wrong with them."""
    declared = settings.model.utcheck_parameters
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, given in settings.given.items():
        place = settings.place(name)
        if name not in declared:
            hint = did_you_mean(name, list(declared))
            if not hint and declared:
                hint = f"; it has {', '.join(declared)}"
            message = f"{settings.model.__name__} has no parameter '{name}'{hint}"
            problems.append(Problem(_at_name(place, name), message, at_key=True))
            continue
        try:
            values[name] = _value(declared[name], given)
        except ModelError as error:
            problems.append(Problem(place, error.message))
    return values, problems


def _at_name(place: Path, name: str) -> Path:
    """Return the path of the key; the value of a matrix stands in a list below it."""
    return place if place[-1] == name else place[:-1]


def _value(declared: Parameter, given: Any) -> Any:
    """Return the value that is meant by what YAML can say.

    Raises:
        ModelError: if the parameter does not admit it.
    """
    value = _plain(given, declared.name)
    if isinstance(value, bool) and bool not in (kinds(declared.annotation) or (bool,)):
        # Python would take it for an integer.
        raise ModelError(f"parameter '{declared.name}': {describe(value)} is not an integer")
    members = _members(declared)
    if isinstance(value, str) and value in members:
        return declared.checked(members[value])
    try:
        return declared.checked(value)
    except TypeError:  # a bound that cannot be compared with the value
        bound = declared.low if declared.low is not None else declared.high
        message = f"parameter '{declared.name}': {value!r} cannot be compared with {bound!r}"
        raise ModelError(message) from None
    except ModelError as error:
        raise ModelError(error.message + _hint(declared, value, members)) from None


def _plain(given: Any, name: str) -> Any:
    if isinstance(given, Mapping):
        raise ModelError(f"parameter '{name}': expected a value, not {describe(given)}")
    return tuple(_plain(item, name) for item in given) if isinstance(given, list) else given


def _members(declared: Parameter) -> dict[str, Enum]:
    """Return the members of the enumerations that a parameter may have, by name."""
    classes = kinds(declared.annotation) or ()
    enums = [kind for kind in classes if issubclass(kind, Enum)]
    return {name: member for kind in enums for name, member in kind.__members__.items()}


def _hint(declared: Parameter, value: Any, members: Mapping[str, Enum]) -> str:
    """Return what was perhaps meant: a quoted text, or a name that is nearly the same."""
    if not isinstance(value, str):
        try:
            declared.checked(str(value))
        except (ModelError, TypeError):
            return ""
        return f"; write '{value}' in quotes"
    names = [name for name in (*members, *_strings(declared)) if isinstance(name, str)]
    return did_you_mean(value, names)


def _strings(declared: Parameter) -> list[Any]:
    choices = list(declared.choices or ())
    return [*choices, *getattr(declared.annotation, "__args__", ())]


def combinations(
    model: type[Model], shared: Mapping[str, Any], name: str, case: CaseSpec
) -> tuple[list[Settings], list[Problem]]:
    """Return the parameters of every combination that a case stands for."""
    path: Path = ("cases", name)
    places: dict[str, Path] = {one: (*path, "params", one) for one in case.params}
    problems = [
        Problem((*path, "matrix", one), f"'{one}' is in 'params' of this case as well", at_key=True)
        for one in case.matrix
        if one in case.params
    ]
    problems += _repeated(path, case)
    count = prod(map(len, case.matrix.values()))
    if count > MOST_CASES:
        message = f"the matrix has {count:,} combinations, more than {MOST_CASES:,}"
        problems.append(Problem((*path, "matrix"), message, at_key=True))
    if problems or not case.matrix:
        return [Settings(model, {**shared, **case.params}, name, path, places)], problems
    found = []
    for chosen in product(*(list(enumerate(values)) for values in case.matrix.values())):
        pairs = dict(zip(case.matrix, chosen, strict=True))
        values = {one: value for one, (_, value) in pairs.items()}
        label = ",".join(f"{one}={_shown(value)}" for one, value in values.items())
        inside = {one: (*path, "matrix", one, position) for one, (position, _) in pairs.items()}
        given = {**shared, **case.params, **values}
        found.append(Settings(model, given, f"{name}[{label}]", path, {**places, **inside}))
    return found, []


def _repeated(path: Path, case: CaseSpec) -> list[Problem]:
    """Return a problem for each value that a matrix has twice: two cases would have one name."""
    problems = []
    for one, values in case.matrix.items():
        texts = [_shown(value) for value in values]
        for position, text in enumerate(texts):
            if text in texts[:position]:
                message = f"the value {text} is in the list already"
                problems.append(Problem((*path, "matrix", one, position), message))
    return problems


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
