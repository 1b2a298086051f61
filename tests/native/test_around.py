"""What is around a native search: workers, memory, what cannot be loaded, and what is told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numba.core import event

from tests.bench.models import Dials
from utcheck.check import ENGINES, MOST_WORKERS, PARALLEL, check
from utcheck.engines import auto
from utcheck.engines.native.compiling import measured
from utcheck.engines.search import Budget, Explored, Options, Progress, Result, estimate
from utcheck.errors import UsageError
from utcheck.model.instance import Instance
from utcheck.outcome import Limits
from utcheck.properties.parse import parse_properties

ROOT = Path(__file__).parents[2]
# Three dials with four positions: each combination is a state, in which each dial can turn; the
# farthest is that with every dial at its last position.
MODEL = Dials(n=3, k=4)
STATES, TRANSITIONS, DEPTH = 4**3, 3 * 4**3, 3 * 3
GIB = 1 << 30


def searched(search: Callable[..., Result], options: Options, **more: int) -> Result:
    instance = Instance(MODEL)
    return search(instance, parse_properties({}, instance), options, **more)


def outside(limits: Limits | None = None, memory: int = 0, room: int | None = None) -> Options:
    return Options(lambda: 0.0, lambda: memory, limits or Limits(), room=lambda: room)


@pytest.mark.parametrize(
    ("options", "engine"),
    [
        (outside(Limits(memory=GIB), memory=GIB // 2), "native"),
        (outside(Limits(memory=GIB), memory=GIB - 1), "trees"),
        (outside(room=auto.ADDRESSES), "native"),
        (outside(room=auto.ADDRESSES - 1), "trees"),
    ],
)
def test_the_native_engine_takes_over_where_there_is_memory_for_it(
    options: Options, engine: str
) -> None:
    result = searched(auto.search, options, handover=10)
    assert result.engine == engine
    assert (result.states, result.transitions, result.depth) == (STATES, TRANSITIONS, DEPTH)


def test_the_native_engine_is_refused_where_loading_it_would_end_the_process() -> None:
    with pytest.raises(UsageError, match=r"only 1\.0 GiB of address space are left"):
        searched(auto.native, outside(room=GIB))


SCRIPT = """
from functools import partial
from tests.bench.models import Dials
from utcheck.check import ENGINES, check
from utcheck.engines import auto
from utcheck.errors import UsageError

ENGINES["auto"] = partial(auto.search, handover=10)
outcome = check(Dials(n=3, k=4))
print(outcome.engine, outcome.statistics.states)
try:
    check(Dials(n=3, k=4), engine="native")
except UsageError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("raise OSError('libllvm.so: failed to map')", "libllvm.so: failed to map"),
        ("raise ImportError('numba needs another numpy')", "numba needs another numpy"),
        ("raise MemoryError", "MemoryError"),
        ("import llvmlite_is_gone", "No module named 'llvmlite_is_gone'"),
        ("class config: DISABLE_JIT = 1", "switched off by NUMBA_DISABLE_JIT"),
    ],
)
def test_a_numba_that_cannot_be_loaded_is_as_none(tmp_path: Path, how: str, said: str) -> None:
    (tmp_path / "numba.py").write_text(how, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = done.stdout.splitlines()
    assert first == f"trees {STATES}"
    assert "the engine 'native' needs numba: " in second
    assert second.endswith(said)


# --- workers


def test_all_processors_are_used_unless_it_is_said_how_many() -> None:
    every = min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    assert check(MODEL, engine="native").statistics.workers == every
    for workers in (1, 2, 3):
        found = check(MODEL, engine="native", workers=workers).statistics
        assert (found.workers, found.states) == (workers, STATES)
    assert check(MODEL, workers=2).statistics.workers == 1  # small, so that the trees do it


def test_more_workers_than_one_need_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"2 workers need the native engine.*utcheck\[fast\]"):
        check(MODEL, workers=2)
    assert check(MODEL, workers=1).statistics.states == STATES


@pytest.mark.parametrize("engine", sorted(set(ENGINES) - set(PARALLEL)))
def test_an_engine_that_works_alone_refuses_company(engine: str) -> None:
    assert check(MODEL, engine=engine, workers=1).statistics.states == STATES
    with pytest.raises(UsageError, match=f"the engine '{engine}' cannot use 2 workers"):
        check(MODEL, engine=engine, workers=2)


@pytest.mark.parametrize("workers", [0, -1, MOST_WORKERS + 1])
@pytest.mark.parametrize("engine", ["auto", "explicit"])
def test_a_number_of_workers_that_makes_no_sense_is_refused(engine: str, workers: int) -> None:
    with pytest.raises(UsageError, match=f"workers={workers}: it is a number from 1 to"):
        check(MODEL, engine=engine, workers=workers)


# --- what is told during a search


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_compiling_is_told_when_it_begins_and_measured_whole() -> None:
    clock, told = Clock(), list[float]()
    with measured(clock, lambda: told.append(clock.now)) as stopwatch:
        clock.now = 1.0
        with event.trigger_event("numba:compile"):
            clock.now = 2.0
            with event.trigger_event("numba:compile"):  # a kernel that the other one calls
                clock.now = 4.0
        clock.now = 8.0
        with event.trigger_event("numba:compile"):
            clock.now = 16.0
    with event.trigger_event("numba:compile"):
        clock.now = 32.0
    assert (stopwatch.seconds, told) == (3.0 + 8.0, [1.0, 8.0])


def test_progress_has_the_memory_and_a_guess() -> None:
    clock, told = Clock(), list[Progress]()
    budget = Budget(Options(clock, lambda: 123, progress=told.append))
    clock.now = 0.5
    levels: list[Any] = [range(n) for n in (1, 4, 6, 4)]
    budget.reason_to_stop(Explored(levels, 15, 20))
    assert told == [Progress(15, 20, 3, 0, 0.5, memory=123, estimate=16)]
    clock.now = 2.0
    budget.compiling()
    assert told[1:] == [Progress(15, 20, 3, 0, 2.0, memory=123, estimate=16, compiling=True)]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([1], None),
        ([1, 4], None),  # they still grow
        ([1, 4, 6], None),
        ([1, 4, 6, 4], 16),  # four switches: 1 + 4 + 6 + 4 + 1 states
        ([1, 4, 6, 4, 1], 16),
        ([10, 40, 60, 20], 135),  # they shrink twice as fast as they grew: 130, and half of 10
        ([1, 4, 1, 1, 1], None),  # a tail
        ([1] * 20_000, None),  # too many to go through
    ],
)
def test_levels_shrink_as_they_grew(sizes: list[int], expected: int | None) -> None:
    assert estimate([range(size) for size in sizes]) == expected
