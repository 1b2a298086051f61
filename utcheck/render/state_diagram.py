"""State graphs as diagrams: what each box and arrow says.

The graphs are those of `utcheck.graph`: whole, a part, or with states merged. Nothing is said by
colour alone: an initial state has a double border, a deadlock says so in a box that is filled, and
the steps of a trace are thick and have their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from utcheck.plain import fill, in_families, plural
from utcheck.render.diagram import COLUMNS, Diagram, Edge, Node
from utcheck.render.graph_words import (
    Graph,
    edges,
    model,
    numbered,
    one_line,
    text,
    title,
    told,
    value_text,
)

MOST_LABELS = 8  # so many labels are on an arrow between merged states


def state_diagram(graph: Graph, notes: Sequence[str] = ()) -> Diagram:
    """Return a state graph, or a part of one (`utcheck.graph.parts.around`), as a diagram.

    The first state has the values of all variables, and every other one those that are not the
    same there. A variable or location that is the same everywhere is mentioned above the picture.
    `notes` are more sentences for this place.
    """
    numbers = sorted(graph)
    states = [graph.nodes[number] for number in numbers]
    first = states[0]
    idle = [p for p in first["locations"] if _alike(s["locations"][p] for s in states)]
    fixed = [v for v in first["variables"] if _alike(_key(s["variables"][v]) for s in states)]
    nodes = []
    for number, state in zip(numbers, states, strict=True):
        lines = [*_heading(number, state), *_places(state, idle)]
        shown = [v for v in state["variables"] if v not in fixed]
        if state is not first:
            shown = [v for v in shown if _key(state["variables"][v]) != _key(first["variables"][v])]
        values = _values({v: state["variables"][v] for v in shown})
        lines += fill(values, COLUMNS, hanging=2) if values else []
        lines += _hidden(state)
        nodes.append(_node(lines, state))
    size = f"{plural(len(graph), 'state')}, {plural(graph.size(), 'transition')}"
    sentences = [f"{model(graph)}: {size}", *notes]
    if len(nodes) > 1:
        sentences += _common(first, numbers[0], fixed, idle)
    return Diagram(tuple(nodes), edges(graph, _transition), title(sentences))


def _common(
    first: Mapping[str, Any], number: int, fixed: Sequence[str], idle: Sequence[str]
) -> Iterator[str]:
    """Say what states do not say of themselves."""
    if len(fixed) < len(first["variables"]):
        yield f"A variable that a state does not name is as in state {number}."
    if fixed:
        values = _values({v: first["variables"][v] for v in fixed})
        yield f"In all of them: {' '.join(values)}."
    for process in idle:
        yield f"Everywhere {' '.join(_place(process, first['locations'][process]))}."


def merged_diagram(graph: Graph, expression: str, notes: Sequence[str] = ()) -> Diagram:
    """Return a graph of merged states (`utcheck.graph.parts.merged`) as a diagram.

    There is one arrow from one box to another. Steps between states that are merged are counted in
    their box, and not drawn.
    """
    order = {process: rank for rank, process in enumerate(graph.graph["processes"])}

    def rank(step: Mapping[str, Any]) -> int:
        return order[step["process"]]

    nodes = []
    arrows = []
    for source in sorted(graph):
        group = graph.nodes[source]
        within = [*graph.get_edge_data(source, source, default={}).values()]
        nodes.append(_node(_group(group, expression, within), group))
        for target in graph.successors(source):
            if target != source:
                steps = sorted(graph.get_edge_data(source, target).values(), key=rank)
                thick = any(step.get("trace") for step in steps)
                arrows.append(Edge(source, target, tuple(_arrow(steps)), thick))
    states = sum(group["states"] for _, group in graph.nodes(data=True))
    first = (
        f"{model(graph)}: {plural(states, 'state')}, merged where `{one_line(expression)}` is the "
        "same"
    )
    return Diagram(tuple(nodes), tuple(arrows), title([first, *notes]))


def _group(
    group: Mapping[str, Any], expression: str, within: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Yield the text of a box for merged states, with the steps between them."""
    words = f"{one_line(expression)}: {value_text(group['value'])}".split(" ")
    yield from fill(words, COLUMNS, hanging=2)
    yield plural(group["states"], "state")
    if group["deadlock"]:
        some = f" in {group['deadlocks']:,} of them" if group["states"] > 1 else ""
        yield f"DEADLOCK{some}"
    yield from _failing(group)
    count = sum(edge["transitions"] for edge in within)
    if count:
        yield f"{plural(count, 'step')} within"
    yield from _hidden(group)


def _arrow(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the text of an arrow: every label, with who takes the step and how often."""
    by_label: dict[str, list[Mapping[str, Any]]] = {}
    for step in steps:
        by_label.setdefault(step["label"], []).append(step)
    for label, same in [*by_label.items()][:MOST_LABELS]:
        names = ", ".join(in_families(text(step["process"]) for step in same).values())
        times = sum(step["transitions"] for step in same)
        trace = numbered(sorted(n for step in same for n in step.get("trace", ())))
        words = [*trace, *f"{names}: {text(label)}".split(" ")]
        words += [f"({times:,} times)"] if times > 1 else []
        yield from fill(words, COLUMNS, hanging=2)
    if len(by_label) > MOST_LABELS:
        yield f"and {plural(len(by_label) - MOST_LABELS, 'more label')}"


def _alike(values: Iterable[object]) -> bool:
    return len(set(values)) == 1


def _key(value: object) -> tuple[type, str]:
    return type(value), value_text(value)


def _node(lines: Iterable[str], state: Mapping[str, Any]) -> Node:
    return Node(tuple(lines), state["initial"], state["deadlock"] or bool(state["fails"]))


def _heading(number: int, state: Mapping[str, Any]) -> Iterator[str]:
    yield f"state {number}: DEADLOCK" if state["deadlock"] else f"state {number}"
    yield from _failing(state)


def _failing(state: Mapping[str, Any]) -> Iterator[str]:
    for process, label in state["fails"]:
        words = f"ASSERTION VIOLATED by {text(process)} in '{text(label)}'"
        yield from fill(words.split(" "), COLUMNS, hanging=2)


def _places(state: Mapping[str, Any], idle: Sequence[str]) -> Iterator[str]:
    for process, label in state["locations"].items():
        if process not in idle:
            yield from fill(_place(process, label), COLUMNS, hanging=2)


def _place(process: str, label: str | None) -> list[str]:
    where = "has ended" if label is None else f"at '{text(label)}'"
    return f"{text(process)} {where}".split(" ")


def _values(values: Mapping[str, Any]) -> list[str]:
    """Return `variable = value`, one chunk for each, alike elements of an array together."""
    alike: dict[str, list[str]] = {}
    for name, value in values.items():
        alike.setdefault(value_text(value), []).append(text(name))
    texts = {
        first: f"{names} = {value}"
        for value, same in alike.items()
        for first, names in in_families(same).items()
    }
    chunks = [texts[name] for name in map(text, values) if name in texts]
    return [f"{chunk}," for chunk in chunks[:-1]] + chunks[-1:]


def _hidden(state: Mapping[str, Any]) -> Iterator[str]:
    if state.get("hidden"):
        yield f"({plural(state['hidden'], 'step')} from here not shown)"


def _transition(edge: Mapping[str, Any], words: list[str]) -> Iterator[str]:
    """Yield the text of a transition: its step, what it chose and what it emitted."""
    step = f"{text(edge['process'])}: {text(edge['label'])}"
    yield from fill([*words, *step.split(" ")], COLUMNS, hanging=2)
    yield from told(edge)
