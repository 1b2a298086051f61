"""What diagrams of graphs have in common: the words for a model, a step, a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from utcheck.outcome import Event
from utcheck.plain import escape, fill, show
from utcheck.render.diagram import COLUMNS, Diagram, Edge

TITLE = 90  # columns of the lines above a diagram
MOST_STEPS = 6  # so many steps of a trace are numbered on one edge

# A networkx graph: that library is imported in utcheck.graph only.
Graph = Any

Words = Callable[[Mapping[str, Any], list[str]], Iterable[str]]
"""Returns the lines of an edge, given its attributes and the words to begin with."""


def title(sentences: Iterable[str]) -> tuple[str, ...]:
    """Return the lines above a diagram."""
    return tuple(
        line for sentence in sentences for line in fill(sentence.split(" "), TITLE, hanging=2)
    )


def model(graph: Graph) -> str:
    """Return the model with its parameters, as one would write it."""
    given = graph.graph["parameters"].items()
    parameters = ", ".join(f"{name}={value_text(value)}" for name, value in given)
    return f"{graph.graph['model']}({parameters})"


def text(name: str) -> str:
    """Return a name, or whatever string of a model, escaped."""
    return escape(name, unicode=True)


def value_text(value: object) -> str:
    """Return a value of a model, escaped."""
    return show(value, unicode=True)


def one_line(string: str) -> str:
    """Return a string escaped, with every run of white space made one blank."""
    return text(" ".join(string.split()))


def edges(graph: Graph, words: Words) -> tuple[Edge, ...]:
    """Return the edges of a graph, those that a trace takes thick and with their numbers."""
    position = {number: at for at, number in enumerate(sorted(graph))}
    found = []
    for source, target, edge in graph.edges(data=True):
        steps = edge.get("trace", ())
        lines = tuple(words(edge, numbered(steps)))
        found.append(Edge(position[source], position[target], lines, bool(steps)))
    return tuple(sorted(found, key=lambda edge: edge.source))


def numbered(steps: Sequence[int]) -> list[str]:
    """Return the numbers of the steps of a trace as a word, the first ones if they are many."""
    more = [f"and {len(steps) - MOST_STEPS:,} more"] if len(steps) > MOST_STEPS else []
    first = ", ".join(map(str, steps[:MOST_STEPS]))
    return [first, *more] if steps else []


def told(edge: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a step chose and emitted, in lines."""
    if edge["options"]:
        values = ", ".join(map(value_text, edge["options"]))
        yield from fill(f"chooses {values}".split(" "), COLUMNS, hanging=2)
    for event in edge["events"]:
        yield from fill(f"emits {_event(event)}".split(" "), COLUMNS, hanging=2)


def _event(event: Event) -> str:
    values = ", ".join(map(value_text, event.values))
    return text(event.name) + (f"({values})" if values else "")


def in_ascii(diagram: Diagram) -> Diagram:
    """Return a diagram with every character beyond 7-bit ASCII escaped, for fonts without them."""
    return replace(
        diagram,
        nodes=tuple(replace(node, lines=_ascii(node.lines)) for node in diagram.nodes),
        edges=tuple(replace(edge, lines=_ascii(edge.lines)) for edge in diagram.edges),
        title=_ascii(diagram.title),
    )


def _ascii(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(escape(line) for line in lines)
