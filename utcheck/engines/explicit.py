"""The reference engine: breadth-first search that runs the user's Python for every state.

No trees, no packing, no reduction: a state is the number of every variable's value and of every
process's location, and each transition is a fresh process, brought to its location and run for one
step. It is slow, and it is the specification: every other engine must agree with it on states,
transitions, deadlocks, depth and every verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from utcheck.engines.search import (
    Budget,
    Explored,
    Options,
    Result,
    SearchError,
    Watch,
    decide,
)
from utcheck.engines.space import OneByOne, Transition
from utcheck.errors import ModelError, Place
from utcheck.model.instance import Instance, next_choices
from utcheck.model.run import Context, Failed, dispose, enabled, take_step
from utcheck.program.capture import Capture
from utcheck.program.learn import ask
from utcheck.program.locations import Location, Locations
from utcheck.properties.kinds import Predicate, Property

State = tuple[tuple[int, ...], tuple[int, ...]]


class PythonSpace(OneByOne):
    """The state graph of a model as its Python gives it, one step at a time."""

    def __init__(self, instance: Instance) -> None:
        """Know where each process begins."""
        self.instance = instance
        capture = Capture(instance.view)
        self.locations = [Locations(instance, p, capture) for p in instance.processes]
        self.ran: set[tuple[int, str, Place]] = set()
        self._known: dict[State, list[Transition]] = {}

    def initial(self) -> Iterator[tuple[tuple[int, ...], State]]:
        """Yield the initial states; see `Space`."""
        begin = tuple(0 for _ in self.locations)
        for choices, numbers in self.instance.initial_states():
            yield choices, (numbers, begin)

    def transitions(self, state: State) -> list[Transition]:
        """Return the transitions of a state; see `Space`.

        Raises:
            SearchError: if a step breaks a rule of the model language.
        """
        known = self._known.get(state)
        if known is not None:
            return known
        found = self._known[state] = []
        for process in range(len(self.locations)):
            try:
                found += self._steps(process, state)
            except ModelError as error:
                raise SearchError(error, state, process) from None
        return found

    def _steps(self, process: int, state: State) -> Iterator[Transition]:
        """Yield every way in which a process can take its next step."""
        where = self.locations[process].all[state[1][process]]
        choices: tuple[int, ...] | None = () if where.label is not None else None
        while choices is not None:
            context = Context(
                state[0].__getitem__, choices, process=self.instance.processes[process].name
            )
            suspended = self.locations[process].resume(where)
            if not enabled(self.instance.runtime, suspended, context):
                dispose(suspended.generator)
                return
            result = take_step(self.instance.runtime, suspended, context)
            self.ran.add((process, where.label or "", where.place or Place("")))
            if isinstance(result, Failed):
                yield Transition(process, context.taken, None)
            else:
                target = self.locations[process].enter(result, where, tuple(context.path))
                after = _after(state, context, target)
                yield Transition(process, context.taken, after, tuple(context.events))
            choices = next_choices(context)

    def holds(self, predicate: Predicate, state: State) -> bool:
        """Return whether a predicate is true in a state; see `Space`."""
        return self.holds_for(predicate, state, state)

    def holds_for(self, predicate: Predicate, old: State, new: State) -> bool:
        """Return whether a predicate is true of a step between two states; see `Space`."""
        numbers, places = new[0] + old[0], new[1] + old[1]

        def locate(process: int) -> tuple[int, Location]:
            locations = self.locations[process % len(self.locations)]
            return places[process], locations.all[places[process]]

        try:
            return ask(self.instance, predicate, Context(numbers.__getitem__, locate=locate))
        except ModelError as error:
            raise SearchError(error, new, None) from None

    def label(self, process: int, state: State) -> str:
        """Return the label of the next step of a process; see `Space`."""
        return self.locations[process].all[state[1][process]].label or ""

    def may_end(self, state: State) -> bool:
        """Return whether every process has ended in a state, or is a daemon."""
        return all(
            process.daemon or locations.all[number].label is None
            for process, locations, number in zip(
                self.instance.processes, self.locations, state[1], strict=True
            )
        )


def _after(state: State, context: Context, target: Location) -> State:
    numbers, places = list(state[0]), list(state[1])
    for variable, number in context.writes.items():
        numbers[variable] = number
    places[target.process] = target.number
    return tuple(numbers), tuple(places)


class _Explorer:
    """One breadth-first exploration of a space."""

    def __init__(self, space: PythonSpace) -> None:
        self.space = space
        self.first = list(dict.fromkeys(state for _, state in space.initial()))
        self.seen = set(self.first)

    def explore(self, explored: Explored, watch: Watch, budget: Budget) -> None:
        """Explore every state, level by level; see `decide`."""
        level = self.first
        while level:
            following: list[State] = []
            for state in level:
                explored.states, explored.frontier = len(self.seen), len(following)
                explored.stop = budget.reason_to_stop(explored)
                if explored.stop is not None:
                    return
                for goal in watch.pending:
                    if self.space.holds(goal.predicate, state) == goal.truth:
                        goal.found.append(state)
                self._expand(state, explored, watch, following)
            watch.level_done(len(explored.levels) - 1)
            explored.states, explored.frontier = len(self.seen), 0
            level = following
            if level:
                explored.levels.append(level)

    def _expand(
        self, state: State, explored: Explored, watch: Watch, following: list[State]
    ) -> None:
        """Add the successors of a state."""
        found = self.space.transitions(state)
        if not found and not self.space.may_end(state):
            explored.deadlocks += 1
            watch.deadlock.note(state)
        for _, _, target, _ in found:
            if target is None:
                watch.failure.note(state)
                continue
            explored.transitions += 1
            if target not in self.seen:
                self.seen.add(target)
                following.append(target)


def search(instance: Instance, properties: Sequence[Property], options: Options) -> Result:
    """Search the whole state graph breadth first, and decide every property.

    Raises:
        SearchError: if the model breaks a rule; the error has the state and the process.
    """
    space = PythonSpace(instance)
    try:
        explorer = _Explorer(space)
        explored = Explored([explorer.first], len(explorer.first))
        result = decide(instance, space, explored, explorer.explore, properties, Budget(options))
    finally:
        for locations in space.locations:
            locations.dispose()
    result.ran, result.engine = space.ran, "explicit"
    return result
