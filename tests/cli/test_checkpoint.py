"""`utcheck run --checkpoint`: what is refused, and a run that is killed and goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]
SPEC = """
model: dining:Philosophers
params: {n: 3}
properties: {never: {never: "all(fork)"}}
limits: {states: 20}
cases:
  small: {expect: {deadlock: violated, never: violated}}
  large:
    params: {n: 13}
    limits: {states: 10_000_000}
    expect: {deadlock: violated, never: violated}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "utcheck.toml").write_text("")
    shutil.copy(REPOSITORY / "tests/bench/models.py", tmp_path / "dining.py")
    path = tmp_path / "dinner.yaml"
    path.write_text(SPEC)
    return path


def command(spec: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "utcheck", "run", str(spec), "--no-cache", *options]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(REPOSITORY)}


def run(spec: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(spec, *options), env=environment(), capture_output=True, text=True, check=False
    )


def result(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--resume"], "--resume needs --checkpoint DIR"),
        (["--checkpoint-every", "3"], "--checkpoint-every needs --checkpoint DIR"),
        (["--checkpoint", "here", "--engine", "trees"], "--engine trees with --checkpoint"),
        (["--checkpoint", "nowhere", "--resume"], "there is no folder 'nowhere'"),
    ],
)
def test_options_that_do_not_fit_together(
    spec: Path, options: Sequence[str], sentence: str
) -> None:
    done = run(spec, *options)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert not Path("here").exists()


def test_a_search_that_a_limit_stopped_goes_on_with_another(spec: Path) -> None:
    """Three philosophers have 3**3 - 1 = 26 states, more than the 20 of the limit."""
    folder = str(spec.parent / "kept")
    options = ("--case", "small", "--checkpoint", folder, "--workers", "1")
    assert run(spec, *options).returncode == 3
    again = run(spec, *options)
    assert (again.returncode, "of a search that has not ended" in again.stderr) == (2, True)
    spec.write_text(SPEC.replace("states: 20", "states: 30"))
    done = run(spec, *options, "--resume", "--json")
    assert "going on from" in done.stderr
    (report,) = result(done)["reports"]
    assert report["outcome"]["statistics"]["states"] == 26
    spec.write_text(SPEC.replace("n: 3", "n: 4"))
    other = run(spec, *options, "--resume")
    assert (other.returncode, "not of the same parameters: n=3, not n=4" in other.stderr) == (
        2, True,
    )  # fmt: skip


def begun(folder: Path) -> bool:
    """Return whether there is a checkpoint of more than the first states."""
    for manifest in folder.glob("dinner-large-*/manifest"):
        body = json.loads(manifest.read_bytes().partition(b"\n")[2])
        return int(sum(body["counts"])) > 1000
    return False


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on(spec: Path, tmp_path: Path) -> None:
    """13 philosophers have 3**13 - 1 states, and their search takes more than a second."""
    folder = tmp_path / "kept"
    case = ("--case", "large", "--workers", "1")
    whole = result(run(spec, *case, "--json", "--no-timing"))
    keeping = (*case, "--checkpoint", str(folder))
    with subprocess.Popen(
        command(spec, *keeping, "--checkpoint-every", "0.05"), env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        while not begun(folder):
            assert process.poll() is None, "it came to its end too early"
            time.sleep(0.005)
        process.kill()
    assert process.returncode < 0, "it was killed, and had not ended"
    done = run(spec, *keeping, "--resume", "--json", "--no-timing")
    assert "going on from" in done.stderr
    (report,) = result(done)["reports"]
    assert report["outcome"]["statistics"]["states"] == 3**13 - 1
    assert result(done) == whole
