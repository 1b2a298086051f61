"""SARIF 2.1.0, read by a strict reader written from the standard and its schema."""

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
    runs_of_another_length,
    two_cases,
    with_errors,
)
from tests.sample_outcomes import baseline, cut_short, fixed, violation
from tests.sample_traces import early_resume, lasso
from utcheck.errors import Finding, Place
from utcheck.outcome import Verdict
from utcheck.report.case import CaseReport, Status
from utcheck.report.sarif import sarif

# The objects that may come up, with the types of their members; `!` marks a member that must be
# there. `[x]` is an array of at least one x, `[x]*` one that may be empty, `{x}` a mapping to x.
# No other member is allowed.
OBJECTS = {
    "log": {"$schema": "absolute", "version!": "2.1.0", "runs!": "[run]*"},
    "run": {"tool!": "tool", "results": "[result]*", "columnKind": "unicodeCodePoints"},
    "tool": {"driver!": "driver"},
    "driver": {"name!": "text", "version": "text", "rules": "[rule]*"},
    "rule": {
        "id!": "text",
        "name": "text",
        "shortDescription": "message",
        "defaultConfiguration": "configuration",
        "properties": "bag",
    },
    "configuration": {"level": "none note warning error"},
    "result": {
        "ruleId": "text",
        "ruleIndex": "index",
        "kind": "notApplicable pass fail review open informational",
        "level": "none note warning error",
        "message!": "message",
        "locations": "[location]*",
        "relatedLocations": "[location]*",
        "partialFingerprints": "{text}",
        "codeFlows": "[codeFlow]*",
    },
    "message": {"text": "text"},
    "location": {"physicalLocation": "physical", "message": "message"},
    "physical": {"artifactLocation": "artifact", "region": "region"},
    "artifact": {"uri": "uri", "uriBaseId": "text"},
    "region": {"startLine": "positive", "startColumn": "positive"},
    "codeFlow": {"message": "message", "threadFlows!": "[threadFlow]"},
    "threadFlow": {"id": "text", "message": "message", "locations!": "[threadFlowLocation]"},
    "threadFlowLocation": {
        "location": "location",
        "executionOrder": "index",
        "nestingLevel": "index",
        "state": "{message}",
    },
}  # fmt: skip
# RFC 3986: an absolute URI of a file, or a relative reference that is a path without a colon in
# its first segment.
PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-F]{2})"
URI = re.compile(rf"file:///(?:{PCHAR}|/)*|(?!/){PCHAR}+(?:/(?:{PCHAR})+)*")


def check(value: Any, kind: str) -> None:
    """Hold a value against a type."""
    if kind.startswith("["):
        assert isinstance(value, list)
        assert value or kind.endswith("*")
        for one in value:
            check(one, kind.strip("[]*"))
    elif kind.startswith("{"):
        assert isinstance(value, dict)
        for one in value.values():
            check(one, kind.strip("{}"))
    elif kind in OBJECTS:
        assert isinstance(value, dict)
        members = {name.rstrip("!"): of for name, of in OBJECTS[kind].items()}
        assert set(value) <= set(members), set(value) - set(members)
        assert {name[:-1] for name in OBJECTS[kind] if name.endswith("!")} <= set(value)
        for name, one in value.items():
            check(one, members[name])
    else:
        check_scalar(value, kind)


def check_scalar(value: Any, kind: str) -> None:
    if kind in ("index", "positive"):
        assert type(value) is int
        assert value >= (kind == "positive")
    elif kind == "bag":
        assert isinstance(value, dict)
    elif kind == "text":
        assert isinstance(value, str)
    elif kind == "absolute":
        assert value.startswith("https://")
    elif kind == "uri":
        assert URI.fullmatch(value), value
    else:
        assert value in kind.split()


def read(text: str) -> dict[str, Any]:
    """Parse a log and hold it against the schema and the sentences of the standard."""
    assert not re.search(r"[^\n\x20-\x7e]", text)
    log: dict[str, Any] = json.loads(text)
    check(log, "log")
    run: dict[str, Any]
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    fingerprints = set()
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]  # 3.27.6
        assert (result["level"] == "none") == (result["kind"] != "fail")  # 3.27.10
        (fingerprint,) = result["partialFingerprints"].values()
        assert re.fullmatch("[0-9a-f]{64}", fingerprint)
        fingerprints.add(fingerprint)
        for flow in result.get("codeFlows", []):
            read_flow(flow)
    assert len(fingerprints) == len(run["results"])
    for message in found(log, "text"):
        assert message  # 3.11.2
        assert message.isprintable()
        assert not re.search("[{}]", re.sub(r"\{\{|\}\}", "", message))  # 3.11.5
        assert "](" not in message  # 3.11.6
    for artifact in found(log, "artifactLocation"):  # 3.4.4
        assert ("uriBaseId" in artifact) == (not artifact["uri"].startswith("file:"))
    return run


def read_flow(flow: dict[str, Any]) -> None:
    """Check that the numbers of the steps are one sequence, in order in each process."""
    orders = [
        [one["executionOrder"] for one in thread["locations"]] for thread in flow["threadFlows"]
    ]
    assert all(order == sorted(order) for order in orders)
    numbers = sorted(number for order in orders for number in order)
    assert numbers == list(range(1, len(numbers) + 1))


def found(value: Any, name: str) -> list[Any]:
    """Return every member of this name, at any depth."""
    if isinstance(value, list):
        return [one for inner in value for one in found(inner, name)]
    if not isinstance(value, dict):
        return []
    here = [value[name]] if name in value else []
    return here + [one for inner in value.values() for one in found(inner, name)]


def written(reports: list[CaseReport], errors: list[Finding] | None = None) -> dict[str, Any]:
    return read(sarif(reports, errors or [], version="0.1.0"))


def test_two_cases_look_like_their_golden_file() -> None:
    text = sarif(two_cases(), version="0.1.0")
    read(text)
    assert_golden("report/two_cases.sarif", text)


def test_errors_and_a_lasso_look_like_their_golden_file() -> None:
    text = sarif(*with_errors(), version="0.1.0")
    read(text)
    assert_golden("report/with_errors.sarif", text)


def test_rules_are_properties_and_results_are_what_is_not_expected() -> None:
    run = written([baseline(), cut_short(), fixed()])
    rules = run["tool"]["driver"]["rules"]
    names = ["resume-resumes", "never-runs-while-stopped", "vacuous", "can-report", "deadlock",
             "assertions"]  # fmt: skip
    assert [rule["name"] for rule in rules] == names
    assert rules[0]["id"] == "specs/early_resume.yaml:resume-resumes"
    assert rules[0]["shortDescription"]["text"] == "a RESUME after STOP always resumes"
    results = [(one["ruleId"].split(":")[1], one["kind"]) for one in run["results"]]
    assert results == [
        ("deadlock", "fail"),
        ("resume-resumes", "open"),
        ("never-runs-while-stopped", "open"),
    ]


def test_a_thread_flow_per_process_at_the_lines_of_the_model() -> None:
    run = written([violation(early_resume())])
    assert run["results"] == []  # it is expected
    run = written([replace(violation(early_resume()), expected={}, lines={"resume-resumes": 7})])
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "specs/early_resume.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }
    (flow,) = result["codeFlows"]
    steps = {
        thread["id"]: [
            (one["executionOrder"], one["location"]["physicalLocation"]["region"]["startLine"])
            for one in thread["locations"]
        ]
        for thread in flow["threadFlows"]
    }
    assert steps == {"p": [(1, 21), (4, 24), (5, 27), (6, 29), (7, 31)], "vm": [(2, 41), (3, 44)]}
    first = flow["threadFlows"][0]["locations"][0]
    assert first["location"]["message"]["text"] == (
        "Step 1, p: report_syscall_entry; event: False -> True"
    )
    assert first["state"] == {"event": {"text": "True"}}
    end = result["relatedLocations"][0]["physicalLocation"]["region"]
    assert end == {"startLine": 31}


def test_a_lasso_says_which_steps_repeat() -> None:
    run = written([replace(violation(lasso()), expected={})])
    (flow,) = run["results"][0]["codeFlows"]
    assert flow["message"]["text"] == (
        "A lasso of 6 steps, in which those from step 3 on repeat for ever."
    )


def test_a_process_that_takes_no_step_has_no_flow_and_a_run_without_steps_none_at_all() -> None:
    run = written([replace(violation(lasso()), expected={})])
    (flow,) = run["results"][0]["codeFlows"]
    assert [thread["id"] for thread in flow["threadFlows"]] == ["left", "right"]
    still = replace(lasso(), steps=(), cycle=None)
    (result,) = written([replace(violation(still), expected={})])["results"]
    assert "codeFlows" not in result


def test_fingerprints_stay_when_lines_move() -> None:
    moved = replace(baseline(), lines={"deadlock": 99})
    marks = {
        case["results"][0]["partialFingerprints"]["utcheckVerdict/v1"]
        for case in (written([baseline()]), written([moved]))
    }
    assert len(marks) == 1
    other = written([replace(baseline(), case="other")])["results"][0]["partialFingerprints"]
    assert other["utcheckVerdict/v1"] not in marks


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("specs/x.yaml", "specs/x.yaml"),
        ("./specs//x.yaml", "specs/x.yaml"),
        ("/abs/x y.yaml", "file:///abs/x%20y.yaml"),
        ("//host/x", "file:////host/x"),
        ("a:b/c", "a%3Ab/c"),
        ("caf\u00e9#?%.yaml", "caf%C3%A9%23%3F%25.yaml"),
        ("", "."),
        ("\ud800", "%ED%A0%80"),
    ],
)
def test_a_path_becomes_a_uri(path: str, uri: str) -> None:
    (result,) = written([], [Finding(Place(path, 1), "wrong")])["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_text(text: str) -> None:
    run = written([hostile_report(text)], hostile_errors(text))
    kinds = ["fail"] * 5 + ["open", "fail"] + ["open"] * 3
    assert [one["kind"] for one in run["results"]] == kinds
    assert [one["ruleId"] for one in run["results"]][-3:] == ["utcheck/pin"] * 3
    assert len(found(run, "threadFlows")) == 1


@thorough
@given(reports(), findings)
def test_any_report_is_valid(report: CaseReport, errors: list[Finding]) -> None:
    run = written([report], errors)
    pins = [pin for pin in report.pins if report.pin_status(pin) is not Status.EXPECTED]
    verdicts = len(report.unexpected) + len(report.undecided)
    assert len(run["results"]) == verdicts + len(pins) + len(errors)
    flows = sum(
        result.verdict is Verdict.VIOLATED
        and result.name in report.unexpected
        and result.trace is not None
        and len(result.trace) > 0
        for result in report.outcome
    )
    assert len(found(run, "threadFlows")) == flows + runs_of_another_length(report)
