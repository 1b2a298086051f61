"""Traces for Graphviz: labels are whole, nothing escapes from its string, and pictures come out."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from tests import sample_traces
from tests.golden_files import assert_golden
from tests.random_traces import thorough, traces
from utcheck.cli import picture
from utcheck.outcome import Trace
from utcheck.plain import escape, show
from utcheck.render.diagram import Diagram, Edge, Node
from utcheck.render.dot import dot, from_diagram

GRAPHS: list[tuple[str, Callable[[], Trace]]] = [
    ("dot/early_resume.dot", sample_traces.early_resume),
    ("dot/lasso.dot", sample_traces.lasso),
    ("dot/stays.dot", sample_traces.stays),
    ("dot/eight_processes.dot", sample_traces.eight_processes),
    ("dot/failing_assertion.dot", sample_traces.failing_assertion),
    ("dot/no_steps.dot", sample_traces.no_steps),
    ("dot/nasty_names.dot", sample_traces.nasty_names),
]
STRING = r'"((?:[^"\\\n]|\\.)*)"'
NODE = re.compile(rf"  (\d+) \[label={STRING}(.*)\];")
EDGE = re.compile(rf"  (\d+) -> (\d+) \[label={STRING}(.*)\];")
OTHER = re.compile(
    rf"(digraph utcheck {{|  (graph|node|edge) \[.*\];|  label={STRING};|}}"
    rf"|  caption \[shape=plaintext, fontname=Helvetica, label={STRING}\];"
    r"|  \d+ -> caption \[style=invis\];)"
)


def read(label: str) -> str:
    """Return a label as Graphviz shows it, without blanks."""
    text = re.sub(r"\\(.)", lambda match: "\n" if match[1] == "l" else match[1], label)
    return squeezed(unescape(text))


def squeezed(text: str) -> str:
    return "".join(text.split())


def shown(text: str, unicode: bool = True) -> str:
    return squeezed(escape(text, unicode=unicode) or "''")


def parts(text: str) -> tuple[list[re.Match[str]], list[re.Match[str]]]:
    """Return the nodes and edges, after a look at the other lines."""
    nodes, edges = [], []
    for line in text.splitlines():
        if match := NODE.fullmatch(line):
            nodes.append(match)
        elif match := EDGE.fullmatch(line):
            edges.append(match)
        else:
            assert OTHER.fullmatch(line), line
    return nodes, edges


@pytest.mark.parametrize(("name", "trace"), GRAPHS, ids=[name for name, _ in GRAPHS])
def test_graph_looks_like_its_golden_file(name: str, trace: Callable[[], Trace]) -> None:
    assert_golden(name, dot(trace(), f"sample [x]: {name} is violated"))


@thorough
@given(traces())
def test_every_step_is_an_edge_and_every_label_is_whole(trace: Trace) -> None:
    nodes, edges = parts(dot(trace, '\\N "x" &lt;\n'))
    closes = trace.cycle is not None and trace.cycle < len(trace)
    assert len(nodes) == len(trace) + (0 if closes else 1)
    assert len(edges) == len(trace) + (trace.cycle == len(trace))
    for number, step in enumerate(trace.steps):
        edge = edges[number]
        assert int(edge[1]) == number
        assert int(edge[2]) == (trace.cycle if closes and step is trace.steps[-1] else number + 1)
        text = read(edge[3])
        assert text.startswith(f"{number + 1}{shown(step.process)}:{shown(step.label)}")
        for event in step.events:
            assert f"emits{shown(event.name)}" in text
        assert ",".join(squeezed(show(one, unicode=True)) for one in step.options) in text
        target = text if int(edge[2]) <= number else read(nodes[number + 1][2])
        for change in step.changes:
            assert shown(change.variable) in target
            assert squeezed(show(change.new, unicode=True)) in target


@thorough
@given(traces())
def test_what_a_png_is_drawn_from_is_ascii(trace: Trace) -> None:
    text = dot(trace, "caf\u00e9 \u65e5\u672c", unicode=False)
    assert text.isascii()
    _, edges = parts(text)
    for step, edge in zip(trace.steps, edges, strict=False):
        assert shown(step.label, unicode=False) in read(edge[3])


@settings(thorough, max_examples=15)
@given(traces())
def test_graphviz_draws_it_and_every_label_is_in_the_picture(trace: Trace) -> None:
    root = ElementTree.fromstring(picture.draw(dot(trace), "svg"))  # noqa: S314  (our own)
    drawn = squeezed("".join(text for text in root.itertext()))
    for step in trace.steps:
        assert f"{shown(step.process)}:{shown(step.label)}" in drawn
    assert not root.findall(".//{http://www.w3.org/2000/svg}script")


def test_the_picture_of_the_race_is_the_same_everywhere() -> None:
    found = picture.program()
    assert found is not None
    assert found.endswith("graphviz-pure")  # another Graphviz draws the same in other words
    svg = picture.draw(dot(sample_traces.early_resume(), "early_resume: deadlock"), "svg")
    assert_golden("dot/early_resume.svg", svg.decode())


def test_no_meaning_is_carried_by_colour_alone() -> None:
    nodes = (Node(("a",), initial=True), Node(("b",), marked=True), Node(("c",), at=(2, 5)))
    edges = (Edge(0, 1, ("x",)), Edge(1, 2, ("y",), thick=True))
    found_nodes, found_edges = parts(from_diagram(Diagram(nodes, edges)))
    assert [node[3] for node in found_nodes] == [
        ", peripheries=2",
        ', style=filled, fillcolor="#ffe0b0", penwidth=3',
        ', class="at-2 at-5"',
    ]
    assert [edge[4] for edge in found_edges] == ["", ', penwidth=3, color="#b03000"']


def test_a_long_run_stands_in_columns_side_by_side() -> None:
    steps = [sample_traces.step("p", f"step {number}") for number in range(1, 41)]
    text = dot(sample_traces.trace("p", {}, steps, [], cycle=20))
    assert "  { rank=same; 0 -> 15 -> 30 [style=invis]; }\n" in text
    found = [line for line in text.splitlines() if NODE.fullmatch(line)]
    assert [re.findall(r"group=column(\d+)", line) for line in found] == [
        [str(number // 15)] for number in range(40)
    ]
    free = [EDGE.fullmatch(line) for line in text.splitlines() if "constraint=false" in line]
    ends = [(edge[1], edge[2]) for edge in free if edge is not None]
    assert ends == [("14", "15"), ("29", "30"), ("39", "20")]
    svg = picture.draw(text, "svg").decode()
    height = re.search(r'<svg width="\d+pt" height="(\d+)pt"', svg)
    assert height is not None
    assert int(height[1]) < 15 * 80


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("\\N", "\\\\N"),
        ('say "x"];', 'say \\"x\\"];'),
        ("a\nb", "a\\\\nb"),
        ("&lt;", "&amp;lt;"),
        ("<b>", "<b>"),
        ("日本", "日本"),
    ],
)
def test_labels_are_escaped(label: str, written: str) -> None:
    trace = sample_traces.trace("p", {}, [sample_traces.step("p", label)], [])
    assert f'0 -> 1 [label="&#160;1 p: {written}\\l"];' in dot(trace)
