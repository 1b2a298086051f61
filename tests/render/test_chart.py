from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import sample_traces
from tests.golden_files import assert_golden
from tests.random_traces import thorough, traces
from utcheck.errors import Place, UsageError
from utcheck.outcome import Standing, Trace, TraceStep, Witness
from utcheck.plain import columns, escape, show
from utcheck.render.chart import chart

CHARTS: list[tuple[str, Callable[[], Trace]]] = [
    ("chart/early_resume.txt", sample_traces.early_resume),
    ("chart/lasso.txt", sample_traces.lasso),
    ("chart/stays.txt", sample_traces.stays),
    ("chart/eight_processes.txt", sample_traces.eight_processes),
    ("chart/twenty_processes.txt", sample_traces.twenty_processes),
    ("chart/fifteen_idle.txt", lambda: sample_traces.twenty_processes(acting=5)),
    ("chart/long_names.txt", sample_traces.long_names),
    ("chart/failing_assertion.txt", sample_traces.failing_assertion),
    ("chart/no_steps.txt", sample_traces.no_steps),
    ("chart/nasty_names.txt", sample_traces.nasty_names),
]
# What `git mailinfo`, mbox readers, SMTP and signature detection look for at the start of a line.
MISREAD = re.compile(r">*From |\.$|---|-- ?$|diff -|Index: ")
SIGNS = "|*X│●✗"


def squeezed(text: str) -> str:
    """Return the text without blanks and without the signs that a chart is drawn with."""
    return "".join(char for char in text if char not in f" {SIGNS}")


@pytest.mark.parametrize(("name", "trace"), CHARTS, ids=[name for name, _ in CHARTS])
def test_chart_looks_like_its_golden_file(name: str, trace: Callable[[], Trace]) -> None:
    assert_golden(name, chart(trace()))


def test_chart_with_unicode_looks_like_its_golden_file() -> None:
    assert_golden("chart/lasso.unicode.txt", chart(sample_traces.lasso(), unicode=True))
    assert_golden("chart/nasty_names.unicode.txt", chart(sample_traces.nasty_names(), unicode=True))


@pytest.mark.parametrize("width", [32, 50])
def test_chart_of_the_race_is_folded_where_the_page_is_narrow(width: int) -> None:
    text = chart(sample_traces.early_resume(), width=width)
    if width == 50:
        assert_golden("chart/early_resume.50.txt", text)
    assert max(map(len, text.splitlines())) <= width


@thorough
@given(traces(), st.sampled_from([32, 40, 72, 132]))
def test_every_line_can_be_mailed(trace: Trace, width: int) -> None:
    text = chart(trace, width=width)
    assert text.isascii()
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        assert len(line) <= width
        assert line == line.rstrip()
        assert line.isprintable()
        assert not MISREAD.match(line)


@thorough
@given(traces(), st.sampled_from([32, 72]))
def test_every_line_fits_a_terminal_that_shows_unicode(trace: Trace, width: int) -> None:
    for line in chart(trace, width=width, unicode=True)[:-1].split("\n"):
        assert columns(line) <= width
        assert line.isprintable()
        assert not any(unicodedata.combining(char) for char in line)


@thorough
@given(traces(), st.sampled_from([32, 72, 132]), st.booleans())
def test_steps_are_numbered_and_whole(trace: Trace, width: int, unicode: bool) -> None:
    trace = replace(trace, initial={})  # its values could look like the numbers of steps
    lines = iter(chart(trace, width=width, unicode=unicode)[:-1].split("\n"))
    gutter = max(2, len(str(len(trace.steps)))) + 1
    line = next(lines)
    for number, step in enumerate(trace.steps, 1):
        # The number of a step is the only text in the gutter, from the first step to the last.
        while line[: gutter + 2] != f"{number:>{gutter}}  ":
            assert number == 1 or not line[:gutter].strip()
            line = next(lines)
        drawn = line
        while (line := next(lines, "")) and not line[:gutter].strip():
            drawn += line
        for text in [escape(step.label, unicode=unicode), *texts_of(step, unicode)]:
            assert squeezed(text) in squeezed(drawn)


def texts_of(step: TraceStep, unicode: bool) -> list[str]:
    """Return what a step did, piece by piece."""
    texts = [show(option, unicode=unicode) for option in step.options]
    for change in step.changes:
        values = (show(value, unicode=unicode) for value in (change.old, change.new))
        arrow = "→" if unicode else "->"
        texts.append(escape(change.variable, unicode=unicode))
        texts.append(arrow.join(values))
    for event in step.events:
        texts.append(escape(event.name, unicode=unicode))
        texts.append(",".join(show(value, unicode=unicode) for value in event.values))
    if step.failure is not None:
        texts.append(escape(" ".join(step.failure.split()), unicode=unicode))
    return texts


def test_a_process_that_has_ended_has_no_lifeline_below_its_last_step() -> None:
    text = chart(sample_traces.twenty_processes(acting=2))
    assert "  1  *" in text
    last = next(line for line in text.splitlines() if line.startswith("  2  "))
    assert last.index("*") > last.index("2") + 3


def test_a_width_without_room_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 32 columns, not 31"):
        chart(sample_traces.early_resume(), width=31)


def test_subroutines_are_told_where_they_change_and_not_at_every_step() -> None:
    place = Place("models/example.py", 1)
    steps = tuple(
        TraceStep("p", label, place, calls=calls)
        for label, calls in [("a", ("f",)), ("b", ("f",)), ("c", ()), ("d", ("f", "g"))]
    )
    standings = (Standing("p", None, "ended", False),)
    trace = Trace(("p",), {}, steps, standings, Witness((), ()))
    lines = chart(trace).splitlines()
    marked = [line.partition("*")[2].strip() for line in lines if "*" in line]
    assert marked == ["a (in f)", "b", "c", "d (in f > g)"]
