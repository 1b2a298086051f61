"""One case of a spec with its outcome, and the rows in which it is reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath

from utcheck.outcome import Outcome, Pin, PropertyResult, StopReason, Verdict
from utcheck.plain import plural, sentence

Checked = PropertyResult | Pin  # what may come out otherwise than a spec expects


class Status(StrEnum):
    """Whether a case came out as its spec expects."""

    EXPECTED = "as expected"
    UNEXPECTED = "not as expected"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What was asked and what came out.

    `spec` names the spec (usually its file), `source` says where the protocol comes from, `case` is
    empty for a spec without cases. A property that `expected` does not name is expected to hold.
    `digests` has the first 16 hex digits of the SHA-256 of each file that says what was checked: of
    the spec, and of the files of the model. `lines` has the line of the spec at which a property
    stands, from 1, where it is known. `cached` says that nothing was checked this time: the result
    was remembered. `pins` are the numbers that are expected.
    """

    spec: str
    title: str
    source: str
    case: str
    outcome: Outcome
    expected: Mapping[str, Verdict]
    digests: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    cached: bool = False
    pins: tuple[Pin, ...] = ()

    @property
    def checked(self) -> tuple[Checked, ...]:
        """The properties, and then the pins."""
        return (*self.outcome, *self.pins)

    @property
    def unexpected(self) -> tuple[str, ...]:
        """The properties that are decided, and not as expected."""
        return tuple(
            result.name
            for result in self.outcome
            if result.verdict not in (Verdict.UNDECIDED, self.expects(result.name))
        )

    @property
    def undecided(self) -> tuple[str, ...]:
        """The properties that a limit left undecided."""
        return tuple(result.name for result in self.outcome if result.verdict is Verdict.UNDECIDED)

    @property
    def status(self) -> Status:
        """`not as expected` if any verdict or pin is, else `undecided` if any is."""
        pins = {self.pin_status(pin) for pin in self.pins}
        if self.unexpected or Status.UNEXPECTED in pins:
            return Status.UNEXPECTED
        open_ = self.undecided or Status.UNDECIDED in pins
        return Status.UNDECIDED if open_ else Status.EXPECTED

    @property
    def name(self) -> str:
        """The name in headings: `early_resume [baseline]` for a case of `early_resume.yaml`."""
        path = PurePath(self.spec)
        stem = path.stem if path.suffix in (".yaml", ".yml") else self.spec
        return f"{stem} [{self.case}]" if self.case else stem

    def expects(self, name: str) -> Verdict:
        """Return the verdict that is expected of a property."""
        return self.expected.get(name, Verdict.HOLDS)

    def pin_status(self, pin: Pin) -> Status:
        """Return whether the number that came out is the one that is pinned.

        A search that was cut short decides no pin: it has seen only some of the states, and the
        shortest lasso may be among the others.
        """
        if self.outcome.stop is not StopReason.EXHAUSTED:
            return Status.UNDECIDED
        same = pin.found(self.outcome) == pin.expected
        return Status.EXPECTED if same else Status.UNEXPECTED

    def pin_text(self, pin: Pin) -> str:
        """Return what came out for a pin: `states: 22 expected, 24 found: not as expected`."""
        status = self.pin_status(pin)
        if status is Status.EXPECTED:
            return f"{pin.name}: {pin.expected:,}, as expected"
        if status is Status.UNDECIDED:
            return f"{pin.name}: {pin.expected:,} expected, {status}"
        found = pin.found(self.outcome)
        shown = "no run" if found is None else f"{found:,}"
        return f"{pin.name}: {pin.expected:,} expected, {shown} found: {status}"


@dataclass(frozen=True, slots=True)
class Row:
    """One property of one case, for a table.

    `unexpected` says that the verdict is decided and not the expected one, `steps` is the length of
    the trace, if there is one; `note` is a sentence or empty: why a property is undecided, or that
    it holds only because its premise never occurs.
    """

    case: str
    property: str
    kind: str
    verdict: Verdict
    expected: Verdict
    unexpected: bool
    steps: int | None
    note: str


def rows(report: CaseReport) -> list[Row]:
    """Return a row for every property of the case, in the order of the spec."""
    return [_row(report, result) for result in report.outcome]


def _row(report: CaseReport, result: PropertyResult) -> Row:
    return Row(
        case=report.case,
        property=result.name,
        kind=result.kind,
        verdict=result.verdict,
        expected=report.expects(result.name),
        unexpected=result.name in report.unexpected,
        steps=None if result.trace is None else len(result.trace),
        note=result.vacuous or result.reason,
    )


def tally(reports: Sequence[CaseReport]) -> str:
    """Return one sentence about all cases: how many came out as expected, and which did not."""
    if not reports:
        return "Nothing was checked."
    parts = [f"{plural(len(reports), 'case')}:"]
    for status in Status:
        members = [report.name for report in reports if report.status is status]
        if members:
            which = "" if status is Status.EXPECTED else f" ({', '.join(members)})"
            parts.append(f"{len(members)} {status}{which},")
    return sentence(" ".join(parts).rstrip(",") + ".")
