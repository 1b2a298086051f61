"""What the tests of the native engine share: its variants, and what makes the large begin early."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from tests.differential.comparing import Refusal, answer
from utcheck import Model
from utcheck.check import ENGINES
from utcheck.engines.native import engine
from utcheck.engines.native.store import Store
from utcheck.engines.search import Options, Result
from utcheck.model.instance import Instance
from utcheck.outcome import Limits, Outcome
from utcheck.properties.kinds import Property

Search = Callable[[Instance, Sequence[Property], Options], Result]


def with_workers(search: Search, workers: int) -> Search:
    """Return a search by so many workers."""

    def search_together(
        instance: Instance, properties: Sequence[Property], options: Options
    ) -> Result:
        return search(instance, properties, replace(options, workers=workers))

    return search_together


VARIANTS: dict[str, Search] = {
    f"{name}-{workers}": with_workers(search, workers)
    for name, search in (("compiled", engine.search), ("interpreted", engine.search_interpreted))
    for workers in (1, 2, 3)
}


def say(
    model: Model,
    variant: str,
    properties: Mapping[str, object] | None = None,
    fairness: str = "processes",
    limits: Limits | None = None,
) -> Outcome | Refusal:
    """Return all that a variant, or another engine, says about a model; see `answer`."""
    with pytest.MonkeyPatch.context() as patch:
        if variant in VARIANTS:
            patch.setitem(ENGINES, variant, VARIANTS[variant])
        return answer(model, properties or {}, variant, fairness, limits)


# What is done for large models only is done for small ones too with such constants: rounds of few
# states, buffers that one state overfills, sets and nodes that grow, answers that come in pieces.
early = st.fixed_dictionaries({
    "search.FIRST_ROUND": st.integers(1, 4),
    "search.LARGEST_ROUND": st.integers(1, 8),
    "search.ROOM_ALONE": st.integers(1, 5),
    "search.ROOM_TOGETHER": st.integers(1, 5),
    "search.SAMPLE": st.integers(1, 3),
    "worker.MISSES": st.integers(0, 3),
    "worker.RECENT_LOG": st.integers(2, 4),
    "tables.MOST_DENSE": st.sampled_from([0, 1, 2, 10]),
    "space.CHUNK": st.integers(1, 4),
    "space.MOST_GUESSES": st.sampled_from([0, 2, 1 << 18]),
    "levels.CHUNK": st.integers(1, 4),
    "store.LEAST_LOG": st.integers(2, 5),
})  # fmt: skip
# The compiled kernels have their constants built in; these are for the others only.
early_inside = st.fixed_dictionaries({
    "sets.BATCH": st.integers(1, 5),
    "sets.MOST_AWAY": st.integers(2, 9),
})  # fmt: skip


def begin_early(patch: pytest.MonkeyPatch, numbers: Mapping[str, int]) -> None:
    """Set constants of the native engine."""
    for name, number in numbers.items():
        patch.setattr(f"utcheck.engines.native.{name}", number)
    if "store.LEAST_LOG" in numbers:  # a default, which was set when the class was made
        patch.setattr(Store.__init__, "__defaults__", (numbers["store.LEAST_LOG"],))
