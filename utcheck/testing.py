"""Assertions about models, for ordinary tests.

    def test_the_handshake() -> None:
        assert_holds(Handshake(), {"answered": {"leads_to": ["request", "answered"]}})
        assert_violated(Handshake(lossy=True), "deadlock")

What fails says why in the words of `utcheck run`, with the counterexample as a chart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypedDict, Unpack

from utcheck.check import check
from utcheck.engines.checkpoint import Checkpoint
from utcheck.engines.search import Progress
from utcheck.errors import UsageError, did_you_mean
from utcheck.model.base import Model
from utcheck.outcome import Limits, Outcome, PropertyResult, StopReason, Verdict
from utcheck.render.chart import chart
from utcheck.report.case import CaseReport
from utcheck.report.complaints import headline
from utcheck.report.text import case_text, trace_texts


class Options(TypedDict, total=False):
    """The options of `utcheck.check`, with the same meaning."""

    engine: str
    limits: Limits | None
    fairness: str
    distinct: int
    workers: int | None
    keep_graph: bool
    progress: Callable[[Progress], None] | None
    checkpoint: Checkpoint | None
    root: str | None


def assert_holds(
    model: Model, properties: Mapping[str, object] | None = None, **options: Unpack[Options]
) -> Outcome:
    """Check a model, fail unless every property holds, and return the outcome.

    `properties` is the mapping of a spec. The model's invariants, `deadlock` and `assertions` are
    checked too, unless they are switched off in it.

    Raises:
        AssertionError: if a property is violated or undecided.
        UsageError, ModelError, InternalError: as `utcheck.check` does.
    """
    __tracebackhide__ = True
    report = _checked(check(model, properties, **options), {})
    wrong = [*report.unexpected, *report.undecided]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        summary = headline(report, report.outcome[wrong[0]])
        raise AssertionError(f"{summary}{more}\n\n{explanation(report, wrong)}")
    return report.outcome


def assert_violated(
    model: Model,
    name: str,
    properties: Mapping[str, object] | None = None,
    **options: Unpack[Options],
) -> PropertyResult:
    """Check a model, fail unless the property called `name` is violated, and return its result.

    What comes out for the other properties does not matter. The counterexample is the `trace` of
    the result; a `reachable` property that is violated has none.

    Raises:
        AssertionError: if the property holds or is undecided.
        UsageError, ModelError, InternalError: as `utcheck.check` does; UsageError also if there is
            no such property.
    """
    __tracebackhide__ = True
    report = _checked(check(model, properties, **options), {name: Verdict.VIOLATED})
    if name not in report.outcome:
        known = [result.name for result in report.outcome]
        raise UsageError(f"there is no property '{name}'{did_you_mean(name, known)}")
    result = report.outcome[name]
    if result.verdict is not Verdict.VIOLATED:
        raise AssertionError(f"{headline(report, result)}\n\n{explanation(report, [name])}")
    return result


def _checked(outcome: Outcome, expected: Mapping[str, Verdict]) -> CaseReport:
    if outcome.stop is StopReason.INTERRUPTED:
        raise KeyboardInterrupt  # it is the tests that should end, and not only the search
    return CaseReport(outcome.model, "", "", "", outcome, expected)


def explanation(report: CaseReport, names: Sequence[str]) -> str:
    """Return what the text report says about some properties, with their traces as charts."""
    results = tuple(result for result in report.outcome if result.name in names)
    outcome = replace(report.outcome, properties=results, longest=None)
    alone = replace(report, outcome=outcome)
    texts = [case_text(alone, timing=False), *trace_texts(alone, chart=chart)]
    return "\n".join(texts).removesuffix("\n")
