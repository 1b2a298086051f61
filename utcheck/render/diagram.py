"""Graphs as plain data, drawn for Graphviz by `dot` and for Mermaid by `mermaid`; traces as such.

What the texts in it say of a model is escaped already (`plain.escape`): the formats have to escape
only what means something to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isqrt

from utcheck.outcome import Trace, TraceStep
from utcheck.plain import fill, plural, sentence
from utcheck.render.chart import initial_values, standings
from utcheck.render.lifelines import ASCII, UNICODE, Style, calls_around, details

COLUMNS = 40  # how wide the texts of a diagram are
_ROOM = 60  # the same for the sentences above and below
_LONG = 30  # steps that stand in one column


@dataclass(frozen=True, slots=True)
class Node:
    """A state: its text, whether a run may begin there, and whether it is the one to look at.

    `at` are numbers of steps after which the run that is shown is in this state.
    """

    lines: tuple[str, ...]
    initial: bool = False
    marked: bool = False
    at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A transition between two nodes, given by their positions; `thick` sets it off."""

    source: int
    target: int
    lines: tuple[str, ...] = ()
    thick: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """A directed graph with a title above and a few lines below it.

    In a graph that is little more than a path, as long as a sheet or longer, `column` is how many
    nodes are to stand below each other before the next column begins.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    title: tuple[str, ...] = ()
    caption: tuple[str, ...] = ()
    column: int | None = None


def of_trace(trace: Trace, title: str = "", *, unicode: bool = True) -> Diagram:
    """Return the states of a trace in their order, joined by its steps.

    A node has the values of the variables that changed on the way to it, an edge the number of the
    step, its process and label, and what it chose and emitted. The last state of a trace is marked.
    In a lasso the last step leads back to the state where the cycle begins, and the edges of the
    cycle are thick. Without `unicode` every text is 7-bit ASCII.
    """
    style = UNICODE if unicode else ASCII
    size = len(trace)
    cycle = size if trace.cycle is None else trace.cycle
    nodes = [Node(tuple(initially(trace, COLUMNS, style)), initial=True, at=(0,))]
    nodes += [Node(tuple(_state(n, one, style)), at=(n,)) for n, one in enumerate(trace.steps, 1)]
    edges = [
        Edge(n, n + 1, (*lines, *_deeds(trace.steps[n], style)), thick=n >= cycle)
        for n, lines in enumerate(headlines(trace, COLUMNS, style))
    ]
    if cycle < size:
        # The last state is the one where the cycle begins, whose node has the changes before it.
        lines = (*edges[-1].lines, *_changes(trace.steps[-1], style))
        edges[-1] = replace(edges[-1], target=cycle, lines=lines)
        nodes.pop()
        nodes[cycle] = replace(nodes[cycle], at=(cycle, size))
    else:
        nodes[-1] = replace(nodes[-1], marked=True)
    if trace.cycle == size:
        edges.append(Edge(cycle, cycle, ("for ever",), thick=True))
    title_lines, caption = heading(title, style), ending(trace, _ROOM, style)
    column = max(_LONG // 2, isqrt(2 * size)) if size > _LONG else None
    return Diagram(tuple(nodes), tuple(edges), tuple(title_lines), tuple(caption), column)


def heading(title: str, style: Style = UNICODE) -> list[str]:
    """Return the lines of a title."""
    return fill(sentence(title, unicode=style.unicode).split(" "), _ROOM) if title else []


def initially(trace: Trace, columns: int, style: Style = UNICODE) -> Iterator[str]:
    """Yield the values of variables in the first state, in lines."""
    values, hidden = initial_values(trace, style)
    yield "initially:" if values else "initially"
    for value in values:
        yield from fill(value.split(" "), columns, hanging=2)
    if hidden:
        yield f"({plural(hidden, 'other variable')})"


def ending(trace: Trace, columns: int, style: Style = UNICODE) -> list[str]:
    """Return the lines that say where the processes stand in the last state, and what is wrong."""
    lines = standings(trace, style, columns)
    if trace.ending:
        lines += fill(sentence(trace.ending, unicode=style.unicode).split(" "), columns)
    return lines


def headlines(trace: Trace, columns: int, style: Style = UNICODE) -> Iterator[list[str]]:
    """Yield the number, process and label of each step, and subroutines where they change."""
    told: dict[str, tuple[str, ...]] = {}
    for number, step in enumerate(trace.steps, 1):
        calls = () if told.get(step.process) == step.calls else step.calls
        told[step.process] = step.calls
        words = [f"{number} {style.text(step.process)}:", *style.text(step.label).split(" ")]
        yield fill([*words, *calls_around(step.label, calls, style)], columns, hanging=2)


def _deeds(step: TraceStep, style: Style) -> Iterator[str]:
    """Yield what a step did besides its changes."""
    for words in details(replace(step, changes=()), style):
        yield from fill(words, COLUMNS, hanging=2)


def _changes(step: TraceStep, style: Style) -> Iterator[str]:
    for words in details(replace(step, options=(), events=(), failure=None), style):
        yield from fill(words, COLUMNS, hanging=2)


def _state(number: int, step: TraceStep, style: Style) -> Iterator[str]:
    """Yield the text of the state after a step."""
    yield f"after step {number}:" if step.changes else f"after step {number}"
    for change in step.changes:
        words = f"{style.text(change.variable)} = {style.value(change.new)}".split(" ")
        yield from fill(words, COLUMNS, hanging=2)
