"""What came out as a terminal shows it: tables, colours, charts. rich is imported here alone."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from utcheck.cli.output import chart_of
from utcheck.outcome import Outcome, Pin, StopReason, Verdict
from utcheck.plain import plural, sentence, show
from utcheck.report.case import CaseReport, Row, Status, rows, tally
from utcheck.report.text import trace_texts

if TYPE_CHECKING:
    from utcheck.cli.output import Style

_COLOURS = {
    Status.EXPECTED: "green",
    Status.UNEXPECTED: "red",
    Status.UNDECIDED: "yellow",
}


def terminal_text(reports: Sequence[CaseReport], style: Style, *, timing: bool) -> str:
    """Return the whole report, with the control sequences of a terminal where there are colours."""
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=style.width,
        force_terminal=style.colour,
        color_system="standard" if style.colour else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for (spec, title, source), cases in groupby(reports, lambda r: (r.spec, r.title, r.source)):
        members = list(cases)
        console.print(Text(sentence(title or spec, unicode=style.unicode), style="bold"))
        if source:
            console.print(Text(sentence(source, unicode=style.unicode), style="dim"))
        console.print(_table(members, style))
        for report in members:
            console.print(_statistics(report, style, timing))
            for line in _never_ran(report.outcome, style):
                console.print(line)
        console.print()
        for report in members:
            for text in trace_texts(report, chart=chart_of(style)):
                heading, _, rest = text.partition("\n")
                console.print(Text(heading, style="bold"))
                console.out(rest, highlight=False)
    console.print(Text(tally(reports), style=_COLOURS[_worst(reports)]))
    return buffer.getvalue()


def _table(reports: Sequence[CaseReport], style: Style) -> Table:
    table = Table(box=box.ROUNDED if style.unicode else box.ASCII, header_style="bold")
    named = any(report.case for report in reports)
    for heading in (*(["case"] if named else []), "property", "verdict", "expected", "trace"):
        table.add_column(heading, overflow="fold")
    for report in reports:
        for number, row in enumerate(rows(report)):
            case = sentence(row.case, unicode=style.unicode) if number == 0 else ""
            table.add_row(*([Text(case)] if named else []), *_cells(row, style))
        for pin in report.pins:
            table.add_row(*([""] if named else []), *_pin_cells(report, pin, style))
        table.add_section()
    return table


def _cells(row: Row, style: Style) -> Iterator[Text]:
    status = Status.UNEXPECTED if row.unexpected else Status.EXPECTED
    if row.verdict is Verdict.UNDECIDED:
        status = Status.UNDECIDED
    name = Text(sentence(row.property, unicode=style.unicode))
    if row.note:
        name.append(f"\n{sentence(row.note, unicode=style.unicode)}", style="dim")
    yield name
    yield Text(row.verdict, style=_COLOURS[status])
    yield Text("" if row.expected is row.verdict else row.expected)
    yield Text("" if row.steps is None else plural(row.steps, "step"))


def _pin_cells(report: CaseReport, pin: Pin, style: Style) -> Iterator[Text]:
    status, found = report.pin_status(pin), pin.found(report.outcome)
    shown = "no run" if found is None else f"{found:,}"
    yield Text(sentence(pin.name, unicode=style.unicode))
    yield Text(status if status is Status.UNDECIDED else shown, style=_COLOURS[status])
    yield Text("" if status is Status.EXPECTED else f"{pin.expected:,}")
    yield Text("")


def _statistics(report: CaseReport, style: Style, timing: bool) -> Text:
    outcome, of = report.outcome, report.outcome.statistics
    facts = [
        plural(of.states, "state"),
        plural(of.transitions, "transition"),
        f"depth {of.depth:,}",
        plural(of.deadlocks, "deadlock"),
    ]
    if timing:
        facts += [] if of.workers == 1 else [f"{of.workers} workers"]
        facts.append(f"{of.seconds:.2f} s")
        if of.compile_seconds:
            facts.append(f"{of.compile_seconds:.2f} s of them to compile kernels, once")
        facts.append(f"{of.peak_memory / 2**20:,.0f} MiB")
    if outcome.stop is not StopReason.EXHAUSTED:
        facts.append(outcome.stop)
    settings = [
        f"{name} = {show(value, unicode=style.unicode)}"
        for name, value in outcome.parameters.items()
    ]
    text = Text(sentence(report.name, unicode=style.unicode))
    text.append(f": {report.status}", style=_COLOURS[report.status])
    text.append(f"; {', '.join(facts)}; engine {outcome.engine}", style="dim")
    if settings:
        text.append(f"; {', '.join(settings)}", style="dim")
    return text


def _never_ran(outcome: Outcome, style: Style) -> Iterator[Text]:
    if outcome.stop is not StopReason.EXHAUSTED:
        return
    for step in outcome.never_ran:
        words = f"  never ran: {step.process}: '{step.label}' ({step.place})"
        yield Text(sentence(words, unicode=style.unicode), style="yellow")


def _worst(reports: Sequence[CaseReport]) -> Status:
    statuses = {report.status for report in reports}
    for status in (Status.UNEXPECTED, Status.UNDECIDED):
        if status in statuses:
            return status
    return Status.EXPECTED
