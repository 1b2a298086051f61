"""What a notebook shows of traces and outcomes: the chart, as HTML and as SVG."""

from __future__ import annotations

from html import escape

from utcheck.outcome import Outcome, Trace, Verdict
from utcheck.plain import columns, plural, sentence
from utcheck.plain import escape as plain
from utcheck.render.chart import chart

WIDTH = 100
_COLUMN, _LINE, _MARGIN = 8.4, 17, 8  # pixels, for a font of 14 pixels


def trace_html(trace: Trace) -> str:
    """Return the chart of a trace as preformatted text."""
    return f"<pre>{escape(chart(trace, width=WIDTH, unicode=True))}</pre>"


def trace_svg(trace: Trace) -> str:
    """Return the chart of a trace as a picture, in black on white."""
    lines = chart(trace, width=WIDTH, unicode=True).rstrip("\n").split("\n")
    width = round(2 * _MARGIN + _COLUMN * max(map(columns, lines)))
    height = 2 * _MARGIN + _LINE * len(lines)
    texts = "".join(
        f'<text x="{_MARGIN}" y="{_MARGIN + _LINE * (number + 1) - 4}">{escape(line)}</text>'
        for number, line in enumerate(lines)
        if line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><rect width="100%" height="100%" fill="white"/>'
        f'<g font-family="monospace" font-size="14" style="white-space: pre">{texts}</g></svg>'
    )


def outcome_html(outcome: Outcome) -> str:
    """Return the verdicts of an outcome as a table, with a chart for each violation."""
    rows = "".join(
        f"<tr><td>{escape(plain(result.name, unicode=True))}</td><td>{result.verdict}</td>"
        f"<td>{escape(sentence(result.text or result.reason, unicode=True))}</td></tr>"
        for result in outcome
    )
    of = outcome.statistics
    size = f"{plural(of.states, 'state')}, {plural(of.transitions, 'transition')}, {outcome.stop}"
    heads = "<tr><th>property</th><th>verdict</th><th></th></tr>"
    charts = "".join(
        f"<details open><summary>{escape(plain(result.name, unicode=True))}</summary>"
        f"{trace_html(result.trace)}</details>"
        for result in outcome
        if result.trace is not None and result.verdict is Verdict.VIOLATED
    )
    return f"<table>{heads}{rows}</table><p>{escape(size)}</p>{charts}"
