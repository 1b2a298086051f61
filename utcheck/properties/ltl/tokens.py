"""From the text of a formula to its tokens, with positions in characters.

What is in braces is Python and is not read here, only delimited: brackets of every kind must
match, and what is quoted does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from utcheck.errors import UsageError

CONSTANTS = {"true": "true", "1": "true", "false": "false", "0": "false"}
UNARY = {
    **dict.fromkeys(("!", "~", "not"), "!"),
    **dict.fromkeys(("X", "next"), "X"),
    **dict.fromkeys(("F", "<>", "eventually", "finally"), "F"),
    **dict.fromkeys(("G", "[]", "always", "globally"), "G"),
}
BINARY = {
    **dict.fromkeys(("&", "&&", "and", "/\\"), "&"),
    **dict.fromkeys(("|", "||", "or", "\\/"), "|"),
    **dict.fromkeys(("->", "=>", "imply", "implies"), "->"),
    **dict.fromkeys(("<->", "<=>", "equivalent"), "<->"),
    **dict.fromkeys(("U", "until"), "U"),
    **dict.fromkeys(("R", "V", "release"), "R"),
    "W": "W",
    "M": "M",
}
OPERATORS = frozenset(
    word for word in (*CONSTANTS, *UNARY, *BINARY) if word.isidentifier()
)  # fmt: skip

_BLANKS = re.compile(r"\s*")
_WORD = re.compile(r"\w+")
_SIGN = re.compile(r"<->|<=>|<>|\[\]|->|=>|/\\|\\/|&&?|\|\|?|!(?!=)|~|[()]")
_COMPARISON = re.compile(r"[=!<>]=?")
_EVENT = re.compile(r"event\s*\(\s*([\"'])")
_CALL = re.compile(r"event\s*\(")
_END_OF_EVENT = re.compile(r"\s*\)")
_RUN = re.compile(r"[GFX]{2,}")
_QUOTED = re.compile(
    r"'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"",
    re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class LtlSyntaxError(UsageError):
    """A formula is not well formed; `column` counts from 0 into its text."""

    def __init__(self, message: str, column: int) -> None:
        """Keep the sentence and the position."""
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True)
class AtomText:
    """What a formula says about one state, or of one step: the event that it emits.

    `text` is a bare name, what stands in braces or the name of an event; `column` counts from 0
    to where it begins in the formula.
    """

    text: str
    column: int
    event: bool

    @property
    def spelling(self) -> str:
        """The atom as it is written in a formula."""
        if self.event:
            quote = "'" if '"' in self.text else '"'
            return f"event({quote}{self.text}{quote})"
        bare = self.text.isidentifier() and self.text not in OPERATORS
        return self.text if bare else f"{{{self.text}}}"


class Role(Enum):
    """What a token is in a formula."""

    ATOM = "an atom"
    CONSTANT = "a constant"
    UNARY = "an operator before its operand"
    BINARY = "an operator between operands"
    OPEN = "("
    CLOSE = ")"
    END = "the end"

    @property
    def begins_an_operand(self) -> bool:
        """Whether a formula may start with such a token."""
        return self in (Role.ATOM, Role.CONSTANT, Role.UNARY, Role.OPEN)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula: where it stands, how it is written, and what it means.

    `meaning` is the operator or constant in its shortest spelling, and empty for an atom.
    """

    role: Role
    column: int
    written: str
    meaning: str = ""
    atom: AtomText | None = None


def tokens(text: str) -> list[Token]:
    """Return the tokens of a formula; the last one has the role `END`.

    Raises:
        LtlSyntaxError: at the first character that cannot belong to a formula.
    """
    found: list[Token] = []
    column = _blanks(text, 0)
    while column < len(text):
        token, column = _token(text, column)
        found.append(token)
        column = _blanks(text, column)
    found.append(Token(Role.END, len(text.rstrip()), "the end"))
    return list(_split(found))


def _split(found: list[Token]) -> Iterator[Token]:
    """Take words like `GF` apart where an operand follows them; elsewhere they are names."""
    for token, following in zip(found, [*found[1:], None], strict=True):
        operators = token.role is Role.ATOM and _RUN.fullmatch(token.written)
        if following and operators and following.role.begins_an_operand:
            for offset, letter in enumerate(token.written):
                yield Token(Role.UNARY, token.column + offset, letter, letter)
        else:
            yield token


def _blanks(text: str, column: int) -> int:
    match = _BLANKS.match(text, column)
    return match.end() if match else column


def _token(text: str, column: int) -> tuple[Token, int]:
    """Return the token at a position, and where it ends."""
    if text[column] == "{":
        return _braces(text, column)
    if _CALL.match(text, column):
        return _event(text, column)
    if match := _WORD.match(text, column) or _SIGN.match(text, column):
        return _word(match.group(), column), match.end()
    raise LtlSyntaxError(_complaint(text, column), column)


def _word(word: str, column: int) -> Token:
    for role, table in (
        (Role.CONSTANT, CONSTANTS),
        (Role.UNARY, UNARY),
        (Role.BINARY, BINARY),
        (Role.OPEN, {"(": "("}),
        (Role.CLOSE, {")": ")"}),
    ):
        if word in table:
            return Token(role, column, word, table[word])
    if not word.isidentifier():
        message = f"'{word}' is neither a name nor 0 or 1; write an expression in braces"
        raise LtlSyntaxError(message, column)
    return Token(Role.ATOM, column, word, atom=AtomText(word, column, event=False))


def _event(text: str, column: int) -> tuple[Token, int]:
    """Return an atom `event("name")`; the name is all that stands between the quotes."""
    opening = _EVENT.match(text, column)
    if not opening:
        raise LtlSyntaxError('an event is written event("name")', column)
    begin = opening.end()
    end = text.find(opening.group(1), begin)
    if end < 0:
        raise LtlSyntaxError("the quote is not closed", begin - 1)
    if end == begin:
        raise LtlSyntaxError("the name of the event is missing between the quotes", begin)
    closing = _END_OF_EVENT.match(text, end + 1)
    if not closing:
        raise LtlSyntaxError(
            "an event is written event(\"name\"), so ')' is missing here", _blanks(text, end + 1)
        )
    atom = AtomText(text[begin:end], begin, event=True)
    written = text[column : closing.end()]
    return Token(Role.ATOM, column, written, atom=atom), closing.end()


def _braces(text: str, column: int) -> tuple[Token, int]:
    """Return an atom `{expression}`, without the blanks at both ends of the expression."""
    end = _closing_brace(text, column)
    inner = text[column + 1 : end]
    expression = inner.strip()
    if not expression:
        raise LtlSyntaxError("there is no expression in the braces", column)
    begin = column + 1 + inner.index(expression)
    atom = AtomText(expression, begin, event=False)
    return Token(Role.ATOM, column, text[column : end + 1], atom=atom), end + 1


def _closing_brace(text: str, column: int) -> int:
    stack: list[int] = []
    while column < len(text):
        character = text[column]
        if character in "'\"":
            quoted = _QUOTED.match(text, column)
            if not quoted:
                raise LtlSyntaxError("the quote is not closed", column)
            column = quoted.end()
            continue
        if character in _CLOSING:
            stack.append(column)
        elif character in _CLOSING.values():
            opened = text[stack.pop()]
            if _CLOSING[opened] != character:
                message = f"'{character}' closes nothing: '{_CLOSING[opened]}' is missing before it"
                raise LtlSyntaxError(message, column)
            if not stack:
                return column
        column += 1
    raise LtlSyntaxError(f"'{text[stack[-1]]}' is not closed", stack[-1])


def _complaint(text: str, column: int) -> str:
    """Return what is wrong with a character that no token begins with."""
    if match := _COMPARISON.match(text, column):
        return f"write the comparison in braces: {{a {_python(match.group())} b}}"
    character = text[column]
    if character == "}":
        return "'}' without '{' before it"
    if character in "'\"":
        return 'what is quoted can stand only in an expression in braces, or in event("name")'
    if character in ".[]+-*/%":
        return f"'{character}' can stand only in an expression in braces: {{...}}"
    return f"'{character}' means nothing in a formula"


def _python(comparison: str) -> str:
    return "==" if comparison == "=" else comparison
