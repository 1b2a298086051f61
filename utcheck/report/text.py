"""Outcomes as plain text of 72 columns: what came out, and the traces that show why.

The heading of every trace is a line that can be the subject of a mail, with what follows as its
body. Traces are drawn by a function that is handed in, so that this module knows no chart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from utcheck.outcome import Outcome, PropertyResult, Standing, StopReason, Trace, Verdict
from utcheck.plain import (
    enumerate_words,
    escape,
    fill,
    in_families,
    paragraph,
    plural,
    sentence,
    show,
)
from utcheck.report.case import CaseReport, Row, Status, rows, tally

WIDTH = 72
_MEBIBYTE = 2**20
_VERDICT = 9  # the length of the longest verdict
_MARKS = {Status.EXPECTED: " ", Status.UNEXPECTED: "!", Status.UNDECIDED: "?"}

Chart = Callable[[Trace], str]


def report_text(reports: Sequence[CaseReport], *, chart: Chart, timing: bool = True) -> str:
    """Return the whole report, which ends with a newline and with one sentence about all cases.

    `chart` draws a trace in at most 72 columns of ASCII. Without `timing` the text leaves out time
    and memory, and is the same from run to run.
    """
    blocks: list[str] = []
    for (spec, title, source), cases in groupby(reports, _origin):
        members = list(cases)
        blocks.append(_lines(_front(title or spec, source)))
        blocks += [case_text(report, timing=timing) for report in members]
        for report in members:
            blocks += trace_texts(report, chart=chart)
    blocks.append(_lines(paragraph(tally(reports), WIDTH)))
    return "\n".join(blocks)


def _origin(report: CaseReport) -> tuple[str, str, str]:
    return report.spec, report.title, report.source


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _indented(lines: Iterable[str], columns: int) -> Iterator[str]:
    return (f"{' ' * columns}{line}".rstrip() for line in lines)


def _front(*texts: str) -> Iterator[str]:
    for text in texts:
        if text:
            yield from paragraph(sentence(text), WIDTH)


def case_text(report: CaseReport, *, timing: bool = True) -> str:
    """Return what came out of one case: verdicts, the size of the search, steps that never ran.

    The mark `!` stands before every verdict and number that is not the expected one, `?` before
    every undecided one.
    """
    lines = paragraph(f"{escape(report.name)}: {report.status}", WIDTH)
    parameters = report.outcome.parameters.items()
    settings = [f"{escape(name)} = {show(value)}" for name, value in parameters]
    if settings:
        words = ["with", *(f"{word}," for word in settings[:-1]), settings[-1]]
        lines += _indented(fill(words, WIDTH - 2, hanging=2), 2)
    for row in rows(report):
        lines += _verdict(row, "" if row.note == report.outcome.stop else row.note)
    for pin in report.pins:
        text = f"{_MARKS[report.pin_status(pin)]} {escape(report.pin_text(pin))}"
        lines += fill(text.split(" "), WIDTH, hanging=4)
    cached = timing and report.cached
    facts = _statistics(report.outcome, timing) + ["(cached)"] * cached
    lines += _indented(fill(facts, WIDTH - 2, hanging=2), 2)
    lines += _never_ran(report.outcome)
    return _lines(lines)


def _verdict(row: Row, note: str) -> Iterator[str]:
    """Yield the verdict and name of a property with what was expected, and below it the note."""
    facts = []
    if row.verdict is not row.expected:
        facts.append(f"expected: {row.expected}")
    elif row.verdict is not Verdict.HOLDS:
        facts.append("as expected")
    if row.steps is not None:
        size = plural(row.steps, "step")
        facts.append(size if row.verdict is Verdict.VIOLATED else f"a run of {size} shows it")
    text = escape(row.property) + (f" ({', '.join(facts)})" if facts else "")
    mark = "!" if row.unexpected else "?" if row.verdict is Verdict.UNDECIDED else " "
    lead = f"{mark} {row.verdict:<{_VERDICT}}  "
    first, *more = fill(text.split(" "), WIDTH - len(lead), hanging=2)
    yield (lead + first).rstrip()
    yield from _indented(more, len(lead))
    if note:
        words = sentence(note).split(" ")
        yield from _indented(fill(words, WIDTH - len(lead) - 2), len(lead) + 2)


def _statistics(outcome: Outcome, timing: bool) -> list[str]:
    """Say why the search ended and how large it was, in chunks that stay together."""
    of = outcome.statistics
    facts = [plural(of.states, "state")]
    if of.initial_states != 1:
        facts.append(f"{of.initial_states:,} of them initial")
    facts.append(plural(of.transitions, "transition"))
    facts.append(f"depth {of.depth:,}")
    facts.append(plural(of.deadlocks, "deadlock"))
    facts.append(f"engine {escape(outcome.engine)}")
    if timing:
        facts += [] if of.workers == 1 else [f"{of.workers} workers"]
        digits = 2 if of.seconds < 10 else 0
        facts.append(f"{of.seconds:,.{digits}f} s")
        if of.compile_seconds:
            facts.append(f"{of.compile_seconds:,.2f} s of them to compile kernels, once")
        facts.append(f"{of.peak_memory / _MEBIBYTE:,.0f} MiB")
    if outcome.fairness == "none":
        facts.append("no fairness assumed")
    reason = f"{outcome.stop[0].upper()}{outcome.stop[1:]}:"
    return [*reason.split(" "), *(f"{fact}," for fact in facts[:-1]), f"{facts[-1]}."]


def _never_ran(outcome: Outcome) -> Iterator[str]:
    """Yield the steps that no run takes; after a search that was cut short nobody knows them."""
    if outcome.stop is not StopReason.EXHAUSTED or not outcome.never_ran:
        return
    same: dict[tuple[str, str], list[str]] = {}
    for step in outcome.never_ran:
        same.setdefault((step.label, str(step.place)), []).append(escape(step.process))
    yield "  Steps that never ran:"
    for (label, place), processes in same.items():
        names = enumerate_words([*in_families(processes).values()])
        words = f"{names}: '{escape(label)}' ({escape(place)})".split(" ")
        yield from _indented(fill(words, WIDTH - 4, hanging=2), 4)


def trace_texts(report: CaseReport, *, chart: Chart) -> list[str]:
    """Return a text for every trace that is worth a look, each with its heading.

    These are the counterexamples of the violated properties; where there is none, the witnesses of
    the `reachable` properties and the longest of the shortest runs.
    """
    results = [result for result in report.outcome if result.trace is not None]
    violated = [result for result in results if result.verdict is Verdict.VIOLATED]
    if violated:
        return [
            _counterexample(report, result, violated[:number], chart)
            for number, result in enumerate(violated)
        ]
    texts = [
        _section(report, f"{result.name} is reached", result.text, result.trace, chart)
        for result in results
    ]
    longest = report.outcome.longest
    if longest is not None:
        text = "A shortest run to a state that is as far from the initial states as any."
        texts.append(_section(report, "a run to the greatest depth", text, longest, chart))
    return texts


def _counterexample(
    report: CaseReport, result: PropertyResult, before: Sequence[PropertyResult], chart: Chart
) -> str:
    """Return the text about a violated property; a run that was drawn before is not drawn again."""
    headline = f"{result.name} is violated"
    for other in before:
        if _same_run(other.trace, result.trace):
            chart = _reference(other.name)
    return _section(report, headline, result.text, result.trace, chart) + _others(result)


def _others(result: PropertyResult) -> str:
    """Return a list of the other end states of a property, by what tells them from the first."""
    if result.end_states is None or result.trace is None:
        return ""
    if result.end_states == 1:
        return "\nThis is the only such state.\n"
    shown = len(result.others) + 1
    lines = ["", f"{plural(result.end_states, 'such state')} in all; {_these(result, shown)}:"]
    for trace in result.others:
        facts = [f"{name} = {show(value)}" for name, value in trace.final.items()
                 if result.trace.final[name] != value]  # fmt: skip
        facts += [
            f"{standing.process} {_stands(standing)}"
            for standing, first in zip(trace.standings, result.trace.standings, strict=True)
            if (standing.label, standing.status) != (first.label, first.status)
        ]
        text = f"after {plural(len(trace), 'step')}: {', '.join(facts) or 'another place'}"
        lines += _indented(fill(text.split(" "), WIDTH - 2, hanging=2), 2)
    return _lines(lines)


def _these(result: PropertyResult, shown: int) -> str:
    what = "what differs from the one above"
    return what if shown == result.end_states else f"{shown - 1} of the others, and {what}"


def _stands(standing: Standing) -> str:
    return "has ended" if standing.label is None else f"at '{escape(standing.label)}'"


def _same_run(one: Trace | None, two: Trace | None) -> bool:
    """Say whether two traces look alike; one that stays where it ends is one that ends there."""
    if one is None or two is None:
        return False
    cycles = [None if trace.cycle == len(trace) else trace.cycle for trace in (one, two)]
    likened = replace(one, witness=two.witness, ending=two.ending, cycle=two.cycle)
    return cycles[0] == cycles[1] and likened == two


def _reference(name: str) -> Chart:
    def refer(trace: Trace) -> str:
        text = f"The run is that of {name}, above. {trace.ending}"
        return _lines(paragraph(sentence(text), WIDTH))

    return refer


def _section(
    report: CaseReport, headline: str, text: str, trace: Trace | None, chart: Chart
) -> str:
    """Return the heading, underlined, what the property says, and the trace."""
    if trace is None:
        return ""
    heading = f"{report.name}: {headline} ({plural(len(trace), 'step')})"
    lines = paragraph(escape(heading), WIDTH, hanging=2)
    lines += ["=" * max(map(len, lines)), ""]
    if text:
        lines += [*paragraph(sentence(text), WIDTH), ""]
    return _lines(lines) + chart(trace)
