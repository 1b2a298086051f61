from __future__ import annotations

import io
import re
from typing import Any

import pytest

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


LINE = "race: 1,234 states, {rate}/s, 10 to explore, depth 9, 3 MiB, {seconds} s"


def progress(states: int, seconds: float, **more: Any) -> Progress:
    return Progress(states, 5678, 9, 10, seconds, 3 * 2**20, **more)


def shown(stream: io.StringIO, steps: list[Progress], width: int = 100) -> str:
    clock = Clock()
    with ProgressLine("race", stream, width, clock) as line:
        for step in steps:
            clock.now = 100.0 + step.seconds
            line(step)
    return stream.getvalue()


def at(seconds: list[float]) -> list[Progress]:
    return [progress(1234, after) for after in seconds]


def test_nothing_is_said_in_the_first_second() -> None:
    assert shown(io.StringIO(), at([0.1, 0.9])) == ""
    assert shown(Screen(), at([0.1, 0.9])) == ""


def test_a_log_has_a_line_every_ten_seconds() -> None:
    text = shown(io.StringIO(), at([0.5, 1.6, 3.0, 11.0, 11.7, 12.0, 30.0]))
    # 1,234 states in 1.6 s, and none in the 10 s before each of the other lines.
    assert text.splitlines() == [
        LINE.format(rate=rate, seconds=seconds)
        for rate, seconds in (("771", 2), ("0", 12), ("0", 30))
    ]


def test_a_terminal_has_one_line_that_is_cleared_in_the_end() -> None:
    text = shown(Screen(), at([2.0, 2.1, 2.4]), width=60)
    lines = [LINE.format(rate=rate, seconds=2)[:59] for rate in (617, 514)]
    assert text == "".join(f"\r\x1b[K{line}" for line in lines) + "\r\x1b[K"


def rates(steps: list[Progress]) -> list[str]:
    return re.findall(r"([\d,]+)/s", shown(Screen(), steps))


def test_the_rate_is_that_of_the_last_ten_seconds() -> None:
    # 1,000 states per second for 20 s, then 100 per second.
    fast = [progress(1000 * n, n) for n in range(1, 21)]
    slow = [progress(20_000 + 100 * n, 20 + n) for n in range(1, 31)]
    found = rates([*fast, *slow])
    assert found[:20] == ["1,000"] * 20
    assert found[24] == "550"  # half of it then and half now
    assert found[30:] == ["100"] * 20


def test_the_rate_begins_anew_with_another_engine() -> None:
    assert rates([progress(9000, 9), progress(1, 10), progress(50_001, 20)]) == [
        "1,000",
        "5",
        "5,000",
    ]


@pytest.mark.parametrize(
    ("estimate", "said"),
    [(4_427_433, "4,400,000"), (999_999, "1,000,000"), (163, "160"), (7, "7")],
)
def test_a_guess_has_two_digits(estimate: int, said: str) -> None:
    text = shown(io.StringIO(), [progress(1, 2.0, estimate=estimate)])
    assert text.endswith(f", 2 s, perhaps {said} states in all\n")


def test_that_kernels_are_compiled_is_said_at_once_and_once() -> None:
    steps = [progress(0, after, compiling=True) for after in (0.1, 0.5, 3.0)]
    note = "race: compiling the native kernels, once"
    assert shown(io.StringIO(), steps) == f"{note}\n"
    assert shown(Screen(), steps) == f"\r\x1b[K{note}\r\x1b[K"
