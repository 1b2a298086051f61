"""How long compiling takes, as numba tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event


class Stopwatch(event.Listener):
    """Adds up the `seconds` in which something was compiled, and says when that begins."""

    def __init__(self, clock: Callable[[], float], begins: Callable[[], None]) -> None:
        """Measure with a clock; `begins` is called before each kernel."""
        self.seconds = 0.0
        self._clock, self._begins = clock, begins
        self._running = 0
        self._since = 0.0

    def on_start(self, _: Any) -> None:
        """Begin; a kernel that is compiled for another one is no other time."""
        if not self._running:
            self._since = self._clock()
            self._begins()
        self._running += 1

    def on_end(self, _: Any) -> None:
        """End."""
        self._running -= 1
        if not self._running:
            self.seconds += self._clock() - self._since


@contextmanager
def measured(clock: Callable[[], float], begins: Callable[[], None]) -> Iterator[Stopwatch]:
    """Measure what is compiled in this context, in whatever thread."""
    stopwatch = Stopwatch(clock, begins)
    with event.install_listener("numba:compile", stopwatch):
        yield stopwatch
