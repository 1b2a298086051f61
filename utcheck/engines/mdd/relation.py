"""Relations between states as decision diagrams over pairs of numbers.

A relation is a list of parts, each with another top level, the highest first. A part has rows: for
a number before the step, the numbers after it, each with the relation between what is below. What
no part mentions stays as it is (Ciardo and Yu 2005 have this as identity-reduced matrix diagrams;
here the parts of a union stay apart where they begin at different levels).

Relation 0 is empty, and relation 1 changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

NONE, SAME = 0, 1

Moves = tuple[tuple[int, int], ...]
"""Numbers after a step, each with the relation between what is below."""

Table = dict[int, dict[int, int]]


class Relations:
    """The nodes of all relations.

    `levels`, `rows` and `rests` have, for each, the top level of its first part, the moves of that
    part by the number before the step, and the relation of the other parts.
    """

    def __init__(self) -> None:
        """Know the two relations without parts."""
        self.levels: list[int] = [0, 0]
        self.rows: list[dict[int, Moves]] = [{}, {}]
        self.rests: list[int] = [NONE, NONE]
        self._unique: dict[object, int] = {}
        self._unions: dict[tuple[int, int], int] = {}
        self._required: dict[tuple[int, int, int], int] = {}
        self._inverses: dict[int, int] = {NONE: NONE, SAME: SAME}

    def node(self, level: int, table: Table, rest: int = NONE) -> int:
        """Return the relation with a part at a level, and other parts below it."""
        rows = tuple(
            (old, moves)
            for old, new in sorted(table.items())
            if (moves := tuple(sorted(item for item in new.items() if item[1])))
        )
        if not rows:
            return rest
        key = (level, rows, rest)
        node = self._unique.get(key)
        if node is None:
            node = self._unique[key] = len(self.levels)
            self.levels.append(level)
            self.rows.append(dict(rows))
            self.rests.append(rest)
        return node

    def step(self, changes: Mapping[int, tuple[Iterable[int], int | None]]) -> int:
        """Return one step: at each of some levels, numbers before it and the number after it.

        Where the number after it is None it is the one before it.
        """
        node = SAME
        for level in sorted(changes):
            before, after = changes[level]
            table = {old: {old if after is None else after: node} for old in before}
            node = self.node(level, table)
        return node

    def union(self, one: int, other: int) -> int:
        """Return the steps that are in one of two relations."""
        if one == other or other == NONE:
            return one
        if one == NONE:
            return other
        key = (one, other) if one < other else (other, one)
        known = self._unions.get(key)
        if known is None:
            known = self._unions[key] = self._joined(one, other)
        return known

    def _joined(self, one: int, other: int) -> int:
        if self.levels[one] < self.levels[other]:
            one, other = other, one
        level = self.levels[one]
        table = {old: dict(moves) for old, moves in self.rows[one].items()}
        if self.levels[other] < level:
            return self.node(level, table, self.union(self.rests[one], other))
        for old, moves in self.rows[other].items():
            mine = table.setdefault(old, {})
            for new, below in moves:
                mine[new] = self.union(mine.get(new, NONE), below)
        return self.node(level, table, self.union(self.rests[one], self.rests[other]))

    def together(self, relations: Iterable[int]) -> int:
        """Return the steps that are in one of many relations."""
        found: dict[int, int] = {}
        same = NONE
        for relation in relations:
            for level, part in self.parts(relation).items():
                found[level] = self.union(found.get(level, NONE), part)
            same = self.union(same, self._last(relation))
        for level in sorted(found):
            table = {old: dict(moves) for old, moves in self.rows[found[level]].items()}
            same = self.node(level, table, same)
        return same

    def _last(self, relation: int) -> int:
        """Return the part of a relation that changes nothing, if there is one."""
        while relation > SAME:
            relation = self.rests[relation]
        return relation

    def require(self, relation: int, level: int, number: int) -> int:
        """Return the steps of a relation before which there is a number at a level."""
        if relation == NONE:
            return NONE
        if self.levels[relation] < level:
            return self.node(level, {number: {number: relation}})
        key = (relation, level, number)
        known = self._required.get(key)
        if known is None:
            known = self._required[key] = self._requiring(relation, level, number)
        return known

    def _requiring(self, relation: int, level: int, number: int) -> int:
        top, rows = self.levels[relation], self.rows[relation]
        rest = self.require(self.rests[relation], level, number)
        if top == level:
            part = self.node(level, {number: dict(rows.get(number, ()))})
        else:
            part = self.node(top, {
                old: {new: self.require(below, level, number) for new, below in moves}
                for old, moves in rows.items()
            })  # fmt: skip
        return self.union(part, rest)

    def inverse(self, relation: int) -> int:
        """Return the steps of a relation backwards."""
        known = self._inverses.get(relation)
        if known is None:
            table: Table = {}
            for old, moves in self.rows[relation].items():
                for new, below in moves:
                    table.setdefault(new, {})[old] = self.inverse(below)
            rest = self.inverse(self.rests[relation])
            known = self._inverses[relation] = self.node(self.levels[relation], table, rest)
        return known

    def parts(self, relation: int) -> dict[int, int]:
        """Return the parts of a relation by their top levels, each as a relation of its own."""
        found = {}
        while relation > SAME:
            level = self.levels[relation]
            table = {old: dict(moves) for old, moves in self.rows[relation].items()}
            found[level] = self.node(level, table)
            relation = self.rests[relation]
        return found
