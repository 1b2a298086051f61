"""`utcheck run --format` as a user meets it: what goes where, and what is refused."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report import test_github, test_gitlab, test_junit, test_ktap, test_sarif
from tests.spec.project import own_modules
from utcheck.cli import checking
from utcheck.cli.main import status
from utcheck.cli.run import FORMATS
from utcheck.errors import InternalError
from utcheck.spec.load import load

MODEL = """
from typing import Literal

from utcheck import Model, invariant, param, process, when

print("a model may print")


class Race(Model):
    mode: Literal["fine", "stuck", "endless"] = param("fine")
    flag: bool = False
    count: int = 0

    @process
    def p(self):
        yield "begin"
        self.flag = True
        while self.mode == "endless":
            yield "count"
            self.count += 1
        yield when(lambda: self.mode != "stuck", "end")

    @invariant
    def small(self):
        return self.count < 9
"""
BEGIN = 1 + MODEL.split("\n").index('        yield "begin"')

SPEC = """\
model: models.race:Race
title: A race
properties:
  rises: {reachable: flag}
cases:
  one: {}
  two:
    params: {mode: stuck}
    properties:
      stays:
        never: count > 0
  all:
    matrix: {mode: [fine, stuck]}
    expect:
      deadlock: violated
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a project with the spec above, and go there."""
    for name in ("models", "specs"):
        (tmp_path / name).mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "models" / "race.py").write_text(MODEL)
    (tmp_path / "specs" / "race.yaml").write_text(SPEC)
    (tmp_path / "specs" / "fine.yaml").write_text("model: models.race:Race\n")
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "UTCHECK_DEBUG", "COLUMNS", "FORCE_COLOR", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    with own_modules():
        yield tmp_path


def run(*arguments: str) -> int:
    return status(["run", "--no-timing", "--no-cache", *arguments])


def read(form: str, text: str) -> Any:
    """Read a text with the strict reader of its format."""
    readers: dict[str, Any] = {
        "json": json.loads,
        "junit": test_junit.read,
        "sarif": test_sarif.read,
        "ktap": test_ktap.read,
        "github": test_github.read,
        "gitlab": test_gitlab.read,
    }
    return readers.get(form, str)(text)


@pytest.mark.parametrize("form", FORMATS)
def test_a_format_goes_to_standard_output(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("specs/race.yaml", "--format", form) == 1
    out, err = capsys.readouterr()
    assert read(form, out)
    assert err == "a model may print\n"


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_has_the_same_text(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("specs/race.yaml", "--format", form)
    text = capsys.readouterr().out
    assert run("specs/race.yaml", "--format", f"{form}=result=1") == 1
    assert Path("result=1").read_bytes().decode() == text
    assert capsys.readouterr().out.startswith("A race\n")


def test_several_formats_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    files = [f"--format={form}=result.{form}" for form in FORMATS]
    assert run("specs", "--format", "ktap", *files) == 1
    out = capsys.readouterr().out
    assert Path("result.ktap").read_text() == out
    for form in FORMATS:
        assert read(form, Path(f"result.{form}").read_text())
    assert sorted(path.name for path in Path.cwd().glob("*result*")) == sorted(
        f"result.{form}" for form in FORMATS
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sarfi"], "unknown format 'sarfi', did you mean 'sarif'?"),
        (["xml"], "unknown format 'xml'; it is one of text, json, junit, sarif, "),
        (["\x1b[2J=x"], r"unknown format '\x1b[2J'; it is one of"),
        (["junit", "sarif"], "--format junit and --format sarif go to the same place; give one a"),
        (["junit", "json=-"], "--format junit and --format json go to the same place; give one a"),
        (["junit=x", "sarif=./x"], "two formats cannot both be written to 'x'"),
        (["junit=no/x"], "cannot write to 'no/x': no such directory, or it is one"),
        (["junit=specs"], "cannot write to 'specs': no such directory, or it is one"),
        (["junit="], "cannot write to '.': no such directory, or it is one"),
    ],
)
def test_what_is_refused_before_anything_is_checked(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [f"--format={one}" for one in arguments]
    assert run("specs/race.yaml", "--format", "json=first", *options) == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"utcheck: error: {message}")
    assert out == ""
    assert not Path("first").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--json", "--format", "junit"], "--json and --format junit go to the same place"),
        (["--render", "mail", "--format", "text"], "--render and --format text go to the same"),
        (["--output", "x", "--format", "sarif=x"], "two formats cannot both be written to 'x'"),
    ],
)
def test_other_options_that_write_are_taken_into_account(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("specs/race.yaml", *options) == 2
    assert capsys.readouterr().err.startswith(f"utcheck: error: {message}")


def test_other_options_write_what_they_did(capsys: pytest.CaptureFixture[str]) -> None:
    run("specs/race.yaml", "--json", "--format", "sarif=x")
    assert json.loads(capsys.readouterr().out)["schema"] == 1
    run("specs/race.yaml", "--output", "y", "--format", "junit")
    assert capsys.readouterr().out == ""
    assert len(read("junit", Path("y").read_text())) == 1
    run("specs/race.yaml", "--render", "mail", "--format", "sarif=z", "--case", "two")
    assert capsys.readouterr().out.startswith("race [two]: deadlock is violated")
    assert len(read("sarif", Path("z").read_text())["results"]) == 1


def test_a_file_that_cannot_be_written_does_not_keep_the_others_from_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--format", "junit=/dev/full", "--format", "gitlab=x", "--format", "ktap"]
    assert run("specs/fine.yaml", *arguments) == 2
    out, err = capsys.readouterr()
    assert err.endswith("utcheck: error: cannot write to '/dev/full': No space left on device\n")
    assert read("ktap", out)
    assert Path("x").read_text() == "[]\n"


def test_an_old_file_stays_where_a_new_one_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    Path("x").write_text("old")
    before = set(Path.cwd().iterdir())
    monkeypatch.setattr(Path, "replace", fail)
    assert run("specs/fine.yaml", "--format", "gitlab=x") == 2
    assert Path("x").read_text() == "old"
    assert set(Path.cwd().iterdir()) == before


@pytest.mark.parametrize("target", ["github", "github=annotations"])
def test_a_step_summary_is_added_where_github_asks_for_one(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = Path("summary.md")
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    run("specs/race.yaml", "--format", "gitlab=x")
    assert summary.read_text() == "before\n"
    run("specs/race.yaml", "--format", target)
    text = summary.read_text()
    assert text.startswith("before\n**utcheck**: 4 cases: 2 as expected, 2 not as expected")
    assert "  1  * begin" in text
    test_github.outside_fences(text)


def test_no_step_summary_without_its_variable_and_exit_status_2_where_it_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(Path.cwd().iterdir())
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "")
    assert run("specs/race.yaml", "--format", "github") == 1
    assert set(Path.cwd().iterdir()) == before
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/summary.md")
    assert run("specs/race.yaml", "--format", "github") == 2
    out, err = capsys.readouterr()
    assert "cannot write to 'no/summary.md' (GITHUB_STEP_SUMMARY): No such file" in err
    assert read("github", out)


def test_annotations_stand_at_the_lines_of_the_spec_and_of_the_model(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("specs/race.yaml", "--case", "two", "--format", "github")
    spec, model = test_github.read(capsys.readouterr().out)
    assert spec.properties["title"] == model.properties["title"] == "race [two]: deadlock"
    assert (spec.properties["file"], spec.properties["line"]) == ("specs/race.yaml", "7")
    assert (model.properties["file"], model.properties["line"]) == ("models/race.py", str(BEGIN))


def test_the_line_of_a_property() -> None:
    cases = {case.name: dict(case.lines) for case in load(Path("specs/race.yaml"))}
    assert cases["one"] == {"rises": 4, "small": 6, "deadlock": 6, "assertions": 6}
    assert cases["two"] == {
        "rises": 4, "stays": 10, "small": 7, "deadlock": 7, "assertions": 7,
    }  # fmt: skip
    assert cases["all[mode=stuck]"] == {"rises": 4, "small": 12, "deadlock": 15, "assertions": 12}
    (case,) = load(Path("specs/fine.yaml"))
    assert dict(case.lines) == {"small": 1, "deadlock": 1, "assertions": 1}


def test_the_result_in_json_has_the_lines(capsys: pytest.CaptureFixture[str]) -> None:
    run("specs/fine.yaml", "--format", "json")
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert report["lines"] == {"small": 1, "deadlock": 1, "assertions": 1}


def test_paths_are_relative_however_the_spec_is_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = set()
    for name in ("specs/race.yaml", str(project / "specs" / "race.yaml"), "./specs//race.yaml"):
        run(name, "--format", "sarif")
        texts.add(capsys.readouterr().out)
    assert len(texts) == 1
    uris = {one["uri"] for one in test_sarif.found(read("sarif", *texts), "artifactLocation")}
    assert uris == {"specs/race.yaml", "models/race.py"}


@pytest.mark.parametrize("form", FORMATS)
def test_the_text_is_in_utf_8_whatever_the_locale_is(form: str) -> None:
    Path("specs/caf\u00e9.yaml").write_text(
        "model: models.race:Race\nproperties: {\u65e5\u672c: {never: flag}}\n", "utf-8"
    )
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-m", "utcheck", "run", "specs/caf\u00e9.yaml", "--format", form],
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "ascii"},
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 1
    read(form, done.stdout.decode("utf-8"))


@pytest.mark.parametrize("form", ["junit", "sarif", "ktap", "github", "gitlab", "markdown"])
def test_errors_of_specs_are_in_every_format(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("specs/broken.yaml").write_text("model: models.race:Race\ntitel: x\n")
    assert run("specs", "--format", form) == 2
    out = capsys.readouterr().out
    assert read(form, out)
    assert "unknown key 'titel', did you mean 'title'?" in out
    assert run("specs/broken.yaml", "--format", form) == 2
    assert "unknown key" in capsys.readouterr().out
    assert run("nowhere.yaml", "--format", form) == 2
    assert "cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["junit", "sarif", "ktap", "github", "gitlab", "markdown"])
@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InternalError("engines disagree"), 70, "utcheck itself is wrong"),
        (KeyboardInterrupt(), 130, "the run was interrupted"),
    ],
)
def test_a_run_that_did_not_finish_is_no_success_in_any_format(
    form: str,
    error: BaseException,
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(checking, "check", fail)
    assert run("specs/fine.yaml", "--format", form) == code
    out = capsys.readouterr().out
    read(form, out)
    assert message in out


def test_expected_violations_pass_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["specs/race.yaml", "--case", "all[mode=stuck]"]
    assert run(*arguments, "--format", "junit") == 0
    assert read("junit", capsys.readouterr().out).attrib["failures"] == "0"
    run(*arguments, "--format", "sarif")
    assert read("sarif", capsys.readouterr().out)["results"] == []
    run(*arguments, "--format", "ktap")
    (spec,) = test_ktap.read(capsys.readouterr().out)
    assert spec.ok
    for form, text in (("github", ""), ("gitlab", "[]\n")):
        run(*arguments, "--format", form)
        assert capsys.readouterr().out == text


def test_what_a_limit_leaves_undecided_is_not_a_success(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("specs/large.yaml").write_text(
        "model: models.race:Race\nparams: {mode: endless}\nlimits: {states: 5}\n"
    )
    assert run("specs/large.yaml", "--format", "ktap", "--format", "junit=x") == 3
    (spec,) = test_ktap.read(capsys.readouterr().out)
    assert not spec.ok
    assert int(read("junit", Path("x").read_text()).attrib["errors"]) == 3
