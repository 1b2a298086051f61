"""Results for GitHub Actions: workflow commands that become annotations, and a step summary.

The runner reads a line `::error file=F,line=N,title=T::MESSAGE` from the output of a step. Whatever
a spec says is on one line and escaped before it is put there, so that it cannot be a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from utcheck.errors import Finding, Place
from utcheck.outcome import Trace, Verdict
from utcheck.plain import sentence
from utcheck.report.case import CaseReport, tally
from utcheck.report.complaints import (
    Complaint,
    Grade,
    clipped,
    complaints,
    explanation,
    one_line,
    path_of,
)
from utcheck.report.markdown import cell, markdown
from utcheck.report.text import Chart

LONGEST_TITLE = 255  # characters; what the interface for annotations takes
LARGEST_SUMMARY = 2**20 - 2**12  # bytes; a summary of more than 1 MiB is not shown at all
_BACKTICKS = re.compile("`+")


def github(reports: Sequence[CaseReport], errors: Sequence[Finding] = ()) -> str:
    """Return an annotation for everything that is not as expected, each on a line.

    It stands at the line of the property in the spec, and where there is a counterexample, another
    one at the line of the model where that ends. What is undecided is a warning.
    """
    return "".join(
        f"{line}\n" for complaint in complaints(reports, errors) for line in _lines(complaint)
    )


def _lines(complaint: Complaint) -> Iterator[str]:
    level = "warning" if complaint.grade is Grade.UNDECIDED else "error"
    yield _command(level, complaint.place, complaint.title, complaint.message)
    trace = _counterexample(complaint)
    if trace is not None and trace.steps:
        last = trace.steps[-1]
        step = one_line(f"step {len(trace.steps)}, {last.process}: '{last.label}'")
        message = f"The counterexample ends here, with {step}. {one_line(trace.ending)}".rstrip()
        yield _command(level, last.place, complaint.title, message)


def _counterexample(complaint: Complaint) -> Trace | None:
    result = complaint.result
    return None if result is None or result.verdict is not Verdict.VIOLATED else result.trace


def _command(level: str, place: Place, title: str, message: str) -> str:
    values = {
        "file": path_of(place),
        "line": str(place.line or ""),
        "col": str(place.column or "") if place.line else "",
        "title": clipped(title, LONGEST_TITLE),
    }
    pairs = ",".join(f"{name}={_property(value)}" for name, value in values.items() if value)
    return f"::{level} {pairs}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def step_summary(
    reports: Sequence[CaseReport], errors: Sequence[Finding] = (), *, chart: Chart
) -> str:
    """Return Markdown of at most 1 MiB: tables, and the charts of what is not as expected.

    `chart` draws a trace as text. Charts for which there is no room are counted in the last line.
    """
    text = f"**utcheck**: {cell(tally(reports))}\n\n{markdown(reports, errors)}"
    if len(text.encode()) > LARGEST_SUMMARY:
        return f"**utcheck**: {len(reports):,} cases, more than a summary has room for.\n"
    left = LARGEST_SUMMARY - len(text.encode())
    omitted = 0
    for complaint in complaints(reports, ()):
        section = _section(complaint, chart)
        left -= len(section.encode())
        if left < 0:
            omitted += 1
            continue
        text += section
    return text + (f"\nThere is no room for {omitted:,} more.\n" if omitted else "")


def _section(complaint: Complaint, chart: Chart) -> str:
    if complaint.report is None or complaint.about is None:
        return ""
    body = "\n".join(explanation(complaint.report, complaint.about, chart))
    longest = max(map(len, _BACKTICKS.findall(body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"\n### {cell(sentence(complaint.headline))}\n\n{fence}text\n{body}\n{fence}\n"
