"""Every engine counts what `counts.toml` says, and every number there is derived a second time."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from math import factorial
from pathlib import Path
from typing import Any

import pytest

from tests.differential.comparing import ENGINES
from tests.oracle import models
from tests.oracle.derivations import DERIVATIONS, Numbers, philosophers, philosophers_searched
from utcheck import Model
from utcheck.check import check
from utcheck.engines.explicit import PythonSpace
from utcheck.engines.packed import PackedSpace
from utcheck.model.instance import Instance
from utcheck.outcome import StopReason
from utcheck.program.learn import Program

TABLE = tomllib.loads(Path(__file__).with_name("counts.toml").read_text(encoding="utf-8"))["count"]
# The reference engine is slow, and has its turn with these in `make slow`.
MANY_TRANSITIONS = 10_000


def name_of(row: dict[str, Any]) -> str:
    return "-".join([row["model"], *map(str, row["parameters"].values())]).replace(" ", "_")


def model_of(row: dict[str, Any]) -> Model:
    model: Model = getattr(models, row["model"])(**row["parameters"])
    return model


def numbers_of(row: dict[str, Any]) -> Numbers:
    return Numbers(row["states"], row["transitions"], row["deadlocks"], row["depth"])


def cases() -> list[Any]:
    found = []
    for row in TABLE:
        for engine in ENGINES:
            slow = engine == "explicit" and row["transitions"] > MANY_TRANSITIONS
            marks = [pytest.mark.slow] if slow else []
            found.append(pytest.param(row, engine, id=f"{name_of(row)}-{engine}", marks=marks))
    return found


@pytest.mark.parametrize(("row", "engine"), cases())
def test_an_engine_counts_what_the_table_says(row: dict[str, Any], engine: str) -> None:
    outcome = check(model_of(row), row.get("properties", {}), engine=engine)
    statistics = outcome.statistics
    found = (statistics.states, statistics.transitions, statistics.deadlocks, statistics.depth)
    assert Numbers(*found) == numbers_of(row)
    assert statistics.initial_states == 1
    assert outcome.stop is StopReason.EXHAUSTED
    expected = {"deadlock": "holds", "assertions": "holds"} | row.get("verdicts", {})
    assert {result.name: str(result.verdict) for result in outcome} == expected


@pytest.mark.parametrize("row", TABLE, ids=map(name_of, TABLE))
def test_the_table_has_what_is_derived_again(row: dict[str, Any]) -> None:
    assert DERIVATIONS[row["derivation"]](**row["parameters"]) == numbers_of(row)
    assert row["source"]


def test_every_derivation_is_in_the_table() -> None:
    assert {row["derivation"] for row in TABLE} == set(DERIVATIONS)


@pytest.mark.parametrize("n", range(2, 8))
def test_the_transfer_matrix_counts_what_a_plain_search_finds(n: int) -> None:
    assert philosophers(n) == philosophers_searched(n, "all alike")


def test_arrangements_of_philosophers_are_the_pell_lucas_numbers() -> None:
    """L(n) = 2 L(n-1) + L(n-2), from the characteristic polynomial of the transfer matrix."""
    counts = [philosophers(n).states for n in range(2, 12)]
    assert counts[:2] == [6, 14]
    assert all(counts[i] == 2 * counts[i - 1] + counts[i - 2] for i in range(2, len(counts)))


def python_space(model: Model) -> Any:
    return PythonSpace(Instance(model))


def packed_space(model: Model) -> Any:
    return PackedSpace(Program(Instance(model)))


SPACES = {"explicit": python_space, "trees": packed_space}


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
@pytest.mark.parametrize(("n", "m"), [(1, 6), (2, 1), (2, 4), (3, 3), (4, 2)])
def test_interleavings_are_the_paths_to_the_end(
    space: Callable[[Model], Any], n: int, m: int
) -> None:
    """n processes of m steps: (nm)! / (m!)^n orders of their steps."""
    graph = space(models.Walkers(n=n, k=m + 1))

    @cache
    def paths(state: Any) -> int:
        transitions = graph.transitions(state)
        return sum(paths(t.target) for t in transitions) if transitions else 1

    ((_, initial),) = graph.initial()
    assert paths(initial) == factorial(n * m) // factorial(m) ** n
