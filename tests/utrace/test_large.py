"""The claims about many engines, at the largest sizes that are explored within about a minute.

The counts are what the engine found; they are held against their growth: nested engines are
idle while another is served, so each adds the same number of states; N debuggers that stop at
once multiply them.
"""

from __future__ import annotations

from typing import Any

import pytest

from models.utrace.repeated_scan import RepeatedScan
from models.utrace.stop_now import StopNowTwoBits
from models.utrace.two_bits import Patch1
from utcheck import Model, check

NESTED = {
    "nested": {"never": "misread"},
    "one-at-a-time": {"never": "overlapped"},
    "early": {"never": "went_early"},
    "gets-through": {"eventually": "p.done"},
}
DEBUGGERS = {"early": {"never": "went_early"}, "gets-through": {"eventually": "p.done"}}


def states(model: Model, properties: dict[str, Any]) -> int:
    """Return the number of states of a model of which everything holds."""
    outcome = check(model, properties)
    assert outcome.verdict == "holds", [r.name for r in outcome if r.verdict != "holds"]
    return outcome.statistics.states


@pytest.mark.slow
@pytest.mark.parametrize("both", [False, True])
def test_the_fifth_of_fifty_nested_virtualizers_is_served_in_its_turn(both: bool) -> None:
    few, more, fifty = (
        states(StopNowTwoBits(engines=engines, exit=both), NESTED) for engines in (10, 20, 50)
    )
    assert fifty - more == 3 * (more - few)


@pytest.mark.slow
@pytest.mark.parametrize("engines", [5, 6, 7, 8])
def test_eight_debuggers_that_stop_at_once_lose_no_resume(engines: int) -> None:
    fewer, found = (states(Patch1(engines=n, kinds="d"), DEBUGGERS) for n in (engines - 1, engines))
    assert 3.5 < found / fewer < 4.5


@pytest.mark.slow
def test_the_scan_is_repeated_for_twenty_engines() -> None:
    properties = {"ends": {"eventually": "p.done"}}
    assert states(RepeatedScan(engines=20), properties) == 964
