"""Diagrams as text for Graphviz.

No colour carries a meaning alone: an initial state has a double border, the state to look at is
filled and its border thick, and so are the edges that are set off. In SVG, the states after K steps
of the run that is shown have the class `at-K`. The fonts are among the few of which every Graphviz
knows the widths, so that texts stay within their boxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from utcheck.outcome import Trace
from utcheck.render.diagram import Diagram, Edge, Node, of_trace

_HEAD = """\
digraph utcheck {
  graph [fontname=Helvetica, fontsize=12, labelloc=t, labeljust=l, nodesep=0.4, ranksep=0.35];
  node [shape=box, fontname=Courier, fontsize=11, margin="0.12,0.06"];
  edge [fontname=Courier, fontsize=11, arrowsize=0.7];
"""


def dot(trace: Trace, title: str = "", *, unicode: bool = True) -> str:
    """Return a trace as a graph in the language of Graphviz: its states in a column, or several.

    Without `unicode` it is 7-bit ASCII, which is what a PNG can show wherever it is drawn.
    """
    return from_diagram(of_trace(trace, title, unicode=unicode))


def from_diagram(diagram: Diagram) -> str:
    """Return a diagram in the language of Graphviz."""
    return _HEAD + "".join(f"  {line}\n" for line in _lines(diagram)) + "}\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    if diagram.title:
        yield f"label={quoted([*diagram.title, ''])};"
    column = diagram.column or len(diagram.nodes)
    for number, node in enumerate(diagram.nodes):
        group = f", group=column{number // column}" if diagram.column else ""
        yield f"{number} [{', '.join(_node(node))}{group}];"
    for edge in diagram.edges:
        within = edge.target > edge.source and edge.target % column != 0
        free = "" if within or not diagram.column else ", constraint=false"
        yield f"{edge.source} -> {edge.target} [{', '.join(_edge(edge))}{free}];"
    if diagram.column:
        tops = [str(number) for number in range(0, len(diagram.nodes), column)]
        yield f"{{ rank=same; {' -> '.join(tops)} [style=invis]; }}"
    if diagram.caption:
        yield f"caption [shape=plaintext, fontname=Helvetica, label={quoted(diagram.caption)}];"
        yield f"{len(diagram.nodes) - 1} -> caption [style=invis];"


def _node(node: Node) -> Iterator[str]:
    yield f"label={quoted(node.lines)}"
    if node.initial:
        yield "peripheries=2"
    if node.marked:
        yield 'style=filled, fillcolor="#ffe0b0", penwidth=3'
    if node.at:
        yield f'class="{" ".join(f"at-{step}" for step in node.at)}"'


def _edge(edge: Edge) -> Iterator[str]:
    yield f"label={quoted(f' {line}' for line in edge.lines)}"  # the line is at its left
    if edge.thick:
        yield 'penwidth=3, color="#b03000"'


def quoted(lines: Iterable[str]) -> str:
    r"""Return lines as one string of Graphviz, each flush left (`\l`).

    A backslash begins an escape there (`\N` is the name of the node), an ampersand an entity. The
    blanks at the beginning of a line are such as a browser keeps.
    """
    return '"' + "".join(f"{_escaped(line)}\\l" for line in lines) + '"'


def _escaped(line: str) -> str:
    text = line.lstrip(" ")
    blanks = "&#160;" * (len(line) - len(text))
    return blanks + text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
