"""What the beginning of a word says about a formula, whatever follows.

The values are those of Kleene's logic: true, false, or None for what the letters so far leave open.
Where a prefix decides a formula in this way it is *informative* (Kupferman and Vardi, Model
checking of safety properties, 2001); there are others that decide it, which are not noticed here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from utcheck.properties.ltl.formula import (
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


def decided(formula: Formula, letters: Sequence[int]) -> bool | None:
    """Return the truth of a formula on every word that begins with these letters, or None."""
    return _values(formula, letters)[0]


def _values(formula: Formula, letters: Sequence[int]) -> list[bool | None]:
    """Return the value of a formula at each letter and, at the end, where no letter is known."""
    size = len(letters)
    match formula:
        case Constant(value):
            return [value] * (size + 1)
        case Atom(number):
            return [*(bool(letter >> number & 1) for letter in letters), None]
        case Not(operand):
            return [None if v is None else not v for v in _values(operand, letters)]
        case And(left, right):
            return _pairs(_and, left, right, letters)
        case Or(left, right):
            return _pairs(_or, left, right, letters)
        case Next(operand):
            return [*_values(operand, letters)[1:], None]
        case Until(left, right):
            return _backwards(_until, left, right, letters)
        case Release(left, right):
            return _backwards(_release, left, right, letters)


def _pairs(
    connective: Callable[[bool | None, bool | None], bool | None],
    left: Formula,
    right: Formula,
    letters: Sequence[int],
) -> list[bool | None]:
    return list(map(connective, _values(left, letters), _values(right, letters)))


def _backwards(
    step: Callable[[bool | None, bool | None, bool | None], bool | None],
    left: Formula,
    right: Formula,
    letters: Sequence[int],
) -> list[bool | None]:
    here, there = _values(left, letters), _values(right, letters)
    found: list[bool | None] = [step(here[-1], there[-1], None)]
    for one, other in zip(reversed(here[:-1]), reversed(there[:-1]), strict=True):
        found.append(step(one, other, found[-1]))
    return found[::-1]


def _and(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _or(left: bool | None, right: bool | None) -> bool | None:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def _until(left: bool | None, right: bool | None, after: bool | None) -> bool | None:
    return _or(right, _and(left, after))


def _release(left: bool | None, right: bool | None, after: bool | None) -> bool | None:
    return _and(right, _or(left, after))
