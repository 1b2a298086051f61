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
from utcheck.cli.watchdog import step_limit
from utcheck.errors import ModelError

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


def test_the_command_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "utcheck.toml").touch()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "spin.py").write_text(
        "from utcheck import Model, process\n\n\nclass Spin(Model):\n    @process\n"
        "    def p(self):\n        yield 'spin'\n        while True:\n            pass\n",
        encoding="utf-8",
    )
    (tmp_path / "spin.yaml").write_text("model: models.spin:Spin\n", encoding="utf-8")
    program = "import utcheck.cli.watchdog as w; w.step_limit.__wrapped__.__defaults__ = (1,); " \
              "from utcheck.cli.main import main; main(['run', 'spin.yaml'])"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "models/spin.py:" in done.stderr
    assert "this has been running for 1 s; a step, a condition and a property must end" in (
        done.stderr
    )
