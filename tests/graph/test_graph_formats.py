"""State graphs in every format: read back and compared, with names that mean something to each."""

from __future__ import annotations

import html
import io
import json
import re
import subprocess
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest

from models.early_resume import EarlyResume
from tests.golden_files import assert_golden
from tests.graph.models import NASTY, TEXTS, Nasty, Never, Starts, Table, Tiny
from tests.oracle.models import Walkers
from tests.steps import Steps
from utcheck import Model, check, process
from utcheck.cli.picture import program
from utcheck.graph.automaton import process_graph
from utcheck.graph.grouping import values_of
from utcheck.graph.parts import around, merged, with_trace
from utcheck.graph.states import StateSpace, state_graph
from utcheck.graph.traces import path_of
from utcheck.model.instance import Instance
from utcheck.outcome import Event
from utcheck.plain import escape, show
from utcheck.render.diagram import Diagram, Edge, Node
from utcheck.render.dot import from_diagram
from utcheck.render.flowchart import flowchart
from utcheck.render.graph_words import in_ascii
from utcheck.render.process_diagram import process_diagram
from utcheck.render.state_diagram import merged_diagram, state_diagram
from utcheck.render.state_formats import aut_text, graphml_text, json_text

ROOT = Path(__file__).parents[2]
Graph = Any


def whole(model: Model) -> Graph:
    return state_graph(Instance(model))


def near_deadlock(model: Model, distance: int) -> Graph:
    graph = whole(model)
    trace = check(model)["deadlock"].trace
    assert trace is not None
    path = path_of(graph, trace.witness)
    return around(with_trace(graph, path), {end for edge in path for end in edge[:2]}, distance)


def by(model: Model, text: str) -> Graph:
    space = StateSpace(Instance(model))
    try:
        return merged(space.graph(), *values_of(space, text))
    finally:
        space.close()


def automaton(model: Model, number: int = 0) -> Graph:
    space = StateSpace(Instance(model))
    try:
        return process_graph(space, number, str(ROOT))
    finally:
        space.close()


GRAPHS: dict[str, Callable[[], Graph]] = {
    "tiny": lambda: whole(Tiny()),
    "starts": lambda: whole(Starts()),
    "early resume": lambda: whole(EarlyResume()),
    "part": lambda: near_deadlock(EarlyResume(), 1),
    "merged": lambda: by(Tiny(), "(x, p.done)"),
    "process": lambda: automaton(Tiny()),
    "nasty": lambda: whole(Nasty()),
    "nasty process": lambda: automaton(Nasty()),
}


def as_data(value: object) -> object:
    """Return what JSON makes of a value of these models, all of which it can hold."""
    if isinstance(value, Event):
        return {"name": value.name, "values": as_data(value.values)}
    if isinstance(value, dict):
        return {name: as_data(one) for name, one in value.items()}
    return [as_data(one) for one in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("name", GRAPHS)
def test_json_is_read_back_by_networkx(name: str) -> None:
    graph = GRAPHS[name]()
    data = json.loads(json_text(graph))
    with warnings.catch_warnings(action="ignore", category=FutureWarning):
        back = nx.node_link_graph(data, edges="edges")
    assert isinstance(back, nx.MultiDiGraph)
    assert list(back.nodes(data=True)) == [(n, as_data(d)) for n, d in graph.nodes(data=True)]
    assert list(back.edges(keys=True, data=True)) == [
        (s, t, key, as_data(d)) for s, t, key, d in graph.edges(keys=True, data=True)
    ]
    initial = [{"choices": [*c], "node": n} for c, n in graph.graph["initial"].items()]
    assert back.graph == {**as_data(graph.graph), "initial": initial}  # type: ignore[dict-item]


FLAGS = {"initial", "deadlock", "states", "deadlocks", "hidden", "transitions"}


def as_texts(data: dict[str, Any]) -> dict[str, Any]:
    """Return attributes as GraphML has them."""
    texts: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            here = {inner: one for inner, one in value.items()
                    if name != "locations" or one is not None}  # fmt: skip
            texts |= {f"{name}.{inner}": text(one) for inner, one in here.items()}
        elif value is not None:
            texts[name] = value if name in FLAGS else text(value)
    return texts


def text(value: object) -> str:
    """Return a value as text that XML can hold: two characters of NASTY are not."""
    if isinstance(value, tuple) and value and isinstance(value[0], Event):
        (event,) = value
        return text(f"{event.name}({', '.join(map(repr, event.values))})")
    plain = value if isinstance(value, str) else show(value, unicode=True)
    return plain.replace("\x00", "\\x00").replace("\x1b", "\\x1b")


@pytest.mark.parametrize("name", GRAPHS)
def test_graphml_is_read_back_by_networkx(name: str) -> None:
    graph = GRAPHS[name]()
    xml = graphml_text(graph)
    back = nx.read_graphml(io.BytesIO(xml.encode()), node_type=int, force_multigraph=True)
    assert list(back.nodes(data=True)) == [(n, as_texts(d)) for n, d in graph.nodes(data=True)]
    assert list(back.edges(data=True)) == [
        (s, t, as_texts(d)) for s, t, d in graph.edges(data=True)
    ]
    assert back.graph["model"] == graph.graph["model"]
    tree = ElementTree.fromstring(xml)  # noqa: S314  (it is ours)
    ids = [one.get("id") for one in tree.iter() if one.tag.endswith("}edge")]
    assert len(set(ids)) == graph.size(), "what an edge is called is unique in a document"


EDGE = re.compile(r'\((\d+), (?:"((?:[^"\\]|\\.)*)"|(i)), (\d+)\)')


def read_aut(aut: str) -> tuple[int, int, list[tuple[int, str, int]]]:
    """Return initial state, number of states, and edges; the numbers in the head must be right."""
    head, *lines = aut.splitlines()
    first, edges, states = map(int, re.fullmatch(r"des \((\d+), (\d+), (\d+)\)", head).groups())  # type: ignore[union-attr]
    found = []
    for line in lines:
        match = EDGE.fullmatch(line)
        assert match, line
        source, label, invisible, target = match.groups()
        found.append((int(source), invisible or re.sub(r"\\([\\\"])", r"\1", label), int(target)))
    assert len(found) == edges
    return first, states, found


@pytest.mark.parametrize("name", sorted(set(GRAPHS) - {"starts"}))
def test_aut_is_read_back(name: str) -> None:
    graph = GRAPHS[name]()
    first, states, edges = read_aut(aut_text(graph))
    numbers = {node: at for at, node in enumerate(graph)}
    assert (first, states) == (0, len(graph))
    assert edges == [
        (numbers[s], escape(f"{e['process']}: {e['label']}", unicode=True), numbers[t])
        for s, t, e in graph.edges(data=True)
    ]


def test_aut_has_one_initial_state_where_the_model_has_three() -> None:
    """Five states, and one more with an invisible step to each of the three; two steps of p."""
    first, states, edges = read_aut(aut_text(whole(Starts())))
    assert (first, states) == (5, 6)
    assert edges == [(1, "p: look", 3), (2, "p: look", 4), (5, "i", 0), (5, "i", 1), (5, "i", 2)]


DIAGRAMS: dict[str, Callable[[], Diagram]] = {
    "tiny": lambda: state_diagram(whole(Tiny())),
    "starts": lambda: state_diagram(whole(Starts())),
    "part": lambda: state_diagram(near_deadlock(Tiny(), 1), ["Around 'deadlock'."]),
    "merged": lambda: merged_diagram(by(Tiny(), "x > 0"), "x > 0"),
    "process": lambda: process_diagram(automaton(EarlyResume())),
    "nasty": lambda: state_diagram(whole(Nasty())),
    "nasty merged": lambda: merged_diagram(by(Nasty(), "größe"), "größe"),
    "nasty process": lambda: process_diagram(automaton(Nasty())),
}


def drawn(diagram: Diagram, form: str) -> bytes:
    found = program()
    assert found is not None
    done = subprocess.run(
        [found, f"-T{form}"], input=from_diagram(diagram).encode(), capture_output=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("name", DIAGRAMS)
def test_graphviz_reads_back_every_box_and_arrow(name: str) -> None:
    diagram = DIAGRAMS[name]()
    data = json.loads(drawn(diagram, "json0"))
    boxes = {one["name"]: one for one in data["objects"]}
    assert len(boxes) == len(diagram.nodes)
    for number, node in enumerate(diagram.nodes):
        box = boxes[str(number)]
        assert unquoted(box["label"]) == stripped(node.lines)
        assert (box.get("peripheries") == "2") == node.initial
        assert (box.get("style") == "filled" and box["penwidth"] == "3") == node.marked
    arrows = [
        (one["tail"], one["head"], unquoted(one["label"]), "penwidth" in one)
        for one in data.get("edges", [])
    ]
    assert arrows == [(e.source, e.target, stripped(e.lines), e.thick) for e in diagram.edges]


def stripped(lines: Iterable[str]) -> list[str]:
    return [line.lstrip() for line in lines]


def unquoted(label: str) -> list[str]:
    """Return the lines of a label, of which Graphviz has taken only the quotation marks off.

    Blanks at the beginning of a line are a matter of layout.
    """
    lines = label.replace("\\\\", "\x00").split("\\l")
    assert lines.pop() == ""
    return [html.unescape(line.replace("\x00", "\\")).lstrip() for line in lines]


@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_drawing_has_the_texts_and_nothing_that_runs(name: str) -> None:
    svg = ElementTree.fromstring(drawn(DIAGRAMS[name](), "svg"))  # noqa: S314  (it is ours)
    tags = {one.tag.rpartition("}")[2] for one in svg.iter()}
    assert tags <= {"svg", "g", "title", "text", "polygon", "path", "ellipse", "polyline"}
    shown = {" ".join((one.text or "").split()) for one in svg.iter() if one.tag.endswith("}text")}
    for node in DIAGRAMS[name]().nodes:
        assert {" ".join(line.split()) for line in node.lines} <= shown


MERMAID = re.compile(
    r'  title(\["[^"]*"\]:::title| ~~~ s0)|  s\d+(\[\["[^"]*"\]\]|\["[^"]*"\])(:::marked)?'
    r'|  s\d+ (-->|==>)(\|"[^"]*"\|)? s\d+|  classDef (title|marked) [\w:,-]+'
)


@pytest.mark.parametrize("name", DIAGRAMS)
def test_nothing_from_a_model_means_something_to_mermaid(name: str) -> None:
    """Every line has one of the forms that are written here, with harmless text in its quotes."""
    head, *lines = flowchart(DIAGRAMS[name]()).splitlines()
    assert head == "flowchart TD"
    for line in lines:
        assert MERMAID.fullmatch(line), line
        for quoted in re.findall(r'"([^"]*)"', line):
            rest = re.sub(r"#\d+;|<br/>", "", quoted)
            assert not re.search(r"[^\w .,:()=+/-]", rest), line


def test_what_mermaid_puts_where_it_parses_is_written_otherwise() -> None:
    text = flowchart(Diagram((Node(("\u00b6 \ufb02",)),), ()))
    assert '  s0["#92;u00b6 #92;ufb02"]\n' in text


def test_every_name_is_whole_in_every_format() -> None:
    """In the pictures they are wrapped, so blanks and breaks do not count there."""
    states, process = whole(Nasty()), automaton(Nasty())
    boxes = (state_diagram(states), process_diagram(process))
    lines = [[one.lines for one in box.nodes] + [one.lines for one in box.edges] for box in boxes]
    said = ["".join("".join(one) for one in box) for box in lines]
    back = json.dumps(json.loads(json_text(states)))
    for one in TEXTS:
        shown = {escape(one, unicode=True), show(one, unicode=True)[1:-1]}
        assert all(any(squeezed(form) in squeezed(s) for form in shown) for s in said), one
        assert json.dumps(one) in back
        assert text(one) in "".join(ElementTree.fromstring(graphml_text(states)).itertext())  # noqa: S314
    assert escape(NASTY, unicode=True).replace("\\", "\\\\").replace('"', '\\"')[:9] in aut_text(
        states
    )


def test_a_diagram_in_ascii_says_the_same() -> None:
    diagram = in_ascii(DIAGRAMS["nasty"]())
    dot = from_diagram(diagram)
    assert dot.isascii()
    assert "proze\\\\xdf" in dot
    assert in_ascii(DIAGRAMS["tiny"]()) == DIAGRAMS["tiny"]()


def squeezed(line: str) -> str:
    return re.sub(r"\s", "", line)


GOLDEN: dict[str, Callable[[], str]] = {
    "state_graph/tiny.dot": lambda: from_diagram(DIAGRAMS["tiny"]()),
    "state_graph/tiny.mmd": lambda: flowchart(DIAGRAMS["tiny"]()),
    "state_graph/tiny.json": lambda: json_text(whole(Tiny())),
    "state_graph/tiny.graphml": lambda: graphml_text(whole(Tiny())),
    "state_graph/tiny.aut": lambda: aut_text(whole(Tiny())),
    "state_graph/part.dot": lambda: from_diagram(DIAGRAMS["part"]()),
    "state_graph/part.mmd": lambda: flowchart(DIAGRAMS["part"]()),
    "state_graph/merged.dot": lambda: from_diagram(DIAGRAMS["merged"]()),
    "state_graph/process.dot": lambda: from_diagram(DIAGRAMS["process"]()),
    "state_graph/nasty.dot": lambda: from_diagram(DIAGRAMS["nasty"]()),
    "state_graph/nasty.mmd": lambda: flowchart(DIAGRAMS["nasty"]()),
    "state_graph/nasty.json": lambda: json_text(whole(Nasty())),
    "state_graph/nasty.graphml": lambda: graphml_text(whole(Nasty())),
    "state_graph/nasty.aut": lambda: aut_text(whole(Nasty())),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_small_graphs_byte_for_byte(name: str) -> None:
    assert_golden(name, GOLDEN[name]())


def test_an_arrow_between_merged_states_has_every_label_once() -> None:
    """Three processes begin, and each has its first step in any order: from 0 begun to 3.

    Of 2 * 2 * 2 states, n have begun in as many as there are subsets of n: 1, 3, 3 and 1; each
    state with n has 3 - n steps on. Merged by whether all have begun, they are 7 and 1.
    """
    diagram = merged_diagram(by(Walkers(n=3), "all(w.done for w in p)"), "all(w.done for w in p)")
    assert [node.lines for node in diagram.nodes] == [
        ("all(w.done for w in p): False", "7 states", "9 steps within"),
        ("all(w.done for w in p): True", "1 state"),
    ]
    assert diagram.edges == (Edge(0, 1, ("p[0..2]: step 0 (3 times)",)),)


def test_steps_of_a_trace_are_numbered_but_not_without_end() -> None:
    graph = with_trace(whole(Tiny()), [(0, 1, 0)] * 8 + [(0, 2, 0)])
    one, other, *_ = state_diagram(graph).edges
    assert one.lines[0] == "1, 2, 3, 4, 5, 6 and 2 more p: up"
    assert other.lines[0] == "9 p: up"


def test_a_state_in_which_a_step_fails_says_so() -> None:
    nodes = state_diagram(whole(Starts())).nodes
    assert nodes[0].lines[1] == "ASSERTION VIOLATED by p in 'look'"
    assert [node.marked for node in nodes] == [True, False, False, False, False]
    (group,) = merged_diagram(by(Starts(), "x > 0"), "x > 0").nodes
    assert group.marked
    assert "ASSERTION VIOLATED by p in 'look'" in group.lines


def test_what_a_process_does_is_said_with_its_conditions() -> None:
    """See tests/graph/test_automaton.py for what it does."""
    diagram = process_diagram(automaton(Table(), 1))
    begin, end = diagram.nodes
    assert begin.lines[0] == "look"
    assert begin.lines[2:5] == ("waits if a = 3", "ASSERTION VIOLATED if a = 2 and b = True",
                                "  (two and b)")  # fmt: skip
    assert (begin.marked, begin.initial) == (True, True)
    assert (end.lines, end.marked, end.initial) == (("(ended)",), False, False)
    assert [edge.lines for edge in diagram.edges] == [
        ("if a in {0, 2} and b = False or a = 1", "out := False"),
        ("if a = 0 and b = True", "out := True"),
    ]
    tiny = process_diagram(automaton(Tiny(), 1))
    assert tiny.edges == (Edge(0, 0, ("if x = 1", "x := 0", "emits zero(7)")),)
    (waits,) = process_diagram(automaton(Never())).nodes
    assert waits.lines[2:] == ("waits",)


class Talkative(Model):
    """Ten labels, one after the other, all of which lead from one value to the other."""

    x: int = 0

    @process
    def p(self) -> Steps:
        for number in range(5):
            yield f"up {number}"
            self.x = 1
            yield f"down {number}"
            self.x = 0
        for number in range(5):
            yield f"more {number}"
            self.x = 1
            yield f"less {number}"
            self.x = 0


def test_an_arrow_has_eight_labels_and_says_how_many_more() -> None:
    up, down = merged_diagram(by(Talkative(), "x"), "x").edges
    labels = [f"p: up {n}" for n in range(5)] + [f"p: more {n}" for n in range(3)]
    assert up.lines == (*labels, "and 2 more labels")
    assert (len(down.lines), down.lines[-1]) == (9, "and 2 more labels")
