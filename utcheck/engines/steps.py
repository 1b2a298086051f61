"""Properties of steps, looked for in the steps of every explored state."""

from __future__ import annotations

from typing import Any

from utcheck.engines.paths import Levels
from utcheck.engines.space import Space, Transition
from utcheck.properties.kinds import Property


def broken_steps(
    space: Space[Any], levels: Levels, claim: Property
) -> tuple[int, dict[Any, list[Transition]]] | None:
    """Return the least depth of steps that a `step` property forbids, and these steps.

    They are given with the states that they start in. None if there are no such steps.
    """
    for depth, level in enumerate(levels):
        found = {
            state: broken
            for state in space.breaking(claim.operands[0], level)
            if (broken := _broken(space, state, claim))
        }
        if found:
            return depth, found
    return None


def _broken(space: Space[Any], state: Any, claim: Property) -> list[Transition]:
    (predicate,) = claim.operands
    return [
        transition
        for transition in space.transitions(state)
        if transition.target is not None
        and (claim.processes is None or transition.process in claim.processes)
        and claim.label in (None, space.label(transition.process, state))
        and not space.holds_for(predicate, state, transition.target)
    ]
