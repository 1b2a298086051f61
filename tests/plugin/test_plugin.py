"""`pytest --utcheck` as a user meets it: ids, verdicts, what a failure shows, -k, -n and JUnit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]

MODEL = """
from typing import Annotated, Literal

from utcheck import Model, Range, param, process, when

print("a model may print")


class Race(Model):
    mode: Literal["fine", "stuck", "wrong", "endless"] = param("fine")
    size: int = param(1)
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

SPEC = """
model: models.race:Race
properties:
  rises:
    text: the flag is raised
    reachable: flag
cases:
  fine: {}
  expected: {params: {mode: stuck}, expect: {deadlock: violated}}
  stuck: {params: {mode: stuck}, engine: explicit}
  unfair: {fairness: none}
  hopeful: {expect: {rises: violated}}
  sizes: {matrix: {size: [1, 2]}}
  endless: {params: {mode: endless}, limits: {states: 5}}
  wrong: {params: {mode: wrong}}
"""

NOTES_CHECKS = """
import utcheck.pytest_plugin as plugin

check = plugin.check


def noted(model, *rest, **options):
    with open("checks.log", "a") as file:
        print(model, options["fairness"], file=file)
    return check(model, *rest, **options)


plugin.check = noted
"""

COUNTS_WORKERS = """
import utcheck.pytest_plugin as plugin
from pathlib import Path

check = plugin.check


def noted(*rest, **options):
    Path(f"workers-{options['workers']}").touch()
    return check(*rest, **options)


plugin.check = noted
"""

INTERRUPTS = """
import utcheck.pytest_plugin as plugin
from dataclasses import replace
from utcheck.outcome import StopReason

check = plugin.check
plugin.check = lambda *a, **k: replace(check(*a, **k), stop=StopReason.INTERRUPTED)
"""

BUILT_IN = ("deadlock", "assertions")
PASSED = {
    *(f"{case}::{name}" for case in ("fine", "expected", "unfair")
      for name in ("rises", *BUILT_IN)),
    *(f"sizes::{name}[size={size}]" for size in (1, 2) for name in ("rises", *BUILT_IN)),
    *(f"stuck::{name}" for name in ("rises", "assertions")),
    *(f"hopeful::{name}" for name in BUILT_IN),
    "endless::rises",
}  # fmt: skip
FAILED = {
    "stuck::deadlock",
    "hopeful::rises",
    *(f"endless::{name}" for name in BUILT_IN),
    *(f"wrong::{name}" for name in ("rises", *BUILT_IN)),
}


def make(directory: Path, **files: str) -> Path:
    """Make a project with the model, and the specs and other files that are given."""
    (directory / "models").mkdir(parents=True)
    (directory / "specs").mkdir()
    (directory / "utcheck.toml").touch()
    (directory / "models" / "race.py").write_text(MODEL)
    for name, text in files.items():
        suffix = ".py" if name == "conftest" else ".yaml"
        (directory / ("" if name == "conftest" else "specs") / f"{name}{suffix}").write_text(text)
    return directory


def pytest_in(
    directory: Path, *arguments: str, plugins: tuple[str, ...] = ("pytest_utcheck",)
) -> tuple[int, str]:
    """Return the status of pytest in a process of its own, and what it prints."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the entry point, where utcheck is installed
        "PYTEST_ADDOPTS": "",
        "COLUMNS": "100",
    }
    environment.pop("CI", None)
    options = [word for plugin in plugins for word in ("-p", plugin)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, *arguments],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def junit_cases(path: Path) -> dict[str, ET.Element]:
    """Return the test cases of a JUnit file, `specs.race.yaml.fine::rises` for each."""
    return {f"{c.get('classname')}::{c.get('name')}": c for c in ET.parse(path).iter("testcase")}  # noqa: S314  (ours)


def ids(text: str, word: str) -> set[str]:
    """Return the ids of specs/race.yaml that `-v` prints with a word, without the path."""
    return set(re.findall(rf"^specs/race\.yaml::(\S+) {word}", text, re.MULTILINE))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("plugin") / "project", race=SPEC, conftest=NOTES_CHECKS)


@pytest.fixture(scope="module")
def everything(project: Path) -> str:
    """Return what `pytest --utcheck specs` prints."""
    status, text = pytest_in(project, "--utcheck", "-v", "--junitxml=out.xml", "specs")
    assert status == 1
    return text


def test_every_property_of_every_case_is_a_test(everything: str) -> None:
    assert ids(everything, "PASSED") == PASSED
    assert ids(everything, "FAILED") == FAILED
    assert f"{len(FAILED)} failed, {len(PASSED)} passed" in everything


def test_the_command_says_the_same(everything: str, project: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "utcheck", "run", "--json", "specs"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    passed = set()
    for report in json.loads(answer.stdout)["reports"]:
        head, bracket, rest = report["case"].partition("[")
        for result in report["outcome"]["properties"]:
            wrong = result["name"] in report["unexpected"] or result["verdict"] == "undecided"
            if not wrong:
                passed.add(f"{head}::{result['name']}{bracket}{rest}")
    assert ids(everything, "PASSED") == passed


def test_a_case_is_checked_once(everything: str, project: Path) -> None:
    checks = (project / "checks.log").read_text().splitlines()
    assert len(checks) == 9
    assert len(set(checks)) == 6  # fine, hopeful and sizes[size=1] ask the same, stuck twice
    assert sum(line.endswith("none") for line in checks) == 1


def test_a_violated_property_shows_the_chart(everything: str) -> None:
    _, _, rest = everything.partition("___ race [stuck]: deadlock ___")
    section, _, _ = rest.lstrip("_\n").partition("\n____")
    assert section.startswith(
        "race [stuck]: not as expected\n  with mode = 'stuck', size = 1\n"
        "! violated   deadlock (expected: holds, 1 step)\n"
    )
    assert "engine explicit" in section
    assert "\nrace [stuck]: deadlock is violated (1 step)\n=====" in section
    assert "  1  * begin\n     |   flag: False -> True\n" in section
    assert section.rstrip().endswith("and no process can take a step.")
    assert "Traceback" not in everything
    assert "pytest_plugin" not in everything


def test_the_list_at_the_end_says_what_came_out(everything: str) -> None:
    _, _, summary = everything.partition("short test summary info")
    for line in (
        "FAILED specs/race.yaml::stuck::deadlock - is violated (1 step), expected: holds",
        "FAILED specs/race.yaml::hopeful::rises - holds, expected: violated",
        "FAILED specs/race.yaml::endless::deadlock - is undecided: the limit on states was",
        "FAILED specs/race.yaml::wrong::rises - ",
    ):
        assert line in summary


def test_a_mistake_in_a_model_shows_the_run_that_leads_there(everything: str) -> None:
    _, _, section = everything.partition("___ race [wrong]: rises ___")
    assert re.search(r"^models/race.py:22:?\d*: error: .*small", section, re.MULTILINE)
    assert "This happens in specs/race.yaml [wrong] after:" in section
    assert "  1  * begin" in section


def test_junit_has_a_test_case_per_property(everything: str, project: Path) -> None:
    cases = junit_cases(project / "out.xml")
    assert set(cases) == {f"specs.race.yaml.{name}" for name in PASSED | FAILED}
    wrong = {name.removeprefix("specs.race.yaml.") for name, c in cases.items() if len(c)}
    assert wrong == FAILED
    failure = cases["specs.race.yaml.stuck::deadlock"].find("failure")
    assert failure is not None
    assert failure.get("message") == "is violated (1 step), expected: holds"
    assert "  1  * begin" in (failure.text or "")


def test_processes_that_share_the_work_agree(everything: str, project: Path) -> None:
    arguments = ("--utcheck", "-n", "2", "-v", "--junitxml=shared.xml", "specs")
    status, text = pytest_in(project, *arguments, plugins=("pytest_utcheck", "xdist"))
    assert status == 1
    assert f"{len(FAILED)} failed, {len(PASSED)} passed" in text
    alone, shared = (junit_cases(project / name) for name in ("out.xml", "shared.xml"))
    assert set(alone) == set(shared)
    for name, case in alone.items():
        assert [one.attrib for one in case] == [one.attrib for one in shared[name]]
        assert [one.text for one in case] == [one.text for one in shared[name]]


@pytest.mark.parametrize(("arguments", "workers"), [((), "None"), (("-n", "2"), "1")])
def test_processes_that_share_the_work_share_the_processors(
    tmp_path: Path, arguments: tuple[str, ...], workers: str
) -> None:
    project = make(tmp_path / "p", conftest=COUNTS_WORKERS, few="model: models.race:Race\n")
    plugins = ("pytest_utcheck", "xdist")
    status, text = pytest_in(project, "--utcheck", *arguments, "specs", plugins=plugins)
    assert status == 0, text
    assert [path.name for path in project.glob("workers-*")] == [f"workers-{workers}"]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["specs", "-k", "stuck and deadlock"], {"stuck::deadlock"}),
        (
            ["specs/race.yaml::fine", "specs/race.yaml::sizes::rises"],
            {*(f"fine::{name}" for name in ("rises", *BUILT_IN)),
             *(f"sizes::rises[size={n}]" for n in (1, 2))},
        ),
        (
            ["specs/race.yaml::stuck::deadlock", "specs/race.yaml::sizes::rises[size=1]"],
            {"stuck::deadlock", "sizes::rises[size=1]"},
        ),
    ],
    ids=["words", "groups", "tests"],
)  # fmt: skip
def test_some_of_them(arguments: list[str], wanted: set[str], project: Path) -> None:
    status, text = pytest_in(project, "--utcheck", "--collect-only", "-q", *arguments)
    assert status == 0
    assert set(re.findall(r"^specs/race\.yaml::(.+)$", text, re.MULTILINE)) == wanted


def test_without_the_option_nothing_changes(project: Path) -> None:
    (project / "test_ordinary.py").write_text(
        "import sys\n\ndef test_one():\n    assert 'utcheck.pytest_plugin' not in sys.modules\n"
    )
    (project / "conftest.py").rename(project / "conftest.off")
    try:
        status, text = pytest_in(project, "-v")
    finally:
        (project / "conftest.off").rename(project / "conftest.py")
    assert status == 0
    assert "1 passed" in text
    assert "race" not in text


def test_broken_specs_are_errors_of_the_collection(tmp_path: Path) -> None:
    fine = "model: models.race:Race\nproperties: {rises: {reachable: flag}}\n"
    broken = "model: models.race:Race\nproperties:\n  a: {alwys: flag}\n  b: {never: flog}\n"
    hostile = 'model: models.race:Race\n"\\e[31mred": {never: flag}\n'
    make(tmp_path / "p", fine=fine, broken=broken, hostile=hostile)
    status, text = pytest_in(tmp_path / "p", "--utcheck", "--continue-on-collection-errors")
    assert status == 1
    assert "3 passed, 2 errors" in text
    assert "\nspecs/broken.yaml:3:7: error: unknown key 'alwys', did you mean 'always'?\n" in text
    assert "\nspecs/broken.yaml:4:14: error: " in text
    assert "\nspecs/hostile.yaml:2:1: error: " in text
    assert "\x1b" not in text
    assert "Traceback" not in text


def test_what_is_a_spec(tmp_path: Path) -> None:
    text = "model: models.race:Race\nproperties: {rises: {reachable: flag}}\n"
    project = make(tmp_path / "p", alone=text, **{".hidden": text})
    (project / "specs" / "other.yml").write_text(text)
    (project / "specs" / "notes.txt").write_text("no spec")
    (project / "more").mkdir()
    (project / "more" / ".given.yaml").write_text(text)
    given = ("specs", "more/.given.yaml")
    _, found = pytest_in(project, "--utcheck", "--collect-only", "-q", *given)
    assert re.findall(r"^(.*)::rises$", found, re.MULTILINE) == [
        "specs/alone.yaml",  # without cases, the properties stand below the spec itself
        "specs/other.yml",
        "more/.given.yaml",
    ]


def test_a_number_that_is_pinned_is_a_test(tmp_path: Path) -> None:
    """The flag is raised in the first of two steps, so that there are three states."""
    spec = SPEC.partition("cases:")[0] + (
        "cases:\n  a:\n    expect:\n      states: 3\n      transitions: 3\n"
        "      rises: {length: 2}\n"
        "  b: {matrix: {size: [1, 2]}, expect: {depth: 2}}\n"
    )
    code, text = pytest_in(make(tmp_path / "project", race=spec), "--utcheck", "specs", "-v")
    assert code == 1
    properties = {"rises", *BUILT_IN}
    assert ids(text, "PASSED") == {
        *(f"a::{name}" for name in (*properties, "states")),
        *(f"b::{name}[size={size}]" for size in (1, 2) for name in (*properties, "depth")),
    }
    failed = re.findall(r"^FAILED \S+?::(.*) - (.*)$", text, re.MULTILINE)
    assert failed == [
        ("a::transitions", "3 expected, 2 found: not as expected"),
        ("a::length of rises", "2 expected, 1 found: not as expected"),
    ]
    assert "\nrace [a]: transitions: 3 expected, 2 found: not as expected\n" in text
    assert "\nspecs/race.yaml:12: transitions" not in text
    first, second = text.split("race [a]: length of rises ____")
    assert "1  * begin" not in first
    assert "1  * begin" in second


def test_names_are_escaped(tmp_path: Path) -> None:
    text = (
        'model: models.race:Race\nproperties: {"a\\e[31mb": {never: flag}}\n'
        'cases: {"c\\nd": {}, "größe": {}}\n'
    )
    status, found = pytest_in(make(tmp_path / "p", names=text), "--utcheck", "-v", "specs")
    assert status == 1
    assert r"specs/names.yaml::c\nd::a\x1b[31mb FAILED" in found
    assert r"specs/names.yaml::größe::a\x1b[31mb FAILED" in found
    assert "\x1b" not in found


def test_an_interrupt_ends_the_run(tmp_path: Path) -> None:
    project = make(tmp_path / "p", race=SPEC, conftest=INTERRUPTS)
    status, text = pytest_in(project, "--utcheck", "specs")
    assert status == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in text
    assert "passed" not in text


def test_the_entry_point_imports_nothing_of_the_package() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (name,) = data["project"]["entry-points"]["pytest11"].values()
    assert {"pytest_addoption", "pytest_configure"} <= set(vars(import_module(name)))
    assert f"{name}.py" in data["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    code = f"import sys, {name}; assert not {{'utcheck', 'pytest', 'click'}} & set(sys.modules)"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
