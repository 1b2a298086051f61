"""Traces and diagrams as text for Mermaid, which GitHub and GitLab draw in comments.

Mermaid has no way to quote: whatever is not a letter, a digit or one of a few harmless signs is
written as `#N;` with the number of the character, which it reads everywhere in a label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from utcheck.outcome import Trace
from utcheck.plain import fill, in_families
from utcheck.render.diagram import (
    Diagram,
    Node,
    ending,
    heading,
    headlines,
    initially,
    of_trace,
)
from utcheck.render.lifelines import UNICODE, details

_NOTE = 32  # how wide the text of a step is
_BETWEEN = 18  # the room between two lifelines that is there in any case
_WIDEST = 60
_MANY = 8  # up to so many processes have a lifeline even if they take no step
_HARMLESS = frozenset("0123456789 .,()[]=+'")
# For as long as it parses, Mermaid has these where `#` and `;` were, and it parses more than once.
_PLACEHOLDERS = frozenset("\u00b6\ufb02")
_KEYWORD = re.compile(r"(?<!\w)(?=(?:end|as|note|state|class|default|direction)(?!\w))", re.I)


def sequence_diagram(trace: Trace, title: str = "") -> str:
    """Return a trace as a sequence diagram: a lifeline per process, every step a note on it.

    The cycle of a lasso is a loop. Processes that take no step are left out where they are many.
    """
    acting = dict.fromkeys(step.process for step in trace.steps)
    every = list(dict.fromkeys([*trace.processes, *acting])) or [""]
    drawn = every if len(every) <= _MANY or not acting else [one for one in every if one in acting]
    lines = ["sequenceDiagram"]
    if title:
        lines.append(f"  title {_text(heading(title))}")
    for number, name in enumerate(drawn):
        lines.append(f"  participant p{number} as {_text(fill([UNICODE.text(name)], _NOTE))}")
    across = f"p0,p{len(drawn) - 1}" if len(drawn) > 1 else "p0"
    room = min(_BETWEEN * max(len(drawn), 2) - 8, _WIDEST)
    lines.append(_note(across, _beginning(trace, every, drawn, room)))
    lines += _steps(trace, drawn)
    last = ending(trace, room)
    if last:
        lines.append(_note(across, last))
    return _joined(lines)


def state_diagram(diagram: Diagram) -> str:
    """Return a diagram as a Mermaid state diagram; states to look at have a thick border."""
    lines = ["stateDiagram-v2", "  direction TB"]
    if diagram.nodes:
        lines.append("  classDef marked stroke-width:4px,font-weight:bold")
    for number, node in enumerate(diagram.nodes):
        lines.append(f'  state "{_text(node.lines)}" as s{number}')
        lines += _borders(number, node)
    for edge in diagram.edges:
        label = f": {_text(edge.lines)}" if edge.lines else ""
        lines.append(f"  s{edge.source} --> s{edge.target}{label}")
    if diagram.caption:
        lines.append(f"  note right of s{len(diagram.nodes) - 1} : {_text(diagram.caption)}")
    return _joined(lines)


def trace_states(trace: Trace, title: str = "") -> str:
    """Return the states of a trace as a Mermaid state diagram."""
    return state_diagram(of_trace(trace, title))


def _borders(number: int, node: Node) -> Iterator[str]:
    if node.initial:
        yield f"  [*] --> s{number}"
    if node.marked:
        yield f"  class s{number} marked"


def _beginning(
    trace: Trace, every: Sequence[str], drawn: Sequence[str], room: int
) -> Iterator[str]:
    yield from initially(trace, room)
    idle = in_families(UNICODE.text(name) for name in every if name not in drawn)
    if idle:
        yield from fill(["idle:", *", ".join(idle.values()).split(" ")], room)


def _steps(trace: Trace, drawn: Sequence[str]) -> Iterator[str]:
    """Yield a note for each step, those of the cycle of a lasso in a loop."""
    indent = ""
    for number, lines in enumerate(headlines(trace, _NOTE)):
        step = trace.steps[number]
        if number == trace.cycle:
            yield "  loop for ever"
            indent = "  "
        for words in details(step, UNICODE):
            lines += fill(words, _NOTE, hanging=2)
        yield indent + _note(f"p{drawn.index(step.process)}", lines)
    if indent:
        yield "  end"


def _note(over: str, lines: Iterable[str]) -> str:
    return f"  Note over {over}: {_text(lines)}"


def _text(lines: Iterable[str]) -> str:
    """Return lines of text as a label of Mermaid; blanks at their beginning are left out."""
    return "<br/>".join(_escaped(line.strip()) for line in lines) or "#32;"


def _escaped(text: str) -> str:
    """Return text with everything that could mean something to Mermaid as the number of a sign."""
    safe = "".join(f"\\u{ord(char):04x}" if char in _PLACEHOLDERS else char for char in text)
    words = {match.start() for match in _KEYWORD.finditer(safe)}
    return "".join(
        char if (char.isalpha() or char in _HARMLESS) and at not in words else f"#{ord(char)};"
        for at, char in enumerate(safe)
    )


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
