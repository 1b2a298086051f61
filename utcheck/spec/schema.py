"""The keys of a spec, and what is wrong with a document that has others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from utcheck.errors import did_you_mean
from utcheck.properties.parse import KINDS, Key, Problem
from utcheck.spec import expect
from utcheck.spec.expect import Expectation
from utcheck.spec.words import describe, one_of

ENGINES = ("auto", "explicit", "trees", "native", "symbolic")
_UNITS = {"": 1, "B": 1}
_UNITS |= {f"{letter}iB": 2 ** (10 * n) for n, letter in enumerate("KMGT", 1)}
_UNITS |= {f"{letter}B": 10 ** (3 * n) for n, letter in enumerate("KMGT", 1)}


def _engine(name: str) -> str:
    if name in ENGINES:
        return name
    message = f"unknown engine '{name}'{did_you_mean(name, ENGINES) or one_of(ENGINES)}"
    raise PydanticCustomError("engine", "{message}", {"message": message})


def _size(size: int | str) -> int:
    """Return a size in bytes, given as a number or as `8GiB`, `500MB`."""
    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*([A-Za-z]*)\s*", str(size))
    if isinstance(size, int) and size > 0:
        return size
    if match is None or match[2] not in _UNITS or isinstance(size, int):
        message = f"'{size}' is not a size in bytes, as in 8GiB, 500MB or 1_000_000"
        raise PydanticCustomError("size", "{message}", {"message": message})
    return int(float(match[1]) * _UNITS[match[2]])


def _model(name: str) -> str:
    if re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", name):
        return name
    message = f"'{name}' does not name a model; write MODULE:CLASS, as in models.ring:Ring"
    raise PydanticCustomError("model", "{message}", {"message": message})


_EXPRESSION = {"type": ["string", "boolean"], "description": "A Python expression over a state."}
_SENTENCE = {"type": "string", "description": "What the property says, in a sentence."}
_DESCRIPTIONS = {
    "always": "It is true in every reachable state.",
    "never": "It is true in no reachable state.",
    "reachable": "It is true in some reachable state.",
    "eventually": "Every fair run comes to a state in which it is true.",
    "leads_to": "After a state in which the first is true, every fair run comes to one in which "
    "the second is.",
    "ltl": "Every fair run satisfies the formula: G F X U W R ! & | -> <->, atoms are names, "
    '{expression} or event("name").',
    "step": "It is true of every step: old.x is the value before, x the value after.",
    "possible_always": "From every reachable state one can be reached in which it is true.",
}
_FAIRNESS = "As the processes say, or none: nobody is owed a step."
_SWITCH = {
    "description": "Whether it is checked.",
    "anyOf": [{"type": "boolean"}, {"enum": ["on", "off"]}],
}
_STEPS = {
    "type": "object",
    "properties": {
        "holds": {**_EXPRESSION, "description": "What is true of the steps that are meant."},
        "name": {"type": "string", "description": "The label of the steps that are meant."},
        "process": {"type": "string", "description": "The process or family that takes them."},
    },
    "required": ["holds"],
    "additionalProperties": False,
}


def _kind_schema(kind: str) -> dict[str, Any]:
    operand: dict[str, Any] = {**_EXPRESSION, "description": _DESCRIPTIONS[kind]}
    if kind == "leads_to":
        operand = {"type": "array", "items": _EXPRESSION, "minItems": 2, "maxItems": 2,
                   "description": _DESCRIPTIONS[kind]}  # fmt: skip
    if kind == "step":
        operand = {"anyOf": [_EXPRESSION, _STEPS], "description": _DESCRIPTIONS[kind]}
    return {
        "type": "object",
        "properties": {"text": _SENTENCE, kind: operand},
        "required": [kind],
        "additionalProperties": False,
    }


_PROPERTY = {"anyOf": [*(_kind_schema(kind.value) for kind in KINDS), _SWITCH]}
_BUILT_IN = {
    "anyOf": [
        _SWITCH,
        {"type": "object", "properties": {"text": _SENTENCE}, "additionalProperties": False},
    ]
}
_PROPERTIES = {
    "type": "object",
    "properties": {"deadlock": _BUILT_IN, "assertions": _BUILT_IN},
    "additionalProperties": _PROPERTY,
    "description": "What must hold, by name. `deadlock`, `assertions` and the invariants of the "
    "model are checked unless they are off.",
}

# What stands in a property is read by `parse_properties`, for which the schema is repeated here.
Properties = Annotated[dict[str, Any], WithJsonSchema(_PROPERTIES)]
Engine = Annotated[str, AfterValidator(_engine), WithJsonSchema({"enum": list(ENGINES)})]
Fairness = Literal["processes", "none"]
Size = Annotated[int | str, AfterValidator(_size)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, protected_namespaces=())


class LimitsSpec(_Keys):
    """Bounds of the search; a search that ends at one leaves properties undecided."""

    states: int | None = Field(None, ge=1, description="The greatest number of distinct states.")
    seconds: float | None = Field(None, gt=0, description="The longest time.")
    memory: Size | None = Field(None, description="The memory of the process: bytes, 8GiB, 500MB.")
    step_seconds: float = Field(
        10, gt=0, description="The longest time of one step; more is an error of the model."
    )


class CaseSpec(_Keys):
    """What one case has of its own; everything else is that of the spec."""

    title: str = Field("", description="What the case is about, in a few words.")
    params: dict[str, Any] = Field({}, description="Parameters of the model, over the spec's.")
    matrix: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(
        {}, description="Parameters with a list of values each: a case for every combination."
    )
    properties: Properties = Field({}, description="More properties, or `off` for one of the spec.")
    expect: Expectation = Field(
        "holds",
        description="The verdict that is expected of each property, `holds` of the others, and "
        "numbers that must come out.",
    )
    engine: Engine = Field("auto", description="How to search.")
    fairness: Fairness = Field("processes", description=_FAIRNESS)
    limits: LimitsSpec = Field(LimitsSpec(), description="Bounds of the search, over the spec's.")


class Spec(_Keys):
    """A spec: a model, what must hold of it, and the cases in which that is checked."""

    model: Annotated[str, AfterValidator(_model)] = Field(
        description="MODULE:CLASS, from the directory of pyproject.toml or utcheck.toml."
    )
    title: str = Field("", description="What the spec is about, in a few words.")
    source: str = Field("", description="Where the protocol comes from.")
    params: dict[str, Any] = Field({}, description="Parameters of the model.")
    properties: Properties = {}
    cases: Annotated[dict[str, CaseSpec], Field(min_length=1)] = Field(
        {}, description="Cases by name; without it the spec is one case."
    )
    expect: Expectation = Field("holds", description="What is expected, for a spec without cases.")
    engine: Engine = Field("auto", description="How to search.")
    fairness: Fairness = Field("processes", description=_FAIRNESS)
    limits: LimitsSpec = Field(LimitsSpec(), description="Bounds of the search.")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 7, which editors know) of a spec."""
    schema = Spec.model_json_schema(ref_template="#/definitions/{model}")
    definitions = schema.pop("$defs")
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema,
            "definitions": definitions}  # fmt: skip


def validate(data: Any) -> tuple[Spec | None, list[Problem]]:
    """Return the spec that the data of a document is, or what is wrong with it."""
    problems = list(expect.problems(data))
    try:
        spec = Spec.model_validate(data)
    except ValidationError as error:
        return None, [*_problems(data, error.errors()), *problems]
    return (None if problems else spec), problems


def _problems(data: Any, errors: Iterable[ErrorDetails]) -> list[Problem]:
    """Return one problem per place, where pydantic has one error per branch of a union."""
    places: dict[tuple[Key, ...], list[ErrorDetails]] = {}
    for error in errors:
        places.setdefault(_path(data, error["loc"]), []).append(error)
    found = []
    for path, here in places.items():
        wanted = [_WANTED[error["type"]] for error in here if error["type"] in _WANTED]
        deeper = any(other[: len(path)] == path and other != path for other in places)
        others = [error for error in here if error["type"] not in (*_WANTED, "literal_error")]
        if others:
            found += [_problem(path, error) for error in others]
        elif not deeper:  # else another branch of the union was meant
            found.append(Problem(path, _expected(data, path, wanted, here)))
    return found


def _path(data: Any, loc: Sequence[Key]) -> tuple[Key, ...]:
    """Return the part of a location that is in the document: it has names of branches as well."""
    path: list[Key] = []
    for key in loc:
        if isinstance(data, Mapping) and key in data:
            data = data[str(key)]
        elif isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            continue
        path.append(key)
    return tuple(path)


def _problem(path: tuple[Key, ...], error: ErrorDetails) -> Problem:
    last = error["loc"][-1] if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        known = list(_model_at(path[:-1]).model_fields)
        return Problem(path, f"unknown key '{last}'{did_you_mean(str(last), known)}", at_key=True)
    if error["type"] == "missing":
        return Problem(path, f"the key '{last}' is missing")
    context = error.get("ctx", {})
    message = {
        "greater_than_equal": f"must be at least {context.get('ge')}",
        "greater_than": f"must be more than {context.get('gt', 0):g}",
        "too_short": "must not be empty",
    }.get(error["type"], error["msg"])
    return Problem(path, message)


def _model_at(path: tuple[Key, ...]) -> type[BaseModel]:
    if not path:
        return Spec
    return LimitsSpec if path[-1] == "limits" else CaseSpec


def _expected(
    data: Any, path: tuple[Key, ...], wanted: list[str], errors: Sequence[ErrorDetails]
) -> str:
    for key in path:
        data = data[key]
    words = [word for error in errors if error["type"] == "literal_error"
             for word in re.findall(r"'([^']*)'", error["ctx"]["expected"])]  # fmt: skip
    if data == "violated" and words:
        return "'violated' does not say which property is; write {PROPERTY: violated}"
    if isinstance(data, str) and len(words) > 1:
        return f"unknown value '{data}'{did_you_mean(data, words) or one_of(words)}"
    options = list(dict.fromkeys([*(f"'{word}'" for word in words), *wanted]))
    either = " or ".join(filter(None, [", ".join(options[:-1]), options[-1]]))
    empty = data is None and path[:-1] == ("cases",)
    hint = "; write {} for a case that is like the spec" if empty else ""
    return f"expected {either}, not {describe(data)}{hint}"


_WANTED = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
    "none_required": "nothing",
}
