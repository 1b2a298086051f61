"""Exit statuses, and what is said when utcheck itself is wrong."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import click

from utcheck.errors import UtcheckError

AS_EXPECTED = 0
UNEXPECTED = 1
WRONG = 2
UNDECIDED = 3
INTERNAL = 70
INTERRUPTED = 130

_GRAVEST_FIRST = (INTERNAL, INTERRUPTED, WRONG, UNEXPECTED, UNDECIDED, AS_EXPECTED)


def gravest(statuses: Iterable[int]) -> int:
    """Return the exit status of a call in which all of these things happened."""
    return min(statuses, key=_GRAVEST_FIRST.index, default=AS_EXPECTED)


def installed_version() -> str:
    """Return the version of utcheck, or `unknown` where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("utcheck")
    except PackageNotFoundError:
        return "unknown"


def mute(stream: TextIO) -> None:
    """Let nothing more be written to a pipe that is closed, which is what `| head` does."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def report_internal(error: BaseException, where: str = "") -> int:
    """Say that utcheck is wrong, and return the exit status for it."""
    what = error.message if isinstance(error, UtcheckError) else _in_words(error)
    about = f" in {where}" if where else ""
    click.echo(
        f"utcheck: internal error{about}: {what}; please report it with the model, the spec and "
        f"the version, {installed_version()}",
        err=True,
    )
    if os.environ.get("UTCHECK_DEBUG") == "1":
        click.echo("".join(traceback.format_exception(error)), err=True)
    return INTERNAL


def _in_words(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}".removesuffix(": ") + place
