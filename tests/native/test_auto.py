"""The choice of an engine: who takes over, when, and what is said where nobody can."""

from __future__ import annotations

import importlib.util
import sys
from functools import partial
from typing import Any

import pytest

from tests.differential.comparing import answer, assert_same
from tests.steps import Steps
from utcheck import Model, UsageError, array, check, process
from utcheck.check import ENGINES
from utcheck.engines import auto
from utcheck.engines.native import compiled
from utcheck.outcome import Outcome, Verdict


class Wheel(Model):
    """Six bits that are set in any order, and a step too many."""

    bit = array(bool, 6)

    @process(each=6)
    def p(self, i: int) -> Steps:
        yield "set"
        self.bit[i] = True
        yield "think"
        assert not all(self.bit), "all are set"


PROPERTIES = {"never": {"never": "all(bit)"}, "eventually": {"eventually": "bit[0]"}}


def outcome_of(engine: str) -> Outcome:
    return check(Wheel(), PROPERTIES, engine=engine)


@pytest.fixture
def no_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no numba, and what was compiled before is forgotten for the moment."""
    plain = importlib.util.find_spec

    def find_spec(name: str, *more: Any) -> Any:
        return None if name == "numba" else plain(name, *more)

    monkeypatch.setattr(auto, "find_spec", find_spec)
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(compiled, "compiled", compiled.compiled.__wrapped__)


def hand_over_at(states: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "auto", partial(auto.search, handover=states))


@pytest.mark.parametrize("states", [0, 1, 20, 500])
def test_the_native_engine_takes_over(states: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At whatever state, what comes out is what the tree engine finds, the runs included."""
    hand_over_at(states, monkeypatch)
    outcome = outcome_of("auto")
    assert outcome.engine == "native"
    assert outcome["never"].verdict is Verdict.VIOLATED
    assert_same(answer(Wheel(), PROPERTIES, "auto"), answer(Wheel(), PROPERTIES, "trees"))


def test_the_tree_engine_keeps_a_search_that_is_not_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    states = outcome_of("trees").statistics.states
    hand_over_at(states, monkeypatch)
    assert outcome_of("auto").engine == "trees"
    hand_over_at(states - 1, monkeypatch)
    assert outcome_of("auto").engine == "native"


def test_a_small_search_does_not_load_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(auto, "find_spec", lambda name: name)
    assert outcome_of("auto").engine == "trees"


@pytest.mark.usefixtures("no_numba")
def test_without_numba_the_tree_engine_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    hand_over_at(1, monkeypatch)
    assert outcome_of("auto").engine == "trees"


class Untouched(Model):
    """Nobody may even look at it."""

    @process
    def p(self) -> Steps:
        yield "begin"
        raise RuntimeError("it ran")


@pytest.mark.usefixtures("no_numba")
def test_without_numba_who_asks_for_the_native_engine_is_told_before_the_run() -> None:
    with pytest.raises(UsageError, match=r"numba is not installed.*pip install 'utcheck\[fast\]'"):
        check(Untouched(), {}, engine="native")
