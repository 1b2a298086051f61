"""From a formula to an automaton that accepts the words that satisfy it.

The tableau is built on the fly (Gerth, Peled, Vardi and Wolper 1995), with acceptance on the edges
(Couvreur 1999). A state is a set of formulas, all of which hold of what is still to be read. Each
is unfolded by one letter into alternatives: what the letter must be, what must hold of the rest,
and which formulas `a U b` are *promised*, that is, put off because b is not claimed here:

    a U b  =  b  |  a & X (a U b), promised          a R b  =  b & (a | X (a R b))

An edge of a state is a choice of one alternative for each of its formulas. For each `a U b` there
is an acceptance set, with the edges that do not promise it. An alternative that asks for more than
another is left out (as by Gastin and Oddoux 2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from utcheck.properties.ltl.automaton import Automaton, Edge, members
from utcheck.properties.ltl.formula import (
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
    operands,
)
from utcheck.properties.ltl.normal import normal
from utcheck.properties.ltl.reduction import reduced


def translate(formula: Formula, atoms: int) -> Automaton:
    """Return an automaton that accepts the words that satisfy a formula, and no others.

    `atoms` is the number of atoms; those of the formula are among them. The same formula always
    gives the same automaton.
    """
    return reduced(tableau(formula, atoms))


def tableau(formula: Formula, atoms: int) -> Automaton:
    """Return the automaton as it is first built, to be reduced."""
    simple = normal(formula)
    unfolding = _Unfolding(simple, atoms)
    initial = unfolding.obligations(simple)
    states = {initial: 0}
    edges: list[tuple[Edge, ...]] = []
    for state in (order := [initial]):
        leaving = list(unfolding.edges(state))
        for edge in leaving:
            if edge.target not in states:
                states[edge.target] = len(states)
                order.append(edge.target)
        edges.append(tuple(edge._replace(target=states[edge.target]) for edge in leaving))
    return Automaton(atoms, unfolding.sets, 0, tuple(edges))


class _Unfolding:
    """The alternatives of formulas, and of sets of formulas, which are bit sets of their numbers.

    An alternative is one bit set of all that it asks for, from the lowest bit: the atoms that must
    be true, those that must be false, the formulas `a U b` that are promised, and the formulas
    that must hold of the rest. So the union of two asks for what both ask for.
    """

    def __init__(self, formula: Formula, atoms: int) -> None:
        self._promises: dict[Formula, int] = {}
        for until in _untils(formula):
            self._promises.setdefault(until, len(self._promises))
        self.sets = len(self._promises)
        self._atoms = atoms
        self._letters = (1 << atoms) - 1
        self._numbers: dict[Formula, int] = {}
        self._formulas: list[Formula] = []
        self._known: dict[Formula, Sequence[int]] = {}

    def obligations(self, formula: Formula) -> int:
        """Return the set of formulas whose conjunction is the formula."""
        if isinstance(formula, And):
            return self.obligations(formula.left) | self.obligations(formula.right)
        if formula == TRUE:
            return 0
        if formula not in self._numbers:
            self._numbers[formula] = len(self._formulas)
            self._formulas.append(formula)
        return 1 << self._numbers[formula]

    def edges(self, formulas: int) -> Iterator[Edge]:
        """Yield the edges of a state; the target is the set of formulas that comes next."""
        found: Sequence[int] = (0,)
        for number in members(formulas):
            found = self._both(found, self._of(self._formulas[number]))
        every = (1 << self.sets) - 1
        for alternative in found:
            needs, rest = alternative & self._letters, alternative >> self._atoms
            forbids, rest = rest & self._letters, rest >> self._atoms
            yield Edge(needs, forbids, self._without_repeated(rest >> self.sets), every & ~rest)

    def _without_repeated(self, formulas: int) -> int:
        """Leave out formulas that others of the set bring back when they are unfolded.

        `a R b` unfolds b, so that the parts of b need not be in the set: `F p` beside `G F p`.
        """
        for number in members(formulas):
            formula = self._formulas[number]
            if isinstance(formula, Release):
                formulas &= ~self.obligations(formula.right)
        return formulas

    def _of(self, formula: Formula) -> Sequence[int]:
        """Return the alternatives of a formula in negation normal form."""
        if formula not in self._known:
            self._known[formula] = self._unfolded(formula)
        return self._known[formula]

    def _unfolded(self, formula: Formula) -> Sequence[int]:
        match formula:
            case Constant(value):
                return (0,) if value else ()
            case Atom(number):
                return (1 << number,)
            case Not(Atom(number)):
                return (1 << self._atoms + number,)
            case And(left, right):
                return self._both(self._of(left), self._of(right))
            case Or(left, right):
                return _least((*self._of(left), *self._of(right)))
            case Next(operand):
                return (self._later(operand),)
            case Until(left, right):
                promise = 1 << 2 * self._atoms + self._promises[formula]
                put_off = self._both(self._of(left), (promise | self._later(formula),))
                return _least((*self._of(right), *put_off))
            case Release(left, right):
                ends = _least((*self._of(left), self._later(formula)))
                return self._both(self._of(right), ends)
        raise TypeError(f"not in negation normal form: {formula!r}")

    def _later(self, formula: Formula) -> int:
        """Return the alternative that asks for a formula from the next letter on."""
        return self.obligations(formula) << 2 * self._atoms + self.sets

    def _both(self, left: Iterable[int], right: Sequence[int]) -> Sequence[int]:
        """Return the alternatives of a conjunction, without those that no letter meets."""
        unions = {one | other for one in left for other in right}
        return _least(one for one in unions if not one & one >> self._atoms & self._letters)


def _least(alternatives: Iterable[int]) -> Sequence[int]:
    """Leave out each alternative that asks for all that another asks for."""
    kept: list[int] = []
    for alternative in sorted(alternatives, key=lambda bits: (bits.bit_count(), bits)):
        if all(other & ~alternative for other in kept):
            kept.append(alternative)
    return kept


def _untils(formula: Formula) -> Iterator[Until]:
    """Yield the subformulas `a U b`."""
    if isinstance(formula, Until):
        yield formula
    for operand in operands(formula):
        yield from _untils(operand)
