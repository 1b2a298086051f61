"""What a page says about a case besides the run: what was claimed, what came out, how to see it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from html import escape as markup
from typing import Protocol

from utcheck.errors import UsageError
from utcheck.outcome import Outcome, PropertyResult, Trace, Verdict
from utcheck.plain import escape, plural, sentence, show

_SIGNS = {Verdict.VIOLATED: "✗", Verdict.HOLDS: "✓", Verdict.UNDECIDED: "?"}


class Case(Protocol):
    """What a page needs of a report; `report.case.CaseReport` has it, and says what it means."""

    @property
    def spec(self) -> str:
        """The spec, usually its file."""

    @property
    def title(self) -> str:
        """The title of the spec."""

    @property
    def source(self) -> str:
        """Where the protocol comes from."""

    @property
    def case(self) -> str:
        """The name of the case, or nothing."""

    @property
    def name(self) -> str:
        """The name in headings."""

    @property
    def outcome(self) -> Outcome:
        """What came out."""

    @property
    def digests(self) -> Mapping[str, str]:
        """The beginning of the SHA-256 of each file that says what was checked."""

    def expects(self, name: str) -> Verdict:
        """Return the verdict that is expected of a property."""


def traced(report: Case, name: str) -> tuple[PropertyResult, Trace]:
    """Return the property `name` with its trace; UsageError says that there is none."""
    if name not in report.outcome:
        known = ", ".join(result.name for result in report.outcome)
        told = f"no property '{name}' in {report.name}; there are: {known}"
        raise UsageError(escape(told, unicode=True))
    result = report.outcome[name]
    if result.trace is None:
        told = f"no run to show: {name} {result.verdict} in {report.name}"
        raise UsageError(escape(told, unicode=True))
    return result, result.trace


def title(report: Case, result: PropertyResult, trace: Trace) -> str:
    """Return one line of markup that says what the page shows."""
    size = plural(len(trace), "step")
    return _prose(f"{report.name}: {result.name} {_verb(result.verdict)} ({size})")


def header(report: Case, result: PropertyResult, trace: Trace) -> str:
    """Return the markup of the property, its verdict, and the sentence about the end of the run."""
    return "\n".join(_header(report, result, trace))


def _header(report: Case, result: PropertyResult, trace: Trace) -> Iterator[str]:
    origin = ", ".join(_isolated(one) for one in (report.title, report.source) if one)
    if origin:
        yield f'<p class="quiet">{origin}</p>'
    verdict = result.verdict
    sign = f'<span aria-hidden="true">{_SIGNS[verdict]} </span>'
    yield (
        f"<h1>{_isolated(report.name)}: {_isolated(result.name)} "
        f'<span class="verdict {verdict}">{sign}{verdict}</span></h1>'
    )
    facts = [plural(len(trace), "step"), _comparison(verdict, report.expects(result.name))]
    told = f"{_isolated(result.text)} " if result.text else ""
    yield f'<p class="claim">{told}<span class="quiet">({"; ".join(facts)})</span></p>'
    if trace.ending:
        yield f'<p class="ending"><strong>{_isolated(trace.ending)}</strong></p>'


def _verb(verdict: Verdict) -> str:
    return verdict.value if verdict is Verdict.HOLDS else f"is {verdict}"


def _comparison(verdict: Verdict, expected: Verdict) -> str:
    return "as expected" if verdict is expected else f"expected: {expected}"


def reproduction(report: Case, name: str, version: str) -> str:
    """Return the markup of the command that finds the run again, and what was checked."""
    spec = f"./{report.spec}" if report.spec.startswith("-") else report.spec
    words = ["utcheck", "run", spec, *(["--case", report.case] if report.case else [])]
    command = shlex.join([*words, "--property", name])
    facts = "\n".join(
        f"<dt>{markup(term)}</dt><dd>{text}</dd>" for term, text in _facts(report, version)
    )
    shown = markup(escape(command, unicode=True))
    return f'<pre class="command">{shown}</pre>\n<dl>\n{facts}\n</dl>'


def _facts(report: Case, version: str) -> Iterator[tuple[str, str]]:
    outcome, size = report.outcome, report.outcome.statistics
    if version:
        yield "utcheck", _prose(version)
    yield "Model", _isolated(outcome.model)
    settings = [
        f"{_isolated(one)} = {_isolated(show(value, unicode=True))}"
        for one, value in outcome.parameters.items()
    ]
    if settings:
        yield "Parameters", ", ".join(settings)
    fairness = "; no fairness assumed" if outcome.fairness == "none" else ""
    yield "Engine", _prose(outcome.engine) + fairness
    counts = [
        plural(size.states, "state"),
        plural(size.transitions, "transition"),
        f"depth {size.depth:,}",
        plural(size.deadlocks, "deadlock"),
    ]
    yield "Search", f"{_prose(outcome.stop)}: {', '.join(counts)}"
    digests = [f"{_isolated(path)}: {_prose(one)}" for path, one in report.digests.items()]
    if digests:
        yield "SHA-256", "<br>".join(digests)


def _prose(text: str) -> str:
    """Return text on one line, safe in markup."""
    return markup(sentence(text, unicode=True))


def _isolated(text: str) -> str:
    """Return text whose writing may go from right to left, without effect on what is around."""
    return f"<bdi>{_prose(text)}</bdi>"
