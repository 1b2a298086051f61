"""What a check answers: frozen, plain data. The JSON of `utcheck run --json` has the same names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from utcheck.errors import Place

COUNTS = ("states", "transitions", "deadlocks", "depth")  # of Statistics, all but what varies


class Verdict(StrEnum):
    """The answer about one property, or about all properties of a case together."""

    HOLDS = "holds"
    VIOLATED = "violated"
    UNDECIDED = "undecided"


class StopReason(StrEnum):
    """Why a search ended; each value is the sentence that is shown."""

    EXHAUSTED = "every reachable state was explored"
    STATES = "the limit on states was reached before every state was explored"
    SECONDS = "the time limit was reached before every state was explored"
    MEMORY = "the memory limit was reached before every state was explored"
    INTERRUPTED = "the run was interrupted before every state was explored"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a search; None means no bound. `memory` is the resident size in bytes.

    `step_seconds` is how long the model's code may run at a stretch; more is an error of the model.
    It is measured with the alarm clock of the process, in its main thread.
    """

    states: int | None = None
    seconds: float | None = None
    memory: int | None = 8 * 2**30
    step_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """The size of a search.

    `states` counts distinct states, `transitions` pairs of a state and one way of taking a step in
    it, `depth` the greatest breadth-first distance from an initial state, `seconds` wall time, and
    `peak_memory` the greatest resident size of the process in bytes. `workers` is the number of
    processors that were used. Of the seconds, `compile_seconds` are those in which kernels were
    compiled that the next run finds on disk.
    """

    states: int
    transitions: int
    deadlocks: int
    depth: int
    initial_states: int
    seconds: float
    peak_memory: int
    workers: int = 1
    compile_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a process as the source has it: its label and where it begins."""

    process: str
    label: str
    place: Place


@dataclass(frozen=True, slots=True)
class Witness:
    """The choices from which a run is replayed.

    `initial` are the choices made in `init`; each of `steps` is a process and the choices made in
    its step (indices of the options, in the order in which `choose` was called). `cycle` is the
    number of steps before the cycle of a lasso, or None for a finite run.
    """

    initial: tuple[int, ...]
    steps: tuple[tuple[str, tuple[int, ...]], ...]
    cycle: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A shared variable that a step changed."""

    variable: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Event:
    """An event that a step emitted."""

    name: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a process stands in the last state of a trace.

    `label` names the step it would take next, and is None where it has ended. `status` is `ready`
    (that step is enabled), `waits` (its condition is false), `ended`, or `failed` (an assertion in
    the last step, its own, does not hold). `calls` are the subroutines
    it is in, outermost first.
    """

    process: str
    label: str | None
    status: str
    daemon: bool
    place: Place | None = None
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of a trace: who took it, which step it was, and what it changed.

    `options` are the values that `choose` returned, `calls` the subroutines around the step. A step
    that ended in a failed assertion has its message in `failure` and changed nothing.
    """

    process: str
    label: str
    place: Place
    calls: tuple[str, ...] = ()
    options: tuple[Any, ...] = ()
    changes: tuple[Change, ...] = ()
    events: tuple[Event, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """A finite run, or a lasso, as it is shown.

    `processes` names every process in the order of the model. `initial` has the value of every
    shared variable in the first state. `cycle` is the number of steps before the cycle of a lasso;
    the steps from there on repeat for ever. `standings` says where every process is in the last
    state, and `ending` says in one sentence what is wrong (or shown) there.
    """

    processes: tuple[str, ...]
    initial: Mapping[str, Any]
    steps: tuple[TraceStep, ...]
    standings: tuple[Standing, ...]
    witness: Witness
    ending: str = ""
    cycle: int | None = None
    _views: TraceViews | None = field(init=False, default=None, repr=False, compare=False)

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.steps)

    @property
    def context_switches(self) -> int:
        """The number of places where a step is taken by another process than the one before."""
        return sum(a.process != b.process for a, b in zip(self.steps, self.steps[1:], strict=False))

    @property
    def final(self) -> dict[str, Any]:
        """The value of every shared variable in the last state."""
        values = dict(self.initial)
        for step in self.steps:
            values.update((change.variable, change.new) for change in step.changes)
        return values

    @property
    def graph(self) -> Any:
        """The run as a networkx graph, made anew at each call; see `utcheck.trace_graph`.

        Only the traces of `check` know how to make it.
        """
        if self._views is None:
            raise AttributeError("this trace is not one of check(); use utcheck.trace_graph(trace)")
        return self._views.graph(self)

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows."""
        return None if self._views is None else self._views.html(self)

    def _repr_svg_(self) -> str | None:
        """Return what a notebook shows where it wants a picture."""
        return None if self._views is None else self._views.svg(self)

    def with_views(self, views: TraceViews) -> Trace:
        """Return this trace with the functions that show it."""
        trace = replace(self)
        object.__setattr__(trace, "_views", views)
        return trace


@dataclass(frozen=True, slots=True)
class TraceViews:
    """How a trace is shown by what knows more than plain data: as a graph, as HTML and as SVG."""

    graph: Callable[[Trace], Any]
    html: Callable[[Trace], str]
    svg: Callable[[Trace], str]


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """The verdict on one property.

    `trace` is the counterexample of a violated property, or the witness of a `reachable` one that
    holds. `vacuous` is a sentence where a property holds only because its premise never occurs.
    `reason` is a sentence where the verdict is undecided.

    Where distinct end states were asked for, `others` are shortest runs to more states in which the
    property is violated (or reached), and `end_states` is the number of all of them.
    """

    name: str
    kind: str
    verdict: Verdict
    text: str = ""
    trace: Trace | None = None
    vacuous: str = ""
    reason: str = ""
    others: tuple[Trace, ...] = ()
    end_states: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a check found out about one model with one set of parameters.

    `longest` is a shortest run to a state at the greatest depth: something to look at where every
    property holds. `never_ran` are the steps in the source that no run takes; it says nothing where
    `stop` is not exhaustive, because then the search did not see everything. `state_graph` is the
    graph of all states where `check` was asked to keep it and saw them all, or None; it is no part
    of the JSON, nor of what makes two outcomes equal.
    """

    model: str
    parameters: Mapping[str, Any]
    engine: str
    fairness: str
    stop: StopReason
    properties: tuple[PropertyResult, ...]
    statistics: Statistics
    never_ran: tuple[Step, ...] = ()
    longest: Trace | None = None
    state_graph: Any = field(init=False, default=None, repr=False, compare=False)
    _html: Callable[[Outcome], str] | None = field(
        init=False, default=None, repr=False, compare=False
    )
    _by_name: dict[str, PropertyResult] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the results by name."""
        object.__setattr__(self, "_by_name", {result.name: result for result in self.properties})

    @property
    def verdict(self) -> Verdict:
        """`violated` if any property is, else `undecided` if any is, else `holds`."""
        verdicts = {result.verdict for result in self.properties}
        for verdict in (Verdict.VIOLATED, Verdict.UNDECIDED):
            if verdict in verdicts:
                return verdict
        return Verdict.HOLDS

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows."""
        return None if self._html is None else self._html(self)

    def with_views(self, html: Callable[[Outcome], str], graph: Any) -> Outcome:
        """Return this outcome with the function that shows it, and with the graph of its states."""
        outcome = replace(self)
        object.__setattr__(outcome, "_html", html)
        object.__setattr__(outcome, "state_graph", graph)
        return outcome

    def __getitem__(self, name: str) -> PropertyResult:
        """Return the result of the property called `name`; a KeyError names what there is."""
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(self._by_name)
            raise KeyError(f"no property {name!r}; there are: {known}") from None

    def __iter__(self) -> Iterator[PropertyResult]:
        """Iterate over the results in the order of the spec."""
        return iter(self.properties)

    def __contains__(self, name: object) -> bool:
        """Return whether a property of this name was checked."""
        return name in self._by_name


@dataclass(frozen=True, slots=True)
class Pin:
    """A number that a spec expects to come out.

    Without a `property` it is the one of `COUNTS` that is called `name`; with one it is the number
    of steps of the property's trace, prefix and cycle of a lasso together. `line` is that of the
    spec, from 1, where it is known.
    """

    name: str
    expected: int
    property: str | None = None
    line: int | None = None

    @classmethod
    def length(cls, name: str, expected: int, line: int | None = None) -> Pin:
        """Return the pin of the length of a property's trace."""
        return cls(f"length of {name}", expected, name, line)

    def found(self, outcome: Outcome) -> int | None:
        """Return the number that came out, or None where there is no such trace."""
        if self.property is None:
            counts = {name: getattr(outcome.statistics, name) for name in COUNTS}
            return counts.get(self.name)
        trace = outcome[self.property].trace if self.property in outcome else None
        return None if trace is None else len(trace)
