"""The exceptions that utcheck raises, each with the exit status that the command gives it.

Everything a user can cause is an `UtcheckError` whose text is complete: place, what is wrong and
what was meant. Anything else that escapes is a defect of utcheck (exit status 70).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a source file; `line` and `column` count from 1, and None means unknown."""

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Return `path:line:column`, as compilers print it, without the parts that are unknown."""
        return ":".join(
            str(part) for part in (self.path, self.line, self.column) if part is not None
        )


class UtcheckError(Exception):
    """Base class of all errors that utcheck reports."""

    exit_status = 70

    def __init__(self, message: str, *, place: Place | None = None) -> None:
        """Keep the sentence and, where it is known, the place it is about."""
        super().__init__(message)
        self.message = message
        self.place = place

    def __str__(self) -> str:
        """Return `place: error: message`."""
        return f"{self.place}: error: {self.message}" if self.place else f"error: {self.message}"


class UsageError(UtcheckError):
    """The command or a library call was used in a way it does not support."""

    exit_status = 2


class ModelError(UtcheckError):
    """A model breaks a rule of the model language.

    `trace` is the run that leads there (an `outcome.Trace`), where the error came up in a search.
    """

    exit_status = 2

    def __init__(self, message: str, *, place: Place | None = None) -> None:
        """Keep the sentence and the place in the user's source."""
        super().__init__(message, place=place)
        self.trace: Any = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in a spec."""

    place: Place
    message: str

    def __str__(self) -> str:
        """Return the line that is printed for the mistake."""
        return f"{self.place}: error: {self.message}"


class SpecError(UtcheckError):
    """A spec is wrong; `findings` has every mistake that was found, in the order of the file."""

    exit_status = 2

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Keep all findings; the first one gives the place."""
        super().__init__(findings[0].message, place=findings[0].place)
        self.findings = tuple(findings)

    def __str__(self) -> str:
        """Return one line per finding."""
        return "\n".join(str(finding) for finding in self.findings)


class InternalError(UtcheckError):
    """Utcheck contradicts itself: engines disagree, a replay failed, a capture did not add up."""

    exit_status = 70


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return `, did you mean 'x'?` for the known name nearest to `name`, or nothing."""
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f", did you mean '{near[0]}'?" if near else ""
