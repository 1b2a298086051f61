"""Diagrams as flowcharts of Mermaid, which GitHub and GitLab draw in comments.

Unlike its state diagrams, these can have thick edges, and a title.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from utcheck.render.diagram import Diagram

# Mermaid has these where `#` and `;` were while it parses, so that they are escaped as for Python.
PLACEHOLDERS = "\u00b6\ufb02"


def flowchart(diagram: Diagram) -> str:
    """Return a diagram as a flowchart of Mermaid.

    A flowchart and not a state diagram, because only there can an edge be thick.
    """
    return "".join(f"{line}\n" for line in _lines(diagram))


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "flowchart TD"
    if diagram.title:
        yield f'  title["{_entities(diagram.title)}"]:::title'
    for number, node in enumerate(diagram.nodes):
        before, after = ("[[", "]]") if node.initial else ("[", "]")
        style = ":::marked" if node.marked else ""
        yield f'  s{number}{before}"{_entities(node.lines)}"{after}{style}'
    for edge in diagram.edges:
        arrow = "==>" if edge.thick else "-->"
        text = f'|"{_entities(edge.lines)}"|' if edge.lines else ""
        yield f"  s{edge.source} {arrow}{text} s{edge.target}"
    if diagram.title and diagram.nodes:
        yield "  title ~~~ s0"
    yield "  classDef title fill:none,stroke:none,text-align:left"
    yield "  classDef marked stroke-width:4px,font-weight:bold"


def _entities(lines: Iterable[str]) -> str:
    """Return lines as one string of Mermaid, in which nothing has a meaning.

    Letters and digits, also those beyond ASCII, and a few marks are themselves.
    """
    return "<br/>".join("".join(map(_entity, line.strip())) for line in lines)


def _entity(char: str) -> str:
    if char in PLACEHOLDERS:
        return "".join(map(_entity, f"\\u{ord(char):04x}"))
    return char if char.isalnum() or char in " .,:()=_-+/" else f"#{ord(char)};"
