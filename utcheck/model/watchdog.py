"""A limit on the time that a model's code may take at a stretch: what never ends is ended."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from utcheck.errors import ModelError, Place
from utcheck.model.run import Ended, Runtime, of_utcheck

SECONDS = 10.0  # for the command, unless it or the spec says otherwise
_CALL = Runtime.call.__code__


@contextmanager
def step_limit(seconds: float | None) -> Iterator[None]:
    """Raise a ModelError, which names the line, in code of a model that runs longer than this.

    Code is looked at at least once a second, between two instructions of Python: one that does not
    come back from a long call of C is not ended. The alarm clock of the process (SIGALRM) is in use
    meanwhile; where there is none, and beside the main thread, nothing is limited.
    """
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not main or not hasattr(signal, "SIGALRM"):
        yield
        return
    watch = _Watch(seconds)
    before = signal.signal(signal.SIGALRM, watch.look)
    every = min(1.0, seconds / 4)
    signal.setitimer(signal.ITIMER_REAL, every, every)
    try:
        yield
    except Ended as ended:
        raise ModelError(watch.message, place=ended.place) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Watch:
    """Knows since when the code of a model has been running that is running now."""

    def __init__(self, seconds: float) -> None:
        self.message = (
            f"this has been running for {seconds:g} s; a step, a condition and a property must end"
        )
        self._seconds = seconds
        self._running: FrameType | None = None
        self._since = 0.0
        self._told = False

    def look(self, _: int, frame: FrameType | None) -> None:
        """Look at what is running; this is the handler of the alarm clock."""
        call, now = _call_of(frame), time.monotonic()
        if call is None or call is not self._running:
            self._running, self._since, self._told = call, now, False
        elif now - self._since >= self._seconds:
            place = _place(frame)
            if self._told:  # it has caught the ModelError, and gone on
                raise Ended(place)
            self._told = True
            raise ModelError(self.message, place=place)


def _call_of(frame: FrameType | None) -> FrameType | None:
    """Return the frame in which utcheck has called the model's code, if it has."""
    while frame is not None and frame.f_code is not _CALL:
        frame = frame.f_back
    return frame


def _place(frame: FrameType | None) -> Place | None:
    while frame is not None and of_utcheck(frame.f_globals):
        frame = frame.f_back
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)
