"""The native engine says the same as the reference about random models.

With one worker it does in counts, verdicts and counterexamples; with several it may come to another
of several counterexamples that are equally good.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.differential.comparing import QUICK, SLOW, assert_same
from tests.native.comparing import VARIANTS, begin_early, early, early_inside, say
from tests.strategies import RandomModel, models

variants = pytest.mark.parametrize("variant", VARIANTS)
fairnesses = st.sampled_from(["processes", "none"])


def assert_agreement(model: RandomModel, variant: str, fairness: str) -> None:
    loaded, properties = model.load(), model.properties()
    reference = say(loaded, "explicit", properties, fairness)
    assert_same(say(loaded, variant, properties, fairness), reference)


def assert_agreement_with(
    numbers: Mapping[str, int], model: RandomModel, variant: str, fairness: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        begin_early(patch, numbers)
        assert_agreement(model, variant, fairness)


@variants
@settings(QUICK, max_examples=20)
@given(model=models(), fairness=fairnesses)
def test_it_agrees_on_random_models(model: RandomModel, fairness: str, variant: str) -> None:
    assert_agreement(model, variant, fairness)


@variants
@settings(QUICK, max_examples=20)
@given(numbers=early, inside=early_inside, model=models(), fairness=fairnesses)
def test_it_agrees_when_the_large_begins_early(
    numbers: dict[str, int], inside: dict[str, int], model: RandomModel, fairness: str, variant: str
) -> None:
    assert_agreement_with(numbers | inside, model, variant, fairness)


@pytest.mark.slow
@variants
@settings(SLOW, max_examples=2000)
@given(model=models(), fairness=fairnesses)
def test_it_agrees_on_many_random_models(model: RandomModel, fairness: str, variant: str) -> None:
    assert_agreement(model, variant, fairness)


@pytest.mark.slow
@variants
@settings(SLOW, max_examples=2000)
@given(numbers=early, inside=early_inside, model=models(), fairness=fairnesses)
def test_it_agrees_on_many_models_when_the_large_begins_early(
    numbers: dict[str, int], inside: dict[str, int], model: RandomModel, fairness: str, variant: str
) -> None:
    assert_agreement_with(numbers | inside, model, variant, fairness)
