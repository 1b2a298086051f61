"""Several specs at once, and stopping at the first that is not as expected."""

from __future__ import annotations

import os
import subprocess
import sys
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
