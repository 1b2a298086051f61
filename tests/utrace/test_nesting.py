"""Nested virtualizers: the mutants are caught, and what no single spec can say."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from models.utrace.engine_list import LinksLost, StopListed, StopNowListed
from models.utrace.nesting import LooksAway, Nesting, OldOrder
from models.utrace.newstop import (
    Newstop,
    NewstopInterruptible,
    NewstopOldOrder,
    NewstopWaitQueue,
)
from models.utrace.stop_now import (
    NestedPatch1,
    StopNow,
    StopNowFresh,
    StopNowKinds,
    StopNowMortal,
    StopNowTwoBits,
    StopNowUnnoticed,
)
from models.utrace.two_bits import Patch1
from utcheck import Model, check

PROPERTIES = {
    "nested": {"never": "misread"},
    "one-at-a-time": {"never": "overlapped"},
    "early": {"never": "went_early"},
    "gets-through": {"eventually": "p.done"},
    "dead-makes-no-call": {"never": "called_dead"},
}


def fallen(model: Model) -> set[str]:
    """The properties that do not hold, the built-in ones among them."""
    outcome = check(model, PROPERTIES)
    names = [*PROPERTIES, "deadlock", "assertions"]
    return {name for name in names if outcome[name].verdict != "holds"}


@pytest.mark.parametrize(
    ("sound", "mutant", "params", "falls"),
    [
        (Newstop, NewstopOldOrder, {"engines": 2}, {"nested"}),
        (Newstop, NewstopWaitQueue, {}, {"gets-through", "deadlock"}),
        (StopNowFresh, StopNow, {"exit": True}, {"nested", "early"}),
        (StopNowTwoBits, NestedPatch1, {"engines": 2}, {"nested", "one-at-a-time"}),
        (NestedPatch1, Nesting, {}, {"gets-through", "deadlock"}),
        (
            Nesting,
            LooksAway,
            {"window": "stopped", "entry": False, "exit": True},
            {"nested", "early"},
        ),
        (
            StopNow,
            StopNowUnnoticed,
            {"kill": True, "silent": True},
            {"nested", "early", "dead-makes-no-call"},
        ),
    ],
)
def test_a_mutant_is_caught(
    sound: type[Model], mutant: type[Model], params: dict[str, Any], falls: set[str]
) -> None:
    assert fallen(sound(**params)) == set()
    assert fallen(mutant(**params)) == falls


def test_the_order_is_not_all() -> None:
    """With UTRACE_STOP two owners overlap in either order, once the early resume is out of it."""
    for model in (Nesting, OldOrder):
        assert fallen(model(engines=2, window="stopped")) == {"nested", "one-at-a-time"}


def test_a_down_that_signals_end_lets_a_killed_tracee_die_and_make_its_call() -> None:
    """The callback says RESUME all the same, and so nobody calls utrace_stop and aborts the call.

    The call that p makes is one that no owner has answered, with registers that none has written.
    """
    params = {"kill": True, "silent": True}
    assert fallen(Newstop(**params)) == {"gets-through", "deadlock", "dead-makes-no-call"}
    assert fallen(NewstopInterruptible(**params)) == {"dead-makes-no-call", "early", "nested"}
    assert fallen(StopNow(**params)) == set()


@pytest.mark.parametrize("kinds", ["vd", "dv"])
def test_virtualizers_are_nested_whatever_debuggers_do(kinds: str) -> None:
    """A SIGKILL apart, after which a pass goes on with the callbacks that are left."""
    assert fallen(StopNowKinds(engines=2, kinds=kinds, exit=True)) == set()


def test_the_states_grow_by_a_constant_with_two_bits_and_by_a_factor_without() -> None:
    """No bit is left behind, so the engines that have had their turn are in one state each."""
    linear = [check(StopNowTwoBits(engines=n)).statistics.states for n in (2, 3, 4, 5)]
    assert len({after - before for before, after in pairwise(linear)}) == 1
    factor = [check(StopNowFresh(engines=n)).statistics.states for n in (2, 3, 4, 5)]
    assert all(after > 2 * before for before, after in pairwise(factor))


def test_a_debugger_sees_what_it_should_only_where_it_says_stop_now() -> None:
    seen = {"seen": {"never": "misled"}}
    for kinds, verdict in (("vd", "violated"), ("dv", "holds"), ("vD", "holds"), ("Dv", "holds")):
        assert check(StopNowKinds(engines=2, kinds=kinds), seen).verdict == verdict


def test_a_stop_on_the_walk_is_what_makes_detach_and_attach_unsafe() -> None:
    listed = {"on-the-list": {"never": "lost"}, "not-late": {"never": "late"}}
    params = {"engines": 3, "joins": True, "entry": False, "exit": True}
    assert check(StopListed(**params), listed).verdict == "holds"
    assert check(StopNowListed(**params), listed)["not-late"].verdict == "violated"
    own = check(StopNowListed(engines=2, leaves="own stop"), listed)
    assert own["on-the-list"].verdict == "violated"


def test_debuggers_go_on_when_the_last_of_them_has_answered() -> None:
    properties = {
        "all": {"always": "answered or not p.done"},
        "some wait": {"reachable": "stopped"},
    }
    assert check(Patch1(engines=3, kinds="d"), properties).verdict == "holds"


def test_after_a_sigkill_two_owners_overlap_unless_the_pass_ends() -> None:
    params = {"engines": 2, "kill": True, "exit": True}
    assert "one-at-a-time" in fallen(StopNowFresh(**params))
    assert fallen(StopNowMortal(**params)) == {"nested"}  # one looks at a thread that is dead


def test_detach_of_another_engine_needs_the_links_mended() -> None:
    listed = {"on-the-list": {"never": "lost"}, "leaves": {"reachable": "engine[0].ops == 'gone'"}}
    for params in ({}, {"entry": False, "exit": True}):
        model = {"engines": 3, "leaves": "other stop", **params}
        assert check(StopNowListed(**model), listed).verdict == "holds"
        assert check(LinksLost(**model), listed)["on-the-list"].verdict == "violated"


@pytest.mark.parametrize("kinds", ["vtv", "tvt"])
def test_a_tracer_sees_what_the_virtualizer_before_it_wrote_where_that_one_stops_now(
    kinds: str,
) -> None:
    seen = {"seen": {"never": "misled"}}
    params = {"engines": 3, "kinds": kinds, "exit": True, "window": "stopped"}
    assert check(StopNowKinds(**params), seen).verdict == "holds"
    assert check(NestedPatch1(**params), seen).verdict == "violated"
