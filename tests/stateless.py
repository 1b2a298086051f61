"""Every run of a small model from its start to its end, one after the other, merging nothing.

This is the third opinion about the engines. Both of them stand on the same capture of local
states (`utcheck.program`), and would agree on a wrong one; this uses plain generators, and starts
them anew for every schedule (stateless search: Godefroid, "Model checking for programming
languages using VeriSoft", POPL 1997). It imports neither `utcheck.program` nor `utcheck.engines`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from utcheck import Model
from utcheck.model.instance import Instance
from utcheck.model.run import (
    Choice,
    Context,
    Failed,
    Suspended,
    dispose,
    enabled,
    start,
    take_step,
)

State = tuple[tuple[str, ...], tuple[str | None, ...]]
"""`name=value` of each shared variable, and the label of each process, None once it has ended."""

# A run of so many steps is taken for one that never ends, unless a bound was given.
ENDLESS = 1000


def explore(model: Model, bound: int | None = None) -> tuple[set[State], set[State]]:
    """Return every reachable state and every end state, in which no process can take a step.

    A run is followed to its end; with a `bound` to so many steps, so that the states are those at
    a breadth-first distance of at most `bound`. A step in which an assertion fails ends its run.
    """
    everything = explore_all(model, bound)
    return everything.states, everything.ends


@dataclass
class Explored:
    """What every run of a model showed.

    `failures` has the state before each failing assertion, the process and the message; `runs`
    counts maximal runs, those with a failing assertion included; `cut` says whether the bound ended
    some run.
    """

    states: set[State] = field(default_factory=set)
    ends: set[State] = field(default_factory=set)
    failures: set[tuple[State, str, str]] = field(default_factory=set)
    runs: int = 0
    cut: bool = False


@dataclass
class _Decision:
    """One point where a run could go on in several ways; `taken` is the way of the current run."""

    options: Sequence[int]
    taken: int = 0


def explore_all(model: Model, bound: int | None = None) -> Explored:
    """Return everything that the runs of a model show; see `explore`."""
    instance = Instance(model)
    initial = [numbers for _, numbers in instance.initial_states()]
    explored = Explored()
    decisions: list[_Decision] = [_Decision(range(len(initial)))]
    while decisions:
        _Run(instance, explored, decisions, bound).to_its_end(initial[decisions[0].taken])
        explored.runs += 1
        while decisions and decisions[-1].taken + 1 == len(decisions[-1].options):
            decisions.pop()
        if decisions:
            decisions[-1].taken += 1
    return explored


class _Run:
    """One run: it repeats the decisions it is given, and adds the first option from there on."""

    def __init__(
        self,
        instance: Instance,
        explored: Explored,
        decisions: list[_Decision],
        bound: int | None,
    ) -> None:
        self.instance = instance
        self.explored = explored
        self.decisions = decisions
        self.bound = bound
        self.position = 1  # the first decision is the initial state
        self.numbers: list[int] = []
        self.processes: list[Suspended] = []

    def to_its_end(self, initial: Sequence[int]) -> None:
        self.numbers = list(initial)
        self.processes = [start(self.instance.runtime, p.body) for p in self.instance.processes]
        try:
            steps = 0
            while self._one_step(steps):
                steps += 1
        finally:
            for suspended in self.processes:
                dispose(suspended.generator)

    def _one_step(self, steps: int) -> bool:
        """Take one step; return whether the run goes on."""
        if self.position == len(self.decisions):
            ready = self._new_state()
            if not ready:
                return False
            if steps == self.bound:
                self.explored.cut = True
                return False
            if self.bound is None and steps == ENDLESS:
                raise AssertionError(f"a run of {steps} steps: give a bound")
            self.decisions.append(_Decision(ready))
        decision = self.decisions[self.position]
        self.position += 1
        return self._step(decision.options[decision.taken])

    def _new_state(self) -> list[int]:
        """Note the state, which no run before came to in this way; return who can take a step."""
        processes = range(len(self.processes))
        ready = [process for process in processes if self._enabled(process)]
        state = self._state()
        self.explored.states.add(state)
        if not ready:
            self.explored.ends.add(state)
        return ready

    def _enabled(self, process: int) -> bool:
        suspended = self.processes[process]
        if suspended.label is None:
            return False
        return enabled(self.instance.runtime, suspended, self._context(process, ()))

    def _context(self, process: int, choices: Sequence[int]) -> Context:
        name = self.instance.processes[process].name
        return Context(self.numbers.__getitem__, choices, process=name)

    def _state(self) -> State:
        return state_text(self.instance, self.numbers, [p.label for p in self.processes])

    def _step(self, process: int) -> bool:
        # Decisions of later steps may be among these, but no step asks for more than its own: what
        # changed since the last run is the last decision only.
        choices = [decision.taken for decision in self.decisions[self.position :]]
        context = self._context(process, choices)
        result = take_step(self.instance.runtime, self.processes[process], context)
        made = [answer for answer in context.path if isinstance(answer, Choice)]
        known = len(self.decisions) - self.position
        self.decisions += [_Decision(range(len(choice.options))) for choice in made[known:]]
        self.position += len(made)
        if isinstance(result, Failed):
            name = self.instance.processes[process].name
            self.explored.failures.add((self._state(), name, result.message))
            return False
        self.processes[process] = result
        for variable, number in context.writes.items():
            self.numbers[variable] = number
        return True


def state_text(instance: Instance, numbers: Sequence[int], labels: Sequence[str | None]) -> State:
    """Return a state as it is compared: by text, because to Python 1, 1.0 and True are equal."""
    values = (instance.value(variable, number) for variable, number in enumerate(numbers))
    return (
        tuple(f"{name}={_text(v)}" for name, v in zip(instance.names, values, strict=True)),
        tuple(labels),
    )


def _text(value: object) -> str:
    """Return `repr` of a value, with the elements of sets in an order that depends on nothing."""
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(map(_text, value)))}}}"
    if type(value) is tuple:
        return f"({', '.join(map(_text, value))},)"
    return repr(value)
