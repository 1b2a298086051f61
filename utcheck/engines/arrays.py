"""Strongly connected components of large products, with whole arrays of nodes at a time.

The components are found by searching forwards and backwards from one node after another (Fleischer,
Hendrickson and Pinar, On identifying strongly connected components in parallel, IPDPS 2000); nodes
that can lie on no cycle are trimmed away first. This is quick where few components are large, which
is how state graphs mostly are. Where it is not, what is left goes to the search of `components`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from utcheck.engines.components import components
from utcheck.engines.packed import PackedSpace, Way
from utcheck.engines.space import CHUNK
from utcheck.engines.states import StateGraph

Numbers = npt.NDArray[np.int64]

# After so many starts, or layers of a search, what is left is thought to be many small components.
MOST_STARTS = 400
MOST_LAYERS = 20_000
# States that are smaller than this are looked up by position, in a table of so many places.
MOST_PLACES = 1 << 26
# States that fit into so many bits are numbers that an array can hold.
MOST_BITS = 62


class Arrows:
    """Edges sorted by where they begin: those of node n are `heads[begin[n]:begin[n + 1]]`."""

    def __init__(self, nodes: int, tails: Numbers, heads: Numbers) -> None:
        """Sort edges; `order` says where each was before."""
        self.order: Numbers = np.argsort(tails, kind="stable")
        tails, self.heads = tails[self.order], heads[self.order]
        self.begin = np.concatenate(([0], np.cumsum(np.bincount(tails, minlength=nodes))))

    def of(self, nodes: Numbers) -> Numbers:
        """Return the positions of the edges that begin in some nodes."""
        begin = self.begin[nodes]
        counts = self.begin[nodes + 1] - begin
        first = np.repeat(begin - np.cumsum(counts) + counts, counts)
        return first + np.arange(len(first))

    def counts(self, nodes: Numbers) -> Numbers:
        """Return the number of edges that begin in each of some nodes."""
        return self.begin[nodes + 1] - self.begin[nodes]


class StateArrays:
    """The transitions between all states: who takes each, and who is enabled in which state."""

    def __init__(self, graph: StateGraph) -> None:
        """Ask the space for everything."""
        self.size = len(graph.states)
        space: Any = graph.space
        tables = None
        if isinstance(space, PackedSpace) and max(graph.states) < 1 << MOST_BITS:
            tables = space.tables(graph.states)
        if tables is None:
            tails, heads, self.movers, self.enabled = _one_by_one(graph)
        else:
            tails, heads, self.movers, self.enabled = _together(graph, tables)
        self.tails, self.heads = tails, heads
        self.degree: Numbers = np.bincount(tails, minlength=self.size)
        self._begin = np.concatenate(([0], np.cumsum(self.degree)))

    def row(self, number: int) -> tuple[int, ...]:
        """Return the successors of a state."""
        return tuple(self.heads[self._begin[number] : self._begin[number + 1]].tolist())


Edges = tuple[Numbers, Numbers, Numbers, Numbers]
"""Tails, heads and movers of all transitions, by tail; and the enabled processes of each state."""


def _one_by_one(graph: StateGraph) -> Edges:
    counts, heads, movers, enabled = [], [], [], []
    number = graph.number.__getitem__
    for first in range(0, len(graph.states), CHUNK):
        chunk = graph.states[first : first + CHUNK]
        rows = graph.space.successors(chunk)
        counts.append(_array(map(len, rows), len(chunk)))
        flat = list(chain.from_iterable(rows))
        heads.append(_array(map(number, flat), len(flat)))
        found = graph.space.movers(chunk)
        movers.append(_array(chain.from_iterable(who for who, _ in found), len(flat)))
        enabled.append(_array((bits for _, bits in found), len(chunk)))
    tails = np.repeat(np.arange(len(graph.states)), np.concatenate(counts))
    return tails, np.concatenate(heads), np.concatenate(movers), np.concatenate(enabled)


def _together(graph: StateGraph, tables: Iterable[tuple[list[int], list[Way]]]) -> Edges:
    """Make edges of the ways in which groups of processes take their steps."""
    states = np.array(graph.states, np.int64)
    enabled = np.zeros(len(states), np.int64)
    tails, targets, movers = [], [], []
    for numbers, ways in tables:
        way = np.array(numbers, np.int64)
        counts = _array((len(changes) for changes, _ in ways), len(ways))
        begin = np.concatenate(([0], np.cumsum(counts)[:-1]))[way]
        size = counts[way]
        own = np.repeat(np.arange(len(states)), size)
        edges = np.repeat(begin - np.cumsum(size) + size, size) + np.arange(len(own))
        changes = np.array([c for changes, _ in ways for c in changes], np.int64)
        who = np.array([process for _, processes in ways for process in processes], np.int64)
        bits = [sum(1 << process for process in set(processes)) for _, processes in ways]
        enabled |= np.array(bits, np.int64)[way]
        tails.append(own)
        targets.append(states[own] + changes[edges])
        movers.append(who[edges])
    order = np.argsort(np.concatenate(tails), kind="stable") if len(tails) > 1 else slice(None)
    heads = _numbers(states, np.concatenate(targets)[order])
    return np.concatenate(tails)[order], heads, np.concatenate(movers)[order], enabled


def _numbers(states: Numbers, targets: Numbers) -> Numbers:
    """Return the number of each of some states."""
    most = int(states.max())
    if most < MOST_PLACES:
        places = np.zeros(most + 1, np.int32)
        places[states] = np.arange(len(states), dtype=np.int32)
        return places[targets].astype(np.int64)
    by_value = np.argsort(states, kind="stable")
    found: Numbers = by_value[np.searchsorted(states[by_value], targets)]
    return found


def _array(numbers: Any, size: int) -> Numbers:
    return np.fromiter(numbers, np.int64, size)


class _TooManyLayers(Exception):
    """The graph is long and thin: each layer of a search has few nodes."""


class Components:
    """The components with a cycle among the nodes that are reached from some roots."""

    def __init__(self, nodes: int, tails: Numbers, heads: Numbers, roots: Numbers) -> None:
        """Find what is reached; `reached` has these nodes."""
        self.forward = Arrows(nodes, tails, heads)
        self._backward = Arrows(nodes, heads, tails)
        self._layers = -len(tails)  # to find what is reached there is no other way than this
        self._order = np.zeros(nodes, np.int64)
        # Two nodes of one component are always in one part; in part 0 is what is done.
        self._part = np.ones(nodes, np.int64)
        self.reached = self._reach(self.forward, self._once(roots), 1)
        self._layers = 0
        self._part[:] = 0
        self._part[self.reached] = 1

    def __iter__(self) -> Iterator[Numbers]:
        """Yield the nodes of each component; nothing is said of their order."""
        work, parts = [(1, self.reached, True)], 1
        try:
            while work and parts <= MOST_STARTS:
                own, nodes, trim = work.pop()
                nodes = self._trimmed(nodes, own) if trim else nodes
                if not len(nodes):
                    continue
                pivot, parts = nodes[:1], parts + 1
                after = self._reach(self.forward, pivot, own)
                self._part[after] = parts
                component = self._reach(self._backward, pivot, parts)
                self._part[component] = 0
                trim = len(component) == 1  # there may be many more that are alone
                if len(component) > 1 or self._is_loop(pivot):
                    yield component
                work.append((parts, after[self._part[after] == parts], trim))
                work.append((own, nodes[self._part[nodes] == own], trim))
        except _TooManyLayers:
            pass
        yield from self._one_by_one(np.flatnonzero(self._part))

    def _reach(self, arrows: Arrows, begin: Numbers, part: int) -> Numbers:
        """Return the nodes of a part that are reached from some of its nodes."""
        seen = np.zeros(len(self._part), np.bool_)
        seen[begin] = True
        layers = [begin]
        while len(layers[-1]):
            self._layers += 1
            if self._layers > MOST_LAYERS:
                raise _TooManyLayers
            found = arrows.heads[arrows.of(layers[-1])]
            found = self._once(found[(self._part[found] == part) & ~seen[found]])
            seen[found] = True
            layers.append(found)
        return np.concatenate(layers)

    def way(self, begin: int, goal: int, inside: Collection[int]) -> list[int]:
        """Return the nodes of a shortest walk of at least one step inside some nodes."""
        allowed = np.zeros(len(self._part), np.bool_)
        allowed[list(inside)] = True
        before = np.full(len(self._part), -1, np.int64)
        layer = np.array([begin])
        while before[goal] < 0:
            edges = self.forward.of(layer)
            found, tails = self.forward.heads[edges], np.repeat(layer, self.forward.counts(layer))
            fresh = allowed[found] & (before[found] < 0)
            found, tails = found[fresh], tails[fresh]
            before[found] = tails
            layer = self._once(found)
        nodes = [goal, int(before[goal])]
        while nodes[-1] != begin:
            nodes.append(int(before[nodes[-1]]))
        return nodes[::-1]

    def _once(self, nodes: Numbers) -> Numbers:
        """Return nodes without repetitions."""
        places = np.arange(len(nodes))
        self._order[nodes] = places
        found: Numbers = nodes[self._order[nodes] == places]
        return found

    def _trimmed(self, nodes: Numbers, part: int) -> Numbers:
        """Return the nodes of a part without those that nothing leads to, or that lead nowhere."""
        for arrows in (self.forward, self._backward):
            against = self._backward if arrows is self.forward else self.forward
            degree = np.zeros(len(self._part), np.int64)
            inside = self._part[arrows.heads[arrows.of(nodes)]] == part
            owners = np.repeat(nodes, arrows.counts(nodes))
            degree += np.bincount(owners[inside], minlength=len(degree))
            loose = nodes[degree[nodes] == 0]
            while len(loose):
                self._layers += 1
                if self._layers > MOST_LAYERS:
                    raise _TooManyLayers
                self._part[loose] = 0
                before = against.heads[against.of(loose)]
                before = before[self._part[before] == part]
                np.subtract.at(degree, before, 1)
                loose = self._once(before[degree[before] == 0])
            nodes = nodes[self._part[nodes] == part]
        return nodes

    def _is_loop(self, pivot: Numbers) -> bool:
        return bool(np.any(self.forward.heads[self.forward.of(pivot)] == pivot[0]))

    def _one_by_one(self, nodes: Numbers) -> Iterator[Numbers]:
        """Yield the components among nodes for which arrays are no help."""
        part, forward = self._part, self.forward

        def successors(node: int) -> Sequence[int]:
            heads = forward.heads[forward.begin[node] : forward.begin[node + 1]]
            found: list[int] = heads[part[heads] > 0].tolist()
            return found

        for component in components(nodes.tolist(), successors):
            yield np.array(component, np.int64)


def arrays_of(graph: StateGraph) -> StateArrays:
    """Return the arrays of a graph, which are made when they are first asked for."""
    if not isinstance(graph.arrays, StateArrays):
        graph.arrays = StateArrays(graph)
    return graph.arrays


def unable(states: StateArrays, goal: Sequence[bool]) -> list[int]:
    """Return the states from which no state of the goal can be reached."""
    against = Arrows(states.size, states.heads, states.tails)
    able = np.array(goal, np.bool_)
    layer = np.flatnonzero(able)
    while len(layer):
        before = against.heads[against.of(layer)]
        layer = np.flatnonzero(np.bincount(before[~able[before]], minlength=states.size))
        able[layer] = True
    found: list[int] = np.flatnonzero(~able).tolist()
    return found


class ProductArrays:
    """The edges of a product: the state of the automaton and a transition to a state with a letter.

    `moves[q][letter]` are what the automaton may come to from q when it reads a letter, each with
    its marks; states of the automaton that are `left_out` have no edges.
    """

    def __init__(
        self,
        states: StateArrays,
        letters: Sequence[int],
        moves: Sequence[Mapping[int, Sequence[tuple[int, int]]]],
        left_out: Collection[int],
    ) -> None:
        """Put a state and a state q of the automaton together as one number."""
        self.states, self.size = states, len(moves)
        known = {letter: number for number, letter in enumerate(dict.fromkeys(letters))}
        read = _array(map(known.__getitem__, letters), states.size)[states.heads]
        tails, heads, movers, found = [], [], [], []
        for state in (state for state in range(self.size) if state not in left_out):
            for target, marks in _by_target(moves[state], known).items():
                chosen = np.flatnonzero(marks[read] >= 0)
                tails.append(states.tails[chosen] * self.size + state)
                heads.append(states.heads[chosen] * self.size + target)
                movers.append(states.movers[chosen])
                found.append(marks[read[chosen]])
        none = [np.zeros(0, np.int64)]
        self.tails: Numbers = np.concatenate(tails or none)
        self.heads: Numbers = np.concatenate(heads or none)
        self.movers: Numbers = np.concatenate(movers or none)
        self.marks: Numbers = np.concatenate(found or none)

    def components(self, roots: Sequence[int]) -> Components:
        """Return the components that are reached from some nodes."""
        begin = np.array(roots, np.int64)
        return Components(self.states.size * self.size, self.tails, self.heads, begin)

    def settled(self, found: Components, component: Numbers) -> tuple[int, int]:
        """Return who moves or what is marked inside a component, and who is enabled throughout."""
        inside = np.zeros(self.states.size * self.size, np.bool_)
        inside[component] = True
        edges = found.forward.of(component)
        edges = found.forward.order[edges[inside[found.forward.heads[edges]]]]
        moved = np.bincount(self.movers[edges])
        settled = sum(1 << int(process) for process in np.flatnonzero(moved))
        settled |= int(np.bitwise_or.reduce(self.marks[edges], initial=0))
        always = np.bitwise_and.reduce(self.states.enabled[component // self.size])
        return settled, int(always)


def _by_target(
    moves: Mapping[int, Sequence[tuple[int, int]]], known: Mapping[int, int]
) -> dict[int, Numbers]:
    """Return, for each target of a state, the marks by letter; -1 where it does not lead there."""
    found: dict[int, Numbers] = {}
    for letter, number in known.items():
        for target, marks in moves[letter]:
            row = found.setdefault(target, np.full(len(known), -1, np.int64))
            row[number] = max(0, int(row[number])) | marks
    return found
