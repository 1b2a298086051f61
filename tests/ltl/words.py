"""Random formulas and words, and what they mean, from the definitions: slow and obvious."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import networkx as nx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from utcheck.properties.ltl.automaton import Automaton
from utcheck.properties.ltl.formula import (
    FALSE,
    TRUE,
    And,
    Atom,
    Constant,
    Formula,
    Next,
    Not,
    Or,
    Release,
    Until,
    always,
    equivalent,
    eventually,
    implies,
    strong_release,
    weak_until,
)
from utcheck.properties.ltl.syntax import parse

ATOMS = 3
NAMES = "abc"

Word = tuple[tuple[int, ...], tuple[int, ...]]
"""A prefix, and a cycle that is repeated for ever; a letter is the bit set of the true atoms."""

# The same examples in every run, so that a red build can be repeated; new ones where there is time.
QUICK = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SLOW = settings(QUICK, derandomize=False, print_blob=True)

_letters = st.integers(0, 2**ATOMS - 1)


def words() -> st.SearchStrategy[Word]:
    prefixes = st.lists(_letters, max_size=4).map(tuple)
    return st.tuples(prefixes, st.lists(_letters, min_size=1, max_size=4).map(tuple))


def different_words(number: int) -> st.SearchStrategy[list[Word]]:
    return st.lists(words(), min_size=number, max_size=number, unique=True)


UNARY: tuple[Callable[[Formula], Formula], ...] = (Not, Next, eventually, always)
BINARY: tuple[Callable[[Formula, Formula], Formula], ...] = (
    And,
    Or,
    Until,
    Release,
    implies,
    equivalent,
    weak_until,
    strong_release,
)


@st.composite
def formulas(draw: st.DrawFn, most: int = 10, atoms: int = ATOMS) -> Formula:
    """Formulas with at most so many operators and atoms as they are written."""
    return _formula(draw, draw(st.integers(1, most)), atoms)


def _formula(draw: st.DrawFn, number: int, atoms: int) -> Formula:
    if number == 1:
        found = st.one_of(st.integers(0, atoms - 1).map(Atom), st.sampled_from([TRUE, FALSE]))
        return draw(found)
    if number == 2 or draw(st.booleans()):
        return draw(st.sampled_from(UNARY))(_formula(draw, number - 1, atoms))
    left = draw(st.integers(1, number - 2))
    make = draw(st.sampled_from(BINARY))
    return make(_formula(draw, left, atoms), _formula(draw, number - 1 - left, atoms))


def is_true(formula: Formula, word: Word, place: int = 0) -> bool:
    """Whether a word satisfies a formula from a place on, by looking ahead far enough."""
    prefix, cycle = word
    if place >= len(prefix):
        place = len(prefix) + (place - len(prefix)) % len(cycle)
    # From here on, every suffix that there is begins at one of these places.
    ahead = range(place, place + len(prefix) + len(cycle))
    match formula:
        case Constant(value):
            return value
        case Atom(number):
            return bool((prefix + cycle)[place] & 2**number)
        case Not(operand):
            return not is_true(operand, word, place)
        case And(left, right):
            return is_true(left, word, place) and is_true(right, word, place)
        case Or(left, right):
            return is_true(left, word, place) or is_true(right, word, place)
        case Next(operand):
            return is_true(operand, word, place + 1)
        case Until(left, right):
            ends = (k for k in ahead if is_true(right, word, k))
            return any(all(is_true(left, word, j) for j in range(place, k)) for k in ends)
        case Release(left, right):
            fails = (k for k in ahead if not is_true(right, word, k))
            return all(any(is_true(left, word, j) for j in range(place, k)) for k in fails)


def accepts(automaton: Automaton, word: Word) -> bool:
    """Whether a run of the automaton on the word goes round a component with all the marks."""
    prefix, cycle = word
    letters = prefix + cycle
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    work = [(automaton.initial, 0)]
    graph.add_node(work[0])
    for state, place in work:
        after = place + 1 if place + 1 < len(letters) else len(prefix)
        for target, marks in automaton.moves(state, letters[place]):
            if (target, after) not in graph:
                work.append((target, after))
            graph.add_edge((state, place), (target, after), marks=marks)
    return any(
        _is_accepting(graph.subgraph(component), automaton.sets)
        for component in nx.strongly_connected_components(graph)
    )


def _is_accepting(component: Any, sets: int) -> bool:
    marks = [marks for _, _, marks in component.edges(data="marks")]
    return bool(marks) and all(any(mark & 2**one for mark in marks) for one in range(sets))


def word(text: str) -> Word:
    """Read a word: `a ab (b .)` has two letters, and then b and nothing for ever."""
    prefix, _, cycle = text.rstrip(")").partition("(")

    def letters(part: str) -> tuple[int, ...]:
        return tuple(sum(2 ** NAMES.index(c) for c in w if c != ".") for w in part.split())

    return letters(prefix), letters(cycle)


def numbered(formula: Formula, numbers: Sequence[int]) -> Formula:
    """The formula with other numbers for its atoms."""
    match formula:
        case Atom(number):
            return Atom(numbers[number])
        case Constant():
            return formula
        case Not(operand) | Next(operand):
            return type(formula)(numbered(operand, numbers))
        case And(left, right) | Or(left, right) | Until(left, right) | Release(left, right):
            return type(formula)(numbered(left, numbers), numbered(right, numbers))


def formula(text: str) -> Formula:
    """Read a formula over a, b and c, which are the atoms 0, 1 and 2."""
    parsed = parse(text)
    return numbered(parsed.formula, [NAMES.index(atom.text) for atom in parsed.atoms])
