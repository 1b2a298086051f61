"""Code of a model that never comes back is ended, and the line is named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.steps import Steps
from utcheck import Model, check, process, when
from utcheck.errors import ModelError
from utcheck.model.watchdog import step_limit
from utcheck.outcome import Limits

ROOT = Path(__file__).parents[2]


class Endless(Model):
    n: int = 0

    @process
    def p(self) -> Steps:
        yield "begin"
        self.n = 1
        yield "spin"
        while self.n:
            pass


class EndlessCondition(Model):
    n: int = 0

    @process
    def p(self) -> Steps:
        yield when(lambda: all(self.n == 0 for _ in iter(int, 1)), "ask")


@pytest.mark.parametrize(("model", "line"), [(Endless, 31), (EndlessCondition, 40)])
def test_what_does_not_end_is_a_mistake_of_the_model(model: type[Model], line: int) -> None:
    with step_limit(1), pytest.raises(ModelError, match="running for 1 s") as caught:
        check(model())
    assert caught.value.place is not None
    assert caught.value.place.path.endswith("test_watchdog.py")
    assert caught.value.place.line in (line, line + 1)


def test_the_run_that_leads_there_is_shown() -> None:
    with step_limit(1), pytest.raises(ModelError) as caught:
        check(Endless())
    assert caught.value.trace is not None
    assert [step.label for step in caught.value.trace.steps] == ["begin"]


def test_many_short_steps_may_take_long() -> None:
    class Patient(Model):
        n: int = 0

        @process
        def p(self) -> Steps:
            for _ in range(3):
                yield "wait"
                time.sleep(0.3)  # each step is run twice
                self.n += 1

    begin = time.monotonic()
    with step_limit(1):
        assert check(Patient()).statistics.states == 4
    assert time.monotonic() - begin > 1.5, "all steps together take longer than one may"


def test_the_alarm_clock_is_given_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with step_limit(1):
        assert signal.getsignal(signal.SIGALRM) is not before
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_beside_the_main_thread_nothing_is_limited() -> None:
    found: list[int] = []

    def run() -> None:
        with step_limit(1):
            found.append(1)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [1]


SPIN = """
from utcheck import Model, param, process


class Spin(Model):
    how: str = param("plainly")

    def init(self):
        while self.how == "in init":
            pass

    @process
    def p(self):
        yield "begin"
        yield "spin"
        while self.how == "plainly":
            pass
        while self.how == "stubbornly":
            try:
                while True:
                    pass
            except Exception:
                pass
"""


def ran(folder: Path, how: str, more: str, *options: str) -> tuple[int, str]:
    """Return the status and what was said of a model that never ends."""
    (folder / "utcheck.toml").touch()
    (folder / "models").mkdir()
    (folder / "models" / "spin.py").write_text(SPIN, encoding="utf-8")
    spec = f"model: models.spin:Spin\nparams: {{how: {how}}}\n{more}"
    (folder / "spin.yaml").write_text(spec, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "utcheck", "run", "spin.yaml", *options], cwd=folder, timeout=60,
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stderr


MUST_END = "error: this has been running for {} s; a step, a condition and a property must end\n"


@pytest.mark.parametrize(
    ("how", "more", "options", "lines", "seconds"),
    [
        ("plainly", "", ["--step-seconds", "0.4"], (16, 17), "0.4"),
        ("plainly", "limits: {step_seconds: 0.3}\n", [], (16, 17), "0.3"),
        ("plainly", "limits: {step_seconds: 60}\n", ["--step-seconds", "0.4"], (16, 17), "0.4"),
        ("plainly", "", ["--step-seconds", "0.4", "--jobs", "2"], (16, 17), "0.4"),
        ("stubbornly", "", ["--step-seconds", "0.4"], (18, 19, 20, 21, 22, 23), "0.4"),
        ("in init", "", ["--step-seconds", "0.4"], (9, 10), "0.4"),
    ],
)
def test_the_command_names_file_and_line(
    tmp_path: Path, how: str, more: str, options: list[str], lines: tuple[int, ...], seconds: str
) -> None:
    status, said = ran(tmp_path, how, more, *options)
    assert status == 2
    first = said.splitlines(keepends=True)[0]
    assert first in [f"models/spin.py:{line}: {MUST_END.format(seconds)}" for line in lines]
    assert "Traceback" not in said


def test_the_command_shows_the_run_that_leads_there(tmp_path: Path) -> None:
    _, said = ran(tmp_path, "plainly", "", "--step-seconds", "0.4")
    assert "This happens in spin.yaml after:" in said
    assert "p is about to take 'spin'" in said


@pytest.mark.parametrize("wrong", ["0", "-1", "x"])
def test_a_step_takes_some_time(tmp_path: Path, wrong: str) -> None:
    status, said = ran(tmp_path, "plainly", "", "--step-seconds", wrong)
    assert status == 2
    assert "--step-seconds" in said


def test_a_library_call_sets_no_alarm_clock_unless_it_is_asked_to() -> None:
    class Clock(Model):
        @process
        def p(self) -> Steps:
            yield "look"
            unset = signal.getitimer(signal.ITIMER_REAL)[0] == 0
            assert unset, "it is set"

    assert check(Clock()).verdict == "holds"
    assert check(Clock(), limits=Limits(step_seconds=5)).verdict == "violated"
