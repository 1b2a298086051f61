"""What is shown while a search runs: one line on the terminal, or a line now and then in a log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TextIO

FIRST = 1.0  # seconds of a search without a word
EVERY = 10.0  # seconds between two lines of a log
REWRITE = 0.2  # seconds between two versions of the line on a terminal


class ProgressLine:
    """Says how far the search of one case has come; as a context, it clears its line in the end."""

    def __init__(
        self,
        name: str,
        stream: TextIO,
        width: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        terminal: bool | None = None,
    ) -> None:
        """Say it on `stream`, in at most `width` columns if that is a terminal.

        `terminal` says whether it is to be used as one; None asks the stream.
        """
        self._name = name
        self._stream = stream
        self._width = width
        self._clock = clock
        self._terminal = stream.isatty() if terminal is None else terminal
        self._due = clock() + FIRST
        self._shown = False

    def __call__(self, progress: Any) -> None:
        """Show how far it has come, if it is time."""
        now = self._clock()
        if now < self._due:
            return
        text = (
            f"{self._name}: {progress.states:,} states, {progress.transitions:,} transitions, "
            f"depth {progress.depth:,}, {progress.frontier:,} to explore, {progress.seconds:,.0f} s"
        )
        if self._terminal:
            self._due = now + REWRITE
            self._stream.write(f"\r\x1b[K{text[: self._width - 1]}")
        else:
            self._due = now + EVERY
            self._stream.write(f"{text}\n")
        self._stream.flush()
        self._shown = True

    def __enter__(self) -> ProgressLine:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Clear the line on a terminal."""
        if self._shown and self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
