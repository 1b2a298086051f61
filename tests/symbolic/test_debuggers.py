"""Claims 14 and 15 of the mail at sizes that no search from state to state comes to."""

from __future__ import annotations

import pytest

from models.utrace.base import Utrace
from models.utrace.stop_now import StopNowTwoBits
from models.utrace.two_bits import Mail, OneBit, Right
from tests.symbolic.comparing import assert_agreement
from utcheck import Model
from utcheck.check import check
from utcheck.outcome import Outcome, StopReason, Verdict

CLAIM_15 = {
    "early": {"never": "went_early"},
    "gets-through": {"eventually": "p.done"},
    "can-stop": {"reachable": "stopped"},
}
CLAIM_14 = {
    "nested": {"never": "misread"},
    "one-at-a-time": {"never": "overlapped"},
    "early": {"never": "went_early"},
    "gets-through": {"eventually": "p.done"},
    "innermost-edits": {"reachable": "registers == 0"},
    "outermost-edits": {"reachable": "registers == engines - 1"},
}


def debuggers(model: type[Model], n: int) -> Model:
    """Return a model with n debuggers, of which none is detached."""
    return model(engines=n, kinds="d", detaches=False)


def verdicts(outcome: Outcome) -> set[str]:
    """Return the names of what is violated; the rest holds."""
    assert outcome.stop is StopReason.EXHAUSTED
    return {claim.name for claim in outcome if claim.verdict is Verdict.VIOLATED}


@pytest.mark.parametrize("model", [Utrace, Mail, OneBit, Right])
@pytest.mark.parametrize("n", [1, 3])
def test_few_debuggers_agree(model: type[Model], n: int) -> None:
    assert assert_agreement(debuggers(model, n), CLAIM_15)
    assert assert_agreement(model(engines=n, kinds="d"), CLAIM_15)


@pytest.mark.parametrize("n", [2, 4])
def test_few_nested_virtualizers_agree(n: int) -> None:
    assert assert_agreement(StopNowTwoBits(engines=n), CLAIM_14)


def assert_early_resume(n: int) -> None:
    """Check n debuggers on the utrace of 2009-04-16.

    The numbers of states for 1 to 4 debuggers are those of specs/README.md (claims 2 and 15): 40,
    142, 544 and 2,146, which grow by 100 * 4^(n - 1) + 2. The shortest hang has 8 steps for each,
    and the shortest stop 6, besides 4.
    """
    found = check(debuggers(Utrace, n), CLAIM_15, engine="symbolic")
    assert found.statistics.states == 40 + 100 * (4 ** (n - 1) - 1) // 3 + 2 * (n - 1)
    assert verdicts(found) == {"gets-through", "deadlock"}
    for name, length in (("gets-through", 8 * n + 4), ("deadlock", 8 * n + 4)):
        trace = found[name].trace
        assert trace is not None
        assert len(trace) == length
    trace = found["can-stop"].trace
    assert trace is not None
    assert len(trace) == 6 * n + 4


@pytest.mark.parametrize("n", [1, 2, 4, 15])
def test_some_debuggers_hang(n: int) -> None:
    assert_early_resume(n)


@pytest.mark.slow
@pytest.mark.parametrize("n", [50, 100])
def test_a_hundred_debuggers_hang(n: int) -> None:
    assert_early_resume(n)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "n"), [(Mail, 100), (Right, 100), (OneBit, 200)])
def test_hundreds_of_debuggers_get_through_with_a_repair(model: type[Model], n: int) -> None:
    """Each engine whose owner has been told is in one of three states or more: 3^n at the least."""
    found = check(debuggers(model, n), CLAIM_15, engine="symbolic")
    assert verdicts(found) == set()
    assert found.statistics.states > 3**n


@pytest.mark.slow
def test_many_nested_virtualizers() -> None:
    """27 states for each owner, and 11: specs/README.md has 65, 92 and 146 for 2, 3 and 5."""
    found = check(StopNowTwoBits(engines=20), CLAIM_14, engine="symbolic")
    assert verdicts(found) == set()
    assert found.statistics.states == 27 * 20 + 11
