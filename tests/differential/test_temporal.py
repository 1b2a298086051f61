"""Temporal properties on random graphs, against the direct semantics of formulas.

Where a counterexample is found, it is looked at in every respect. Where none is found, every short
run of the graph that is fair is asked: the formula must be true on each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.differential.comparing import QUICK, SLOW
from tests.differential.definitions import Graph, is_fair
from tests.differential.graphs import graph_from, graphs, violation_in
from utcheck.engines.lasso import Lasso
from utcheck.engines.space import Transition
from utcheck.outcome import Event
from utcheck.properties.kinds import EventAtom, Predicate, Temporal
from utcheck.properties.ltl.evaluation import holds
from utcheck.properties.ltl.formula import (
    FALSE,
    TRUE,
    And,
    Atom,
    Formula,
    Next,
    Not,
    Or,
    Release,
    Until,
    always,
    eventually,
    implies,
    written,
)
from utcheck.properties.ltl.prefixes import decided

ATOMS = (Predicate("premise", bool), Predicate("goal", bool), EventAtom("event"))
A, B, E = Atom(0), Atom(1), Atom(2)
# So many steps have the runs that are asked where no counterexample is found.
SHORT = 6


def formulas(most: int) -> st.SearchStrategy[Formula]:
    """Return random formulas over the three atoms."""
    return st.recursive(
        st.sampled_from([A, A, B, B, E, TRUE, FALSE]),
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(And, inner, inner),
            st.builds(Or, inner, inner),
            st.builds(Next, inner),
            st.builds(Until, inner, inner),
            st.builds(Release, inner, inner),
            st.builds(eventually, inner),
            st.builds(always, inner),
        ),
        max_leaves=most,
    )


@st.composite
def with_events(draw: st.DrawFn, most: int = 5) -> Graph:
    """Return a random graph in which some steps have an event."""
    graph = draw(graphs(most))
    marked = draw(st.sets(st.tuples(st.integers(0, most), st.integers(0, 2)), max_size=4))
    edges = {
        state: [
            t._replace(events=(Event("event"),))
            if (state, t.process) in marked and t.target is not None
            else t
            for t in transitions
        ]
        for state, transitions in graph.edges.items()
    }
    return Graph(graph.begin, edges, graph.fairness, graph.truths)


def letter(graph: Graph, state: Any, events: Sequence[Event] = ()) -> int:
    """Return the atoms that are true in a state that a step with these events leads to."""
    found = (state in graph.truths["premise"]) | (state in graph.truths["goal"]) << 1
    return found | bool(events) << 2


Word = list[int]


def word(graph: Graph, initial: Any, steps: Sequence[Transition]) -> Word:
    """Return the letters of a run."""
    return [letter(graph, initial), *(letter(graph, t.target, t.events) for t in steps)]


def transitions_of(graph: Graph, lasso: Lasso) -> list[Transition]:
    """Return the transitions of a run; each step must be one of the graph."""
    found, state = [], lasso.run.initial
    for step in lasso.run.steps:
        (transition,) = (t for t in graph.edges[state] if t[:2] == step)
        found.append(transition)
        state = transition.target
    return found


def fair_words(graph: Graph) -> Iterator[tuple[Word, Word]]:
    """Yield prefix and cycle of the letters of every fair run that is short enough."""
    for state in dict.fromkeys(graph.begin):
        yield from _words(graph, state, [])


def _words(graph: Graph, initial: Any, steps: list[Transition]) -> Iterator[tuple[Word, Word]]:
    states = [initial, *(t.target for t in steps)]
    letters = word(graph, initial, steps)
    if not graph.edges[states[-1]]:
        yield letters, [letter(graph, states[-1])]
        return
    for begin in range(len(steps)):
        cycle = steps[begin:]
        moved = {t.process for t in cycle}
        enabled = [graph.enabled(state) for state in states[begin:]]
        if states[begin] == states[-1] and is_fair(graph.fairness, moved, enabled):
            yield letters[: begin + 1], letters[begin + 1 :]
    if len(steps) < SHORT:
        for transition in graph.edges[states[-1]]:
            if transition.target is not None:
                yield from _words(graph, initial, [*steps, transition])


def assert_decided(graph: Graph, formula: Formula) -> None:
    """Decide a formula on a graph, and look at the answer."""
    lasso = violation_in(graph, Temporal(written(formula, "abe"), formula, ATOMS))
    if lasso is None:
        for prefix, cycle in fair_words(graph):
            assert holds(formula, prefix, cycle), (prefix, cycle)
        return
    assert lasso.run.initial in graph.begin
    steps = transitions_of(graph, lasso)
    letters = word(graph, lasso.run.initial, steps)
    states = [lasso.run.initial, *(t.target for t in steps)]
    if lasso.cycle is None:
        over = not graph.edges[states[-1]]
        assert over or decided(formula, letters) is False
        assert not over or not holds(formula, letters, [letter(graph, states[-1])])
        return
    at = lasso.cycle
    assert len(states) > at + 1
    assert states[at] == states[-1]
    moved = {t.process for t in steps[at:]}
    assert is_fair(graph.fairness, moved, [graph.enabled(s) for s in states[at:]])
    assert not holds(formula, letters[: at + 1], letters[at + 1 :])


@settings(QUICK, max_examples=600)
@given(with_events(), formulas(6))
def test_formulas_are_decided_as_they_are_defined(graph: Graph, formula: Formula) -> None:
    assert_decided(graph, formula)


@pytest.mark.slow
@settings(SLOW, max_examples=20_000)
@given(with_events(), formulas(9))
def test_many_formulas_are_decided_as_they_are_defined(graph: Graph, formula: Formula) -> None:
    assert_decided(graph, formula)


@settings(QUICK, max_examples=300)
@given(st.lists(st.integers(0, 7), min_size=1, max_size=5), formulas(6))
def test_what_a_prefix_decides_is_so_for_every_word_that_goes_on(
    letters: list[int], formula: Formula
) -> None:
    value = decided(formula, letters)
    if value is not None:
        for cycle in product(range(8), repeat=2):
            assert holds(formula, letters, cycle) is value


@pytest.mark.parametrize(
    ("formula", "letters", "value"),
    [(always(A), [1, 1], None), (always(A), [1, 0], False), (eventually(A), [0, 1], True),
     (eventually(A), [0, 0], None), (Until(A, B), [1, 2], True), (Until(A, B), [1, 0], False),
     (Until(A, B), [1, 1], None), (Next(A), [1], None), (Next(A), [0, 1], True),
     (Next(Next(A)), [0, 1, 0], False), (Or(always(A), eventually(Not(A))), [1, 1], None),
     (implies(A, Next(B)), [0], True), (TRUE, [0], True), (Next(Or(A, Not(A))), [0], None)],
)  # fmt: skip
def test_what_prefixes_decide_by_hand(
    formula: Formula, letters: list[int], value: bool | None
) -> None:
    assert decided(formula, letters) is value


def shown(graph: Graph, formula: Formula) -> tuple[list[int], list[int] | None] | None:
    """Return the states of the prefix and of the cycle of a counterexample, if there is one."""
    lasso = violation_in(graph, Temporal(written(formula, "abe"), formula, ATOMS))
    if lasso is None:
        return None
    states = [lasso.run.initial, *(t.target for t in transitions_of(graph, lasso))]
    if lasso.cycle is None:
        return states, None
    return states[: lasso.cycle + 1], states[lasso.cycle + 1 :]


def test_an_x_at_the_end_of_a_run_is_about_the_last_state_again() -> None:
    """0 -> 1 and no more; b is true in 1, and stays true for ever."""
    graph = graph_from([0], [[(0, 1)]], ["weak"], goal=[1])
    assert shown(graph, Next(B)) is None
    assert shown(graph, Next(Next(Next(B)))) is None
    assert shown(graph, Next(Next(Not(B)))) == ([0, 1], None)
    assert shown(graph, always(implies(B, Next(B)))) is None


def test_an_event_does_not_occur_again_at_the_end_of_a_run() -> None:
    edges = {0: [Transition(0, (), 1, (Event("event"),))], 1: []}
    graph = Graph([0], edges, ["weak"], {"premise": (), "goal": ()})
    assert shown(graph, eventually(E)) is None
    assert shown(graph, Next(E)) is None
    assert shown(graph, E) == ([0], None)
    assert shown(graph, eventually(always(E))) == ([0, 1], None)
    assert shown(graph, eventually(always(Not(E)))) is None


def test_a_formula_that_a_prefix_refutes_ends_there() -> None:
    """0 -> 1 -> 0 for ever; a is true in 0 only."""
    graph = graph_from([0], [[(0, 1), (1, 0)]], ["weak"], premise=[0])
    assert shown(graph, always(A)) == ([0, 1], None)
    assert shown(graph, Next(A)) == ([0, 1], None)
    assert shown(graph, B) == ([0], None)
    assert shown(graph, eventually(B)) == ([0], [1, 0])


def test_a_contradiction_is_shown_on_a_whole_run() -> None:
    """`X (a & !a)` is false of every word, but no letter says so."""
    graph = graph_from([0], [[(0, 1), (1, 0)]], ["weak"], premise=[0])
    assert shown(graph, Next(And(A, Not(A)))) == ([0], [1, 0])


def test_weak_fairness_does_not_help_who_is_enabled_only_now_and_then() -> None:
    """0 -> 1 -> 0 by process 0; process 1 can leave from 0 only, to where b is true for ever."""
    edges = [[(0, 1), (1, 0)], [(0, 2)]]
    assert shown(graph_from([0], edges, ["weak", "weak"], goal=[2]), eventually(B)) == (
        [0], [1, 0],
    )  # fmt: skip
    assert shown(graph_from([0], edges, ["weak", "strong"], goal=[2]), eventually(B)) is None


def test_an_accepting_cycle_that_is_not_reachable_does_not_count() -> None:
    """0 stays in itself, where a is true; 1 and 2 go round without it, and nothing leads there."""
    graph = graph_from([0], [[(0, 0), (1, 2), (2, 1)]], ["weak"], premise=[0])
    assert shown(graph, always(eventually(A))) is None
    assert shown(graph, eventually(always(A))) is None
