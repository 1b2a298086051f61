"""What is shown while a search runs: one line on the terminal, or a line now and then in a log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from utcheck.engines.search import Progress

FIRST = 1.0  # seconds of a search without a word
EVERY = 10.0  # seconds between two lines of a log
REWRITE = 0.2  # seconds between two versions of the line on a terminal
RECENT = 10.0  # seconds over which the rate is taken


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
        self._compiling = False
        self._samples = deque([(0.0, 0)])  # seconds, and the states there were

    def __call__(self, progress: Progress) -> None:
        """Show how far it has come, if it is time, and at once that it has to stand still."""
        now = self._clock()
        if progress.compiling:
            if not self._compiling:
                self._show(f"{self._name}: compiling the native kernels, once")
            self._compiling = True
            return
        if now < self._due:
            return
        self._compiling = False
        self._due = now + (REWRITE if self._terminal else EVERY)
        self._show(f"{self._name}: {self._words(progress)}")

    def _show(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text[: self._width - 1]}" if self._terminal else f"{text}\n")
        self._stream.flush()
        self._shown = True

    def say(self, text: str) -> None:
        """Say something that remains, on a line of its own."""
        clear = "\r\x1b[K" if self._terminal else ""
        self._stream.write(f"{clear}{self._name}: {text}\n")
        self._stream.flush()

    def _words(self, progress: Progress) -> str:
        facts = [
            f"{progress.states:,} states",
            f"{self._rate(progress):,.0f}/s",
            f"{progress.frontier:,} to explore",
            f"depth {progress.depth:,}",
            f"{progress.memory / 2**20:,.0f} MiB",
            f"{progress.seconds:,.0f} s",
        ]
        if progress.estimate is not None:
            facts.append(f"perhaps {_rounded(progress.estimate):,} states in all")
        return ", ".join(facts)

    def _rate(self, progress: Progress) -> float:
        """Return the states per second, of late."""
        samples = self._samples
        if progress.states < samples[-1][1]:  # another engine has begun anew
            samples.clear()
            samples.append((progress.seconds, 0))
        while len(samples) > 1 and samples[1][0] <= progress.seconds - RECENT:
            samples.popleft()
        seconds, states = samples[0]
        rate = (progress.states - states) / max(progress.seconds - seconds, REWRITE)
        samples.append((progress.seconds, progress.states))
        return rate

    def __enter__(self) -> ProgressLine:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Clear the line on a terminal."""
        if self._shown and self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _rounded(number: int) -> int:
    """Return a number with two digits and zeros: it is a guess."""
    unit: int = 10 ** max(0, len(str(number)) - 2)
    return round(number / unit) * unit
