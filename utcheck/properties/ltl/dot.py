"""Automata as text for Graphviz.

An edge is labelled with the literals that it needs, and below with the acceptance sets that it is
in, each a number in parentheses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from utcheck.properties.ltl.automaton import Automaton, Edge


def to_dot(automaton: Automaton, atom_texts: Sequence[str], name: str) -> str:
    """Return an automaton as a directed graph in the language of Graphviz, with a title.

    `atom_texts` names the atoms in their order.
    """
    return "".join(f"{line}\n" for line in _lines(automaton, atom_texts, name))


def _lines(automaton: Automaton, atom_texts: Sequence[str], name: str) -> Iterator[str]:
    yield "digraph automaton {"
    yield f"  label={_quoted(name)};"
    yield "  labelloc=t;"
    yield "  rankdir=LR;"
    yield "  node [shape=circle];"
    yield "  start [shape=point];"
    yield f"  start -> {automaton.initial};"
    for state, edges in enumerate(automaton.edges):
        yield f"  {state};"
        for edge in edges:
            yield f"  {state} -> {edge.target} [label={_quoted(_label(edge, atom_texts))}];"
    yield "}"


def _label(edge: Edge, atom_texts: Sequence[str]) -> str:
    literals = (
        f"{'' if positive else '!'}{atom_texts[atom]}" for atom, positive in edge.literals()
    )
    marks = " ".join(f"({one})" for one in edge.acceptance_sets())
    return (" & ".join(literals) or "true") + (f"\n{marks}" if marks else "")


def _quoted(text: str) -> str:
    # A backslash alone would begin an escape: \N is the name of the node; & would begin an entity.
    escaped = (
        text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    )
    return f'"{escaped}"'
