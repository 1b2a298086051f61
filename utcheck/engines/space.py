"""What every engine offers to the algorithms that they share: a state graph, given implicitly."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from utcheck.properties.kinds import Predicate

State = TypeVar("State", bound=Hashable, contravariant=True)


class Transition(NamedTuple):
    """A process takes a step with these choices.

    `target` is the state that it leads to, or None where an assertion in the step fails.
    """

    process: int
    choices: tuple[int, ...]
    target: Any


class Space(Protocol[State]):
    """A state graph: initial states, transitions and state predicates."""

    def initial(self) -> Iterable[tuple[tuple[int, ...], Hashable]]:
        """Return the initial states, each with the choices made in `init`; a state may recur."""

    def transitions(self, state: State) -> Sequence[Transition]:
        """Return the transitions of a state, processes in their order, then choices in theirs."""

    def leading(
        self, states: Sequence[State], ahead: Collection[Any]
    ) -> dict[Any, list[Transition]]:
        """Return those of `states` that have transitions to states in `ahead`, with these."""

    def holds(self, predicate: Predicate, state: State) -> bool:
        """Return whether a predicate is true in a state."""


def scan(
    space: Space[Any], states: Iterable[Any], ahead: Collection[Any]
) -> dict[Any, list[Transition]]:
    """Answer `Space.leading` by looking at every transition."""
    found = {}
    for state in states:
        leading = [t for t in space.transitions(state) if t.target in ahead]
        if leading:
            found[state] = leading
    return found
