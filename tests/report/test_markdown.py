"""Tables in Markdown."""

from __future__ import annotations

from dataclasses import replace

from utcheck.outcome import Outcome, Pin, PropertyResult, Statistics, StopReason, Verdict
from utcheck.report.case import CaseReport
from utcheck.report.markdown import markdown


def report(spec: str, case: str, verdicts: dict[str, Verdict]) -> CaseReport:
    results = tuple(PropertyResult(name, "always", verdict) for name, verdict in verdicts.items())
    numbers = Statistics(1234, 0, 0, 0, 1, 0.5, 1)
    outcome = Outcome("M", {}, "trees", "processes", StopReason.EXHAUSTED, results, numbers)
    return CaseReport(spec, "A|title", "a source", case, outcome, {"b": Verdict.VIOLATED})


def test_a_section_per_spec_and_a_row_per_case_with_what_is_unexpected_in_bold() -> None:
    holds, violated, undecided = Verdict.HOLDS, Verdict.VIOLATED, Verdict.UNDECIDED
    reports = [
        report("x.yaml", "one", {"a": holds, "b": violated}),
        report("x.yaml", "two", {"a": violated, "b": undecided}),
        report("y.yaml", "", {"b": holds}),
    ]
    assert markdown(reports) == (
        "## A\\|title\n"
        "\n"
        "`x.yaml`, after a source\n"
        "\n"
        "| case | states | violated | holds |\n"
        "| --- | ---: | --- | --- |\n"
        "| one | 1,234 | b | a |\n"
        "| two | 1,234 | **a**, b (undecided) |  |\n"
        "\n"
        "## A\\|title\n"
        "\n"
        "`y.yaml`, after a source\n"
        "\n"
        "| case | states | violated | holds |\n"
        "| --- | ---: | --- | --- |\n"
        "| (the spec) | 1,234 |  | **b** |\n"
    )


def test_numbers_that_are_not_as_expected_are_below_the_table() -> None:
    right, wrong = Pin("states", 1234), Pin.length("a|b", 3)
    one = replace(report("x.yaml", "one", {"b": Verdict.VIOLATED}), pins=(right, wrong))
    short = replace(one, case="two", outcome=replace(one.outcome, stop=StopReason.SECONDS))
    table = "| one | 1,234 | b |  |\n| two | 1,234 | b |  |\n"
    assert markdown([one, short]).endswith(
        f"{table}\n"
        "- x \\[one\\]: **length of a\\|b: 3 expected, no run found: not as expected**\n"
        "- x \\[two\\]: **states: 1,234 expected, undecided**\n"
        "- x \\[two\\]: **length of a\\|b: 3 expected, undecided**\n"
    )
