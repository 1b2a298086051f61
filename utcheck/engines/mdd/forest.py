"""Sets of states as multi-valued decision diagrams.

A state has a number at each level from `height` down to 1. A node at a level has an edge for each
number with which a state of its set may begin, to a node one level below (a quasi-reduced diagram,
Kam, Villa, Brayton and Sangiovanni-Vincentelli 1998). Node 0 is the empty set, and node 1, below
level 1, the set of the state without numbers. A node is made once, so sets are equal if their nodes
are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

EMPTY, FULL = 0, 1

Row = dict[int, int]
"""The children of a node by number; none of them is empty."""

# So many new nodes are made between two looks at the limits.
LOOK = 4096


class Forest:
    """The nodes of all sets; `watch` is called now and then with their number, and may raise."""

    def __init__(self, height: int, watch: Callable[[int], None]) -> None:
        """Know the two sets without nodes; states have `height` numbers."""
        self.height = height
        self.nodes: list[tuple[tuple[int, int], ...]] = [(), ()]
        self.levels: list[int] = [0, 0]
        self._watch = watch
        self._unique: dict[tuple[tuple[int, int], ...], int] = {}
        self._unions: dict[tuple[int, int], int] = {}
        self._intersections: dict[tuple[int, int], int] = {}
        self._differences: dict[tuple[int, int], int] = {}
        self._counts: dict[int, int] = {EMPTY: 0, FULL: 1}

    def node(self, level: int, row: Row) -> int:
        """Return the node with these children."""
        if not row:
            return EMPTY
        items = tuple(sorted(row.items()))
        node = self._unique.get(items)
        if node is None:
            node = self._unique[items] = len(self.nodes)
            self.nodes.append(items)
            self.levels.append(level)
            if not node % LOOK:
                self._watch(node)
        return node

    def single(self, state: Sequence[int]) -> int:
        """Return the set of one state, whose numbers are given from level 1 upwards."""
        node = FULL
        for below, number in enumerate(state):
            node = self.node(below + 1, {number: node})
        return node

    def union(self, one: int, other: int) -> int:
        """Return the states that are in one of two sets of the same level."""
        if one == other or not other:
            return one
        if not one:
            return other
        key = (one, other) if one < other else (other, one)
        known = self._unions.get(key)
        if known is None:
            row = dict(self.nodes[one])
            for number, child in self.nodes[other]:
                mine = row.get(number)
                if mine is None:
                    row[number] = child
                elif mine != child:
                    row[number] = self.union(mine, child)
            known = self._unions[key] = self.node(self.levels[one], row)
        return known

    def intersection(self, one: int, other: int) -> int:
        """Return the states that are in both of two sets of the same level."""
        if one == other or not one or not other:
            return one if one == other else EMPTY
        key = (one, other) if one < other else (other, one)
        known = self._intersections.get(key)
        if known is None:
            mine, row = dict(self.nodes[one]), {}
            for number, child in self.nodes[other]:
                common = self.intersection(mine.get(number, EMPTY), child)
                if common:
                    row[number] = common
            known = self._intersections[key] = self.node(self.levels[one], row)
        return known

    def difference(self, one: int, other: int) -> int:
        """Return the states of one set that are not in another one of the same level."""
        if one == other or not one:
            return EMPTY
        if not other:
            return one
        known = self._differences.get((one, other))
        if known is None:
            theirs, row = dict(self.nodes[other]), {}
            for number, child in self.nodes[one]:
                left = self.difference(child, theirs.get(number, EMPTY))
                if left:
                    row[number] = left
            known = self._differences[one, other] = self.node(self.levels[one], row)
        return known

    def count(self, node: int) -> int:
        """Return the number of states in a set."""
        known = self._counts.get(node)
        if known is None:
            known = sum([self.count(child) for _, child in self.nodes[node]])
            self._counts[node] = known
        return known

    def where(self, node: int, wanted: Mapping[int, frozenset[int]]) -> int:
        """Return the states of a set whose number at some levels is among those that are wanted."""
        if not wanted:
            return node
        lowest = min(wanted)
        known: dict[int, int] = {}

        def restricted(node: int) -> int:
            level = self.levels[node]
            if level < lowest:
                return node
            found = known.get(node)
            if found is None:
                keep = wanted.get(level)
                row = {}
                for number, child in self.nodes[node]:
                    if keep is None or number in keep:
                        below = restricted(child)
                        if below:
                            row[number] = below
                found = known[node] = self.node(level, row)
            return found

        return restricted(node)

    def numbers(self, node: int) -> list[set[int]]:
        """Return the numbers that occur at each level in a set, at the index of the level."""
        found: list[set[int]] = [set() for _ in range(self.height + 1)]
        for below in self.below(node):
            found[self.levels[below]].update(number for number, _ in self.nodes[below])
        return found

    def below(self, node: int) -> Iterator[int]:
        """Yield the nodes of a set, each after those that lead to it."""
        layer: Iterable[int] = [node] if node > FULL else []
        while layer:
            yield from layer
            layer = {c: None for n in layer for _, c in self.nodes[n] if c > FULL}

    def contains(self, node: int, state: Sequence[int]) -> bool:
        """Return whether a state, its numbers from level 1 upwards, is in a set."""
        for number in reversed(state):
            node = next((child for here, child in self.nodes[node] if here == number), EMPTY)
        return node == FULL

    def some(self, node: int) -> list[int]:
        """Return the first state of a set that is not empty, its numbers from level 1 upwards."""
        state = []
        while node > FULL:
            number, node = self.nodes[node][0]
            state.append(number)
        return state[::-1]
