"""Runs to states, read off their distances: the last step first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from utcheck.engines.mdd.distances import Distances, Function
from utcheck.engines.mdd.network import Network, State
from utcheck.engines.paths import Step
from utcheck.errors import InternalError
from utcheck.program.closed import Case, Closed, Options
from utcheck.program.trees import Do

Before = tuple[Step, list[int]]
"""A process and its choices, and the state in which it takes its step."""


class Runs:
    """Finds steps backwards."""

    def __init__(self, network: Network, distances: Distances) -> None:
        """Know which steps lead to each location."""
        self._network = network
        self._distances = distances
        closed = network.closed
        self._into: list[dict[int, list[tuple[int, Closed, frozenset[int]]]]] = []
        for trees in closed.steps:
            into: dict[int, list[tuple[int, Closed, frozenset[int]]]] = {}
            for location, tree in enumerate(trees):
                targets, written = _effects(tree) if tree is not None else (set(), frozenset())
                for target in targets:
                    into.setdefault(target, []).append((location, tree, written))  # type: ignore[arg-type]
            self._into.append(into)

    def back(
        self, function: Function, last: Sequence[int], begins: Callable[[State, int], bool]
    ) -> tuple[list[Step], State]:
        """Return the steps of a shortest run to a state, and the state in which it begins.

        `begins` says of a state and its distance whether the run may begin there. Where it can, a
        process goes on that takes the next step, so that the run is easily read.
        """
        state = list(last)
        distance = self._distances.at(function, state)
        steps: list[Step] = []
        process = 0
        while distance is not None and not begins(state, distance):
            distance -= 1
            step, state = self._step_back(function, state, distance, process)
            process = step[0]
            steps.append(step)
        return steps[::-1], state

    def _step_back(self, function: Function, state: State, distance: int, process: int) -> Before:
        count = len(self._into)
        for turn in range(count):
            who = (process + turn) % count
            for choices, before in self._before(who, state):
                if self._distances.at(function, before) == distance:
                    return (who, choices), before
        raise InternalError("a state at a distance has no state before it")

    def _before(self, process: int, state: State) -> Iterator[tuple[tuple[int, ...], list[int]]]:
        """Yield the states from which a process comes to a state in one step, with its choices."""
        network = self._network
        target = network.location(state, process)
        for location, tree, written in self._into[process].get(target, ()):
            for reads, choices, leaf in _ways_to(network, tree, target, state, written):
                writes = dict(leaf.writes)
                unknown = [v for v in writes if v not in reads and v in network.level]
                before = list(state)
                for variable in writes:
                    if variable in reads and variable in network.level:
                        before[network.level[variable] - 1] = reads[variable]
                network.move(before, process, target, location)
                for numbers in product(*(network.closed.numbers[v] for v in unknown)):
                    for variable, number in zip(unknown, numbers, strict=True):
                        before[network.level[variable] - 1] = number
                    yield choices, list(before)


def _effects(tree: Closed) -> tuple[set[int], frozenset[int]]:
    """Return the locations that a step goes to, and the variables that it may set."""
    targets: set[int] = set()
    written: set[int] = set()
    seen: set[int] = set()
    work = [tree]
    while work:
        node = work.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Case | Options):
            work += node.children.values()
        elif isinstance(node, Do):
            targets.add(node.target)
            written.update(variable for variable, _ in node.writes)
    return targets, frozenset(written)


def _ways_to(
    network: Network, tree: Closed, target: int, state: State, written: frozenset[int]
) -> Iterator[tuple[dict[int, int], tuple[int, ...], Do]]:
    """Yield reads, choices and end of each way through a step that may lead to a state."""
    work: list[tuple[Closed, dict[int, int], tuple[int, ...]]] = [(tree, {}, ())]
    while work:
        node, reads, choices = work.pop()
        if isinstance(node, Options):
            for taken, child in reversed(node.children.items()):
                work.append((child, reads, (*choices, taken)))
        elif isinstance(node, Case):
            variable = node.variable
            if variable in written:
                for number, child in node.children.items():
                    work.append((child, {**reads, variable: number}, choices))
            else:
                child = node.children[network.number(state, variable)]
                work.append((child, reads, choices))
        elif isinstance(node, Do) and node.target == target and _fits(network, node, reads, state):
            yield reads, choices, node


def _fits(network: Network, leaf: Do, reads: dict[int, int], state: State) -> bool:
    """Return whether a state is one that a way leads to."""
    writes = dict(leaf.writes)
    return all(network.number(state, v) == number for v, number in leaf.writes) and all(
        v in writes or network.number(state, v) == number for v, number in reads.items()
    )
