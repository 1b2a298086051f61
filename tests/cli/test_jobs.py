"""Several cases at once, and stopping at the first that is not as expected."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODEL = """
from enum import Enum

from utcheck import Model, param, process


class Colour(Enum):
    RED = 0
    GREEN = 1


class Lamp(Model):
    limit: int = param(1)
    colour: Colour = Colour.RED

    @process
    def p(self):
        for _ in range(self.limit):
            yield "switch"
            self.colour = Colour.GREEN
"""
SPEC = "model: models.lamp:Lamp\nproperties: {{red: {{always: colour == Colour.RED}}}}\n{more}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "utcheck.toml").touch()
    (tmp_path / "models").mkdir()
    (tmp_path / "specs").mkdir()
    (tmp_path / "models" / "lamp.py").write_text(MODEL, encoding="utf-8")
    texts = {
        "a": "expect: {red: violated}\n",
        "b": "",
        "c": "limits: {states: 1}\n",
        "d": "oops: 1",
    }
    for name, more in texts.items():
        path = tmp_path / "specs" / f"{name}.yaml"
        path.write_text(SPEC.format(more=more), encoding="utf-8")
    return tmp_path


def ran(project: Path, *options: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "utcheck", "run", "specs", "--no-timing", "--no-cache"]
    done = subprocess.run(
        [*command, *options], cwd=project, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_several_at_once_come_out_as_one_after_another(project: Path) -> None:
    alone, together = ran(project), ran(project, "--jobs", "3")
    assert alone[0] == 2, "one of the specs has a mistake"
    assert together == alone
    assert "Colour.RED -> Colour.GREEN" in together[1]
    assert "specs/d.yaml:3:1: error: unknown key 'oops'" in together[2]


def test_the_first_that_is_not_as_expected_is_the_last_with_fail_fast(project: Path) -> None:
    for more in ([], ["--jobs", "2"]):
        status, text, said = ran(project, "--fail-fast", *more)
        assert status == 1
        assert "2 cases: 1 as expected, 1 not as expected (b)." in text
        assert said == "utcheck: stopped there, as --fail-fast asks\n"


def test_names_are_looked_for_in_all_of_them(project: Path) -> None:
    (project / "specs" / "d.yaml").unlink()
    for more in ([], ["--jobs", "2"]):
        status, _, said = ran(project, "--property", "rad", *more)
        assert status == 2
        assert "there is no property 'rad', did you mean 'red'?" in said


def test_a_number_of_jobs_is_positive(project: Path) -> None:
    status, _, said = ran(project, "--jobs", "0")
    assert status == 2
    assert "--jobs" in said


MANY = """
import os
import time

from utcheck import Model, param, process

print("a model may print")


class Many(Model):
    k: int = param(0)
    n: int = 0

    @process
    def p(self):
        yield "begin"
        with open(f"began-{self.k}", "w") as file:
            file.write(str(os.getpid()))
        self.n = 1
        if self.k % 7 == 5:
            raise ValueError(f"no {self.k}")
        while self.k >= 90:
            yield "count"
            self.n += 1
        if self.k == 80:
            while not os.path.exists("began-81"):
                time.sleep(0.05)
"""


def write_many(project: Path, numbers: list[int]) -> None:
    """Leave one spec with a case for each number; those from 90 on have no end."""
    for path in (project / "specs").iterdir():
        path.unlink()
    (project / "models" / "many.py").write_text(MANY, encoding="utf-8")
    (project / "specs" / "many.yaml").write_text(
        "model: models.many:Many\nproperties: {low: {always: n < 2}}\n"
        f"cases: {{all: {{matrix: {{k: {numbers}}}}}}}\n", encoding="utf-8",
    )  # fmt: skip


@pytest.mark.parametrize("options", [[], ["--json"], ["--fail-fast"], ["--case", "all[k=3]"]])
def test_the_cases_of_one_spec_come_out_in_order(project: Path, options: list[str]) -> None:
    write_many(project, list(range(12)))
    assert ran(project, "--jobs", "4", *options) == ran(project, *options)


def test_the_cases_of_one_spec_are_checked_at_once(project: Path) -> None:
    write_many(project, [80, 81])  # the first waits until the second is under way
    status, text, _ = ran(project, "--jobs", "2", "--step-seconds", "30")
    assert status == 0
    assert "2 cases: 2 as expected." in text


def test_a_process_checks_more_than_one_case(project: Path) -> None:
    write_many(project, [1, 2, 3, 4, 6, 7, 8, 9])
    ran(project, "--jobs", "2")
    workers = {path.read_text(encoding="ascii") for path in project.glob("began-*")}
    assert len(workers) == 2


def test_what_came_out_at_once_is_remembered(project: Path) -> None:
    write_many(project, [1, 2, 3])
    command = [sys.executable, "-m", "utcheck", "run", "specs", "--no-timing"]
    for options, cached in (["--jobs", "2"], False), ([], True), (["--jobs", "2"], True):
        done = subprocess.run(
            [*command, *options], cwd=project, env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert ("a model may print" not in done.stderr) == cached


def started(project: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "utcheck", "run", "specs", "--no-cache", "--jobs", "3", *options],
        cwd=project, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def process_of(path: Path) -> int:
    """Return the process that a case has written down, once it has."""
    deadline = time.monotonic() + 60
    while not path.exists() or not path.read_text(encoding="ascii"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return int(path.read_text(encoding="ascii") or process_of(path))  # it writes twice


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("to_all", [False, True], ids=["one process", "the terminal"])
def test_an_interrupt_shows_what_was_found_of_all(project: Path, to_all: bool) -> None:
    write_many(project, [90, 1, 97, 2])
    running = started(project, "--engine", "trees")
    processes = [process_of(project / f"began-{k}") for k in (90, 1, 97, 2)]
    time.sleep(1)  # until the last is done, and some states are found
    (os.killpg if to_all else os.kill)(running.pid, signal.SIGINT)
    text, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said.endswith("utcheck: interrupted; this is what was found so far\n")
    assert "Traceback" not in said
    headings = re.findall(r"^many \[all\[k=(\d+)\]\]: (.*as expected)$", text, re.M)
    assert headings == [("90", "not as expected"), ("1", "as expected"), ("97", "not as expected"),
                        ("2", "as expected")], "n < 2 is violated soon"  # fmt: skip
    assert "The run was interrupted before every state was explored" in " ".join(text.split())
    assert all(map(gone, processes))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="how processes are looked up")
def test_processes_end_with_the_one_that_started_them(project: Path) -> None:
    write_many(project, [90, 97])
    running = started(project, "--engine", "trees")
    processes = [process_of(project / f"began-{k}") for k in (90, 97)]
    running.kill()
    running.communicate(timeout=60)
    assert all(map(gone, processes))
