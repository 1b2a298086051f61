"""Results as SARIF 2.1.0, the Static Analysis Results Interchange Format of OASIS.

The rules are the properties, and one for the numbers that a spec expects; what is not as expected
are the results. A counterexample is a code
flow with a thread flow for each process that takes a step, at the lines of the model, where
`executionOrder` is the number of the step. Section numbers below are those of the standard.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from posixpath import normpath
from typing import Any
from urllib.parse import quote

from utcheck.errors import Finding, Place
from utcheck.outcome import PropertyResult, Trace, TraceStep, Verdict
from utcheck.plain import escape, plural, show
from utcheck.report.case import CaseReport
from utcheck.report.complaints import Complaint, Grade, complaints, one_line

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
BASE = "%SRCROOT%"
FINGERPRINT = "utcheckVerdict/v1"
_ERROR_RULE = "utcheck/error"
_PIN_RULE = "utcheck/pin"

_Rules = Mapping[tuple[str, str], int]


def sarif(reports: Sequence[CaseReport], errors: Sequence[Finding] = (), *, version: str) -> str:
    """Return the results as JSON; `version` is that of utcheck.

    A verdict that is not expected has the kind `fail` and the level `error`; an undecided one has
    the kind `open`, which means that there was too little information. Errors of specs are results
    of a rule of their own. URIs are relative, to a base `%SRCROOT%`, where paths are.
    """
    checked = _checked(reports)
    rules = [_rule(spec, result) for (spec, _), result in checked.items()]
    places = {key: index for index, key in enumerate(checked)}
    found = complaints(reports, errors)
    for rule in dict.fromkeys(_rule_of(one) for one in found if one.result is None):
        places["", rule] = len(rules)
        rules.append(_OWN_RULES[rule])
    driver = {"name": "utcheck", "version": escape(version), "rules": rules}
    results = [_result(complaint, places) for complaint in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _checked(reports: Sequence[CaseReport]) -> dict[tuple[str, str], PropertyResult]:
    """Return the properties of each spec, each as the first case has it that says what it is."""
    checked: dict[tuple[str, str], PropertyResult] = {}
    for report in reports:
        for result in report.outcome:
            first = checked.setdefault((report.spec, result.name), result)
            if not first.text:
                checked[report.spec, result.name] = result
    return checked


def _rule(spec: str, result: PropertyResult) -> dict[str, Any]:
    return {
        "id": _rule_id(spec, result.name),
        "name": one_line(result.name),
        "shortDescription": _message(result.text if result.text.strip() else result.name),
        "defaultConfiguration": {"level": "error"},
        "properties": {"kind": one_line(result.kind)},
    }


def _rule_id(spec: str, name: str) -> str:
    return one_line(f"{spec}:{name}")


def _own_rule(rule: str, text: str) -> dict[str, Any]:
    return {
        "id": rule,
        "name": rule.partition("/")[2],
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": "error"},
    }


_OWN_RULES = {
    _ERROR_RULE: _own_rule(
        _ERROR_RULE, "A spec or a model is wrong, so that it cannot be checked."
    ),
    _PIN_RULE: _own_rule(_PIN_RULE, "A number that a spec expects is the one that comes out."),
}


def _rule_of(complaint: Complaint) -> str:
    """Return the rule of a complaint that is not about a property."""
    return _ERROR_RULE if complaint.about is None else _PIN_RULE


def _result(complaint: Complaint, rules: _Rules) -> dict[str, Any]:
    if complaint.report is not None and complaint.result is not None:
        rule = _rule_id(complaint.report.spec, complaint.result.name)
        index = rules[complaint.report.spec, complaint.result.name]
    else:
        rule = _rule_of(complaint)
        index = rules["", rule]
    is_open = complaint.grade is Grade.UNDECIDED
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "kind": "open" if is_open else "fail",
        "level": "none" if is_open else "error",
        "message": _message(complaint.message),
        "locations": [_location(complaint.place)],
        "partialFingerprints": {FINGERPRINT: complaint.fingerprint},
        **_counterexample(complaint.result),
    }


def _counterexample(result: PropertyResult | None) -> dict[str, Any]:
    """Return the code flow, and where it ends; nothing for a run without steps."""
    if result is None or result.verdict is not Verdict.VIOLATED or result.trace is None:
        return {}
    trace = result.trace
    if not trace.steps:
        return {}
    flows = {"message": _message(_summary(trace)), "threadFlows": list(_thread_flows(trace))}
    end = _location(trace.steps[-1].place, "The counterexample ends here.")
    return {"relatedLocations": [end], "codeFlows": [flows]}


def _summary(trace: Trace) -> str:
    steps = plural(len(trace), "step")
    if trace.cycle is None or trace.cycle == len(trace):
        return f"The shortest counterexample: {steps}."
    return f"A lasso of {steps}, in which those from step {trace.cycle + 1} on repeat for ever."


def _thread_flows(trace: Trace) -> Iterator[dict[str, Any]]:
    """Yield a thread flow for each process that takes a step, in the order of the model."""
    taken = [step.process for step in trace.steps]
    for process in dict.fromkeys([*trace.processes, *taken]):
        steps = [(at, step) for at, step in enumerate(trace.steps, 1) if step.process == process]
        if steps:
            yield {"id": one_line(process), "locations": [_step(at, step) for at, step in steps]}


def _step(number: int, step: TraceStep) -> dict[str, Any]:
    location: dict[str, Any] = {
        "location": _location(step.place, f"Step {number}, {step.process}: {_told(step)}"),
        "executionOrder": number,
        "nestingLevel": len(step.calls),
    }
    if step.changes:
        changed = {one_line(c.variable): _message(show(c.new, unicode=True)) for c in step.changes}
        location["state"] = changed
    return location


def _told(step: TraceStep) -> str:
    """Return what a step is and does: `unlock (in lock); locked: True -> False`."""
    calls = f" (in {', '.join(step.calls)})" if step.calls else ""
    facts = [f"chooses {show(option, unicode=True)}" for option in step.options]
    facts += [
        f"{change.variable}: {show(change.old, unicode=True)} -> {show(change.new, unicode=True)}"
        for change in step.changes
    ]
    for event in step.events:
        values = ", ".join(show(value, unicode=True) for value in event.values)
        facts.append(f"emits {event.name}({values})" if event.values else f"emits {event.name}")
    if step.failure is not None:
        facts.append(f"assertion failed: {step.failure}".removesuffix(": "))
    return "; ".join([f"{step.label}{calls}", *facts])


def _location(place: Place, message: str = "") -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(place.path)}
    if place.line:
        physical["region"] = {"startLine": place.line}
        if place.column:
            physical["region"]["startColumn"] = place.column
    location: dict[str, Any] = {"physicalLocation": physical}
    if message:
        location["message"] = _message(message)
    return location


def _artifact(path: str) -> dict[str, str]:
    """Return a path as a URI: relative to the base, or absolute without it (3.4.4)."""
    shown = quote(normpath(PurePath(path).as_posix()), safe="/", errors="surrogatepass")
    if shown.startswith("/"):
        return {"uri": f"file://{shown}"}
    return {"uri": shown, "uriBaseId": BASE}


def _message(text: str) -> dict[str, str]:
    """Return a plain text message (3.11): no placeholders, and no links, whatever the text says."""
    plain = one_line(text).replace("{", "{{").replace("}", "}}")
    return {"text": plain.replace("](", "] (") or "(empty)"}
