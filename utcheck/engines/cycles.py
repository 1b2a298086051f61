"""Fair cycles: short ways round a strongly connected component that give every process its due.

A cycle is fair if every weakly fair process takes a step on it or is disabled somewhere on it, and
every strongly fair one takes a step on it or is enabled nowhere on it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from utcheck.engines.paths import Step
from utcheck.engines.space import Transition
from utcheck.errors import InternalError
from utcheck.model.process import Fairness

# The search for a shortest cycle visits at most so many pairs of a state and an account.
MOST_PAIRS = 300_000


class Graph(Protocol):
    """A graph in memory: the transitions of each state, and the set of its enabled processes."""

    @property
    def edges(self) -> Mapping[Hashable, Sequence[Transition]]:
        """The transitions inside the graph."""

    @property
    def enabled(self) -> Mapping[Hashable, int]:
        """The enabled processes, as bits, whether their steps stay in the graph or not."""


def bits(numbers: Iterable[int]) -> int:
    """Return a set of numbers as bits."""
    result = 0
    for number in numbers:
        result |= 1 << number
    return result


def activity(graph: Graph, component: frozenset[Hashable]) -> tuple[int, int, int]:
    """Return which processes move inside, are enabled in every state, are enabled in some state."""
    moves, always, ever = 0, -1, 0
    for state in component:
        always &= graph.enabled[state]
        ever |= graph.enabled[state]
        moves |= bits(t.process for t in graph.edges[state] if t.target in component)
    return moves, always, ever


def fair_cycle(
    graph: Graph,
    component: frozenset[Hashable],
    start: Hashable,
    fairness: Sequence[Fairness],
) -> list[Step]:
    """Return the steps of a fair cycle through `start` inside a fair component."""
    walk = _Walk(graph, component, fairness)
    ever = activity(graph, component)[2]
    if len(component) << walk.choices(ever) <= MOST_PAIRS:
        begin = walk.visited(start, Account(0, 0))
        return walk.to(
            start, begin, lambda state, account: state == start and not walk.owed(account)
        )[0]
    # Too large for that: settle with everyone who is enabled anywhere, one after another.
    state, account = start, walk.visited(start, Account(0, ever & walk.strong))
    steps: list[Step] = []
    while walk.owed(account):
        more, state, account = walk.to(
            state, account, partial(_owes_less, walk, walk.owed(account))
        )
        steps += more
    if steps and state == start:
        return steps
    return steps + walk.to(state, account, lambda state, _: state == start)[0]


def _owes_less(walk: _Walk, owed: int, _: Hashable, account: Account) -> bool:
    return walk.owed(account) != owed


class Account(NamedTuple):
    """What a walk has done for fairness, as sets of processes.

    `settled` have taken a step or, if they are weakly fair, have been disabled; `seen` are strongly
    fair and have been enabled.
    """

    settled: int
    seen: int


class _Walk:
    """Shortest walks in a component that keep account of which processes are still owed a step."""

    def __init__(
        self, graph: Graph, component: frozenset[Hashable], fairness: Sequence[Fairness]
    ) -> None:
        self._graph = graph
        self._component = component
        self._weak = bits(p for p, kind in enumerate(fairness) if kind == "weak")
        self.strong = bits(p for p, kind in enumerate(fairness) if kind == "strong")

    def choices(self, ever: int) -> int:
        """Return the number of bits in which accounts differ, if `ever` are enabled somewhere."""
        return (self._weak & ever).bit_count() + 2 * (self.strong & ever).bit_count()

    def owed(self, account: Account) -> int:
        """Return the processes that must still take a step, or be disabled."""
        return (self._weak | account.seen) & ~account.settled

    def visited(self, state: Hashable, account: Account) -> Account:
        """Return the account once the walk has come to a state."""
        enabled = self._graph.enabled[state]
        settled = account.settled | self._weak & ~enabled
        return Account(settled, account.seen | self.strong & enabled)

    def to(
        self, start: Hashable, account: Account, arrived: Callable[[Hashable, Account], bool]
    ) -> tuple[list[Step], Hashable, Account]:
        """Return a shortest walk of at least one step to where `arrived` is true."""
        first = (start, account)
        before: dict[Any, tuple[Any, Step]] = {}
        queue = deque([first])
        while queue:
            pair = queue.popleft()
            settled, seen = pair[1]
            for process, choices, target in self._graph.edges[pair[0]]:
                if target not in self._component:
                    continue
                moved = 1 << process & (self._weak | self.strong)
                key = (target, self.visited(target, Account(settled | moved, seen)))
                if key in before:
                    continue
                before[key] = (pair, (process, choices))
                if arrived(*key):
                    return _steps_to(before, key, first), *key
                queue.append(key)
        raise InternalError("a fair component has no way back to its start")


def _steps_to(before: dict[Any, tuple[Any, Step]], key: Any, first: Any) -> list[Step]:
    steps = []
    while True:
        key, step = before[key]
        steps.append(step)
        if key == first:
            return steps[::-1]
