from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.spec.project import Project, own_modules
from utcheck.errors import SpecError
from utcheck.outcome import Limits, Pin, Verdict
from utcheck.spec.load import load
from utcheck.spec.schema import json_schema


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    with own_modules():
        yield Project(tmp_path, monkeypatch)


HEAD = "model: models.race:Race\n"
GOOD = """\
# yaml-language-server: $schema=./spec.schema.json
model: models.race:Race
title: The race
source: 2009-04-01
params: {fix: none}
properties:
  rises:
    text: the level rises
    leads_to: [stopped, raised]
  never-stops: {never: stopped and p.done}
  can-rise: {reachable: 'p.at("rest")'}
cases:
  baseline: {expect: {rises: violated, deadlock: violated}}
  fix-2A: {params: {fix: 2A}, expect: holds}
  all:
    matrix: {n: [1, 2], fix: [2A, none]}
    properties: {can-rise: off, low: off, more: {always: "level[0] == 0"}}
    expect: {more: violated}
    limits: {states: 5, memory: 500MB}
    engine: explicit
    fairness: none
limits: {states: 10_000_000, seconds: 600, memory: 8GiB}
"""


def test_a_spec_is_its_cases(project: Project) -> None:
    cases = project.load(GOOD)
    names = ["baseline", "fix-2A", "all[n=1,fix=2A]", "all[n=1,fix=none]", "all[n=2,fix=2A]",
             "all[n=2,fix=none]"]  # fmt: skip
    assert [case.name for case in cases] == names
    assert {(case.spec, case.title, case.source) for case in cases} == {
        ("specs/x.yaml", "The race", "2009-04-01")
    }


def test_a_case_has_everything_that_check_needs(project: Project) -> None:
    first, second, third, *_, last = project.load(GOOD)
    holds, violated = Verdict.HOLDS, Verdict.VIOLATED
    assert repr(first.model).startswith("Race(fix='none', n=2, ")
    assert repr(second.model).startswith("Race(fix='2A', n=2, ")
    assert repr(last.model).startswith("Race(fix='none', n=2, ")
    assert first.expected == {
        "rises": violated, "never-stops": holds, "can-rise": holds, "low": holds,
        "deadlock": violated, "assertions": holds,
    }  # fmt: skip
    assert set(second.expected.values()) == {holds}
    assert third.expected == {
        "rises": holds, "never-stops": holds, "more": violated, "deadlock": holds,
        "assertions": holds,
    }  # fmt: skip
    assert third.properties == {
        "rises": {"text": "the level rises", "leads_to": ["stopped", "raised"]},
        "never-stops": {"never": "stopped and p.done"},
        "low": "off",
        "more": {"always": "level[0] == 0"},
    }
    assert (first.engine, first.fairness) == ("auto", "processes")
    assert (third.engine, third.fairness) == ("explicit", "none")
    assert first.limits == Limits(10_000_000, 600.0, 8 * 2**30)
    assert third.limits == Limits(5, 600.0, 500_000_000)


def test_a_spec_without_cases_is_one_case(project: Project) -> None:
    (case,) = project.load("model: models.race:Race\nexpect: {deadlock: violated}\n")
    assert (case.name, case.title, case.limits) == ("", "", Limits())
    assert case.expected == {
        "low": Verdict.HOLDS, "deadlock": Verdict.VIOLATED, "assertions": Verdict.HOLDS,
    }  # fmt: skip


def test_parameters_are_what_the_model_takes(project: Project) -> None:
    (case,) = project.load(
        "model: models.race:Race\nparams: {speed: FAST, free: [1, [a, true]], fix: '1'}\n"
    )
    assert repr(case.model) == "Race(fix='1', n=2, speed=<Speed.FAST: 2>, free=(1, ('a', True)))"


def test_aliases_and_merged_mappings_are_understood(project: Project) -> None:
    (one, two) = project.load(
        "model: models.race:Race\ncases:\n  a: &base {params: {n: 3}, fairness: none}\n"
        "  b: {<<: *base, fairness: processes}\n"
    )
    assert (one.model.utcheck_values, one.fairness) == (two.model.utcheck_values, "none")
    assert two.fairness == "processes"


def test_the_title_of_a_case_follows_that_of_the_spec(project: Project) -> None:
    (case,) = project.load(f"{HEAD}title: The race\ncases: {{a: {{title: as it was}}}}\n")
    assert case.title == "The race: as it was"


def test_a_limit_may_be_lifted(project: Project) -> None:
    (case,) = project.load("model: models.race:Race\nlimits: {memory: null}\n")
    assert case.limits == Limits(memory=None)


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        # keys and types
        ("", ["1:1: error: the spec is empty"]),
        ("# nothing\n", ["1:1: error: the spec is empty"]),
        ("- a\n", ["1:1: error: expected a mapping, not a list"]),
        ("title: x\n", ["1:1: error: the key 'model' is missing"]),
        (HEAD + "propreties: {}\n",
         ["2:1: error: unknown key 'propreties', did you mean 'properties'?"]),
        (HEAD + "cases:\n  a: {parms: {}}\n",
         ["3:7: error: unknown key 'parms', did you mean 'params'?"]),
        (HEAD + "limits: {state: 3}\n",
         ["2:10: error: unknown key 'state', did you mean 'states'?"]),
        (HEAD + "title: 3\nsource: [x]\n",
         ["2:8: error: expected a string, not 3", "3:9: error: expected a string, not a list"]),
        (HEAD + "params:\n", ["2:1: error: expected a mapping, not nothing"]),
        (HEAD + "limits: {states: 0, seconds: -1, memory: [1]}\n",
         ["2:18: error: must be at least 1", "2:30: error: must be more than 0",
          "2:42: error: expected an integer or a string, not a list"]),
        (HEAD + "limits: {states: 1.5, seconds: soon, memory: 8GX}\n",
         ["2:18: error: expected an integer, not 1.5",
          "2:32: error: expected a number, not 'soon'",
          "2:46: error: '8GX' is not a size in bytes, as in 8GiB, 500MB or 1_000_000"]),
        (HEAD + "engine: fast\n",
         ["2:9: error: unknown engine 'fast'; it is one of auto, explicit, trees, native, "
          "symbolic"]),
        (HEAD + "cases: {a: {engine: symbol}}\n",
         ["2:21: error: unknown engine 'symbol', did you mean 'symbolic'?"]),
        (HEAD + "fairness: non\n", ["2:11: error: unknown value 'non', did you mean 'none'?"]),
        (HEAD + "cases:\n  a:\n",
         ["3:3: error: expected a mapping, not nothing; "
          "write {} for a case that is like the spec"]),
        (HEAD + "cases: {}\n", ["2:8: error: must not be empty"]),
        (HEAD + "cases: {'': {}}\n", ["2:9: error: a case has a name"]),
        # expectations
        (HEAD + "expect: {deadlok: violated}\n",
         ["2:10: error: unknown property 'deadlok', did you mean 'deadlock'?"]),
        (HEAD + "expect: {deadlock: violatd}\n",
         ["2:20: error: unknown value 'violatd', did you mean 'violated'?"]),
        (HEAD + "expect: {deadlock: undecided}\n",
         ["2:20: error: unknown value 'undecided'; it is one of holds, violated"]),
        (HEAD + "expect: violated\n",
         ["2:9: error: 'violated' does not say which property is; write {PROPERTY: violated}"]),
        (HEAD + "expect: 3\n", ["2:9: error: expected 'holds' or a mapping, not 3"]),
        (HEAD + "expect: {low: 3, deadlock: 22, states: -1}\n",
         ["2:10: error: a number is that of states, transitions, deadlocks or depth; of a "
          "property, write {length: 3}", "2:18: error: unknown count 'deadlock', did you "
          "mean 'deadlocks'?", "2:40: error: must be at least 0"]),
        (HEAD + "expect: {states: true, depth: 2.0, deadlocks: [], transitions: }\n",
         ["2:18: error: expected an integer, not true", "2:31: error: expected an integer, not 2.0",
          "2:47: error: expected an integer, not a list",
          "2:51: error: expected an integer, not nothing"]),
        (HEAD + f"expect: {{states: {2**63}, depth: 0x{'f' * 50}, deadlocks: {2**63 - 1}}}\n",
         ["2:18: error: must be at most 9,223,372,036,854,775,807",
          "2:46: error: must be at most 9,223,372,036,854,775,807"]),
        (HEAD + "expect: {deadlock: {lenght: 8}, low: {verdict: violatd, length: '3'}}\n",
         ["2:21: error: unknown key 'lenght', did you mean 'length'?",
          "2:48: error: unknown value 'violatd', did you mean 'violated'?",
          "2:65: error: expected an integer, not '3'"]),
        (HEAD + "expect: {deadlock: {}, low: [], assertions: {verdict: 3, length: -1}}\n",
         ["2:20: error: must not be empty",
          "2:29: error: expected 'holds' or 'violated', or a mapping, not a list",
          "2:55: error: expected 'holds' or 'violated', not 3", "2:66: error: must be at least 0"]),
        (HEAD + "expect: {low: {length: 3}, deadlock: {verdict: holds, length: 1}}\n",
         ["2:16: error: what holds has no counterexample; add 'verdict: violated'",
          "2:55: error: what holds has no counterexample; add 'verdict: violated'"]),
        (HEAD + "properties: {r: {reachable: raised}}\n"
         "expect: {r: {verdict: violated, length: 3}}\n",
         ["3:33: error: what is never reached has no run whose length could be pinned"]),
        (HEAD + "expect: {states: violated}\n",
         ["2:10: error: unknown property 'states'; a number is expected, as in states: 22"]),
        (HEAD + "expect: {depht: {length: 3}}\n", ["2:10: error: unknown property 'depht'"]),
        (HEAD + "cases: {a: {matrix: {n: [1, 2]}, expect: {states: x, low: {a: 1}}}}\n",
         ["2:51: error: unknown value 'x'; it is one of holds, violated",
          "2:60: error: unknown key 'a'; it is one of verdict, length"]),
        (HEAD + "titel: x\nexpect: {states: -1}\n",
         ["2:1: error: unknown key 'titel', did you mean 'title'?",
          "3:18: error: must be at least 0"]),
        (HEAD + "expect: holds\ncases: {a: {}}\n",
         ["2:1: error: 'expect' stands in each case where there are cases"]),
        (HEAD + "properties: {deadlock: off}\nexpect: {deadlock: violated}\n",
         ["3:10: error: 'deadlock' is switched off"]),
        (HEAD + "properties: {deadlock: off, assertions: off, low: off}\n",
         ["2:13: error: every property is switched off"]),
        # parameters
        (HEAD + "params: {fx: none}\n",
         ["2:10: error: Race has no parameter 'fx', did you mean 'fix'?"]),
        (HEAD + "params: {fix: 2B}\n",
         ["2:15: error: parameter 'fix': '2B' is not one of 'none', '2A', '1'"]),
        (HEAD + "params: {fix: non}\n",
         ["2:15: error: parameter 'fix': 'non' is not one of 'none', '2A', '1', "
          "did you mean 'none'?"]),
        (HEAD + "params: {fix: 1}\n",
         ["2:15: error: parameter 'fix': 1 is not one of 'none', '2A', '1'; write '1' in quotes"]),
        (HEAD + "params: {n: 4}\n", ["2:13: error: parameter 'n': 4 is greater than 3"]),
        (HEAD + "params: {n: true}\n", ["2:13: error: parameter 'n': true is not an integer"]),
        (HEAD + "params: {speed: FASTER}\n",
         ["2:17: error: parameter 'speed': 'FASTER' is not a Speed, did you mean 'FAST'?"]),
        (HEAD + "params: {free: {a: 1}}\n",
         ["2:16: error: parameter 'free': expected a value, not a mapping"]),
        (HEAD + "cases:\n  a: {params: {n: 0}}\n",
         ["3:19: error: parameter 'n': 0 is less than 1"]),
        (HEAD + "cases:\n  a: {matrix: {n: [1, 9], m: [1]}}\n",
         ["3:23: error: parameter 'n': 9 is greater than 3",
          "3:27: error: Race has no parameter 'm'; it has fix, n, speed, free"]),
        (HEAD + "cases:\n  a: {params: {n: 1}, matrix: {n: [1]}}\n",
         ["3:32: error: 'n' is in 'params' of this case as well"]),
        (HEAD + "cases:\n  a: {matrix: {n: [1, 2, 1]}}\n",
         ["3:26: error: the value 1 is in the list already"]),
        (HEAD + "cases:\n  a: {matrix: {n: []}}\n", ["3:19: error: must not be empty"]),
        (HEAD + "cases:\n  a: {matrix: {n: 1}}\n", ["3:19: error: expected a list, not 1"]),
        # YAML
        (HEAD + "title: a\ntitle: b\n",
         ["3:1: error: duplicate key 'title', the first is in line 2"]),
        (HEAD + "params: {n: 1, n: 2}\n",
         ["2:16: error: duplicate key 'n', the first is in line 2"]),
        (HEAD + "title: a: b\n",
         ["2:9: error: not valid YAML: mapping values are not allowed here; "
          "a text with `: ` in it must be quoted"]),
        (HEAD + "properties: {a: {always: level[0] == 1}}\n",
         ["2:31: error: not valid YAML: while parsing a flow mapping, expected ',' or '}', "
          "but got '['; inside { } a text with brackets must be quoted"]),
        (HEAD + "title: \x07\n",
         ["2:8: error: not valid YAML: the character '\\x07' is not allowed"]),
        (HEAD + "title: *x\n", ["2:8: error: not valid YAML: found undefined alias 'x'"]),
        (HEAD + "title: !x y\n",
         ["2:8: error: the tag '!x' is not allowed here; a text that begins with '!' must be "
          "quoted"]),
        (HEAD + "1: y\n", ["2:1: error: a key is a string; write '1' in quotes"]),
        (HEAD + "? [a]\n: y\n", ["2:3: error: a key is a string"]),
        (HEAD + "---\n", ["2:1: error: not valid YAML: expected a single document in the stream, "
                          "but found another document"]),
        (HEAD + 'title: "\\ud800"\n', ["2:8: error: this cannot be read as a str"]),
        (HEAD + "params: {n: !!int x}\n", ["2:13: error: this cannot be read as an int"]),
        (HEAD + "<<: 3\n", ["2:5: error: `<<` takes over a mapping, and this is none"]),
        (HEAD + "params: " + "[" * 60 + "]" * 60 + "\n",
         ["2:59: error: nested more than 50 levels deep"]),
        (HEAD + "params: " + "[" * 900 + "]" * 900 + "\n",
         ["1:1: error: nested more than 50 levels deep"]),
        (HEAD + "params: &a [*a]\n", ["2:9: error: nested more than 50 levels deep"]),
        (b"model: \xff\n", ["1:8: error: not UTF-8"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_spec(project: Project, text: str | bytes, errors: list[str]) -> None:
    assert project.errors(text) == [f"specs/x.yaml:{error}" for error in errors]


PROPERTY = HEAD + "properties:\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("  a: {always: stoped}\n", "3:15: error: unknown name 'stoped', did you mean 'stopped'?"),
        ("  a: {always: not stopped or rasied}\n",
         "3:30: error: unknown name 'rasied', did you mean 'raised'?"),
        ("  a:\n    never: 'p.at(''rset'')'\n",
         "4:18: error: 'p' has no step labelled 'rset', did you mean 'rest'?"),
        ('  a: {never: "\\x70.at(\\"rset\\")"}\n',
         "3:23: error: 'p' has no step labelled 'rset', did you mean 'rest'?"),
        ("  a: {leads_to: [stopped, 'raised and foo']}\n", "3:39: error: unknown name 'foo'"),
        ("  a:\n    leads_to:\n      - stopped\n      - foo\n", "6:9: error: unknown name 'foo'"),
        ("  a:\n    always: >\n      stopped and\n      foo\n", "4:13: error: unknown name 'foo'"),
        ("  a:\n    always: stopped and\n      foo\n", "4:13: error: unknown name 'foo'"),
        ("  a: {alwys: stopped}\n", "3:7: error: unknown key 'alwys', did you mean 'always'?"),
        ("  a: {always: stopped, never: stopped}\n",
         "3:24: error: 'a' is both 'always' and 'never'; write two properties"),
        ("  a: {text: x}\n",
         "3:3: error: 'a' has no kind; it is one of always, never, reachable, eventually, "
         "leads_to, ltl, step or possible_always"),
        ("  a: {ltl: G stoped}\n", "3:14: error: unknown name 'stoped', did you mean 'stopped'?"),
        ("  a: {ltl: 'F {stoped}'}\n",
         "3:16: error: unknown name 'stoped', did you mean 'stopped'?"),
        ("  a: {ltl: 'stopped U'}\n", "3:22: error: an operand is missing after 'U'"),
        ("  a: {step: {name: x}}\n", "3:13: error: a step property needs the key 'holds'"),
        ("  a: {always: 3}\n", "3:15: error: expected an expression"),
        ("  a: off\n", "3:3: error: only low, deadlock and assertions can be switched on and off, "
                       "not 'a'"),
        ("  a: {always: 'level[7] == 1'}\n",
         "3:22: error: 'level' has 2 elements; level[7] is none"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_property(project: Project, text: str, error: str) -> None:
    assert project.errors(PROPERTY + text) == [f"specs/x.yaml:{error}"]


def test_a_property_of_a_case_is_found_in_the_case(project: Project) -> None:
    text = HEAD + "cases:\n  a: {properties: {b: {always: foo}}}\n  c: {}\n"
    assert project.errors(text) == ["specs/x.yaml:3:32: error: unknown name 'foo'"]


def test_labels_that_are_computed_are_not_checked(project: Project) -> None:
    (case,) = project.load(PROPERTY + "  a: {never: 'vm[0].at(\"anything\")'}\n")
    assert "a" in case.expected


def test_every_mistake_is_found_once_and_in_the_order_of_the_file(project: Project) -> None:
    text = (
        HEAD + "titel: x\nparams: {fix: 2B}\nproperties:\n  a: {always: stoped}\n"
        "  b: {never: foo}\ncases:\n  c: {expect: {d: violatd}}\n  d: {engine: x}\n"
    )
    assert project.errors(text) == [
        "specs/x.yaml:2:1: error: unknown key 'titel', did you mean 'title'?",
        "specs/x.yaml:3:15: error: parameter 'fix': '2B' is not one of 'none', '2A', '1'",
        "specs/x.yaml:5:15: error: unknown name 'stoped', did you mean 'stopped'?",
        "specs/x.yaml:6:14: error: unknown name 'foo'",
        "specs/x.yaml:8:19: error: unknown value 'violatd', did you mean 'violated'?",
        "specs/x.yaml:9:15: error: unknown engine 'x'; it is one of auto, explicit, trees, native, "
        "symbolic",
    ]


def test_a_mistake_that_all_cases_share_is_reported_once(project: Project) -> None:
    text = PROPERTY + "  a: {always: stoped}\ncases: {b: {}, c: {matrix: {n: [1, 2, 3]}}}\n"
    assert project.errors(text) == [
        "specs/x.yaml:3:15: error: unknown name 'stoped', did you mean 'stopped'?"
    ]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("models.rase:Race", "1:8: error: module 'models.rase' not found in ., "
                             "did you mean 'models.race'?"),
        ("model.race:Race", "1:8: error: module 'model.race' not found in ., "
                            "did you mean 'models.race'?"),
        ("nowhere:Race", "1:8: error: module 'nowhere' not found in ."),
        ("models.race:Rase", "1:20: error: module 'models.race' has no class 'Rase', "
                             "did you mean 'Race'?"),
        ("models.race:X", "1:20: error: module 'models.race' has no class 'X'; it has Race"),
        ("models.race:Speed", "1:20: error: 'Speed' in module 'models.race' is not a model, "
                              "a subclass of Model"),
        ("models.race:Model", "1:20: error: 'Model' in module 'models.race' is not a model, "
                              "a subclass of Model"),
        ("models.race", "1:8: error: 'models.race' does not name a model; write MODULE:CLASS, "
                        "as in models.ring:Ring"),
        ("../race:Race", "1:8: error: '../race:Race' does not name a model; write MODULE:CLASS, "
                         "as in models.ring:Ring"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_name_of_a_model(project: Project, name: str, error: str) -> None:
    assert project.errors(f"model: {name}\n") == [f"specs/x.yaml:{error}"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x = 1\ny = x / 0\n",
         "2: error: the model cannot be imported: ZeroDivisionError: division by zero"),
        ("import nosuch\n", "1: error: the model cannot be imported: ModuleNotFoundError: "
                            "No module named 'nosuch'"),
        ("import sys\nsys.exit('no')\n", "2: error: the model cannot be imported: SystemExit: no"),
        ("x = 1\nif x\n    y = 2\n", "2:5: error: not valid Python: expected ':'"),
        ("from utcheck import Model\n\nclass A(Model):\n    choose: int = 3\n",
         "4: error: 'choose' is reserved; call the variable something else"),
        ("from utcheck import Model\n\nclass A(Model):\n    x: bool = 3\n",
         "4: error: x = 3: 3 is not a bool"),
        ("from utcheck import Model\n\nclass A(Model):\n    x: bool = True\n",
         "3: error: A has no process; decorate one with @process"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_model(project: Project, text: str, error: str) -> None:
    project.write("models/bad.py", text)
    assert project.errors("model: models.bad:A\n") == [f"models/bad.py:{error}"]


def test_without_a_project_the_message_says_what_was_looked_for(project: Project) -> None:
    (project.root / "pyproject.toml").unlink()
    assert project.errors(HEAD) == [
        "specs/x.yaml:1:8: error: module 'models.race' not found in specs; "
        "no directory above it has a pyproject.toml or utcheck.toml"
    ]


def test_the_nearest_project_counts(project: Project) -> None:
    (project.root / "specs" / "utcheck.toml").touch()
    project.write("specs/near.py", (project.root / "models" / "race.py").read_text())
    (case,) = project.load("model: near:Race\n")
    assert type(case.model).__module__ == "near"


def test_models_of_the_same_name_in_two_projects(
    project: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = project.load(HEAD)
    other = Project(tmp_path_factory.mktemp("other"), monkeypatch)
    text = (other.root / "models" / "race.py").read_text().replace("raised", "risen")
    other.write("models/race.py", text)
    (two,) = other.load(HEAD)
    assert "raised" in type(one.model).utcheck_marks
    assert "risen" in type(two.model).utcheck_marks


def test_a_module_that_is_named_like_an_installed_one(project: Project) -> None:
    project.write("json.py", "")
    assert project.errors("model: json:Race\n") == [
        "specs/x.yaml:1:8: error: 'json' is the name of an installed module; rename yours"
    ]


def test_what_cannot_be_read(project: Project) -> None:
    def error(path: str) -> str:
        with pytest.raises(SpecError) as caught:
            load(Path(path))
        return str(caught.value)

    project.write("specs/large.yaml", HEAD + "#" * 2**21)
    assert error("specs") == "specs: error: this is a directory"
    assert error("specs/no.yaml") == (
        "specs/no.yaml: error: cannot be read: No such file or directory"
    )
    assert error("specs/large.yaml") == (
        "specs/large.yaml: error: larger than 1,048,576 bytes, too large for a spec"
    )
    assert error("specs/\0.yaml").startswith("specs/\0.yaml: error: cannot be read: ")


def test_aliases_cannot_make_a_spec_large(project: Project) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    begin = time.perf_counter()
    (error,) = project.errors("\n".join([HEAD, *lines]))
    assert error.endswith("error: more than 100,000 values, aliases followed")
    assert time.perf_counter() - begin < 10


def test_a_model_is_imported_from_the_given_root(project: Project) -> None:
    path = project.write("specs/x.yaml", "model: race:Race\n")
    (case,) = load(path, project.root / "models")
    assert type(case.model).__module__ == "race"


PIECES = [
    "model: models.race:Race", "models.race:Race", "title:", "source", "params: {fix: none}",
    "properties:", "  a: {always: stopped}", "  b:", "    never: raised", "cases:", "  c: {}",
    "  d: {matrix: {n: [1, 2]}}", "expect: holds", "expect: {deadlock: violated}", "limits:",
    "{states: 1}", "engine: trees", "fairness: none", "off", "null", "true", "3", "&x", "*x",
    "<<: *x", "!t", "'", '"', "[", "]", "{", "}", ",", ":", "- ", "? ", "| ", "> ", "\n", "\t", " ",
    "#", "---", "...", "%YAML 1.1", "\\", "\u2028", "\ufeff", "é", "1_0", "0x1f", ".inf", "~",
]  # fmt: skip


def only_findings(root: Path, text: str) -> None:
    path = root / "fuzz.yaml"
    path.write_bytes(text.encode(errors="surrogatepass"))
    findings = []
    try:
        load(path)
    except SpecError as error:
        findings = list(error.findings)
    assert all(finding.place.path and finding.message for finding in findings)


RELAXED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)


@RELAXED
@given(st.lists(st.sampled_from(PIECES), max_size=20))
def test_any_pieces_are_a_spec_or_findings(project: Project, pieces: list[str]) -> None:
    only_findings(project.root, "\n".join(pieces))
    only_findings(project.root, " ".join(pieces))


@RELAXED
@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_any_text_is_a_spec_or_findings(project: Project, text: str) -> None:
    only_findings(project.root, text)


@RELAXED
@given(st.randoms(use_true_random=False))
def test_any_damage_to_a_spec_gives_findings(project: Project, chance: random.Random) -> None:
    text = GOOD
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        cut = at + chance.choice([0, 1, 1, 5, 30])
        text = text[:at] + chance.choice(["", "", *PIECES]) + text[cut:]
    only_findings(project.root, text)


def test_json_schema_describes_every_key(project: Project) -> None:
    schema = json_schema()
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert set(schema["properties"]) == {
        "model", "title", "source", "params", "properties", "cases", "expect", "engine",
        "fairness", "limits",
    }  # fmt: skip
    text = json.dumps(schema)
    for word in ("prefixItems", "unevaluatedProperties", "$defs"):
        assert word not in text


def valid(data: Any, schema: Any, whole: Any) -> bool:
    """Return whether data fits a schema, as far as this project's schema goes."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        return valid(data, whole["definitions"][name], whole)
    if not all(valid(data, part, whole) for part in schema.get("allOf", [])):
        return False
    if "anyOf" in schema and not any(valid(data, option, whole) for option in schema["anyOf"]):
        return False
    if ("const" in schema and data != schema["const"]) or data not in schema.get("enum", [data]):
        return False
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None),
             "number": (int, float), "boolean": bool}  # fmt: skip
    of = schema.get("type", [])
    names = [of] if isinstance(of, str) else of
    if names and not any(isinstance(data, kinds[name]) for name in names):  # type: ignore[arg-type]
        return False
    if isinstance(data, bool) and "integer" in names:  # a Boolean is none in JSON
        return False
    if isinstance(data, int) and not schema.get("minimum", data) <= data <= schema.get(
        "maximum", data
    ):
        return False
    if isinstance(data, list):
        least, most = schema.get("minItems", 0), schema.get("maxItems", len(data))
        items = schema.get("items", {})
        return least <= len(data) <= most and all(valid(item, items, whole) for item in data)
    if not isinstance(data, dict):
        return True
    rest = schema.get("additionalProperties", True)
    inner = schema.get("properties", {})
    if any(name not in data for name in schema.get("required", [])):
        return False
    if len(data) < schema.get("minProperties", 0):
        return False
    return all(
        valid(value, inner[name], whole) if name in inner
        else valid(value, rest, whole) if isinstance(rest, dict) else rest
        for name, value in data.items()
    )  # fmt: skip


def test_json_schema_accepts_what_is_right_and_nothing_that_is_wrong() -> None:
    from utcheck.spec.positions import Document

    schema = json_schema()
    good = Document("good.yaml", GOOD).data
    assert valid(good, schema, schema)
    no_count: list[Any] = [True, 1.5, None, "x", {}]
    no_verdict: list[Any] = [3, {"lenght": 8}, {}, []]
    wrong: list[dict[str, Any]] = [
        {"title": "x"}, {"model": 3}, {"model": "a:B", "propreties": {}},
        {"model": "a:B", "properties": {"a": {"ltl": ["G x"]}}},
        {"model": "a:B", "properties": {"a": {"step": {"name": "x"}}}},
        {"model": "a:B", "properties": {"a": {"leads_to": ["x"]}}},
        {"model": "a:B", "properties": {"a": {"always": "x", "never": "x"}}},
        {"model": "a:B", "properties": {"deadlock": {"always": "x"}}},
        {"model": "a:B", "expect": "violated"}, {"model": "a:B", "expect": {"a": "undecided"}},
        *({"model": "a:B", "expect": {"states": entry}} for entry in no_count),
        *({"model": "a:B", "expect": {"a": entry}} for entry in no_verdict),
        {"model": "a:B", "cases": {"a": {"expect": {"a": {"verdict": "undecided"}}}}},
        {"model": "a:B", "expect": {"depth": -1}}, {"model": "a:B", "expect": {"depth": 2**63}},
        {"model": "a:B", "expect": {"a": {"length": -1}}},
        {"model": "a:B", "engine": "symbol"}, {"model": "a:B", "cases": {}},
        {"model": "a:B", "cases": {"a": None}}, {"model": "a:B", "limits": {"states": "x"}},
        {"model": "a:B", "cases": {"a": {"matrix": {"n": 3}}}},
    ]  # fmt: skip
    assert [data for data in wrong if valid(data, schema, schema)] == []


def test_the_schema_accepts_every_form_of_an_expectation() -> None:
    schema = json_schema()
    good: list[object] = [
        "holds", {}, {"a": "violated"}, {"states": "violated", "depth": {"length": 3}},
        {"states": 0, "transitions": 27, "deadlocks": 1, "depth": 9},
        {"a": {"verdict": "violated", "length": 8}},
        {"a": {"length": 6}, "b": {"verdict": "holds"}},
    ]  # fmt: skip
    for expect in good:
        data = {"model": "a:B", "cases": {"a": {"expect": expect}}}
        assert valid(data, schema, schema), expect


def test_pins(project: Project) -> None:
    text = (
        "properties:\n  r: {reachable: raised}\n"
        "  states: {never: raised}\n  depth: {never: raised}\n"
        "cases:\n  a:\n    matrix: {n: [1, 2]}\n    expect:\n      transitions: 1_000\n"
        "      r: {length: 3}\n      states: {verdict: violated,\n        length: 0x10}\n"
        "      depth: 4\n      deadlock: violated\n  b: {}\n"
    )
    one, two, other = project.load(HEAD + text)
    assert one.pins == two.pins == (
        Pin("transitions", 1000, None, 10), Pin("length of r", 3, "r", 11),
        Pin("length of states", 16, "states", 13), Pin("depth", 4, None, 14),
    )  # fmt: skip
    assert other.pins == ()
    assert {name for name, verdict in one.expected.items() if verdict is Verdict.VIOLATED} == {
        "states", "deadlock",
    }  # fmt: skip
    assert [case.path for case in (one, two, other)] == [
        ("cases", "a"), ("cases", "a"), ("cases", "b"),
    ]  # fmt: skip


@pytest.mark.parametrize("base", ["0x{}", "0o{}", "{}"])
def test_a_number_that_python_would_not_write_is_none(project: Project, base: str) -> None:
    number = base.format("7" * 5000)
    for text in ("title: {}", "params: {{n: {}}}", "limits: {{memory: {}}}",
                 "expect: {{states: {}}}", "cases: {{a: {{matrix: {{n: [{}]}}}}}}"):  # fmt: skip
        (error,) = project.errors(f"{HEAD}{text.format(number)}\n")
        assert error.endswith(": error: this cannot be read as an int")


def test_a_package_of_the_working_directory_is_not_that_of_the_project(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "models").mkdir(parents=True)
    (elsewhere / "models" / "__init__.py").touch()
    project.write("specs/x.yaml", HEAD)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(sys, "path", [*sys.path, str(elsewhere)])
    (case,) = load(project.root / "specs" / "x.yaml")
    assert type(case.model).__name__ == "Race"
    assert str(elsewhere) in sys.path


def test_a_model_is_what_its_file_says_now(project: Project, tmp_path: Path) -> None:
    """The file changes within a second and keeps its size, which Python's cache does not notice."""
    path = tmp_path / "models" / "race.py"
    text = path.read_text(encoding="utf-8")
    program = (
        "import sys; sys.dont_write_bytecode = False; from pathlib import Path; "
        "from utcheck.spec.load import load; print(load(Path('specs/x.yaml'))[0].model.n)"
    )
    project.write("specs/x.yaml", HEAD)
    environment = {name: value for name, value in os.environ.items()
                   if name != "PYTHONDONTWRITEBYTECODE"}  # fmt: skip
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    for number in (1, 2, 3):
        path.write_text(text.replace("param(2, ge=1", f"param({number}, ge=1"), encoding="utf-8")
        os.utime(path, (1_000_000_000, 1_000_000_000 + number / 10))
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, env=environment,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout == f"{number}\n"


def test_the_path_of_modules_is_as_before(project: Project) -> None:
    project.load(HEAD)
    project.load(HEAD)
    assert str(project.root.resolve()) not in sys.path
