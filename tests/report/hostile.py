"""Reports in which every text is one that does harm, for the tests of the formats."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.random_traces import numbers, texts
from tests.sample_outcomes import HOLDS, UNDECIDED, VIOLATED, baseline, cut_short, fixed, result
from utcheck.errors import Finding, Place
from utcheck.outcome import Change, Event, Pin, Standing, StopReason, Trace, TraceStep, Witness
from utcheck.report.case import CaseReport, Status

HOSTILE = [
    '"quotes\' "',
    "two\nlines",
    "carriage\rreturn\r\n",
    "]]>",
    "<![CDATA[ <b>&amp; <!-- -->",
    "::error file=x::y",
    "a::b,c=d:e",
    "%0A%0D%25::stop-commands::x",
    "\x00\x07\x0b\x1f\x7f\x85",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "x" * 500,
    "caf\u00e9 \u65e5\u672c \U0001f642 e\u0301",
    "\u202egnp.exe \u2028 \ufffe \ud800",
    "ok 1 - done # SKIP",
    "# Subtest: x",
    "Subtest: x",
    "1..0",
    "KTAP version 1",
    "reboot: System halted",
    "List of all partitions:",
    "- dash",
    "",
    " ",
    "{0} {",
    "[a link](https://example.org)",
    "../../etc/passwd",
    "/etc/passwd",
    "//host/share",
    "file:///etc/passwd",
    "C:\\x",
    "```\n# heading\n```",
    "```",
    "| cell |\n\n<script>",
]


def hostile_trace(text: str) -> Trace:
    """Return a lasso of two processes, one of them with the text for a name."""
    other = f"{text} too"
    steps = tuple(
        TraceStep(
            process,
            text,
            Place(text, number),
            calls=(text,),
            options=(text,),
            changes=(Change(text, None, text),),
            events=(Event(text, (text,)),),
            failure=text,
        )
        for number, process in enumerate([text, other, text], 1)
    )
    standing = Standing(text, text, "ready", False, Place(text, 1), (text,))
    witness = Witness((), tuple((step.process, ()) for step in steps), 1)
    return Trace((text, other), {text: text}, steps, (standing,), witness, ending=text, cycle=1)


def hostile_report(text: str) -> CaseReport:
    """Return a case with verdicts of every kind, in which every text is this one."""
    trace = hostile_trace(text)
    told: dict[str, Any] = {"text": text, "reason": text, "vacuous": text}
    found = (
        result(text, text, VIOLATED, trace=trace, **told),
        result(f"{text} 2", text, VIOLATED, trace=trace, **told),
        result(f"{text} 3", text, HOLDS, **told),
        result(f"{text} 4", text, UNDECIDED, **told),
        result(f"{text} 5", text, HOLDS, **told),
        result(f"{text} 6", "reachable", VIOLATED, **told),
    )
    outcome = replace(
        baseline().outcome, engine=text, parameters={text: text}, stop=StopReason.STATES,
        properties=found,
    )  # fmt: skip
    expected = {f"{text} 2": VIOLATED, f"{text} 3": VIOLATED}
    pins = (Pin("states", 3, line=4), Pin.length(text, 5, 4), Pin.length("no such property", 5))
    return CaseReport(text, text, text, text, outcome, expected, {}, {text: 3}, pins=pins)


def hostile_errors(text: str) -> list[Finding]:
    """Return two errors that are alike but for their places, and one without a line."""
    return [
        Finding(Place(text, 1, 2), text),
        Finding(Place(text, 4), text),
        Finding(Place("utcheck"), text),
    ]


def pins_that_are(status: Status, report: CaseReport) -> list[Pin]:
    return [pin for pin in report.pins if report.pin_status(pin) is status]


def runs_of_another_length(report: CaseReport) -> int:
    """Return how many pins are about a counterexample with another number of steps."""
    traces = {one.name: one.trace for one in report.outcome if one.verdict is VIOLATED}
    names = [pin.property for pin in pins_that_are(Status.UNEXPECTED, report)]
    return sum(bool(traces.get(name)) for name in names if name is not None)


findings = st.lists(
    st.builds(Finding, st.builds(Place, texts, st.none() | numbers, st.none() | numbers), texts),
    max_size=3,
)


def two_cases() -> list[CaseReport]:
    """Return what the first golden file of each format shows: surprises, pins, and a limit."""
    lines = {"resume-resumes": 7, "never-runs-while-stopped": 12, "deadlock": 22}
    pins = (
        Pin("states", 31, line=23),
        Pin("transitions", 1045, line=24),
        Pin.length("resume-resumes", 6, 25),
        Pin.length("assertions", 4, 26),
    )
    return [
        replace(baseline(), lines=lines, pins=pins),
        replace(cut_short(), lines=lines, pins=pins[:1]),
    ]


def with_errors() -> tuple[list[CaseReport], list[Finding]]:
    """Return what the second one shows: all as expected, a lasso that is not, and errors."""
    case = fixed()
    looping = case.outcome.longest
    fair = result("somebody-enters", "eventually", VIOLATED, trace=looping, text="one gets in")
    surprise = replace(
        case,
        spec="specs/caf\u00e9 & co.yaml",
        case="",
        outcome=replace(case.outcome, properties=(fair,), longest=None),
        lines={"somebody-enters": 4},
    )
    errors = [
        Finding(Place("specs/broken.yaml", 3, 1), "unknown key 'titel', did you mean 'title'?"),
        Finding(Place("specs/broken.yaml", 9, 5), "the key 'model' is missing"),
        Finding(Place("utcheck"), "nothing to check"),
    ]
    return [case, surprise], errors
