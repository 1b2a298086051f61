"""Plain text that is safe in a mail and on a terminal: escaped, measured, wrapped without loss.

What a user's model and spec say (names, labels, values, sentences) passes through here before it
is shown, so that no renderer has to think about control characters or about what mail tools do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import Enum

# Lines that mail tools take for something else: an mbox separator, the end of an SMTP message, the
# end of a commit message or the start of a patch (`git mailinfo`), a signature.
_MISREAD = re.compile(r">*From |\.$|---|-- ?$|diff -|Index: ")
_ESCAPE = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_INDEXED = re.compile(r"(.*)\[([0-9]{1,9})\]([^\[]*)")
_BREAK_AFTER = frozenset(" _.,:;/)]}-=")


def escape(text: str, *, unicode: bool = False) -> str:
    r"""Return `text` with everything that is not plain printable text written as `\n`, `\x1b`, ...

    The answer is 7-bit ASCII unless `unicode` lets printable characters beyond it through. Marks
    that combine with the character before them are always escaped: terminals disagree about their
    width. Backslashes stay single; the result is for reading, not for reading back.
    """
    return "".join(char if _is_plain(char, unicode) else _escaped(char) for char in text)


def _is_plain(char: str, unicode: bool) -> bool:
    if char.isascii() or not unicode:
        return char.isascii() and char.isprintable()
    return char.isprintable() and unicodedata.category(char) not in ("Mn", "Me")


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def show(value: object, *, unicode: bool = False) -> str:
    """Return a value of a model as a reader would write it, escaped.

    Members of an enumeration are `Colour.RED`, frozen sets are `{1, 2}` in a fixed order, and the
    address in a default `repr` is left out, so that the text is the same from run to run. A value
    whose own `repr` raises is shown by its type.
    """
    try:
        return escape(_shown(value), unicode=unicode)
    except Exception:  # the user's __repr__ may raise anything, and a picture must not fail on it
        return escape(f"<{type(value).__name__}>", unicode=unicode)


def _shown(value: object) -> str:
    if isinstance(value, Enum) and value.name is not None:
        return f"{type(value).__name__}.{value.name}"
    if type(value) is tuple:
        comma = "," if len(value) == 1 else ""
        return f"({', '.join(map(_shown, value))}{comma})"
    if type(value) is frozenset:
        return f"{{{', '.join(map(_shown, in_order(value)))}}}"
    return _ADDRESS.sub("", repr(value))


def in_order(values: Iterable[object]) -> list[object]:
    """Return the members of a set in an order that does not depend on hashing."""
    return sorted(values, key=lambda one: (0, one, "") if _is_number(one) else (1, 0, _shown(one)))


def _is_number(value: object) -> bool:
    return type(value) in (bool, int, float)


def columns(text: str) -> int:
    """Return how many columns a terminal needs for escaped text."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def fill(chunks: Iterable[str], width: int, *, hanging: int = 0) -> list[str]:
    """Return lines of at most `width` columns with the chunks in them, one blank between two.

    A chunk is broken only where it is longer than a line, after a `_` or other punctuation if
    there is one. Every line but the first is indented by `hanging`.
    """
    indent = " " * hanging
    lines: list[str] = []
    line, fresh = "", True
    for chunk in chunks:
        if not fresh:
            if columns(line) + 1 + columns(chunk) <= width:
                line += f" {chunk}"
                continue
            lines.append(line)
            line = indent
        while columns(line) + columns(chunk) > width:
            head, chunk = _cut(chunk, width - columns(line))
            lines.append(line + head)
            line = indent
        line, fresh = line + chunk, False
    lines.append(line)
    return [line.rstrip() for line in lines]


def _cut(chunk: str, room: int) -> tuple[str, str]:
    """Return a beginning of the chunk that fits, never empty, and the rest."""
    most = 1
    while most < len(chunk) and columns(chunk[: most + 1]) <= room:
        most += 1
    for at in range(most, most // 2, -1):
        if chunk[at - 1] in _BREAK_AFTER:
            return chunk[:at], chunk[at:]
    for match in _ESCAPE.finditer(chunk, 0, most + 10):
        if 0 < match.start() < most < match.end():
            most = match.start()
    return chunk[:most], chunk[most:]


def paragraph(chunks: str | Iterable[str], width: int, *, hanging: int = 0) -> list[str]:
    """Return the lines of a paragraph at the left margin, none of which a mail tool misreads.

    If one of them would be misread, the whole paragraph moves one column to the right.
    """
    words = chunks.split(" ") if isinstance(chunks, str) else list(chunks)
    lines = fill(words, width, hanging=hanging)
    if any(_MISREAD.match(line) for line in lines):
        return [f" {line}".rstrip() for line in fill(words, width - 1, hanging=hanging)]
    return lines


def sentence(text: str, *, unicode: bool = False) -> str:
    """Return prose on one line: escaped, every run of white space made one blank."""
    return escape(" ".join(text.split()), unicode=unicode)


def plural(number: int, noun: str) -> str:
    """Return the number with its noun, as in `1 step` and `1,234 steps`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def in_families(names: Iterable[str]) -> dict[str, str]:
    """Return the names, three or more with consecutive indices as one, as in `vm[0..7].stop`.

    The keys are the first name of each family (or the name that stands alone), in order.
    """
    families: dict[tuple[str, int, str], str] = {}  # prefix, next index, suffix: first name
    members: dict[str, list[str]] = {}
    for name in names:
        match = _INDEXED.fullmatch(name)
        if match is None:
            members[name] = [name]
            continue
        prefix, index, suffix = match[1], int(match[2]), match[3]
        first = families.pop((prefix, index, suffix), name)
        families[prefix, index + 1, suffix] = first
        members.setdefault(first, []).append(name)
    return {
        one: shown
        for run in members.values()
        for one, shown in ([(run[0], _as_run(run))] if len(run) > 2 else zip(run, run, strict=True))
    }


def _as_run(run: Sequence[str]) -> str:
    last = _INDEXED.sub(r"\2", run[-1])
    return _INDEXED.sub(rf"\1[\2..{last}]\3", run[0])


def enumerate_words(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, or `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
