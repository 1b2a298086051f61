"""Automata in the Hanoi Omega-Automata format, version 1.

The format is that of Babiak et al. ("The Hanoi Omega-Automata format", CAV 2015), which Spot, Owl
and others read: http://adl.github.io/hoaf/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from utcheck.properties.ltl.automaton import Automaton, Edge


def to_hoa(automaton: Automaton, atom_texts: Sequence[str], name: str) -> str:
    """Return an automaton as text in the Hanoi format; it ends with a line break.

    `atom_texts` names the atoms in their order, each differently; `name` says what it accepts.
    """
    return "".join(f"{line}\n" for line in _lines(automaton, atom_texts, name))


def _lines(automaton: Automaton, atom_texts: Sequence[str], name: str) -> Iterator[str]:
    yield "HOA: v1"
    yield f"name: {_quoted(name)}"
    yield f"States: {len(automaton.edges)}"
    yield f"Start: {automaton.initial}"
    yield " ".join(("AP:", str(automaton.atoms), *map(_quoted, atom_texts)))
    yield f"acc-name: {_acceptance_name(automaton.sets)}"
    condition = "&".join(f"Inf({one})" for one in range(automaton.sets)) or "t"
    yield f"Acceptance: {automaton.sets} {condition}"
    yield "properties: trans-labels explicit-labels trans-acc"
    yield "--BODY--"
    for state, edges in enumerate(automaton.edges):
        yield f"State: {state}"
        yield from (_edge(edge) for edge in edges)
    yield "--END--"


def _acceptance_name(sets: int) -> str:
    """Return what the format calls the condition; few sets have a name of their own."""
    return {0: "all", 1: "Buchi"}.get(sets, f"generalized-Buchi {sets}")


def _edge(edge: Edge) -> str:
    literals = (f"{'' if positive else '!'}{atom}" for atom, positive in edge.literals())
    marks = " ".join(map(str, edge.acceptance_sets()))
    return f"[{'&'.join(literals) or 't'}] {edge.target}" + (f" {{{marks}}}" if marks else "")


def _quoted(text: str) -> str:
    escaped = " ".join(text.split("\n")).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
