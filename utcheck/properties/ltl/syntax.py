r"""The syntax of formulas of linear temporal logic, as Spin and Spot have it.

An atom is a name (`p_runs`), an expression in braces (`{stopped and p.done}`) or an event
(`event("resumed")`). Operators, from those that bind most tightly to those that bind least:

    ! ~ not    X next    F <> eventually finally    G [] always globally
    U until    R V release    W    M                         (from the right)
    & && and /\                                              (from the left)
    | || or \/                                                (from the left)
    -> => imply implies    <-> <=> equivalent                (from the right)

`true false 1 0` are constants. The letters of `G`, `F` and `X` may be written together before an
operand: `GF p`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from utcheck.properties.ltl import formula as ltl
from utcheck.properties.ltl.formula import Atom, Formula, operands
from utcheck.properties.ltl.tokens import AtomText, LtlSyntaxError, Role, Token, tokens

MOST_CHARACTERS = 10_000
MOST_LEVELS = 100  # of nesting; whatever is done with a formula recurses as deep
MOST_NESTING = 2 * MOST_LEVELS  # of the text, where parentheses count as well
MOST_SIZE = 1_000  # `W`, `M` and `<->` repeat an operand, so that a short text may say much


@dataclass(frozen=True, slots=True)
class Parsed:
    """A formula, and the text of each atom by its number."""

    formula: Formula
    atoms: tuple[AtomText, ...]


def parse(text: str) -> Parsed:
    """Return the formula that a text says; an atom that is written twice is one atom.

    Raises:
        LtlSyntaxError: if the text is no formula, or one that is too long or too deep.
    """
    if len(text) > MOST_CHARACTERS:
        message = f"the formula has {len(text):,} characters, more than {MOST_CHARACTERS:,}"
        raise LtlSyntaxError(message, 0)
    found = tokens(text)
    if len(found) == 1:
        raise LtlSyntaxError("the formula is empty", 0)
    return _Parser(found).parsed()


@dataclass(frozen=True, slots=True)
class _Part:
    """A formula with its size and its depth, known without walking it."""

    formula: Formula
    size: int
    depth: int


_UNARY: dict[str, Callable[..., Formula]] = {
    "!": ltl.Not,
    "X": ltl.Next,
    "F": ltl.eventually,
    "G": ltl.always,
}
_BINARY: dict[str, tuple[int, Callable[..., Formula]]] = {
    "U": (3, ltl.Until),
    "R": (3, ltl.Release),
    "W": (3, ltl.weak_until),
    "M": (3, ltl.strong_release),
    "&": (2, ltl.And),
    "|": (1, ltl.Or),
    "->": (0, ltl.implies),
    "<->": (0, ltl.equivalent),
}
_FROM_THE_LEFT = ("&", "|")


class _Parser:
    """Precedence climbing (Richards 1979) over the tokens of a formula."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._position = 0
        self._atoms: dict[tuple[str, bool], AtomText] = {}

    def parsed(self) -> Parsed:
        """Return the formula of all tokens."""
        part = self._formula(0, 0)
        token = self._tokens[self._position]
        if token.role is Role.CLOSE:
            raise LtlSyntaxError("')' without '(' before it", token.column)
        return Parsed(part.formula, tuple(self._atoms.values()))

    def _formula(self, level: int, depth: int) -> _Part:
        """Return the longest formula from here on whose operators bind at least so tightly."""
        part = self._operand(depth)
        while (token := self._tokens[self._position]).role is Role.BINARY:
            binds, make = _BINARY[token.meaning]
            if binds < level:
                break
            self._position += 1
            right = self._formula(binds + (token.meaning in _FROM_THE_LEFT), depth + 1)
            part = _made(token, make, part, right)
        if token.role.begins_an_operand:
            message = f"an operator is missing before '{token.written}'"
            raise LtlSyntaxError(message, token.column)
        return part

    def _operand(self, depth: int) -> _Part:
        token = self._tokens[self._position]
        if not token.role.begins_an_operand:
            raise self._missing(token)
        if depth > MOST_NESTING:
            message = f"the formula is nested more than {MOST_NESTING} levels deep"
            raise LtlSyntaxError(message, token.column)
        self._position += 1
        if token.atom:
            key = (token.atom.text, token.atom.event)
            self._atoms.setdefault(key, token.atom)
            return _Part(Atom(list(self._atoms).index(key)), 1, 1)
        if token.role is Role.CONSTANT:
            return _Part(ltl.Constant(token.meaning == "true"), 1, 1)
        if token.role is Role.UNARY:
            return _made(token, _UNARY[token.meaning], self._operand(depth + 1))
        part = self._formula(0, depth + 1)
        if self._tokens[self._position].role is not Role.CLOSE:
            raise LtlSyntaxError("'(' is not closed", token.column)
        self._position += 1
        return part

    def _missing(self, token: Token) -> LtlSyntaxError:
        """Return the error for a token where an operand is due."""
        before = self._tokens[self._position - 1].written if self._position else ""
        if token.role is Role.END:
            place = f"after '{before}'"
        elif before:
            place = f"between '{before}' and '{token.written}'"
        else:
            place = f"before '{token.written}'"
        return LtlSyntaxError(f"an operand is missing {place}", token.column)


def _made(token: Token, make: Callable[..., Formula], *parts: _Part) -> _Part:
    """Return the formula that an operator makes of its operands, if it is not too large."""
    # What the operator writes out once for all operands tells how large the formula becomes.
    size, depth = _measured(make(*map(Atom, range(len(parts)))), parts)
    if size > MOST_SIZE or depth > MOST_LEVELS:
        raise _too_large(token)
    return _Part(make(*(part.formula for part in parts)), size, depth)


def _measured(shape: Formula, parts: Sequence[_Part]) -> tuple[int, int]:
    """Return the size and the depth of a formula whose atoms stand for the parts."""
    if isinstance(shape, Atom):
        return parts[shape.number].size, parts[shape.number].depth
    inner = [_measured(operand, parts) for operand in operands(shape)]
    return 1 + sum(size for size, _ in inner), 1 + max((depth for _, depth in inner), default=0)


def _too_large(token: Token) -> LtlSyntaxError:
    message = (
        f"the formula is too large: at most {MOST_SIZE:,} operators and atoms, and "
        f"{MOST_LEVELS} levels, once `<->`, `W` and `M` are written with the others"
    )
    return LtlSyntaxError(message, token.column)
