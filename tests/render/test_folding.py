"""Long runs that repeat themselves are folded, and say what was left out."""

from __future__ import annotations

from typing import Any

from utcheck import Model, check, process, when
from utcheck.errors import Place
from utcheck.outcome import Change, Standing, Trace, TraceStep, Witness
from utcheck.render.chart import chart
from utcheck.render.folding import LONG, Fold, folds


def step(label: str, *changes: tuple[str, int, int]) -> TraceStep:
    return TraceStep("p", label, Place("m.py", 1), changes=tuple(Change(*c) for c in changes))


def counted(times: int) -> list[TraceStep]:
    """Return a and b in turn, so often; b adds one to n."""
    return [one for k in range(times) for one in (step("a"), step("b", ("n", k, k + 1)))]


def test_a_short_run_is_not_folded() -> None:
    assert folds(counted(LONG // 2), None) == []


def test_what_repeats_is_folded_once() -> None:
    steps = [step("begin"), *counted(40), step("end")]
    assert folds(steps, None) == [Fold(3, 81, 2, (Change("n", 1, 40),))]
    assert folds(steps, None)[0].times == 39


def test_a_fold_does_not_cross_the_start_of_the_cycle() -> None:
    found = folds(counted(40), 30)
    assert [(fold.first, fold.last) for fold in found] == [(2, 30), (32, 80)]


def test_steps_that_change_other_variables_are_others() -> None:
    steps = [step("a", (f"n{k % 50}", 0, 1)) for k in range(100)]
    assert folds(steps, None) == []


def test_the_chart_says_what_was_left_out() -> None:
    steps = (step("begin"), *counted(100), step("end"))
    standing = Standing("p", None, "ended", False)
    trace = Trace(("p",), {"n": 0}, steps, (standing,), Witness((), ()))
    text = chart(trace)
    assert " == steps 2 to 3 99 times more, up to step 201; n: 1 -> 100 ==\n" in text
    assert len(text.splitlines()) < 20
    assert "202  * end" in text


class Long(Model):
    """A counter that goes far before something is wrong."""

    n: int = 0
    wrong: bool = False

    @process
    def counter(self) -> Any:
        for _ in range(250):
            yield "read"
            yield "add"
            self.n += 1
        yield "spoil"
        self.wrong = True

    @process(daemon=True)
    def idle(self) -> Any:
        yield when(lambda: self.wrong, "wait")


def test_a_run_of_500_steps_is_a_page() -> None:
    trace = check(Long(), {"fine": {"never": "wrong"}})["fine"].trace
    assert trace is not None
    assert len(trace) == 501
    text = chart(trace)
    assert "249 times more, up to step 500; n: 1 -> 250" in text
    assert len(text.splitlines()) < 30
