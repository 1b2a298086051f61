"""Results as KTAP, the Kernel Test Anything Protocol, version 1, as `kunit.py parse` reads it.

A spec is a test, its cases are subtests of it, and their properties and pins subtests of these; a
spec without cases has these below it. Diagnostic lines stand before the result they are about.

- as expected: `ok`; a violation that is expected has the directive XFAIL
- not as expected: `not ok`, with the chart in diagnostic lines
- undecided because of a limit: `not ok` with the directive TIMEOUT; because the run was
  interrupted: `ok` with SKIP
- an error of a spec: `not ok` with ERROR

A test with a subtest that is `not ok` is `not ok`. The last line has the totals, as the kernel's
selftests print them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from utcheck.errors import Finding
from utcheck.outcome import Pin, Verdict
from utcheck.plain import sentence
from utcheck.report.case import CaseReport, Checked
from utcheck.report.complaints import Grade, explanation, grade, hit_limit
from utcheck.report.text import Chart

VERSION = "KTAP version 1"
_TOTALS = ("pass", "fail", "xfail", "xpass", "skip", "error")
# Wherever a line has one of these, kunit.py takes it for the end of the kernel's output.
_ENDS = (
    "List of all partitions:",
    "Kernel panic - not syncing: VFS:",
    "reboot: System halted",
)


@dataclass(frozen=True, slots=True)
class _Test:
    """One test: its result, the lines about it, and its subtests."""

    name: str
    ok: bool
    directive: str = ""
    lines: Sequence[str] = ()
    subtests: Sequence[_Test] = field(default_factory=tuple)


def ktap(reports: Sequence[CaseReport], errors: Sequence[Finding] = (), *, chart: Chart) -> str:
    """Return the results as KTAP, with `chart` drawing the traces; the text is 7-bit ASCII."""
    tests = [
        _spec(spec, list(cases), chart)
        for spec, cases in groupby(reports, lambda report: report.spec)
    ]
    tests += [
        _broken(path, list(findings))
        for path, findings in groupby(errors, lambda error: error.place.path)
    ]
    counts = Counter(kind for test in tests for kind in _kinds(test))
    totals = " ".join(f"{name}:{counts[name]}" for name in _TOTALS)
    lines = [*_block(tests, ""), f"# Totals: {totals}"]
    return "".join(f"{line}\n" for line in lines)


def _block(tests: Sequence[_Test], indent: str) -> Iterator[str]:
    """Yield the version, the plan, and the results with all that stands before them."""
    yield f"{indent}{VERSION}"
    yield f"{indent}1..{len(tests)}"
    for number, test in enumerate(tests, 1):
        if test.subtests:
            yield from _block(test.subtests, f"{indent}  ")
        for line in test.lines:
            yield f"{indent}{_diagnostic(line)}"
        result = "ok" if test.ok else "not ok"
        directive = f" # {test.directive}" if test.directive else ""
        yield _harmless(f"{indent}{result} {number} {test.name}{directive}").rstrip()


def _kinds(test: _Test) -> Iterator[str]:
    """Yield what each test without subtests counts as."""
    if test.subtests:
        for subtest in test.subtests:
            yield from _kinds(subtest)
        return
    kinds = {"XFAIL": "xfail", "SKIP": "skip", "TIMEOUT": "error", "ERROR": "error"}
    yield kinds.get(test.directive.partition(" ")[0], "pass" if test.ok else "fail")


def _spec(spec: str, reports: Sequence[CaseReport], chart: Chart) -> _Test:
    cases = [_case(report, chart) for report in reports]
    if len(reports) == 1 and not reports[0].case:
        return _parent(spec, cases[0].subtests)
    return _parent(spec, cases)


def _case(report: CaseReport, chart: Chart) -> _Test:
    return _parent(report.case, [_checked(report, one, chart) for one in report.checked])


def _parent(name: str, subtests: Sequence[_Test]) -> _Test:
    directive = "" if subtests else "SKIP nothing was checked"
    return _Test(_name(name), all(test.ok for test in subtests), directive, (), subtests)


def _checked(report: CaseReport, one: Checked, chart: Chart) -> _Test:
    name = _name(one.name)
    found = grade(report, one)
    if found is None:
        violated = not isinstance(one, Pin) and one.verdict is Verdict.VIOLATED
        return _Test(name, True, "XFAIL violation as expected" if violated else "")
    if found is Grade.UNEXPECTED:
        return _Test(name, False, lines=explanation(report, one, chart))
    stop = report.outcome.stop
    if hit_limit(report):
        return _Test(name, False, f"TIMEOUT {stop}")
    reason = "" if isinstance(one, Pin) else one.reason
    return _Test(name, True, f"SKIP {_text(reason or stop)}")


def _broken(path: str, errors: Sequence[Finding]) -> _Test:
    lines = [sentence(str(error)) for error in errors]
    return _Test(_name(path), False, f"ERROR {_text(errors[0].message)}", lines)


def _name(text: str) -> str:
    """Return a text as the name of a test, which has no `- ` in front."""
    name = _text(text)
    if name.startswith("-"):
        name = rf"\x2d{name[1:]}"
    return name or "(no name)"


def _text(text: str) -> str:
    """Return a text without `#`: kunit.py takes ` # SKIP` for a directive wherever it stands."""
    return sentence(text).replace("#", r"\x23")


def _diagnostic(line: str) -> str:
    # `# Subtest: ` with one blank would begin a test.
    blanks = "  " if line.startswith("Subtest:") else " "
    return _harmless(f"#{blanks}{line}").rstrip()


def _harmless(line: str) -> str:
    for end in _ENDS:
        line = line.replace(end, end.replace(":", r"\x3a"))
    return line
