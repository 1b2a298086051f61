"""All the states in which a property is violated, not only the nearest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from utcheck.engines.paths import Levels
from utcheck.engines.space import Space, Transition
from utcheck.properties.kinds import Kind, Property

# A state, its depth, and the steps from it that are what is wrong, if it is not the state itself.
End = tuple[int, Any, Sequence[Transition] | None]


def ends(space: Space[Any], levels: Levels, claim: Property) -> Iterator[End]:
    """Yield the states in which a safety property is violated, and `reachable` ones are reached.

    Nothing is yielded for properties that a whole run violates.
    """
    for depth, level in enumerate(levels):
        if claim.invariant or claim.kind is Kind.REACHABLE:
            wanted = claim.kind in (Kind.NEVER, Kind.REACHABLE)
            answers = space.answers(claim.operands[0], level)
            found = (s for s, answer in zip(level, answers, strict=True) if answer == wanted)
            yield from ((depth, state, None) for state in found)
        elif claim.kind is Kind.DEADLOCK:
            yield from ((depth, state, None) for state in _deadlocks(space, level))
        elif claim.kind is Kind.ASSERTIONS:
            yield from ((depth, state, wrong) for state, wrong in _failures(space, level))


def _deadlocks(space: Space[Any], level: Iterable[Any]) -> Iterator[Any]:
    for state in level:
        if not space.transitions(state) and not space.may_end(state):
            yield state


def _failures(
    space: Space[Any], level: Iterable[Any]
) -> Iterator[tuple[Any, Sequence[Transition]]]:
    for state in level:
        wrong = [t for t in space.transitions(state) if t.target is None]
        if wrong:
            yield state, wrong
