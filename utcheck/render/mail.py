"""A trace as a mail in plain text, with what a reader needs to find the same run again.

The first line is a subject. No line has more than 70 columns, so that a quotation of it has at most
72; all is 7-bit ASCII without trailing blanks, and no line is one that an mbox, SMTP, or `git am`
takes for something else.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from utcheck.outcome import Outcome, PropertyResult, Trace, Verdict
from utcheck.plain import escape, fill, plural, sentence, show
from utcheck.render.chart import NARROWEST, chart
from utcheck.render.page_facts import Case, traced

WIDTH = 70
_ROOM = WIDTH - 2  # for a line of a command, before a blank and a backslash
_USUAL = re.compile(r"[A-Za-z0-9 _.,:;/+=@()\[\]{}-]")
# A quotation, an mbox separator, the end of an SMTP message, what ends a commit message or begins a
# patch, a signature, and what `git am` takes for a header in the body.
_MISREAD = re.compile(r">|From |\.$|---|-- ?$|diff |Index:|(?i:From|Subject|Date):")
# A line with these and with dashes is where `git am --scissors` takes a mail to begin.
_SCISSORS = re.compile(r">(?=[8%])|(?<=[8%])<")


def mail(report: Case, name: str, *, version: str) -> str:
    """Return the trace of the property `name` as a mail; `version` is that of utcheck.

    Raises UsageError where there is no such property, or it has no trace.
    """
    result, trace = traced(report, name)
    parts = [
        _prose(escape(headline(report.name, result)).split(" "), hanging=2),
        [line for text in (report.title, report.source) for line in _sentence(text)],
        _sentence(f"The property: {result.text}" if result.text else ""),
        _chart(trace),
        ["To see this run again:"],
        _command(_again(report, name)),
        _facts(report.outcome, version),
        ["The SHA-256 of the files begins with:"] if report.digests else [],
        [line for path, digest in report.digests.items() for line in _file(path, digest)],
    ]
    return "\n".join("".join(f"{_guarded(line)}\n" for line in part) for part in parts if part)


def headline(name: str, result: PropertyResult) -> str:
    """Return what a trace shows, for a subject or a title: `ring: mutex is violated (3 steps)`."""
    verb = "is violated" if result.verdict is Verdict.VIOLATED else "is reached"
    size = plural(0 if result.trace is None else len(result.trace), "step")
    return f"{name}: {result.name} {verb} ({size})"


def _prose(words: Sequence[str], *, hanging: int = 0) -> list[str]:
    """Return a paragraph, one column to the right if it has a line that would be misread."""
    lines = fill(words, WIDTH, hanging=hanging)
    if any(_MISREAD.match(line) for line in lines):
        lines = [f" {line}" for line in fill(words, WIDTH - 1, hanging=hanging)]
    return lines


def _sentence(text: str) -> list[str]:
    return _prose(sentence(text).split(" ")) if text else []


def _chart(trace: Trace) -> list[str]:
    """Return the chart, narrower than it could be where a line grows by what guards it."""
    for width in range(WIDTH, NARROWEST - 1, -1):
        lines = chart(trace, width=width).removesuffix("\n").split("\n")
        if max(len(_guarded(line)) for line in lines) <= WIDTH:
            break
    return lines


def _guarded(line: str) -> str:
    r"""Return a line that nothing misreads; the blades of scissors are escaped, as `\x3e`.

    What git takes for scissors is a line more than a third of which is dashes, scissors and blanks
    between them, these being less than half of that (`is_scissors_line` in its mailinfo.c).
    """
    line = line.rstrip()
    blades = len(_SCISSORS.findall(line))
    if blades and len(line.strip()) < 6 * (line.count("-") + 2 * blades):
        line = _SCISSORS.sub(lambda blade: f"\\x{ord(blade[0]):02x}", line)
    return f" {line}" if _MISREAD.match(line) else line


def _again(report: Case, name: str) -> list[tuple[str, ...]]:
    """Return the command that finds the run again; words that belong together are in one tuple."""
    spec = f"./{report.spec}" if report.spec.startswith("-") else report.spec
    case = [("--case", report.case)] if report.case else []
    return [("utcheck", "run"), (spec,), *case, ("--property", name)]


def _facts(outcome: Outcome, version: str) -> list[str]:
    """Say with what and on what the run was found, and how much was explored."""
    texts = [f"{escape(name)} = {show(value)}" for name, value in outcome.parameters.items()]
    words = f"utcheck {sentence(version)} found it".split(" ")
    if texts:
        words += ["with", *(f"{text}," for text in texts[:-1]), texts[-1]]
    words[-1] += "."
    of = outcome.statistics
    size = f"{plural(of.states, 'state')}, {plural(of.transitions, 'transition')}"
    reason = f"{outcome.stop[0].upper()}{outcome.stop[1:]}"
    return _prose([*words, *f"{reason}: {size}.".split(" ")])


def _file(path: str, digest: str) -> list[str]:
    return [f"  {line}" for line in fill([escape(digest), escape(path)], WIDTH - 2, hanging=2)]


def _command(groups: Sequence[tuple[str, ...]]) -> list[str]:
    """Return a command as a shell reads it: a line that ends with a backslash goes on in the next.

    A word too long for a line is broken, and goes on at the left margin.
    """
    lines, line = [], "  "
    for group in groups:
        size = len(" ".join(map(_quoted, group)))
        if line.strip() and len(line) + size > _ROOM:
            lines.append(f"{line}\\")
            line = "      "
        for word in group:
            text = _quoted(word)
            if len(line) + len(text) > _ROOM:
                *pieces, text = _pieces(word)
                if line.strip():
                    lines.append(f"{line}\\")
                    line = "      "
                for piece in pieces:
                    lines.append(f"{line}{piece}\\")
                    line = ""
            line += f"{text} "
    return [*lines, line]


def _pieces(word: str) -> list[str]:
    """Return a word in pieces that fit behind the indentation, each quoted."""
    pieces = [""]
    for char in word:
        if len(_ansi(pieces[-1] + char)) > _ROOM - 6:
            pieces.append("")
        pieces[-1] += char
    return [_ansi(piece) for piece in pieces]


def _quoted(word: str) -> str:
    """Return a word as a shell reads it, in 7-bit ASCII."""
    plain = word.isascii() and word.isprintable() and not _SCISSORS.search(word)
    return shlex.quote(word) if plain else _ansi(word)


def _ansi(word: str) -> str:
    """Return a word with its unusual bytes in octal, which is known as ANSI-C quoting."""
    data = word.encode("utf-8", "surrogatepass").decode("latin-1")
    return "$'" + "".join(c if _USUAL.match(c) else f"\\{ord(c):03o}" for c in data) + "'"
