"""The repeated scan at syscall entry: the mutants are caught, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from models.utrace.repeated_scan import (
    AttachOrder,
    FinalAsks,
    Forgetful,
    Impatient,
    Pointer,
    PointerLetter,
    PointerOnce,
    RepeatedScan,
    Star,
    StarLetter,
)
from utcheck import Model, check

PROPERTIES = {
    "once": {"never": "follower_twice"},
    "served": {"never": "follower_skipped"},
    "ends": {"eventually": "p.done"},
    "passes": {"never": "too_many"},
    "nested": {"never": "misread"},
    "spurious": {"never": "spurious"},
    "original": {"never": "looked_late or looked_between or fooled"},
    "final": {"never": "missed_final or missed_between"},
}
PROTOCOLS = [RepeatedScan, Pointer, Star]
THREE = {"engines": 3, "flag": "carried"}
ENDLESS = {"once", "ends", "passes", "nested"}


def fallen(model: Model) -> set[str]:
    """The properties that do not hold, the built-in ones among them."""
    outcome = check(model, PROPERTIES)
    names = [*PROPERTIES, "deadlock", "assertions"]
    return {name for name in names if outcome[name].verdict != "holds"}


@pytest.mark.parametrize(
    ("right", "mutant", "parameters", "falls"),
    [
        (RepeatedScan, Forgetful, THREE, ENDLESS),
        (RepeatedScan, Impatient, THREE, {"nested"}),
        (RepeatedScan, AttachOrder, THREE, {"nested"}),
        (RepeatedScan, AttachOrder, {**THREE, "original": 2}, {"nested", "original"}),
        (RepeatedScan, Forgetful, {**THREE, "stranger": 0, "behaviour": "keeps"}, ENDLESS),
        (Pointer, PointerOnce, THREE, {"served"}),
        (Star, StarLetter, THREE, ENDLESS),
        (FinalAsks, RepeatedScan, {**THREE, "final": 2, "repeat": "asked"}, {"final"}),
    ],
)
def test_a_mutant_is_caught(
    right: type[Model], mutant: type[Model], parameters: dict[str, Any], falls: set[str]
) -> None:
    assert fallen(right(**parameters)) == set()
    assert fallen(mutant(**parameters)) == falls


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("repeat", ["always", "asked"])
def test_what_the_scan_costs(protocol: type[Model], repeat: str) -> None:
    """N engines that stop once each: N + 1 passes with N callbacks each, or N if one has to ask.

    Pass k is the one in which engine N - k stops p; after the last of these only the rule "always"
    makes one more. All runs have as many: p has no choice but when to go on.
    """
    for engines in range(1, 6):
        passes = engines + 1 if repeat == "always" else engines
        model = protocol(engines=engines, flag="carried", repeat=repeat)
        claims = {
            "done": {"reachable": "p.done"},
            "bound": {"never": f"passes > {passes}"},
            "all": {"never": f"p.done and passes != {passes}"},
        }
        outcome = check(model, claims)
        assert {outcome[name].verdict for name in claims} == {"holds"}
        trace = outcome["done"].trace
        assert trace is not None
        labels = [step.label for step in trace.steps]
        assert labels.count("report_syscall_entry") == passes * engines


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("asks", [False, True])
def test_no_protocol_can_live_with_an_inherited_stop(protocol: type[Model], asks: bool) -> None:
    """Where a repeated scan begins with STOP, p hangs, or goes round if utrace_stop asks first.

    Nothing that engines return can help: the smallest action wins, and STOP is the smallest.
    """
    for engines in (1, 2, 3):
        falls = fallen(protocol(engines=engines, flag="carried", reset=False, asks=asks))
        assert falls == ({"ends", "passes"} if asks else {"ends", "spurious", "deadlock"})


def test_with_roland_s_rules_nobody_cares_who_sets_the_flag() -> None:
    counts = {
        check(RepeatedScan(engines=4, calls=2, flag=flag), PROPERTIES).statistics.states
        for flag in ("carried", "forced")
    }
    assert len(counts) == 1


def test_the_pointer_tells_who_has_stopped_p_but_does_not_ask_for_another_pass() -> None:
    """To its letter the protocol has no test of the action, and no REPORT.

    A pointer that is set keeps the engines after the one that stopped from handling the call, so
    they need no such test; but where the scan is repeated only if asked, nobody asks.
    """
    for engines in (2, 3):
        assert fallen(PointerLetter(engines=engines, calls=2)) == set()
        assert fallen(PointerLetter(engines=engines, repeat="asked")) == {"served"}
