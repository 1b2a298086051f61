"""Checking a model: lay it out, search, replay what was found. The whole story on one page."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from utcheck.engines import auto, explicit, symbolic, trees
from utcheck.engines.checkpoint import Checkpoint
from utcheck.engines.search import Finding, Options, Progress, Result, SearchError
from utcheck.errors import InternalError, ModelError, UsageError, did_you_mean
from utcheck.graph.ending import with_ending
from utcheck.graph.judge import Judge
from utcheck.graph.replay import relative, replay
from utcheck.graph.states import state_graph
from utcheck.graph.traces import trace_graph
from utcheck.model.base import Model
from utcheck.model.instance import Instance
from utcheck.model.process import Fairness
from utcheck.model.watchdog import step_limit
from utcheck.outcome import (
    Limits,
    Outcome,
    PropertyResult,
    Statistics,
    Step,
    StopReason,
    Trace,
    TraceViews,
    Verdict,
    Witness,
)
from utcheck.program.source import never_ran, step_labels
from utcheck.properties.kinds import Kind, Property
from utcheck.properties.parse import parse_properties
from utcheck.render.notebook import outcome_html, trace_html, trace_svg

ENGINES = {
    "auto": auto.search,
    "trees": trees.search,
    "explicit": explicit.search,
    "native": auto.native,
    "symbolic": symbolic.search,
}
# Those that can use several processors, and how many workers there can be.
PARALLEL = ("auto", "native")
MOST_WORKERS = 1024
FAIRNESS = ("processes", "none")
VIEWS = TraceViews(trace_graph, trace_html, trace_svg)


def check(  # noqa: PLR0913  (the options of one call, all by name)
    model: Model,
    properties: Mapping[str, object] | None = None,
    *,
    engine: str = "auto",
    limits: Limits | None = None,
    fairness: str = "processes",
    distinct: int = 0,
    workers: int | None = None,
    keep_graph: bool = False,
    progress: Callable[[Progress], None] | None = None,
    root: str | None = None,
    checkpoint: Checkpoint | None = None,
) -> Outcome:
    """Explore every interleaving of a model, and decide its properties.

    Args:
        model: the model with its parameters set, `EarlyResume(fix="2A")`.
        properties: the same mapping as in a spec. `deadlock`, `assertions` and the model's
            invariants are checked in any case, unless they are switched off in it.
        engine: `auto`, `trees`, `native`, `symbolic` or `explicit`.
        limits: bounds of the search; a search that ends at one leaves properties undecided.
        fairness: `processes` for what each process declares, `none` to owe nobody a step.
        distinct: of each property that a single state violates, show so many more such states.
        workers: the number of processors that the native engine is to use; None for all that this
            process may use. What comes out does not depend on it.
        keep_graph: keep the graph of all states as `outcome.state_graph`, if they were all seen.
        progress: is called now and then during the search.
        root: the folder that paths are shown relative to; the working directory if it is None.
        checkpoint: where the search is kept now and then, to be taken up again after it was ended;
            the native engine does that, and `auto` chooses it then.

    The state graph is a networkx MultiDiGraph. Its nodes are numbers from 0, breadth first, with
    `variables` (name to value), `locations` (process to the label of its next step, or None where
    it has ended), `initial`, `deadlock` (both Booleans) and `fails` (process and label of the steps
    in which an assertion fails here; they have no edge). Two nodes may have the same attributes:
    where processes stand in different places, or have different local variables, below the same
    label. Its edges are the transitions, with `process`, `label`, `options` (the values that
    `choose` returned), `choices` (their indices, as in a witness) and `events`. The graph itself
    has `model`, `parameters`, `processes` and `initial`: from the choices in `init` to the node.

    Raises:
        UsageError: if an argument or a property is wrong.
        ModelError: if the model breaks a rule of the model language; `trace` leads there.
        InternalError: if utcheck contradicts itself.
    """
    search = _search(engine)
    if fairness not in FAIRNESS:
        raise UsageError(f"unknown fairness {fairness!r}; it is one of {', '.join(FAIRNESS)}")
    if not isinstance(model, Model):
        raise UsageError(f"check() takes a model, as in check({_name(model)}()), not {model!r}")
    if not __debug__:
        raise UsageError("assertions are switched off (python -O), so they cannot be checked")
    root = os.getcwd() if root is None else root
    if distinct < 0:
        raise UsageError(f"distinct={distinct}: it is a number of states, so not negative")
    limits = limits or Limits()
    options = Options(
        time.monotonic, _resident, limits, fairness != "none", progress, distinct,
        _workers(engine, workers), _room, _checkpoint(engine, workers, checkpoint),
    )  # fmt: skip
    begin = time.perf_counter()
    with step_limit(limits.step_seconds):
        instance = Instance(model)
        claims = _claims(instance, properties)
        try:
            result = search(instance, claims, options)
            outcome = _outcome(instance, claims, result, options.fair, root)
        except SearchError as error:
            raise _explained(instance, error, root) from None
        except MemoryError:  # there was too little even to say what was found
            result = _unknown(claims, StopReason.MEMORY)
            outcome = _outcome(instance, claims, result, options.fair, root)
        except KeyboardInterrupt:  # it came before anything was explored
            result = _unknown(claims, StopReason.INTERRUPTED)
            outcome = _outcome(instance, claims, result, options.fair, root)
        statistics = _statistics(result, time.perf_counter() - begin)
        outcome = replace(
            outcome, engine=result.engine or _engine_name(engine), statistics=statistics
        )
        keep = keep_graph and result.stop is StopReason.EXHAUSTED
        return outcome.with_views(outcome_html, _state_graph(instance, result) if keep else None)


def unknown(
    model: Model, properties: Mapping[str, object] | None, fairness: str, stop: StopReason
) -> Outcome:
    """Return the outcome of a check of which nothing is known but why it stopped.

    `properties` and `fairness` are those of `check`; the counts are all zero.
    """
    instance = Instance(model)
    claims = _claims(instance, properties)
    return _outcome(instance, claims, _unknown(claims, stop), fairness != "none", os.getcwd())


def _claims(instance: Instance, properties: Mapping[str, object] | None) -> list[Property]:
    return parse_properties(properties or {}, instance, lambda name: step_labels(instance, name))


def _unknown(claims: Sequence[Property], stop: StopReason) -> Result:
    findings = {claim.name: Finding(Verdict.UNDECIDED) for claim in claims}
    return Result(stop, 0, 0, 0, 0, 0, findings)


def _outcome(
    instance: Instance, claims: Sequence[Property], result: Result, fair: bool, root: str
) -> Outcome:
    """Return the outcome of a search, with every witness replayed, and without the time it took."""
    model = instance.model
    results = tuple(_result(instance, claim, result, fair, root) for claim in claims)
    longest = None
    if result.longest is not None:
        longest = replay(instance, result.longest, root=root).with_views(VIEWS)
    return Outcome(
        type(model).__name__, dict(model.utcheck_values), _engine_name("auto"),
        "processes" if fair else "none", result.stop, results, _statistics(result, 0.0),
        _never_ran(instance, result, root), longest,
    )  # fmt: skip


def _state_graph(instance: Instance, result: Result) -> object:
    """Return the state graph, which must have the size that the search counted."""
    graph = state_graph(instance)
    size = (len(graph), graph.size())
    if size != (result.states, result.transitions):
        raise InternalError(
            f"the state graph has {size[0]} states and {size[1]} transitions, but the search found "
            f"{result.states} and {result.transitions}"
        )
    return graph


def _search(engine: str) -> Callable[..., Result]:
    if engine in ENGINES:
        return ENGINES[engine]
    raise UsageError(f"unknown engine {engine!r}{did_you_mean(engine, list(ENGINES))}")


def _workers(engine: str, wanted: int | None) -> int:
    """Return how many workers a search is to have."""
    if wanted is None:
        return min(_processors(), MOST_WORKERS) if engine in PARALLEL else 1
    if not 1 <= wanted <= MOST_WORKERS:
        raise UsageError(f"workers={wanted}: it is a number from 1 to {MOST_WORKERS}")
    if wanted > 1 and engine not in PARALLEL:
        raise UsageError(f"the engine '{engine}' cannot use {wanted} workers; only 'native' can, "
                         "which 'auto' chooses for a large model")  # fmt: skip
    if wanted > 1 and not auto.has_native():
        raise UsageError(f"{wanted} workers need the native engine, and that needs numba: "
                         "pip install 'utcheck[fast]'")  # fmt: skip
    return wanted


def _checkpoint(engine: str, workers: int | None, wanted: Checkpoint | None) -> Checkpoint | None:
    """Return what is asked for, if this engine can do it."""
    if wanted is None:
        return None
    if engine not in PARALLEL:
        raise UsageError(f"the engine '{engine}' writes no checkpoints; only 'native' does, which "
                         "'auto' chooses then")  # fmt: skip
    return replace(wanted, workers=workers)


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _engine_name(engine: str) -> str:
    return "trees" if engine == "auto" else engine


def _name(model: object) -> str:
    return model.__name__ if isinstance(model, type) else "EarlyResume"


def _result(
    instance: Instance, claim: Property, result: Result, fair: bool, root: str
) -> PropertyResult:
    """Return the verdict on a property, with its witness replayed and judged."""
    finding = result.findings[claim.name]
    trace = None
    if finding.witness is not None:
        trace = _trace(instance, claim, finding.witness, fair, root)
    others = tuple(_trace(instance, claim, w, fair, root) for w in finding.others)
    reason = result.stop.value if finding.verdict is Verdict.UNDECIDED else ""
    return PropertyResult(claim.name, claim.kind.value, finding.verdict, claim.text, trace,
                          _vacuous(claim, finding), reason, others, finding.ends)  # fmt: skip


def _trace(instance: Instance, claim: Property, witness: Witness, fair: bool, root: str) -> Trace:
    """Return the trace of a witness, replayed and judged."""
    fairness: list[Fairness] = [p.fairness if fair else "none" for p in instance.processes]
    judge = Judge(claim, fairness, witness)
    trace = replay(instance, witness, judge.observe, root)
    judge.decide(trace)
    return with_ending(trace, claim, judge.reasons(trace)).with_views(VIEWS)


def _vacuous(claim: Property, finding: Finding) -> str:
    if not finding.vacuous:
        return ""
    premise = claim.operands[0] if claim.kind is Kind.LEADS_TO else claim.premise
    return f"'{premise.text if premise else ''}' is never true, so this holds vacuously"


def _never_ran(instance: Instance, result: Result, root: str) -> tuple[Step, ...]:
    """Return the steps that no run takes; a search that saw only a part cannot name one."""
    if result.stop is not StopReason.EXHAUSTED:
        return ()
    missing = never_ran(instance, result.ran)
    return tuple(replace(step, place=relative(step.place, root)) for step in missing)


def _explained(instance: Instance, error: SearchError, root: str) -> ModelError:
    """Return the model error of a search with the run that leads to it."""
    cause = error.error
    if error.witness is not None:
        # A step that does not repeat itself may make the run impossible to show.
        with suppress(InternalError, ModelError):
            cause.trace = replay(instance, error.witness, root=root).with_views(VIEWS)
    if cause.place is None and cause.trace is not None and error.process is not None:
        cause.place = cause.trace.standings[error.process].place
    if cause.place is not None:
        cause.place = relative(cause.place, root)
    return cause


def _statistics(result: Result, seconds: float) -> Statistics:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Statistics(result.states, result.transitions, result.deadlocks, result.depth,
                      result.initial_states, seconds + result.earlier_seconds, peak, result.workers,
                      result.compile_seconds)  # fmt: skip


def _resident() -> int:
    """Return the resident size of this process in bytes."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:  # no /proc: the peak is the nearest that can be had
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _room() -> int | None:
    """Return how many bytes more this process may map, or None if nothing limits that."""
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY:
        return None
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return most - int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return most
