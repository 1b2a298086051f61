"""The symbolic engine: all reachable states as one decision diagram, by saturation.

The model is closed (`program.close`), laid out at levels, and its states, their distances from the
initial ones and what is wrong with them are diagrams (`mdd`). What is counted is exact, however
many states there are; a counterexample is a shortest run, read off the distances.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from utcheck.engines.mdd.conclusion import Conclusion
from utcheck.engines.mdd.system import System
from utcheck.engines.search import Budget, Explored, Finding, Options, Result
from utcheck.errors import UsageError
from utcheck.model.instance import Instance
from utcheck.outcome import StopReason, Verdict
from utcheck.program.close import Interrupted, close
from utcheck.properties.kinds import Kind, Property

# Diagrams are walked by functions that call themselves, several times for each level.
DEEPEST = 1_000_000


class _Stopped(Exception):
    """A limit was reached."""


class _Limits:
    """Looks at the limits while diagrams grow; `explored` says how far the search has come."""

    def __init__(self, options: Options) -> None:
        self._budget = Budget(options)
        self.explored = Explored([[]], 0)

    def stop(self) -> bool:
        """Return whether a limit was reached."""
        self.explored.stop = self._budget.reason_to_stop(self.explored)
        return self.explored.stop is not None

    def watch(self, nodes: int) -> None:
        """Raise if a limit was reached."""
        if self.stop():
            raise _Stopped


def search(instance: Instance, properties: Sequence[Property], options: Options) -> Result:
    """Find all reachable states at once, and decide every property.

    Raises:
        UsageError: if a property or an option is one that this engine cannot honour, or the model
            does not close.
        SearchError: if the model breaks a rule; the error has a run to where it does.
    """
    _refuse(instance, properties, options)
    limits = _Limits(options)
    result = Result(StopReason.EXHAUSTED, 0, 0, 0, 0, 0)
    result.findings = {claim.name: Finding(Verdict.UNDECIDED) for claim in properties}
    with _deep_calls():
        try:
            closed = close(instance, stop=limits.stop)
            try:
                system = System(closed, limits.watch)
                Conclusion(system, properties, options.fair, limits.explored).fill(result)
            finally:
                closed.dispose()
        except (Interrupted, _Stopped):
            result.stop = limits.explored.stop or StopReason.INTERRUPTED
        except KeyboardInterrupt:
            result.stop = StopReason.INTERRUPTED
        except MemoryError:
            result.stop = StopReason.MEMORY
    return result


def _refuse(instance: Instance, properties: Sequence[Property], options: Options) -> None:
    """Refuse what this engine cannot do, before it begins."""
    cannot = "the engine 'symbolic' cannot"
    for claim in properties:
        if claim.kind is Kind.STEP or (claim.kind is Kind.LTL and not claim.invariant):
            raise UsageError(f"{cannot} decide '{claim.name}': {claim.kind} needs engine 'trees'")
        strong = (p.name for p in instance.processes if options.fair and p.fairness == "strong")
        if claim.kind.liveness and (name := next(strong, None)):
            raise UsageError(f"{cannot} decide '{claim.name}' where a process is strongly fair, as "
                             f"{name} is; use engine 'trees'")  # fmt: skip
    if options.distinct:
        raise UsageError(f"{cannot} look for distinct end states; use engine 'trees'")
    if options.limits.states is not None:
        raise UsageError(f"{cannot} limit the states, for it finds them all at once; limit seconds "
                         "or memory, or use engine 'trees'")  # fmt: skip


@contextmanager
def _deep_calls() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(DEEPEST)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
