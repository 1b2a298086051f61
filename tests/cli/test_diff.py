"""`utcheck diff`: what it says of two versions of a protocol, and its exit status."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.spec.project import own_modules
from utcheck.cli.main import status

MODEL = """
from utcheck import Model, process, when


class Race(Model):
    asked: bool = False
    stopped: bool = False

    @process
    def p(self):
        yield "ask"
        self.asked = True
        self.emit("asked")
        yield "stop"
        self.stopped = {stopped}
        yield when(lambda: not self.stopped, "stopped")
        self.emit("resumed")

    @process(daemon=True)
    def vm(self):
        yield when(lambda: self.asked, "resume")
        self.asked = False
        self.stopped = False
        self.emit("resume")
"""
SPEC = """
model: models.race:Race
properties:
  resumes: {eventually: p.done}
"""
# RESUME takes the request away, and p stops only while there is one.
RIGHT, WRONG = MODEL.format(stopped="self.asked"), MODEL.format(stopped="True")


def git(folder: Path, *arguments: str) -> None:
    names = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which the first commit is right, and what is checked out is not."""
    (tmp_path / "utcheck.toml").touch()
    for name, text in (("models/race.py", RIGHT), ("specs/race.yaml", SPEC)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "right")
    (tmp_path / "models/race.py").write_text(WRONG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    with own_modules():
        code = status(["run", "specs", "--no-cache", *options])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def test_only_what_has_changed_is_checked(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = ran(capsys, "--changed-since", "main")
    assert code == 1, "the model of the spec has changed"
    assert "1 case: 1 not as expected (race)." in text
    git(history, "add", ".")
    git(history, "commit", "-q", "-m", "wrong")
    assert ran(capsys, "--changed-since", "main") == (
        0, "utcheck: no spec has changed since main\n",
    )  # fmt: skip
    assert ran(capsys, "--changed-since", "HEAD~1")[0] == 1
    (history / "specs" / "new.yaml").write_text(SPEC, encoding="utf-8")
    assert "1 case: 1 not as expected (new)." in ran(capsys, "--changed-since", "main")[1]


@pytest.mark.parametrize(
    ("line", "path"),
    [("from models.near import LIMIT", "models/near.py"), ("import models.near", "models/near.py"),
     ("from . import near", "models/near.py"), ("from .near import LIMIT", "models/near.py"),
     ("from models.sub import far", "models/sub/__init__.py")],
)  # fmt: skip
def test_what_a_model_imports_counts(
    line: str, path: str, history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (history / "models/race.py").write_text(f"{line}\n{RIGHT}", encoding="utf-8")
    (history / "models/near.py").write_text("LIMIT = 1\n", encoding="utf-8")
    (history / "models/sub").mkdir()
    (history / "models/sub/__init__.py").write_text("far = 1\n", encoding="utf-8")
    (history / "models/other.py").write_text("\n", encoding="utf-8")
    git(history, "add", ".")
    git(history, "commit", "-q", "-m", "imports")
    (history / "models/other.py").write_text("# changed\n", encoding="utf-8")
    assert "no spec has changed" in ran(capsys, "--changed-since", "HEAD")[1]
    (history / path).write_text("LIMIT = far = 2\n", encoding="utf-8")
    assert "1 case: 1 as expected." in ran(capsys, "--changed-since", "HEAD")[1]


def test_a_revision_that_is_none_is_refused(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(capsys, "--changed-since", "--help") == (
        2, "utcheck: error: git knows no revision '--help'\n",
    )  # fmt: skip


def compared(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with own_modules():
        code = status(["diff", *arguments])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def test_a_change_that_brings_a_race_back(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both do ask, resume, resumed and ask, resumed is allowed to neither; the new one may stick.

    The sequences of events are the same, since one that is cut short is also one of the right
    model; only what is refused after `asked, resume` tells them apart.
    """
    code, text = compared(capsys, "main:specs/race.yaml", "specs/race.yaml")
    assert code == 1
    assert "  resumes: holds before, violated (3 steps) now\n" in text
    assert "  deadlock: holds before, violated (3 steps) now\n" in text
    assert text.endswith("\nDifferent.\n")
    assert "  the same behaviour\n" in text
    code, text = compared(capsys, "main:specs/race.yaml", "specs/race.yaml", "--failures")
    assert code == 1
    assert "  the new one allows more\n" in text
    assert (
        "Only the new one allows this; what is seen of it is: asked, resume; then it may come to "
        "allow nothing more."
    ) in " ".join(text.split())
    assert "  3  * stop" in text


def test_a_pull_request_that_brings_the_race_back_is_stopped(
    history: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the gate does with it: the exit status, the annotations, the summary and the diff."""
    summary = history / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    git(history, "switch", "-q", "-c", "pull-request")
    git(history, "commit", "-q", "-a", "-m", "stop at once")
    code, text = ran(capsys, "--changed-since", "main", "--format", "github")
    assert code == 1
    annotations = [line for line in text.splitlines() if line.startswith("::error ")]
    assert any("file=specs/race.yaml,line=4," in line for line in annotations), "the property"
    assert any("file=models/race.py,line=14," in line for line in annotations), "the last step"
    assert len([line for line in annotations if " is violated (3 steps)" in line]) == 2
    assert "* stop" in summary.read_text(encoding="utf-8"), "the chart"
    code, text = compared(capsys, "main:specs/race.yaml", "specs/race.yaml")
    assert code == 1
    assert "  resumes: holds before, violated (3 steps) now\n" in text
    git(history, "switch", "-q", "main")
    assert ran(capsys)[0] == 0


def test_a_version_is_the_same_as_itself(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = compared(capsys, "specs/race.yaml", "models.race:Race", "--failures")
    assert code == 1, "the property of the spec is not asked of a class"
    assert "resumes: only in the old one" in text
    code, text = compared(capsys, "specs/race.yaml", "specs/race.yaml", "--failures")
    assert code == 0
    assert "  the same verdicts\n" in text
    assert text.endswith("\nThe same, as far as it was compared.\n")


def test_what_is_seen_may_be_an_expression(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = compared(
        capsys, "HEAD:specs/race.yaml", "specs/race.yaml", "--observe", "stopped or p.done"
    )
    assert code == 1
    assert "the same behaviour" in text
    code, text = compared(
        capsys, "HEAD:specs/race.yaml", "specs/race.yaml", "--observe", "stopped and not asked"
    )
    assert "  the new one allows more\n" in text
    assert "stopped and not asked becomes true" in " ".join(text.split())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("nothing:specs/race.yaml", "specs/race.yaml"), "git knows no revision"),
        (("main:specs/other.yaml", "specs/race.yaml"), "there is no 'specs/other.yaml' in main"),
        (("specs/other.yaml", "specs/race.yaml"), "specs/other.yaml"),
        (("models.race:Rice", "specs/race.yaml"), "did you mean 'Race'?"),
        (("specs/race.yaml", "specs/race.yaml", "--observe", "stoped"),
         "--observe, column 1, in Race: unknown name 'stoped', did you mean 'stopped'?"),
        (("specs/race.yaml", "specs/race.yaml", "--observe", "1 + 1"), "is of type int"),
        (("specs/race.yaml", "specs/race.yaml", "--observe", "p.at('stap')"),
         "--observe, column 6, in Race: 'p' has no step labelled 'stap', did you mean 'stop'?"),
        (("specs/race.yaml", "specs/race.yaml", "--case", "x"), "has no cases"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_line(
    arguments: tuple[str, ...],
    problem: str,
    history: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, text = compared(capsys, *arguments)
    assert code == 2
    assert problem in text
    assert "Traceback" not in text


def test_models_without_events_are_not_said_to_behave_alike(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = WRONG.replace("self.emit", "str")
    (history / "models/race.py").write_text(silent, encoding="utf-8")
    code, text = compared(capsys, "models.race:Race", "models.race:Race")
    assert code == 0
    assert "nothing is to be seen of either, so their behaviours were not compared" in text
