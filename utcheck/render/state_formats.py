"""State graphs for other programs: as JSON, GraphML and in the format of Aldebaran.

The graphs are those of `utcheck.graph`: of states, of merged states, or of one process.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from utcheck.graph.graphml import to_graphml
from utcheck.outcome import Event
from utcheck.plain import escape, in_order, show

# A networkx graph: that library is imported in utcheck.graph only.
Graph = Any


def json_text(graph: Graph) -> str:
    """Return a graph as JSON in the node-link format of networkx, with the member `edges`.

    `networkx.node_link_graph(json.load(file), edges="edges")` reads it. Values of the model are
    written as in the results of `utcheck run --json`: a tuple is an array, a frozen set is
    `{"set": [...]}`, and what JSON does not know is `{"repr": "..."}`. The graph's `initial` is an
    array of objects with `choices` and `node`.
    """
    about = {name: _data(value) for name, value in graph.graph.items()}
    about["initial"] = [
        {"choices": list(choices), "node": node}
        for choices, node in graph.graph.get("initial", {}).items()
    ]
    data = {
        "directed": True,
        "multigraph": True,
        "graph": about,
        "nodes": [{**_data(node), "id": number} for number, node in graph.nodes(data=True)],
        "edges": [
            {**_data(edge), "source": source, "target": target, "key": _data(key)}
            for source, target, key, edge in graph.edges(keys=True, data=True)
        ],
    }
    return json.dumps(data, indent=1) + "\n"


def graphml_text(graph: Graph) -> str:
    """Return a graph as GraphML; see `utcheck.graph.graphml`."""
    return to_graphml(graph, _shown)


def aut_text(graph: Graph) -> str:
    r"""Return a graph as a labelled transition system in the format of Aldebaran.

    An edge has the label `process: label`. In labels, `\` stands before `"` and `\`, and what is
    not printable is written as Python would escape it. The format has one initial state: if the
    graph has several, one more state has an invisible step, `i`, to each of them; if it is a part
    that has none, its first state will do.
    """
    numbers = {node: number for number, node in enumerate(graph)}
    starts = [numbers[node] for node, data in graph.nodes(data=True) if data["initial"]]
    edges = [
        (numbers[source], f'"{_aut(edge["process"])}: {_aut(edge["label"])}"', numbers[target])
        for source, target, edge in graph.edges(data=True)
    ]
    begin, states = (starts or [0])[0], len(numbers)
    if len(starts) > 1:
        edges += [(states, "i", start) for start in starts]
        begin, states = states, states + 1
    return "".join(_aut_lines(begin, states, edges))


def _aut_lines(begin: int, states: int, edges: list[tuple[int, str, int]]) -> Iterator[str]:
    yield f"des ({begin}, {len(edges)}, {states})\n"
    for source, label, target in edges:
        yield f"({source}, {label}, {target})\n"


def _aut(text: str) -> str:
    backslashes = text.replace("\\", "\\\\").replace('"', '\\"')
    return escape(backslashes, unicode=True)


def _shown(value: object) -> str:
    """Return a value as text; events as a model emits them."""
    if type(value) is tuple and value and all(isinstance(one, Event) for one in value):
        return ", ".join(f"{one.name}({', '.join(map(_shown, one.values))})" for one in value)
    return show(value, unicode=True)


def _data(value: object) -> Any:
    """Return a value as data that `json.dumps` takes."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, Event):
        return {"name": value.name, "values": [_data(one) for one in value.values]}
    if isinstance(value, Mapping):
        return {str(name): _data(one) for name, one in value.items()}
    if type(value) in (tuple, list):
        return [_data(one) for one in value]  # type: ignore[attr-defined]
    if type(value) is frozenset:
        return {"set": [_data(one) for one in in_order(value)]}
    return {"repr": _shown(value)}
