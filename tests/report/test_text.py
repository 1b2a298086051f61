from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from tests.golden_files import assert_golden
from tests.random_traces import reports, thorough
from tests.sample_outcomes import baseline, cut_short, fixed
from utcheck.outcome import Pin, StopReason, Trace, Verdict
from utcheck.plain import escape, sentence
from utcheck.render.chart import chart
from utcheck.report.case import CaseReport, Status, rows, tally
from utcheck.report.text import case_text, report_text, trace_texts


def steps_of(trace: Trace) -> str:
    """Stand for a chart."""
    return f"<{len(trace)} steps>\n"


def test_report_of_three_cases_looks_like_its_golden_file() -> None:
    cases = [baseline(), fixed(), cut_short()]
    assert_golden("report/three_cases.txt", report_text(cases, chart=chart, timing=False))


def test_case_with_timing_looks_like_its_golden_file() -> None:
    assert_golden("report/timing.txt", case_text(baseline()) + "\n" + case_text(fixed()))


def test_report_without_timing_is_the_same_from_run_to_run() -> None:
    one = baseline()
    size = replace(one.outcome.statistics, seconds=99.0, peak_memory=1)
    two = replace(one, outcome=replace(one.outcome, statistics=size))
    texts = [report_text([case], chart=chart, timing=False) for case in (one, two)]
    assert texts[0] == texts[1]
    assert case_text(one) != case_text(two)


def test_a_case_says_what_was_not_expected() -> None:
    case = baseline()
    assert case.unexpected == ("deadlock",)
    assert case.undecided == ()
    assert case.status is Status.UNEXPECTED
    assert "\n! violated   deadlock (expected: holds, 7 steps)\n" in case_text(case)
    assert "\n  violated   resume-resumes (as expected, 7 steps)\n" in case_text(case)


def test_an_undecided_property_is_neither_expected_nor_unexpected() -> None:
    case = cut_short()
    assert case.unexpected == ()
    assert case.undecided == ("resume-resumes", "never-runs-while-stopped")
    assert case.status is Status.UNDECIDED
    assert "\n? undecided  resume-resumes (expected: violated)\n" in case_text(case)


def test_why_a_property_is_undecided_is_said_once_for_the_case_or_below_the_property() -> None:
    case = cut_short()
    text = " ".join(case_text(case).split())
    assert text.lower().count(StopReason.STATES) == 1
    results = tuple(replace(one, reason="not for this engine") for one in case.outcome)
    case = replace(case, outcome=replace(case.outcome, properties=results))
    assert case_text(case).count("\n               not for this engine\n") == 2


def test_a_property_that_holds_where_its_violation_was_expected_is_marked() -> None:
    case = replace(fixed(), expected={"deadlock": Verdict.VIOLATED})
    assert case.unexpected == ("deadlock",)
    assert "\n! holds      deadlock (expected: violated)\n" in case_text(case)


def test_steps_that_never_ran_are_not_claimed_after_a_search_that_was_cut_short() -> None:
    assert "p: 'resume' (models/early_resume.py:38)" in case_text(baseline())
    assert "never ran" not in case_text(cut_short())


def test_steps_that_never_ran_are_named_once_for_a_family() -> None:
    case = baseline()
    (step,) = case.outcome.never_ran
    family = tuple(replace(step, process=f"vm[{index}]") for index in range(3))
    case = replace(case, outcome=replace(case.outcome, never_ran=family))
    assert "    vm[0..2]: 'resume' (models/early_resume.py:38)\n" in case_text(case)


def test_a_counterexample_is_headed_by_a_line_that_can_be_a_subject() -> None:
    first, *_ = trace_texts(baseline(), chart=steps_of)
    heading = "early_resume [baseline]: resume-resumes is violated (7 steps)"
    assert first.splitlines()[0] == heading
    assert "\na RESUME after STOP always resumes\n" in first
    assert first.endswith("\n<7 steps>\n")


def test_a_run_that_violates_two_properties_is_drawn_once() -> None:
    one, two = trace_texts(baseline(), chart=steps_of)
    assert one.endswith("<7 steps>\n")
    assert "<7 steps>" not in two
    assert "The run is that of resume-resumes, above. Nothing can happen any more" in two


def test_a_run_that_differs_in_its_cycle_is_drawn_again() -> None:
    case = baseline()
    owed = case.outcome["resume-resumes"]
    assert owed.trace is not None
    looping = replace(owed, name="looping", trace=replace(owed.trace, cycle=3))
    case = replace(case, outcome=replace(case.outcome, properties=(owed, looping)))
    assert [text.endswith("<7 steps>\n") for text in trace_texts(case, chart=steps_of)] == [
        True
    ] * 2


def test_where_nothing_is_violated_there_is_something_to_look_at() -> None:
    texts = trace_texts(fixed(), chart=steps_of)
    assert [text.splitlines()[0] for text in texts] == [
        "early_resume [fix-2A]: can-report is reached (1 step)",
        "early_resume [fix-2A]: a run to the greatest depth (6 steps)",
    ]


def test_rows_are_in_the_order_of_the_spec() -> None:
    found = [
        (row.case, row.property, row.kind, row.steps, row.unexpected) for row in rows(baseline())
    ]
    assert found == [
        ("baseline", "resume-resumes", "leads_to", 7, False),
        ("baseline", "never-runs-while-stopped", "never", None, False),
        ("baseline", "vacuous", "leads_to", None, False),
        ("baseline", "can-report", "reachable", 1, False),
        ("baseline", "deadlock", "deadlock", 7, True),
        ("baseline", "assertions", "assertions", None, False),
    ]
    assert rows(baseline())[2].note == "`p.done and stopped` never occurs"


def test_the_last_sentence_counts_the_cases() -> None:
    assert tally([]) == "Nothing was checked."
    assert tally([fixed()]) == "1 case: 1 as expected."
    assert tally([baseline(), fixed(), cut_short()]) == (
        "3 cases: 1 as expected, 1 not as expected (early_resume [baseline]), "
        "1 undecided (early_resume [large])."
    )


def test_numbers_are_rows_of_their_own() -> None:
    """The sample has 31 states, 47 transitions, and runs of seven steps."""
    pins = (Pin("states", 31), Pin("transitions", 4700), Pin.length("deadlock", 7),
            Pin.length("assertions", 7), Pin.length("resume-resumes", 8))  # fmt: skip
    case = replace(baseline(), pins=pins)
    lines = case_text(case).splitlines()
    assert lines[lines.index("  holds      assertions") + 1 :][:5] == [
        "  states: 31, as expected",
        "! transitions: 4,700 expected, 47 found: not as expected",
        "  length of deadlock: 7, as expected",
        "! length of assertions: 7 expected, no run found: not as expected",
        "! length of resume-resumes: 8 expected, 7 found: not as expected",
    ]
    assert "? states: 31 expected, undecided\n" in case_text(replace(cut_short(), pins=pins[:1]))


def test_a_number_decides_whether_a_case_is_as_expected() -> None:
    good = fixed()
    for pin, found in (
        (Pin("depth", 20), Status.EXPECTED),
        (Pin("depth", 21), Status.UNEXPECTED),
        (Pin.length("can-report", 1), Status.EXPECTED),
        (Pin.length("can-report", 0), Status.UNEXPECTED),
        (Pin.length("deadlock", 0), Status.UNEXPECTED),
    ):
        assert replace(good, pins=(pin,)).status is found
        short = replace(good, outcome=replace(good.outcome, stop=StopReason.STATES), pins=(pin,))
        assert short.status is Status.UNDECIDED
    assert replace(cut_short(), pins=(Pin("states", 1000),)).status is Status.UNDECIDED


@thorough
@given(reports())
def test_every_line_can_be_mailed(report: CaseReport) -> None:
    text = report_text([report, report], chart=chart)
    assert text.isascii()
    for line in text[:-1].split("\n"):
        assert len(line) <= 72
        assert line == line.rstrip()
        assert line.isprintable()
        assert not line.startswith(("From ", ">From ", "---", "diff -", "Index: "))
        assert line not in (".", "--")


@thorough
@given(reports())
def test_every_property_is_reported_whole(report: CaseReport) -> None:
    text = case_text(report).replace("\n", "").replace(" ", "")
    text += str(report.outcome.stop).replace(" ", "")
    for row in rows(report):
        for said in (row.verdict + escape(row.property), sentence(row.note)):
            assert said.replace(" ", "") in text
