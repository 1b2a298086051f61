"""A trace as a chart in plain text, one lifeline per process, fit to be pasted into a mail.

What a reader finds, from the top: where the variables start; the steps in their order, each below
the name of the process that takes it, with what it changed; where every process stands in the
last state; and the sentence that says what is wrong there.
"""

from __future__ import annotations

from utcheck.errors import UsageError
from utcheck.outcome import Standing, Trace
from utcheck.plain import enumerate_words, fill, in_families, paragraph, plural, sentence
from utcheck.render.lifelines import ASCII, UNICODE, Style, calls_around, draw_steps

NARROWEST = 32
_FEW = 8  # up to so many variables are all shown with their initial values

# What a process, and what several of them, do in the last state.
_VERBS = {
    "ready": ("is about to take", "are about to take"),
    "waits": ("waits at", "wait at"),
    "ended": ("has ended", "have ended"),
    "failed": ("violates an assertion in", "violate an assertion in"),
}


def chart(trace: Trace, *, width: int = 72, unicode: bool = False) -> str:
    """Return the trace as text of at most `width` columns that ends with a newline.

    Without `unicode` it is 7-bit ASCII. No line has trailing blanks or is one that mail tools
    misread, and whatever the model says is escaped. Every label, change, event, option and failed
    assertion is there in full; what does not fit is wrapped.

    Raises UsageError where `width` is less than 32.
    """
    if width < NARROWEST:
        raise UsageError(f"a chart needs at least {NARROWEST} columns, not {width}")
    style = UNICODE if unicode else ASCII
    parts = [
        _initially(trace, style, width),
        draw_steps(trace, style, width) if trace.steps else [],
        standings(trace, style, width),
        paragraph(sentence(trace.ending, unicode=unicode), width) if trace.ending else [],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _initially(trace: Trace, style: Style, width: int) -> list[str]:
    """Say where the variables start."""
    if not trace.initial:
        return []
    shown, hidden = initial_values(trace, style)
    words = [f"{word}," for word in shown]
    if words:
        words = ["Initially:", *words[:-1], words[-1][:-1] + "."]
    if hidden:
        words += f"Unchanged throughout: {plural(hidden, 'variable')}.".split(" ")
    return paragraph(words, width, hanging=2)


def initial_values(trace: Trace, style: Style) -> tuple[list[str], int]:
    """Return `variable = value` for all variables if they are few, else for those that change.

    With them comes the number of variables that are left out.
    """
    changed = {change.variable for step in trace.steps for change in step.changes}
    every = len(trace.initial) <= _FEW or not trace.steps
    shown = [name for name in trace.initial if every or name in changed]
    return _values(trace, shown, style), len(trace.initial) - len(shown)


def _values(trace: Trace, variables: list[str], style: Style) -> list[str]:
    """Return `variable = value` for each, in order, alike elements of an array together."""
    alike: dict[str, list[str]] = {}
    for variable in variables:
        alike.setdefault(style.value(trace.initial[variable]), []).append(variable)
    texts = {
        first: f"{style.text(names)} = {value}"
        for value, same in alike.items()
        for first, names in in_families(same).items()
    }
    return [texts[variable] for variable in variables if variable in texts]


def standings(trace: Trace, style: Style, width: int) -> list[str]:
    """Say where every process stands in the last state, those that stand alike in one sentence."""
    groups: dict[tuple[object, ...], list[Standing]] = {}
    for one in trace.standings:
        groups.setdefault((one.status, one.label, one.calls, one.daemon), []).append(one)
    if not groups:
        return []
    last = f"After step {len(trace.steps)}:" if trace.steps else "In the initial state:"
    lines = [last]
    for group in groups.values():
        words = _standing(group, style)
        lines += [f"  {line}" for line in fill(words, width - 2, hanging=2)]
    return lines


def _standing(group: list[Standing], style: Style) -> list[str]:
    """Return the words of the sentence about processes that stand alike."""
    one = group[0]
    several = len(group) > 1
    names = in_families(style.text(standing.process) for standing in group)
    verbs = _VERBS.get(one.status, (style.text(one.status),) * 2)
    words = f"{enumerate_words([*names.values()])} {verbs[several]}".split(" ")
    if one.label is not None:
        words += f"'{style.text(one.label)}'".split(" ")
    words += calls_around(one.label or "", one.calls, style)
    if one.daemon:
        words.append("(daemons)" if several else "(daemon)")
    return words
