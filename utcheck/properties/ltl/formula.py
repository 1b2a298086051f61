"""Formulas of linear temporal logic (Pnueli 1977) over numbered atoms.

The core has `true`, `false`, atoms, `!`, `&`, `|`, `X`, `U` and `R`. The other operators are
written with these, as the functions below say, and shown again as they were by `written`:
`a -> b` is `!a | b`, `F a` is `true U a`, `G a` is `false R a`, `a W b` is `b R (a | b)`, and
`a M b` is `b U (a & b)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Constant:
    """The formula that every word satisfies, or the one that none does."""

    value: bool


@dataclass(frozen=True, slots=True)
class Atom:
    """The proposition with a number, from 0; it is about the first letter of a word."""

    number: int


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of a formula."""

    operand: Formula


@dataclass(frozen=True, slots=True)
class And:
    """The conjunction of two formulas."""

    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Or:
    """The disjunction of two formulas."""

    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Next:
    """`X a`: the word without its first letter satisfies the formula."""

    operand: Formula


@dataclass(frozen=True, slots=True)
class Until:
    """`a U b`: b is true now or later, and a is true at every position before."""

    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Release:
    """`a R b`: b is true up to and including the first position with a, or for ever without."""

    left: Formula
    right: Formula


Formula = Constant | Atom | Not | And | Or | Next | Until | Release

TRUE = Constant(True)
FALSE = Constant(False)


def eventually(operand: Formula) -> Formula:
    """Return `F a`."""
    return Until(TRUE, operand)


def always(operand: Formula) -> Formula:
    """Return `G a`."""
    return Release(FALSE, operand)


def implies(premise: Formula, conclusion: Formula) -> Formula:
    """Return `a -> b`."""
    return Or(Not(premise), conclusion)


def equivalent(left: Formula, right: Formula) -> Formula:
    """Return `a <-> b`."""
    return Or(And(left, right), And(Not(left), Not(right)))


def weak_until(left: Formula, right: Formula) -> Formula:
    """Return `a W b`: a U b, or a for ever."""
    return Release(right, Or(left, right))


def strong_release(left: Formula, right: Formula) -> Formula:
    """Return `a M b`: a R b, and a at some time."""
    return Until(right, And(left, right))


def operands(formula: Formula) -> tuple[Formula, ...]:
    """Return the formulas that an operator is applied to, in their order."""
    match formula:
        case Not(operand) | Next(operand):
            return (operand,)
        case And(left, right) | Or(left, right) | Until(left, right) | Release(left, right):
            return (left, right)
        case _:
            return ()


def size(formula: Formula) -> int:
    """Return the number of operators, atoms and constants of the core formula."""
    return 1 + sum(size(operand) for operand in operands(formula))


def has_next(formula: Formula) -> bool:
    """Return whether `X` occurs.

    A formula without it cannot tell a word from one in which letters are repeated: it is
    invariant under stuttering (Lamport 1983).
    """
    return isinstance(formula, Next) or any(has_next(operand) for operand in operands(formula))


# How tightly what was written binds; an operand that binds less is put in parentheses.
_IMPLICATION, _DISJUNCTION, _CONJUNCTION, _TEMPORAL, _UNARY = range(5)


def written(formula: Formula, atoms: Sequence[str]) -> str:
    """Return the text of a formula, with a text for each atom; `syntax.parse` reads it back."""
    return _written(formula, atoms)[0]


def _written(formula: Formula, atoms: Sequence[str]) -> tuple[str, int]:
    match formula:
        case Constant(value):
            return ("true" if value else "false"), _UNARY
        case Atom(number):
            return atoms[number], _UNARY
        case Not(operand):
            return "!" + _within(operand, atoms, _UNARY), _UNARY
        case Next(operand):
            return "X " + _within(operand, atoms, _UNARY), _UNARY
        case Until(Constant(True), operand):
            return "F " + _within(operand, atoms, _UNARY), _UNARY
        case Release(Constant(False), operand):
            return "G " + _within(operand, atoms, _UNARY), _UNARY
    return _binary(formula, atoms)


def _binary(formula: Formula, atoms: Sequence[str]) -> tuple[str, int]:
    sign, left, right, level = _infix(formula)
    # Only chains of `&` or `|` do without parentheses, and these are read from the left.
    chained = level in (_CONJUNCTION, _DISJUNCTION)
    first = _within(left, atoms, level if chained else level + 1)
    return f"{first} {sign} {_within(right, atoms, level + 1)}", level


def _infix(formula: Formula) -> tuple[str, Formula, Formula, int]:
    """Return the sign, the operands and the level under which a formula is written."""
    match formula:
        case Or(And(left, right), And(Not(a), Not(b))) if (a, b) == (left, right):
            return "<->", left, right, _IMPLICATION
        case Or(Not(left), right):
            return "->", left, right, _IMPLICATION
        case Or(left, right):
            return "|", left, right, _DISJUNCTION
        case And(left, right):
            return "&", left, right, _CONJUNCTION
        case Release(right, Or(left, again)) if again == right:
            return "W", left, right, _TEMPORAL
        case Until(right, And(left, again)) if again == right:
            return "M", left, right, _TEMPORAL
        case Release(left, right):
            return "R", left, right, _TEMPORAL
        case Until(left, right):
            return "U", left, right, _TEMPORAL
    raise TypeError(f"not an operator with two operands: {formula!r}")


def _within(formula: Formula, atoms: Sequence[str], level: int) -> str:
    """Return the text of an operand that must bind at least as tightly as `level`."""
    text, binds = _written(formula, atoms)
    return text if binds >= level else f"({text})"
