from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.ltl.words import QUICK, Word, formula, formulas, is_true, word, words
from utcheck.properties.ltl.evaluation import holds
from utcheck.properties.ltl.formula import Atom, Formula, Not


@settings(QUICK, max_examples=500)
@given(formulas(8), words())
def test_it_agrees_with_looking_ahead(claim: Formula, given_word: Word) -> None:
    assert holds(claim, *given_word) == is_true(claim, given_word)


@settings(QUICK, max_examples=200)
@given(formulas(), words())
def test_a_word_satisfies_a_formula_or_its_negation(claim: Formula, given_word: Word) -> None:
    assert holds(Not(claim), *given_word) != holds(claim, *given_word)


@settings(QUICK, max_examples=200)
@given(formulas(), words())
def test_it_is_about_the_word_however_it_is_written(claim: Formula, given_word: Word) -> None:
    prefix, cycle = given_word
    expected = holds(claim, prefix, cycle)
    assert holds(claim, prefix, cycle * 2) == expected
    assert holds(claim, prefix + cycle, cycle) == expected
    assert holds(claim, (*prefix, cycle[0]), (*cycle[1:], cycle[0])) == expected


@pytest.mark.parametrize(
    ("text", "satisfying", "violating"),
    [
        ("a", "a (.)", ". (a)"),
        ("a & b", "(ab)", "(a b)"),
        ("X a", ". a (.)", "a (.)"),
        ("X a", ". (a .)", "a . (a)"),
        # The letter after the last is the first of the cycle, not of the word.
        ("X X a", "a . (a .)", "a . (. a)"),
        ("X X X a", ". (. . a)", "a (. . .)"),
        ("G (a -> X b)", "(a b)", "b (. a)"),
        ("F a", ". . (. a)", "(.)"),
        ("G a", "a (a a)", "a a (a .)"),
        ("GF a", ". . (. . a)", "a a a (.)"),
        ("FG a", ". . (a)", "a a (a .)"),
        # Again and again is not: from some time on.
        ("GF a & GF !a", "(a .)", ". (a)"),
        ("GF (a & b)", "(. ab)", "(a b)"),
        ("GF a & GF b", "(a b)", "b (a)"),
        ("F (a & X a)", ". . (a . a)", "(a .)"),
        # Until asks for its end, weak until does not.
        ("a U b", "a a (b)", "(a)"),
        ("a U b", "(b)", "a . (b)"),
        ("a W b", "(a)", "a . (b)"),
        ("a W b", "a a b (.)", "a . b (.)"),
        # What releases must meet what is released.
        ("a R b", "b b ab (.)", "b b a (b)"),
        ("a R b", "(b)", "(a)"),
        ("a M b", "b ab (.)", "(b)"),
        ("(a U b) U c", "a a b c (.)", "a a (c)"),
        ("a U (b U c)", "a b (c)", "b a (c)"),
        ("G (a -> F b)", "(a a b)", "a b (a)"),
        ("a -> b", "(.)", "(a)"),
        ("a <-> b", "(.)", "(b)"),
        ("true", "(.)", None),
        ("false", None, "(.)"),
    ],
)
def test_words_by_hand(text: str, satisfying: str | None, violating: str | None) -> None:
    if satisfying is not None:
        assert holds(formula(text), *word(satisfying))
    if violating is not None:
        assert not holds(formula(text), *word(violating))


def test_a_word_of_some_length() -> None:
    answered = formula("G (a -> F b)")
    prefix = [1, *[0] * 5000]
    assert not holds(answered, prefix, [0])
    assert holds(answered, prefix, [0, 2])


def test_a_cycle_has_a_letter() -> None:
    with pytest.raises(ValueError, match="at least one letter"):
        holds(Atom(0), [1], [])
