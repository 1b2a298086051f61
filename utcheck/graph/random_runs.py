"""Random runs: in every state one of the enabled transitions, each as likely as any other.

They find mistakes in models that are too large to explore, and prove nothing. What a run finds is
replayed through the user's own Python, and judged there, before it is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import TypeVar

from utcheck.errors import InternalError, ModelError, Place
from utcheck.graph.ending import with_ending
from utcheck.graph.judge import Judge
from utcheck.graph.replay import relative, replay
from utcheck.model.instance import Instance
from utcheck.outcome import Step, Trace, Witness
from utcheck.program.learn import Branch, Program
from utcheck.program.source import never_ran
from utcheck.program.trees import Do
from utcheck.properties.kinds import Kind, Property

T = TypeVar("T")


class End(StrEnum):
    """How a random run ended."""

    ENDED = "ended"
    DEADLOCK = "deadlocked"
    VIOLATED = "violated a property"
    FAILED = "failed an assertion"
    CUT = "cut off"


@dataclass(frozen=True, slots=True)
class RandomRun:
    """One run, the first of which has number 1: the choices that make it, and how it ended.

    `claim` is the property that its end violates.
    """

    number: int
    witness: Witness
    end: End
    claim: Property | None = None


@dataclass(frozen=True, slots=True)
class StepCount:
    """How often a step of a process ran."""

    step: Step
    count: int


@dataclass(slots=True)
class _State:
    """The state of a run, as numbers of values and of locations, and the one before."""

    numbers: list[int]
    places: list[int]
    old_numbers: Sequence[int] = ()
    old_places: Sequence[int] = ()

    def lookup(self, index: int) -> int:
        """Return what a property reads; see `Program.truth`."""
        numbers, places = self.numbers, self.places
        if index >= 0:
            old = index - len(numbers)
            return numbers[index] if old < 0 else self.old_numbers[old]
        old = ~index - len(places)
        return places[~index] if old < 0 else self.old_places[old]

    def take(self, process: int, step: Do) -> None:
        """Take a step."""
        self.old_numbers, self.old_places = tuple(self.numbers), tuple(self.places)
        for variable, number in step.writes:
            self.numbers[variable] = number
        self.places[process] = step.target


class RandomRuns:
    """Random runs of one model, and what they come to.

    A run stops where it violates an invariant, a property of steps, or an assertion, where no
    process can take a step, and after `most_steps`. The first property it violates counts, in their
    order. `ends` and `violations` (by the name of the property) count runs, `lengths` has the
    number of steps of each, and `first` is the first run that violates anything.
    """

    def __init__(
        self, instance: Instance, claims: Sequence[Property], seed: int, most_steps: int, root: str
    ) -> None:
        """Be ready to run; the same seed gives the same runs.

        Raises:
            ModelError: if the model breaks a rule before its first step.
        """
        self._instance = instance
        self._root = root
        self._random = Random(seed)
        self._most_steps = most_steps
        self._claims = {claim.name: claim for claim in claims}
        self._watched = [claim for claim in claims if claim.invariant or claim.kind is Kind.STEP]
        states: dict[tuple[int, ...], tuple[int, ...]] = {}
        for choices, numbers in instance.initial_states():
            states.setdefault(numbers, choices)
        self._starts = list(states.items())
        self._program = Program(instance)
        self._taken: Counter[tuple[int, int]] = Counter()
        self.ends: Counter[End] = Counter()
        self.violations: Counter[str] = Counter()
        self.lengths: list[int] = []
        self.first: RandomRun | None = None

    @property
    def unseen(self) -> tuple[str, ...]:
        """The properties that a finite run cannot violate, and that nothing is said about."""
        seen = {claim.name for claim in self._watched}
        built_in = (Kind.DEADLOCK, Kind.ASSERTIONS)
        return tuple(
            name
            for name, claim in self._claims.items()
            if name not in seen and claim.kind not in built_in
        )

    def run(self) -> RandomRun:
        """Run the model once, and count what it came to.

        Raises:
            ModelError: if a step breaks a rule of the model language; `trace` leads there.
        """
        numbers, choices = self._any_of(self._starts)
        state = _State(list(numbers), [0] * len(self._instance.processes))
        steps: list[tuple[str, tuple[int, ...]]] = []
        try:
            end, claim = self._run(state, steps)
        except ModelError as error:
            raise self._explained(error, Witness(choices, tuple(steps))) from None
        self.ends[end] += 1
        self.lengths.append(len(steps))
        found = RandomRun(len(self.lengths), Witness(choices, tuple(steps)), end, claim)
        if claim is not None:
            self.violations[claim.name] += 1
            self.first = self.first or found
        return found

    def _run(
        self, state: _State, steps: list[tuple[str, tuple[int, ...]]]
    ) -> tuple[End, Property | None]:
        """Take steps as long as there is something to do."""
        while True:
            for claim in self._watched:
                if self._is_violated(claim, state, steps):
                    return End.VIOLATED, claim
            ways = self._ways(state)
            if not ways:
                end = self._without_step(state)
                return end, self._claims.get("deadlock") if end is End.DEADLOCK else None
            if len(steps) == self._most_steps:
                return End.CUT, None
            process, branch = self._any_of(ways)
            self._taken[process, state.places[process]] += 1
            steps.append((self._instance.processes[process].name, branch.choices))
            if not isinstance(branch.leaf, Do):
                return End.FAILED, self._claims.get("assertions")
            state.take(process, branch.leaf)

    def _ways(self, state: _State) -> list[tuple[int, Branch]]:
        """Return every transition that is enabled."""
        lookup = state.numbers.__getitem__
        return [
            (process, branch)
            for process, place in enumerate(state.places)
            for branch in self._program.branches(process, place, lookup)
        ]

    def _without_step(self, state: _State) -> End:
        """Return how a run ends in a state without a successor."""
        over = all(
            process.daemon or locations.all[place].label is None
            for process, locations, place in zip(
                self._instance.processes, self._program.locations, state.places, strict=True
            )
        )
        return End.ENDED if over else End.DEADLOCK

    def _is_violated(
        self, claim: Property, state: _State, steps: Sequence[tuple[str, tuple[int, ...]]]
    ) -> bool:
        """Return whether the state, or the step that led to it, violates a property."""
        if claim.kind is Kind.STEP and not (steps and self._is_meant(claim, state, steps[-1][0])):
            return False
        truth = self._program.truth(claim.operands[0], state.lookup)
        return truth is (claim.kind is Kind.NEVER)

    def _is_meant(self, claim: Property, state: _State, name: str) -> bool:
        """Return whether a property of steps is about the step that led to a state."""
        process = next(p.number for p in self._instance.processes if p.name == name)
        label = self._program.locations[process].all[state.old_places[process]].label
        return claim.label in (None, label) and (
            claim.processes is None or process in claim.processes
        )

    def _any_of(self, options: Sequence[T]) -> T:
        # `random()` is the one method that Python promises to be the same in every version.
        return options[int(self._random.random() * len(options))]

    def _explained(self, error: ModelError, witness: Witness) -> ModelError:
        """Return the error with the run that leads to it."""
        with suppress(InternalError, ModelError):  # one that does not repeat itself has none
            error.trace = replay(self._instance, witness, root=self._root)
        if error.place is not None:
            error.place = relative(error.place, self._root)
        return error

    def trace(self, run: RandomRun) -> Trace:
        """Return the trace of a run that violates a property, replayed and judged.

        Raises:
            InternalError: if it does not violate the property.
        """
        if run.claim is None:
            raise InternalError("a random run is to be shown that violates nothing")
        fairness = [process.fairness for process in self._instance.processes]
        judge = Judge(run.claim, fairness, run.witness)
        trace = replay(self._instance, run.witness, judge.observe, self._root)
        judge.decide(trace)
        return with_ending(trace, run.claim, {})

    def coverage(self) -> tuple[StepCount, ...]:
        """Return how often each step ran, process by process, those that never ran with 0."""
        ran: Counter[tuple[int, str, Place]] = Counter()
        for (process, number), count in self._taken.items():
            location = self._program.locations[process].all[number]
            ran[process, location.label or "", location.place or Place("")] += count
        numbers = {process.name: process.number for process in self._instance.processes}
        names = list(numbers)
        counts = [StepCount(Step(names[p], label, at), n) for (p, label, at), n in ran.items()]
        counts += [StepCount(step, 0) for step in never_ran(self._instance, set(ran))]
        counts.sort(key=lambda one: (numbers[one.step.process], *_position(one.step)))
        return tuple(replace(one, step=self._relative(one.step)) for one in counts)

    def _relative(self, step: Step) -> Step:
        return replace(step, place=relative(step.place, self._root))

    def close(self) -> None:
        """Throw the processes away."""
        self._program.dispose()


def _position(step: Step) -> tuple[str, int, str]:
    return step.place.path, step.place.line or 0, step.label
