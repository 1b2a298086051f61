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
from utcheck.model.run import Context, Suspended
from utcheck.outcome import Trace, Witness
from utcheck.program.learn import ask
from utcheck.properties.kinds import EventAtom, Kind, Predicate, Property
from utcheck.properties.ltl import evaluation
from utcheck.properties.ltl.prefixes import decided

Moment = tuple[tuple[int, ...], tuple[Suspended, ...]]


class Judge:
    """Watches one replay, and then says whether it is a counterexample or witness of a property."""

    def __init__(self, claim: Property, fairness: Sequence[Fairness], witness: Witness) -> None:
        """Judge this run about `claim`, with this fairness owed to each process."""
        self._claim = claim
        self._fairness = fairness
        # Before its cycle, what a run leaves undone is owed to nobody.
        self._looks_from = len(witness.steps) if witness.cycle is None else witness.cycle
        self._truth: list[tuple[bool, ...]] = []
        self._enabled: list[frozenset[int]] = []
        self._deadlock = False
        self._letters: list[int] = []
        self._now: Moment = ((), ())
        self._before: Moment = ((), ())

    def observe(self, simulation: Simulation, position: int) -> None:
        """Look at one state of the run."""
        if position >= self._looks_from:
            self._look_for_enabled(simulation)
        self._now = (tuple(simulation.numbers), tuple(simulation.processes))
        if self._claim.kind is Kind.STEP:
            self._truth.append((self._step_holds(simulation),) if position else ())
        else:
            self._truth.append(tuple(holds(simulation, p) for p in self._claim.operands))
        self._letters.append(self._letter(simulation))
        self._before = self._now

    def _look_for_enabled(self, simulation: Simulation) -> None:
        """Keep which processes are enabled, and whether that is a deadlock."""
        running = range(len(simulation.processes))
        alive = [p for p in running if not simulation.processes[p].over]
        self._enabled.append(frozenset(p for p in alive if simulation.enabled(p)))
        self._deadlock = not self._enabled[-1] and any(
            simulation.processes[p].label is not None
            and not simulation.instance.processes[p].daemon
            for p in running
        )

    def _step_holds(self, simulation: Simulation) -> bool:
        """Return whether the predicate of the property is true of the step just taken."""
        numbers = self._now[0] + self._before[0]
        processes = self._now[1] + self._before[1]

        def locate(process: int) -> tuple[int, Locus]:
            return 0, processes[process]

        context = Context(numbers.__getitem__, locate=locate)
        return ask(simulation.instance, self._claim.operands[0], context)

    def _letter(self, simulation: Simulation) -> int:
        """Return the atoms of the formula that are true now, but for events."""
        formula = self._claim.formula
        return sum(
            1 << number
            for number, atom in enumerate(formula.atoms if formula else ())
            if isinstance(atom, Predicate) and holds(simulation, atom)
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

    def reasons(self, trace: Trace) -> dict[str, str]:
        """Say of each process without a step in the cycle of a lasso why it need not take one."""
        if trace.cycle is None:
            return {}
        moved = {step.process for step in trace.steps[trace.cycle :]}
        reasons = {}
        for process, name in enumerate(trace.processes):
            if name in moved:
                continue
            if not any(process in enabled for enabled in self._enabled):
                reasons[name] = "which is never enabled"
            elif self._fairness[process] == "none":
                reasons[name] = "which is owed no fairness"
            else:
                reasons[name] = (
                    "which is enabled again and again but not always: weak fairness owes it nothing"
                )
        return reasons

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
            case Kind.LTL:
                return self._is_false(trace)
            case Kind.STEP:
                return self._truth[-1] == (False,) and self._is_meant(trace)
            case Kind.POSSIBLE_ALWAYS:
                return self._truth[-1] == (False,)
        raise InternalError(f"nobody judges '{self._claim.kind}'")

    def _is_meant(self, trace: Trace) -> bool:
        """Return whether the last step is one that a property of steps is about."""
        last, claim = trace.steps[-1], self._claim
        process = trace.processes.index(last.process)
        return claim.label in (None, last.label) and (
            claim.processes is None or process in claim.processes
        )

    def _is_false(self, trace: Trace) -> bool:
        """Return whether the formula is false on the run, which is whole or says enough."""
        claim = self._claim.temporal
        letters = list(self._letters)
        for position, step in enumerate(trace.steps):
            events = {event.name for event in step.events}
            for number, atom in enumerate(claim.atoms):
                if isinstance(atom, EventAtom) and atom.name in events:
                    letters[position + 1] |= 1 << number
        if trace.cycle is not None:
            at = trace.cycle + 1  # the last state is that of `cycle`, reached in another way
            return not evaluation.holds(claim.formula, letters[:at], letters[at:]) and (
                self._goes_on(trace)
            )
        if decided(claim.formula, letters) is False:
            return True
        last = self._letters[-1]  # no event occurs any more
        return not self._enabled[-1] and not evaluation.holds(claim.formula, letters, [last])

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
        for process, fairness in enumerate(self._fairness):
            if fairness == "none" or process in moved:
                continue
            always = all(process in enabled for enabled in self._enabled)
            ever = any(process in enabled for enabled in self._enabled)
            if always or (fairness == "strong" and ever):
                return False
        return len(trace.steps) > trace.cycle


def holds(simulation: Simulation, predicate: Predicate) -> bool:
    """Return whether a predicate is true in the present state of a run."""

    def locate(process: int) -> tuple[int, Locus]:
        return 0, simulation.processes[process]

    context = Context(simulation.numbers.__getitem__, locate=locate)
    return ask(simulation.instance, predicate, context)
