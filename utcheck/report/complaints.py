"""What keeps a gate shut: what is not as expected or undecided, and errors of specs.

A format of a CI system shows each of them at a place, with a headline and a few sentences. Texts
are escaped and each is on one line; printable characters beyond ASCII stay.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from utcheck.errors import Finding, Place
from utcheck.outcome import Pin, PropertyResult, StopReason, Verdict
from utcheck.plain import escape, paragraph, plural, sentence
from utcheck.report.case import CaseReport, Checked, Status
from utcheck.report.text import WIDTH, Chart


class Grade(StrEnum):
    """How grave a complaint is; an error says that something could not be checked at all."""

    ERROR = "error"
    UNEXPECTED = "unexpected"
    UNDECIDED = "undecided"


_GRADES = {
    Status.EXPECTED: None,
    Status.UNEXPECTED: Grade.UNEXPECTED,
    Status.UNDECIDED: Grade.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that keeps a gate shut.

    `place` is in the spec, or where an error is; `title` says what it is about and `headline` what
    is wrong, `details` are sentences, or empty. `fingerprint`, 64 hex digits, stays the same when
    lines move, and no two complaints have the same. `about` is the verdict or the pin of `report`.
    """

    grade: Grade
    place: Place
    title: str
    headline: str
    details: str
    fingerprint: str
    report: CaseReport | None = None
    about: Checked | None = None

    @property
    def result(self) -> PropertyResult | None:
        """The property, also where it is the length of its trace that is not as expected."""
        if self.report is None or self.about is None:
            return None
        return _property(self.report, self.about)

    @property
    def message(self) -> str:
        """The headline and the details, as sentences."""
        return _sentences(self.headline, self.details)


def complaints(reports: Sequence[CaseReport], errors: Sequence[Finding]) -> list[Complaint]:
    """Return the errors, then what is wrong with the verdicts, in the order of the reports."""
    seen: Counter[tuple[str, ...]] = Counter()
    return [*_of_errors(errors, seen), *_of_reports(reports, seen)]


def _of_errors(errors: Sequence[Finding], seen: Counter[tuple[str, ...]]) -> Iterator[Complaint]:
    for error in errors:
        mark = _fingerprint(("error", error.place.path, error.message), seen)
        headline = one_line(error.message) or "error"
        yield Complaint(Grade.ERROR, error.place, "utcheck", headline, "", mark)


def _of_reports(
    reports: Sequence[CaseReport], seen: Counter[tuple[str, ...]]
) -> Iterator[Complaint]:
    for report in reports:
        for one in report.checked:
            found = grade(report, one)
            if found is not None:
                what = "pin" if isinstance(one, Pin) else "verdict"
                yield Complaint(
                    found,
                    place_of(report, one),
                    one_line(f"{report.name}: {one.name}"),
                    headline(report, one),
                    details(report, one),
                    _fingerprint((what, report.spec, report.case, one.name), seen),
                    report,
                    one,
                )


def grade(report: CaseReport, one: Checked) -> Grade | None:
    """Return how grave a verdict or a number is, or None where it is as expected."""
    if isinstance(one, Pin):
        return _GRADES[report.pin_status(one)]
    if one.verdict is Verdict.UNDECIDED:
        return Grade.UNDECIDED
    return None if one.verdict is report.expects(one.name) else Grade.UNEXPECTED


def _property(report: CaseReport, one: Checked) -> PropertyResult | None:
    """Return a property, or the one of which the trace has not the length that is pinned."""
    if not isinstance(one, Pin):
        return one
    if grade(report, one) is not Grade.UNEXPECTED:
        return None
    return next((result for result in report.outcome if result.name == one.property), None)


def hit_limit(report: CaseReport) -> bool:
    """Return whether a limit ended the search, and not the user or the end of the state space."""
    return report.outcome.stop in (StopReason.STATES, StopReason.SECONDS, StopReason.MEMORY)


def place_of(report: CaseReport, one: Checked) -> Place:
    """Return where the spec has the property or pin; the line is None where it is not known."""
    line = one.line if isinstance(one, Pin) else report.lines.get(one.name)
    return Place(report.spec, line)


def headline(report: CaseReport, one: Checked) -> str:
    """Return what came out: `ring [two]: mutex is violated (3 steps)`."""
    if isinstance(one, Pin):
        why = f": {report.outcome.stop}" if grade(report, one) is Grade.UNDECIDED else ""
        return one_line(f"{report.name}: {report.pin_text(one)}{why}")
    return _verdict(report, one)


def _verdict(report: CaseReport, result: PropertyResult) -> str:
    name = f"{report.name}: {result.name}"
    if result.verdict is Verdict.UNDECIDED:
        return one_line(f"{name} is undecided: {result.reason}".removesuffix(": "))
    expected = report.expects(result.name)
    hope = "" if expected is result.verdict else f", expected: {expected}"
    if result.verdict is Verdict.HOLDS:
        return one_line(f"{name} holds{hope}")
    size = "" if result.trace is None else f" ({plural(len(result.trace), 'step')})"
    return one_line(f"{name} is violated{size}{hope}")


def details(report: CaseReport, one: Checked) -> str:
    """Return what the property says, and what its trace shows; nothing for a count."""
    result = _property(report, one)
    if result is None:
        return ""
    claim = f"The property: {one_line(result.text)}" if result.text.strip() else ""
    ending = "" if result.trace is None else one_line(result.trace.ending)
    return _sentences(claim, ending, one_line(result.vacuous))


def explanation(report: CaseReport, one: Checked, chart: Chart) -> list[str]:
    """Return lines of ASCII: what came out, what the property says, and its trace as a chart."""
    lines = paragraph(sentence(headline(report, one)), WIDTH, hanging=2)
    result = _property(report, one)
    if result is None:
        return lines
    for text in (result.text, result.vacuous):
        if text.strip():
            lines += ["", *paragraph(sentence(text), WIDTH)]
    if result.trace is not None:
        lines += ["", *chart(result.trace).removesuffix("\n").split("\n")]
    return lines


def one_line(text: str) -> str:
    """Return a text on one line, escaped, but for printable characters beyond ASCII."""
    return sentence(text, unicode=True)


def clipped(text: str, most: int) -> str:
    """Return a text of at most `most` characters, with `...` for what is cut off."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def path_of(place: Place) -> str:
    """Return the path of a place, escaped."""
    return escape(place.path, unicode=True)


def _sentences(*texts: str) -> str:
    ended = [text if text.endswith((".", "!", "?")) else f"{text}." for text in texts if text]
    return " ".join(ended)


def _fingerprint(identity: tuple[str, ...], seen: Counter[tuple[str, ...]]) -> str:
    seen[identity] += 1
    return hashlib.sha256(json.dumps([*identity, seen[identity]]).encode()).hexdigest()
