from __future__ import annotations

import io

from utcheck.cli.progress import ProgressLine
from utcheck.engines.search import Progress


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def shown(stream: io.StringIO, seconds: list[float]) -> str:
    clock = Clock()
    with ProgressLine("race", stream, 60, clock) as line:
        for after in seconds:
            clock.now = 100.0 + after
            line(Progress(1234, 5678, 9, 10, after))
    return stream.getvalue()


def test_nothing_is_said_in_the_first_second() -> None:
    assert shown(io.StringIO(), [0.1, 0.9]) == ""
    assert shown(Screen(), [0.1, 0.9]) == ""


def test_a_log_has_a_line_every_ten_seconds() -> None:
    assert shown(io.StringIO(), [0.5, 1.5, 3.0, 11.0, 11.6, 12.0, 30.0]).splitlines() == [
        f"race: 1,234 states, 5,678 transitions, depth 9, 10 to explore, {seconds} s"
        for seconds in (2, 12, 30)
    ]


def test_a_terminal_has_one_line_that_is_cleared_in_the_end() -> None:
    text = shown(Screen(), [1.5, 1.6, 2.0])
    line = "race: 1,234 states, 5,678 transitions, depth 9, 10 to explore, 2 s"[:59]
    assert text == f"\r\x1b[K{line}" * 2 + "\r\x1b[K"
