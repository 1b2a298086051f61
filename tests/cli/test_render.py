"""`utcheck render` and `utcheck run --render`: all formats, several traces, what is refused."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests import sample_traces
from tests.sample_outcomes import baseline, cut_short, fixed, nasty, violation
from tests.spec.project import own_modules
from utcheck.cli import picture, rendering
from utcheck.cli.main import cli, status
from utcheck.cli.render import FORMATS
from utcheck.render.chart import chart
from utcheck.render.mail import mail
from utcheck.report.case import CaseReport
from utcheck.report.json import from_json, to_json

PNG = b"\x89PNG\r\n\x1a\n"
RACE = """
from utcheck import Model, process, when


class Race(Model):
    flag: bool = False

    @process
    def p(self):
        yield "begin"
        self.flag = True
        yield when(lambda: not self.flag, "end")
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    with own_modules():
        yield tmp_path


def written(*reports: CaseReport, **options: bool) -> str:
    """Write a result to a file, and return its name."""
    data = to_json(reports, version="0.1.0", **options)
    Path("r.json").write_text(json.dumps(data | {"errors": []}), encoding="utf-8")
    return "r.json"


def render(*arguments: str) -> bytes:
    return invoke("render", *arguments)[1]


def invoke(*arguments: str) -> tuple[int, bytes, str]:
    """Return the status, standard output and standard error of a command that goes well."""
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert result.exception is None, result.exception
    return result.return_value, result.stdout_bytes, result.stderr


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the one line that says what is wrong."""
    assert status([*arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err.strip()


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_written_to_a_file_and_to_standard_output(form: str) -> None:
    arguments = [written(violation(sample_traces.lasso())), "--property", "resume-resumes"]
    arguments += ["--format", form]
    data = render(*arguments)
    assert render(*arguments, "-o", "out") == b""
    assert Path("out").read_bytes() == data
    start = {
        "chart": b"Initially: ",
        "mail": b"early_resume [baseline]: resume-resumes is violated (6 steps)\n",
        "mermaid": b"sequenceDiagram\n",
        "mermaid-states": b"stateDiagram-v2\n",
        "dot": b"digraph ",
        "svg": b"<?xml ",
        "png": PNG,
        "html": b"<!DOCTYPE html>",
        "json": b"{\n",
    }
    assert data.lower().startswith(start[form].lower())


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_stands_nasty_names(form: str) -> None:
    assert render(written(nasty()), "--format", form)


def test_the_chart_and_the_mail_are_those_of_the_library() -> None:
    report = baseline()
    trace = report.outcome["deadlock"].trace
    assert trace is not None
    name = written(report)
    assert render(name, "--property", "deadlock").decode() == chart(trace)
    narrow = render(name, "--property", "deadlock", "--width", "50")
    assert narrow.decode() == chart(trace, width=50)
    text = render(name, "--property", "deadlock", "--format", "mail").decode()
    assert text == mail(report, "deadlock", version="0.1.0")


def test_the_name_of_the_output_suggests_the_format() -> None:
    name = written(violation(sample_traces.lasso()))
    for suffix, form in {"svg": "svg", "mmd": "mermaid", "txt": "mail", "xyz": "chart"}.items():
        render(name, "-o", f"x.{suffix}")
        assert Path(f"x.{suffix}").read_bytes() == render(name, "--format", form)
    render(name, "-o", "y.svg", "--format", "mail")
    assert Path("y.svg").read_text().startswith("early_resume")


def test_a_result_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Path(written(baseline())).read_bytes()
    result = CliRunner().invoke(
        cli, ["render", "-", "--property", "can-report"], input=data, standalone_mode=False
    )
    assert result.exception is None
    trace = baseline().outcome["can-report"].trace
    assert trace is not None
    assert result.stdout == chart(trace)


def test_without_a_property_the_counterexamples_are_shown_or_else_the_witnesses() -> None:
    text = render(written(baseline(), fixed()), "--format", "mail").decode()
    subjects = [line for line in text.splitlines() if re.match(r"early_resume \[", line)]
    assert subjects == [
        "early_resume [baseline]: resume-resumes is violated (7 steps)",
        "early_resume [baseline]: deadlock is violated (7 steps)",
    ]
    text = render(written(baseline(), fixed()), "--case", "fix-2A").decode()
    assert text == chart(fixed().outcome["can-report"].trace)  # type: ignore[arg-type]


def test_several_charts_have_headings() -> None:
    text = render(written(baseline(), fixed()), "--property", "can-report").decode()
    assert "early_resume [baseline]: can-report is reached (1 step)\n\nInitially: " in text
    assert "\n\n\nearly_resume [fix-2A]: can-report is reached (1 step)\n\nInitially: " in text


def test_several_graphs_are_several_graphs() -> None:
    assert render(written(baseline()), "--format", "dot").count(b"digraph ") == 2


@pytest.mark.parametrize("form", ["svg", "png", "html", "mermaid", "mermaid-states"])
def test_a_picture_of_several_traces_is_refused_with_their_names(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, "render", written(baseline()), "--format", form) == (
        f"utcheck: error: {form} shows one trace, and these are 2: 'resume-resumes' in "
        "early_resume [baseline] and 'deadlock' in early_resume [baseline]; choose with --property "
        "and --case"
    )


def test_json_is_the_result_with_these_properties_alone() -> None:
    name = written(baseline(), fixed(), cut_short())
    data = json.loads(render(name, "--property", "deadlock", "--format", "json"))
    assert data["utcheck"] == "0.1.0"
    (report,) = from_json(data)
    kept = (baseline().outcome["deadlock"],)
    assert report == replace(baseline(), outcome=replace(baseline().outcome, properties=kept))
    name = written(baseline(), timing=False)
    data = json.loads(render(name, "--format", "json"))
    assert "seconds" not in data["reports"][0]["outcome"]["statistics"]


def test_the_name_of_a_matrix_stands_for_its_cases() -> None:
    one, two = (replace(violation(sample_traces.lasso()), case=f"all[n={n}]") for n in (1, 2))
    name = written(one, two, baseline())
    assert render(name, "--case", "all", "--format", "dot").count(b"digraph ") == 2
    assert render(name, "--case", "all[n=2]", "--format", "dot").count(b"digraph ") == 1


def test_sources_are_in_a_page_only_if_they_are_what_was_checked() -> None:
    Path("models").mkdir()
    Path(sample_traces.MODEL).write_text("# the model that was checked\n" * 50)
    digest = hashlib.sha256(Path(sample_traces.MODEL).read_bytes()).hexdigest()[:16]
    report = violation(sample_traces.early_resume())
    name = written(replace(report, digests={sample_traces.MODEL: digest}))
    assert b"# the model that was checked" in render(name, "--format", "html")
    Path(sample_traces.MODEL).write_text("# the model that was checked\n" * 51)
    assert b"# the model that was checked" not in render(name, "--format", "html")


def test_a_page_needs_no_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    name = written(violation(sample_traces.lasso()))
    assert b"<svg" in render(name, "--format", "html")
    monkeypatch.setattr(picture, "program", lambda: None)
    assert b"resume-resumes" in render(name, "--format", "html")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "mial"], "unknown format 'mial', did you mean 'mail'?"),
        (["--format", "pdf"], "unknown format 'pdf'; it is one of chart, mail, "),
        (["--property", "deadlok"], "there is no property 'deadlok', did you mean 'deadlock'?"),
        (["--property", "x"], "there is no property 'x'; there are resume-resumes, "),
        (["--property", "assertions"], "no trace to show: 'assertions' holds"),
        (["--case", "fix-2B"], "there is no case 'fix-2B', did you mean 'fix-2A'?"),
        (["--case", "fix-2A", "--property", "resume-resumes"], "there is no property 'resume-"),
        (["--case", "large"], "no trace to show: no property has one"),
        (["--case", "large", "--property", "resume-resumes"], "'resume-resumes' is undecided"),
        (["--case", "a\nb"], "there is no case 'a\\nb'; there are baseline, fix-2A, large"),
        (["-o", "no/such/place"], "cannot write to 'no/such/place'"),
    ],
)
def test_what_there_is_not_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = written(baseline(), fixed(), cut_short())
    assert message in refused(capsys, "render", name, *arguments)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "r.json:1:2: error: not JSON: Expecting property name"),
        (b"\xff\xfe\x00", "r.json: error: not JSON that can be read: "),
        (b"[" * 100_000, "r.json: error: not JSON that can be read: "),
        (b'{"schema": 9}', "r.json: error: not a result of utcheck that this version reads: "),
        (b"[]", "r.json: error: not a result of utcheck that this version reads: "),
        (b'{"schema": 1}', "r.json: error: not a result of utcheck: reports should be list"),
    ],
)
def test_what_is_no_result_is_refused(
    data: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("r.json").write_bytes(data)
    assert refused(capsys, "render", "r.json").startswith(message)


def test_a_file_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    message = "r.json: error: cannot be read: No such file or directory"
    assert refused(capsys, "render", "r.json") == message
    assert refused(capsys, "render", ".") == ".: error: cannot be read: Is a directory"


def test_a_png_does_not_go_to_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    name = written(violation(sample_traces.lasso()))
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert status(["render", name, "--format", "png"]) == 2
    assert "a PNG does not go to a terminal" in capsys.readouterr().err


def test_more_than_mermaid_draws_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rendering, "MERMAID_CHARACTERS", 100)
    name = written(violation(sample_traces.lasso()))
    message = refused(capsys, "render", name, "--format", "mermaid")
    assert "Mermaid draws no more than 100 characters, and this has" in message


def project(**spec: Any) -> None:
    """Write a spec of a race in which p waits for ever."""
    for name in ("models", "specs"):
        Path(name).mkdir()
    Path("utcheck.toml").touch()
    Path("models/race.py").write_text(RACE)
    text = json.dumps({"model": "models.race:Race", **spec})
    Path("specs/race.yaml").write_text(text)


def test_run_renders_what_render_renders() -> None:
    project(properties={"rises": {"reachable": "flag"}})
    done = invoke("run", "specs", "--json", "--output", "r.json")
    assert done == (1, b"", "")
    for arguments in ([], ["--property", "rises"], ["--property", "deadlock"]):
        for form in ("chart", "mail", "svg"):
            shown = render("r.json", "--format", form, *arguments)
            code, out, err = invoke("run", "specs", "--render", form, *arguments)
            assert (out, err) == (shown, "")
            assert code == (0 if "rises" in arguments else 1)


def test_the_mail_of_run_can_be_reproduced() -> None:
    project(cases={"only one": {}})
    _, out, _ = invoke("run", "specs", "--render", "mail")
    assert b"\n  utcheck run specs/race.yaml --case 'only one' --property deadlock\n" in out
    for name in ("specs/race.yaml", "models/race.py"):
        digest = hashlib.sha256(Path(name).read_bytes()).hexdigest()[:16]
        assert f"\n  {digest} {name}\n" in out.decode()
    again = ["run", "specs/race.yaml", "--property", "deadlock", "--render", "mail"]
    assert invoke(*again, "--case", "only one")[1] == out


def test_run_without_a_trace_says_so() -> None:
    project(properties={"deadlock": False})
    assert invoke("run", "specs", "--render", "mail", "--output", "x") == (
        0,
        b"",
        "utcheck: no trace to show: no property has one\n",
    )
    assert not Path("x").exists()


def test_run_refuses_a_format_before_it_searches(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean 'mail'?" in refused(capsys, "run", "no such spec", "--render", "mial")
    message = refused(capsys, "run", "no such spec", "--render", "mail", "--json")
    assert "--json writes everything, --render traces alone: choose one" in message
