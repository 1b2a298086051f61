"""The states of a native search by number, and the transitions between them as arrays.

A transition takes 4 bytes for where it leads and 2 for who takes it. A state takes 16 for where its
transitions begin and who is enabled, and about 24 for its number to be found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

from utcheck.engines.native.components import Bits, Short, Small
from utcheck.engines.native.kernels import Numbers, Words
from utcheck.engines.native.levels import Level
from utcheck.engines.native.memory import reserved
from utcheck.engines.native.space import Indexed, NativeSpace, Rows
from utcheck.engines.native.tables import from_words, to_words
from utcheck.engines.paths import Levels
from utcheck.engines.space import movers_of
from utcheck.engines.states import StateGraph
from utcheck.properties.kinds import Predicate

# Nodes of a product have numbers of so many bits.
MOST_NODES = (1 << 31) - 1


class States(Sequence[int]):
    """The states in an array, as numbers."""

    def __init__(self, rows: Rows, count: int) -> None:
        """Look at so many states."""
        self._rows, self._count = rows, count

    def __len__(self) -> int:
        """Return the number of states."""
        return self._count

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> list[int]: ...
    def __getitem__(self, place: int | slice) -> int | list[int]:
        """Return the state at a place, or those of a part without gaps."""
        rows, words = self._rows
        if isinstance(place, slice):
            first, last, _ = place.indices(self._count)
            return from_words(rows[first * words : last * words], words)
        return from_words(rows[place * words : (place + 1) * words], words)[0]


class Known(Mapping[Any, int]):
    """The numbers of states."""

    def __init__(self, indexed: Indexed) -> None:
        """Ask a set that knows them."""
        self._indexed = indexed

    def __getitem__(self, state: Any) -> int:
        """Return the number of a state."""
        number = int(self._indexed.find(to_words(state, self._indexed.words))[0])
        if number < 0:
            raise KeyError(state)
        return number

    def __len__(self) -> int:
        """Return the number of states."""
        return len(self._indexed.states) // self._indexed.words

    def __iter__(self) -> Iterator[Any]:
        """Yield the states, those with the least numbers first."""
        return iter(from_words(self._indexed.states, self._indexed.words))


class NativeGraph(StateGraph):
    """A state graph whose states stay in an array; see `StateGraph`.

    All transitions are worked out, by kernels, when somebody asks for `edges`.
    """

    compact = True

    def __init__(self, space: NativeSpace, levels: Levels) -> None:
        """Number the states level by level."""
        self.native, words = space, space.flat.words
        states = _in_order([level for level in levels if isinstance(level, Level)], words)
        self.rows_of_states = Rows(states, words)
        self.indexed = Indexed(space.loops, states, words)
        super().__init__(space, levels)
        # Their order is that of the choices in `init`, whoever owns them.
        self.initial = [self.number[s] for s in dict.fromkeys(s for _, s in space.initial())]

    def _number(self, levels: Levels) -> tuple[Sequence[Any], Mapping[Any, int]]:
        count = len(self.rows_of_states.states) // self.rows_of_states.words
        return States(self.rows_of_states, count), Known(self.indexed)

    def truths(self, predicate: Predicate) -> Sequence[bool]:
        """Return the truth of a predicate in every state, by number."""
        known = self._truths.get(predicate)
        if known is None:
            truths = np.zeros(len(self.states), np.bool_)
            truths[self.native.where_true(predicate, self.rows_of_states)] = True
            known = self._truths[predicate] = truths.tolist()
        return known

    @property
    def edges(self) -> Edges:
        """All transitions."""
        if not isinstance(self.arrays, Edges):
            self.arrays = Edges(self)
        return self.arrays

    def unable(self, goal: Predicate) -> list[int]:
        """Return the states from which no state of the goal can be reached."""
        edges = self.edges
        against: Numbers = np.zeros(len(edges.begin), np.int64)
        tails: Short = np.zeros(len(edges.heads), np.int32)
        self.native.loops.reverse(edges.begin, edges.heads, against, tails)
        able: Bits = np.array(self.truths(goal), np.bool_)
        work = np.zeros(len(able), np.int64)
        first = np.flatnonzero(able)
        work[: len(first)] = first
        self.native.loops.reach(against, tails, able, work, len(first))
        found: list[int] = np.flatnonzero(~able).tolist()
        return found


class Edges:
    """All transitions: those of state n are `heads[begin[n]:begin[n + 1]]`, by `movers`.

    `enabled` has the enabled processes of each state as bits.
    """

    def __init__(self, graph: NativeGraph) -> None:
        """Expand every state once more."""
        rows, count = graph.rows_of_states, len(graph.states)
        self.begin: Numbers = np.zeros(count + 1, np.int64)
        self.enabled: Words = np.zeros(count, np.uint64)
        heads, movers = [], []
        loops = graph.native.loops
        for edges in graph.native.edges(rows, 0, count):
            loops.note_sources(edges.sources, edges.movers, self.begin, self.enabled)
            heads.append(graph.indexed.find(edges.targets).astype(np.int32))
            movers.append(edges.movers.astype(np.int16))
            for state in edges.failed.tolist():
                transitions = graph.native.transitions(graph.states[state])
                self.enabled[state] = movers_of(transitions)[1]
        np.cumsum(self.begin, out=self.begin)
        self.heads: Short = np.concatenate(heads)
        self.movers: Small = np.concatenate(movers)

    def row(self, number: int) -> tuple[int, ...]:
        """Return the successors of a state."""
        return tuple(self.heads[self.begin[number] : self.begin[number + 1]].tolist())


class FairNodes(Mapping[int, frozenset[int]]):
    """The nodes of a product in which one can go round for ever, each with all its component."""

    def __init__(self, fair: Short) -> None:
        """Have the number of the component of each node, from 1; 0 where there is none."""
        self._fair = fair

    def __contains__(self, node: object) -> bool:
        """Return whether a node is in a component."""
        return isinstance(node, int) and self._fair[node] > 0

    def __getitem__(self, node: int) -> frozenset[int]:
        """Return the component of a node."""
        if not self._fair[node]:
            raise KeyError(node)
        return frozenset(np.flatnonzero(self._fair == self._fair[node]).tolist())

    def __iter__(self) -> Iterator[int]:
        """Yield the nodes."""
        return iter(np.flatnonzero(self._fair).tolist())

    def __len__(self) -> int:
        """Return the number of nodes."""
        return int(np.count_nonzero(self._fair))


def fair_nodes(
    graph: NativeGraph,
    letters: Sequence[int],
    moves: Sequence[Mapping[int, Sequence[tuple[int, int]]]],
    left_out: Iterable[int],
    roots: Sequence[int],
    due: int,
    weak: int,
) -> tuple[Numbers, FairNodes]:
    """Return what is reached from some nodes of a product, and where obligations can be met.

    The arguments are those of `Product`: `moves[q][letter]` are what the automaton may come to from
    q, each with its marks, and the states in `left_out` have no edges.
    """
    edges, size = graph.edges, len(moves)
    known = {letter: number for number, letter in enumerate(dict.fromkeys(letters))}
    letter: Small = np.fromiter(map(known.__getitem__, letters), np.int16, len(letters))
    ways = [moves[q][each] for q in range(size) for each in known]
    first: Numbers = np.cumsum([0, *map(len, ways)])
    targets: Numbers = np.array([target for way in ways for target, _ in way], np.int64)
    marks: Words = np.array([mark for way in ways for _, mark in way], np.uint64)
    skipped: Bits = np.zeros(size, np.bool_)
    skipped[list(left_out)] = True
    nodes = len(graph.states) * size
    rank, fair = reserved(nodes, np.int32), reserved(nodes, np.int32)
    graph.native.loops.fair_components(
        edges.begin, edges.heads, edges.movers, letter, len(known), size, first, targets, marks,
        skipped, np.array(roots, np.int64), edges.enabled, np.uint64(due), np.uint64(weak), rank,
        reserved(nodes, np.int32), reserved(nodes, np.int32), reserved(nodes, np.int64),
        reserved(nodes, np.int16), reserved(nodes, np.bool_), fair,
    )  # fmt: skip
    return np.flatnonzero(rank), FairNodes(fair)


def _in_order(levels: Sequence[Level], words: int) -> Words:
    """Return the states of some levels one after another."""
    if len(levels[0].stores) == 1:  # they are already
        return levels[0].stores[0].states[: levels[-1].ends[0] * words]
    parts = [
        store.states[begin * words : end * words]
        for level in levels
        for store, begin, end in zip(level.stores, level.begins, level.ends, strict=True)
    ]
    return np.concatenate(parts)
