"""A model as sets and relations: its reachable states, and what is counted of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from utcheck.engines.mdd.asking import Asking
from utcheck.engines.mdd.distances import Distances, Function
from utcheck.engines.mdd.forest import EMPTY, Forest
from utcheck.engines.mdd.meeting import Census, Meeting
from utcheck.engines.mdd.network import ELSEWHERE, Network
from utcheck.engines.mdd.order import arrange
from utcheck.engines.mdd.relation import NONE
from utcheck.engines.mdd.runs import Runs
from utcheck.engines.mdd.saturation import Saturation
from utcheck.errors import Place
from utcheck.model.instance import Instance
from utcheck.program.close import ClosedProgram


class System:
    """The state graph of a closed program; everything is worked out where it is asked for.

    `watch` is called now and then with the number of nodes of a diagram, and may raise.
    """

    def __init__(self, closed: ClosedProgram, watch: Callable[[int], None]) -> None:
        """Give everything a level."""
        self.closed = closed
        self.instance: Instance = closed.instance
        self.network = Network(closed, arrange(closed))
        self.relations = self.network.relations
        self.parts = self.network.parts()
        self.forest = Forest(self.network.height, watch)
        self.asking = Asking(self.network, self.forest)
        self.meeting = Meeting(self.forest, self.relations)
        self._single = Saturation(self.forest, self.relations, {})  # takes one step only
        self._processes: dict[int, tuple[int, int]] = {}
        self._watch = watch

    @cached_property
    def choices(self) -> dict[tuple[int, ...], tuple[int, ...]]:
        """The initial states, each with the first choices in `init` that lead to it."""
        begin = [0 for _ in self.closed.steps]
        found: dict[tuple[int, ...], tuple[int, ...]] = {}
        for choices, numbers in self.instance.initial_states():
            found.setdefault(tuple(self.network.state(numbers, begin)), choices)
        return found

    @cached_property
    def initial(self) -> int:
        """The set of the initial states."""
        states = EMPTY
        for state in self.choices:
            states = self.forest.union(states, self.forest.single(state))
        return states

    @cached_property
    def saturation(self) -> Saturation:
        """The steps, to close sets under."""
        return Saturation(self.forest, self.relations, self.parts)

    @cached_property
    def states(self) -> int:
        """The set of the reachable states."""
        return self.saturation.closure(self.initial)

    @cached_property
    def distances(self) -> Distances:
        """The steps, to find distances along."""
        return Distances(self.forest, self.relations, self.parts, self._watch)

    @cached_property
    def distance(self) -> Function:
        """The distance of each reachable state from the initial ones."""
        return self.distances.closure(self.distances.of_set(self.initial))

    @cached_property
    def runs(self) -> Runs:
        """The way back along distances."""
        return Runs(self.network, self.distances)

    @cached_property
    def idle(self) -> int:
        """The set of the reachable states in which nothing is enabled, not even what fails."""
        conditions = (c for step in self.network.steps for c in (*step.ways, step.fails))
        return self.meeting.without(self.states, self.relations.together(conditions))

    @cached_property
    def deadlocks(self) -> int:
        """The set of the idle states in which a process that is not a daemon has not ended."""
        wanted: dict[int, frozenset[int]] = {}
        for process, locations in enumerate(self.closed.locations):
            ended = {place.number for place in locations.all if place.label is None}
            if self.instance.processes[process].daemon:
                continue
            places = self.network.places[process]
            if not places:
                if not ended:
                    return self.idle
                continue
            for level in self.network.standing[process]:
                numbers = {places[n][1] for n in ended if n in places and places[n][0] == level}
                several = len(self.network.standing[process]) > 1
                wanted[level] = frozenset(numbers | {ELSEWHERE} if several else numbers)
        return self.forest.difference(self.idle, self.forest.where(self.idle, wanted))

    @cached_property
    def _census(self) -> Census:
        return Census(self.forest, self.meeting, self.states)

    def transitions(self) -> int:
        """Return the number of transitions from reachable states."""
        return sum(self._census.count(self.relations, step.ways) for step in self.network.steps)

    def ran(self) -> set[tuple[int, str, Place]]:
        """Return process, label and place of each step that is taken in some state."""
        found = set()
        for step in self.network.steps:
            if self._census.count(self.relations, (*step.ways, step.fails)):
                place = self.closed.locations[step.process].all[step.location]
                found.add((step.process, place.label or "", place.place or Place("")))
        return found

    def meet(self, condition: int) -> int:
        """Return the reachable states that meet a condition."""
        if condition == NONE:
            return EMPTY
        return self.forest.difference(self.states, self.meeting.without(self.states, condition))

    def _of(self, process: int) -> tuple[int, int]:
        """Return the transitions of a process, backwards, and the condition that it is enabled."""
        known = self._processes.get(process)
        if known is None:
            steps = [step for step in self.network.steps if step.process == process]
            back = self.relations.together(self.relations.inverse(s.changes) for s in steps)
            able = self.relations.together(c for s in steps for c in (*s.ways, s.fails))
            known = self._processes[process] = (back, able)
        return known

    def disabled(self, process: int, states: int) -> int:
        """Return the states of a set in which a process has no step."""
        return self.meeting.without(states, self._of(process)[1])

    def moving(self, process: int, states: int, inside: int) -> int:
        """Return the states of a set with a step of a process to a state in a set."""
        back = self._of(process)[0]
        return self._single.image(inside, back, states) if back and states and inside else EMPTY

    def after(self, states: int, inside: int) -> int:
        """Return the states inside a set that one step leads to from some states."""
        found = EMPTY
        for part in self.parts.values():
            found = self.forest.union(found, self._single.image(states, part, inside))
        return found
