"""What a spec expects: a verdict of every property, and pins, which are numbers that must come out.

expect: {mutex: violated}                            # the others hold
expect: {states: 22, transitions: 27}                # everything holds, and there are so many
expect: {mutex: {verdict: violated, length: 8}}      # by a counterexample of eight steps
expect: {can-stop: {length: 6}}                      # `reachable`: the witness has six steps
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema

from utcheck.errors import did_you_mean
from utcheck.outcome import COUNTS, Verdict
from utcheck.properties.parse import Key, Problem
from utcheck.spec.words import describe, one_of

MOST = 2**63 - 1  # a number that is larger is a mistake
VERDICTS = (Verdict.HOLDS.value, Verdict.VIOLATED.value)
_KEYS = ("verdict", "length")

_VERDICT = {"enum": list(VERDICTS)}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": MOST}
_OF_PROPERTY = {
    "anyOf": [
        _VERDICT,
        {
            "type": "object",
            "properties": {
                "verdict": {**_VERDICT, "description": "`holds` if it is left out."},
                "length": {
                    **_NUMBER,
                    "description": "The steps of its counterexample, or of the run that shows that "
                    "something is reachable; of a lasso, prefix and cycle.",
                },
            },
            "minProperties": 1,
            "additionalProperties": False,
        },
    ]
}
_COUNTED = {
    "states": "The number of distinct states.",
    "transitions": "The number of transitions.",
    "deadlocks": "The number of deadlocks.",
    "depth": "The greatest breadth-first distance from an initial state.",
}
_EXPECTATION = {
    "anyOf": [
        {"const": "holds"},
        {
            "type": "object",
            "properties": {
                name: {"anyOf": [{**_NUMBER, "description": text}, *_OF_PROPERTY["anyOf"]]}
                for name, text in _COUNTED.items()
            },
            "additionalProperties": _OF_PROPERTY,
        },
    ]
}

# What stands in the mapping is read here: pydantic cannot tell a count from a property.
Expectation = Annotated[Literal["holds"] | dict[str, Any], WithJsonSchema(_EXPECTATION)]


def problems(data: Any) -> Iterator[Problem]:
    """Yield what is wrong with the expectations of a document, whatever the model is."""
    if not isinstance(data, Mapping):
        return
    yield from _entries(data.get("expect"), ("expect",))
    cases = data.get("cases")
    for name, case in cases.items() if isinstance(cases, Mapping) else ():
        if isinstance(case, Mapping):
            yield from _entries(case.get("expect"), ("cases", name, "expect"))


def verdict_and_length(entry: Any) -> tuple[Verdict, int | None]:
    """Return what an entry, about which there is no problem, expects of a property."""
    if not isinstance(entry, Mapping):
        return Verdict(entry), None
    return Verdict(entry.get("verdict", Verdict.HOLDS)), entry.get("length")


def is_count(name: str, entry: Any) -> bool:
    """Return whether an entry pins a count, and is not about a property of the same name."""
    return name in COUNTS and _is_number(entry)


def _is_number(entry: Any) -> bool:
    return isinstance(entry, int) and not isinstance(entry, bool)


def _entries(expect: Any, path: tuple[Key, ...]) -> Iterator[Problem]:
    if not isinstance(expect, Mapping):
        return
    for name, entry in expect.items():
        here = (*path, name)
        if isinstance(entry, Mapping):
            yield from _of_property(entry, here)
        elif _is_number(entry) and name not in COUNTS:
            hint = did_you_mean(name, COUNTS)
            message = f"unknown count '{name}'{hint}"
            if not hint:
                message = f"a number is that of {', '.join(COUNTS[:-1])} or {COUNTS[-1]}"
                message += f"; of a property, write {{length: {describe(entry)}}}"
            yield Problem(here, message, at_key=True)
        elif name in COUNTS and not isinstance(entry, str):
            yield from _number(entry, here)
        else:
            yield from _word(entry, here, ", or a mapping")


def _of_property(entry: Mapping[str, Any], path: tuple[Key, ...]) -> Iterator[Problem]:
    if not entry:
        yield Problem(path, "must not be empty")
    for key, value in entry.items():
        if key == "verdict":
            yield from _word(value, (*path, key), "")
        elif key == "length":
            yield from _number(value, (*path, key))
        else:
            message = f"unknown key '{key}'{did_you_mean(key, _KEYS) or one_of(_KEYS)}"
            yield Problem((*path, key), message, at_key=True)


def _word(value: Any, path: tuple[Key, ...], others: str) -> Iterator[Problem]:
    if isinstance(value, str):
        if value not in VERDICTS:
            hint = did_you_mean(value, VERDICTS) or one_of(VERDICTS)
            yield Problem(path, f"unknown value '{value}'{hint}")
    else:
        words = " or ".join(f"'{word}'" for word in VERDICTS)
        yield Problem(path, f"expected {words}{others}, not {describe(value)}")


def _number(value: Any, path: tuple[Key, ...]) -> Iterator[Problem]:
    if not _is_number(value):
        yield Problem(path, f"expected an integer, not {describe(value)}")
    elif value < 0:
        yield Problem(path, "must be at least 0")
    elif value > MOST:
        yield Problem(path, f"must be at most {MOST:,}")
