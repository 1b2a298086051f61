"""Temporal properties: a formula whose atoms are expressions about a model, or events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from utcheck.properties.kinds import EventAtom, Predicate, Proposition, Temporal
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
    operands,
    written,
)
from utcheck.properties.ltl.syntax import parse
from utcheck.properties.ltl.tokens import AtomText

Reader = Callable[[AtomText], Predicate | None]
"""Reads the expression of an atom; None if it is wrong, which the reader reports."""


@dataclass(frozen=True, slots=True)
class Read:
    """A formula, and the predicate of which it is `G`, if it is the invariant of one."""

    temporal: Temporal
    invariant: Predicate | None


def read(text: str, atom: Reader) -> Read | None:
    """Return the formula that a text says of a model, or None if one of its atoms is wrong.

    Raises:
        LtlSyntaxError: if the text is no formula.
    """
    parsed = parse(text)
    atoms: list[Proposition | None] = [
        EventAtom(found.text) if found.event else atom(found) for found in parsed.atoms
    ]
    known = [one for one in atoms if one is not None]
    if len(known) < len(atoms):
        return None
    temporal = Temporal(" ".join(text.split()), parsed.formula, tuple(known))
    return Read(temporal, _invariant(parsed.formula, known))


def _invariant(formula: Formula, atoms: Sequence[Proposition]) -> Predicate | None:
    """Return P for a formula `G P` in which P is about one state alone."""
    match formula:
        case Release(Constant(False), body) if _is_propositional(body):
            codes = [atom.code if isinstance(atom, Predicate) else None for atom in atoms]
            if None in codes:
                return None  # an event is about the step that leads to a state
            texts = [atom.text for atom in atoms if isinstance(atom, Predicate)]
            known = [code for code in codes if code is not None]
            alone = isinstance(body, Atom)
            text = texts[0] if alone else written(body, [f"{{{one}}}" for one in texts])
            return Predicate(text, lambda: _truth(body, known))
    return None


def _is_propositional(formula: Formula) -> bool:
    if isinstance(formula, Next | Until | Release):
        return False
    return all(map(_is_propositional, operands(formula)))


def _truth(formula: Formula, codes: Sequence[Callable[[], bool]]) -> bool:
    match formula:
        case Constant(value):
            return value
        case Atom(number):
            return codes[number]()
        case Not(operand):
            return not _truth(operand, codes)
        case And(left, right):
            return _truth(left, codes) and _truth(right, codes)
        case Or(left, right):
            return _truth(left, codes) or _truth(right, codes)
        case _:
            raise TypeError(f"not propositional: {formula!r}")
