"""A limit on the time that a model's code may take at a stretch: what never ends is ended."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from utcheck.errors import ModelError, Place
from utcheck.model.run import Runtime, of_utcheck

SECONDS = 10
_CALL = Runtime.call.__code__


@contextmanager
def step_limit(seconds: int = SECONDS) -> Iterator[None]:
    """Raise a ModelError, which names the line, in code of a model that runs longer than this.

    Code is looked at once a second, between two instructions of Python: one that does not come back
    from a long call of C is not ended. Where there is no alarm clock nothing is limited.
    """
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    running: FrameType | None = None
    ticks = 0

    def tick(_: int, frame: FrameType | None) -> None:
        nonlocal running, ticks
        call = _call_of(frame)
        ticks = ticks + 1 if call is not None and call is running else 0
        running = call
        if ticks >= seconds:
            raise ModelError(
                f"this has been running for {ticks} s; a step, a condition and a property must end",
                place=_place(frame),
            )

    before = signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        running = None


def _call_of(frame: FrameType | None) -> FrameType | None:
    """Return the frame in which utcheck has called the model's code, if it has."""
    while frame is not None and frame.f_code is not _CALL:
        frame = frame.f_back
    return frame


def _place(frame: FrameType | None) -> Place | None:
    while frame is not None and of_utcheck(frame.f_globals):
        frame = frame.f_back
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)
