"""Assertions about models: what passes, what fails, and what a failure says."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_type_hints

import pytest

from utcheck import (
    Limits,
    Model,
    ModelError,
    UsageError,
    Verdict,
    check,
    param,
    process,
    testing,
    when,
)
from utcheck.engines.checkpoint import Checkpoint
from utcheck.engines.search import Progress
from utcheck.outcome import StopReason
from utcheck.testing import Options, assert_holds, assert_violated

ROOT = Path(__file__).parents[1]


class Race(Model):
    mode: Literal["fine", "stuck", "endless", "wrong"] = param("fine")
    flag: bool = False
    count: int = 0

    @process
    def p(self) -> Any:
        yield "begin"
        self.flag = True
        if self.mode == "wrong":
            self.flag = 2  # type: ignore[assignment]
        while self.mode == "endless":
            yield "count"
            self.count += 1
        yield when(lambda: self.mode != "stuck", "end")


RISES = {"rises": {"reachable": "flag", "text": "the flag is raised"}}
NEVER = {"stays-down": {"never": "flag", "text": "the flag stays down"}}
FEW = Limits(states=5)


def failure(function: Any, *arguments: Any, **options: Any) -> str:
    """Return what a failing assertion says."""
    with pytest.raises(AssertionError) as caught:
        function(*arguments, **options)
    return str(caught.value)


def test_what_holds_passes_and_gives_the_outcome() -> None:
    outcome = assert_holds(Race(), RISES)
    assert outcome.properties == check(Race(), RISES).properties
    assert [result.name for result in outcome] == ["rises", "deadlock", "assertions"]


def test_a_violated_property_fails_with_the_chart() -> None:
    said = failure(assert_holds, Race(), RISES | NEVER)
    assert said.startswith(
        "Race: stays-down is violated (1 step), expected: holds\n\n"
        "Race: not as expected\n  with mode = 'fine'\n"
        "! violated   stays-down (expected: holds, 1 step)\n"
    )
    assert "\n\nthe flag stays down\n\n" in said
    assert "  1  * begin\n     |   flag: False -> True\n" in said
    assert said.endswith("Here 'flag' is true, which must never be.")
    assert "rises" not in said


def test_every_property_that_is_wrong_is_shown() -> None:
    said = failure(assert_holds, Race(mode="stuck"), NEVER)
    assert said.startswith("Race: stays-down is violated (1 step), expected: holds (and 1 more)\n")
    assert "! violated   deadlock (expected: holds, 1 step)" in said
    assert "\nRace: deadlock is violated (1 step)\n====" in said


@pytest.mark.parametrize("arguments", [(assert_holds,), (assert_violated, "deadlock")])
def test_undecided_is_neither(arguments: tuple[Any, ...]) -> None:
    function, *name = arguments
    said = failure(function, Race(mode="endless"), *name, limits=FEW)
    first, *_ = said.split("\n")
    assert first.startswith("Race: deadlock is undecided: ")
    assert "the limit on states was reached" in first
    assert "? undecided  deadlock" in said


def test_an_unbounded_violation_in_a_bounded_search_is_one() -> None:
    result = assert_violated(Race(mode="endless"), "stays-down", NEVER, limits=FEW)
    assert result.trace is not None


def test_what_is_violated_gives_the_result() -> None:
    result = assert_violated(Race(mode="stuck"), "deadlock")
    assert (result.name, result.verdict) == ("deadlock", Verdict.VIOLATED)
    assert result.trace is not None
    assert [step.label for step in result.trace.steps] == ["begin"]


def test_what_the_others_do_does_not_matter() -> None:
    assert assert_violated(Race(mode="stuck"), "stays-down", NEVER).name == "stays-down"


def test_what_holds_is_not_violated() -> None:
    said = failure(assert_violated, Race(), "rises", RISES | NEVER)
    assert said.startswith(
        "Race: rises holds, expected: violated\n\nRace: not as expected\n  with mode = 'fine'\n"
        "! holds      rises (expected: violated, a run of 1 step shows it)\n"
    )
    assert "\nRace: rises is reached (1 step)\n=====" in said  # what should not be reachable
    assert "greatest depth" not in said
    assert "stays-down" not in said


def test_a_name_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="no property 'deadlok', did you mean 'deadlock'"):
        assert_violated(Race(), "deadlok")


def test_a_mistake_in_the_model_is_no_failed_assertion() -> None:
    with pytest.raises(ModelError):
        assert_holds(Race(mode="wrong"))


@pytest.mark.parametrize("arguments", [(assert_holds,), (assert_violated, "deadlock")])
def test_an_interrupt_is_none_either(
    arguments: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    function, *name = arguments
    interrupted = replace(check(Race(mode="stuck")), stop=StopReason.INTERRUPTED)
    monkeypatch.setattr(testing, "check", lambda *_, **__: interrupted)
    with pytest.raises(KeyboardInterrupt):
        function(Race(), *name)


def test_the_options_are_those_of_check() -> None:
    parameters = inspect.signature(check).parameters.values()
    options = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
    assert set(Options.__annotations__) == options
    hints = get_type_hints(check)
    assert get_type_hints(Options, localns={"Progress": Progress, "Checkpoint": Checkpoint}) == {
        name: hints[name] for name in options
    }


def test_a_failure_in_a_test_shows_the_line_of_the_test(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "from tests.test_testing import NEVER, Race\n"
        "from utcheck.testing import assert_holds\n\n\n"
        "def test_it():\n    assert_holds(Race(), NEVER)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert ">       assert_holds(Race(), NEVER)\n" in done.stdout
    assert "E       AssertionError: Race: stays-down is violated (1 step), expected: holds\n" in (
        done.stdout
    )
    assert "E            |   flag: False -> True\n" in done.stdout
    assert "test_it.py:6: AssertionError" in done.stdout
    assert "testing.py" not in done.stdout.replace("test_testing.py", "")
