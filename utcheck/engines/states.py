"""The explored states by number, and what leads from one to the next: what liveness is decided on.

Rows are worked out where they are asked for, many states at a time, and then kept: a property that
is about few of the states costs little more than looking at its predicates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from utcheck.engines.paths import Levels
from utcheck.engines.space import CHUNK, Space, Transition
from utcheck.properties.kinds import Predicate


class Arrays(Protocol):
    """All transitions as arrays, where somebody has made them (see `arrays`)."""

    def row(self, number: int) -> tuple[int, ...]:
        """Return the successors of a state."""


class StateGraph:
    """The reachable states of a space, numbered in the order in which they were found.

    `rows` has, by number, the numbers of the successors of a state, in the order of processes and
    choices; None where nobody has asked for them yet. `movers` has the process of each of them, and
    `enabled` the enabled processes as bits. A graph is `compact` if its states are in arrays, and
    kernels search it (see `native.graph`).
    """

    compact = False

    def __init__(self, space: Space[Any], levels: Levels) -> None:
        """Number the states of all levels."""
        self.space = space
        self.states, self.number = self._number(levels)
        self.initial: Sequence[int] = range(len(levels[0]))
        self.depth = len(levels)
        # Tuples, because the garbage collector soon leaves them alone.
        self.rows: list[tuple[int, ...] | None] = [None] * len(self.states)
        self.movers: dict[int, Sequence[int]] = {}
        self.enabled: dict[int, int] = {}
        self._truths: dict[Predicate, list[bool]] = {}
        self.arrays: Arrays | None = None

    def _number(self, levels: Levels) -> tuple[Sequence[Any], Mapping[Any, int]]:
        """Return the states of all levels, and the number of each."""
        states = [state for level in levels for state in level]
        return states, {state: n for n, state in enumerate(states)}

    def fill(self, numbers: Iterable[int]) -> None:
        """Work out the rows of these states."""
        rows, number, states = self.rows, self.number.__getitem__, self.states
        missing = [n for n in numbers if rows[n] is None]
        if self.arrays is not None:
            for n in missing:
                rows[n] = self.arrays.row(n)
            return
        for begin in range(0, len(missing), CHUNK):
            chunk = missing[begin : begin + CHUNK]
            found = self.space.successors([states[n] for n in chunk])
            for n, row in zip(chunk, found, strict=True):
                rows[n] = (*map(number, row),)

    def row(self, number: int) -> tuple[int, ...]:
        """Return the successors of a state."""
        found = self.rows[number]
        if found is None:
            self.fill((number,))
            found = self.rows[number]
        return found or ()

    def fill_movers(self, numbers: Iterable[int]) -> None:
        """Work out who moves from these states, and who is enabled in them."""
        missing = [n for n in numbers if n not in self.enabled]
        for begin in range(0, len(missing), CHUNK):
            chunk = missing[begin : begin + CHUNK]
            found = self.space.movers([self.states[n] for n in chunk])
            for n, (movers, enabled) in zip(chunk, found, strict=True):
                self.movers[n] = movers
                self.enabled[n] = enabled

    def transitions(self, number: int) -> list[Transition]:
        """Return the transitions of a state, failing ones left out; targets are numbers."""
        return [
            transition._replace(target=self.number[transition.target])
            for transition in self.space.transitions(self.states[number])
            if transition.target is not None
        ]

    def ends(self, number: int) -> bool:
        """Return whether a run that reaches the state stays there for ever.

        A state whose only steps fail is not an end: a run that takes one has no continuation.
        """
        return not self.row(number) and not self.space.transitions(self.states[number])

    def truths(self, predicate: Predicate) -> Sequence[bool]:
        """Return the truth of a predicate in every state, by number."""
        known = self._truths.get(predicate)
        if known is None:
            known = self._truths[predicate] = []
            for begin in range(0, len(self.states), CHUNK):
                known += self.space.answers(predicate, self.states[begin : begin + CHUNK])
        return known
