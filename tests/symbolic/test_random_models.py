"""The symbolic engine says the same as the tree engine about random models."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.differential.comparing import QUICK, SLOW
from tests.strategies import RandomModel, models
from tests.symbolic.comparing import assert_agreement

fairnesses = st.sampled_from(["processes", "none"])


@settings(QUICK, max_examples=200)
@given(models(), fairnesses)
def test_the_symbolic_engine_agrees_on_random_models(model: RandomModel, fairness: str) -> None:
    assert_agreement(model.load(), model.properties(), fairness)


@pytest.mark.slow
@settings(SLOW, max_examples=2000)
@given(models(), fairnesses)
def test_the_symbolic_engine_agrees_on_many_models(model: RandomModel, fairness: str) -> None:
    assert_agreement(model.load(), model.properties(), fairness)


@settings(QUICK, max_examples=60)
@given(models())
def test_it_agrees_when_every_process_has_many_levels(model: RandomModel) -> None:
    """Large processes get a level for each few locations; here all are large."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("utcheck.engines.mdd.order.FEW_LOCATIONS", 1)
        patch.setattr("utcheck.engines.mdd.order.MOST_LOCATIONS", 2)
        assert_agreement(model.load(), model.properties())
