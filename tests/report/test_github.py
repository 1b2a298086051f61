"""Workflow commands, read as the runner of GitHub Actions reads them, and the step summary."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

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
    runs_of_another_length,
    two_cases,
    with_errors,
)
from tests.sample_outcomes import baseline, cut_short, fixed, violation
from tests.sample_traces import early_resume
from utcheck.errors import Finding, Place
from utcheck.outcome import Verdict
from utcheck.plain import sentence
from utcheck.render.chart import chart
from utcheck.report.case import CaseReport, Status
from utcheck.report.github import LARGEST_SUMMARY, LONGEST_TITLE, github, step_summary

PROPERTIES = ("file", "line", "endLine", "col", "endColumn", "title")
ESCAPES = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}


@dataclass
class Annotation:
    """What the runner makes of a line."""

    level: str
    properties: dict[str, str]
    message: str


def unescape(text: str, known: str) -> str:
    """Undo escapes; a `%` that begins none of the known ones is a mistake of who wrote it."""
    assert re.fullmatch(f"(?:[^%\r\n]|{known})*", text), text
    return re.sub(known, lambda match: ESCAPES[match[0]], text)


def read_line(line: str) -> Annotation:
    """Read a command: up to the second `::` the name and the properties, then the message."""
    assert line.startswith("::")
    head, _, message = line[2:].partition("::")
    level, _, rest = head.partition(" ")
    assert level in ("error", "warning")
    properties = {}
    for pair in rest.split(","):
        name, equals, value = pair.partition("=")
        assert equals
        assert name in PROPERTIES
        assert name not in properties
        assert value
        assert ":" not in value
        properties[name] = unescape(value, "%25|%0D|%0A|%3A|%2C")
    for name in ("line", "col"):
        assert re.fullmatch("[1-9][0-9]*", properties.get(name, "1"))
    assert message
    return Annotation(level, properties, unescape(message, "%25|%0D|%0A"))


def read(text: str) -> list[Annotation]:
    """Read the output of a step in which every line must be a command."""
    assert text == "" or text.endswith("\n")
    lines = text.split("\n")[:-1]
    assert all(line.isprintable() for line in lines)
    return [read_line(line) for line in lines]


def written(reports: list[CaseReport], errors: list[Finding] | None = None) -> list[Annotation]:
    return read(github(reports, errors or []))


def outside_fences(summary: str) -> str:
    """Return a summary without what is in blocks of code, each of which must be closed."""
    outside, fence = [], ""
    for line in summary.split("\n"):
        match = re.match("(`{3,})[^`]*$", line)  # with more of them it is code in a line
        if fence:
            fence = "" if line == fence else fence
        elif match:
            fence = match[1]
            assert line == f"{fence}text"
        else:
            outside.append(line)
    assert fence == ""
    return "\n".join(outside)


def test_two_cases_look_like_their_golden_files() -> None:
    text = github(two_cases())
    read(text)
    assert_golden("report/two_cases.github.txt", text)
    assert_golden("report/two_cases.summary.md", step_summary(two_cases(), chart=chart))


def test_errors_and_a_surprise_look_like_their_golden_files() -> None:
    text = github(*with_errors())
    read(text)
    assert_golden("report/with_errors.github.txt", text)
    assert_golden("report/with_errors.summary.md", step_summary(*with_errors(), chart=chart))


def test_nothing_is_annotated_where_all_is_as_expected() -> None:
    assert github([fixed(), violation(early_resume())]) == ""


def test_a_counterexample_is_annotated_in_the_spec_and_where_it_ends_in_the_model() -> None:
    spec, model = written([replace(baseline(), lines={"deadlock": 22})])
    assert spec.level == model.level == "error"
    assert spec.properties == {
        "file": "specs/early_resume.yaml",
        "line": "22",
        "title": "early_resume [baseline]: deadlock",
    }
    assert spec.message == (
        "early_resume [baseline]: deadlock is violated (7 steps), expected: holds. Nothing can "
        "happen any more: p has not ended, and every process waits."
    )
    assert model.properties == {
        "file": "models/early_resume.py",
        "line": "31",
        "title": "early_resume [baseline]: deadlock",
    }
    assert model.message.startswith("The counterexample ends here, with step 7, p: 'utrace_stop'.")


def test_a_line_that_is_not_known_is_left_out() -> None:
    spec, _ = written([baseline()])
    assert "line" not in spec.properties


def test_a_violation_that_did_not_come_is_annotated_in_the_spec_alone() -> None:
    (spec,) = written([replace(fixed(), expected={"can-report": Verdict.VIOLATED})])
    assert spec.message.startswith("early_resume [fix-2A]: can-report holds, expected: violated. ")


def test_what_is_undecided_is_a_warning() -> None:
    assert [one.level for one in written([cut_short()])] == ["warning", "warning"]


def test_an_error_is_annotated_where_it_is() -> None:
    (error,) = written([], [Finding(Place("a,b:c%.yaml", 3, 5), "100% wrong: a, b")])
    assert error == Annotation(
        "error",
        {"file": "a,b:c%.yaml", "line": "3", "col": "5", "title": "utcheck"},
        "100% wrong: a, b.",
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_text(text: str) -> None:
    found = written([hostile_report(text)], hostile_errors(text))
    assert [one.level for one in found] == ["error"] * 6 + ["warning"] + ["error"] + ["warning"] * 3
    title = found[3].properties["title"]
    whole = sentence(f"{hostile_report(text).name}: {text}", unicode=True)
    assert title == whole or (len(title) == LONGEST_TITLE < len(whole) and title[-3:] == "...")
    assert len(title) <= LONGEST_TITLE
    summary = step_summary([hostile_report(text)], hostile_errors(text), chart=chart)
    outside = outside_fences(summary)
    assert all(line.isprintable() for line in outside.split("\n"))
    assert "<" not in re.sub("`[^`]*`", "", outside).replace("&lt;", "")
    assert summary.count("\n```") + summary.count("\n````") >= 8


@thorough
@given(reports(), findings)
def test_any_report_is_valid(report: CaseReport, errors: list[Finding]) -> None:
    found = written([report], errors)
    ends = sum(
        one.name in report.unexpected
        and one.verdict is Verdict.VIOLATED
        and one.trace is not None
        and len(one.trace) > 0
        for one in report.outcome
    )
    ends += runs_of_another_length(report)
    undecided = len(report.undecided) + len(pins_that_are(Status.UNDECIDED, report))
    unexpected = len(report.unexpected) + len(pins_that_are(Status.UNEXPECTED, report))
    assert len(found) == len(errors) + unexpected + undecided + ends
    assert sum(one.level == "warning" for one in found) == undecided
    summary = step_summary([report], errors, chart=chart)
    outside = outside_fences(summary)
    shown = unexpected + undecided
    assert sum(line.startswith("### ") for line in outside.split("\n")) == shown


def test_the_summary_says_what_came_out_and_draws_what_is_not_expected() -> None:
    summary = step_summary([baseline(), fixed()], chart=chart)
    assert summary.startswith(
        "**utcheck**: 2 cases: 1 as expected, 1 not as expected (early\\_resume \\[baseline\\]).\n"
    )
    assert "| baseline | 31 | resume-resumes (7), **deadlock (7)** |" in summary
    trace = baseline().outcome["deadlock"].trace
    assert trace is not None
    assert summary.count("```text\n") == 1
    assert f"{chart(trace)}```\n" in summary


def test_a_summary_is_never_too_large_to_be_shown() -> None:
    many = [replace(baseline(), spec=f"specs/{number}.yaml") for number in range(2000)]
    summary = step_summary(many, chart=chart)
    assert LARGEST_SUMMARY * 0.99 < len(summary.encode()) <= 2**20
    shown = summary.count("```text\n")
    assert summary.endswith(f"\nThere is no room for {2000 - shown:,} more.\n")
    outside_fences(summary)
    too_many = step_summary(many * 5, chart=chart)
    assert too_many == "**utcheck**: 10,000 cases, more than a summary has room for.\n"
