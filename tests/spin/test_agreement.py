"""utcheck and Spin say the same about random models and formulas, with and without weak fairness.

A case is printed whole where it fails; `random_case` makes it again from its seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.spin.comparing import Asked, assert_agreement, eventuality, ltl, random_case
from tests.spin.formulas import Formula
from tests.spin.pan import MISSING, REASON
from tests.spin.random_formulas import random_eventuality, random_formula

pytestmark = pytest.mark.skipif(bool(MISSING), reason=REASON)

FORMULAS = 6  # about each model
ANSWERED = 0.97  # so many of the questions, at least, must have an answer of Spin
BATCHES = [range(begin, begin + 30) for begin in range(1000, 1150, 30)]


def compare(
    seeds: Iterable[int],
    folder: Path,
    kind: Callable[..., Formula] = random_formula,
    asked: Asked = ltl,
) -> None:
    """Compare the verdicts about a model for each seed.

    What is asked must be worth it: there is each verdict, and some that depend on fairness.
    """
    found: Counter[tuple[bool | None, bool | None]] = Counter()
    for seed in seeds:
        inside = folder / str(seed)
        inside.mkdir()
        case = random_case(seed, FORMULAS, kind)
        said = assert_agreement(case, inside, asked)
        found.update((said.get((name, True)), said.get((name, False))) for name in case.formulas)
    answers = [found[True, True], found[False, False], found[True, False]]
    assert all(answers), found
    assert sum(answers) >= ANSWERED * found.total(), found


def test_utcheck_and_spin_agree_on_random_models(tmp_path: Path) -> None:
    compare(range(32, 40), tmp_path)


def test_they_agree_on_eventually_and_leads_to(tmp_path: Path) -> None:
    compare(range(23, 26), tmp_path, random_eventuality, eventuality)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", BATCHES, ids=lambda seeds: f"from {seeds[0]}")
def test_they_agree_on_many_random_models(seeds: Iterable[int], tmp_path: Path) -> None:
    compare(seeds, tmp_path)
