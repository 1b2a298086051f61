"""A trace as a graph, and a trace in the state graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from utcheck.errors import InternalError
from utcheck.outcome import Trace, Witness

if TYPE_CHECKING:
    import networkx as nx

Edge = tuple[int, int, int]
"""Source, target and key of an edge of a networkx multigraph."""


def trace_graph(trace: Trace) -> nx.MultiDiGraph[int]:
    """Return a trace as a graph: a node for each state of the run, an edge for each step.

    Nodes and edges have the attributes of a state graph (see `check`); node n is the state after n
    steps, and the last step of a cycle leads back to where the cycle begins. What only other runs
    show is not known here: `deadlock` and `fails` are about the last state. The graph has
    `processes`, `ending` and `cycle` of the trace.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        processes=trace.processes, ending=trace.ending, cycle=trace.cycle
    )
    moves = [step for step in trace.steps if step.failure is None]
    closed = trace.cycle is not None and trace.cycle < len(moves)
    values = dict(trace.initial)
    for number in range(len(moves) + (not closed)):
        last = number == len(moves)
        graph.add_node(
            number,
            variables=dict(values),
            locations=_locations(trace, number),
            initial=number == 0,
            deadlock=last and _is_deadlock(trace),
            fails=tuple((s.process, s.label) for s in trace.steps if s.failure) if last else (),
        )
        if not last:
            values.update((change.variable, change.new) for change in moves[number].changes)
    for number, step in enumerate(moves):
        target = number + 1
        if trace.cycle is not None and target == len(moves) > trace.cycle:
            target = trace.cycle
        graph.add_edge(
            number, target, process=step.process, label=step.label, options=step.options,
            choices=trace.witness.steps[number][1], events=step.events,
        )  # fmt: skip
    return graph


def _locations(trace: Trace, position: int) -> dict[str, str | None]:
    """Return the label of the next step of each process after so many steps."""
    found: dict[str, str | None] = {one.process: one.label for one in trace.standings}
    for step in reversed(trace.steps[position:]):
        found[step.process] = step.label
    return {process: found.get(process) for process in trace.processes}


def _is_deadlock(trace: Trace) -> bool:
    statuses = {standing.status for standing in trace.standings}
    return not statuses & {"ready", "failed"} and any(
        standing.status == "waits" and not standing.daemon for standing in trace.standings
    )


def path_of(graph: nx.MultiDiGraph[int], witness: Witness) -> list[Edge]:
    """Return the edges of a state graph that a run takes, in their order.

    A last step that ends in a failed assertion has no edge.

    Raises:
        InternalError: if the graph has no such run.
    """
    return list(_edges(graph, graph.graph["initial"].get(witness.initial), witness))


def _edges(graph: nx.MultiDiGraph[int], node: Any, witness: Witness) -> Iterator[Edge]:
    for position, (process, choices) in enumerate(witness.steps):
        found = [
            (node, target, key)
            for _, target, key, edge in graph.out_edges(node, keys=True, data=True)
            if edge["process"] == process and edge["choices"] == choices
        ]
        if found:
            node = found[0][1]
            yield found[0]
        elif position + 1 < len(witness.steps) or not graph.nodes[node]["fails"]:
            raise InternalError("the state graph has not the run that the search found")
