"""The command as a user meets it: what it prints where, and its exit status."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.spec.project import own_modules
from utcheck.check import check
from utcheck.cli import checking
from utcheck.cli.main import status
from utcheck.errors import InternalError
from utcheck.report.json import from_json

ROOT = Path(__file__).parents[2]

MODEL = """
from typing import Annotated, Literal

from utcheck import Model, Range, param, process, when

print("a model may print")


class Race(Model):
    mode: Literal["fine", "stuck", "wrong", "endless", "two words"] = param("fine")
    flag: bool = False
    count: int = 0
    small: Annotated[int, Range(0, 3)] = 0

    @process
    def p(self):
        yield "begin"
        self.flag = True
        if self.mode == "wrong":
            yield "too much"
            self.small = 4
        while self.mode == "endless":
            yield "count"
            self.count += 1
        yield when(lambda: self.mode != "stuck", "end")
"""

HEAD = "model: models.race:Race\nproperties: {rises: {reachable: flag}}\n"


def spec(mode: str, more: str = "") -> str:
    return f"{HEAD}params: {{mode: {mode}}}\n{more}"


SPECS = {
    "fine": spec("fine"),
    "stuck": spec("stuck"),
    "expected": spec("stuck", "expect: {deadlock: violated}\n"),
    "wrong": spec("wrong"),
    "bounded": spec("endless", "limits: {states: 20}\n"),
    "broken": spec("fine", "titel: x\n"),
    "cases": HEAD + "cases:\n  one: {}\n  two: {params: {mode: stuck}}\n"
    "  all: {matrix: {mode: [fine, stuck]}, expect: {deadlock: violated}}\n",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a project with the specs above, and go there."""
    for name in ("models", "specs"):
        (tmp_path / name).mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "models" / "race.py").write_text(MODEL)
    for name, text in SPECS.items():
        (tmp_path / "specs" / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "UTCHECK_DEBUG", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    with own_modules():
        yield tmp_path


def paths(names: Sequence[str]) -> list[str]:
    return [f"specs/{name}.yaml" for name in names]


def command(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "utcheck", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["fine"], 0),
        (["expected"], 0),
        (["stuck"], 1),
        (["wrong"], 2),
        (["broken"], 2),
        (["no such"], 2),
        (["bounded"], 3),
        (["fine", "bounded"], 3),
        (["bounded", "stuck"], 1),
        (["stuck", "broken", "fine"], 2),
        (["wrong", "bounded"], 2),
    ],
)
def test_exit_status(names: list[str], expected: int) -> None:
    assert status(["run", *paths(names)]) == expected


def test_the_report_goes_to_stdout_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["run", "--no-timing", "specs/stuck.yaml"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("specs/stuck.yaml\n\nstuck: not as expected\n")
    assert "! violated   deadlock (expected: holds, 1 step)\n" in out
    assert out.endswith("\n1 case: 1 not as expected (stuck).\n")
    assert err == "a model may print\n"
    assert all(len(line) <= 72 and line.isascii() for line in out.splitlines())


def test_the_same_text_from_run_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    texts = set()
    for _ in range(2):
        status(["run", "--no-timing", *paths(["stuck", "cases", "bounded"])])
        texts.add(capsys.readouterr().out)
    assert len(texts) == 1


def test_findings_go_to_stderr_and_do_not_stop_other_specs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status(["run", *paths(["broken", "fine"])]) == 2
    out, err = capsys.readouterr()
    assert "specs/broken.yaml:4:1: error: unknown key 'titel', did you mean 'title'?\n" in err
    assert "fine: as expected" in out


def test_a_model_error_is_shown_with_the_run_that_leads_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status(["run", *paths(["wrong", "fine"])]) == 2
    out, err = capsys.readouterr()
    assert "models/race.py:21: error: small = 4: 4 is not an integer from 0 to 3\n" in err
    assert "This happens in specs/wrong.yaml after:\n" in err
    assert re.search(r"1  \* begin\n +\| +flag: False -> True\n", err)
    assert "fine: as expected" in out


def test_json_is_all_there_is_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["run", "--json", *paths(["stuck", "broken", "wrong"])]) == 2
    out, err = capsys.readouterr()
    data = json.loads(out)
    assert [report["spec"] for report in data["reports"]] == ["specs/stuck.yaml"]
    assert [(error["place"], error["message"]) for error in data["errors"]] == [
        ({"path": "specs/broken.yaml", "line": 4, "column": 1},
         "unknown key 'titel', did you mean 'title'?"),
        ({"path": "models/race.py", "line": 21, "column": None},
         "small = 4: 4 is not an integer from 0 to 3"),
    ]  # fmt: skip
    assert from_json(data)[0].outcome["deadlock"].verdict == "violated"
    assert "titel" in err


def test_json_has_no_timing_if_it_is_not_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    status(["run", "--json", "--no-timing", "specs/fine.yaml"])
    assert "seconds" not in capsys.readouterr().out


def test_a_directory_is_every_spec_below_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    below = project / "more" / "below"
    below.mkdir(parents=True)
    (below / "b.yml").write_text(SPECS["fine"])
    (project / "more" / "a.yaml").write_text(SPECS["fine"])
    (project / "more" / ".hidden.yaml").write_text("")
    (project / "more" / "notes.txt").write_text("")
    assert status(["run", "more", "more/a.yaml"]) == 0
    assert re.findall(r"^more/\S+", capsys.readouterr().out, re.M) == [
        "more/a.yaml",
        "more/below/b.yml",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run"], "Missing argument 'SPEC_OR_DIRECTORY...'."),
        (["run", "models"], "models: error: no specs (*.yaml, *.yml) in this directory"),
        (["run", "--engine", "tree", "specs"],
         "utcheck: error: unknown engine 'tree', did you mean 'trees'?"),
        (["run", "--case", "on", "specs/cases.yaml"],
         "utcheck: error: there is no case 'on', did you mean 'one'?"),
        (["run", "--property", "deadlok", "specs/cases.yaml"],
         "utcheck: error: there is no property 'deadlok', did you mean 'deadlock'?"),
        (["run", "--width", "10", "specs/fine.yaml"], "10 is not in the range x>=32."),
        (["run", "--color", "blue", "specs/fine.yaml"], "'blue' is not one of"),
        (["run", "--output", "no/such/file", "specs/fine.yaml"],
         "utcheck: error: cannot write to 'no/such/file': no such directory, or it is one"),
        (["run", "--output", "specs", "specs/fine.yaml"],
         "utcheck: error: cannot write to 'specs': no such directory, or it is one"),
        (["run", "--nosuch", "specs/fine.yaml"], "No such option"),
        (["nosuch"], "No such command 'nosuch'."),
    ],
)  # fmt: skip
def test_wrong_usage(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wanted", "cases"),
    [
        (["one"], ["one"]),
        (["all"], ["all[mode=fine]", "all[mode=stuck]"]),
        (["all[mode=stuck]", "two"], ["two", "all[mode=stuck]"]),
    ],
)
def test_only_some_cases(
    wanted: list[str], cases: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = [part for name in wanted for part in ("--case", name)]
    status(["run", "--json", *options, "specs/cases.yaml"])
    data = json.loads(capsys.readouterr().out)
    assert [report["case"] for report in data["reports"]] == cases


@pytest.mark.parametrize("name", ["rises", "deadlock", "assertions"])
def test_only_one_property(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    expected = 1 if name == "deadlock" else 0
    assert status(["run", "--json", "--property", name, "specs/stuck.yaml"]) == expected
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert [one["name"] for one in report["outcome"]["properties"]] == [name]


@pytest.mark.parametrize("engine", ["trees", "explicit"])
def test_engine(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    status(["run", "--json", "--engine", engine, "specs/stuck.yaml"])
    (report,) = json.loads(capsys.readouterr().out)["reports"]
    assert report["outcome"]["engine"] == engine


def test_output_is_replaced_as_a_whole(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = project / "out" / "report.txt"
    target.parent.mkdir()
    target.write_text("old")
    assert status(["run", "--output", str(target), "specs/fine.yaml"]) == 0
    assert target.read_text().endswith("1 case: 1 as expected.\n")
    assert [path.name for path in target.parent.iterdir()] == ["report.txt"]
    assert stat.S_IMODE(target.stat().st_mode) & 0o600 == 0o600
    assert capsys.readouterr().out == ""


def test_output_is_left_alone_by_wrong_usage(project: Path) -> None:
    target = project / "report.txt"
    target.write_text("old")
    status(["run", "--output", str(target), "--engine", "symbol", "specs/fine.yaml"])
    assert target.read_text() == "old"


def test_colours_on_demand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status(["run", "--color", "always", "--width", "60", "specs/stuck.yaml"])
    coloured = capsys.readouterr().out
    assert "\x1b[31mviolated\x1b[0m" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert " property " in plain
    assert max(map(len, plain.splitlines())) <= 60
    monkeypatch.setenv("NO_COLOR", "1")
    status(["run", "specs/stuck.yaml"])
    assert "\x1b" not in capsys.readouterr().out


def test_a_narrow_terminal_gets_narrow_charts(capsys: pytest.CaptureFixture[str]) -> None:
    status(["run", "--width", "32", "specs/stuck.yaml"])
    chart = capsys.readouterr().out.partition("Initially")[2]
    assert all(len(line) <= 32 for line in chart.splitlines()[:-3])


def broken_check(*_: Any, **__: Any) -> Any:
    raise RuntimeError("a defect\nof two lines")


def contradiction(*_: Any, **__: Any) -> Any:
    raise InternalError("the engines disagree")


def interrupt(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


def test_a_defect_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "check", broken_check)
    assert status(["run", *paths(["fine", "broken", "stuck"])]) == 70
    lines = [line for line in capsys.readouterr().err.splitlines() if "internal" in line]
    assert len(lines) == 2
    assert lines[0].startswith(
        "utcheck: internal error in specs/fine.yaml: RuntimeError: a defect of two lines (test_run"
    )
    assert "; please report it with the model, the spec and the version" in lines[0]
    monkeypatch.setenv("UTCHECK_DEBUG", "1")
    status(["run", "specs/fine.yaml"])
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_contradiction_is_an_internal_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "check", contradiction)
    assert status(["run", "specs/fine.yaml"]) == 70
    assert "internal error in specs/fine.yaml: the engines disagree;" in capsys.readouterr().err


def test_a_defect_anywhere_has_status_70(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "check_all", broken_check)
    assert status(["run", "specs/fine.yaml"]) == 70


def test_an_interrupt_shows_what_was_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def second(model: Any, *rest: Any, **options: Any) -> Any:
        return interrupt() if model.mode == "stuck" else check(model, *rest, **options)

    monkeypatch.setattr(checking, "check", second)
    assert status(["run", *paths(["fine", "stuck", "expected"])]) == 130
    out, err = capsys.readouterr()
    assert out.endswith("1 case: 1 as expected.\n")
    assert err.endswith("utcheck: interrupted; this is what was found so far\n")


def test_a_signal_ends_a_search_and_shows_what_was_found(project: Path) -> None:
    (project / "specs" / "endless.yaml").write_text(spec("endless"))
    running = command("run", "specs/endless.yaml")
    assert running.stderr is not None
    progress = re.compile(r"specs/endless.yaml: [\d,]+ states, [\d,]+/s, [\d,]+ to explore")
    assert any(progress.match(line) for line in running.stderr)  # the search is under way
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "? undecided  deadlock" in out
    assert "The run was interrupted before every state was explored" in " ".join(out.split())
    assert "Traceback" not in err


def test_a_closed_pipe_is_quiet() -> None:
    with command("run", "specs/cases.yaml") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == "a model may print\n"
        assert running.wait(timeout=30) == 1


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """Return what the command writes to a terminal."""
    ours, theirs = pty.openpty()
    everything = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", **environment}
    with subprocess.Popen(
        [sys.executable, "-m", "utcheck", *arguments], stdout=theirs, stderr=theirs, env=everything
    ):
        os.close(theirs)
        text = b""
        while True:
            try:
                text += os.read(ours, 4096)
            except OSError:  # the command has ended
                break
    os.close(ours)
    return text.decode()


def test_a_terminal_gets_a_table_in_colours() -> None:
    text = on_a_terminal("run", "specs/stuck.yaml", PYTHONIOENCODING="utf-8")
    assert "╭" in text
    assert "\x1b[31mviolated" in text
    assert "│" in text.partition("Initially")[2]


def test_a_terminal_without_unicode_and_colours() -> None:
    text = on_a_terminal("run", "specs/stuck.yaml", PYTHONIOENCODING="ascii", NO_COLOR="1")
    assert "+----------" in text
    assert "\x1b" not in text
    assert text.isascii()


def test_a_dumb_terminal_gets_the_plain_text() -> None:
    text = on_a_terminal("run", "specs/stuck.yaml", TERM="dumb")
    assert "! violated   deadlock (expected: holds, 1 step)" in text
    assert "\x1b" not in text


def test_no_spec_means_nothing_to_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["run", "models"]) == 2
    assert capsys.readouterr().out == ""


def test_version_and_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["--version"]) == 0
    assert re.fullmatch(r"utcheck \S+\n", capsys.readouterr().out)
    assert status(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Spec"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["-h"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom utcheck.cli.main import status\n"
        f"assert status({arguments}) == 0\n"
        "heavy = {'rich', 'networkx', 'numpy', 'pydantic', 'ruamel', 'numba'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True)


def test_running_a_spec_imports_what_it_needs_alone() -> None:
    code = (
        "import sys\nfrom utcheck.cli.main import status\nstatus(['run', 'specs/fine.yaml'])\n"
        "heavy = {'rich', 'networkx', 'numpy', 'numba'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True)
