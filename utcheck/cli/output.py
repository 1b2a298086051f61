"""Writing what came out: as text, as JSON, or as a table on a terminal."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from utcheck.cli.checking import Done
from utcheck.cli.status import installed_version, mute
from utcheck.errors import Finding, UsageError
from utcheck.outcome import Trace
from utcheck.render.chart import NARROWEST, chart
from utcheck.report.json import to_json
from utcheck.report.text import WIDTH, report_text

WIDEST = 120  # lines that are longer are hard to read


@dataclass(frozen=True, slots=True)
class Style:
    """Where the result goes and how it looks.

    `output` is a file, or None for standard output. `table` asks for what a terminal can show,
    `colour` and `unicode` for what this one can.
    """

    output: Path | None
    json: bool
    table: bool
    colour: bool
    unicode: bool
    width: int

    @classmethod
    def of(cls, color: str, width: int | None, output: str | None, as_json: bool) -> Style:
        """Return the style that the options ask for.

        Raises:
            UsageError: if the output cannot be written.
        """
        path = None if output in (None, "-") else Path(str(output))
        if path is not None:
            check_writable(path)
        terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and path is None
        table = (terminal or color == "always") and not as_json
        colour = color == "always" or (color == "auto" and not os.environ.get("NO_COLOR"))
        encoding = (sys.stdout.encoding or "").lower().replace("-", "")
        columns = shutil.get_terminal_size().columns if terminal else WIDTH
        best = min(max(columns, NARROWEST), WIDEST)
        return cls(path, as_json, table, colour, table and encoding == "utf8", width or best)


def check_writable(path: Path) -> None:
    """Raise a UsageError where a file of this name cannot be, before anything is checked."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(f"cannot write to '{path}': no such directory, or it is one")


def write(done: Done, style: Style, *, timing: bool) -> None:
    """Write the reports.

    Raises:
        UsageError: if the file cannot be written.
    """
    if style.json:
        text = as_json(done, timing=timing)
    elif not done.reports:
        return
    elif style.table:
        from utcheck.cli.terminal import terminal_text

        text = terminal_text(done.reports, style, timing=timing)
    else:
        text = report_text(done.reports, chart=chart_of(style), timing=timing)
    emit(text, style.output)


def emit(text: str, output: Path | None) -> None:
    """Write a text in UTF-8 to a file, or to standard output where that is None.

    Raises:
        UsageError: if it cannot be written.
    """
    if output is None:
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode())  # XML says that it is UTF-8, whatever is usual
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            mute(sys.stdout)
            raise UsageError(f"cannot write to standard output: {error.strerror}") from None
        return
    replace_file(output, text.encode())


def chart_of(style: Style) -> Callable[[Trace], str]:
    """Return the function that draws traces in this style."""
    return partial(chart, width=style.width, unicode=style.unicode)


def as_json(done: Done, *, timing: bool) -> str:
    """Return the reports and the errors as JSON."""
    data = to_json(done.reports, version=installed_version(), timing=timing)
    data["errors"] = [_error(finding) for finding in done.errors]
    return json.dumps(data, indent=2) + "\n"


def _error(finding: Finding) -> dict[str, Any]:
    place = finding.place
    position = {"path": place.path, "line": place.line, "column": place.column}
    return {"place": position, "message": finding.message}


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that there is the old one or the new one at any time, and nothing else.

    Raises:
        UsageError: if it cannot be written.
    """
    try:
        _replace(path, data)
    except OSError as error:
        raise UsageError(f"cannot write to '{path}': {error.strerror}") from None


def _replace(path: Path, data: bytes) -> None:
    if path.exists() and not path.is_file():  # a device or a pipe
        path.write_bytes(data)
        return
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.touch()
        if target.exists():
            shutil.copymode(target, temporary)  # also: nobody reads it who could not read the old
        temporary.write_bytes(data)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
