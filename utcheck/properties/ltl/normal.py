"""Negation normal form, simplified.

Negations are pushed to the atoms, and what is simpler and means the same is taken instead. The
rules are those of Somenzi and Bloem ("Efficient Buechi automata from LTL formulae", CAV 2000) and
of Etessami and Holzmann ("Optimizing Buechi automata", CONCUR 2000): implications that the syntax
shows, and formulas that are *eventual* (true of a word once they are true of one of its suffixes,
as `F a` is) or *universal* (true of all suffixes of a word once they are true of it, as `G a` is).

Every rule is stated for `&`, `U` and `X`; those for `|` and `R` are their duals, by negation.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import reduce

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
)


def normal(formula: Formula) -> Formula:
    """Return a formula with the same meaning in which only atoms are negated, simplified."""
    return _Rules().normal(formula)


def negated(formula: Formula) -> Formula:
    """Return the negation of a formula in negation normal form, in negation normal form."""
    match formula:
        case Constant(value):
            return Constant(not value)
        case Not(operand):
            return operand
        case Atom():
            return Not(formula)
        case Next(operand):
            return Next(negated(operand))
        case And(left, right):
            return Or(negated(left), negated(right))
        case Or(left, right):
            return And(negated(left), negated(right))
        case Until(left, right):
            return Release(negated(left), negated(right))
        case Release(left, right):
            return Until(negated(left), negated(right))


def is_eventual(formula: Formula) -> bool:
    """Return whether the formula is seen to be true of a word if it is true of one of its suffixes.

    The formula is in negation normal form.
    """
    match formula:
        case Constant():
            return True
        case Atom() | Not():
            return False
        case Next(operand):
            return is_eventual(operand)
        case Until(left, right):
            return left == TRUE or is_eventual(right)
        case And(left, right) | Or(left, right) | Release(left, right):
            return is_eventual(left) and is_eventual(right)


def is_universal(formula: Formula) -> bool:
    """Return whether the formula is seen to be true of all suffixes of a word it is true of."""
    return is_eventual(negated(formula))


def _lasts(formula: Formula) -> bool:
    """Return whether the formula is seen to be true of all suffixes of a word, or of none."""
    return is_eventual(formula) and is_universal(formula)


def _parts(formula: Formula, kind: type[And] | type[Or] = And) -> Iterator[Formula]:
    """Yield the formulas that a conjunction, or a disjunction, consists of."""
    if isinstance(formula, kind):
        yield from _parts(formula.left, kind)
        yield from _parts(formula.right, kind)
    else:
        yield formula


class _Rules:
    """The simplifications; what is known of implications is kept for one formula."""

    def __init__(self) -> None:
        self._implications: dict[tuple[Formula, Formula], bool] = {}

    def normal(self, formula: Formula) -> Formula:
        """Return the simplified normal form."""
        match formula:
            case Constant() | Atom():
                return formula
            case Not(operand):
                return negated(self.normal(operand))
            case Next(operand):
                return self.next(self.normal(operand))
            case And():
                return self.conjunction(*map(self.normal, _parts(formula)))
            case Or():
                return self.disjunction(*map(self.normal, _parts(formula, Or)))
            case Until(left, right):
                return self.until(self.normal(left), self.normal(right))
            case Release(left, right):
                return self.release(self.normal(left), self.normal(right))

    def disjunction(self, *formulas: Formula) -> Formula:
        """Return `a | b | ...`."""
        return negated(self.conjunction(*map(negated, formulas)))

    def release(self, left: Formula, right: Formula) -> Formula:
        """Return `a R b`."""
        return negated(self.until(negated(left), negated(right)))

    def conjunction(self, *formulas: Formula) -> Formula:
        """Return `a & b & ...`."""
        work = deque(part for formula in formulas for part in _parts(formula))
        parts: list[Formula] = []
        while work:
            part = work.popleft()
            if any(self.implies(other, part) for other in parts):
                continue
            if any(self.implies(other, negated(part)) for other in parts):
                return FALSE
            parts = [other for other in parts if not self.implies(part, other)]
            for other in parts:
                joined = self._joined(other, part)
                if joined is not None:
                    parts.remove(other)
                    work.extendleft(reversed(list(_parts(joined))))
                    break
            else:
                parts.append(part)
        return reduce(And, parts) if parts else TRUE

    def _joined(self, one: Formula, other: Formula) -> Formula | None:
        """Return a single temporal operator for the conjunction of two, if there is one."""
        match one, other:
            case Next(a), Next(b):
                return self.next(self.conjunction(a, b))
            case Until(a, c), Until(b, d) if c == d:
                return self.until(self.conjunction(a, b), c)
            case Release(c, a), Release(d, b) if c == d:
                return self.release(c, self.conjunction(a, b))
            # Both are asked for again and again, and then by one formula.
            case (Release(Constant(False), a), b) | (b, Release(Constant(False), a)) if _lasts(b):
                return Release(FALSE, self.conjunction(a, b))
        return None

    def next(self, operand: Formula) -> Formula:
        """Return `X a`."""
        if _lasts(operand):
            return operand
        return Next(operand)

    def until(self, left: Formula, right: Formula) -> Formula:
        """Return `a U b`."""
        if is_eventual(right) or self.implies(left, right):
            return right
        if left != TRUE and self.implies(negated(right), left):
            return self.until(TRUE, right)
        match left, right:
            case _, Until(again, _) if self.implies(left, again):
                return right
            case Until(_, again), _ if again == right:
                return left
            case Next(a), Next(b):
                return self.next(self.until(a, b))
            case Constant(True), Next(b):
                return self.next(self.until(TRUE, b))
            case Constant(True), Until(_, b):
                return self.until(TRUE, b)
        return self._split(left, right) or Until(left, right)

    def _split(self, left: Formula, right: Formula) -> Formula | None:
        """Take out of `a U b` what is not about the time at which b comes true."""
        options = list(_parts(right, Or))
        # `F (a | G F b)` stays as it is, since its automaton is smaller than that of the parts.
        apart = [o for o in options if is_eventual(o) and not (left == TRUE and _lasts(o))]
        if apart:
            rest = [option for option in options if option not in apart]
            return self.disjunction(self.until(left, self.disjunction(*rest)), *apart)
        parts = list(_parts(right))
        lasting = [part for part in parts if _lasts(part)]
        if lasting:
            others = [part for part in parts if part not in lasting]
            return self.conjunction(self.until(left, self.conjunction(*others)), *lasting)
        return None

    def implies(self, one: Formula, other: Formula) -> bool:
        """Return whether the syntax shows that every word of the one satisfies the other."""
        if isinstance(one, Atom | Not) and isinstance(other, Atom | Not):
            return one == other
        key = (one, other)
        if key not in self._implications:
            self._implications[key] = self._implies(one, other)
        return self._implications[key]

    def _implies(self, one: Formula, other: Formula) -> bool:
        if one in (other, FALSE) or other == TRUE:
            return True
        return self._premise(one, other) or self._conclusion(one, other) or self._both(one, other)

    def _premise(self, one: Formula, other: Formula) -> bool:
        match one:
            case Or(a, b) | Until(a, b):
                return self.implies(a, other) and self.implies(b, other)
            case And(a, b):
                return self.implies(a, other) or self.implies(b, other)
            case Release(_, b):
                return self.implies(b, other)
            case Next(a):
                return is_eventual(other) and self.implies(a, other)
        return False

    def _conclusion(self, one: Formula, other: Formula) -> bool:
        match other:
            case And(a, b) | Release(a, b):
                return self.implies(one, a) and self.implies(one, b)
            case Or(a, b):
                return self.implies(one, a) or self.implies(one, b)
            case Until(_, b):
                return self.implies(one, b)
            case Next(a):
                return is_universal(one) and self.implies(one, a)
        return False

    def _both(self, one: Formula, other: Formula) -> bool:
        match one, other:
            case Next(a), Next(b):
                return self.implies(a, b)
            case (Until(a, b), Until(c, d)) | (Release(a, b), Release(c, d)):
                if self.implies(a, c) and self.implies(b, d):
                    return True
        if isinstance(one, Until) and is_eventual(other):
            return self.implies(one.right, other)
        if isinstance(other, Release) and is_universal(one):
            return self.implies(one, other.right)
        return False
