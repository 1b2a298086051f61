"""What utrace_control, utrace_set_events and utrace_barrier return, and what that promises."""

from __future__ import annotations

from typing import Any

import pytest

from models.utrace.closing import Closing
from models.utrace.promises import NeverInProgress, Promises, StoppedTooSoon, WokenByOthers
from utcheck import Model, check

EXIT = {"entry": False, "exit": True}


@pytest.mark.parametrize(
    ("mutant", "parameters"),
    [
        (StoppedTooSoon, {"asks": "STOP"}),
        (WokenByOthers, {"asks": "STOP", "engines": 2, "kinds": "vd"}),
        (NeverInProgress, {"asks": "DETACH", "calls": 2}),
        (NeverInProgress, {"asks": "set_events", "calls": 2}),
    ],
)
@pytest.mark.parametrize("event", [{}, EXIT])
def test_a_promise_is_kept_and_can_be_broken(
    mutant: type[Model], parameters: dict[str, Any], event: dict[str, bool]
) -> None:
    assert check(Promises(**parameters, **event))["assertions"].verdict == "holds"
    assert check(mutant(**parameters, **event))["assertions"].verdict == "violated"


def test_a_barrier_returns_when_the_detach_is_done() -> None:
    """P26: while the DETACH is pending it keeps waiting, and then says -ESRCH."""
    promised = {"returns": {"reachable": "freed"}, "in time": {"never": "used_freed"}}
    for event in ({}, EXIT):
        kept = check(Closing(barrier=True, **event), promised)
        assert kept.verdict == "holds"
        assert check(Closing(**event), promised)["in time"].verdict == "violated"
