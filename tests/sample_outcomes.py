"""Reports written by hand around the traces of sample_traces, for the tests of what is reported."""

from __future__ import annotations

from dataclasses import replace

from tests.sample_traces import MODEL, early_resume, lasso, nasty_names
from utcheck.errors import Place
from utcheck.outcome import (
    Outcome,
    PropertyResult,
    Standing,
    Statistics,
    Step,
    StopReason,
    Trace,
    Verdict,
)
from utcheck.report.case import CaseReport

HOLDS, VIOLATED, UNDECIDED = Verdict
EMPTY = Statistics(1, 0, 0, 0, 1, seconds=0.0, peak_memory=0)


def result(name: str, kind: str, verdict: Verdict, /, **told: object) -> PropertyResult:
    """Return a result; what is not told is empty."""
    return replace(PropertyResult(name, kind, verdict), **told)  # type: ignore[arg-type]


def report(case: str, outcome: Outcome, **expected: Verdict) -> CaseReport:
    """Return a case of the spec of the early-resume race; `_` in a name stands for `-`."""
    return CaseReport(
        spec="specs/early_resume.yaml",
        title="The early resume race",
        source="Renzo Davoli, utrace-devel, April 2009, item 2",
        case=case,
        outcome=outcome,
        expected={name.replace("_", "-"): verdict for name, verdict in expected.items()},
        digests={"specs/early_resume.yaml": "0123456789abcdef", MODEL: "fedcba9876543210"},
    )


def violation(trace: Trace) -> CaseReport:
    """Return a case in which one property is violated, by this trace."""
    case = baseline()
    text = "a RESUME after STOP always resumes"
    found = result("resume-resumes", "leads_to", VIOLATED, text=text, trace=trace)
    return replace(case, outcome=replace(case.outcome, properties=(found,)))


def nasty() -> CaseReport:
    """Return a violation in which every name is one that breaks formats and mail tools."""
    case = violation(nasty_names())
    found = replace(case.outcome["resume-resumes"], name="--- >8 ---\n'$x`", text="From x\n---")
    parameters = {"<b>&amp;": "-- \n", "diff -r": frozenset({'"', "\\"})}
    return replace(
        case,
        spec='-specs/\u65e5 "x".yml',
        title="---",
        source="Subject: \x1b[2J",
        case="caf\u00e9[a=1]; rm *",
        outcome=replace(case.outcome, properties=(found,), parameters=parameters),
        digests={"models/" + "a b/" * 30 + "x.py": "fedcba9876543210"},
    )


def reached() -> Trace:
    """Return the first step of the race, as the witness of a reachable property."""
    race = early_resume()
    standings = (
        Standing("p", "mark_engine_wants_stop", "ready", False),
        Standing("vm", "wait for an event", "ready", True),
    )
    return replace(
        race, steps=race.steps[:1], standings=standings, ending="In this state event is true."
    )


def baseline() -> CaseReport:
    """Return the race as it was: two properties fall by the same run, and one was not expected."""
    race = early_resume()
    owed = replace(race, ending="The event of step 1 is never followed by p_runs.", cycle=7)
    outcome = Outcome(
        model="EarlyResume",
        parameters={"fix": "none"},
        engine="explicit",
        fairness="processes",
        stop=StopReason.EXHAUSTED,
        properties=(
            result(
                "resume-resumes",
                "leads_to",
                VIOLATED,
                text="a RESUME after STOP always resumes",
                trace=owed,
            ),
            result("never-runs-while-stopped", "never", HOLDS),
            result("vacuous", "leads_to", HOLDS, vacuous="`p.done and stopped` never occurs"),
            result("can-report", "reachable", HOLDS, trace=reached()),
            result("deadlock", "deadlock", VIOLATED, trace=race),
            result("assertions", "assertions", HOLDS),
        ),
        statistics=Statistics(31, 47, 1, 9, 1, seconds=0.0123, peak_memory=36 * 2**20),
        never_ran=(Step("p", "resume", Place(MODEL, 38)),),
    )
    return report("baseline", outcome, resume_resumes=VIOLATED)


def fixed() -> CaseReport:
    """Return a case in which everything holds, with something to look at all the same."""
    outcome = Outcome(
        model="EarlyResume",
        parameters={"fix": "2A", "engines": 3},
        engine="explicit",
        fairness="none",
        stop=StopReason.EXHAUSTED,
        properties=(
            result("can-report", "reachable", HOLDS, text="p reports a call", trace=reached()),
            result("deadlock", "deadlock", HOLDS),
        ),
        statistics=Statistics(1234, 56789, 0, 20, 2, seconds=4321.5, peak_memory=3 * 2**30),
        longest=lasso(),
    )
    return report("fix-2A", outcome)


def cut_short() -> CaseReport:
    """Return a case that a limit ended."""
    reason = StopReason.STATES.value
    outcome = Outcome(
        model="EarlyResume",
        parameters={},
        engine="explicit",
        fairness="processes",
        stop=StopReason.STATES,
        properties=(
            result("resume-resumes", "leads_to", UNDECIDED, reason=reason),
            result("never-runs-while-stopped", "never", UNDECIDED, reason=reason),
        ),
        statistics=replace(EMPTY, states=1000, transitions=2000, depth=7),
        never_ran=(Step("p", "resume", Place(MODEL, 38)),),
    )
    return report("large", outcome, resume_resumes=VIOLATED)
