"""The distance of every reachable state from the initial ones, by saturation.

A function from states to distances is a diagram whose edges have values; the distance of a state is
the sum of those on its path, and a state that is not reachable has no path. The values of the edges
of a node are made so that the least is 0, and the rest goes up (EV+MDDs, Ciardo and Siminiceanu,
Using edge-valued decision diagrams for symbolic generation of shortest paths, FMCAD 2002). A set is
closed as in `saturation`, with "shorter" in the place of "new".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from utcheck.engines.mdd.forest import EMPTY, FULL, LOOK, Forest
from utcheck.engines.mdd.relation import SAME, Moves, Relations

Function = tuple[int, int]
"""A value and a node: what the node gives, plus the value."""

NOWHERE: Function = (0, EMPTY)

Row = dict[int, Function]


class Distances:
    """Distances of states from some states, along the steps of a relation."""

    def __init__(
        self,
        forest: Forest,
        relations: Relations,
        parts: Mapping[int, int],
        watch: Callable[[int], None],
    ) -> None:
        """Remember nothing yet; `watch` is called now and then with the number of nodes."""
        self._forest = forest
        self.nodes: list[tuple[tuple[int, int, int], ...]] = [(), ()]
        self.levels: list[int] = [0, 0]
        self._watch = watch
        self._relations = relations
        self._parts: list[dict[int, Moves]] = [{} for _ in range(forest.height + 1)]
        for level, part in parts.items():
            self._parts[level] = relations.rows[part]
        self._unique: dict[tuple[tuple[int, int, int], ...], int] = {}
        self._minima: dict[tuple[int, int, int], Function] = {}
        self._images: dict[tuple[int, int, int], Function] = {}
        self._closed: dict[tuple[int, int], Function] = {}
        self._restricted: dict[tuple[int, int], Function] = {}
        self._deepest: dict[int, int] = {EMPTY: 0, FULL: 0}

    def node(self, level: int, row: Row) -> Function:
        """Return the function with these parts."""
        if not row:
            return NOWHERE
        least = min([value for value, _ in row.values()])
        items = tuple(sorted([(n, value - least, child) for n, (value, child) in row.items()]))
        node = self._unique.get(items)
        if node is None:
            node = self._unique[items] = len(self.nodes)
            self.nodes.append(items)
            self.levels.append(level)
            if not node % LOOK:
                self._watch(node)
        return least, node

    def minimum(self, one: int, other: int, shift: int) -> Function:
        """Return the least of two functions, to the second of which `shift` is added."""
        if one == other:
            return min(0, shift), one
        if not other:
            return 0, one
        if not one:
            return shift, other
        if one > other:
            value, node = self.minimum(other, one, -shift)
            return value + shift, node
        key = (one, other, shift)
        known = self._minima.get(key)
        if known is None:
            row: Row = {number: (value, child) for number, value, child in self.nodes[one]}
            for number, value, child in self.nodes[other]:
                mine = row.get(number)
                if mine is None:
                    row[number] = (value + shift, child)
                else:
                    least, node = self.minimum(mine[1], child, value + shift - mine[0])
                    row[number] = (mine[0] + least, node)
            known = self._minima[key] = self.node(self.levels[one], row)
        return known

    def of_set(self, states: int) -> Function:
        """Return the function that is 0 in some states."""
        known: dict[int, Function] = {EMPTY: NOWHERE, FULL: (0, FULL)}

        def zero(node: int) -> Function:
            found = known.get(node)
            if found is None:
                row = {number: zero(child) for number, child in self._forest.nodes[node]}
                found = known[node] = self.node(self._forest.levels[node], row)
            return found

        return zero(states)

    def restricted(self, node: int, states: int) -> Function:
        """Return a function for those states only that are in a set."""
        if states == FULL:
            return 0, node
        if not node or not states:
            return NOWHERE
        key = (node, states)
        known = self._restricted.get(key)
        if known is None:
            inside, row = dict(self._forest.nodes[states]), {}
            for number, value, child in self.nodes[node]:
                more, below = self.restricted(child, inside.get(number, EMPTY))
                if below:
                    row[number] = (value + more, below)
            known = self._restricted[key] = self.node(self.levels[node], row)
        return known

    def closure(self, function: Function, inside: int = FULL) -> Function:
        """Return the distances that steps inside a set lead to, from some distances there."""
        value, node = function
        more, node = self._closure(node, inside)
        return value + more, node

    def _closure(self, node: int, inside: int) -> Function:
        if node <= FULL:
            return 0, node
        key = (node, inside)
        known = self._closed.get(key)
        if known is None:
            allowed = self._allowed(inside)
            row: Row = {}
            for number, value, child in self.nodes[node]:
                bound = FULL if allowed is None else allowed[number]
                more, below = self._closure(child, bound)
                row[number] = (value + more, below)
            known = self._closed[key] = self._close(self.levels[node], row, inside)
        return known

    def _allowed(self, inside: int) -> dict[int, int] | None:
        return None if inside == FULL else dict(self._forest.nodes[inside])

    def _close(self, level: int, row: Row, inside: int) -> Function:
        """Return the saturated function with at most these values, whose parts are saturated."""
        part = self._parts[level]
        if part:
            allowed = self._allowed(inside)
            work = list(row)
            while work:
                number = work.pop()
                for new, below in part.get(number, ()):
                    bound = FULL if allowed is None else allowed.get(new, EMPTY)
                    value, child = row[number]
                    reached = self._follow(child, below, bound)
                    if self._reach(row, new, value + 1, reached) and new not in work:
                        work.append(new)
        return self.node(level, row)

    def _reach(self, row: Row, new: int, value: int, reached: Function) -> bool:
        """Take the least of a child and what was reached; return whether the child is another."""
        more, child = reached
        if not child:
            return False
        known = row.get(new)
        if known is None:
            row[new] = (value + more, child)
            return True
        least, node = self.minimum(known[1], child, value + more - known[0])
        row[new] = (known[0] + least, node)
        return bool(least) or node != known[1]

    def _follow(self, node: int, relation: int, inside: int) -> Function:
        if not inside:
            return NOWHERE
        if relation != SAME:
            return self._image(node, relation, inside)
        return self.restricted(node, inside)

    def _image(self, node: int, relation: int, inside: int) -> Function:
        """Return the saturated distances after one step of a relation, which is not counted."""
        key = (node, relation, inside)
        known = self._images.get(key)
        if known is not None:
            return known
        relations = self._relations
        level, allowed = self.levels[node], self._allowed(inside)
        row: Row = {}
        rest, rows = relation, None
        if relations.levels[relation] == level:
            rest, rows = relations.rests[relation], relations.rows[relation]
        for number, value, child in self.nodes[node]:
            moves = rows.get(number, ()) if rows else ()
            for new, below in (*moves, (number, rest)) if rest else moves:
                bound = FULL if allowed is None else allowed.get(new, EMPTY)
                self._reach(row, new, value, self._follow(child, below, bound))
        known = self._images[key] = self._close(level, row, inside) if row else NOWHERE
        return known

    # --- what a function says

    def depth(self, function: Function) -> int:
        """Return the greatest distance."""
        return function[0] + self._depth(function[1])

    def _depth(self, node: int) -> int:
        known = self._deepest.get(node)
        if known is None:
            known = max([value + self._depth(child) for _, value, child in self.nodes[node]])
            self._deepest[node] = known
        return known

    def at(self, function: Function, state: Sequence[int]) -> int | None:
        """Return the distance of a state, its numbers from level 1 upwards; None: not reachable."""
        total, node = function
        for number in reversed(state):
            for here, value, child in self.nodes[node]:
                if here == number:
                    total += value
                    node = child
                    break
            else:
                return None
        return total

    def nearest(self, function: Function, states: int) -> tuple[int, list[int]]:
        """Return the least distance of some states, which are all reachable, and such a state."""
        known: dict[tuple[int, int], tuple[int, int]] = {}

        def least(node: int, inside: int) -> int:
            if node == FULL:
                return 0
            key = (node, inside)
            found = known.get(key)
            if found is None:
                edges = {number: (value, child) for number, value, child in self.nodes[node]}
                found = known[key] = min([
                    (edges[number][0] + least(edges[number][1], child), number)
                    for number, child in self._forest.nodes[inside]
                ])  # fmt: skip
            return found[0]

        value, node = function
        total, state = value + least(node, states), []
        while node != FULL:
            number = known[node, states][1]
            state.append(number)
            node = next(child for here, _, child in self.nodes[node] if here == number)
            states = dict(self._forest.nodes[states])[number]
        return total, state[::-1]
