"""Properties of steps, and of what stays possible: on a model that is decided by looking at it."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from tests.differential.comparing import ENGINES
from tests.steps import Steps
from utcheck import Model, Range, check, predicate, process
from utcheck.errors import ModelError
from utcheck.outcome import Limits, PropertyResult, Verdict


class Door(Model):
    """Somebody opens and shuts a door twice; another, once, may break the handle of a shut one."""

    is_open: bool = False
    used: Annotated[int, Range(0, 4)] = 0
    broken: bool = False

    @process
    def user(self) -> Steps:
        for _ in range(2):
            yield "open"
            if self.broken:
                return
            self.is_open = True
            self.used += 1
            yield "shut"
            self.is_open = False
            self.used += 1

    @process(each=1)
    def vandal(self, i: int) -> Steps:
        yield "look"
        if not self.is_open:
            self.broken = True

    @predicate
    def shut(self) -> bool:
        return not self.is_open

    @predicate
    def can_go_on(self) -> Any:
        return self.user.enabled


def asked(engine: str, claim: Any, **options: Any) -> PropertyResult:
    return check(Door(), {"claim": claim}, engine=engine, **options)["claim"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("claim", "violated_in"),
    [("old.used <= used", None), ("old.used < used", 1), ("old.shut or shut", 2),
     ("old.is_open != is_open or old.used == used", None),
     ("used < 4 or old.user.at('open')", 4),  # the last step shuts
     ({"holds": "old.shut", "name": "open"}, None), ({"holds": "old.shut", "name": "shut"}, 2),
     ({"holds": "old.used < used", "process": "user"}, 2),  # it finds the handle broken
     ({"holds": "broken", "process": "vandal"}, 2),
     ({"holds": "broken", "process": "vandal[0]"}, 2),
     ({"holds": "old.user.at('open') or broken == old.broken", "process": "vandal"}, 5)],
)  # fmt: skip
def test_steps_are_what_they_are_by_hand(engine: str, claim: Any, violated_in: int | None) -> None:
    result = asked(engine, {"step": claim})
    assert result.verdict is (Verdict.HOLDS if violated_in is None else Verdict.VIOLATED)
    assert (None if result.trace is None else len(result.trace)) == violated_in


@pytest.mark.parametrize("engine", ENGINES)
def test_the_last_step_is_the_one_that_is_meant(engine: str) -> None:
    trace = asked(engine, {"step": {"holds": "old.shut", "name": "shut"}}).trace
    assert trace is not None
    assert [step.label for step in trace.steps] == ["open", "shut"]
    assert trace.ending == "The last step, 'shut' of user, breaks 'old.shut'."


@pytest.mark.parametrize("engine", ENGINES)
def test_a_step_that_is_found_before_a_limit_is_a_violation(engine: str) -> None:
    limits = Limits(states=3)
    assert asked(engine, {"step": "old.used < used"}, limits=limits).verdict is Verdict.VIOLATED
    assert asked(engine, {"step": "used < 4"}, limits=limits).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("engine", ENGINES)
def test_who_was_enabled_is_not_asked_afterwards(engine: str) -> None:
    with pytest.raises(ModelError, match="was `enabled` in the old state"):
        asked(engine, {"step": "old.can_go_on"})


@pytest.mark.parametrize("engine", ENGINES)
def test_what_stays_possible_by_hand(engine: str) -> None:
    """Once the handle is broken nobody opens; before that the door can be used four times."""
    assert asked(engine, {"possible_always": "shut"}).verdict is Verdict.HOLDS
    assert asked(engine, {"possible_always": "user.done"}).verdict is Verdict.HOLDS
    lost = asked(engine, {"possible_always": "used == 4"})
    assert lost.verdict is Verdict.VIOLATED
    assert lost.trace is not None
    assert [step.process for step in lost.trace.steps] == ["vandal[0]"]
    assert lost.trace.ending == "From here no run leads to a state in which 'used == 4' is true."
    limits = Limits(states=3)
    undecided = asked(engine, {"possible_always": "used == 4"}, limits=limits)
    assert undecided.verdict is Verdict.UNDECIDED
