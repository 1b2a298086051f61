from __future__ import annotations

import json
from enum import Enum
from typing import Any

import pytest
from hypothesis import given

from tests.golden_files import assert_golden
from tests.random_traces import json_values, reports, thorough
from tests.report.hostile import two_cases
from tests.sample_outcomes import baseline, cut_short, fixed
from utcheck.errors import UsageError
from utcheck.render.chart import chart
from utcheck.report.case import CaseReport
from utcheck.report.json import from_json, to_json
from utcheck.report.text import report_text


class Colour(Enum):
    RED = 1


def through_a_file(report: CaseReport, **options: bool) -> CaseReport:
    """Write the report as JSON and read it back."""
    (again,) = from_json(json.loads(json.dumps(to_json([report], version="0", **options))))
    return again


def with_parameter(value: object) -> dict[str, Any]:
    """Return a document about a case with this value of a parameter."""
    data = to_json([fixed()], version="0")
    data["reports"][0]["outcome"]["parameters"] = {"it": value}
    return data


def test_document_looks_like_its_golden_file() -> None:
    data = to_json(two_cases(), version="0.1.0", timing=False)
    assert_golden("report/two_cases.json", json.dumps(data, indent=2) + "\n")


@pytest.mark.parametrize("report", [baseline(), fixed(), cut_short()], ids=lambda one: one.case)
def test_samples_are_read_back_equal(report: CaseReport) -> None:
    assert through_a_file(report) == report


@thorough
@given(reports(json_values))
def test_what_json_can_hold_is_read_back_equal(report: CaseReport) -> None:
    assert through_a_file(report) == report


@thorough
@given(reports())
def test_what_json_cannot_hold_is_shown_alike(report: CaseReport) -> None:
    again = through_a_file(report)
    assert report_text([again], chart=chart) == report_text([report], chart=chart)
    assert to_json([again], version="0") == to_json([report], version="0")


def test_without_timing_the_document_is_the_same_from_run_to_run() -> None:
    data = to_json([baseline()], version="0", timing=False)
    statistics = data["reports"][0]["outcome"]["statistics"]
    assert statistics == {
        "states": 31,
        "transitions": 47,
        "deadlocks": 1,
        "depth": 9,
        "initial_states": 1,
    }
    assert through_a_file(baseline(), timing=False).outcome.statistics.seconds == 0


def test_values_are_written_by_the_documented_rule() -> None:
    values = {
        None: None,
        True: True,
        2**80: 2**80,
        "x": "x",
        1.5: 1.5,
        (1, (2,)): [1, [2]],
        frozenset({"b", 3, "a", 2}): {"set": [2, 3, "a", "b"]},
        Colour.RED: {"repr": "Colour.RED"},
        float("inf"): {"repr": "inf"},
        range(3): {"repr": "range(0, 3)"},
    }
    (report,) = from_json(with_parameter(None))
    for value, written in values.items():
        report.outcome.parameters["it"] = value  # type: ignore[index]
        data = to_json([report], version="0")
        assert data["reports"][0]["outcome"]["parameters"] == {"it": written}
        if not isinstance(written, dict):
            assert through_a_file(report).outcome.parameters["it"] == value


def test_members_that_are_not_known_are_ignored() -> None:
    data = to_json([fixed()], version="9", timing=True)
    data["reports"][0]["outcome"]["colour"] = data["comment"] = "red"
    assert from_json(data) == [fixed()]


@pytest.mark.parametrize("data", [None, [], {}, {"schema": 2, "reports": []}])
def test_another_schema_is_refused(data: object) -> None:
    with pytest.raises(UsageError, match="not a result of utcheck that this version reads"):
        from_json(data)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["reports"], None, r"reports should be list, not None"),
        (["reports", 0, "case"], 3, r"reports\[0\].case should be str, not 3"),
        (["reports", 0, "outcome", "stop"], "tired", r"outcome.stop should be one of exhausted, "),
        (["reports", 0, "expected", "x"], "fine", r"expected.x should be one of holds, violated"),
        (
            ["reports", 0, "outcome", "statistics", "states"],
            True,
            r"states should be int, not True",
        ),
        (["reports", 0, "outcome", "statistics"], {}, r"statistics has no member 'states'"),
        (["reports", 0, "outcome", "parameters", "fix"], {}, r"fix.repr should be str, not None"),
        (
            ["reports", 0, "outcome", "longest", "witness", "steps", 0],
            ["p"],
            r"longest.witness.steps\[0\] should be an array of 2, not \['p'\]",
        ),
    ],
)
def test_a_document_that_is_wrong_says_where(path: list[Any], value: object, message: str) -> None:
    data = to_json([fixed()], version="0")
    place: Any = data
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(UsageError, match=message):
        from_json(data)
