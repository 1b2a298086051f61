"""Less of a state graph: the part around a run, or states merged that agree on a value."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from utcheck.graph.traces import Edge

if TYPE_CHECKING:
    import networkx as nx


def with_trace(graph: nx.MultiDiGraph[int], path: Sequence[Edge]) -> nx.MultiDiGraph[int]:
    """Return the graph with an attribute `trace` on every edge: which steps of a run take it.

    Steps are counted from 1.
    """
    marked = graph.copy()
    for *_, edge in marked.edges(data=True):
        edge["trace"] = ()
    for position, (source, target, key) in enumerate(path, 1):
        marked.edges[source, target, key]["trace"] += (position,)
    return marked


def around(
    graph: nx.MultiDiGraph[int], nodes: Iterable[int], distance: int
) -> nx.MultiDiGraph[int]:
    """Return the part of a graph that is within so many steps of some nodes.

    A step counts in whichever direction it is taken. Nodes keep their numbers, and get an attribute
    `hidden`: how many transitions lead from them out of the part.
    """
    import networkx as nx

    near = dict.fromkeys(nodes)
    frontier = list(near)
    for _ in range(distance):
        found = [*_neighbours(graph, frontier)]
        frontier = [node for node in dict.fromkeys(found) if node not in near]
        near.update(dict.fromkeys(frontier))
    part: nx.MultiDiGraph[int] = nx.MultiDiGraph(**graph.graph)
    part.graph["initial"] = {c: node for c, node in graph.graph["initial"].items() if node in near}
    part.add_nodes_from((node, data) for node, data in graph.nodes(data=True) if node in near)
    for source, target, key, data in graph.edges(keys=True, data=True):
        if source in near and target in near:
            part.add_edge(source, target, key, **data)
    for node in part:
        part.nodes[node]["hidden"] = graph.out_degree(node) - part.out_degree(node)
    return part


def _neighbours(graph: nx.MultiDiGraph[int], nodes: Iterable[int]) -> Iterable[int]:
    for node in nodes:
        yield from graph.successors(node)
        yield from graph.predecessors(node)


def merged(
    graph: nx.MultiDiGraph[int], values: Sequence[Any], keys: Sequence[Hashable]
) -> nx.MultiDiGraph[int]:
    """Return a state graph in which the states with equal keys are one node.

    `values` and `keys` have one entry for each state, by number; keys are equal where the values
    are the same. Nodes are numbered from 0 in the order of their first states and have
    `value`, `states` (how many were merged), `deadlocks` (how many of them are deadlocks),
    `initial`, `deadlock`, `fails` (whether or where in any of them) and `hidden` (the sum). There
    is one edge for each process and label between two nodes, with `process`, `label`, `transitions`
    (how many were merged) and, where the graph shows a run, `trace`.
    """
    import networkx as nx

    numbers: dict[Hashable, int] = {}
    less: nx.MultiDiGraph[int] = nx.MultiDiGraph(**graph.graph)
    for state in sorted(graph):
        number = numbers.setdefault(keys[state], len(numbers))
        if number not in less:
            less.add_node(number, value=values[state], states=0, deadlocks=0,
                          initial=False, deadlock=False, fails=(), hidden=0)  # fmt: skip
        _add_state(less.nodes[number], graph.nodes[state])
    less.graph["initial"] = {
        choices: numbers[keys[state]]
        for choices, state in graph.graph["initial"].items()
        if state in graph
    }
    edges: dict[Hashable, dict[str, Any]] = {}
    for source, target, transition in graph.edges(data=True):
        ends = numbers[keys[source]], numbers[keys[target]]
        step = transition["process"], transition["label"]
        if (ends, step) not in edges:
            key = less.add_edge(*ends, process=step[0], label=step[1], transitions=0)
            edges[ends, step] = less.edges[*ends, key]
        _add_transition(edges[ends, step], transition)
    return less


def _add_state(node: dict[str, Any], state: dict[str, Any]) -> None:
    node["states"] += 1
    node["deadlocks"] += state["deadlock"]
    node["initial"] |= state["initial"]
    node["deadlock"] |= state["deadlock"]
    node["fails"] = tuple(dict.fromkeys(node["fails"] + state["fails"]))
    node["hidden"] += state.get("hidden", 0)


def _add_transition(edge: dict[str, Any], transition: dict[str, Any]) -> None:
    edge["transitions"] += 1
    if "trace" in transition:
        edge["trace"] = tuple(sorted(edge.get("trace", ()) + transition["trace"]))
