"""The automaton of one process: where it can stand, and what it does from there to where.

Everything is read off the trees that were learned when the whole model was explored, so the
automaton has exactly what the process does in some reachable state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from utcheck.graph.replay import relative
from utcheck.graph.states import StateSpace
from utcheck.model.instance import Instance
from utcheck.program.trees import Blocked, ChooseNode, Do, Fail, Leaf, Node, ReadNode

if TYPE_CHECKING:
    import networkx as nx

Condition = Mapping[str, tuple[Any, ...]]
"""The variables that were read, each with the values that lead to the same."""

Numbers = dict[int, tuple[int, ...]]
Way = tuple[Numbers, tuple[Any, ...], tuple[int, ...], Leaf]  # reads, options, choices, leaf


def process_graph(space: StateSpace, process: int, root: str = "") -> nx.MultiDiGraph[int]:
    """Return the automaton of a process, numbered as in the model.

    Nodes are the locations of the process, from 0 in the order in which they were met, with `label`
    (None where it has ended), `place` (path and line, relative to the folder `root`), `calls`,
    `initial`, `waits` (the conditions under which the next step is not enabled) and `fails` (pairs
    of conditions and the message of the assertion). Edges are ways of taking the step, with
    `process`, `label`, `when` (the conditions under which it goes this way: any of them), `options`
    (what `choose` returned), `writes` (variable to value) and `events`. A condition maps each
    variable that was read to the values that lead there.
    """
    import networkx as nx

    locations = space.program.locations[process].all
    name = space.instance.processes[process].name
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        model=type(space.instance.model).__name__,
        parameters=dict(space.instance.model.utcheck_values),
        processes=(name,),
        initial={(): 0},
    )
    for location in locations:
        tree = space.program.tree(process, location.number)
        ways = _joined(_ways(tree.root)) if location.label is not None else []
        place = relative(location.place, root) if location.place else None
        graph.add_node(
            location.number,
            label=location.label,
            place=str(place) if place else None,
            calls=location.calls,
            initial=location.number == 0,
            waits=_waits(space.instance, ways),
            fails=_fails(space.instance, ways),
        )
        _add_edges(graph, space.instance, name, location.number, ways)
    return graph


def _ways(root: Node | None) -> Iterator[Way]:
    """Yield every branch of a tree."""
    if root is None:
        return
    work: list[tuple[Node, Numbers, tuple[Any, ...], tuple[int, ...]]] = [(root, {}, (), ())]
    while work:
        node, reads, options, choices = work.pop()
        if isinstance(node, ReadNode):
            for number in sorted(node.children, reverse=True):
                more = {**reads, node.variable: (number,)}
                work.append((node.children[number], more, options, choices))
        elif isinstance(node, ChooseNode):
            for taken in sorted(node.children, reverse=True):
                one = (*options, node.options[taken])
                work.append((node.children[taken], reads, one, (*choices, taken)))
        else:
            yield reads, options, choices, node


def _joined(ways: Iterator[Way]) -> list[tuple[list[Numbers], tuple[Any, ...], Leaf]]:
    """Return the ways that do the same as one, each with the conditions under which it is taken."""
    same: dict[Any, tuple[list[Numbers], tuple[Any, ...], Leaf]] = {}
    for reads, options, choices, leaf in ways:
        what = (leaf.writes, leaf.target, repr(leaf.events)) if isinstance(leaf, Do) else leaf
        same.setdefault((choices, repr(options), what), ([], options, leaf))[0].append(reads)
    return [(_simplified(conditions), options, leaf) for conditions, options, leaf in same.values()]


def _simplified(conditions: list[Numbers]) -> list[Numbers]:
    """Return as many conditions or fewer: those that differ in one variable only are one.

    They come from one tree, so that none of them is another one with more variables.
    """
    variables = dict.fromkeys(v for condition in conditions for v in condition)
    for variable in variables:
        found: dict[Any, Numbers] = {}
        for condition in conditions:
            others = tuple(sorted((v, n) for v, n in condition.items() if v != variable))
            known = found.setdefault(others, dict(condition))
            if variable in condition:
                values = {*known[variable], *condition[variable]}
                known[variable] = tuple(sorted(values))
        conditions = list(found.values())
    return conditions


def _conditions(instance: Instance, conditions: list[Numbers]) -> tuple[Condition, ...]:
    return tuple(
        {
            instance.names[v]: tuple(instance.value(v, number) for number in numbers)
            for v, numbers in condition.items()
        }
        for condition in conditions
    )


def _waits(instance: Instance, ways: list[tuple[list[Numbers], Any, Leaf]]) -> Any:
    return tuple(
        condition
        for conditions, _, leaf in ways
        if isinstance(leaf, Blocked)
        for condition in _conditions(instance, conditions)
    )


def _fails(instance: Instance, ways: list[tuple[list[Numbers], Any, Leaf]]) -> Any:
    return tuple(
        (_conditions(instance, conditions), leaf.message)
        for conditions, _, leaf in ways
        if isinstance(leaf, Fail)
    )


def _add_edges(
    graph: nx.MultiDiGraph[int],
    instance: Instance,
    name: str,
    source: int,
    ways: list[tuple[list[Numbers], tuple[Any, ...], Leaf]],
) -> None:
    for conditions, options, leaf in ways:
        if isinstance(leaf, Do):
            graph.add_edge(
                source, leaf.target, process=name, label=graph.nodes[source]["label"],
                when=_conditions(instance, conditions), options=options,
                writes={instance.names[v]: instance.value(v, n) for v, n in leaf.writes},
                events=leaf.events,
            )  # fmt: skip
