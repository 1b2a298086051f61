"""Runs that avoid a goal for ever: those that end, and those that go round in a fair cycle.

The states of fair cycles are found as a greatest fixpoint (Emerson and Lei, Efficient model
checking in fragments of the propositional mu-calculus, LICS 1986), the component of one of them by
searching forwards and backwards from it. A process is treated fairly by a cycle on which it takes a
step, or on which it is disabled somewhere; strong fairness is not for this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from utcheck.engines.mdd.cycles import CycleSearch
from utcheck.engines.mdd.forest import EMPTY
from utcheck.engines.mdd.network import State
from utcheck.engines.mdd.progress import always_ends
from utcheck.engines.mdd.relation import NONE
from utcheck.engines.mdd.saturation import Saturation
from utcheck.engines.mdd.system import System
from utcheck.engines.paths import Step
from utcheck.model.process import Fairness

Avoiding = tuple[list[Step], State, int | None]
"""Steps, the state that they begin in, and how many of the last of them are a cycle, if any."""


class Liveness:
    """Looks for runs in a system on which processes are owed this fairness."""

    def __init__(self, system: System, fairness: Sequence[Fairness]) -> None:
        """Remember nothing yet."""
        self._system = system
        self._fairness = fairness

    @cached_property
    def _back(self) -> Saturation:
        relations = self._system.relations
        parts = {level: relations.inverse(part) for level, part in self._system.parts.items()}
        return Saturation(self._system.forest, relations, parts)

    @cached_property
    def _all_end(self) -> bool:
        return always_ends(self._system.closed)

    def leading_to(self, goal: int, inside: int | None = None) -> int:
        """Return the states from which some states of a set can be reached, inside another set."""
        return self._back.closure(goal, self._system.states if inside is None else inside)

    def avoiding(self, begin: int, inside: int) -> Avoiding | None:
        """Return a run from some states that stays inside a set for ever, or None.

        Together with a shortest run to where it begins it is as short as can be to where it ends or
        to where its cycle begins.
        """
        system = self._system
        ends = system.forest.intersection(inside, system.idle)
        if not begin or (self._all_end and not ends):
            return None
        reached = system.saturation.closure(begin, inside)
        ends = system.forest.intersection(reached, ends)
        cycles = EMPTY if self._all_end else self._hull(reached)
        if not ends and not cycles:
            return None
        start = system.distances.restricted(system.distance[1], begin)
        start = (start[0] + system.distance[0], start[1])
        function = system.distances.closure(start, inside)
        search = CycleSearch(system, self._fairness, self._back, function)
        found = search.nearest(ends, cycles)
        if found is None:
            return None
        state, cycle = found

        def begins(here: State, distance: int) -> bool:
            inside_begin = system.forest.contains(begin, here)
            return inside_begin and system.distances.at(system.distance, here) == distance

        steps, first = system.runs.back(function, state, begins)
        return [*steps, *cycle], first, len(cycle) if cycle else None

    def _hull(self, states: int) -> int:
        """Return the states of a set that lie on fair cycles, or between cycles, inside it."""
        system, forest = self._system, self._system.forest
        before = NONE
        while before != states:
            before = states
            leads = NONE
            for process in range(len(self._fairness)):
                moving = system.moving(process, states, states)
                leads = forest.union(leads, moving)
                if self._fairness[process] == "weak":
                    due = forest.union(moving, system.disabled(process, states))
                    states = self.leading_to(due, states)
            states = forest.intersection(states, leads)
        before = NONE
        while before != states:
            before = states
            states = system.after(states, states)
        return states
