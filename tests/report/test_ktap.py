"""KTAP, read by a strict reader of version 1, with what kunit.py does to lines beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given

from tests.golden_files import assert_golden
from tests.random_traces import reports, thorough
from tests.report.hostile import (
    HOSTILE,
    findings,
    hostile_errors,
    hostile_report,
    pins_that_are,
    two_cases,
    with_errors,
)
from tests.sample_outcomes import baseline, cut_short, fixed
from utcheck.errors import Finding
from utcheck.outcome import StopReason
from utcheck.render.chart import chart
from utcheck.report.case import CaseReport, Status
from utcheck.report.ktap import ktap

# Names without `#` that do not begin like the optional dash, and the directives of version 1, with
# texts in which kunit.py, which looks for ` # SKIP` anywhere, finds none.
RESULT = re.compile(
    r"(ok|not ok) ([1-9][0-9]*) ((?!- )[^# ](?:[^#]*[^# ])?)"
    r"(?: # (SKIP|TODO|XFAIL|TIMEOUT|ERROR)(?: ([^# ][^#]*))?)?"
)
TOTALS = re.compile(r"# Totals: pass:(\d+) fail:(\d+) xfail:(\d+) xpass:0 skip:(\d+) error:(\d+)")
# What kunit.py looks for anywhere in a line, and at the beginning of one.
KUNIT_END = re.compile(
    "List of all partitions:|Kernel panic - not syncing: VFS:|reboot: System halted"
)
KUNIT_NO_DIAGNOSTIC = re.compile(r"\s*(# Subtest: |(not )?ok [0-9]+ |(K?TAP version|1\.\.)[0-9 ]*)")


@dataclass
class Result:
    """One test as it was read."""

    ok: bool
    name: str
    directive: str
    diagnostics: list[str]
    subtests: list[Result] = field(default_factory=list)

    def leaves(self) -> Iterator[Result]:
        """Yield the tests that have no subtests."""
        yield from (
            (leaf for one in self.subtests for leaf in one.leaves()) if self.subtests else [self]
        )


def read(text: str) -> list[Result]:
    """Read a whole document; its totals must be those of its tests."""
    assert text.isascii()
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    assert not any(re.search(r"[^\x20-\x7e]| $", line) for line in lines)
    assert not any(KUNIT_END.search(line) for line in lines)
    *lines, last = lines
    totals = TOTALS.fullmatch(last)
    assert totals
    results, left = read_block(lines, "")
    assert not left
    kinds = [kind(leaf) for result in results for leaf in result.leaves()]
    names = ("pass", "fail", "xfail", "skip", "error")
    assert [int(number) for number in totals.groups()] == [kinds.count(name) for name in names]
    return results


def kind(result: Result) -> str:
    names = {"XFAIL": "xfail", "SKIP": "skip", "TIMEOUT": "error", "ERROR": "error"}
    return names.get(result.directive.split(" ")[0], "pass" if result.ok else "fail")


def read_block(lines: Sequence[str], indent: str) -> tuple[list[Result], Sequence[str]]:
    """Read a version line, a plan and as many results as it says, and return what follows."""
    assert lines[0] == f"{indent}KTAP version 1"
    plan = re.fullmatch(rf"{indent}1\.\.([0-9]+)", lines[1])
    assert plan
    results: list[Result] = []
    subtests: list[Result] = []
    diagnostics: list[str] = []
    lines = lines[2:]
    while len(results) < int(plan[1]):
        if lines[0] == f"{indent}  KTAP version 1":
            assert not subtests
            assert not diagnostics
            subtests, lines = read_block(lines, f"{indent}  ")
            continue
        line, lines = lines[0], lines[1:]
        assert line.startswith(indent)
        line = line[len(indent) :]
        if line.startswith("#"):
            assert not KUNIT_NO_DIAGNOSTIC.match(line)
            diagnostics.append(line.removeprefix("#").removeprefix(" "))
            continue
        match = RESULT.fullmatch(line)
        assert match, line
        assert int(match[2]) == len(results) + 1
        result = Result(match[1] == "ok", match[3], match[4] or "", diagnostics, subtests)
        assert not subtests or result.ok == all(one.ok for one in subtests)
        assert result.directive != "XFAIL" or result.ok
        assert result.directive not in ("TIMEOUT", "ERROR") or not result.ok
        results.append(result)
        subtests, diagnostics = [], []
    return results, lines


def written(reports: list[CaseReport], errors: list[Finding] | None = None) -> list[Result]:
    return read(ktap(reports, errors or [], chart=chart))


def test_two_cases_look_like_their_golden_file() -> None:
    text = ktap(two_cases(), chart=chart)
    read(text)
    assert_golden("report/two_cases.ktap", text)


def test_errors_and_a_surprise_look_like_their_golden_file() -> None:
    text = ktap(*with_errors(), chart=chart)
    read(text)
    assert_golden("report/with_errors.ktap", text)


def test_a_spec_is_a_test_whose_subtests_are_cases_with_properties_below_them() -> None:
    (spec,) = written([baseline(), fixed()])
    assert spec.name == "specs/early_resume.yaml"
    assert [case.name for case in spec.subtests] == ["baseline", "fix-2A"]
    assert [case.ok for case in spec.subtests] == [False, True]
    assert [one.name for one in spec.subtests[1].subtests] == ["can-report", "deadlock"]


def test_a_spec_without_cases_has_its_properties_below_it() -> None:
    (spec,) = written([replace(fixed(), case="")])
    assert [one.name for one in spec.subtests] == ["can-report", "deadlock"]
    assert not any(one.subtests for one in spec.subtests)


def test_verdicts_become_results() -> None:
    (spec,) = written([baseline()])
    results = [(one.name, one.ok, one.directive) for one in spec.subtests[0].subtests]
    assert results == [
        ("resume-resumes", True, "XFAIL"),
        ("never-runs-while-stopped", True, ""),
        ("vacuous", True, ""),
        ("can-report", True, ""),
        ("deadlock", False, ""),
        ("assertions", True, ""),
    ]
    trace = baseline().outcome["deadlock"].trace
    assert trace is not None
    assert chart(trace).rstrip() in "\n".join(spec.subtests[0].subtests[4].diagnostics)
    assert spec.subtests[0].subtests[0].diagnostics == []


def test_a_limit_is_a_timeout_that_is_not_ok() -> None:
    text = ktap([cut_short()], chart=chart)
    (spec,) = read(text)
    assert not spec.ok
    assert [one.directive for one in spec.subtests[0].subtests] == ["TIMEOUT"] * 2
    assert f"not ok 1 resume-resumes # TIMEOUT {StopReason.STATES}\n" in text


def test_what_an_interrupt_left_undecided_is_skipped() -> None:
    case = cut_short()
    case = replace(case, outcome=replace(case.outcome, stop=StopReason.INTERRUPTED))
    (spec,) = written([case])
    assert [(one.ok, one.directive) for one in spec.subtests[0].subtests] == [(True, "SKIP")] * 2


def test_errors_are_tests_of_their_own() -> None:
    _, _, broken, nothing = written(*with_errors())
    assert (broken.name, broken.ok, broken.directive) == ("specs/broken.yaml", False, "ERROR")
    assert broken.diagnostics == [
        "specs/broken.yaml:3:1: error: unknown key 'titel', did you mean 'title'?",
        "specs/broken.yaml:9:5: error: the key 'model' is missing",
    ]
    assert (nothing.name, nothing.ok) == ("utcheck", False)


def test_a_case_without_properties_is_skipped() -> None:
    case = replace(fixed(), outcome=replace(fixed().outcome, properties=()))
    (spec,) = written([case])
    assert [(one.ok, one.directive) for one in spec.subtests] == [(True, "SKIP")]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a # SKIP b", r"a \x23 SKIP b"),
        ("- dash", r"\x2d dash"),
        ("", "(no name)"),
        ("reboot: System halted", r"reboot\x3a System halted"),
        ("a\nnot ok 2 b", "a not ok 2 b"),
    ],
)
def test_a_name_is_escaped(name: str, shown: str) -> None:
    case = fixed()
    found = (replace(case.outcome.properties[0], name=name),)
    (spec,) = written([replace(case, outcome=replace(case.outcome, properties=found))])
    assert spec.subtests[0].subtests[0].name == shown


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_text(text: str) -> None:
    spec, *broken = written([hostile_report(text)], hostile_errors(text))
    properties = spec.subtests[0].subtests if spec.subtests[0].subtests else spec.subtests
    kinds = ["fail", "xfail", "fail", "error", "pass", "fail", *["error"] * 3]
    assert [kind(one) for one in properties] == kinds
    assert [kind(one) for one in broken] == ["error"] * 2


@thorough
@given(reports(), findings)
def test_any_report_is_valid(report: CaseReport, errors: list[Finding]) -> None:
    spec, *broken = written([report], errors)
    results = [leaf for leaf in spec.leaves() if report.checked]
    assert len(results) == len(report.outcome.properties) + len(report.pins)
    wrong = len(report.unexpected) + len(pins_that_are(Status.UNEXPECTED, report))
    assert sum(kind(one) == "fail" for one in results) == wrong
    assert not any(one.ok for one in broken)
