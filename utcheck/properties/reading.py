"""From text to Python's syntax tree, with positions in characters and a limit on size and depth."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import cast

from utcheck.errors import UsageError

MOST_CHARACTERS = 10_000
MOST_LEVELS = 100  # of nesting; the evaluation recurses as deep

_FOREIGN = {
    "&&": "Python writes `and`",
    "||": "Python writes `or`",
    "->": "write `not P or Q`",
    "=>": "write `not P or Q`",
    "!": "Python writes `not`",
    "=": "to compare, write `==`",
}
_STRING = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")


class ExpressionError(UsageError):
    """An expression of a spec is wrong; `column` counts from 0 into its text."""

    def __init__(self, message: str, column: int) -> None:
        """Keep the sentence and the position."""
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True)
class Source:
    """The text of an expression; every line break in it is a blank."""

    text: str

    def start(self, node: ast.expr) -> int:
        """Return where a part begins."""
        return self._characters(node.col_offset)

    def end(self, node: ast.expr) -> int:
        """Return where a part ends."""
        return self._characters(node.end_col_offset or 0)

    def of(self, node: ast.expr) -> str:
        """Return the text of a part, cut if it is long."""
        text = self.text[self.start(node) : self.end(node)]
        return text if len(text) <= 60 else text[:57] + "..."

    def _characters(self, offset: int) -> int:
        # Python counts bytes of UTF-8.
        return len(self.text.encode()[:offset].decode(errors="replace"))


def read(text: str) -> tuple[Source, ast.expr]:
    """Return the syntax tree of an expression; its positions are positions in `text`.

    Raises:
        ExpressionError: if the text is not a Python expression, or too long or too deep.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(
            f"the expression has {len(text):,} characters, more than {MOST_CHARACTERS:,}", 0
        )
    source = Source(re.sub(r"\s", " ", text))
    if not source.text.strip():
        raise ExpressionError("the expression is empty", 0)
    if "\0" in text:
        raise ExpressionError("not a Python expression: a null character", text.index("\0"))
    indent = len(source.text) - len(source.text.lstrip())
    tree = _parsed(source.text, indent)
    if _levels(tree) > MOST_LEVELS:
        raise ExpressionError(f"the expression is nested more than {MOST_LEVELS} levels deep", 0)
    # A comment in a text of several lines would hide what follows it.
    rest = source.text[source.end(tree) :]
    if rest.strip(" )"):
        column = source.end(tree) + len(rest) - len(rest.lstrip(" )"))
        raise ExpressionError("a comment cannot stand in an expression", column)
    return source, tree


def _parsed(text: str, indent: int) -> ast.expr:
    # Leading blanks are an indentation to Python; blanks inside parentheses are not.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text[indent:], mode="eval").body
    except SyntaxError as error:
        message = (error.msg or "invalid syntax").partition(" (")[0].partition(";")[0]
        # An offset of 0 means the end of the text.
        column = min(error.offset - 1 + indent if error.offset else len(text), len(text))
        raise ExpressionError(f"not a Python expression: {message}{_hint(text)}", column) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("not a Python expression: it is too complex", 0) from None
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and indent:
            node.col_offset += indent
            node.end_col_offset = (node.end_col_offset or 0) + indent
    return tree


def _hint(text: str) -> str:
    bare = re.sub("[!=<>]=", "", _STRING.sub("", text))
    return next((f"; {hint}" for sign, hint in _FOREIGN.items() if sign in bare), "")


def _levels(tree: ast.expr) -> int:
    """Return the depth of a tree, at most one more than is allowed, without recursion."""
    depth, level = 0, [cast(ast.AST, tree)]
    while level and depth <= MOST_LEVELS:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return depth
