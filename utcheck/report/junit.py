"""Results as JUnit XML: a test suite per spec, a test case per property and pin of each case.

The elements and attributes are those of the schema `junit-10.xsd` of Jenkins, which other readers
take too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from utcheck.errors import Finding
from utcheck.outcome import Pin
from utcheck.report.case import CaseReport, Checked
from utcheck.report.complaints import (
    Grade,
    explanation,
    grade,
    headline,
    hit_limit,
    one_line,
    path_of,
)
from utcheck.report.text import Chart


def junit(
    reports: Sequence[CaseReport],
    errors: Sequence[Finding] = (),
    *,
    chart: Chart,
    timing: bool = True,
) -> str:
    """Return the results as XML.

    A verdict that is not expected is a failure, with the chart in its text; a property that a limit
    left undecided is an error of the type `inconclusive`, one that was undecided when the run was
    interrupted is skipped, and the errors of a spec are errors. Numbers that a spec expects are
    test cases too. One search answers everything about a case, so that each has an equal part of
    its time; without `timing` there is no time.
    """
    root = ET.Element("testsuites", name="utcheck")
    for spec, cases in groupby(reports, lambda report: report.spec):
        root.append(_suite(spec, list(cases), chart, timing))
    for path, findings in groupby(errors, lambda error: error.place.path):
        root.append(_suite_of_errors(path, list(findings)))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    if timing:
        root.set("time", _time(sum(report.outcome.statistics.seconds for report in reports)))
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(spec: str, reports: Sequence[CaseReport], chart: Chart, timing: bool) -> ET.Element:
    suite = ET.Element("testsuite", name=one_line(spec))
    properties = ET.SubElement(suite, "properties")
    for report in reports:
        for name, value in _numbers(report):
            ET.SubElement(properties, "property", name=one_line(name), value=one_line(value))
        seconds = report.outcome.statistics.seconds / max(1, len(report.checked))
        for one in report.checked:
            test = _test(report, one, chart)
            if timing:
                test.set("time", _time(seconds))
            suite.append(test)
    if timing:
        suite.set("time", _time(sum(report.outcome.statistics.seconds for report in reports)))
    return _counted(suite)


def _suite_of_errors(path: str, errors: Sequence[Finding]) -> ET.Element:
    suite = ET.Element("testsuite", name=one_line(path))
    for error in errors:
        name = path_of(error.place)
        where = ":".join(str(part) for part in (name, error.place.line, error.place.column) if part)
        test = ET.SubElement(suite, "testcase", classname=name, name=where)
        message = one_line(error.message)
        ET.SubElement(test, "error", type="error", message=message).text = f"{where}: {message}"
    return _counted(suite)


def _counted(suite: ET.Element) -> ET.Element:
    for name, path in (
        ("tests", "testcase"),
        ("failures", "testcase/failure"),
        ("errors", "testcase/error"),
        ("skipped", "testcase/skipped"),
    ):
        suite.set(name, str(len(suite.findall(path))))
    return suite


def _numbers(report: CaseReport) -> Iterator[tuple[str, str]]:
    """Yield what a reader may want to compare with the run before."""
    prefix = f"{report.case}: " if report.case else ""
    outcome = report.outcome
    for name in ("states", "transitions", "deadlocks", "depth"):
        yield prefix + name, str(getattr(outcome.statistics, name))
    yield f"{prefix}engine", outcome.engine


def _test(report: CaseReport, one: Checked, chart: Chart) -> ET.Element:
    where = f"{report.spec} [{report.case}]" if report.case else report.spec
    test = ET.Element("testcase", classname=one_line(where), name=one_line(one.name))
    found = grade(report, one)
    if found is None:
        return test
    if found is Grade.UNEXPECTED:
        tag, kind = "failure", "pin" if isinstance(one, Pin) else str(one.verdict)
    elif hit_limit(report):
        tag, kind = "error", "inconclusive"
    else:
        tag, kind = "skipped", "inconclusive"
    text = "\n".join(explanation(report, one, chart))
    ET.SubElement(test, tag, type=kind, message=headline(report, one)).text = text
    return test


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"
