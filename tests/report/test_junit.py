"""JUnit XML, read by a strict reader of the schema `junit-10.xsd` of Jenkins."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

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
from utcheck.plain import sentence
from utcheck.render.chart import chart
from utcheck.report.case import CaseReport, Status
from utcheck.report.junit import junit

# For each element its attributes, those that it must have in capitals, and its children.
SCHEMA = {
    "testsuites": ("name time tests failures errors", "testsuite"),
    "testsuite": (
        "NAME TESTS FAILURES ERRORS group time skipped timestamp hostname id package file log url",
        "testsuite properties testcase system-out system-err",
    ),
    "properties": ("", "property"),
    "property": ("NAME VALUE", ""),
    "testcase": ("NAME time classname group", "skipped error failure system-out system-err"),
    "failure": ("type message", ""),
    "error": ("type message", ""),
    "skipped": ("type message", ""),
}
TEXT = ("failure", "error", "skipped")
COUNTED = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
SUREFIRE_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def read(text: str) -> ET.Element:
    """Parse a document and hold it against the schema; every count must be right."""
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    assert not re.search(r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    assert "<!" not in text  # neither a type nor an entity
    root = ET.fromstring(text.encode())  # noqa: S314  (so that there is nothing to expand)
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = SCHEMA[element.tag]
        assert {name.lower() for name in attributes.split()} >= set(element.attrib)
        assert {name.lower() for name in attributes.split() if name.isupper()} <= set(
            element.attrib
        )
        assert {child.tag for child in element} <= set(children.split())
        assert element.tag in TEXT or not (element.text or "").strip()
        assert not (element.tail or "").strip()
        if "time" in element.attrib:
            assert SUREFIRE_TIME.fullmatch(element.attrib["time"])
        for name, tag in COUNTED.items():
            if name in element.attrib:
                assert int(element.attrib[name]) == sum(1 for _ in element.iter(tag))
    return root


def written(reports: list[CaseReport], errors: list[Finding] | None = None) -> ET.Element:
    return read(junit(reports, errors or [], chart=chart))


def test_two_cases_look_like_their_golden_file() -> None:
    text = junit(two_cases(), chart=chart, timing=False)
    read(text)
    assert_golden("report/two_cases.junit.xml", text)


def test_errors_and_a_surprise_look_like_their_golden_file() -> None:
    text = junit(*with_errors(), chart=chart)
    read(text)
    assert_golden("report/with_errors.junit.xml", text)


def test_a_suite_per_spec_and_a_test_case_per_property_of_each_case() -> None:
    other = replace(fixed(), spec="specs/other.yaml", case="")
    root = written([baseline(), cut_short(), other])
    suites = {suite.attrib["name"]: suite for suite in root}
    assert list(suites) == ["specs/early_resume.yaml", "specs/other.yaml"]
    tests = suites["specs/early_resume.yaml"].findall("testcase")
    assert [test.attrib["name"] for test in tests] == [
        result.name for report in (baseline(), cut_short()) for result in report.outcome
    ]
    assert tests[0].attrib["classname"] == "specs/early_resume.yaml [baseline]"
    assert suites["specs/other.yaml"][1].attrib["classname"] == "specs/other.yaml"


def test_only_what_is_not_expected_is_a_failure_and_has_the_chart() -> None:
    root = written([baseline()])
    (failure,) = root.iter("failure")
    (test,) = [test for test in root.iter("testcase") if len(test)]
    assert test.attrib["name"] == "deadlock"
    assert failure.attrib == {
        "type": "violated",
        "message": "early_resume [baseline]: deadlock is violated (7 steps), expected: holds",
    }
    trace = baseline().outcome["deadlock"].trace
    assert trace is not None
    assert failure.text is not None
    assert chart(trace).rstrip() in failure.text


def test_a_violation_that_did_not_come_is_a_failure() -> None:
    (failure,) = written([replace(fixed(), expected={"deadlock": "violated"})]).iter("failure")  # type: ignore[dict-item]
    assert failure.attrib["type"] == "holds"
    assert failure.attrib["message"] == (
        "early_resume [fix-2A]: deadlock holds, expected: violated"
    )


@pytest.mark.parametrize("stop", [StopReason.STATES, StopReason.SECONDS, StopReason.MEMORY])
def test_what_a_limit_left_undecided_is_an_error(stop: StopReason) -> None:
    case = cut_short()
    root = written([replace(case, outcome=replace(case.outcome, stop=stop))])
    errors = list(root.iter("error"))
    assert [error.attrib["type"] for error in errors] == ["inconclusive"] * 2
    assert errors[0].attrib["message"] == (
        "early_resume [large]: resume-resumes is undecided: "
        "the limit on states was reached before every state was explored"
    )


def test_what_an_interrupt_left_undecided_is_skipped() -> None:
    case = cut_short()
    root = written([replace(case, outcome=replace(case.outcome, stop=StopReason.INTERRUPTED))])
    assert len(list(root.iter("skipped"))) == 2
    assert root.attrib["errors"] == "0"


def test_times_of_test_cases_add_up_to_that_of_their_suite() -> None:
    root = written([fixed(), baseline()])
    times = [float(test.attrib["time"]) for test in root.iter("testcase")]
    assert sum(times) == pytest.approx(4321.5123, abs=0.01)
    assert float(root[0].attrib["time"]) == pytest.approx(4321.5123, abs=0.01)
    assert "time" not in junit([fixed()], chart=chart, timing=False).split("name=", 1)[1]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_text(text: str) -> None:
    root = written([hostile_report(text)], hostile_errors(text))
    names = [test.attrib["name"] for test in root[0].findall("testcase")]
    assert names[1:6] == [sentence(f"{text} {n}", unicode=True) for n in range(2, 7)]
    pins = ["states", f"length of {text}", "length of no such property"]
    assert names[6:] == [sentence(pin, unicode=True) for pin in pins]
    assert root.attrib == {**root.attrib, "tests": "12", "failures": "3", "errors": "7"}


@thorough
@given(reports(), findings)
def test_any_report_is_valid(report: CaseReport, errors: list[Finding]) -> None:
    root = written([report], errors)
    tests = len(report.outcome.properties) + len(report.pins)
    assert len(list(root.iter("testcase"))) == tests + len(errors)
    undecided = len(report.undecided) + len(pins_that_are(Status.UNDECIDED, report))
    if report.outcome.stop in (StopReason.EXHAUSTED, StopReason.INTERRUPTED):
        assert int(root.attrib["errors"]) == len(errors)
    else:
        assert int(root.attrib["errors"]) == len(errors) + undecided
    wrong = pins_that_are(Status.UNEXPECTED, report)
    assert int(root.attrib["failures"]) == len(report.unexpected) + len(wrong)
