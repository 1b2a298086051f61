"""`utcheck new`: what it writes passes every tool, and nothing is ever overwritten."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.spec.project import own_modules
from utcheck.cli.main import status
from utcheck.cli.starter import class_name

ROOT = Path(__file__).parents[2]
FILES = {"models/ring.py", "specs/ring.yaml", "tests/test_ring.py"}
NEXT = """
Next:
  utcheck run specs/ring.yaml
  python -m pytest --utcheck specs/ring.yaml tests/test_ring.py
and then write your protocol in models/ring.py.
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    with own_modules():
        yield directory


def files(directory: Path) -> dict[str, str]:
    """Return the text of every file below a directory."""
    paths = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_text() for path in paths}


def passes(*command: str, at: Path) -> str:
    """Run a module of Python as a user of a project would, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_what_is_written_passes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["new", "ring"]) == 0
    assert set(files(here)) == {*FILES, "models/__init__.py", "utcheck.toml"}
    wrote, _, rest = capsys.readouterr().out.partition("\n\n")
    assert set(wrote.splitlines()) == {f"wrote {name}" for name in files(here)}
    assert f"\n{rest}" == NEXT
    assert "2 cases: 2 as expected." in passes("utcheck", "run", "specs", at=here)
    options = ("-p", "pytest_utcheck", "-p", "no:cacheprovider", "-W", "error")
    assert "10 passed" in passes("pytest", *options, "--utcheck", *sorted(FILES)[1:], at=here)


def test_what_is_written_is_in_style_and_typed(here: Path) -> None:
    assert status(["new", "early_resume"]) == 0
    rules = "E,W,F,I,B,UP,SIM,RUF,PT,TID,ANN,C90,N,PL"
    passes("ruff", "check", "--isolated", "--select", rules, "--ignore", "PLR2004", ".", at=here)
    passes("ruff", "format", "--isolated", "--check", ".", at=here)
    passes("mypy", "--strict", ".", at=here)
    assert "class EarlyResume(Model):" in (here / "models" / "early_resume.py").read_text()


def test_beside_what_is_there(here: Path) -> None:
    (here / "pyproject.toml").write_text("")
    (here / "models").mkdir()
    assert status(["new", "one"]) == 0
    assert status(["new", "two"]) == 0
    names = {f"{folder}{name}{suffix}" for name in ("one", "two") for folder, suffix in
             (("models/", ".py"), ("specs/", ".yaml"), ("tests/test_", ".py"))}  # fmt: skip
    assert set(files(here)) == {"pyproject.toml", *names}
    assert status(["run", "specs"]) == 0


def test_in_another_directory(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["new", "ring", "--directory", "a place/below"]) == 0
    assert set(files(here / "a place" / "below")) == {*FILES, "models/__init__.py", "utcheck.toml"}
    assert "Next:\n  cd 'a place/below'\n  utcheck run specs/ring.yaml\n" in capsys.readouterr().out
    assert status(["run", "a place/below/specs/ring.yaml"]) == 0


@pytest.mark.parametrize("name", sorted(FILES))
def test_nothing_is_overwritten(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / name).parent.mkdir()
    (here / name).write_text("mine")
    assert status(["new", "ring"]) == 2
    assert files(here) == {name: "mine"}
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"utcheck: error: cannot write '{name}': it exists; nothing was written\n"


def test_a_link_is_not_followed(here: Path) -> None:
    (here / "models").mkdir()
    (here / "models" / "ring.py").symlink_to(here / "elsewhere.py")
    assert status(["new", "ring"]) == 2
    assert files(here) == {}


def test_what_cannot_be_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "tests").write_text("a file")
    assert status(["new", "ring"]) == 2
    assert files(here) == {"tests": "a file"}
    assert capsys.readouterr().err == (
        "utcheck: error: cannot write 'tests': it exists; nothing was written\n"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("class", "'class' is a keyword of Python, so no name for a model"),
        ("None", "'None' is a keyword of Python, so no name for a model"),
        ("a b", "'a b' is no name for a model; it is an identifier, as in my_protocol"),
        ("../ring", "'../ring' is no name for a model"),
        ("ring.py", "'ring.py' is no name for a model"),
        ("1st", "'1st' is no name for a model"),
        ("", "'' is no name for a model"),
        ("__init__", "'__init__' is no name for a model"),
        ("\x1b[31m", r"'\x1b[31m' is no name for a model"),
        ("ﬁx", r"'\ufb01x' is no name for a model"),  # Python reads it as fix
    ],
)
def test_no_name(name: str, message: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["new", "--", name]) == 2
    assert capsys.readouterr().err.startswith(f"utcheck: error: {message}")
    assert files(here) == {}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("ring", "Ring"),
        ("early_resume", "EarlyResume"),
        ("earlyResume", "EarlyResume"),
        ("größe", "Größe"),
        ("_x", "X"),
        ("model", "ProtocolModel"),
        ("lock", "ProtocolLock"),
        ("none", "ProtocolNone"),
        ("exception", "ProtocolException"),
        ("_", "Protocol"),
        ("_1", "Protocol1"),
    ],
)
def test_the_name_of_the_class(name: str, wanted: str, here: Path) -> None:
    assert class_name(name) == wanted
    assert status(["new", name]) == 0
    assert status(["run", f"specs/{name}.yaml"]) == 0
