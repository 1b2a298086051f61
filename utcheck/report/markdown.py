"""Results as Markdown: one section per spec, one row per case; then the errors, if any."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from utcheck.errors import Finding
from utcheck.outcome import Verdict
from utcheck.plain import escape
from utcheck.report.case import CaseReport, Row, Status, rows


def markdown(reports: Sequence[CaseReport], errors: Sequence[Finding] = ()) -> str:
    """Return tables of what came out: case, states, verdicts and the lengths of their runs.

    A verdict that the spec does not expect is in bold. Numbers that it does not expect, or that
    are not known, are listed below the table. `errors` are what kept specs from being checked.
    There are no times in it: the same results give the same text.
    """
    sections = [
        "\n".join(_section(list(group))) for _, group in groupby(reports, lambda one: one.spec)
    ]
    if errors:
        items = [f"- {_code(str(error.place))}: {cell(error.message)}" for error in errors]
        sections.append("\n".join(["## Errors", "", *items]))
    return "\n\n".join(sections) + "\n"


def _section(reports: Sequence[CaseReport]) -> Iterator[str]:
    first = reports[0]
    yield f"## {cell(first.title or first.name)}"
    yield ""
    yield _code(first.spec) + (f", after {cell(first.source)}" if first.source else "")
    yield ""
    yield "| case | states | violated | holds |"
    yield "| --- | ---: | --- | --- |"
    for report in reports:
        found = rows(report)
        violated = _verdicts(row for row in found if row.verdict is not Verdict.HOLDS)
        holds = _verdicts(row for row in found if row.verdict is Verdict.HOLDS)
        case = cell(report.case) or "(the spec)"
        yield f"| {case} | {report.outcome.statistics.states:,} | {violated} | {holds} |"
    wrong = [(report, pin) for report in reports for pin in report.pins
             if report.pin_status(pin) is not Status.EXPECTED]  # fmt: skip
    if wrong:
        yield ""
    for report, pin in wrong:
        yield f"- {cell(report.name)}: **{cell(report.pin_text(pin))}**"


def _verdicts(found: Iterator[Row]) -> str:
    return ", ".join(_verdict(row) for row in found)


def _verdict(row: Row) -> str:
    steps = "" if row.steps is None else f" ({row.steps})"
    kind = " (undecided)" if row.verdict is Verdict.UNDECIDED else ""
    text = f"{cell(row.property)}{kind}{steps}"
    return f"**{text}**" if row.unexpected else text


def _code(text: str) -> str:
    """Return a text as code, between more backticks than there are in it."""
    plain = escape(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", plain)), default=0))
    blank = " " if "`" in plain else ""
    return f"{fence}{blank}{plain}{blank}{fence}"


def cell(text: str) -> str:
    """Return a text of a spec as one cell, with what Markdown would read as its own escaped."""
    plain = escape(text)
    for sign in "\\|*_`<>[]#":
        plain = plain.replace(sign, f"\\{sign}" if sign != "<" else "&lt;")
    return plain
