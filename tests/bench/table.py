"""The tables as Markdown, and the block of the README that they stand in."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


def markdown(columns: Sequence[str], rows: Iterable[Sequence[str]], left: int) -> str:
    """Return a table whose first columns are text, and the others numbers."""
    rule = ["---"] * left + ["---:"] * (len(columns) - left)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *rows))


def replaced(text: str, block: str) -> str:
    """Return a text with what is between the two markers replaced.

    Raises:
        ValueError: if each marker is not there once, in their order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or text.count(BEGIN) + text.count(END) != 2:
        raise ValueError(f"not one block from {BEGIN} to {END}")
    return f"{before}{BEGIN}\n{block.strip()}\n{END}{after}"


def surroundings() -> str:
    """Return a sentence: the machine, what is installed, and the day."""
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {_version(name)}" for name in ("numpy", "numba")]
    versions += [f"Spin {_said('spin', '-V', 2)}", f"gcc {_said('gcc', '-dumpfullversion', 0)}",
                 f"Rumur {_said('rumur', '--version', 2).removeprefix('v')}"]  # fmt: skip
    cores = Path("/proc/cpuinfo").read_text(encoding="utf-8").count("processor\t:")
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    return f"{_processor()}, {cores} cores, {platform.machine()}; {', '.join(versions)}; {day}."


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def _said(tool: str, option: str, word: int) -> str:
    """Return a word of what a tool says about its version."""
    try:
        done = subprocess.run([tool, option], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not installed"
    return done.stdout.split()[word]
