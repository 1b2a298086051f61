"""Judging a replayed run: does it show what an engine says it shows?

The judge is asked about every state of the run, evaluates the predicates on it with the user's own
code, and decides from the definition of the property, without the engines.
"""

from __future__ import annotations

from collections.abc import Sequence

from utcheck.errors import InternalError
from utcheck.graph.simulation import Simulation
from utcheck.model.process import Fairness
from utcheck.model.records import Locus
from utcheck.model.run import Context
from utcheck.outcome import Trace
from utcheck.program.learn import ask
from utcheck.properties.kinds import Kind, Predicate, Property


class Judge:
    """Watches one replay, and then says whether it is a counterexample or witness of a property."""

    def __init__(self, claim: Property, fairness: Sequence[Fairness]) -> None:
        """Judge a run about `claim`, with this fairness owed to each process."""
        self._claim = claim
        self._fairness = fairness
        self._truth: list[tuple[bool, ...]] = []
        self._enabled: list[frozenset[int]] = []
        self._deadlock = False

    def observe(self, simulation: Simulation, position: int) -> None:
        """Look at one state of the run."""
        running = range(len(simulation.processes))
        alive = [p for p in running if not simulation.processes[p].over]
        self._enabled.append(frozenset(p for p in alive if simulation.enabled(p)))
        self._truth.append(tuple(holds(simulation, p) for p in self._claim.operands))
        self._deadlock = not self._enabled[-1] and any(
            simulation.processes[p].label is not None
            and not simulation.instance.processes[p].daemon
            for p in running
        )

    def decide(self, trace: Trace) -> None:
        """Say whether the run shows what it should.

        Raises:
            InternalError: if it does not.
        """
        if not self._shows(trace):
            raise InternalError(
                f"a replay failed: the run reported for '{self._claim.name}' does not show it"
            )

    def _shows(self, trace: Trace) -> bool:
        match self._claim.kind:
            case Kind.DEADLOCK:
                return self._deadlock
            case Kind.ASSERTIONS:
                return bool(trace.steps) and trace.steps[-1].failure is not None
            case Kind.ALWAYS:
                return self._truth[-1] == (False,)
            case Kind.NEVER | Kind.REACHABLE:
                return self._truth[-1] == (True,)
            case Kind.EVENTUALLY:
                return not any(goal for (goal,) in self._truth) and self._goes_on(trace)
            case Kind.LEADS_TO:
                return self._unanswered() and self._goes_on(trace)

    def _unanswered(self) -> bool:
        """Return whether the premise comes up and the goal does not come from then on."""
        waiting = False
        for premise, goal in self._truth:
            waiting = (waiting or premise) and not goal
        return waiting

    def _goes_on(self, trace: Trace) -> bool:
        """Return whether the run is whole: it ends for good, or its cycle is fair."""
        if trace.cycle is None:
            return not self._enabled[-1]
        numbers = {name: number for number, name in enumerate(trace.processes)}
        moved = {numbers[step.process] for step in trace.steps[trace.cycle :]}
        cycle = self._enabled[trace.cycle :]
        for process, fairness in enumerate(self._fairness):
            if fairness == "none" or process in moved:
                continue
            always = all(process in enabled for enabled in cycle)
            ever = any(process in enabled for enabled in cycle)
            if always or (fairness == "strong" and ever):
                return False
        return len(trace.steps) > trace.cycle


def holds(simulation: Simulation, predicate: Predicate) -> bool:
    """Return whether a predicate is true in the present state of a run."""

    def locate(process: int) -> tuple[int, Locus]:
        return 0, simulation.processes[process]

    context = Context(simulation.numbers.__getitem__, locate=locate)
    return ask(simulation.instance, predicate, context)
