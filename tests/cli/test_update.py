"""`utcheck run --update-expected`: what is written into a spec, and that nothing else is."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.spec.project import own_modules
from utcheck.check import check
from utcheck.cli import checking
from utcheck.cli.main import status
from utcheck.errors import InternalError

# With `limit` steps that count and one at the end there are limit + 2 states, limit + 1 transitions
# and no deadlock, and the depth is limit + 1; who waits for ever does not take the last step. The
# counterexample of `low` has 2 steps, the run to `top` has `limit`.
MODEL = """
from typing import Annotated

from utcheck import Model, Range, param, process, when


class Count(Model):
    limit: int = param(3, ge=0, le=9)
    wait: bool = param(False)
    n: Annotated[int, Range(0, 9)] = 0

    @process
    def p(self):
        for _ in range(self.limit):
            yield "count"
            self.n += 1
        yield when(lambda: not self.wait, "end")
"""
HEAD = """\
# a remark
model: models.count:Count   # and one more
properties:
  low: {always: n < 2}
  top: {reachable: n == limit}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "project"
    for folder in ("models", "specs"):
        (root / folder).mkdir(parents=True)
    (root / "pyproject.toml").touch()
    (root / "models" / "count.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.chdir(root)
    with own_modules():
        yield root


def write(text: str | bytes, name: str = "specs/x.yaml") -> Path:
    path = Path(name)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def update(*options: str, spec: str = "specs") -> int:
    return status(["run", spec, "--update-expected", *options])


UPDATED = {
    "nothing is expected yet": (HEAD, f"{HEAD}expect: {{low: violated}}\n"),
    "there is no newline at the end": (HEAD[:-1], f"{HEAD}expect: {{low: violated}}"),
    "lines end as in DOS": (
        HEAD.replace("\n", "\r\n"), (f"{HEAD}expect: {{low: violated}}\n").replace("\n", "\r\n"),
    ),
    "there is a byte order mark": (
        f"\ufeff{HEAD}expect: {{states: 1}}", f"\ufeff{HEAD}expect: {{states: 5, low: violated}}",
    ),
    "a text and a remark stand at the end": (
        f"{HEAD}title: >+\n  a text\n  caf\u00e9 \U0001f642\nsource: |\n  a text\n# the end\n",
        f"{HEAD}title: >+\n  a text\n  caf\u00e9 \U0001f642\nsource: |\n  a text\n"
        "expect: {low: violated}\n# the end\n",
    ),
    "a word": (f"{HEAD}expect: holds # all\n", f"{HEAD}expect: {{low: violated}} # all\n"),
    "a word with quotes and an anchor": (
        f"{HEAD}expect: &all 'holds'\n", f"{HEAD}expect: &all {{low: violated}}\n",
    ),
    "quotes, remarks and a strange order": (
        f"{HEAD}expect: {{ 'low' : 'holds' ,states: 4,  \"depth\":  1 }}  # {{states: 4}}\n",
        f"{HEAD}expect: {{ 'low' : 'violated' ,states: 5,  \"depth\":  4 }}  # {{states: 4}}\n",
    ),
    "all counts, however they are written": (
        f"{HEAD}expect: {{states: 1_000, transitions: 0x9, deadlocks: 07, depth: +3, "
        "low: violated}\n",
        f"{HEAD}expect: {{states: 5, transitions: 4, deadlocks: 0, depth: 4, low: violated}}\n",
    ),
    "a block": (
        f"{HEAD}expect:\n    # before\n    states: 3   # too few\n\n    # after\nfairness: none\n",
        f"{HEAD}expect:\n    # before\n    states: 5   # too few\n    low: violated\n\n"
        "    # after\nfairness: none\n",
    ),
    "several lines in braces": (
        f"{HEAD}expect: {{\n  deadlock: holds, # a\n  states: 9, # b\n}}\n",
        f"{HEAD}expect: {{\n  deadlock: holds, # a\n  states: 5, low: violated, # b\n}}\n",
    ),
    "verdicts and lengths in mappings": (
        f"{HEAD}expect:\n  low: {{length: 9, verdict: violated}}\n  top:\n    length: 0 # x\n",
        f"{HEAD}expect:\n  low: {{length: 2, verdict: violated}}\n  top:\n    length: 3 # x\n",
    ),
    "a verdict alone in a mapping": (
        f"{HEAD}expect: {{low: {{verdict: holds}}, deadlock: {{verdict: violated}}}}\n",
        f"{HEAD}expect: {{low: {{verdict: violated}}, deadlock: {{verdict: holds}}}}\n",
    ),
    "a length of a run that is gone": (
        f"{HEAD}params: {{limit: 1}}\n"
        "expect: {low: {verdict: violated, length: 2}, states: 1}\n",
        f"{HEAD}params: {{limit: 1}}\nexpect: {{low: holds, states: 3}}\n",
    ),
    "cases of every form": (
        f"{HEAD}cases:\n  a: {{}}\n  b: {{params: {{limit: 2}} }}  # b\n  c:\n"
        "    params: {limit: 1}\n  d:\n    params:\n      limit: 4 # four\n\n  # the last\n"
        "  e: {expect: { }, title: e}\n",
        f"{HEAD}cases:\n  a: {{expect: {{low: violated}}}}\n"
        "  b: {params: {limit: 2}, expect: {low: violated} }  # b\n  c:\n"
        "    params: {limit: 1}\n  d:\n    params:\n      limit: 4 # four\n"
        "    expect: {low: violated}\n\n  # the last\n  e: {expect: {low: violated }, title: e}\n",
    ),
    "an alias, which is right for both": (
        f"{HEAD}cases:\n  a:\n    expect: &e {{low: holds, states: 4}}\n  b: {{expect: *e}}\n",
        f"{HEAD}cases:\n  a:\n    expect: &e {{low: violated, states: 5}}\n  b: {{expect: *e}}\n",
    ),
    "a case that is taken over": (
        f"{HEAD}cases:\n  a: &a\n    title: t\n  b: {{<<: *a, fairness: none}}\n"
        "  c:\n    expect: {low: violated, states: 1}\n    <<: *a # c\n",
        f"{HEAD}cases:\n  a: &a\n    title: t\n    expect: {{low: violated}}\n"
        "  b: {<<: *a, fairness: none, expect: {low: violated}}\n"
        "  c:\n    expect: {low: violated, states: 5}\n    <<: *a # c\n",
    ),
    "an alias at the end": (
        f"{HEAD}cases:\n  a: {{params: &p {{limit: 2}}, expect: {{low: violated}}}}\n"
        "  b: {params: *p}\n  c:\n    params: *p # c\n",
        f"{HEAD}cases:\n  a: {{params: &p {{limit: 2}}, expect: {{low: violated}}}}\n"
        "  b: {params: *p, expect: {low: violated}}\n"
        "  c:\n    params: *p # c\n    expect: {low: violated}\n",
    ),
    "JSON": (
        '{"model": "models.count:Count", "properties": {"low": {"always": "n < 2"}},\n'
        ' "cases": {"a": {}, "b": {"expect": {"states": 1}}}}\n',
        '{"model": "models.count:Count", "properties": {"low": {"always": "n < 2"}},\n'
        ' "cases": {"a": {expect: {low: violated}}, '
        '"b": {"expect": {"states": 5, "low": "violated"}}}}\n',
    ),
    "names that need quotes": (
        "model: models.count:Count\nproperties: {'a: \"b\"': {always: n < 2}, 'on': {never: n > 1},"
        " states: {never: n > 2}}\n",
        "model: models.count:Count\nproperties: {'a: \"b\"': {always: n < 2}, 'on': {never: n > 1},"
        " states: {never: n > 2}}\nexpect: "
        '{"a: \\"b\\"": violated, "on": violated, states: violated}\n',
    ),
    "a property that is called like a count": (
        "model: models.count:Count\nproperties: {states: {always: n < 2}, depth: {never: n > 1}}\n"
        "expect: {states: holds, depth: {verdict: violated, length: 1}, transitions: 1}\n",
        "model: models.count:Count\nproperties: {states: {always: n < 2}, depth: {never: n > 1}}\n"
        "expect: {states: violated, depth: {verdict: violated, length: 2}, transitions: 4}\n",
    ),
    "a matrix that comes out alike": (
        f"{HEAD}cases:\n  a:\n    matrix: {{limit: [4, 5]}}\n"
        "    expect: {deadlocks: 3, low: {verdict: violated, length: 7}, assertions: violated}\n",
        f"{HEAD}cases:\n  a:\n    matrix: {{limit: [4, 5]}}\n"
        "    expect: {deadlocks: 0, low: {verdict: violated, length: 2}, assertions: holds}\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UPDATED)
def test_what_is_written_and_nothing_else(name: str) -> None:
    before, after = UPDATED[name]
    path = write(before)
    assert status(["run", "specs", "--no-cache"]) == 1
    assert path.read_bytes() == before.encode()  # nothing is written that was not asked for
    assert update() == 0
    assert path.read_bytes().decode() == after
    assert status(["run", "specs", "--no-cache"]) == 0
    assert update() == 0
    assert path.read_bytes().decode() == after
    assert os.listdir("specs") == ["x.yaml"]


REFUSED = {
    "cases that share a number": (
        f"{HEAD}cases:\n  a:\n    expect: &e {{low: violated, states: 5}}\n"
        "  b: {params: {limit: 4}, expect: *e}\n",
        "specs/x.yaml: error: not updated: this spec cannot be edited in place",
    ),
    "cases that share two numbers": (
        f"{HEAD}cases:\n  a:\n    expect: &e {{low: violated, states: 1}}\n"
        "  b: {params: {limit: 4}, expect: *e}\n",
        "specs/x.yaml:8:40: error: not updated: cases that share this by an alias would need",
    ),
    "properties that share a verdict": (
        f"{HEAD}expect: {{deadlock: &v holds, low: *v}}\n",
        "specs/x.yaml: error: not updated: this spec cannot be edited in place",
    ),
    "a text in lines": (
        f"{HEAD}expect:\n  low: >-\n    holds\n",
        "specs/x.yaml:7:8: error: not updated: this is written in a way that cannot be edited",
    ),
    "an escape": (
        f'{HEAD}expect: {{low: "h\\x6flds"}}\n',
        "specs/x.yaml:6:15: error: not updated: this is written in a way that cannot be edited",
    ),
    "a length in lines": (
        f"{HEAD}params: {{limit: 1}}\nexpect:\n  low:\n    verdict: violated\n    length: 2 # c\n",
        "specs/x.yaml:9:5: error: not updated: there is no run now that has a length; "
        "write 'holds' instead",
    ),
    "a key with a question mark": (
        f"{HEAD}expect:\n  ? states\n  : 5\n",
        "specs/x.yaml:7:3: error: not updated: nothing can be added to this safely",
    ),
    "an alias in a line of its own": (
        f"{HEAD}cases:\n  a: {{params: &p {{limit: 2}}, expect: {{low: violated}}}}\n"
        "  b:\n    params:\n      # c\n      *p\n",
        "specs/x.yaml:9:5: error: not updated: nothing can be added behind an alias",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_edited_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before, message = REFUSED[name]
    path = write(before)
    write(HEAD, "specs/other.yaml")
    assert update() == 2
    assert capsys.readouterr().err.split("\n")[1].startswith(message)
    assert path.read_bytes() == before.encode()
    assert Path("specs/other.yaml").read_text().endswith("expect: {low: violated}\n")


def test_what_was_changed_is_said_and_the_report_is_that_of_the_new_spec(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(
        f"{HEAD}cases:\n  a:\n    expect: {{states: 1200}}\n"
        "  b: {expect: {top: {length: 1}}}\n"
    )
    assert update("--json") == 0
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "specs/x.yaml:8: updated: [a] low: holds -> violated",
        "specs/x.yaml:8: updated: [a] states: 1200 -> 5",
        "specs/x.yaml:9: updated: [b] low: holds -> violated",
        "specs/x.yaml:9: updated: [b] length of top: 1 -> 3",
    ]
    reports = json.loads(out)["reports"]
    assert [report["status"] for report in reports] == ["as expected"] * 2
    assert [[pin["expected"] for pin in report["pins"]] for report in reports] == [[5], [3]]
    assert [report["lines"]["low"] for report in reports] == [4, 4]


def test_nothing_undecided_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(f"{HEAD}limits: {{states: 2}}\nexpect: {{states: 9, top: {{length: 1}}}}\n")
    before = path.read_bytes()
    assert update() == 3
    assert path.read_bytes() == before
    assert "? states: 9 expected, undecided\n" in capsys.readouterr().out


def test_what_is_decided_is_written_beside_what_is_not() -> None:
    path = write(f"{HEAD}limits: {{states: 3}}\nexpect: {{states: 9}}\n")
    assert update() == 3  # three states are enough for the counterexample
    assert path.read_text().endswith("expect: {states: 9, low: violated}\n")


def test_a_matrix_that_does_not_come_out_alike(capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        f"{HEAD}cases:\n  all:\n    matrix: {{limit: [1, 2]}}\n"
        "    expect: {states: 3, deadlocks: 2, top: {length: 2}}\n"
    )
    path = write(text)
    assert update() == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    same = "what a case with a matrix expects is the same in all combinations"
    assert lines == [
        f"specs/x.yaml:4: error: case 'all': not updated: low is holds in [all[limit=1]] and "
        f"violated in [all[limit=2]]; {same}",
        f"specs/x.yaml:9: error: case 'all': not updated: states is 3 in [all[limit=1]] and "
        f"4 in [all[limit=2]]; {same}",
        f"specs/x.yaml:9: error: case 'all': not updated: length of top is 1 in [all[limit=1]] and "
        f"2 in [all[limit=2]]; {same}",
    ]
    assert path.read_text() == text.replace("deadlocks: 2", "deadlocks: 0")


def test_a_part_of_a_matrix_is_not_enough(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(f"{HEAD}cases:\n  all: {{matrix: {{limit: [2, 3]}}}}\n")
    before = path.read_bytes()
    assert update("--case", "all[limit=2]") == 2
    assert "not all combinations of the matrix have been checked" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert update("--case", "all") == 0


def test_only_what_was_asked_for_is_written() -> None:
    expected = "{low: holds, top: {length: 1}, states: 1}"
    path = write(f"{HEAD}cases:\n  a: {{expect: {expected}}}\n  b: {{expect: {expected}}}\n")
    assert update("--case", "a", "--property", "top") == 0
    changed = expected.replace("length: 1", "length: 3")
    assert path.read_text() == (
        f"{HEAD}cases:\n  a: {{expect: {changed}}}\n  b: {{expect: {expected}}}\n"
    )


def test_several_processes_and_remembered_results() -> None:
    for name in ("a", "b", "c"):
        write(f"{HEAD}expect: {{states: 1}}\n", f"specs/{name}.yaml")
    assert status(["run", "specs"]) == 1
    assert update("--jobs", "2") == 0
    texts = {path.read_text() for path in Path("specs").iterdir()}
    assert texts == {f"{HEAD}expect: {{states: 5, low: violated}}\n"}


def test_the_old_file_stays_where_the_new_one_cannot_be_put(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    path = write(HEAD)
    monkeypatch.setattr(Path, "replace", full)
    assert update("--no-cache") == 2
    assert "cannot write to 'specs/x.yaml': No space left on device" in capsys.readouterr().err
    assert path.read_text() == HEAD
    assert os.listdir("specs") == ["x.yaml"]


def test_the_file_keeps_its_mode() -> None:
    path = write(HEAD)
    path.chmod(0o640)
    assert update() == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_inside_the_project_is_followed() -> None:
    target = write(HEAD, "models/target.yaml")
    link = Path("specs/x.yaml")
    link.symlink_to(Path("../models/target.yaml"))
    assert update() == 0
    assert link.is_symlink()
    assert target.read_text().endswith("expect: {low: violated}\n")


@pytest.mark.parametrize("whole", [False, True])
def test_a_link_out_of_the_project_is_not(
    whole: bool, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = project.parent / "other"
    project.rename(other)
    project.mkdir()
    (project / "pyproject.toml").touch()
    write(HEAD, str(other / "specs" / "x.yaml"))
    os.chdir(project)
    if whole:
        (project / "specs").symlink_to(other / "specs")
    else:
        (project / "specs").mkdir()
        (project / "specs" / "x.yaml").symlink_to(other / "specs" / "x.yaml")
    assert update(spec="specs/x.yaml") == 2
    assert "not updated: this is a link out of the project, to '" in capsys.readouterr().err
    assert (other / "specs" / "x.yaml").read_text() == HEAD


def test_a_project_below_a_link_is_the_project(project: Path) -> None:
    link = project.parent / "link"
    link.symlink_to(project)
    write(HEAD)
    assert update(spec=str(link / "specs" / "x.yaml")) == 0
    assert (project / "specs" / "x.yaml").read_text().endswith("expect: {low: violated}\n")


def test_a_file_that_was_changed_meanwhile_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(HEAD)

    def edited(*arguments: Any, **options: Any) -> Any:
        write(f"{HEAD}# edited\n")
        return check(*arguments, **options)

    monkeypatch.setattr(checking, "check", edited)
    assert update() == 2
    assert "not updated: the file was changed while it was checked" in capsys.readouterr().err
    assert path.read_text() == f"{HEAD}# edited\n"


def test_a_file_that_may_not_be_written_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(HEAD)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    assert update() == 2
    assert "not updated: the file may not be written" in capsys.readouterr().err
    assert path.read_text() == HEAD


@pytest.mark.parametrize("error", [KeyboardInterrupt, InternalError])
def test_nothing_is_written_where_not_everything_was_checked(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = write(HEAD, "specs/a.yaml"), write(HEAD, "specs/b.yaml")
    done: list[bool] = []

    def fail_later(*arguments: Any, **options: Any) -> Any:
        if done:
            raise error("oops")
        done.append(True)
        return check(*arguments, **options)

    monkeypatch.setattr(checking, "check", fail_later)
    assert update() == (130 if error is KeyboardInterrupt else 70)
    assert "no spec was updated, because not everything was checked" in capsys.readouterr().err
    assert [first.read_text(), second.read_text()] == [HEAD, HEAD]


def test_a_case_with_a_mistake_in_its_model_does_not_stop_the_others() -> None:
    mistake = MODEL.replace("self.n += 1", "self.n += 1 if self.limit < 9 else 10")
    Path("models/count.py").write_text(mistake, encoding="utf-8")
    path = write(f"{HEAD}cases:\n  a: {{}}\n  b: {{params: {{limit: 9}}}}\n")
    assert update() == 2
    assert path.read_text() == (
        f"{HEAD}cases:\n  a: {{expect: {{low: violated}}}}\n  b: {{params: {{limit: 9}}}}\n"
    )


def test_it_needs_every_result(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(HEAD)
    assert update("--fail-fast") == 2
    assert "--update-expected needs every result" in capsys.readouterr().err
    assert path.read_text() == HEAD


def test_a_spec_that_is_right_is_not_touched(capsys: pytest.CaptureFixture[str]) -> None:
    path = write(f"{HEAD}expect: {{low: violated, states: 5}}\n")
    os.utime(path, (1, 1))
    assert update() == 0
    assert path.stat().st_mtime == 1
    assert capsys.readouterr().err == ""


def test_names_in_what_is_said_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    name = "\\e[31m"
    write(f'model: models.count:Count\nproperties: {{"{name}": {{always: n < 2}}}}\n')
    assert update() == 0
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert r"\x1b[31m: holds -> violated" in err


def test_the_table_of_a_terminal_has_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    write(f"{HEAD}expect: {{low: violated, states: 5, depth: 1000, top: {{length: 3}}}}\n")
    assert status(["run", "specs", "--color", "always", "--width", "72"]) == 1
    plain = re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out)
    cells = [re.split(r"\s*[|\u2502]\s*", line)[1:-1] for line in plain.splitlines()]
    assert ["states", "5", "", ""] in cells
    assert ["depth", "4", "1,000", ""] in cells
    assert ["length of top", "3", "", ""] in cells
