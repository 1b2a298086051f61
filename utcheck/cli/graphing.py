"""What `utcheck graph` does: explore, take the part that is asked for, and put it into a format."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from utcheck.check import check
from utcheck.cli.cases import cases_of, title_of
from utcheck.cli.output import replace_file
from utcheck.cli.picture import FORMATS as DRAWN
from utcheck.cli.picture import draw
from utcheck.cli.progress import ProgressLine
from utcheck.errors import UsageError, did_you_mean
from utcheck.graph.automaton import process_graph
from utcheck.graph.grouping import values_of
from utcheck.graph.parts import around, merged, with_trace
from utcheck.graph.states import StateSpace
from utcheck.graph.traces import path_of
from utcheck.model.instance import Instance
from utcheck.outcome import Outcome, StopReason, Trace
from utcheck.plain import escape, plural
from utcheck.properties.parse import BUILT_IN
from utcheck.render.diagram import Diagram
from utcheck.render.dot import from_diagram
from utcheck.render.flowchart import flowchart
from utcheck.render.graph_words import in_ascii
from utcheck.render.process_diagram import process_diagram
from utcheck.render.state_diagram import merged_diagram, state_diagram
from utcheck.render.state_formats import aut_text, graphml_text, json_text
from utcheck.spec.load import Case

DATA: Mapping[str, Callable[[Any], str]] = {
    "graphml": graphml_text,
    "json": json_text,
    "aut": aut_text,
}
PICTURES = ("dot", *DRAWN, "mermaid")
# A picture of more states than this is no help, on whatever paper.
MOST_DRAWN = 150
# Mermaid refuses more than this unless a page configures it, which GitHub's and GitLab's do not.
MERMAID_EDGES = 500
MERMAID_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    spec: str
    case: str | None
    form: str
    around: str | None
    distance: int
    collapse: str | None
    process: str | None
    output: Path | None

    @classmethod
    def of(cls, *, form: str | None, output: str | None, distance: int | None, **rest: Any) -> Wish:
        """Return the wish that the options express.

        Raises:
            UsageError: if they contradict each other, or name what there is not.
        """
        path = None if output in (None, "-") else Path(str(output))
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise UsageError(f"cannot write to '{path}': no such directory, or it is one")
        known = [*PICTURES, *DATA]
        if form is None:
            suffix = path.suffix.removeprefix(".") if path else ""
            form = suffix if suffix in known else "dot"
        if form not in known:
            hint = did_you_mean(form, known) or f"; it is one of {', '.join(known)}"
            raise UsageError(f"unknown format '{form}'{hint}")
        if form == "png" and path is None and sys.stdout.isatty():
            raise UsageError("a PNG does not go to a terminal; name a file with --output")
        if distance is not None and rest["around"] is None:
            raise UsageError("--distance needs --around PROPERTY")
        if rest["process"] is not None and (rest["around"], rest["collapse"]) != (None, None):
            raise UsageError("--process shows one process alone: no --around, no --collapse")
        return cls(form=form, distance=1 if distance is None else distance, output=path, **rest)


def picture_of(wish: Wish) -> bytes | None:
    """Return the graph that is asked for in its format.

    None means that a limit ended the search, so that there is no graph; the reason was said.

    Raises:
        UtcheckError: if the spec, the model or an option is wrong.
    """
    cases = cases_of(wish.spec, wish.case)
    case = cases[0]
    if len(cases) > 1:
        click.echo(f"{title_of(case)}, the first of {len(cases)} cases (see --case)", err=True)
    outcome = _explored(case, wish.around)
    if outcome.stop is not StopReason.EXHAUSTED:
        click.echo(f"utcheck: there is no whole graph: {outcome.stop.value}", err=True)
        return None
    trace = _trace(outcome, wish.around)
    with closing(StateSpace(Instance(case.model))) as space:
        graph, diagram = _asked_for(space, wish, trace)
    if wish.form in DATA:
        return DATA[wish.form](graph).encode()
    _fits(wish, len(graph))
    return _drawn(diagram(), wish.form)


def _explored(case: Case, wanted: str | None) -> Outcome:
    """Return the outcome of a search for one property, or for none."""
    if wanted is not None and wanted not in case.expected:
        hint = did_you_mean(wanted, list(case.expected))
        raise UsageError(f"there is no property '{wanted}'{hint}")
    properties: dict[str, Any] = {}
    for name in case.expected:
        entry = case.properties.get(name)
        if name == wanted:
            properties[name] = True if entry is None else entry
        elif name in BUILT_IN or not isinstance(entry, Mapping):
            properties[name] = False
    columns = shutil.get_terminal_size().columns
    with ProgressLine(title_of(case), sys.stderr, columns) as progress:
        return check(
            case.model, properties, engine=case.engine, limits=case.limits, fairness=case.fairness,
            progress=progress,
        )  # fmt: skip


def _trace(outcome: Outcome, name: str | None) -> Trace | None:
    """Return the trace of a property.

    Raises:
        UsageError: if it has none.
    """
    if name is None:
        return None
    result = outcome[name]
    if result.trace is None:
        raise UsageError(f"'{name}' {result.verdict.value}, and has no trace to look around")
    return result.trace


def _asked_for(
    space: StateSpace, wish: Wish, trace: Trace | None
) -> tuple[Any, Callable[[], Diagram]]:
    """Return the graph that is asked for, and what makes a diagram of it."""
    if wish.process is not None:
        graph = process_graph(space, _process(space.instance, wish.process), os.getcwd())
        return graph, lambda: process_diagram(graph)
    whole: Any = space.graph()
    notes: list[str] = []
    if trace is not None:
        whole, notes = _near(whole, trace, wish)
    if wish.collapse is None:
        return whole, lambda: state_diagram(whole, notes)
    text = wish.collapse
    try:
        less = merged(whole, *values_of(space, text))
    except UsageError as error:
        raise UsageError(f"--collapse: {error.message}") from None
    return less, lambda: merged_diagram(less, text, notes)


def _process(instance: Instance, name: str) -> int:
    numbers = {process.name: process.number for process in instance.processes}
    if name not in numbers:
        hint = did_you_mean(name, list(numbers))
        members = [known for known in numbers if known.startswith(f"{name}[")]
        if members:
            hint = f"; its processes are {members[0]} to {members[-1]}"
        raise UsageError(f"there is no process '{name}'{hint}")
    return numbers[name]


def _near(graph: Any, trace: Trace, wish: Wish) -> tuple[Any, list[str]]:
    """Return the part of a graph around a trace, and what to say about it."""
    path = path_of(graph, trace.witness)
    nodes = [edge[0] for edge in path] + [edge[1] for edge in path[-1:]]
    if not path:
        nodes = [graph.graph["initial"][trace.witness.initial]]
    part = around(with_trace(graph, path), nodes, wish.distance)
    name = escape(str(wish.around), unicode=True)
    notes = [
        f"Of {plural(len(graph), 'state')}, these are at most {plural(wish.distance, 'step')} from "
        f"the trace of '{name}'.",
        "That trace is thick, and its steps are numbered.",
    ]
    if trace.cycle is not None:
        notes.append(f"Its steps from {trace.cycle + 1} on repeat for ever.")
    return part, notes


def _fits(wish: Wish, count: int) -> None:
    """Refuse a picture that nobody could read.

    Raises:
        UsageError: with what to do instead.
    """
    if count <= MOST_DRAWN:
        return
    ways: Sequence[str] = ("merge states with --collapse EXPR", "draw those near a trace with "
                           "--around PROPERTY")  # fmt: skip
    what = "states"
    if wish.process is not None:
        what, ways = "places", ()
    elif wish.collapse is not None:
        what, ways = "groups of states", ("merge more with another --collapse",)
    elif wish.around is not None:
        ways = ("take a smaller --distance", "merge states with --collapse EXPR")
    advice = ", ".join([*ways, "or write " if ways else "write "])
    raise UsageError(f"the graph has {count:,} {what}, and no more than {MOST_DRAWN} are drawn; "
                     f"{advice}graphml, json or aut, which have no limit")  # fmt: skip


def _drawn(diagram: Diagram, form: str) -> bytes:
    if form != "mermaid":
        # Graphviz draws letters itself for a PNG, and its fonts may lack those beyond ASCII.
        dot = from_diagram(in_ascii(diagram) if form == "png" else diagram)
        return dot.encode() if form == "dot" else draw(dot, form)
    text = flowchart(diagram)
    if len(diagram.edges) > MERMAID_EDGES or len(text) > MERMAID_CHARACTERS:
        raise UsageError(
            f"Mermaid draws no more than {MERMAID_EDGES} edges and {MERMAID_CHARACTERS:,} "
            f"characters, and this has {len(diagram.edges)} and {len(text):,}; use dot or svg"
        )
    return text.encode()


def write(data: bytes, output: Path | None) -> None:
    """Write to a file, or to standard output.

    Raises:
        UsageError: if the file cannot be written.
    """
    if output is not None:
        replace_file(output, data)
        return
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
