"""From the sets of a system to verdicts with witnesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from utcheck.engines.mdd.asking import Answers
from utcheck.engines.mdd.forest import EMPTY
from utcheck.engines.mdd.liveness import Liveness
from utcheck.engines.mdd.network import State, StepRelation
from utcheck.engines.mdd.system import System
from utcheck.engines.paths import Step
from utcheck.engines.search import Explored, Finding, Result, SearchError
from utcheck.errors import InternalError, ModelError
from utcheck.model.process import Fairness
from utcheck.outcome import Verdict, Witness
from utcheck.program.closed import Broken, enabled_ways
from utcheck.program.trees import Fail
from utcheck.properties.kinds import Kind, Predicate, Property

L = TypeVar("L", Broken, Fail)


class Conclusion:
    """Decides properties of a system, one after another."""

    def __init__(
        self, system: System, properties: Sequence[Property], fair: bool, explored: Explored
    ) -> None:
        """Decide these properties; `explored` is told how many states there are."""
        self._system = system
        self._properties = properties
        self._explored = explored
        self._names = [process.name for process in system.instance.processes]
        self._fairness: list[Fairness] = [
            process.fairness if fair else "none" for process in system.instance.processes
        ]
        self._answers: dict[Predicate, Answers] = {}

    def fill(self, result: Result) -> None:
        """Put everything into a result, verdicts as soon as they are there.

        Raises:
            SearchError: if the model breaks a rule.
        """
        system = self._system
        result.initial_states = len(system.choices)
        count = system.forest.count(system.states)
        self._explored.states = result.states = count
        self._refuse_broken_steps()
        result.transitions = self._explored.transitions = system.transitions()
        result.deadlocks = system.forest.count(system.deadlocks)
        result.ran = system.ran()
        for claim in sorted(self._properties, key=lambda claim: claim.kind.liveness):
            result.findings[claim.name] = self._finding(claim)
        result.depth = system.distances.depth(system.distance)

    def _refuse_broken_steps(self) -> None:
        """Raise if a rule is broken in a reachable state, with a shortest run to it."""
        wrong = EMPTY
        for step in self._system.network.steps:
            if step.breaks:
                wrong = self._system.forest.union(wrong, self._system.meet(step.breaks))
        if wrong:
            _, state = self._system.distances.nearest(self._system.distance, wrong)
            process, _, leaf = self._first(state, Broken)
            raise self._error(leaf.error, state, process)

    def _error(self, error: ModelError, state: State, process: int | None) -> SearchError:
        found = SearchError(error, tuple(state), process)
        found.witness = self._witness(state)
        return found

    def _first(self, state: State, kind: type[L]) -> tuple[int, tuple[int, ...], L]:
        """Return the first step in a state that ends in a leaf of this kind."""
        network = self._system.network
        for process, trees in enumerate(self._system.closed.steps):
            tree = trees[network.location(state, process)]
            if tree is not None:
                for way in enabled_ways(tree, lambda v: network.number(state, v)):
                    if isinstance(way.leaf, kind):
                        return process, way.choices, way.leaf
        raise InternalError("a state has no step of the kind that it was found by")

    def _witness(
        self, state: State, more: Sequence[Step] = (), cycle: int | None = None
    ) -> Witness:
        """Return a shortest run to a state, and further steps."""
        steps, first = self._system.runs.back(self._system.distance, state, _at_zero)
        return self._replayable(first, [*steps, *more], cycle)

    def _replayable(self, first: State, steps: Sequence[Step], cycle: int | None = None) -> Witness:
        named = tuple((self._names[process], choices) for process, choices in steps)
        return Witness(self._system.choices[tuple(first)], named, cycle)

    def _nearest(self, states: int) -> Witness:
        _, state = self._system.distances.nearest(self._system.distance, states)
        return self._witness(state)

    # --- predicates

    def _where(self, predicate: Predicate, truth: bool, all_asked: bool = False) -> int:
        """Return the reachable states in which a predicate has this truth.

        Asking is an error where it breaks a rule; without `all_asked`, only where nothing nearer
        answers as it is wanted, for there a search from state to state has an answer already.
        """
        known = self._answers.get(predicate)
        if known is None:
            known = self._answers[predicate] = self._system.asking.about(
                predicate, self._system.states
            )
        right = known.true
        if not truth:
            right = self._system.forest.difference(self._system.states, right)
            for states in known.broken:
                right = self._system.forest.difference(right, states)
        self._refuse_broken_answers(known.broken, EMPTY if all_asked else right)
        return right

    def _refuse_broken_answers(self, broken: Mapping[int, ModelError], right: int) -> None:
        near = [
            (*self._system.distances.nearest(self._system.distance, states), error)
            for states, error in broken.items()
        ]
        if not near:
            return
        distance, state, error = min(near, key=lambda found: found[:2])
        system = self._system
        if not right or system.distances.nearest(system.distance, right)[0] >= distance:
            raise self._error(error, state, None)

    # --- verdicts

    def _finding(self, claim: Property) -> Finding:
        match claim.kind:
            case Kind.DEADLOCK:
                return self._none_of(self._system.deadlocks)
            case Kind.ASSERTIONS:
                return self._assertions(self._system.network.steps)
            case Kind.REACHABLE:
                states = self._where(claim.operands[0], True)
                if states:
                    return Finding(Verdict.HOLDS, self._nearest(states))
                return Finding(Verdict.VIOLATED)
            case Kind.POSSIBLE_ALWAYS:
                goal = self._where(claim.operands[0], True, all_asked=True)
                able = self._liveness.leading_to(goal)
                return self._none_of(self._system.forest.difference(self._system.states, able))
            case _ if claim.invariant:
                finding = self._none_of(self._where(claim.operands[0], claim.kind is Kind.NEVER))
                return self._with_premise(finding, claim.premise)
        return self._lasso(claim)

    def _none_of(self, states: int) -> Finding:
        if states:
            return Finding(Verdict.VIOLATED, self._nearest(states))
        return Finding(Verdict.HOLDS)

    def _with_premise(self, finding: Finding, premise: Predicate | None) -> Finding:
        if premise is None:
            return finding
        never = not self._where(premise, True)
        return Finding(finding.verdict, finding.witness, finding.verdict is Verdict.HOLDS and never)

    def _assertions(self, steps: Sequence[StepRelation]) -> Finding:
        wrong = EMPTY
        for step in steps:
            if step.fails:
                wrong = self._system.forest.union(wrong, self._system.meet(step.fails))
        if not wrong:
            return Finding(Verdict.HOLDS)
        _, state = self._system.distances.nearest(self._system.distance, wrong)
        process, choices, _ = self._first(state, Fail)
        return Finding(Verdict.VIOLATED, self._witness(state, [(process, choices)]))

    @cached_property
    def _liveness(self) -> Liveness:
        return Liveness(self._system, self._fairness)

    def _lasso(self, claim: Property) -> Finding:
        """Decide a property of runs: from the premise on (if it has one), the goal must come."""
        forest = self._system.forest
        goal = self._where(claim.operands[-1], True, all_asked=True)
        avoiding = forest.difference(self._system.states, goal)
        if claim.kind is Kind.LEADS_TO:
            begin = self._where(claim.operands[0], True, all_asked=True)
        else:
            begin = self._system.initial
        run = self._liveness.avoiding(forest.intersection(begin, avoiding), avoiding)
        if run is None:
            return Finding(Verdict.HOLDS, vacuous=claim.kind is Kind.LEADS_TO and not begin)
        steps, state, cycle = run
        prefix, first = self._system.runs.back(self._system.distance, state, _at_zero)
        whole = [*prefix, *steps]
        return Finding(
            Verdict.VIOLATED,
            self._replayable(first, whole, None if cycle is None else len(whole) - cycle),
        )


def _at_zero(state: State, distance: int) -> bool:
    return distance == 0
