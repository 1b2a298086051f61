"""Short fair cycles: short ways round a set of nodes that settle every obligation.

A cycle is fair if every weakly fair process takes a step on it or is disabled somewhere on it, and
every strongly fair one takes a step on it or is enabled nowhere on it; it is accepted if it has a
mark of every acceptance set.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import cached_property, partial
from itertools import pairwise
from typing import Any, NamedTuple

from utcheck.engines.paths import Step
from utcheck.engines.product import Move, Product
from utcheck.errors import InternalError

# The search for a shortest cycle visits at most so many pairs of a node and an account.
MOST_PAIRS = 300_000


def fair_cycle(product: Product, inside: frozenset[int], start: int) -> list[Step]:
    """Return the steps of a fair accepted cycle through `start` inside a set that has one.

    It is a shortest one, unless the set is too large to say so; then it goes from one obligation to
    the nearest next.
    """
    walk = _Walk(product, inside)
    if len(inside) <= MOST_PAIRS and len(inside) << walk.choices() <= MOST_PAIRS:
        begin = walk.visited(start, Account(0, 0))
        return walk.to(
            start, begin, lambda node, account: node == start and not walk.owed(account)
        )[0]
    # Every strongly fair process that is enabled anywhere is owed a step, as it moves somewhere.
    ever = product.strong & walk.ever if product.strong else 0
    node, account = start, walk.visited(start, Account(0, ever))
    steps: list[Step] = []
    while walk.owed(account):
        more, node, account = walk.to(node, account, partial(_owes_less, walk, walk.owed(account)))
        steps += more
    if steps and node == start:
        return steps
    return steps + walk.home(node, start)


def _owes_less(walk: _Walk, owed: int, _: int, account: Account) -> bool:
    return walk.owed(account) != owed


class Account(NamedTuple):
    """What a walk has done, as sets of obligations.

    `settled` are met: a process has taken a step or, if it is weakly fair, has been disabled, or
    there was a mark. `seen` are strongly fair processes that have been enabled.
    """

    settled: int
    seen: int


class _Walk:
    """Shortest walks inside a set of nodes that keep account of what is still owed."""

    def __init__(self, product: Product, inside: frozenset[int]) -> None:
        self._product = product
        self._inside = inside
        self._counts = product.due | product.strong
        self._moves: dict[int, list[Move]] = {}

    @cached_property
    def ever(self) -> int:
        """The processes that are enabled in some node, as bits."""
        return self._product.ever(self._inside)

    def choices(self) -> int:
        """Return the number of bits in which accounts differ."""
        asleep = self._product.weak & ~self.ever
        strong = self._product.strong & self.ever
        return (self._product.due & ~asleep).bit_count() + 2 * strong.bit_count()

    def owed(self, account: Account) -> int:
        """Return the obligations that are not met yet."""
        return (self._product.due | account.seen) & ~account.settled

    def visited(self, node: int, account: Account) -> Account:
        """Return the account once the walk has come to a node."""
        enabled = self._product.enabled(node)
        settled = account.settled | self._product.weak & ~enabled
        return Account(settled, account.seen | self._product.strong & enabled)

    def moves(self, node: int) -> list[Move]:
        """Return the steps from a node that do not leave the set."""
        known = self._moves.get(node)
        if known is None:
            known = [m for m in self._product.moves(node) if m.target in self._inside]
            self._moves[node] = known
        return known

    def to(
        self, start: int, account: Account, arrived: Callable[[int, Account], bool]
    ) -> tuple[list[Step], int, Account]:
        """Return a shortest walk of at least one step to where `arrived` is true."""
        first = (start, account)
        before: dict[Any, tuple[Any, Step]] = {}
        queue = deque([first])
        while queue:
            pair = queue.popleft()
            settled, seen = pair[1]
            for process, choices, target, settles in self.moves(pair[0]):
                met = Account(settled | settles & self._counts, seen)
                key = (target, self.visited(target, met))
                if key in before:
                    continue
                before[key] = (pair, (process, choices))
                if arrived(*key):
                    return _steps_to(before, key, first), *key
                queue.append(key)
        raise InternalError("a fair component has no way back to its start")

    def home(self, start: int, goal: int) -> list[Step]:
        """Return the steps of a shortest walk of at least one step to a node, whatever is owed.

        It may be on the other side of a large set, so this looks at nodes alone, and at who takes
        which step on the way found only.
        """
        if self._product.searched is not None:
            nodes = self._product.searched.way(start, goal, self._inside)
        else:
            nodes = self._way(start, goal)
        steps: list[Step] = []
        for source, target in pairwise(nodes):
            ways = [(m.process, m.choices) for m in self.moves(source) if m.target == target]
            same = [way for way in ways if steps and way[0] == steps[-1][0]]
            steps.append((same or ways)[0])
        return steps

    def _way(self, start: int, goal: int) -> list[int]:
        before: dict[int, int] = {}
        layer = [start]
        while goal not in before:
            following = []
            for node in layer:
                for target in self._product.successors(node):
                    if target in self._inside and target not in before:
                        before[target] = node
                        following.append(target)
            layer = following
        nodes = [goal, before[goal]]
        while nodes[-1] != start:
            nodes.append(before[nodes[-1]])
        return nodes[::-1]


def _steps_to(before: dict[Any, tuple[Any, Step]], key: Any, first: Any) -> list[Step]:
    steps = []
    while True:
        key, step = before[key]
        steps.append(step)
        if key == first:
            return steps[::-1]
