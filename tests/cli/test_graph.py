"""`utcheck graph`: which graph it writes, in which format, and what it refuses."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest
from click.testing import CliRunner

from tests.spec.project import own_modules
from utcheck.cli import graphing, picture
from utcheck.cli.main import cli, status

PNG = b"\x89PNG\r\n\x1a\n"
MODEL = """
from typing import Annotated, Literal

from utcheck import Model, invariant, param, process, when

print("a model may print")


class Race(Model):
    '''Two processes that count up to n, and then wait for a flag that nobody sets.'''

    n: int = param(2)
    x: int = 0
    y: int = 0
    flag: bool = False

    @process
    def p(self):
        while self.n:
            yield when(lambda: self.x < self.n or self.flag, "count")
            self.x += 1

    @process(each=2)
    def q(self, i):
        yield "look"
        self.y = i


class Loop(Model):
    x: bool = False

    @invariant
    def broken(self):
        raise ValueError("nobody asks this")

    @process
    def größe(self):
        yield "begin"
        while True:
            yield "spin"


class Wide(Model):
    '''All of n * n pairs are one step from the first state.'''

    n: int = param(13)
    x: int = 0

    @process
    def p(self):
        yield "choose"
        self.x = self.choose(*range(self.n)) * self.n + self.choose(*range(self.n))
"""
SPEC = """
model: models.race:Race
properties:
  reaches: {reachable: x == 1 and y == 1}
  low: {always: x < 3}
  not-zero: {never: x == 0}
  ends: {eventually: p.done}
cases:
  two: {expect: {deadlock: violated}}
  big: {params: {n: 40}, expect: {deadlock: violated, low: violated}}
  stopped: {params: {n: 40}, expect: {deadlock: violated, low: violated}, limits: {states: 10}}
"""
LOOP = "model: models.race:Loop\nproperties: {rises: {eventually: x}, f: {reachable: x}}\n"
WIDE = "model: models.race:Wide\nproperties: {moves: {reachable: x == 1}}\nparams: {n: NUMBER}\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a project with the specs above, and go there."""
    (tmp_path / "models").mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "models" / "race.py").write_text(MODEL)
    (tmp_path / "race.yaml").write_text(SPEC)
    (tmp_path / "loop.yaml").write_text(LOOP)
    (tmp_path / "wide.yaml").write_text(WIDE.replace("NUMBER", "13"))
    (tmp_path / "less.yaml").write_text(WIDE.replace("NUMBER", "12"))
    (tmp_path / "broken.yaml").write_text("titel: x\n" + WIDE.replace("NUMBER", "1"))
    monkeypatch.chdir(tmp_path)
    with own_modules():
        yield tmp_path


def written(*arguments: str) -> bytes:
    """Return what the command writes, where it succeeds."""
    result = CliRunner().invoke(cli, ["graph", *arguments], standalone_mode=False)
    assert result.exception is None, result.output
    assert result.return_value == 0, result.output
    return result.stdout_bytes


def head(*arguments: str) -> str:
    """Return the first line of the graph as an LTS, which has its size."""
    return written(*arguments, "--format", "aut").decode().partition("\n")[0]


# x is 0, 1 or 2, and each q may have looked: y is 0 before and after q[0] alone, and so on. For
# each x: neither, q[0], q[1], both with q[0] last, both with q[1] last: 5. Steps up: 2 * 5, looks:
# 4 for each x.
SIZE = (22, 15)


def test_the_whole_graph_of_the_first_case() -> None:
    assert head("race.yaml") == f"des (0, {SIZE[0]}, {SIZE[1]})"
    assert head("race.yaml", "--case", "two") == head("race.yaml")
    assert head("race.yaml", "--case", "big") == f"des (0, {40 * 5 + 41 * 4}, {41 * 5})"


def test_which_case_it_is_goes_to_standard_error(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert status(["graph", "race.yaml", "--format", "aut"]) == 0
    out, err = capfdbinary.readouterr()
    assert out.startswith(b"des (0, 22, 15)\n")
    assert b"race [two], the first of 3 cases (see --case)\n" in err
    assert b"a model may print" in err
    assert status(["graph", "race.yaml", "--format", "aut", "--case", "two"]) == 0
    assert b"the first of" not in capfdbinary.readouterr().err


def test_every_format_is_that_of_its_name_or_of_the_file(project: Path) -> None:
    beginnings = {
        "dot": b"digraph utcheck {\n", "svg": b"<?xml", "png": PNG, "mermaid": b"flowchart TD\n",
        "graphml": b"<graphml ", "json": b'{\n "directed": true,', "aut": b"des (",
    }  # fmt: skip
    for form, beginning in beginnings.items():
        data = written("race.yaml", "--format", form)
        assert data.startswith(beginning)
        file = project / f"states.{form}"
        assert written("race.yaml", "-o", str(file)) == b""
        assert file.read_bytes() == data
    assert written("race.yaml").startswith(b"digraph"), "dot, where nothing says otherwise"
    written("race.yaml", "-o", "states.txt")
    assert (project / "states.txt").read_bytes().startswith(b"digraph")
    written("race.yaml", "-o", "states.dot", "--format", "json")
    assert (project / "states.dot").read_bytes().startswith(b"{")


def test_graphs_are_read_back() -> None:
    data = json.loads(written("race.yaml", "--format", "json"))
    one = nx.node_link_graph(data, edges="edges")
    other = nx.read_graphml(io.BytesIO(written("race.yaml", "--format", "graphml")), node_type=int)
    assert (one.size(), len(one)) == (other.size(), len(other)) == SIZE


def test_around_a_trace() -> None:
    """The shortest run has two steps: p and q[1]. Within 0 steps of it there are its 3 states."""
    assert head("race.yaml", "--around", "reaches", "--distance", "0") == "des (0, 2, 3)"
    whole = head("race.yaml")
    assert head("race.yaml", "--around", "reaches", "--distance", "9") == whole
    near, usual = (head("race.yaml", "--around", "reaches", *rest) for rest in
                   (("--distance", "1"), ()))  # fmt: skip
    assert near == usual != whole
    dot = written("race.yaml", "--around", "reaches", "--distance", "0").decode()
    assert dot.count("penwidth=3") == 2, "both steps are thick"
    assert "Of 15 states, these are at most 0 steps from the trace of 'reaches'." in dot
    assert {" 1 p: count", " 2 q[1]: look"} == {
        found.replace("&#160;", " ") for found in re.findall(r'-> \d+ \[label="([^\\]*)', dot)
    }


def test_around_a_trace_without_steps() -> None:
    assert head("race.yaml", "--around", "not-zero", "--distance", "0") == "des (0, 0, 1)"


def test_around_a_trace_that_goes_round_and_one_that_stays() -> None:
    """The model's own invariant, which cannot be asked, is not: nobody wants to know."""
    dot = written("loop.yaml", "--around", "rises").decode()
    assert "Its steps from 2 on repeat for ever." in dot
    stays = written("race.yaml", "--around", "ends").decode()
    assert "the trace of 'ends'" in stays
    assert "for ever" not in stays


def test_a_png_is_drawn_with_letters_that_every_font_has(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def draw(dot: str, form: str) -> bytes:
        given.append(dot)
        return form.encode()

    monkeypatch.setattr(graphing, "draw", draw)
    assert written("loop.yaml", "--format", "svg") == b"svg"
    assert written("loop.yaml", "--format", "png") == b"png"
    assert "größe: spin" in given[0]
    assert "gr\\\\xf6\\\\xdfe: spin" in given[1]
    assert given[1].isascii()


def test_around_a_property_that_is_built_in() -> None:
    assert head("race.yaml", "--around", "deadlock", "--distance", "0") == "des (0, 4, 5)"


def test_states_are_merged_and_the_trace_is_still_there() -> None:
    """By x there are three nodes. Between them p counts, and within them the q look."""
    assert head("race.yaml", "--collapse", "x") == "des (0, 8, 3)"
    dot = written("race.yaml", "--collapse", "x", "--around", "reaches", "--distance", "9").decode()
    assert dot.count("penwidth=3") == 2, "one of the two edges, and the node with the deadlock"
    assert "x: 2\\l5 states\\lDEADLOCK in 2 of them\\l4 steps within\\l" in dot


def test_the_automaton_of_a_process() -> None:
    assert head("race.yaml", "--process", "q[1]") == "des (0, 1, 2)"
    dot = written("race.yaml", "--process", "p").decode()
    assert "waits if x = 2 and flag = False" in dot
    assert "models/race.py:" in dot


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--around reache", "there is no property 'reache', did you mean 'reaches'?"),
        ("--around low", "'low' holds, and has no trace to look around"),
        ("--around low --distance x", "'x' is not a valid integer"),
        ("--distance 2", "--distance needs --around PROPERTY"),
        ("--collapse xx", "--collapse: column 1: unknown name 'xx'"),
        ("--collapse x+", "--collapse: column 3: not a Python expression"),
        ("--collapse p", "--collapse: column 1: 'p' is a process, not a value"),
        ("--collapse q[0].at('lok')", "--collapse: column 9: 'q' has no step labelled 'lok'"),
        ("--format sgv", "unknown format 'sgv', did you mean 'svg'?"),
        ("--format pdf", "unknown format 'pdf'"),
        ("--process r", "there is no process 'r'"),
        ("--process q", "there is no process 'q'; its processes are q[0] to q[1]"),
        ("--process p --collapse x", "--process shows one process alone"),
        ("--process p --around low", "--process shows one process alone"),
        ("--case tow", "there is no case 'tow', did you mean 'two'?"),
        ("-o nowhere/states.svg", "cannot write to 'nowhere/states.svg'"),
        ("-o .", "cannot write to '.'"),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(["graph", "race.yaml", *arguments.split(" ")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    said = [line for line in err.splitlines() if "rror" in line]
    assert len(said) == 1, err
    assert message in said[0]


def test_a_spec_that_is_wrong_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["graph", "broken.yaml"]) == 2
    assert "broken.yaml:1:1: error: unknown key 'titel'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "the graph has 170 states, and no more than 150 are drawn; merge states with "
             "--collapse EXPR, draw those near a trace with --around PROPERTY, or write graphml, "
             "json or aut, which have no limit"),
        ("--collapse x", "the graph has 169 groups of states, and no more than 150 are drawn; "
                         "merge more with another --collapse, or write graphml"),
        ("--around moves", "the graph has 170 states, and no more than 150 are drawn; take a "
                           "smaller --distance, merge states with --collapse EXPR, or write"),
    ],
)  # fmt: skip
def test_no_more_than_150_states_are_drawn(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """13 * 13 ends and the first state, of which one end has the value of the first."""
    for form in ("dot", "svg", "png", "mermaid"):
        command = ["graph", "wide.yaml", "--format", form, *arguments.split()]
        assert status(command) == 2
        assert message in capsys.readouterr().err
    assert head("wide.yaml") == "des (0, 169, 170)"
    for form in ("json", "graphml"):
        assert len(written("wide.yaml", "--format", form)) > 20_000


def test_150_states_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """12 * 12 ends and the first state are 145; the limit itself is no more than itself."""
    assert written("less.yaml").count(b" -> ") == 144
    monkeypatch.setattr(graphing, "MOST_DRAWN", 145)
    assert written("less.yaml").count(b" -> ") == 144


def test_what_mermaid_refuses_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, most in (("MERMAID_EDGES", 143), ("MERMAID_CHARACTERS", 9_999)):
        with monkeypatch.context() as patch:
            patch.setattr(graphing, name, most)
            assert status(["graph", "less.yaml", "--format", "mermaid"]) == 2
        assert "Mermaid draws no more than" in capsys.readouterr().err
    assert written("less.yaml", "--format", "mermaid").count(b" -->|") == 144


def test_where_a_limit_ended_the_search_there_is_no_graph(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status(["graph", "race.yaml", "--case", "stopped"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "there is no whole graph: the limit on states was reached" in err


def test_without_graphviz_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(picture, "program", lambda: None)
    assert status(["graph", "race.yaml", "--format", "svg"]) == 2
    assert "pip install 'utcheck[render]'" in capsys.readouterr().err
