"""`utcheck list`: what specs claim and expect, and that nothing is checked for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.spec.project import Project, own_modules
from utcheck.cli.main import status

FIRST = """
model: models.race:Race
title: The race for the level
source: A mail of 2009
properties:
  rises: {reachable: raised, text: the level is raised}
  rests: {eventually: p.done}
cases:
  none: {}
  both:
    matrix: {fix: ["1", 2A]}
    expect: {rests: violated, deadlock: violated, depth: 4, rises: {length: 1000}}
  other:
    title: with one property more
    properties: {low: {always: "level[0] < 2"}, deadlock: off}
"""
SECOND = "model: models.race:Race\nproperties: {deadlock: off}\nexpect: {low: violated}\n"
TEXT = """\
specs/a.yaml
  The race for the level
  A mail of 2009
  properties:
    rises: the level is raised
    rests: eventually
    low: always
    deadlock
    assertions
  expected of the cases:
    none: all hold
    both[fix=1]: all hold but rests and deadlock; depth: 4, length of
      rises: 1,000
    both[fix=2A]: all hold but rests and deadlock; depth: 4, length of
      rises: 1,000
    other: all hold (with one property more)

specs/b/c.yml
  properties:
    low: always
    assertions
  expected: all hold but low

2 specs, 5 cases.
"""
STEPS = """
from pathlib import Path

from utcheck import Model, process


class Steps(Model):
    @process
    def p(self):
        yield "begin"
        Path("ran").touch()
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    with own_modules():
        found = Project(tmp_path, monkeypatch)
        (tmp_path / "specs" / "b").mkdir()
        found.write("specs/a.yaml", FIRST)
        found.write("specs/b/c.yml", SECOND)
        found.write("specs/.hidden.yaml", "no spec")
        found.write("specs/notes.txt", "no spec")
        yield found


@pytest.mark.parametrize("arguments", [[], ["specs"], ["specs/a.yaml", "specs"]])
def test_the_text(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["list", *arguments]) == 0
    out, err = capsys.readouterr()
    assert out == TEXT
    assert err == ""


def test_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["list", "--json", "specs"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["schema"], data["errors"]) == (1, [])
    assert [(case["spec"], case["case"]) for case in data["cases"]] == [
        ("specs/a.yaml", "none"),
        ("specs/a.yaml", "both[fix=1]"),
        ("specs/a.yaml", "both[fix=2A]"),
        ("specs/a.yaml", "other"),
        ("specs/b/c.yml", ""),
    ]
    last = data["cases"][3]
    assert last == {
        "spec": "specs/a.yaml",
        "title": "The race for the level: with one property more",
        "source": "A mail of 2009",
        "case": "other",
        "model": "models.race:Race",
        "parameters": {"fix": "none", "n": 2, "speed": {"repr": "Speed.SLOW"},
                       "free": {"repr": "(1, 2)"}},
        "engine": "auto",
        "fairness": "processes",
        "properties": [
            {"name": "rises", "kind": "reachable", "text": "the level is raised",
             "expected": "holds", "line": 6},
            {"name": "rests", "kind": "eventually", "text": "", "expected": "holds", "line": 7},
            {"name": "low", "kind": "always", "text": "", "expected": "holds", "line": 15},
            {"name": "assertions", "kind": "assertions", "text": "", "expected": "holds",
             "line": 13},
        ],
        "pins": [],
    }  # fmt: skip
    assert data["cases"][0]["pins"] == []
    assert data["cases"][1]["pins"] == [
        {"name": "depth", "expected": 4, "property": None, "line": 12},
        {"name": "length of rises", "expected": 1000, "property": "rises", "line": 12},
    ]
    expected = {p["name"]: p["expected"] for p in data["cases"][1]["properties"]}
    assert [name for name, verdict in expected.items() if verdict == "violated"] == [
        "rests",
        "deadlock",
    ]


def test_nothing_is_checked(project: Project) -> None:
    project.write("models/steps.py", STEPS)
    project.write("specs/steps.yaml", "model: models.steps:Steps\n")
    assert status(["list", "specs/steps.yaml"]) == 0
    assert not Path("ran").exists()
    assert status(["run", "specs/steps.yaml"]) == 0
    assert Path("ran").exists()


def test_titles_of_cases_alone(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    cases = "cases: {a: {title: The first}, b: {title: The second}}\n"
    project.write("specs/a.yaml", f"model: models.race:Race\n{cases}")
    assert status(["list", "specs/a.yaml"]) == 0
    out = capsys.readouterr().out
    assert "    a: all hold (The first)\n    b: all hold (The second)\n" in out
    assert out.startswith("specs/a.yaml\n  properties:\n")


def test_what_is_wrong_does_not_hide_the_others(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("specs/a.yaml", 'model: models.race:Race\n"a\\e[31m": 1\n')
    assert status(["list", "specs", "models", "specs/no\x1b[31m.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == TEXT[TEXT.index("specs/b/c.yml") :].replace("2 specs, 5 cases", "1 spec, 1 case")
    first, second, third = err.splitlines()
    assert first.startswith("specs/a.yaml:2:1: error: ")
    assert second == "models: error: no specs (*.yaml, *.yml) in this directory"
    assert third.startswith(r"specs/no\x1b[31m.yaml: error: cannot be read: ")
    assert "\x1b" not in err
    status(["list", "--json", "specs", "models"])
    errors = json.loads(capsys.readouterr().out)["errors"]
    assert errors[1] == {
        "place": {"path": "models", "line": None, "column": None},
        "message": "no specs (*.yaml, *.yml) in this directory",
    }


def test_no_specs_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert status(["list"]) == 2
    assert capsys.readouterr().err.startswith("specs: error: cannot be read: ")


def test_names_are_escaped(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write(
        "specs/a.yaml",
        'model: models.race:Race\ntitle: "a\\e[31m"\nproperties: {"b\\e": {never: raised}}\n'
        'cases: {"c\\n": {}}\n',
    )
    assert status(["list", "specs/a.yaml"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert r"a\x1b[31m" in out
    assert r"b\x1b: never" in out
    assert r"c\n: all hold" in out
