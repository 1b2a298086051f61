"""An answer of Spin is taken only where nothing is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spin import pan
from tests.spin.pan import MISSING, REASON, SpinError, TooDeep, Verifier

pytestmark = pytest.mark.skipif(bool(MISSING), reason=REASON)

COUNTER = """\
byte n = 0;
active proctype p() { do :: d_step { n < 100 -> n++ } od }
ltl comes { <> (n == 100) }
ltl small { [] (n < 100) }
ltl stays { [] (n <= 100) }
"""


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    return Verifier(COUNTER, tmp_path_factory.mktemp("counter"))


def test_a_property_holds_or_is_violated(verifier: Verifier) -> None:
    for fair in (False, True):
        assert verifier.holds("comes", fair)
        assert not verifier.holds("small", fair)
    assert verifier.states("stays") == 101


@pytest.mark.parametrize("claim", ["comes", "small"])
def test_a_search_that_is_cut_off_has_no_answer(
    claim: str, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for a property that holds, nor for one that is violated."""
    monkeypatch.setattr(pan, "DEPTH", 50)
    with pytest.raises(TooDeep):
        verifier.holds(claim, False)


def test_a_claim_that_is_not_there_is_an_error(verifier: Verifier) -> None:
    with pytest.raises(SpinError, match="cannot find claim 'other'"):
        verifier.holds("other", False)


def test_a_search_that_was_not_exhaustive_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pan, "COMPILE", [*pan.COMPILE, "-DBITSTATE"])
    with pytest.raises(SpinError, match="memory used for hash array"):
        Verifier(COUNTER, tmp_path).holds("comes", False)


def test_too_many_processes_for_fairness_are_an_error(tmp_path: Path) -> None:
    many = COUNTER.replace("active proctype", "active [7] proctype")
    with pytest.raises(SpinError, match="recompile with -DNFAIR=3"):
        Verifier(many, tmp_path).holds("comes", True)


@pytest.mark.parametrize(
    ("promela", "message"),
    [
        ("active proctype p() { n = 1 }", "undeclared variable: n"),
        # Without `-DNXT` Spin has no `X`, and says so beside going on with the other claims.
        (COUNTER + "ltl next { X (n == 1) }", "expected predicate, saw 'X'"),
        (COUNTER + "ltl label { <> p@U }", "saw 'U'"),
    ],
)
def test_what_spin_does_not_read_is_an_error(promela: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpinError, match=message):
        Verifier(promela, tmp_path)
