"""The last sentence of a trace: what is wrong in its final state, or what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from utcheck.outcome import Standing, Trace
from utcheck.properties.kinds import Kind, Property

Reasons = Mapping[str, str]
"""Why each process that takes no step in a cycle need not take one."""


def with_ending(trace: Trace, claim: Property, reasons: Reasons) -> Trace:
    """Return the trace of a property with the sentence that explains its end."""
    return replace(trace, ending=_sentence(trace, claim, reasons))


def _sentence(trace: Trace, claim: Property, reasons: Reasons) -> str:
    match claim.kind:
        case Kind.DEADLOCK:
            return f"Deadlock: {_waiting(trace)}, and no process can take a step."
        case Kind.ASSERTIONS:
            step = trace.steps[-1]
            return f"In step '{step.label}' of {step.process}: {step.failure}."
        case Kind.ALWAYS:
            return f"Here '{claim.operands[0].text}' is false, which must always be true."
        case Kind.NEVER:
            return f"Here '{claim.operands[0].text}' is true, which must never be."
        case Kind.REACHABLE:
            return f"Here '{claim.operands[0].text}' is true."
        case Kind.STEP:
            step, text = trace.steps[-1], claim.operands[0].text
            return f"The last step, '{step.label}' of {step.process}, breaks '{text}'."
        case Kind.POSSIBLE_ALWAYS:
            return f"From here no run leads to a state in which '{claim.operands[0].text}' is true."
        case Kind.LTL if claim.invariant:
            return f"Here '{claim.operands[0].text}' is false, which must always be true."
        case Kind.LTL:
            formula = claim.temporal.text
            if trace.cycle is None and any(s.status == "ready" for s in trace.standings):
                return f"After this run '{formula}' is false, whatever follows."
            return _for_ever(trace, f"'{formula}' is false on this run", reasons)
        case _:
            return _for_ever(trace, _never_comes(claim), reasons)


def _never_comes(claim: Property) -> str:
    goal = f"'{claim.operands[-1].text}' never becomes true"
    if claim.kind is Kind.LEADS_TO:
        return f"after '{claim.operands[0].text}', {goal}"
    return goal


def _for_ever(trace: Trace, what: str, reasons: Reasons) -> str:
    """Say what is wrong with a run, and how it goes on for ever."""
    if trace.cycle is None:
        if any(standing.status == "waits" for standing in trace.standings):
            return f"{_capital(what)}: {_waiting(trace)}, and no process can take a step."
        return f"{_capital(what)}: every process has ended."
    moving = {step.process for step in trace.steps[trace.cycle :]}
    still = [s for s in trace.standings if s.process not in moving and s.label is not None]
    steps = f"steps {trace.cycle + 1} to {len(trace.steps)} repeat for ever"
    if trace.cycle + 1 == len(trace.steps):
        steps = f"step {len(trace.steps)} repeats for ever"
    return f"{_capital(what)}: {steps}{_why_still(still, reasons)}."


def _why_still(still: Sequence[Standing], reasons: Reasons) -> str:
    """Say which processes take no step in the cycle, and why they need not take one."""
    groups: dict[str, list[str]] = {}
    for standing in still:
        where = f"{standing.process} stays at '{standing.label}'"
        groups.setdefault(reasons.get(standing.process, ""), []).append(where)
    return "".join(f"; {_and(names)}, {reason}" for reason, names in groups.items())


def _waiting(trace: Trace) -> str:
    waiting = [s for s in trace.standings if s.status == "waits"]
    first = [s for s in waiting if not s.daemon] or waiting
    rest = [s for s in waiting if s not in first]
    return _and([f"{s.process} waits at '{s.label}'" for s in (*first, *rest)])


def _and(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
