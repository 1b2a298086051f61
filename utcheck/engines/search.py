"""What searches have in common: limits, what to look out for, and what to say in the end."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from utcheck.engines.checkpoint import Checkpoint
from utcheck.engines.distinct import ends
from utcheck.engines.lasso import find_violation
from utcheck.engines.paths import Levels, Run, shortest_run, some_run
from utcheck.engines.possibility import lost_states
from utcheck.engines.space import Space
from utcheck.engines.states import StateGraph
from utcheck.engines.steps import broken_steps
from utcheck.errors import ModelError, Place
from utcheck.model.instance import Instance
from utcheck.model.process import Fairness
from utcheck.outcome import Limits, StopReason, Verdict, Witness
from utcheck.properties.kinds import Kind, Predicate, Property


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search has come.

    `memory` is the resident size of the process in bytes, `estimate` the number of states that
    there may be in all, where that can be guessed. `compiling` says that the search stands still
    until its kernels are machine code.
    """

    states: int
    transitions: int
    depth: int
    frontier: int
    seconds: float
    memory: int = 0
    estimate: int | None = None
    compiling: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """How to search: the limits, whether processes are fair, and the outside world.

    `clock` gives seconds, `memory` the resident size of the process in bytes, `room` how many bytes
    more it may map, or None if there is no limit to that. With `distinct`, so
    many more end states are looked for of each property that a single state violates. `workers` is
    the number of processors to use, `checkpoint` where the search is kept, if it is to be.
    """

    clock: Callable[[], float]
    memory: Callable[[], int]
    limits: Limits = field(default_factory=Limits)
    fair: bool = True
    progress: Callable[[Progress], None] | None = None
    distinct: int = 0
    workers: int = 1
    room: Callable[[], int | None] = lambda: None
    checkpoint: Checkpoint | None = None


class SearchError(Exception):
    """The model broke a rule in `state`, in a step of `process` or, if that is None, in a property.

    `witness` leads to the state.
    """

    def __init__(self, error: ModelError, state: Hashable, process: int | None) -> None:
        """Keep the error and where it happened."""
        super().__init__(str(error))
        self.error = error
        self.state = state
        self.process = process
        self.witness: Witness | None = None


# Memory is measured at most so often, in seconds: to ask the system takes longer than a level.
MEASURE = 0.02
# Where there are more levels than this, to go through them takes too long for a guess.
MOST_LEVELS = 10_000


class Budget:
    """Says when a search has to stop."""

    def __init__(self, options: Options) -> None:
        """Start the clock."""
        self.options = options
        self._begin = options.clock()
        self._told = self._measured = self._begin
        self._last = Progress(0, 0, 0, 0, 0.0)

    def reason_to_stop(self, explored: Explored) -> StopReason | None:
        """Return why the search must stop now, or None; tell how far it has come."""
        limits, now = self.options.limits, self.options.clock()
        states = explored.states
        if limits.states is not None and states > limits.states:
            return StopReason.STATES
        if limits.seconds is not None and now - self._begin > limits.seconds:
            return StopReason.SECONDS
        if limits.memory is not None and now - self._measured >= MEASURE:
            self._measured = now
            if self.options.memory() > limits.memory:
                return StopReason.MEMORY
        if self.options.progress and now - self._told > 0.1:
            self._told = now
            self._last = Progress(
                states, explored.transitions, len(explored.levels) - 1, explored.frontier,
                now - self._begin, self.options.memory(), estimate(explored.levels),
            )  # fmt: skip
            self.options.progress(self._last)
        return None

    def compiling(self) -> None:
        """Tell that the search goes on when something is compiled."""
        if self.options.progress:
            self.options.progress(replace(
                self._last, seconds=self.options.clock() - self._begin, compiling=True
            ))  # fmt: skip

    def room(self, explored: Explored, most: int) -> int:
        """Return how many states, `most` at the most, may be expanded before the next look.

        It is no more than would use up the rest of the limit on states, going by the transitions
        per state so far.
        """
        limit = self.options.limits.states
        if limit is None:
            return most
        each = 1 + explored.transitions // max(1, explored.expanded)
        return max(1, min(most, (limit - explored.states) // each))


def estimate(levels: Sequence[Sequence[Any]]) -> int | None:
    """Guess the number of states from those at each depth so far, which have all been found.

    Levels mostly grow to a largest one, and then shrink much as they grew (Pelánek, Typical
    structural properties of state spaces, SPIN 2004). Before the largest there is nothing to go by.
    """
    if len(levels) > MOST_LEVELS:
        return None
    sizes = [len(level) for level in levels]
    last = len(sizes) - 1
    largest = max(range(last + 1), key=lambda depth: (sizes[depth], -depth))
    mirrored = 2 * largest - last
    if largest == last or mirrored < 0:
        return None
    return sum(sizes) + sum(sizes[:mirrored]) * sizes[last] // sizes[mirrored]


@dataclass(slots=True)
class Target:
    """A state to look out for: one in which `predicate` is `truth`.

    `found` are the states at the least depth where there are any, and `depth` is that depth.
    """

    predicate: Predicate
    truth: bool
    found: list[Any] = field(default_factory=list)
    depth: int = -1

    def note(self, state: Hashable) -> None:
        """Note such a state, unless some were found at a lesser depth."""
        if self.depth < 0:
            self.found.append(state)


class Watch:
    """The targets of a set of properties, and the deadlocks and failed assertions of a search."""

    def __init__(self, properties: Sequence[Property]) -> None:
        """Look out for what decides these properties."""
        self.properties = properties
        self.hits: dict[str, Target] = {}
        self.premises: dict[str, Target] = {}
        for claim in properties:
            if claim.invariant or claim.kind is Kind.REACHABLE:
                truth = claim.kind in (Kind.NEVER, Kind.REACHABLE)
                self.hits[claim.name] = Target(claim.operands[0], truth)
            premise = claim.operands[0] if claim.kind is Kind.LEADS_TO else claim.premise
            if premise is not None:
                self.premises[claim.name] = Target(premise, True)
        self.pending = [*self.hits.values(), *self.premises.values()]
        self.deadlock = Target(Predicate("deadlock", bool), True)
        self.failure = Target(Predicate("assertion", bool), True)

    def level_done(self, depth: int) -> None:
        """Note the depth of what was found in the states of this level, and stop looking for it."""
        for target in (*self.pending, self.deadlock, self.failure):
            if target.found and target.depth < 0:
                target.depth = depth
        self.pending = [target for target in self.pending if target.depth < 0]


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on a property and the run that shows it.

    `vacuous` says that it holds only because its premise never occurs. `others` lead to further end
    states, and `ends` is the number of all of them, or None if nobody asked.
    """

    verdict: Verdict
    witness: Witness | None = None
    vacuous: bool = False
    others: tuple[Witness, ...] = ()
    ends: int | None = None


@dataclass(slots=True)
class Explored:
    """What an engine has explored so far: the states by depth, and the counts of `Statistics`.

    The last of `levels` is the one being expanded; `frontier` is the number of states behind it,
    and `expanded` that of the states whose successors are known.
    `stop` is set where a limit ended the search.
    """

    levels: list[Sequence[Any]]
    states: int
    transitions: int = 0
    deadlocks: int = 0
    frontier: int = 0
    expanded: int = 0
    stop: StopReason | None = None


@dataclass(slots=True)
class Result:
    """What a search found out; counts are as in `Statistics`.

    `ran` has process, label and place of each step that was taken in some state; `engine` is the
    name of the one that decided, `workers` the number of processors that it used. Of the time, so
    many `compile_seconds` went into machine code that the next run will find. A search that was
    taken up from a checkpoint had lasted `earlier_seconds` then.
    """

    stop: StopReason
    states: int
    transitions: int
    deadlocks: int
    depth: int
    initial_states: int
    findings: dict[str, Finding] = field(default_factory=dict)
    ran: set[tuple[int, str, Place]] = field(default_factory=set)
    longest: Witness | None = None
    engine: str = ""
    workers: int = 1
    compile_seconds: float = 0.0
    earlier_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Means:
    """How the states of a search are numbered, and the best run found; an engine may know better.

    See `StateGraph` and `paths.shortest_run`, which are what most engines use.
    """

    graph: Callable[[Any, Levels], StateGraph] = StateGraph
    shortest_run: Callable[[Any, Levels, Mapping[Any, Any]], Run] = shortest_run


class Conclusion:
    """Turns what a search saw into findings with witnesses."""

    def __init__(
        self,
        instance: Instance,
        space: Space[Any],
        levels: Levels,
        options: Options,
        means: Means,
    ) -> None:
        """Conclude about a searched space; `levels` has its states by their depth."""
        self._means = means
        self._names = [process.name for process in instance.processes]
        self._fairness: list[Fairness] = [
            process.fairness if options.fair else "none" for process in instance.processes
        ]
        self._distinct = options.distinct
        self._space = space
        self._levels = levels

    @cached_property
    def _choices(self) -> dict[Hashable, tuple[int, ...]]:
        """The choices in `init` that lead to each initial state."""
        found: dict[Hashable, tuple[int, ...]] = {}
        for choices, state in self._space.initial():
            found.setdefault(state, choices)
        return found

    def witness(self, run: Run, cycle: int | None = None) -> Witness:
        """Return the choices from which a run is replayed."""
        steps = tuple((self._names[process], choices) for process, choices in run.steps)
        return Witness(self._choices[run.initial], steps, cycle)

    def shortest(self, target: Target) -> Witness:
        """Return the best run to what was found: shortest, then with fewest context switches."""
        return self.witness(self._means.shortest_run(self._space, self._levels[: target.depth + 1],
                                         dict.fromkeys(target.found)))  # fmt: skip

    def located(self, error: SearchError) -> SearchError:
        """Return the error with a shortest run to the state in which the rule was broken."""
        for depth, level in enumerate(self._levels):
            if error.state in level:
                run = self._means.shortest_run(
                    self._space, self._levels[: depth + 1], {error.state: None}
                )
                error.witness = self.witness(run)
                break
        return error

    def longest(self) -> Witness:
        """Return a shortest run to a state at the greatest depth."""
        return self.witness(some_run(self._space, self._levels))

    def failure(self, target: Target) -> Witness:
        """Return the best run to a failed assertion, the step that fails included."""
        final = {
            state: [t for t in self._space.transitions(state) if t.target is None]
            for state in target.found
        }
        return self.witness(
            self._means.shortest_run(self._space, self._levels[: target.depth + 1], final)
        )

    def finding(self, claim: Property, watch: Watch, exhausted: bool) -> Finding:
        """Return the verdict on one property."""
        match claim.kind:
            case Kind.DEADLOCK if watch.deadlock.found:
                return Finding(Verdict.VIOLATED, self.shortest(watch.deadlock))
            case Kind.ASSERTIONS if watch.failure.found:
                return Finding(Verdict.VIOLATED, self.failure(watch.failure))
            case Kind.REACHABLE if watch.hits[claim.name].found:
                return Finding(Verdict.HOLDS, self.shortest(watch.hits[claim.name]))
            case _ if claim.invariant and watch.hits[claim.name].found:
                return Finding(Verdict.VIOLATED, self.shortest(watch.hits[claim.name]))
            case Kind.STEP:
                witness = self._broken_step(claim, exhausted)
                if witness is not None:
                    return Finding(Verdict.VIOLATED, witness)
        if not exhausted:
            return Finding(Verdict.UNDECIDED)
        if claim.kind is Kind.REACHABLE:
            return Finding(Verdict.VIOLATED)
        counterexample = self._counterexample(claim)
        if counterexample is not None:
            return Finding(Verdict.VIOLATED, counterexample)
        looked_for = watch.premises.get(claim.name)
        return Finding(Verdict.HOLDS, vacuous=looked_for is not None and not looked_for.found)

    def _broken_step(self, claim: Property, exhausted: bool) -> Witness | None:
        """Return the best run to a step that a property forbids."""
        found = broken_steps(self._space, self._expanded(exhausted), claim)
        if found is None:
            return None
        depth, final = found
        return self.witness(self._means.shortest_run(self._space, self._levels[: depth + 1], final))

    def _counterexample(self, claim: Property) -> Witness | None:
        """Return a counterexample that only the whole state graph can show."""
        if claim.kind is Kind.POSSIBLE_ALWAYS:
            return self._lost(claim)
        if not claim.kind.liveness or claim.invariant:
            return None
        lasso = find_violation(self._graph, claim.temporal, self._fairness)
        return self.witness(lasso.run, lasso.cycle) if lasso else None

    def _lost(self, claim: Property) -> Witness | None:
        """Return the best run to a state from which the goal cannot be reached."""
        lost = {self._graph.states[n]: None for n in lost_states(self._graph, claim.operands[0])}
        for depth, level in enumerate(self._levels if lost else ()):
            here = {state: None for state in level if state in lost}
            if here:
                return self.witness(
                    self._means.shortest_run(self._space, self._levels[: depth + 1], here)
                )
        return None

    @cached_property
    def _graph(self) -> StateGraph:
        """The states by number; only what needs the whole graph asks for it."""
        return self._means.graph(self._space, self._levels)

    def findings(self, watch: Watch, exhausted: bool) -> dict[str, Finding]:
        """Return the verdict on each property."""
        found = {p.name: self.finding(p, watch, exhausted) for p in watch.properties}
        if self._distinct:
            found = {
                p.name: self._with_others(p, found[p.name], exhausted) for p in watch.properties
            }
        return found

    def _expanded(self, exhausted: bool) -> Levels:
        """Return the levels of which all steps are known, not so the last of a cut search."""
        return self._levels if exhausted else self._levels[:-1]

    def _with_others(self, claim: Property, finding: Finding, exhausted: bool) -> Finding:
        """Return a finding with the best runs to further end states."""
        if finding.witness is None:
            return finding
        runs: list[Run] = []
        count = 0
        for depth, state, wrong in ends(self._space, self._expanded(exhausted), claim):
            count += 1
            if len(runs) <= self._distinct:  # one of them is that of the finding
                runs.append(
                    self._means.shortest_run(self._space, self._levels[: depth + 1], {state: wrong})
                )
        witnesses = sorted(
            map(self.witness, runs), key=lambda witness: (len(witness.steps), witness.steps)
        )
        others = [witness for witness in witnesses if witness != finding.witness]
        return replace(finding, others=tuple(others[: self._distinct]), ends=count or None)


def decide(  # noqa: PLR0913  (what is searched, how, and for what)
    instance: Instance,
    space: Space[Any],
    explored: Explored,
    explore: Callable[[Explored, Watch, Budget], None],
    properties: Sequence[Property],
    budget: Budget,
    means: Means | None = None,
) -> Result:
    """Explore a space with `explore`, and decide every property.

    Raises:
        SearchError: if the model breaks a rule of the model language.
        MemoryError: if there is not enough even to say what was found.
    """
    watch = Watch(properties)
    conclusion = Conclusion(instance, space, explored.levels, budget.options, means or Means())
    try:
        try:
            explore(explored, watch, budget)
        except KeyboardInterrupt:
            explored.stop = StopReason.INTERRUPTED
        except MemoryError:
            explored.stop = StopReason.MEMORY
        watch.level_done(len(explored.levels) - 1)
        findings = _findings(conclusion, watch, explored)
        longest = conclusion.longest()
    except SearchError as error:
        raise conclusion.located(error) from None
    except ImportError as error:
        if explored.stop is not StopReason.MEMORY:
            raise
        raise MemoryError from error  # a library for which there was no room
    depth = len(explored.levels) - 1 + (explored.frontier > 0)
    return Result(
        explored.stop or StopReason.EXHAUSTED, explored.states, explored.transitions,
        explored.deadlocks, depth, len(explored.levels[0]), findings, longest=longest,
    )  # fmt: skip


def _findings(conclusion: Conclusion, watch: Watch, explored: Explored) -> dict[str, Finding]:
    """Return the verdict on each property; where memory runs out, of those that need little."""
    try:
        return conclusion.findings(watch, explored.stop is None)
    except MemoryError:
        explored.stop = StopReason.MEMORY
    # Only here, outside of `except`, is given back what the attempt had taken.
    return conclusion.findings(watch, False)
