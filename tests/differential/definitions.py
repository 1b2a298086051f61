"""What properties mean, decided from their definitions on a graph that is written out.

Nothing here is taken from the engines. The graphs are small, so that the definitions may be slow:
a shortest run with the fewest context switches is looked for among all shortest runs, and a fair
cycle among all closed walks, told apart by what fairness asks of them. Larger graphs are decided
with the strongly connected components and shortest paths of networkx.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

import networkx as nx

from utcheck.engines.space import OneByOne, Transition
from utcheck.model.process import Fairness
from utcheck.properties.kinds import Predicate

State = Hashable
Step = tuple[int, tuple[int, ...]]


@dataclass
class Graph(OneByOne):
    """A state graph written out; `truths` has the states in which a predicate is true, by its text.

    It is a `Space`, as the algorithms of the engines want it.
    """

    begin: Sequence[State]
    edges: Mapping[Any, Sequence[Transition]]
    fairness: Sequence[Fairness]
    truths: Mapping[str, Collection[Any]] = field(default_factory=dict)

    def initial(self) -> Iterator[tuple[tuple[int, ...], State]]:
        """Yield the initial states, each with choices of its own."""
        return (((number,), state) for number, state in enumerate(self.begin))

    def transitions(self, state: State) -> Sequence[Transition]:
        """Return the transitions of a state."""
        return self.edges[state]

    def holds(self, predicate: Predicate, state: State) -> bool:
        """Return whether a predicate is true in a state."""
        return state in self.truths[predicate.text]

    def holds_for(self, predicate: Predicate, old: State, new: State) -> bool:
        """Return whether a predicate is true of a step: here, of where it leads."""
        return self.holds(predicate, new)

    def may_end(self, state: State) -> bool:
        """Return whether every process has ended in a state: here that is no deadlock."""
        return not self.edges[state]

    def label(self, process: int, state: State) -> str:
        """Return the label of the next step of a process; here all are called the same."""
        return "step"

    def enabled(self, state: State) -> frozenset[int]:
        """Return the processes that can take a step, be it one in which an assertion fails."""
        return frozenset(transition.process for transition in self.edges[state])

    def levels(self) -> list[list[State]]:
        """Return the reachable states by their distance from the initial ones."""
        levels: list[list[State]] = [list(dict.fromkeys(self.begin))]
        seen = set(levels[0])
        while levels[-1]:
            targets = (t.target for state in levels[-1] for t in self.edges[state])
            found = dict.fromkeys(t for t in targets if t is not None and t not in seen)
            seen.update(found)
            levels.append(list(found))
        return levels[:-1]

    def network(self) -> nx.MultiDiGraph[Any]:
        """Return the reachable part for networkx; every edge knows its process."""
        network: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
        for state in (state for level in self.levels() for state in level):
            network.add_node(state)
            for transition in self.edges[state]:
                if transition.target is not None:
                    network.add_edge(state, transition.target, process=transition.process)
        return network


def graph_of(space: Any, fairness: Sequence[Fairness], predicates: Iterable[Predicate]) -> Graph:
    """Return the reachable graph of a space, written out by a plain breadth-first search."""
    begin = [state for _, state in space.initial()]
    edges: dict[Any, list[Transition]] = {}
    queue = deque(begin)
    while queue:
        state = queue.popleft()
        if state in edges:
            continue
        edges[state] = list(space.transitions(state))
        queue.extend(t.target for t in edges[state] if t.target is not None)
    truths = {p.text: {state for state in edges if space.holds(p, state)} for p in predicates}
    return Graph(begin, edges, fairness, truths)


# ---------------------------------------------------------------------- runs


def steps_of(network: nx.MultiDiGraph[Any], state: Any = None) -> list[tuple[Any, Any, int]]:
    """Return source, target and process of every edge, or of those that leave a state."""
    untyped: Any = network
    return list(untyped.edges(None if state is None else [state], data="process"))


def distance(network: nx.MultiDiGraph[Any], begin: Iterable[Any], ends: Container[Any]) -> int:
    """Return the length of a shortest path from `begin` to `ends`, or -1 if there is none."""
    sources = [state for state in begin if state in network]
    if not sources:
        return -1
    lengths = nx.multi_source_dijkstra_path_length(network, set(sources), weight=None)
    return min((int(length) for state, length in lengths.items() if state in ends), default=-1)


def paths(
    network: nx.MultiDiGraph[Any], begin: Iterable[Any], ends: Container[Any], length: int
) -> Iterator[tuple[list[int], Any]]:
    """Yield the processes and the last state of every path of this length to `ends`."""
    for state in dict.fromkeys(begin):
        if length == 0 and state in ends:
            yield [], state
        elif length > 0 and state in network:
            for _, target, process in steps_of(network, state):
                for rest, last in paths(network, [target], ends, length - 1):
                    yield [process, *rest], last


def switches(processes: Iterable[int]) -> int:
    """Return the number of places where another process takes the next step."""
    return sum(one != other for one, other in pairwise(processes))


def follow(graph: Graph, initial: State, steps: Iterable[Step]) -> list[State]:
    """Return the states of a run; each step must be one of the graph."""
    states = [initial]
    for process, choices in steps:
        (target,) = (t.target for t in graph.edges[states[-1]] if t[:2] == (process, choices))
        states.append(target)
    return states


# ---------------------------------------------------------------------- liveness


def waiting(graph: Graph, premise: str | None, goal: str) -> nx.MultiDiGraph[Any]:
    """Return the states in which a run may stand with the premise behind it and no goal since."""
    network = graph.network()
    without = network.subgraph([s for s in network if s not in graph.truths[goal]])
    if premise is None:
        begin = [state for state in graph.begin if state in without]
    else:
        begin = [state for state in without if state in graph.truths[premise]]
    reached = set(begin).union(*(nx.descendants(without, state) for state in begin))
    found: nx.MultiDiGraph[Any] = without.subgraph(reached).copy()
    found.graph["begin"] = begin
    return found


def armed(graph: Graph, inside: nx.MultiDiGraph[Any]) -> nx.MultiDiGraph[Any]:
    """Return the graph of (state, whether the premise that is never answered was seen)."""
    network = graph.network()
    begin = set(inside.graph["begin"])
    doubled: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    doubled.add_nodes_from((state, False) for state in network)
    doubled.add_nodes_from((state, True) for state in begin)
    for state, target, process in steps_of(network):
        doubled.add_edge((state, False), (target, False), process=process)
        if target in begin:
            doubled.add_edge((state, False), (target, True), process=process)
    for state, target, process in steps_of(inside):
        doubled.add_edge((state, True), (target, True), process=process)
    return doubled


def is_fair(
    fairness: Sequence[Fairness], moved: Container[int], enabled: Sequence[frozenset[int]]
) -> bool:
    """Return whether a cycle may go on for ever.

    A weakly fair process moves or is disabled somewhere; a strongly fair one moves, or is enabled
    nowhere.
    """
    for process, kind in enumerate(fairness):
        if kind == "none" or process in moved:
            continue
        if all(process in here for here in enabled):
            return False
        if kind == "strong" and any(process in here for here in enabled):
            return False
    return True


def fair_cycle(graph: Graph, inside: nx.MultiDiGraph[Any], start: State) -> int | None:
    """Return the length of a shortest fair closed walk through `start`, of at least one step.

    Walks are told apart by where they are, who moved, and what was enabled on the way: of that,
    `is_fair` asks only for the union and the intersection.
    """
    here = graph.enabled(start)
    first = (start, frozenset[int](), here, here)
    length, layer, seen = 0, [first], {first}
    while layer:
        length += 1
        following = []
        for state, moved, ever, always in layer:
            for _, target, process in steps_of(inside, state):
                here = graph.enabled(target)
                walk = (target, moved | {process}, ever | here, always & here)
                if target == start and is_fair(graph.fairness, walk[1], walk[2:]):
                    return length
                if walk not in seen:
                    seen.add(walk)
                    following.append(walk)
        layer = following
    return None


def fair_states(graph: Graph, inside: nx.MultiDiGraph[Any]) -> set[Any]:
    """Return the states on a fair cycle, for graphs in which walks are too many.

    The strongly fair processes that are enabled nowhere on the cycle are guessed; the others must
    move. A component is then gone round as a whole: more states and steps only help.
    """
    strong = [p for p, kind in enumerate(graph.fairness) if kind == "strong"]
    weak = [p for p, kind in enumerate(graph.fairness) if kind == "weak"]
    found: set[Any] = set()
    for size in range(len(strong) + 1):
        for asleep in combinations(strong, size):
            kept = [s for s in inside if not graph.enabled(s) & set(asleep)]
            for component in nx.strongly_connected_components(inside.subgraph(kept)):
                moved = {process for _, _, process in steps_of(inside.subgraph(component))}
                stuck = frozenset.intersection(*map(graph.enabled, component))
                awake = set(strong) - set(asleep)
                if moved and awake <= moved and not (set(weak) & stuck) - moved:
                    found |= component
    return found


def ends(graph: Graph, inside: nx.MultiDiGraph[Any]) -> set[Any]:
    """Return the states in which a run ends: it stays there for ever."""
    return {state for state in inside if not graph.edges[state]}
