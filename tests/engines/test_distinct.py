"""All end states of a property: how many there are, and a shortest run to each."""

from __future__ import annotations

import pytest

from tests.differential.comparing import ENGINES
from tests.steps import Steps
from utcheck import Model, UsageError, check, process
from utcheck.outcome import PropertyResult


class Walk(Model):
    """A walker goes left or right three times; so it is at -3, -1, 1 or 3 in the end."""

    at: int = 0
    steps: int = 0

    @process
    def walker(self) -> Steps:
        for _ in range(3):
            yield "step"
            self.at += self.choose(-1, 1)
            self.steps += 1
            assert (self.at, self.steps) != (2, 2), "too far"


def asked(engine: str, distinct: int = 20, **properties: str) -> dict[str, PropertyResult]:
    mapping = {name: {name.partition("_")[0]: text} for name, text in properties.items()}
    outcome = check(Walk(), mapping, engine=engine, distinct=distinct)
    return {result.name: result for result in outcome}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_end_state_is_listed_once(engine: str) -> None:
    """-1 is reached after one step, and after three by three ways; -3 after three.

    Right twice fails, so of the eight walks six come to three steps, to -3, -1 and 1.
    """
    found = asked(engine, never="at < 0", always="steps < 3", reachable="at == 0")
    never = found["never"]
    assert never.end_states == 4  # (-1, 1), (-2, 2), (-1, 3), (-3, 3)
    assert never.trace is not None
    assert [len(never.trace), *(len(trace) for trace in never.others)] == [1, 2, 3, 3]
    ends = {(trace.final["at"], trace.final["steps"]) for trace in (never.trace, *never.others)}
    assert ends == {(-1, 1), (-2, 2), (-1, 3), (-3, 3)}
    assert found["always"].end_states == 3
    assert found["reachable"].end_states == 2  # at the beginning, and after two steps
    assert found["assertions"].end_states == 1
    assert found["assertions"].others == ()


@pytest.mark.parametrize("engine", ENGINES)
def test_at_most_so_many_are_shown_and_all_are_counted(engine: str) -> None:
    never = asked(engine, 1, never="at < 0")["never"]
    assert (never.end_states, len(never.others)) == (4, 1)


def test_nobody_is_told_who_does_not_ask() -> None:
    never = asked("trees", 0, never="at < 0")["never"]
    assert (never.end_states, never.others) == (None, ())


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(UsageError, match="distinct=-1"):
        asked("trees", -1, never="at < 0")
