"""Which states of a set meet a condition, given as a relation that changes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from utcheck.engines.mdd.forest import EMPTY, FULL, Forest
from utcheck.engines.mdd.relation import NONE, SAME, Relations


class Meeting:
    """Compares sets with conditions; a relation is a condition on the state before a step."""

    def __init__(self, forest: Forest, relations: Relations) -> None:
        """Remember nothing yet."""
        self._forest = forest
        self._relations = relations
        self._missing: dict[tuple[int, int], int] = {}
        self._numbers: dict[tuple[int, int], int] = {}

    def without(self, node: int, condition: int) -> int:
        """Return the states of a set that do not meet a condition."""
        if condition == NONE or node == EMPTY:
            return node
        if condition == SAME:
            return EMPTY
        key = (node, condition)
        known = self._missing.get(key)
        if known is None:
            relations, row = self._relations, {}
            level, rest, rows = self._forest.levels[node], condition, None
            if relations.levels[condition] == level:
                rest, rows = relations.rests[condition], relations.rows[condition]
            for number, child in self._forest.nodes[node]:
                below = rest
                for _, part in rows.get(number, ()) if rows else ():
                    below = relations.union(below, part)
                left = self.without(child, below)
                if left:
                    row[number] = left
            known = self._missing[key] = self._forest.node(level, row)
        return known

    def count(self, node: int, condition: int) -> int:
        """Return how many states of a set meet a condition no two of whose ways go together."""
        if condition == SAME:
            return self._forest.count(node)
        if condition == NONE or node <= FULL:
            return 0
        key = (node, condition)
        known = self._numbers.get(key)
        if known is None:
            relations = self._relations
            rest, rows = condition, None
            if relations.levels[condition] == self._forest.levels[node]:
                rest, rows = relations.rests[condition], relations.rows[condition]
            known = 0
            for number, child in self._forest.nodes[node]:
                if rest:
                    known += self.count(child, rest)
                for _, part in rows.get(number, ()) if rows else ():
                    known += self.count(child, part)
            self._numbers[key] = known
        return known


class Census:
    """Counts the states of one set that meet conditions, without looking at what is above them."""

    def __init__(self, forest: Forest, meeting: Meeting, states: int) -> None:
        """Count, for each node of the set, the ways that lead to it."""
        self._meeting = meeting
        self._above: dict[int, int] = {states: 1}
        self._layers: list[list[int]] = [[] for _ in range(forest.height + 1)]
        for node in forest.below(states):
            self._layers[forest.levels[node]].append(node)
            for _, child in forest.nodes[node]:
                self._above[child] = self._above.get(child, 0) + self._above[node]
        self._whole = forest.count(states)

    def count(self, relations: Relations, conditions: Iterable[int]) -> int:
        """Return how many states meet each condition, all together; see `Meeting.count`."""
        total = 0
        for condition in conditions:
            if condition == SAME:
                total += self._whole
            for level, part in relations.parts(condition).items():
                for node in self._layers[level]:
                    number = self._meeting.count(node, part)
                    if number:
                        total += self._above[node] * number
        return total
