"""A Code Quality report, read by a strict reader of what GitLab documents."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from tests.golden_files import assert_golden
from tests.random_traces import reports, thorough
from tests.report.hostile import (
    HOSTILE,
    findings,
    hostile_errors,
    hostile_report,
    two_cases,
    with_errors,
)
from tests.sample_outcomes import baseline, cut_short, fixed
from utcheck.errors import Finding, Place
from utcheck.report.case import CaseReport, Status
from utcheck.report.gitlab import gitlab

MEMBERS = {"description", "check_name", "fingerprint", "severity", "location"}
SEVERITIES = ("info", "minor", "major", "critical", "blocker")


def read(text: str) -> list[dict[str, Any]]:
    """Read a report in which every member is one that GitLab knows, and none is missing."""
    assert not re.search(r"[^\n\x20-\x7e]", text)
    entries: list[dict[str, Any]] = json.loads(text)
    assert isinstance(entries, list)
    for entry in entries:
        assert set(entry) == MEMBERS
        assert entry["severity"] in SEVERITIES
        assert re.fullmatch("[0-9a-f]{64}", entry["fingerprint"])
        for name in ("description", "check_name"):
            assert entry[name].isprintable()
        assert entry["description"]
        assert set(entry["location"]) == {"path", "lines"}
        path = entry["location"]["path"]
        assert path
        assert path.isprintable()
        assert not path.startswith("./")
        assert set(entry["location"]["lines"]) == {"begin"}
        begin = entry["location"]["lines"]["begin"]
        assert type(begin) is int
        assert begin >= 1
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    return entries


def written(reports: list[CaseReport], errors: list[Finding] | None = None) -> list[dict[str, Any]]:
    return read(gitlab(reports, errors or []))


def test_two_cases_look_like_their_golden_file() -> None:
    text = gitlab(two_cases())
    read(text)
    assert_golden("report/two_cases.gitlab.json", text)


def test_errors_and_a_surprise_look_like_their_golden_file() -> None:
    text = gitlab(*with_errors())
    read(text)
    assert_golden("report/with_errors.gitlab.json", text)


def test_an_empty_array_where_all_is_as_expected() -> None:
    assert gitlab([fixed()]) == "[]\n"


def test_severity_and_place_of_each_complaint() -> None:
    case = replace(baseline(), spec="./specs//x.yaml", lines={"deadlock": 22})
    found = written([case, cut_short()], [Finding(Place("specs/y.yaml", 3), "wrong")])
    said = [
        (one["check_name"], one["severity"], one["location"]["path"], one["location"]["lines"])
        for one in found
    ]
    assert said == [
        ("utcheck", "blocker", "specs/y.yaml", {"begin": 3}),
        ("deadlock", "critical", "specs/x.yaml", {"begin": 22}),
        ("resume-resumes", "minor", "specs/early_resume.yaml", {"begin": 1}),
        ("never-runs-while-stopped", "minor", "specs/early_resume.yaml", {"begin": 1}),
    ]
    assert found[1]["description"] == (
        "x [baseline]: deadlock is violated (7 steps), expected: holds. Nothing can happen any "
        "more: p has not ended, and every process waits."
    )


def test_a_complaint_is_known_again_when_its_line_or_its_trace_changes() -> None:
    (before,) = written([replace(baseline(), lines={"deadlock": 1})])
    shorter = replace(baseline().outcome["deadlock"], trace=None)
    found = (shorter,)
    case = replace(baseline(), outcome=replace(baseline().outcome, properties=found))
    (after,) = written([replace(case, lines={"deadlock": 50})])
    assert before["fingerprint"] == after["fingerprint"]
    assert before != after


def test_two_errors_that_are_alike_are_two() -> None:
    errors = [Finding(Place("x.yaml", line), "wrong") for line in (1, 2)]
    assert len(written([], errors)) == 2


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_text(text: str) -> None:
    found = written([hostile_report(text)], hostile_errors(text))
    assert [one["severity"] for one in found] == (
        ["blocker"] * 3 + ["critical"] * 2 + ["minor"] + ["critical"] + ["minor"] * 3
    )


@thorough
@given(reports(), findings)
def test_any_report_is_valid(report: CaseReport, errors: list[Finding]) -> None:
    found = written([report], errors)
    pins = [pin for pin in report.pins if report.pin_status(pin) is not Status.EXPECTED]
    verdicts = len(report.unexpected) + len(report.undecided)
    assert len(found) == len(errors) + verdicts + len(pins)
