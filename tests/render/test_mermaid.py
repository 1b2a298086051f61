"""Traces for Mermaid: every label is whole, and nothing in it means anything to Mermaid.

That Mermaid reads what these tests call escaped was tried with its versions 10.9 and 11.17.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given

from tests import sample_traces
from tests.golden_files import assert_golden
from tests.random_traces import thorough, traces
from utcheck.outcome import Trace
from utcheck.plain import escape, show
from utcheck.render.diagram import Diagram, Edge, Node
from utcheck.render.mermaid import sequence_diagram, state_diagram, trace_states

TRACES: list[tuple[str, Callable[[], Trace]]] = [
    ("early_resume", sample_traces.early_resume),
    ("lasso", sample_traces.lasso),
    ("stays", sample_traces.stays),
    ("eight_processes", sample_traces.eight_processes),
    ("fifteen_idle", lambda: sample_traces.twenty_processes(acting=5)),
    ("nasty_names", sample_traces.nasty_names),
]
GOLDEN = {
    "early_resume": ("mermaid/early_resume.sequence.mmd", "mermaid/early_resume.states.mmd"),
    "lasso": ("mermaid/lasso.sequence.mmd", "mermaid/lasso.states.mmd"),
    "stays": ("mermaid/stays.sequence.mmd", "mermaid/stays.states.mmd"),
    "eight_processes": (
        "mermaid/eight_processes.sequence.mmd",
        "mermaid/eight_processes.states.mmd",
    ),
    "fifteen_idle": ("mermaid/fifteen_idle.sequence.mmd", "mermaid/fifteen_idle.states.mmd"),
    "nasty_names": ("mermaid/nasty_names.sequence.mmd", "mermaid/nasty_names.states.mmd"),
}
# One label: letters, digits, a few signs, the numbers of others, and the ends of lines.
LABEL = r"(?:[^\W_]|[ .,()\[\]=+']|#\d+;|<br/>)+"
SEQUENCE = [
    rf"  title {LABEL}",
    rf"  participant p\d+ as {LABEL}",
    rf"  Note over p0(?:,p\d+)?: {LABEL}",
    rf"(?:  )?  Note over p\d+: {LABEL}",
    r"  loop for ever",
    r"  end",
]
STATES = [
    r"  direction TB",
    r"  classDef marked stroke-width:4px,font-weight:bold",
    rf'  state "{LABEL}" as s\d+',
    r"  \[\*\] --> s0",
    r"  class s\d+ marked",
    rf"  s\d+ --> s\d+: {LABEL}",
    rf"  note right of s\d+ : {LABEL}",
]


def read(label: str) -> str:
    """Return a label as Mermaid shows it, without blanks, on which it does not insist."""
    text = re.sub(r"#(\d+);", lambda match: chr(int(match[1])), label.replace("<br/>", " "))
    return squeezed(text)


def squeezed(text: str) -> str:
    return "".join(text.split())


def shown(text: str) -> str:
    """Return a name of a model as it must be shown, without blanks."""
    return squeezed(unlike_placeholders(escape(text, unicode=True) or "''"))


def unlike_placeholders(text: str) -> str:
    return text.replace("\u00b6", "\\u00b6").replace("\ufb02", "\\ufb02")


def values(*values: object) -> list[str]:
    return [squeezed(unlike_placeholders(show(value, unicode=True))) for value in values]


@pytest.mark.parametrize(("name", "trace"), TRACES, ids=[name for name, _ in TRACES])
def test_diagrams_look_like_their_golden_files(name: str, trace: Callable[[], Trace]) -> None:
    sequence, states = GOLDEN[name]
    assert_golden(sequence, sequence_diagram(trace(), f"sample [x]: {name} is violated"))
    assert_golden(states, trace_states(trace(), f"sample [x]: {name} is violated"))


@thorough
@given(traces())
def test_every_step_is_a_note_with_all_that_it_did(trace: Trace) -> None:
    head, *lines = sequence_diagram(trace, "From x\n%%").splitlines()
    assert head == "sequenceDiagram"
    for line in lines:
        assert any(re.fullmatch(form, line) for form in SEQUENCE), line
    notes = [line.partition(": ")[2] for line in lines if "Note over" in line]
    whole = 1 if not trace.standings and not trace.ending else 2
    assert len(notes) == len(trace) + whole
    for number, (step, note) in enumerate(zip(trace.steps, notes[1:], strict=False), 1):
        text = read(note)
        assert text.startswith(f"{number}{shown(step.process)}:{shown(step.label)}")
        for change in step.changes:
            old, new = values(change.old, change.new)
            assert f"{shown(change.variable)}:{old}→{new}" in text
        for event in step.events:
            assert f"emits{shown(event.name)}" in text
            assert ",".join(values(*event.values)) in text
        assert ",".join(values(*step.options)) in text


@thorough
@given(traces())
def test_a_step_stands_on_the_lifeline_of_its_process(trace: Trace) -> None:
    lines = sequence_diagram(trace).splitlines()
    names = {
        match[1]: read(match[2])
        for line in lines
        if (match := re.fullmatch(r"  participant (p\d+) as (.*)", line))
    }
    notes = [match[1] for line in lines if (match := re.match(r" +Note over (p\d+):", line))]
    steps = [name for name in notes[1:]] if len(names) == 1 else notes
    for step, lifeline in zip(trace.steps, steps, strict=False):
        assert names[lifeline] == shown(step.process)
    assert ("  loop for ever" in lines) == (trace.cycle is not None and trace.cycle < len(trace))


@thorough
@given(traces())
def test_the_states_of_a_trace_are_joined_by_its_steps(trace: Trace) -> None:
    head, *lines = trace_states(trace).splitlines()
    assert head == "stateDiagram-v2"
    for line in lines:
        assert any(re.fullmatch(form, line) for form in STATES), line
    edges = [match for line in lines if (match := re.fullmatch(r"  (s\d+) --> (s\d+): (.*)", line))]
    for step, edge in zip(trace.steps, edges, strict=False):
        assert f"{shown(step.process)}:{shown(step.label)}" in read(edge[3])
    assert all(one[2] == two[1] for one, two in pairwise(edges))
    if trace.cycle is not None:
        assert edges[-1][2] == f"s{trace.cycle}"


def test_a_small_graph_is_a_state_diagram() -> None:
    nodes = (Node(("a = 1", 'b = "x"'), initial=True), Node(("end",), marked=True))
    diagram = Diagram(nodes, (Edge(0, 1, ("go; #1",)), Edge(1, 1)), caption=("100%",))
    assert state_diagram(diagram) == (
        "stateDiagram-v2\n"
        "  direction TB\n"
        "  classDef marked stroke-width:4px,font-weight:bold\n"
        '  state "a = 1<br/>b = #34;x#34;" as s0\n'
        "  [*] --> s0\n"
        '  state "#101;nd" as s1\n'
        "  class s1 marked\n"
        "  s0 --> s1: go#59; #35;1\n"
        "  s1 --> s1\n"
        "  note right of s1 : 100#37;\n"
    )


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("end", "#101;nd"),
        ("The End of it", "The #69;nd of it"),
        ("ending_end", "ending#95;end"),
        ("direction TB", "#100;irection TB"),
        ("%%{init: {}}%%", "#37;#37;#123;init#58; #123;#125;#125;#37;#37;"),
        ("<script>", "#60;script#62;"),
        ("a\\nb\n", "a#92;nb#92;n"),
        ("#quot;&lt;", "#35;quot#59;#38;lt#59;"),
        ("日本 é ½", "日本 é #189;"),
        ("ﬂ°°35¶ß", "#92;ufb02#176;#176;35#92;u00b6ß"),
    ],
)
def test_labels_are_escaped(label: str, written: str) -> None:
    trace = sample_traces.trace("p", {}, [sample_traces.step("p", label)], [])
    assert f"  Note over p0: 1 p#58; {written}\n" in sequence_diagram(trace)


def test_a_state_without_text_has_a_label_all_the_same() -> None:
    assert '  state "#32;" as s0\n' in state_diagram(Diagram((Node(()),), ()))


def test_subroutines_are_told_where_they_change() -> None:
    steps = [
        sample_traces.step("p", label, calls=calls)
        for label, calls in [("a", ("f",)), ("b", ("f",)), ("c", ()), ("d", ("f", "g"))]
    ]
    lines = sequence_diagram(sample_traces.trace("p", {}, steps, [])).splitlines()
    notes = [read(line.partition(": ")[2]) for line in lines if "Note over" in line]
    assert notes[1:] == ["1p:a(inf)", "2p:b", "3p:c", "4p:d(inf>g)"]


def test_a_label_of_500_characters_is_whole() -> None:
    label = "x" * 500
    trace = sample_traces.trace("p", {}, [sample_traces.step("p", label)], [])
    note = sequence_diagram(trace).splitlines()[-1]
    assert max(map(len, note.split("<br/>"))) < 60
    assert label in read(note)
