"""Saturation: the states reachable from some, with every step taken as far down as it can be.

A node is saturated if its set is closed under all steps that begin at its level or below. Nodes are
saturated from the bottom upwards, and every node that comes up on the way at once (Ciardo, Luettgen
and Siminiceanu, TACAS 2001; for relations that are not products of local ones, Ciardo, Marmorstein
and Siminiceanu, STTT 2006). No set of states at one distance is ever built. Steps may have to stay
inside a set (constrained saturation: Zhao and Ciardo, ATVA 2009); FULL at any level stands for the
set of all states.
"""

from __future__ import annotations

from collections.abc import Mapping

from utcheck.engines.mdd.forest import EMPTY, FULL, Forest, Row
from utcheck.engines.mdd.relation import SAME, Moves, Relations


class Saturation:
    """Closes sets under the steps of a relation, which is given in parts by their top levels."""

    def __init__(self, forest: Forest, relations: Relations, parts: Mapping[int, int]) -> None:
        """Remember nothing yet."""
        self._forest = forest
        self._relations = relations
        self._parts: list[dict[int, Moves]] = [{} for _ in range(forest.height + 1)]
        for level, part in parts.items():
            self._parts[level] = relations.rows[part]
        self._saturated: dict[tuple[int, int], int] = {}
        self._images: dict[tuple[int, int, int], int] = {}

    def closure(self, node: int, inside: int = FULL) -> int:
        """Return the states that are reachable from a set, which lies inside another, in there."""
        if node <= FULL:
            return node
        key = (node, inside)
        known = self._saturated.get(key)
        if known is None:
            allowed = self._allowed(inside)
            row = {
                number: self.closure(child, FULL if allowed is None else allowed[number])
                for number, child in self._forest.nodes[node]
            }
            known = self._close(self._forest.levels[node], row, inside)
            self._saturated[key] = self._saturated[known, inside] = known
        return known

    def image(self, node: int, relation: int, inside: int) -> int:
        """Return the states inside a set that one step of a relation, and then others, lead to."""
        return self._follow(node, relation, inside)

    def _allowed(self, inside: int) -> dict[int, int] | None:
        """Return what may be below each number; None means anything."""
        return None if inside == FULL else dict(self._forest.nodes[inside])

    def _close(self, level: int, row: Row, inside: int) -> int:
        """Return the saturated node with at least these children, which are saturated."""
        part = self._parts[level]
        if part:
            union = self._forest.union
            allowed = self._allowed(inside)
            work = list(row)
            while work:
                number = work.pop()
                for new, below in part.get(number, ()):
                    bound = FULL if allowed is None else allowed.get(new, EMPTY)
                    reached = self._follow(row[number], below, bound) if bound else EMPTY
                    if not reached:
                        continue
                    known = row.get(new)
                    if known is not None:
                        reached = union(known, reached)
                    if reached != known:
                        row[new] = reached
                        if new not in work:
                            work.append(new)
        return self._forest.node(level, row)

    def _follow(self, node: int, relation: int, inside: int) -> int:
        if relation != SAME:
            return self._image(node, relation, inside)
        return node if inside == FULL else self._forest.intersection(node, inside)

    def _image(self, node: int, relation: int, inside: int) -> int:
        """Return the saturated set of what one step of a relation leads to, inside a set."""
        key = (node, relation, inside)
        known = self._images.get(key)
        if known is not None:
            return known
        forest, relations = self._forest, self._relations
        follow, union = self._follow, forest.union
        allowed = self._allowed(inside)
        level = forest.levels[node]
        row: Row = {}
        rest, rows = relation, None
        if relations.levels[relation] == level:
            rest, rows = relations.rests[relation], relations.rows[relation]
        for number, child in forest.nodes[node]:
            moves = rows.get(number, ()) if rows else ()
            for new, below in (*moves, (number, rest)) if rest else moves:
                bound = FULL if allowed is None else allowed.get(new, EMPTY)
                reached = follow(child, below, bound) if bound else EMPTY
                if reached:
                    mine = row.get(new)
                    row[new] = reached if mine is None else union(mine, reached)
        known = self._images[key] = self._close(level, row, inside) if row else EMPTY
        return known
