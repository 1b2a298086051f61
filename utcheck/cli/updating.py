"""`utcheck run --update-expected`: what came out is written into the specs that expect otherwise.

Verdicts that are another are written, and numbers that are pinned already; no pin is added. What is
undecided is never written. The new text is read before it replaces the file: it must expect what
was found, and say the same as before in everything else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from utcheck.cli.checking import Done
from utcheck.cli.output import replace_file
from utcheck.cli.status import INTERNAL, INTERRUPTED
from utcheck.errors import Finding, Place, SpecError, UsageError
from utcheck.outcome import Pin, Verdict
from utcheck.plain import escape
from utcheck.report.case import CaseReport, Status
from utcheck.spec.importing import MARKS, shown
from utcheck.spec.load import Case, digest, load, read, text_of
from utcheck.spec.positions import Document
from utcheck.spec.rewrite import Change, What, rewritten

_BOM = b"\xef\xbb\xbf"


def update(done: Done) -> None:
    """Write what came out into the specs, say what was changed, and mend the reports.

    What cannot be written is said and makes the exit status 2; the other specs are written all the
    same. After an interrupt, or where utcheck is wrong, nothing is written.
    """
    if any(status in done.statuses for status in (INTERNAL, INTERRUPTED)):
        click.echo("utcheck: no spec was updated, because not everything was checked", err=True)
        return
    for spec in dict.fromkeys(report.spec for report in done.reports):
        mine = [report for report in done.reports if report.spec == spec]
        if all(report.status is Status.EXPECTED for report in mine):
            continue
        try:
            cases = _updated(Path(spec), mine, done)
        except SpecError as error:
            for finding in error.findings:
                done.refuse(finding.message, finding.place)
        except UsageError as error:
            done.refuse(error.message, Place(spec))
        else:
            done.reports = [_mended(report, cases) if report.spec == spec else report
                            for report in done.reports]  # fmt: skip


def _updated(path: Path, reports: Sequence[CaseReport], done: Done) -> dict[str, Case]:
    """Write a spec if it is to be another, and return its cases as they are then, by name.

    Raises:
        SpecError, UsageError: if it is not written.
    """
    data = _checked_bytes(path, reports[0])
    cases = load(path)
    changes, problems = plan(cases, reports)
    for problem in problems:
        done.refuse(problem.message, problem.place)
    if not changes:
        return {}
    before = Document(str(path), text_of(path, data))
    text = rewritten(before, changes)
    new = (_BOM if data.startswith(_BOM) else b"") + text.encode()
    after = _reread(path, new, before, cases, changes)
    if path.resolve().read_bytes() != data:
        raise UsageError(_CHANGED)
    replace_file(path, new)
    places = Document(str(path), text)
    for change in changes:
        case = f"[{change.case[-1]}] " if change.case else ""
        line = places.place(change.path, at_key=True).line
        click.echo(escape(f"{path}:{line}: updated: {case}{change}", unicode=True), err=True)
    return after


_CHANGED = "not updated: the file was changed while it was checked"


def _checked_bytes(path: Path, report: CaseReport) -> bytes:
    """Return what is in a spec, if that is what was checked and may be written.

    Raises:
        UsageError: if it is not.
    """
    real = path.resolve()
    if not real.is_relative_to(_project(path)):
        where = escape(str(real))
        raise UsageError(f"not updated: this is a link out of the project, to '{where}'")
    if not real.is_file() or not os.access(real, os.W_OK):
        raise UsageError("not updated: the file may not be written")
    data = real.read_bytes()
    if report.digests.get(shown(path)) != digest(data):
        raise UsageError(_CHANGED)
    return data


def _project(path: Path) -> Path:
    """Return the project in which a spec is named, wherever a link of that name leads."""
    folder = Path(os.path.abspath(path)).parent
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).is_file() for mark in MARKS):
            return candidate.resolve()
    return folder.resolve()


def _reread(
    path: Path, new: bytes, before: Document, cases: Sequence[Case], changes: Sequence[Change]
) -> dict[str, Case]:
    """Return the cases of a spec that is to be written, if they are what they should be.

    Raises:
        UsageError: if they are not.
    """
    wrong = UsageError(
        "not updated: this spec cannot be edited in place without changing something else, "
        "perhaps because cases share what they expect by an alias"
    )
    try:
        after = {case.name: case for case in read(path, new)}
        same = _rest(Document(str(path), text_of(path, new)).data) == _rest(before.data)
    except SpecError:
        raise wrong from None
    wanted = {case.name: _expecting(case, changes) for case in cases}
    if not same or wanted != {name: _expecting(case, ()) for name, case in after.items()}:
        raise wrong
    return after


def _rest(data: Any) -> Any:
    """Return what a spec says besides what it expects."""
    rest = {key: value for key, value in data.items() if key != "expect"}
    cases = rest.get("cases")
    if isinstance(cases, dict):
        rest["cases"] = {
            name: {key: value for key, value in case.items() if key != "expect"}
            for name, case in cases.items()
        }
    return rest


def _expecting(
    case: Case, changes: Sequence[Change]
) -> tuple[dict[str, Verdict | int], dict[tuple[str, str | None], Verdict | int]]:
    """Return what a case expects after changes: verdicts and numbers."""
    verdicts: dict[str, Verdict | int] = dict(case.expected)
    numbers: dict[tuple[str, str | None], Verdict | int] = {
        (pin.name, pin.property): pin.expected for pin in case.pins
    }
    for change in changes:
        if change.case != case.path:
            continue
        if change.what is What.COUNT:
            numbers[change.name, None] = change.new
            continue
        length = Pin.length(change.name, 0)
        if change.what is What.LENGTH:
            numbers[length.name, length.property] = change.new
        else:  # the run of the other verdict, if it had one, is gone
            verdicts[change.name] = change.new
            numbers.pop((length.name, length.property), None)
    return verdicts, numbers


def _mended(report: CaseReport, cases: Mapping[str, Case]) -> CaseReport:
    """Return a report that compares with what its case expects now."""
    case = cases.get(report.case)
    if case is None:
        return report
    names = [result.name for result in report.outcome]
    asked = {(pin.name, pin.property) for pin in report.pins}
    return replace(
        report,
        expected={name: case.expected[name] for name in names},
        pins=tuple(pin for pin in case.pins if (pin.name, pin.property) in asked),
        lines=case.lines,
        digests=case.digests,
    )


def plan(
    cases: Sequence[Case], reports: Sequence[CaseReport]
) -> tuple[list[Change], list[Finding]]:
    """Return what is to be changed in a spec so that it expects what came out, and what cannot be.

    All combinations of a matrix expect the same, so that they must have come out alike.
    """
    changes: list[Change] = []
    problems: list[Finding] = []
    by_name = {report.case: report for report in reports}
    for path in dict.fromkeys(case.path for case in cases):
        members = [case for case in cases if case.path == path]
        found = [by_name[case.name] for case in members if case.name in by_name]
        if all(report.status is Status.EXPECTED for report in found):
            continue
        if len(found) < len(members):
            message = "not updated: not all combinations of the matrix have been checked"
            problems.append(_problem(members[0], message, None))
            continue
        for one in (*_verdicts(members[0], found), *_numbers(members[0], found)):
            if isinstance(one, Change):
                changes.append(one)
            else:
                problems.append(one)
    return changes, problems


def _verdicts(case: Case, reports: Sequence[CaseReport]) -> Iterator[Change | Finding]:
    """Yield the verdicts that are another now, for the case that all of these are."""
    for name, old in case.expected.items():
        found = {report.case: report.outcome[name].verdict for report in reports
                 if name in report.outcome}  # fmt: skip
        verdicts = set(found.values())
        if Verdict.UNDECIDED in verdicts or verdicts <= {old}:
            continue
        if len(verdicts) == 1:
            yield Change(case.path, name, What.VERDICT, old, *verdicts)
        else:
            yield _differs(case, name, found, case.lines.get(name))


def _numbers(case: Case, reports: Sequence[CaseReport]) -> Iterator[Change | Finding]:
    """Yield the numbers that are others now, but not those of runs that are gone."""
    for pin in case.pins:
        mine = [report for report in reports if pin in report.pins]
        found = {report.case: pin.found(report.outcome) for report in mine}
        statuses = {report.pin_status(pin) for report in mine}
        if statuses <= {Status.EXPECTED} or Status.UNDECIDED in statuses or None in found.values():
            continue
        numbers = {number for number in found.values() if number is not None}
        if len(numbers) == 1:
            what = What.COUNT if pin.property is None else What.LENGTH
            yield Change(case.path, pin.property or pin.name, what, pin.expected, *numbers)
        else:
            yield _differs(case, pin.name, found, pin.line)


def _differs(
    case: Case, name: str, found: Mapping[str, Verdict | int | None], line: int | None
) -> Finding:
    """Return that the combinations of a matrix cannot all be as expected."""
    first, one = next(iter(found.items()))
    second, other = next(item for item in found.items() if item[1] != one)
    return _problem(
        case,
        f"not updated: {name} is {one} in [{first}] and {other} in [{second}]; what a case with a "
        "matrix expects is the same in all combinations",
        line,
    )


def _problem(case: Case, message: str, line: int | None) -> Finding:
    where = f"case '{case.path[-1]}': " if case.path else ""
    return Finding(Place(case.spec, line), where + message)
