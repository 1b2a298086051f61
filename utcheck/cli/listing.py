"""What specs claim and expect: collected, as text, and as data for JSON.

The data is an object with `schema` (this is schema 1), `utcheck` (the version), `cases` and
`errors`. A case has `spec`, `title`, `source`, `case` (empty for a spec without cases), `model`,
`parameters`, `engine`, `fairness` and `properties`, an array of objects with `name`, `kind`,
`text`, `expected` and `line`, its line in the spec, and `pins`, objects with `name`, `property`
(or null), `expected` and `line`. A parameter that is no Boolean, integer, string or null is
`{"repr": TEXT}`. An error has a `message` and a `place`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from utcheck.cli.cases import specs_below
from utcheck.cli.status import installed_version
from utcheck.errors import Finding, Place, SpecError
from utcheck.model.instance import Instance
from utcheck.outcome import Verdict
from utcheck.plain import enumerate_words, escape, fill, plural, sentence, show
from utcheck.program.source import step_labels
from utcheck.properties.kinds import Property
from utcheck.properties.parse import parse_properties
from utcheck.report.text import WIDTH
from utcheck.spec.load import Case, load

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A case with the properties that are checked of it."""

    case: Case
    properties: Sequence[Property]


@dataclass(frozen=True, slots=True)
class Listing:
    """The cases of all specs, in order, and what is wrong with the specs that have none here."""

    entries: Sequence[Entry]
    errors: Sequence[Finding]


def listing(paths: Iterable[str]) -> Listing:
    """Return the cases of the specs, and of those in and below the directories, at `paths`."""
    entries: list[Entry] = []
    errors: list[Finding] = []
    seen = set()
    for text in paths:
        path = Path(text)
        specs = sorted(specs_below(path)) if path.is_dir() else [path]
        if not specs:
            errors.append(Finding(Place(text), "no specs (*.yaml, *.yml) in this directory"))
        for spec in specs:
            if spec.resolve() in seen:
                continue
            seen.add(spec.resolve())
            try:
                entries += map(_entry, load(spec))
            except SpecError as error:
                errors += error.findings
    return Listing(entries, errors)


def _entry(case: Case) -> Entry:
    instance = Instance(case.model)
    claims = parse_properties(case.properties, instance, lambda name: step_labels(instance, name))
    return Entry(case, claims)


def as_text(found: Listing) -> str:
    """Return the list in 72 columns: per spec its claims, and per case what is not to hold."""
    blocks = []
    for _, group in groupby(found.entries, lambda entry: entry.case.spec):
        entries = list(group)
        case = entries[0].case
        title = _common_title([entry.case.title for entry in entries])
        lines = [escape(case.spec), *_indented(title, case.source)]
        lines += _claims(entries)
        lines += _cases(entries, title)
        blocks.append("".join(f"{line}\n" for line in lines))
    cases, specs = len(found.entries), len(blocks)
    blocks.append(f"{plural(specs, 'spec')}, {plural(cases, 'case')}.\n")
    return "\n".join(blocks)


def _common_title(titles: Sequence[str]) -> str:
    """Return what the titles begin with: that of the spec, before those of its cases."""
    shortest = min(titles, key=len)
    alike = all(title == shortest or title.startswith(f"{shortest}: ") for title in titles)
    return shortest if alike else ""


def _indented(*texts: str) -> Iterator[str]:
    for text in texts:
        if text:
            yield from (f"  {line}" for line in fill(sentence(text).split(" "), WIDTH - 2))


def _claims(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield a line for every property that some case has."""
    claims = {claim.name: claim for entry in entries for claim in entry.properties}
    yield "  properties:"
    for claim in claims.values():
        says = claim.text if claim.text.strip() else str(claim.kind)
        yield from _item(claim.name, "" if says == claim.name else says)


def _cases(entries: Sequence[Entry], title: str) -> Iterator[str]:
    """Yield a line for every case, with what it expects to be violated, pins, and its own title."""
    if [entry.case.name for entry in entries] != [""]:
        yield "  expected of the cases:"
    for entry in entries:
        case = entry.case
        broken = [name for name, verdict in case.expected.items() if verdict is Verdict.VIOLATED]
        says = f"all hold but {enumerate_words(broken)}" if broken else "all hold"
        pins = ", ".join(f"{pin.name}: {pin.expected:,}" for pin in case.pins)
        says = f"{says}; {pins}" if pins else says
        own = case.title.removeprefix(title).removeprefix(": ")
        if own:
            says = f"{says} ({own})"
        yield from _item(case.name, says) if case.name else _indented(f"expected: {says}")


def _item(name: str, says: str) -> Iterator[str]:
    words = [f"{escape(name)}:", *sentence(says).split(" ")] if says else [escape(name)]
    yield from (f"    {line}" for line in fill(words, WIDTH - 4, hanging=2))


def as_data(found: Listing) -> dict[str, Any]:
    """Return the list as data that `json.dumps` takes, as the module's docstring describes."""
    return {
        "schema": SCHEMA,
        "utcheck": installed_version(),
        "cases": [_case_data(entry) for entry in found.entries],
        "errors": [_error_data(error) for error in found.errors],
    }


def _case_data(entry: Entry) -> dict[str, Any]:
    case = entry.case
    model = type(case.model)
    return {
        "spec": case.spec,
        "title": case.title,
        "source": case.source,
        "case": case.name,
        "model": f"{model.__module__}:{model.__qualname__}",
        "parameters": {name: _value(value) for name, value in case.model.utcheck_values.items()},
        "engine": case.engine,
        "fairness": case.fairness,
        "properties": [
            {
                "name": claim.name,
                "kind": claim.kind.value,
                "text": claim.text,
                "expected": case.expected[claim.name].value,
                "line": case.lines.get(claim.name),
            }
            for claim in entry.properties
        ],
        "pins": [asdict(pin) for pin in case.pins],
    }


def _value(value: object) -> Any:
    if value is None or type(value) in (bool, int, str):
        return value
    return {"repr": show(value, unicode=True)}


def _error_data(error: Finding) -> dict[str, Any]:
    place = error.place
    position = {"path": place.path, "line": place.line, "column": place.column}
    return {"place": position, "message": error.message}
