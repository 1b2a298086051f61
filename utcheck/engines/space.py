"""What every engine offers to the algorithms that they share: a state graph, given implicitly."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from utcheck.outcome import Event
from utcheck.properties.kinds import Predicate

# So many states are handed to a space at once.
CHUNK = 8192

State = TypeVar("State", bound=Hashable, contravariant=True)


class Transition(NamedTuple):
    """A process takes a step with these choices.

    `target` is the state that it leads to, or None where an assertion in the step fails. `events`
    are those that the step emits.
    """

    process: int
    choices: tuple[int, ...]
    target: Any
    events: tuple[Event, ...] = ()


class Backwards(Protocol[State]):
    """A graph that can be searched backwards, one level of a breadth-first search after another."""

    def leading(
        self, states: Sequence[State], ahead: Collection[Any]
    ) -> dict[Any, list[Transition]]:
        """Return those of `states` that have transitions to states in `ahead`, with these."""


class Space(Backwards[State], Protocol[State]):
    """A state graph: initial states, transitions and state predicates."""

    def initial(self) -> Iterable[tuple[tuple[int, ...], Hashable]]:
        """Return the initial states, each with the choices made in `init`; a state may recur."""

    def transitions(self, state: State) -> Sequence[Transition]:
        """Return the transitions of a state, processes in their order, then choices in theirs."""

    def successors(self, states: Sequence[State]) -> Sequence[Sequence[Hashable]]:
        """Return the targets of the transitions of each state, but for those that fail."""

    def movers(self, states: Sequence[State]) -> Sequence[tuple[Sequence[int], int]]:
        """Return, for each state, the process of each successor, and who is enabled, as bits."""

    def holds(self, predicate: Predicate, state: State) -> bool:
        """Return whether a predicate is true in a state."""

    def answers(self, predicate: Predicate, states: Sequence[State]) -> Sequence[bool]:
        """Return whether a predicate is true in each of some states."""

    def holds_for(self, predicate: Predicate, old: State, new: State) -> bool:
        """Return whether a predicate about a step is true of one between two states."""

    def breaking(self, predicate: Predicate, states: Sequence[State]) -> Iterable[Any]:
        """Return the states with a step, whoever takes it, of which a predicate is not true."""

    def may_end(self, state: State) -> bool:
        """Return whether every process has ended in a state, or is a daemon."""

    def label(self, process: int, state: State) -> str:
        """Return the label of the next step of a process; it is empty where it has ended."""


class OneByOne:
    """The rest of a `Space` for one that gives `transitions` and `holds`, a state at a time."""

    def transitions(self, state: Any) -> Sequence[Transition]:
        """Return the transitions of a state; see `Space`."""
        raise NotImplementedError

    def holds(self, predicate: Predicate, state: Any) -> bool:
        """Return whether a predicate is true in a state; see `Space`."""
        raise NotImplementedError

    def successors(self, states: Sequence[Any]) -> list[list[Any]]:
        """Return the successors of each state; see `Space`."""
        return [[t.target for t in self.transitions(s) if t.target is not None] for s in states]

    def movers(self, states: Sequence[Any]) -> list[tuple[Sequence[int], int]]:
        """Return who moves and who is enabled in each state; see `Space`."""
        return [movers_of(self.transitions(state)) for state in states]

    def leading(self, states: Sequence[Any], ahead: Collection[Any]) -> dict[Any, list[Transition]]:
        """Return the states with transitions to states in `ahead`; see `Space`."""
        return scan(self, states, ahead)

    def answers(self, predicate: Predicate, states: Sequence[Any]) -> list[bool]:
        """Return whether a predicate is true in each state; see `Space`."""
        return [self.holds(predicate, state) for state in states]

    def holds_for(self, predicate: Predicate, old: Any, new: Any) -> bool:
        """Return whether a predicate about a step is true; see `Space`."""
        raise NotImplementedError

    def breaking(self, predicate: Predicate, states: Sequence[Any]) -> Iterator[Any]:
        """Return the states with a step that breaks a rule; see `Space`."""
        return scan_steps(self, predicate, states)


def movers_of(transitions: Iterable[Transition]) -> tuple[Sequence[int], int]:
    """Return the process of each of the transitions that do not fail, and of all, as bits."""
    enabled = 0
    movers = []
    for transition in transitions:
        enabled |= 1 << transition.process
        if transition.target is not None:
            movers.append(transition.process)
    return movers, enabled


def scan_steps(
    space: Space[Any] | OneByOne, predicate: Predicate, states: Sequence[Any]
) -> Iterator[Any]:
    """Answer `Space.breaking` by looking at every step."""
    for begin in range(0, len(states), CHUNK):
        chunk = states[begin : begin + CHUNK]
        for state, row in zip(chunk, space.successors(chunk), strict=True):
            if not all(space.holds_for(predicate, state, target) for target in row):
                yield state


def scan(
    space: Space[Any] | OneByOne, states: Iterable[Any], ahead: Collection[Any]
) -> dict[Any, list[Transition]]:
    """Answer `Space.leading` by looking at every transition."""
    found = {}
    for state in states:
        leading = [t for t in space.transitions(state) if t.target in ahead]
        if leading:
            found[state] = leading
    return found
