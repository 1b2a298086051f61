"""What the symbolic engine refuses, and what it does at a limit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.models import Philosophers
from tests.steps import Steps
from utcheck import Model, process
from utcheck.check import check
from utcheck.errors import ModelError, UsageError
from utcheck.outcome import Limits, StopReason, Verdict


class Strong(Model):
    """A process that is owed strong fairness."""

    done: bool = False

    @process(fair="strong")
    def p(self) -> Steps:
        yield "step"
        self.done = True


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"properties": {"a": {"step": "old.done <= done"}}}, "decide 'a': step needs engine"),
        ({"properties": {"a": {"ltl": "GF done"}}}, "decide 'a': ltl needs engine 'trees'"),
        ({"properties": {"a": {"eventually": "done"}}}, "strongly fair, as p is"),
        ({"distinct": 1}, "look for distinct end states"),
        ({"limits": Limits(states=5)}, "limit the states"),
    ],
)
def test_what_it_cannot_do_is_refused_before_the_run(options: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check(Strong(), engine="symbolic", **options)


def test_without_fairness_strong_fairness_is_nothing_to_refuse() -> None:
    properties = {"a": {"eventually": "done"}, "b": {"ltl": "G {done in (True, False)}"}}
    found = check(Strong(), properties, engine="symbolic", fairness="none")
    assert found.verdict is Verdict.HOLDS
    assert found.engine == "symbolic"


@pytest.mark.parametrize(
    ("limits", "stop"),
    [(Limits(seconds=0.0), StopReason.SECONDS), (Limits(memory=1), StopReason.MEMORY)],
)
def test_a_limit_leaves_properties_undecided(limits: Limits, stop: StopReason) -> None:
    found = check(Philosophers(n=60), engine="symbolic", limits=limits)
    assert found.stop is stop
    assert {claim.verdict for claim in found} == {Verdict.UNDECIDED}
    assert {claim.reason for claim in found} == {stop.value}


class Broken(Model):
    """A rule is broken in the third step, and the abstraction breaks it in the first as well."""

    a: bool = False
    b: bool = False

    @process
    def p(self) -> Steps:
        for _ in range(2):
            yield "step"
            (0,)[self.a and not self.b]
            self.a = self.b = True
        yield "break"
        (0,)[self.b]


def test_a_broken_rule_comes_with_a_shortest_run() -> None:
    with pytest.raises(ModelError, match="IndexError") as caught:
        check(Broken(), engine="symbolic")
    assert len(caught.value.trace) == 2
    assert caught.value.place is not None


class Asked(Model):
    """A predicate that cannot be asked in the last state."""

    n: bool = False

    @process
    def p(self) -> Steps:
        yield "one"
        yield "two"
        self.n = True


def test_a_property_that_cannot_be_asked_somewhere_reachable_is_an_error() -> None:
    with pytest.raises(ModelError) as caught:
        check(Asked(), {"a": {"always": "1 // (1 - n) == 1"}}, engine="symbolic")
    assert len(caught.value.trace) == 2


def test_what_is_decided_nearer_is_not_asked_further_away() -> None:
    """As in a search from state to state, which has its answer in the initial state."""
    for engine in ("trees", "symbolic"):
        found = check(Asked(), {"a": {"never": "1 // (1 - n) == 1"}}, engine=engine)
        assert found["a"].verdict is Verdict.VIOLATED
