"""What a page knows of a trace: plain data of printable text, and its place in a page.

Every text of a model is escaped here as everywhere (`utcheck.plain`), so that control characters
and marks that turn the direction of writing are seen and not obeyed. What HTML and scripts would
read as their own is escaped when the data is embedded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from utcheck.errors import Place
from utcheck.outcome import Event, Standing, Trace, TraceStep
from utcheck.plain import escape, in_families, sentence, show

_AROUND = 12  # lines of source shown before the first and after the last that the trace names
_MARKUP = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}

Sources = Mapping[str, Sequence[str]]


def page_data(trace: Trace, sources: Sources) -> dict[str, Any]:
    """Return the trace as the page's script reads it.

    Processes and variables are told once and named by their index after that; values are the text
    in which they are shown. `sources` maps a path to the lines of the file; of these there are the
    lines around the ones that the trace names.
    """
    processes = _processes(trace)
    initial = _initial(trace)
    places = {name: index for index, name in enumerate(initial)}
    standings = {one.process: one for one in trace.standings}
    return {
        "cycle": trace.cycle,
        "ending": sentence(trace.ending, unicode=True),
        "processes": [text(name) for name in processes],
        "idle": _idle(trace, processes),
        "variables": [{"name": text(name), "value": value} for name, value in initial.items()],
        "steps": [_step(step, processes, places) for step in trace.steps],
        "standings": [_standing(standings.get(process)) for process in processes],
        "sources": _sources(trace, sources),
    }


def embedded(data: Mapping[str, Any]) -> str:
    """Return the data as JSON for a script element, an item a line, that no markup can end."""
    members = (f"{json.dumps(name)}: {_member(value)}" for name, value in data.items())
    return ("{\n" + ",\n".join(members) + "\n}").translate(_MARKUP)


def _member(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in value) + "\n]"


def text(name: str) -> str:
    """Return a name or label of a model as printable text, never empty."""
    return escape(name, unicode=True) or "''"


def _processes(trace: Trace) -> list[str]:
    """Return the processes of the model, and after them what else the trace names as one."""
    moving = (step.process for step in trace.steps)
    standing = (one.process for one in trace.standings)
    return list(dict.fromkeys([*trace.processes, *moving, *standing]))


def _idle(trace: Trace, processes: list[str]) -> list[str]:
    """Return the processes that take no step, consecutive indices of a family together."""
    moving = {step.process for step in trace.steps}
    return [*in_families(text(one) for one in processes if one not in moving).values()]


def _initial(trace: Trace) -> dict[str, str]:
    """Return the first value of every variable; of one that `initial` lacks, before its change."""
    values = {name: show(value, unicode=True) for name, value in trace.initial.items()}
    for step in trace.steps:
        for change in step.changes:
            values.setdefault(change.variable, show(change.old, unicode=True))
    return values


def _step(step: TraceStep, processes: list[str], places: Mapping[str, int]) -> dict[str, Any]:
    return {
        "process": processes.index(step.process),
        "label": text(step.label),
        "place": _place(step.place),
        "calls": [text(call) for call in step.calls],
        "options": [show(option, unicode=True) for option in step.options],
        "changes": [
            {
                "variable": places[change.variable],
                "old": show(change.old, unicode=True),
                "new": show(change.new, unicode=True),
            }
            for change in step.changes
        ],
        "events": [_event(event) for event in step.events],
        "failure": None if step.failure is None else sentence(step.failure, unicode=True),
    }


def _event(event: Event) -> dict[str, Any]:
    return {"name": text(event.name), "values": [show(one, unicode=True) for one in event.values]}


def _standing(one: Standing | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "label": None if one.label is None else text(one.label),
        "place": None if one.place is None else _place(one.place),
        "calls": [text(call) for call in one.calls],
        "status": text(one.status),
        "daemon": one.daemon,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"path": text(place.path), "line": place.line}


def _sources(trace: Trace, sources: Sources) -> list[dict[str, Any]]:
    """Return the files that the trace names, from a little before its lines to a little after."""
    places = [step.place for step in trace.steps]
    places += [one.place for one in trace.standings if one.place is not None]
    excerpts = []
    for path in dict.fromkeys(place.path for place in places):
        named = (place.line for place in places if place.path == path and place.line is not None)
        excerpt = _excerpt(sources.get(path, ()), named)
        if excerpt:
            excerpts.append({"path": text(path), **excerpt})
    return excerpts


def _excerpt(lines: Sequence[str], named: Iterable[int]) -> dict[str, Any] | None:
    """Return the number of the first line shown, and the lines; None if none of them is there."""
    known = [number for number in named if 1 <= number <= len(lines)]
    if not known:
        return None
    first, last = max(1, min(known) - _AROUND), min(len(lines), max(known) + _AROUND)
    shown = [line.rstrip().expandtabs(8) for line in lines[first - 1 : last]]
    return {"first": first, "lines": [escape(line, unicode=True) for line in shown]}
