"""What the differential tests share: profiles, and all engines on one model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, settings

from utcheck import Model
from utcheck.check import ENGINES as BY_NAME
from utcheck.check import check
from utcheck.errors import ModelError
from utcheck.outcome import Limits, Outcome, Trace

# The symbolic engine shows other runs of the same length; it is compared in tests/symbolic.
ENGINES = tuple(name for name in BY_NAME if name not in ("auto", "symbolic"))

# The same examples in every run, so that a red build can be repeated; new ones where there is time.
QUICK = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SLOW = settings(QUICK, derandomize=False, max_examples=5000, print_blob=True)


@dataclass(frozen=True)
class Refusal:
    """What an engine says about a model that breaks a rule."""

    message: str
    place: str
    trace: Trace | None


def answer(
    model: Model,
    properties: Mapping[str, object],
    engine: str,
    fairness: str = "processes",
    limits: Limits | None = None,
) -> Outcome | Refusal:
    """Return all that an engine says about a model, apart from its name, the time and the memory.

    An `InternalError` is not caught: a witness could not be replayed.
    """
    try:
        # One worker, which is cut short where the others are; tests/native has more of them.
        workers = 1 if engine == "native" else None
        outcome = check(
            model, properties, engine=engine, fairness=fairness, limits=limits, workers=workers
        )
    except ModelError as error:
        return Refusal(error.message, str(error.place), error.trace)
    statistics = replace(
        outcome.statistics, seconds=0.0, peak_memory=0, workers=1, compile_seconds=0.0
    )
    return replace(outcome, engine="", statistics=statistics)


def assert_same(other: Outcome | Refusal, reference: Outcome | Refusal) -> None:
    """Compare what is coarse first, so that a failure shows the least that is different."""
    if isinstance(reference, Refusal) or isinstance(other, Refusal):
        assert other == reference
        return
    assert (other.stop, other.statistics) == (reference.stop, reference.statistics)
    for theirs, ours in zip(other, reference, strict=True):
        assert (theirs.name, theirs.verdict) == (ours.name, ours.verdict)
        if ours.trace is not None and theirs.trace is not None:
            assert len(theirs.trace) == len(ours.trace), ours.name
            assert theirs.trace.cycle == ours.trace.cycle, ours.name
            assert theirs.trace.context_switches == ours.trace.context_switches, ours.name
        assert theirs == ours, "the same run, whichever engine found it"
    assert other.never_ran == reference.never_ran
    # Each engine may have another of the longest runs.
    assert other.longest is not None
    assert reference.longest is not None
    assert len(other.longest) == len(reference.longest)
    assert replace(other, longest=None) == replace(reference, longest=None)
