"""The tree engine: breadth-first search over learned decision trees, in plain Python.

A state is one integer (`program.layout`). What a step does depends only on the variables in its
support, so its effect is looked up under the bits of the state that hold them: a tuple of numbers,
one per way of taking the step, to be *added* to the state. The trees are walked, and where a branch
is not known the user's Python is run, only when such a projection of the state is met for the first
time. (LTSmin calls this transition caching; Blom, van de Pol and Weber, CAV 2010.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from utcheck.engines.search import (
    Budget,
    Explored,
    Options,
    Result,
    SearchError,
    Watch,
    decide,
)
from utcheck.engines.space import Transition
from utcheck.errors import ModelError, Place
from utcheck.model.instance import Instance
from utcheck.program.layout import FieldTooNarrow, Layout
from utcheck.program.learn import Branch, Program
from utcheck.program.trees import Do, Fail
from utcheck.properties.kinds import Predicate, Property

# So many states are expanded between two looks at the limits.
CHUNK = 4096
# A memory of answers is emptied when it has so many entries: it would be as large as the state set.
MOST_ANSWERS = 1 << 18

Effects = dict[int, tuple[int, ...]]
Step = tuple[tuple[int, ...], int | None]


class TreeSpace:
    """The state graph of a program, whose states are packed by a layout.

    `effects[p][location]` has the bits that matter there, and what to add to a state for each
    value of those bits; a step in which an assertion fails is left out, so that it is always
    looked up with `steps`.
    """

    def __init__(self, program: Program, extra_bits: int) -> None:
        """Lay the states of a program out, with `extra_bits` in each field of unknown size."""
        self.program = program
        self.instance: Instance = program.instance
        self.layout = Layout.of(self.instance, program, extra_bits)
        self.effects: list[list[tuple[int, Effects]]] = [[] for _ in self.instance.processes]
        self._steps: dict[tuple[int, int], dict[int, tuple[Step, ...]]] = {}
        self._answers: dict[Predicate, tuple[int, dict[int, bool]]] = {}
        for process in range(len(self.effects)):
            self._add_locations(process)

    def initial(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Yield the initial states; see `Space`."""
        begin = tuple(0 for _ in self.effects)
        for choices, numbers in self.instance.initial_states():
            yield choices, self.layout.packed(numbers, begin)

    def transitions(self, state: int) -> list[Transition]:
        """Return the transitions of a state; see `Space`."""
        return [
            Transition(process, choices, None if change is None else state + change)
            for process in range(len(self.effects))
            for choices, change in self.steps(process, state)
        ]

    def steps(self, process: int, state: int) -> tuple[Step, ...]:
        """Return the choices and the change of each way in which a process can take its step.

        The change is None where an assertion fails.

        Raises:
            SearchError: if the step breaks a rule of the model language.
        """
        location = self.layout.number(state, ~process)
        support, _ = self.effects[process][location]
        known = self._steps.setdefault((process, location), {})
        steps = known.get(state & support)
        return self._learn(process, location, state) if steps is None else steps

    def _learn(self, process: int, location: int, state: int) -> tuple[Step, ...]:
        """Walk the tree of a step in a state, and remember what it does."""
        layout = self.layout
        try:
            branches = self.program.branches(process, location, lambda v: layout.number(state, v))
        except ModelError as error:
            raise SearchError(error, state, process) from None
        self._add_locations(process)
        steps = tuple(
            (branch.choices, self._change(process, location, state, branch)) for branch in branches
        )
        support = layout.mask(self.program.support(process, location))
        if support != self.effects[process][location][0]:
            # A new branch looks at more of the state: what was remembered is too coarse.
            self.effects[process][location] = (support, {})
            self._steps[process, location] = {}
        self._steps[process, location][state & support] = steps
        changes = tuple(change for _, change in steps if change is not None)
        if len(changes) == len(steps):
            self.effects[process][location][1][state & support] = changes
        return steps

    def _change(self, process: int, location: int, state: int, branch: Branch) -> int | None:
        leaf = branch.leaf
        if isinstance(leaf, Fail):
            return None
        change = self.layout.change(~process, location, leaf.target)
        for variable, number in leaf.writes:
            change += self.layout.change(variable, self.layout.number(state, variable), number)
        return change

    def _add_locations(self, process: int) -> None:
        """Make room for the locations found since; a process that has ended can do nothing."""
        locations = self.program.locations[process].all
        for location in locations[len(self.effects[process]) :]:
            effects: Effects = {0: ()} if location.label is None else {}
            self.effects[process].append((0, effects))

    def holds(self, predicate: Predicate, state: int) -> bool:
        """Return whether a predicate is true in a state; see `Space`."""
        support, answers = self._answers.get(predicate, (0, {}))
        truth = answers.get(state & support)
        return self._ask(predicate, state) if truth is None else truth

    def _ask(self, predicate: Predicate, state: int) -> bool:
        """Walk the tree of a predicate in a state, and remember its answer."""
        layout = self.layout
        try:
            truth = self.program.truth(predicate, lambda v: layout.number(state, v))
        except ModelError as error:
            raise SearchError(error, state, None) from None
        support = layout.mask(self.program.predicate_tree(predicate).support)
        known, answers = self._answers.get(predicate, (-1, {}))
        if known != support or len(answers) >= MOST_ANSWERS:
            answers = {}
            self._answers[predicate] = (support, answers)
        answers[state & support] = truth
        return truth

    def answers(self, predicate: Predicate) -> tuple[int, dict[int, bool]]:
        """Return the bits that a predicate looks at, and its answer for each value of them."""
        return self._answers.get(predicate, (0, {}))

    def may_end(self, state: int) -> bool:
        """Return whether every process has ended in a state, or is a daemon."""
        return all(
            process.daemon
            or locations.all[self.layout.number(state, ~process.number)].label is None
            for process, locations in zip(
                self.instance.processes, self.program.locations, strict=True
            )
        )

    def ran(self) -> set[tuple[int, str, Place]]:
        """Return process, label and place of each step that was taken in some state."""
        return {
            (process, location.label or "", location.place or Place(""))
            for process, locations in enumerate(self.program.locations)
            for location in locations.all
            for leaf in self.program.tree(process, location.number).leaves()
            if isinstance(leaf, Do | Fail)
        }


class _Explorer:
    """One breadth-first exploration of a space."""

    def __init__(self, space: TreeSpace) -> None:
        self.space = space
        self.first = list(dict.fromkeys(state for _, state in space.initial()))
        self.seen = set(self.first)
        self._failing: int | None = None  # the last state in which an assertion fails

    def explore(self, explored: Explored, watch: Watch, budget: Budget) -> None:
        """Explore every state, level by level; see `decide`."""
        level = self.first
        while level:
            following: list[int] = []
            position = 0
            while position < len(level):
                explored.states, explored.frontier = len(self.seen), len(following)
                explored.stop = budget.reason_to_stop(explored)
                if explored.stop is not None:
                    return
                chunk = level[position : position + budget.room(explored, CHUNK)]
                position += len(chunk)
                self._look(chunk, watch)
                self._expand(chunk, explored, watch, following)
            watch.level_done(len(explored.levels) - 1)
            explored.states, explored.frontier = len(self.seen), 0
            level = following
            if level:
                explored.levels.append(level)

    def _look(self, states: Sequence[int], watch: Watch) -> None:
        """Ask the predicates that are watched about new states."""
        holds = self.space.holds
        for target in watch.pending:
            predicate, truth = target.predicate, target.truth
            target.found += [state for state in states if holds(predicate, state) == truth]

    def _expand(
        self, states: Sequence[int], explored: Explored, watch: Watch, following: list[int]
    ) -> None:
        """Add the successors of some states; this is where the time goes."""
        layout, seen = self.space.layout, self.seen
        processes = [
            (process, layout.shifts[~process], layout.masks[~process], effects)
            for process, effects in enumerate(self.space.effects)
        ]
        transitions = 0
        for state in states:
            before = transitions
            for process, shift, mask, effects in processes:
                support, known = effects[state >> shift & mask]
                changes = known.get(state & support)
                if changes is None:
                    changes = self._unknown(process, state, watch)
                for change in changes:
                    successor = state + change
                    if successor not in seen:
                        seen.add(successor)
                        following.append(successor)
                transitions += len(changes)
            if transitions == before:
                self._stuck(state, explored, watch)
        explored.transitions += transitions

    def _unknown(self, process: int, state: int, watch: Watch) -> tuple[int, ...]:
        """Return the changes of a step that is not remembered, or in which an assertion fails."""
        steps = self.space.steps(process, state)
        changes = tuple(change for _, change in steps if change is not None)
        if len(changes) < len(steps) and self._failing != state:
            self._failing = state
            watch.failure.note(state)
        return changes

    def _stuck(self, state: int, explored: Explored, watch: Watch) -> None:
        """Note a state without a successor, if it is a deadlock."""
        if state != self._failing and not self.space.may_end(state):
            explored.deadlocks += 1
            watch.deadlock.note(state)


def search(instance: Instance, properties: Sequence[Property], options: Options) -> Result:
    """Search the whole state graph breadth first, and decide every property.

    Raises:
        SearchError: if the model breaks a rule; the error has the state and the process.
    """
    program = Program(instance)
    extra_bits = 0
    try:
        while True:
            try:
                return _search(program, extra_bits, properties, options)
            except FieldTooNarrow:
                extra_bits += 8  # once more from the start; what was learned is kept
    finally:
        program.dispose()


def _search(
    program: Program, extra_bits: int, properties: Sequence[Property], options: Options
) -> Result:
    space = TreeSpace(program, extra_bits)
    explorer = _Explorer(space)
    explored: Any = Explored([explorer.first], len(explorer.first))
    result = decide(program.instance, space, explored, explorer.explore, properties, options)
    result.ran = space.ran()
    return result
