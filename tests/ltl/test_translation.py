from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ltl.words import (
    ATOMS,
    NAMES,
    QUICK,
    SLOW,
    Word,
    accepts,
    different_words,
    formula,
    formulas,
    word,
    words,
)
from utcheck.properties.ltl.automaton import Automaton, Edge
from utcheck.properties.ltl.evaluation import holds
from utcheck.properties.ltl.formula import Formula, Not, written
from utcheck.properties.ltl.reduction import reduced
from utcheck.properties.ltl.translation import tableau, translate


def edges(automaton: Automaton) -> int:
    return sum(map(len, automaton.edges))


# ---------------------------------------------------------------------- the language


def compare(pairs: set[tuple[str, Word]], claim: Formula, among: list[Word]) -> None:
    """Ask the automaton and the evaluator about each word; `pairs` counts different questions."""
    automaton = translate(claim, ATOMS)
    for one in among:
        assert accepts(automaton, one) == holds(claim, *one), one
        pairs.add((written(claim, NAMES), one))


def test_it_accepts_the_words_that_satisfy_the_formula() -> None:
    pairs: set[tuple[str, Word]] = set()

    @settings(QUICK, max_examples=260)
    @given(formulas(), different_words(10))
    def run(claim: Formula, among: list[Word]) -> None:
        compare(pairs, claim, among)

    run()
    assert len(pairs) >= 2000


@pytest.mark.slow
def test_it_accepts_the_words_that_satisfy_the_formula_many() -> None:
    pairs: set[tuple[str, Word]] = set()

    @settings(SLOW, max_examples=4000)
    @given(formulas(15), different_words(12))
    def run(claim: Formula, among: list[Word]) -> None:
        compare(pairs, claim, among)

    run()
    assert len(pairs) >= 20_000


def test_the_negation_accepts_the_other_words() -> None:
    both = set()

    @settings(QUICK, max_examples=200)
    @given(formulas(), different_words(5))
    def run(claim: Formula, among: list[Word]) -> None:
        positive, negative = translate(claim, ATOMS), translate(Not(claim), ATOMS)
        for one in among:
            answer = accepts(positive, one)
            assert accepts(negative, one) != answer, one
            both.add(answer)

    run()
    assert both == {True, False}


@pytest.mark.parametrize(
    ("text", "accepted", "rejected"),
    [
        # An `eventually` must not be satisfied by going round without it.
        ("F a", ". . a (.)", "(.)"),
        ("G (a -> F b)", "a . (b a)", "a b a (.)"),
        ("a U b", "a a b (.)", "(a)"),
        ("F (a & F (b & F c))", ". a . b (. c)", "(b a)"),
        # Each of the two infinitely often, though never both at once.
        ("GF a & GF b", "(a b)", "a b (a)"),
        ("GF a & GF b & GF c", "(a b c)", "c (a b)"),
        ("FG a", ". (a)", "(a .)"),
        ("GF a -> GF b", "a a a (.)", "b b (a)"),
        ("X X a", ". . (a .)", "a a (. a)"),
    ],
)
def test_words_by_hand(text: str, accepted: str, rejected: str) -> None:
    automaton = translate(formula(text), ATOMS)
    assert accepts(automaton, word(accepted))
    assert not accepts(automaton, word(rejected))


# ---------------------------------------------------------------------- the size

# States, edges and acceptance sets. Fewer are welcome; more are a step back. All were measured, and
# down to the comment no automaton has fewer states. With one state, whatever was read, the same
# words may follow: that suits `G a`, `GF a` and `G (a U b)`, while each formula with two states
# has words after which more, or fewer, may follow. `X X a` needs a state for each of the first
# three letters, which it treats differently, and one for the rest. `F a & F b & F c` tells apart
# which of the three are still to come: 8 sets.
SIZES = {
    "true": (1, 1, 0),
    "false": (1, 0, 0),
    "G a": (1, 1, 0),
    "F a": (2, 3, 1),
    "a U b": (2, 3, 1),
    "a W b": (2, 3, 0),
    "a R b": (2, 3, 0),
    "a M b": (2, 3, 1),
    "X X a": (4, 4, 0),
    "GF a": (1, 2, 1),
    "FG a": (2, 3, 1),
    "GF a & GF b": (1, 4, 2),
    "GF a & GF b & GF c": (1, 8, 3),
    "FG a & FG b": (2, 3, 1),
    "G (a -> F b)": (2, 5, 1),
    "!(G (a -> F b))": (2, 3, 1),
    "G (a -> X F b)": (2, 5, 1),
    "G (a -> b U c)": (2, 5, 1),
    "G (a | X b)": (2, 4, 0),
    "G (a U b)": (1, 2, 1),
    "F a & F b & F c": (8, 27, 1),
    # and of these there may be smaller ones
    "a U (b U c)": (3, 6, 1),
    "F (a & F (b & F c))": (4, 10, 1),
    "!(G (a -> F b) & G (b -> F c))": (3, 5, 1),
    "GF a -> GF b": (3, 6, 1),
    "!(GF a -> GF b)": (2, 4, 1),
    "GF a <-> GF b": (4, 9, 2),
    "FG a | FG b | GF c": (4, 8, 1),
    "(GF a -> GF b) & (GF b -> GF c)": (5, 14, 2),
    "G (a -> F b) & G (b -> F c)": (4, 25, 2),
    "!((GF a & GF b) -> G (a -> F c))": (2, 6, 2),
    "(a U b) U c": (4, 10, 1),
    "G (a -> FG b)": (4, 6, 1),
}


@pytest.mark.parametrize("text", SIZES)
def test_automata_of_well_known_formulas_are_small(text: str) -> None:
    automaton = translate(formula(text), ATOMS)
    found = (len(automaton.edges), edges(automaton), automaton.sets)
    assert all(mine <= most for mine, most in zip(found, SIZES[text], strict=True)), found


@pytest.mark.parametrize("text", ["a & !a", "F G a & G F !a", "G a & F !a", "X false"])
def test_an_automaton_that_accepts_nothing_has_no_edge(text: str) -> None:
    assert translate(formula(text), ATOMS) == Automaton(ATOMS, 0, 0, ((),))


def test_the_same_formula_gives_the_same_automaton() -> None:
    @settings(QUICK, max_examples=100)
    @given(formulas())
    def run(claim: Formula) -> None:
        assert translate(claim, ATOMS) == translate(claim, ATOMS)

    run()


# ---------------------------------------------------------------------- its form


@settings(QUICK, max_examples=300)
@given(formulas())
def test_states_are_reached_in_order_and_an_accepting_cycle_from_each(claim: Formula) -> None:
    automaton = translate(claim, ATOMS)
    assert automaton.initial == 0
    met = [0]
    for state in met:
        targets = (edge.target for edge in automaton.edges[state])
        met.extend(dict.fromkeys(target for target in targets if target not in met))
    assert met == list(range(len(automaton.edges)))
    for edge in (edge for leaving in automaton.edges for edge in leaving):
        assert not edge.needs & edge.forbids
        assert (edge.needs | edge.forbids) < 2**ATOMS
        assert edge.marks < 2**automaton.sets
        assert automaton.edges[edge.target], "some word goes on"


def test_moves_are_the_edges_that_read_the_letter() -> None:
    loops = (Edge(1, 2, 0, 0), Edge(0, 0, 1, 3))
    automaton = Automaton(2, 2, 0, (loops, ()))
    both = ((0, 0), (1, 3))
    expected = {0b00: both[1:], 0b01: both, 0b10: both[1:], 0b11: both[1:]}
    for letter, moves in expected.items():
        assert automaton.moves(0, letter) == moves


# ---------------------------------------------------------------------- the reduction


@st.composite
def automata(draw: st.DrawFn) -> Automaton:
    """Automata of any form, as no formula may give."""
    states, sets, atoms = draw(st.integers(1, 5)), draw(st.integers(0, 3)), 2
    literals = [(0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 2), (2, 1), (3, 0), (0, 3)]
    edge = st.tuples(
        st.sampled_from(literals), st.integers(0, states - 1), st.integers(0, 2**sets - 1)
    ).map(lambda drawn: Edge(*drawn[0], *drawn[1:]))
    leaving = st.lists(edge, max_size=4).map(tuple)
    rows = draw(st.lists(leaving, min_size=states, max_size=states))
    return Automaton(atoms, sets, draw(st.integers(0, states - 1)), tuple(rows))


@pytest.mark.parametrize(
    "profile",
    [
        settings(QUICK, max_examples=250),
        pytest.param(settings(SLOW, max_examples=4000), marks=pytest.mark.slow),
    ],
    ids=["few", "many"],
)
def test_reduction_keeps_the_language(profile: settings) -> None:
    @profile
    @given(automata(), st.lists(words(), min_size=5, max_size=10))
    def run(automaton: Automaton, among: list[Word]) -> None:
        smaller = reduced(automaton)
        assert len(smaller.edges) <= len(automaton.edges)
        assert edges(smaller) <= edges(automaton)
        assert smaller.sets <= automaton.sets
        for one in among:
            assert accepts(smaller, one) == accepts(automaton, one), one

    run()


def test_an_acceptance_set_that_every_run_visits_goes() -> None:
    everywhere = Automaton(1, 2, 0, ((Edge(1, 0, 0, 0b11), Edge(0, 1, 0, 0b01)),))
    assert reduced(everywhere).sets == 1
    only = Automaton(1, 1, 0, ((Edge(1, 0, 0, 1),),))
    assert reduced(only) == Automaton(1, 0, 0, ((Edge(1, 0, 0, 0),),))


def test_reduction_keeps_the_language_of_what_the_tableau_gives() -> None:
    fewer: list[bool] = []

    @settings(QUICK, max_examples=200)
    @given(formulas(), different_words(4))
    def run(claim: Formula, among: list[Word]) -> None:
        first, last = tableau(claim, ATOMS), translate(claim, ATOMS)
        fewer.append(len(last.edges) < len(first.edges))
        for one in among:
            assert accepts(first, one) == accepts(last, one), one

    run()
    assert any(fewer)
