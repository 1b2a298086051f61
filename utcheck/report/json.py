"""Outcomes as plain data for JSON, and back.

The document is an object with `schema` (this page describes schema 1), `utcheck` (the version that
wrote it) and `reports`, an array with one object per case. The members of every object are the
fields of the dataclass of the same kind, with the same names:

- a report is a `CaseReport`, with its `status` and `unexpected` added for the reader; its `digests`
  map the path of the spec and of each file of the model to 16 hex digits, its `lines` the name of
  a property to a line of the spec;
- its `pins` are `Pin`s, each with `found`, the number that came out or null, and a `status`;
- its `outcome` is an `Outcome`, with `verdict` added; below it are `Statistics`, `PropertyResult`,
  `Trace`, `TraceStep`, `Change`, `Event`, `Standing`, `Witness`, `Step` and `Place`;
- tuples are arrays, mappings are objects, what is absent is null;
- a verdict is `holds`, `violated` or `undecided`; `stop` is `exhausted`, `states`, `seconds`,
  `memory` or `interrupted`;
- without timing, `seconds`, `peak_memory`, `workers` and `compile_seconds` are left out.

`utcheck run --json` adds `errors`, an array with what kept specs and cases from being checked, each
an object with a `message` and a `place`, which has `path`, `line` and `column`.

Values of the model (of variables, parameters, options, events) are written by one rule: None,
Booleans, integers of any size, finite floats and strings are themselves; a tuple is an array; a
frozen set is `{"set": [...]}` in a fixed order; anything else is `{"repr": "..."}` with the text in
which it is shown, and is read back as a `Shown`, which is shown in the same way.

A reader ignores members it does not know. The number of the schema rises when a member changes its
meaning or goes away, not when one is added.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from utcheck.errors import UsageError
from utcheck.outcome import StopReason, Verdict
from utcheck.plain import in_order, show
from utcheck.report.case import CaseReport

SCHEMA = 1
_TIMING = {"seconds": 0.0, "peak_memory": 0, "workers": 1, "compile_seconds": 0.0}


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that JSON could keep only as the text in which it is shown."""

    text: str

    def __repr__(self) -> str:
        """Return the text."""
        return self.text


def to_json(reports: Sequence[CaseReport], *, version: str, timing: bool = True) -> dict[str, Any]:
    """Return the reports as data that `json.dumps` takes, as the module's docstring describes."""
    return {
        "schema": SCHEMA,
        "utcheck": version,
        "reports": [_report(report, timing) for report in reports],
    }


def _report(report: CaseReport, timing: bool) -> dict[str, Any]:
    data: dict[str, Any] = _write(report, CaseReport)
    data["status"] = report.status.value
    data["unexpected"] = list(report.unexpected)
    for pin, shown in zip(report.pins, data["pins"], strict=True):
        shown["found"] = pin.found(report.outcome)
        shown["status"] = report.pin_status(pin).value
    data["outcome"]["verdict"] = report.outcome.verdict.value
    if not timing:
        del data["cached"]
        for name in _TIMING:
            del data["outcome"]["statistics"][name]
    return data


def from_json(data: Any) -> list[CaseReport]:
    """Return the reports that `to_json` wrote.

    They are equal to the ones that were written, but for values that JSON cannot hold. Raises
    UsageError, which names the place in the document, where `data` is not what `to_json` writes.
    """
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise UsageError(
            f"not a result of utcheck that this version reads: its schema is {schema!r}"
        )
    reports: list[CaseReport] = _read(data.get("reports"), list[CaseReport], "reports")
    return reports


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the types of the fields; to find them out takes longer than all the rest."""
    return get_type_hints(kind)


def _write(value: Any, hint: Any) -> Any:
    """Return a value whose declared type is `hint` as data."""
    if hint is Any:
        return _write_value(value)
    if is_dataclass(hint):
        hints = _hints(hint if isinstance(hint, type) else type(hint))
        return {
            one.name: _write(getattr(value, one.name), hints[one.name]) for one in _fields(hint)
        }
    if hint is StopReason:
        return value.name.lower()
    if hint in (Verdict, str):
        return str(value)  # of an enumeration of strings, its value
    if isinstance(hint, UnionType):
        return None if value is None else _write(value, _present(hint))
    if get_origin(hint) is tuple:
        return [_write(one, of) for one, of in zip(value, _members(hint, value), strict=True)]
    if get_origin(hint) is Mapping:
        return {name: _write(one, get_args(hint)[1]) for name, one in value.items()}
    return value


def _write_value(value: object) -> Any:
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is tuple:
        return [_write_value(one) for one in value]
    if type(value) is frozenset:
        return {"set": [_write_value(one) for one in in_order(value)]}
    return {"repr": show(value, unicode=True)}


def _read(data: Any, hint: Any, where: str) -> Any:
    """Return the value of the declared type `hint` that `data` stands for."""
    if hint is Any:
        return _read_value(data, where)
    if isinstance(hint, UnionType):
        return None if data is None else _read(data, _present(hint), where)
    if is_dataclass(hint):
        return _read_record(data, hint, where)
    if hint in (StopReason, Verdict):
        return _read_word(data, hint, where)
    origin = get_origin(hint)
    if origin is Mapping:
        items = _typed(data, dict, where).items()
        return {name: _read(one, get_args(hint)[1], f"{where}.{name}") for name, one in items}
    if origin in (tuple, list):
        members = _members(hint, _typed(data, list, where))
        if len(members) != len(data):
            raise _wrong(where, f"an array of {len(members)}", data)
        pairs = zip(data, members, strict=True)
        return origin(_read(one, of, f"{where}[{at}]") for at, (one, of) in enumerate(pairs))
    return _typed(data, hint, where)


def _read_record(data: Any, kind: Any, where: str) -> Any:
    """Return the dataclass; what is missing and has no default is an error."""
    given = _typed(data, dict, where)
    hints = _hints(kind)
    values = {}
    for one in _fields(kind):
        if one.name in given:
            values[one.name] = _read(given[one.name], hints[one.name], f"{where}.{one.name}")
        elif one.name in _TIMING:
            values[one.name] = _TIMING[one.name]
        elif one.default is MISSING and one.default_factory is MISSING:
            raise UsageError(f"not a result of utcheck: {where} has no member '{one.name}'")
    return kind(**values)


def _read_word(data: Any, kind: Any, where: str) -> Any:
    words = {one.name.lower(): one for one in kind}
    word = _typed(data, str, where)
    if word not in words:
        raise _wrong(where, f"one of {', '.join(words)}", data)
    return words[word]


def _read_value(data: Any, where: str) -> object:
    if isinstance(data, list):
        return tuple(_read_value(one, f"{where}[{at}]") for at, one in enumerate(data))
    if isinstance(data, dict):
        if isinstance(data.get("set"), list):
            return frozenset(_read_value(one, where) for one in data["set"])
        return Shown(_typed(data.get("repr"), str, f"{where}.repr"))
    return data


def _typed(data: Any, kind: Any, where: str) -> Any:
    """Return `data` if it is of the type; an integer will do for a float, but no Boolean does."""
    allowed = (int, float) if kind is float else kind
    if not isinstance(data, allowed) or (isinstance(data, bool) and kind is not bool):
        raise _wrong(where, kind.__name__, data)
    return data


def _wrong(where: str, wanted: str, data: Any) -> UsageError:
    return UsageError(f"not a result of utcheck: {where} should be {wanted}, not {show(data)}")


def _fields(kind: Any) -> list[Field[Any]]:
    return [one for one in fields(kind) if one.init]


def _present(hint: Any) -> Any:
    """Return X for the type `X | None`."""
    return next(one for one in get_args(hint) if one is not NoneType)


def _members(hint: Any, values: Sequence[Any]) -> Sequence[Any]:
    """Return the declared type of every member of a tuple or list with these values."""
    args = get_args(hint)
    if get_origin(hint) is list or args[1:] == (...,):
        return [args[0]] * len(values)
    return args
