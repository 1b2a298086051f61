"""Results that are remembered: when they are, when not, and that nothing is broken by it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.spec.project import own_modules
from utcheck.cli import cache
from utcheck.cli.main import status
from utcheck.cli.reading import listener

MODEL = """
from models.near import LIMIT
from utcheck import Model, process


class Count(Model):
    n: int = 0
    before: int = 0  # not in the order of the alphabet

    @process
    def p(self):
        for _ in range(LIMIT):
            yield "count"
            self.n += 1
        yield "end"
"""
SPEC = "model: models.count:Count\nproperties: {low: {always: n < 5}}\n"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"utcheck.toml": "", "models/count.py": MODEL, "models/near.py": "LIMIT = 3\n",
             "specs/count.yaml": SPEC}  # fmt: skip
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, bool, str]:
    """Return the status, whether the result was remembered, and what was printed."""
    listener.cache_clear()  # each is a process of its own, as far as modules go
    with own_modules():
        code = status(["run", "specs", *options])
    printed = capsys.readouterr()
    return code, "(cached)" in printed.out, printed.out


def entries(project: Path) -> list[Path]:
    return sorted((project / cache.FOLDER).glob("*.json"))


def test_what_is_as_it_was_is_not_checked_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(capsys)[:2] == (0, False)
    code, cached, text = ran(capsys)
    assert (code, cached) == (0, True)
    assert "5 states" in text
    assert "Initially: n = 0, before = 0." in text
    assert ran(capsys, "--no-timing")[2] == ran(capsys, "--no-timing", "--no-cache")[2]
    first, second = (json.loads(ran(capsys, "--json", *more)[2]) for more in ((), ("--no-cache",)))
    assert [report["cached"] for report in first["reports"]] == [True]
    assert [report["cached"] for report in second["reports"]] == [False]
    assert (project / cache.FOLDER / ".gitignore").read_text(encoding="ascii") == "*\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [("specs/count.yaml", SPEC + "# a remark\n"), ("models/count.py", MODEL + "# a remark\n"),
     ("models/near.py", "LIMIT = 4\n")],
)  # fmt: skip
def test_a_byte_that_is_another_misses(
    path: str, text: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(capsys)
    (project / path).write_text(text, encoding="utf-8")
    assert not ran(capsys)[1]
    assert ran(capsys)[1]


def test_a_module_that_is_gone_misses(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys)
    (project / "models" / "near.py").unlink()
    code, cached, _ = ran(capsys)
    assert (code, cached) == (2, False)


def test_another_question_misses(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys)
    assert not ran(capsys, "--engine", "explicit")[1]
    assert not ran(capsys, "--distinct")[1]
    assert not ran(capsys, "--property", "low")[1]
    assert not ran(capsys, "--no-cache")[1]
    assert ran(capsys)[1]


def test_another_utcheck_misses(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(capsys)
    monkeypatch.setattr(cache, "_tool", lambda: "another")
    assert not ran(capsys)[1]


READING = """
import json
import os
import subprocess
from pathlib import Path
from models.near import LIMIT
from utcheck import Model, process

HERE = Path(__file__).parent


def numbers(how):
    if how == "open":
        with open("data/table.txt") as file:
            return len(file.read())
    if how == "descriptor":
        file = os.open(HERE.parent / "data" / "table.txt", os.O_RDONLY)
        try:
            return len(os.read(file, 100))
        finally:
            os.close(file)
    if how == "absent":
        try:
            return len((HERE.parent / "data" / "more.txt").read_text())
        except FileNotFoundError:
            return 0
    if how == "listed":
        return len(os.listdir("data"))
    if how == "globbed":
        return len(list((HERE.parent / "data").glob("*.txt")))
    if how == "asked":
        return len(subprocess.run(["true"], capture_output=True).stdout)
    if how == "device":
        with open("/dev/zero", "rb") as file:
            return len(file.read(1))
    if how == "written":
        (HERE.parent / "log.txt").write_text(str(os.getpid()))
        return 0
    return 0


AT_IMPORT = numbers("IMPORT")


class Count(Model):
    n: int = 0

    @process
    def p(self):
        yield "count"
        self.n = numbers("STEP") + AT_IMPORT
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("when", ["IMPORT", "STEP"])
@pytest.mark.parametrize(
    ("how", "file"),
    [("open", "table.txt"), ("descriptor", "table.txt"), ("absent", "more.txt"),
     ("listed", "more.txt"), ("globbed", "more.txt")],
)  # fmt: skip
def test_what_a_model_has_read_misses_when_it_is_another(
    how: str, file: str, when: str, jobs: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "data").mkdir()
    (project / "data" / "table.txt").write_text("abc", encoding="ascii")
    text = READING.replace(f'"{when}"', f'"{how}"')
    (project / "models" / "count.py").write_text(text, encoding="utf-8")
    assert ran(capsys, "--jobs", jobs)[:2] == (0, False)
    assert ran(capsys, "--jobs", jobs)[:2] == (0, True)
    (project / "data" / file).write_text("abcdefgh", encoding="ascii")
    code, cached, _ = ran(capsys, "--jobs", jobs)
    assert not cached
    assert code == (1 if file == "table.txt" or how == "absent" else 0), "eight is not below five"
    assert ran(capsys, "--jobs", jobs)[1]


@pytest.mark.parametrize(
    ("how", "cached"), [("asked", False), ("device", False), ("written", True)]
)
@pytest.mark.parametrize("when", ["IMPORT", "STEP"])
def test_what_cannot_be_compared_is_not_remembered(
    how: str, cached: bool, when: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = READING.replace(f'"{when}"', f'"{how}"')
    (project / "models" / "count.py").write_text(text, encoding="utf-8")
    assert ran(capsys)[:2] == (0, False)
    assert ran(capsys)[:2] == (0, cached)


@pytest.mark.parametrize("path", ["specs/count.yaml", "models/count.py", "models/near.py"])
def test_what_has_changed_during_the_check_is_not_remembered(
    path: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change = f"        with open({path!r}, 'a') as file:\n            file.write('# a remark\\n')\n"
    text = READING.replace("        self.n =", f"{change}        self.n =")
    (project / "models" / "count.py").write_text(text, encoding="utf-8")
    assert ran(capsys)[:2] == (0, False)
    assert entries(project) == []


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", "cut", "other"])
def test_a_damaged_entry_is_made_anew(
    damage: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(capsys)
    (entry,) = entries(project)
    text = entry.read_text(encoding="utf-8")
    damaged = {"cut": text[: len(text) // 2], "other": text.replace("low", "lou")}
    entry.write_text(damaged.get(damage, damage), encoding="utf-8")
    assert ran(capsys)[:2] == (0, False)
    assert ran(capsys)[:2] == (0, True)


def test_what_a_limit_cut_short_is_not_remembered(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "specs/count.yaml").write_text(SPEC + "limits: {states: 2}\n", encoding="utf-8")
    assert ran(capsys)[0] == 3
    assert entries(project) == []


def test_a_mistake_is_not_remembered(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "specs/count.yaml").write_text(SPEC + "oops: 1\n", encoding="utf-8")
    assert ran(capsys)[0] == 2
    assert ran(capsys)[0] == 2
    assert entries(project) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_no_cache(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.chmod(0o555)
    try:
        assert ran(capsys)[:2] == (0, False)
        assert ran(capsys)[:2] == (0, False)
    finally:
        project.chmod(0o755)


def test_a_file_in_the_place_of_the_folder_is_no_cache(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / cache.FOLDER).touch()
    assert ran(capsys)[:2] == (0, False)
    assert ran(capsys)[:2] == (0, False)


def test_two_runs_at_once_do_no_harm(project: Path) -> None:
    command = [sys.executable, "-m", "utcheck", "run", "specs"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]
    for run in runs:
        assert run.stdout is not None
        run.stdout.close()
    assert len(entries(project)) == 1
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert b"(cached)" in done.stdout
