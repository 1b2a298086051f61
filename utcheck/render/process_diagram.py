"""The automaton of a process as a diagram: where it stands, on what it goes where, what it sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from utcheck.plain import fill
from utcheck.render.diagram import COLUMNS, Diagram, Node
from utcheck.render.graph_words import Graph, edges, model, one_line, text, title, told, value_text


def process_diagram(graph: Graph) -> Diagram:
    """Return the automaton of a process (`utcheck.graph.automaton`) as a diagram."""
    nodes = []
    for number in sorted(graph):
        location = graph.nodes[number]
        nodes.append(Node(tuple(_location(location)), location["initial"], bool(location["fails"])))
    sentences = [
        f"Process {text(graph.graph['processes'][0])} of {model(graph)}, in reachable states",
        "A box is a place between two steps, and has the label of the next one. An arrow says when "
        "that step goes there, and what it sets.",
    ]
    return Diagram(tuple(nodes), edges(graph, _way), title(sentences))


def _location(location: Mapping[str, Any]) -> Iterator[str]:
    """Yield the text of a place where a process can stand."""
    if location["label"] is None:
        yield "(ended)"
        return
    yield from fill(text(location["label"]).split(" "), COLUMNS, hanging=2)
    if location["calls"]:
        calls = " > ".join(map(text, location["calls"]))
        yield from fill(f"in {calls}".split(" "), COLUMNS, hanging=2)
    if location["place"] is not None:
        yield from fill([text(location["place"])], COLUMNS, hanging=2)
    if location["waits"]:
        yield from fill(["waits", *_if(location["waits"])], COLUMNS, hanging=2)
    for conditions, message in location["fails"]:
        words = ["ASSERTION", "VIOLATED", *_if(conditions), f"({one_line(message)})"]
        yield from fill(" ".join(words).split(" "), COLUMNS, hanging=2)


def _way(edge: Mapping[str, Any], words: list[str]) -> Iterator[str]:
    """Yield the text of what a process does: on which conditions, and what it sets."""
    words = [*words, *_if(edge["when"])]
    if words:
        yield from fill(words, COLUMNS, hanging=2)
    for name, value in edge["writes"].items():
        yield from fill([f"{text(name)} := {value_text(value)}"], COLUMNS, hanging=2)
    yield from told(edge)


def _if(conditions: Sequence[Mapping[str, Sequence[Any]]]) -> list[str]:
    """Return conditions, any of which may be true, in words; nothing where there is none."""
    words: list[str] = []
    for condition in conditions:
        for number, chunk in enumerate(_condition(condition)):
            words += ["and"] if number else ["or"] if words else ["if"]
            words.append(chunk)
    return words


def _condition(condition: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    for name, values in condition.items():
        shown = [*map(value_text, values)]
        one = f"= {shown[0]}" if len(shown) == 1 else f"in {{{', '.join(shown)}}}"
        yield f"{text(name)} {one}"
