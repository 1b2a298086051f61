"""What goes wrong around a check: each has its exit status and its sentence, and no traceback."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODEL = """
import os
import signal

from utcheck import Model, param, process


class Faulty(Model):
    how: str = param("well")
    n: int = 0
    m: int = 0

    @process
    def p(self):
        yield "begin"
        if self.how == "raises":
            raise ValueError("no good")
        if self.how == "raises what nobody catches":
            raise BaseException("no good")
        if self.how == "exits":
            raise SystemExit(4)
        if self.how == "is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "crashes":
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.how == "leaves":
            os._exit(5)
        if self.how == "asks for too much":
            [0] * 10**13
        self.n = 1
        while self.how == "grows":
            yield "count"
            self.n += 1

    @process
    def q(self):
        yield "begin"
        while self.how == "grows":
            yield "count"
            self.m += 1
"""
SPEC = """model: models.faulty:Faulty
properties: {low: {always: n < 2}}
cases: {one: {matrix: {how: [HOW]}}, two: {}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "utcheck.toml").touch()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "faulty.py").write_text(MODEL, encoding="utf-8")
    return tmp_path


def ran(
    project: Path, how: str, *options: str, limit: Callable[[], None] | None = None
) -> tuple[int, str, str]:
    (project / "x.yaml").write_text(SPEC.replace("HOW", how), encoding="utf-8")
    command = [sys.executable, "-m", "utcheck", "run", "x.yaml", "--no-cache", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=project, env=environment, preexec_fn=limit, timeout=120,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


JOBS = pytest.mark.parametrize("jobs", ["1", "2"])


@JOBS
@pytest.mark.parametrize(
    ("how", "error"),
    [("raises", "ValueError: no good"), ("raises what nobody catches", "BaseException: no good"),
     ("exits", "SystemExit: 4")],
)  # fmt: skip
def test_a_model_that_raises_is_wrong(project: Path, how: str, error: str, jobs: str) -> None:
    status, text, said = ran(project, how, "--jobs", jobs)
    assert status == 2
    assert f": error: {error}\n" in said
    assert "1 case: 1 as expected." in text, "the other case is checked all the same"


@JOBS
def test_memory_that_cannot_be_had_leaves_it_undecided(project: Path, jobs: str) -> None:
    status, text, said = ran(project, "asks for too much", "--jobs", jobs)
    assert status == 3
    assert "memory limit was reached" in text
    assert "2 cases: 1 as expected, 1 undecided" in " ".join(text.split())
    assert said == ""


@JOBS
def test_a_search_that_runs_out_of_memory_says_what_it_found(project: Path, jobs: str) -> None:
    def limit() -> None:
        size = 300 * 2**20  # utcheck and its libraries need about a third of it
        resource.setrlimit(resource.RLIMIT_AS, (size, size))

    options = ["--jobs", jobs, "--case", "one", "--engine", "trees"]
    status, text, said = ran(project, "grows", *options, limit=limit)
    assert status in (1, 3), "a counterexample may have been found, and there was room to say so"
    assert "memory limit was reached" in text
    assert "internal error" not in said


def test_a_process_that_is_killed_leaves_its_case_undecided(project: Path) -> None:
    status, text, said = ran(project, "is killed", "--jobs", "2")
    assert status == 3
    assert said == (
        "x.yaml [one[how=is killed]]: the process that checked this was killed, as it is where "
        "memory runs out\n"
    )
    assert "memory limit was reached" in text
    assert "2 cases: 1 as expected, 1 undecided" in " ".join(text.split())


def test_a_process_that_crashes_is_a_defect(project: Path) -> None:
    status, text, said = ran(project, "crashes", "--jobs", "2")
    assert status == 70
    assert "internal error in x.yaml [one[how=crashes]]: the process that checked this" in said
    assert "SIGSEGV" in said
    assert "1 case: 1 as expected." in text


def test_a_model_that_leaves_is_wrong(project: Path) -> None:
    status, text, said = ran(project, "leaves", "--jobs", "2")
    assert status == 2
    assert "[one[how=leaves]]: error: the model has ended its process, with status 5\n" in said
    assert "1 case: 1 as expected." in text


def no_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


@pytest.mark.parametrize(
    "options", [["--output", "out"], ["--format", "junit=out"], ["--json", "--output", "out"]]
)
def test_a_file_on_a_full_disk_is_as_before(project: Path, options: list[str]) -> None:
    (project / "out").write_text("old", encoding="utf-8")
    before = {path.name for path in project.iterdir()}
    status, _, said = ran(project, "well", *options, limit=no_files)
    assert status == 2
    assert "utcheck: error: cannot write to 'out': File too large\n" in said
    assert (project / "out").read_text(encoding="utf-8") == "old"
    assert {path.name for path in project.iterdir()} == before | {"x.yaml"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    ("command", "stream"),
    [("run x.yaml --no-cache", "stdout"), ("list x.yaml", "stdout"), ("schema", "stdout"),
     ("run nothing.yaml", "stderr")],
)  # fmt: skip
def test_standard_output_on_a_full_disk(project: Path, command: str, stream: str) -> None:
    (project / "x.yaml").write_text(SPEC.replace("HOW", "well"), encoding="utf-8")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "utcheck", *command.split()], cwd=project, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, **{**pipes, stream: full},
        )  # type: ignore[call-overload]  # fmt: skip
    assert done.returncode == 2
    if stream == "stdout":
        assert done.stderr.startswith(b"utcheck: error: cannot write ")
        assert done.stderr.endswith(b": No space left on device\n")
        assert done.stderr.count(b"\n") == 1


def is_folder(path: Path) -> None:
    path.mkdir()


def is_broken_link(path: Path) -> None:
    path.symlink_to("nowhere.py")


def is_latin(path: Path) -> None:
    path.write_bytes(b'x = "caf\xe9"\n')


def cannot_be_read(path: Path) -> None:
    path.symlink_to("/proc/self/mem")  # nothing is at its beginning, so not even root can


NOT_FOUND = (
    "x.yaml:1:8: error: module 'models.other' not found in ., did you mean 'models.faulty'?\n"
)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (
            is_folder,
            NOT_FOUND,
        ),
        (
            is_broken_link,
            NOT_FOUND,
        ),
        (is_latin, "models/other.py:1:11: error: not valid Python: "),
        pytest.param(
            cannot_be_read,
            "error: the model cannot be imported: OSError: ",
            marks=pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file of Linux"),
        ),
    ],
)
def test_a_model_that_cannot_be_read(
    project: Path, make: Callable[[Path], None], error: str
) -> None:
    make(project / "models" / "other.py")
    (project / "x.yaml").write_text("model: models.other:Faulty\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "utcheck", "run", "x.yaml"], cwd=project, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert error in done.stderr
    assert "Traceback" not in done.stderr
