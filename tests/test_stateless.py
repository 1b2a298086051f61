"""The search that merges nothing, on models whose every run can be written down."""

from __future__ import annotations

from math import factorial

import pytest

from tests.stateless import explore, explore_all
from tests.steps import Steps
from utcheck import Model, param, process, when


class Walkers(Model):
    """`n` processes, each with `m` steps on a variable of its own."""

    n: int = param(2)
    m: int = param(2)
    last: int = 0

    @process(each="n")
    def p(self, i: int) -> Steps:
        for k in range(self.m):
            yield f"step {k}"
        return


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (2, 2), (3, 2), (2, 4)])
def test_independent_processes_have_the_multinomial_number_of_runs(n: int, m: int) -> None:
    """n processes of m steps: (nm)! / (m!)^n schedules, and (m + 1)^n label vectors."""
    found = explore_all(Walkers(n=n, m=m))
    assert found.runs == factorial(n * m) // factorial(m) ** n
    assert len(found.states) == (m + 1) ** n
    assert found.ends == {(("last=0",), (None,) * n)}
    assert not found.cut


class Chooser(Model):
    """Two initial states; a step that makes one or two choices."""

    x: int = 0
    y: int = 0

    def init(self) -> None:
        self.x = self.choose(1, 2)

    @process
    def p(self) -> Steps:
        yield "choose"
        if self.choose(False, True):
            self.y = self.choose(10, 20)


def test_every_choice_and_every_initial_state_is_tried() -> None:
    """By hand: from x=1 and from x=2 the step leaves y at 0, or sets it to 10 or to 20."""
    found = explore_all(Chooser())
    assert found.runs == 6
    ends = {((f"x={x}", f"y={y}"), (None,)) for x in (1, 2) for y in (0, 10, 20)}
    assert found.ends == ends
    assert found.states == ends | {((f"x={x}", "y=0"), ("choose",)) for x in (1, 2)}


class Waiting(Model):
    """`q` waits for what `p` sets, and then for what nobody sets; `p` fails if q was quick."""

    go: bool = False
    seen: bool = False

    @process
    def p(self) -> Steps:
        yield "set"
        self.go = True
        yield "check"
        if self.seen:  # an `assert` here would be rewritten by pytest
            raise AssertionError("q was quick")

    @process
    def q(self) -> Steps:
        yield when(lambda: self.go, "wait")
        self.seen = True
        yield when(lambda: not self.go, "for ever")


def test_conditions_hold_steps_back_and_a_failing_assertion_ends_its_run() -> None:
    """By hand: set, then check and wait in either order; check fails if it comes second.

    set check wait: the end, q waits for ever. set wait: check fails.
    """
    found = explore_all(Waiting())
    assert found.states == {
        (("go=False", "seen=False"), ("set", "wait")),
        (("go=True", "seen=False"), ("check", "wait")),
        (("go=True", "seen=False"), (None, "wait")),
        (("go=True", "seen=True"), ("check", "for ever")),
        (("go=True", "seen=True"), (None, "for ever")),
    }
    assert found.ends == {(("go=True", "seen=True"), (None, "for ever"))}
    assert found.failures == {
        ((("go=True", "seen=True"), ("check", "for ever")), "p", "q was quick")
    }
    assert found.runs == 2


class Counter(Model):
    """It counts for ever."""

    x: int = 0

    @process
    def p(self) -> Steps:
        while True:
            yield "count"
            self.x += 1


def test_a_bound_gives_the_states_that_are_at_most_so_far_away() -> None:
    found = explore_all(Counter(), bound=3)
    assert found.states == {((f"x={x}",), ("count",)) for x in range(4)}
    assert found.cut
    assert not found.ends


def test_a_run_that_does_not_end_asks_for_a_bound() -> None:
    with pytest.raises(AssertionError, match="give a bound"):
        explore(Counter())


class Lookalikes(Model):
    """Values that Python calls equal."""

    x: object = 0

    @process
    def p(self) -> Steps:
        yield "choose"
        self.x = self.choose(1, True, 1.0, -0.0, 0.0, (1,), (True,))


def test_values_that_python_calls_equal_are_different_states() -> None:
    _, ends = explore(Lookalikes())
    assert ends == {
        ((f"x={text}",), (None,)) for text in ("1", "True", "1.0", "-0.0", "0.0", "(1,)", "(True,)")
    }
