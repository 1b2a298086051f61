"""The meaning of a formula on an ultimately periodic word, from the definition.

The word is a prefix followed by a cycle that is repeated for ever, so it has finitely many
different suffixes, one per position. A subformula is true or false at each of them; `a U b` is the
least solution of `x = b | (a & X x)` there, and `a R b` the greatest of `x = b & (a | X x)`.

Counterexamples are judged by this, whatever found them: nothing of the translation is used.
"""

from __future__ import annotations

from collections.abc import Sequence

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


def holds(formula: Formula, prefix: Sequence[int], cycle: Sequence[int]) -> bool:
    """Return whether the word `prefix cycle cycle ...` satisfies a formula.

    A letter is the bit set of the atoms that are true: atom 0 is its lowest bit.

    Raises:
        ValueError: if the cycle is empty.
    """
    if not cycle:
        raise ValueError("the cycle of an infinite word has at least one letter")
    return _Word((*prefix, *cycle), len(prefix)).truth(formula)[0]


class _Word:
    """The letters of a prefix and a cycle; after the last one comes the one at `back`."""

    def __init__(self, letters: Sequence[int], back: int) -> None:
        self._letters = letters
        self._following = [*range(1, len(letters)), back]
        self._known: dict[Formula, list[bool]] = {}

    def truth(self, formula: Formula) -> list[bool]:
        """Return for each position whether the word from there on satisfies the formula."""
        if formula not in self._known:
            self._known[formula] = self._truth(formula)
        return self._known[formula]

    def _truth(self, formula: Formula) -> list[bool]:
        match formula:
            case Constant(value):
                return [value for _ in self._letters]
            case Atom(number):
                return [bool(letter >> number & 1) for letter in self._letters]
            case Not(operand):
                return [not value for value in self.truth(operand)]
            case And(left, right):
                return [a and b for a, b in self._pairs(left, right)]
            case Or(left, right):
                return [a or b for a, b in self._pairs(left, right)]
            case Next(operand):
                later = self.truth(operand)
                return [later[after] for after in self._following]
            case Until(left, right):
                return self._until(self.truth(left), self.truth(right))
            case Release(left, right):
                return self._release(self.truth(left), self.truth(right))

    def _pairs(self, left: Formula, right: Formula) -> zip[tuple[bool, bool]]:
        return zip(self.truth(left), self.truth(right), strict=True)

    def _until(self, left: list[bool], right: list[bool]) -> list[bool]:
        solution = [False for _ in self._letters]
        changed = True
        while changed:
            changed = False
            for here, after in reversed(list(enumerate(self._following))):
                value = right[here] or (left[here] and solution[after])
                changed |= value != solution[here]
                solution[here] = value
        return solution

    def _release(self, left: list[bool], right: list[bool]) -> list[bool]:
        solution = [True for _ in self._letters]
        changed = True
        while changed:
            changed = False
            for here, after in reversed(list(enumerate(self._following))):
                value = right[here] and (left[here] or solution[after])
                changed |= value != solution[here]
                solution[here] = value
        return solution
