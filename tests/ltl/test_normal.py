from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.ltl.words import QUICK, SLOW, Word, different_words, formula, formulas
from utcheck.properties.ltl.evaluation import holds
from utcheck.properties.ltl.formula import Atom, Formula, Not, operands
from utcheck.properties.ltl.normal import is_eventual, is_universal, negated, normal


def is_normal(claim: Formula) -> bool:
    if isinstance(claim, Not):
        return isinstance(claim.operand, Atom)
    return all(map(is_normal, operands(claim)))


def length(claim: Formula) -> int:
    """The size, where a negation of an atom counts as the atom does."""
    return (not isinstance(claim, Not)) + sum(map(length, operands(claim)))


@pytest.mark.parametrize(
    "profile",
    [
        settings(QUICK, max_examples=1000),
        pytest.param(settings(SLOW, max_examples=5000), marks=pytest.mark.slow),
    ],
    ids=["few", "many"],
)
def test_it_means_the_same_and_only_atoms_are_negated(profile: settings) -> None:
    @profile
    @given(formulas(14), different_words(8))
    def run(claim: Formula, among: list[Word]) -> None:
        simple = normal(claim)
        assert is_normal(simple)
        assert length(simple) <= length(claim)
        for one in among:
            assert holds(simple, *one) == holds(claim, *one), (simple, one)

    run()


@settings(QUICK, max_examples=300)
@given(formulas(), different_words(4))
def test_negated(claim: Formula, among: list[Word]) -> None:
    simple = normal(claim)
    assert is_normal(negated(simple))
    assert negated(negated(simple)) == simple
    for one in among:
        assert holds(negated(simple), *one) != holds(claim, *one), one


def test_eventual_and_universal() -> None:
    """An eventual formula holds of a word if it does of a suffix; a universal one, conversely."""
    seen = set()

    @settings(QUICK, max_examples=800)
    @given(formulas(), different_words(6))
    def run(claim: Formula, among: list[Word]) -> None:
        simple = normal(claim)
        kind = is_eventual(simple), is_universal(simple)
        for prefix, cycle in among:
            for start in range(1, len(prefix) + 1):
                whole, suffix = holds(claim, prefix, cycle), holds(claim, prefix[start:], cycle)
                assert not kind[0] or whole or not suffix
                assert not kind[1] or suffix or not whole
        seen.add(kind)

    run()
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("true", (True, True)),
        ("a", (False, False)),
        ("F a", (True, False)),
        ("G a", (False, True)),
        ("G F a", (True, True)),
        ("F G a", (True, True)),
        ("X F a", (True, False)),
        ("X a", (False, False)),
        ("F a & F b", (True, False)),
        ("F a | G F b", (True, False)),
        ("F a & G b", (False, False)),
        ("a U b", (False, False)),
        ("a R b", (False, False)),
        # b may come before any a, or a before any b
        ("F a U b", (False, False)),
        ("G a R b", (False, False)),
        ("a U F b", (True, False)),
        ("a R G b", (False, True)),
        ("F a R F b", (True, False)),
    ],
)
def test_what_is_seen_to_be_eventual_or_universal(text: str, kind: tuple[bool, bool]) -> None:
    assert (is_eventual(formula(text)), is_universal(formula(text))) == kind


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        # negations
        ("!!a", "a"),
        ("!X a", "X !a"),
        ("!(a & b)", "!a | !b"),
        ("!(a U b)", "!a R !b"),
        ("!(G (a -> F b))", "F (a & G !b)"),
        ("!(a W b)", "!b U (!a & !b)"),
        # constants
        ("a & true", "a"),
        ("a | true", "true"),
        ("X true", "true"),
        ("G F false", "false"),
        ("a U true", "true"),
        ("a U false", "false"),
        ("false U a", "a"),
        ("true R a", "a"),
        # idempotence and absorption
        ("a & a", "a"),
        ("a & (a | b)", "a"),
        ("a | (a & b)", "a"),
        ("a & !a", "false"),
        ("F a | G !a", "true"),
        ("G a & a", "G a"),
        ("G a & F a", "G a"),
        ("a U b | F b", "F b"),
        ("a U a", "a"),
        ("a U (a U b)", "a U b"),
        ("(a U b) U b", "a U b"),
        ("a U (b U a)", "b U a"),
        ("a R (b R a)", "b R a"),
        ("!b U b", "F b"),
        # the same operator twice
        ("G G a", "G a"),
        ("F F a", "F a"),
        ("G F G F a", "G F a"),
        ("F G F a", "G F a"),
        ("G F G a", "F G a"),
        # distribution
        ("G a & G b", "G (a & b)"),
        ("F a | F b", "F (a | b)"),
        ("X a & X b", "X (a & b)"),
        ("X a U X b", "X (a U b)"),
        ("F X a", "X F a"),
        ("(a U c) & (b U c)", "(a & b) U c"),
        ("(a U b) | (a U c)", "a U (b | c)"),
        ("(a R b) & (a R c)", "a R (b & c)"),
        ("F (a U b)", "F b"),
        ("G (a R b)", "G b"),
        # eventual and universal formulas
        ("a U F b", "F b"),
        ("a R G b", "G b"),
        ("X G F a", "G F a"),
        ("F (a & G F b)", "F a & G F b"),
        ("a U (b | F c)", "a U b | F c"),
        ("a U (b & G F c)", "a U b & G F c"),
        # what may not be done
        ("G (a | b)", "G (a | b)"),
        ("F (a & b)", "F (a & b)"),
        ("F G a", "F G a"),
        ("G F a", "G F a"),
        ("G a | G b", "G a | G b"),
        ("F a & F b", "F a & F b"),
        ("(a U b) & (a U c)", "(a U b) & (a U c)"),
        ("(a U b) U c", "(a U b) U c"),
        ("a U (b U c)", "a U (b U c)"),
        ("X F a", "X F a"),
        ("a R (b R c)", "a R (b R c)"),
    ],
)
def test_simplifications(text: str, simple: str) -> None:
    assert normal(formula(text)) == formula(simple)


@settings(QUICK, max_examples=300)
@given(formulas())
def test_once_is_enough_and_the_result_is_always_the_same(claim: Formula) -> None:
    assert normal(claim) == normal(claim)
    assert normal(normal(claim)) == normal(claim)
