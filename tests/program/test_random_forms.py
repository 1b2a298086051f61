"""Random processes, full of forms around `yield`: explored exactly, or refused by both engines."""

from __future__ import annotations

import re

import pytest

from tests.program.merged import Merged, by_steps, by_trees
from tests.program.random_forms import Writer, load
from tests.stateless import explore
from utcheck import Model, ModelError

QUICK = 60
MANY = 3000


def explored(model: Model) -> Merged | str:
    """Return what both ways of exploring reach, or what both say where they refuse."""
    found: list[Merged | str] = []
    for way in (by_steps, by_trees):
        try:
            found.append(way(model))
        except ModelError as error:
            found.append(error.message)
    assert found[0] == found[1]
    return found[0]


def is_exact(seed: int) -> bool:
    """Check one process; return False if it is refused."""
    source = Writer(seed).source()
    found = explored(load(source))
    if isinstance(found, str):
        # The process reads a variable that is not there, or yields where it may not.
        allowed = r"(NameError|UnboundLocalError): |p cannot be captured here: a `yield` inside"
        assert re.match(allowed, found), f"{found}\n{source}"
        return False
    states, ends = explore(load(source))
    assert (found.states, found.ends) == (states, ends), f"seed {seed}\n{source}"
    return True


def test_random_forms_are_explored_exactly() -> None:
    exact = [is_exact(seed) for seed in range(QUICK)]
    assert sum(exact) > QUICK * 0.7, "most of them are not refused"


@pytest.mark.slow
def test_many_random_forms_are_explored_exactly() -> None:
    exact = [is_exact(seed) for seed in range(QUICK, MANY)]
    assert sum(exact) > MANY * 0.7
