"""The tools that are measured: how each is built for a model and run, and what it says."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

# pan has so many gigabytes at most, and its table at first so many slots (a power of two); the
# depth of a search is not known before it has been made once.
GIGABYTES = 16
SLOTS = 24
DEPTH = 20_000_000

PAN = ["-O2", "-DNOREDUCE", "-DSAFETY"]
RUMUR = ["-std=c11", "-O3", "-march=native", *(["-mcx16"] * (platform.machine() == "x86_64"))]


class ToolError(Exception):
    """There is no measurement, and this is why."""


@dataclass(frozen=True)
class Found:
    """What one run of a tool has found out; memory in bytes, as far as it is known."""

    states: int
    transitions: int  # as the tool counts them
    seconds: float  # of the search, on the clock
    peak: int | None


Run = Callable[[], Found]


@dataclass(frozen=True)
class Tool:
    """A way to explore a model.

    Args:
        name: on the command line.
        title: in the table.
        start: returns what runs the tool on a model of this name and size, in this folder.
        extra: so many more transitions than steps are counted.
    """

    name: str
    title: str
    start: Callable[[str, int, Path, float], Run]
    extra: int = 0


def called(command: list[str], folder: Path, seconds: float | None = None) -> str:
    """Return what a command says.

    Raises:
        ToolError: if it is not there, fails, or takes longer.
    """
    if shutil.which(command[0], path=None) is None and not (folder / command[0]).exists():
        raise ToolError(f"{command[0]} is not installed")
    try:
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ToolError(f"not finished in {seconds:.0f} s") from None
    if done.returncode:
        raise ToolError(f"{command[0]} ends with status {done.returncode}; {last_of(done.stdout)}")
    return done.stdout


def last_of(said: str) -> str:
    """Return the last line of what a tool says, which may be much."""
    lines = said.strip().splitlines()
    return f"it says: {lines[-1]}" if lines else "it says nothing"


def number(pattern: str, said: str) -> str:
    """Return what a pattern finds.

    Raises:
        ToolError: if it finds nothing.
    """
    if (match := re.search(pattern, said, re.MULTILINE)) is None:
        raise ToolError(f"the tool does not say {pattern!r}; {last_of(said)}")
    return match[1]


# ---------------------------------------------------------------------- Spin


def spin(*more: str) -> Callable[[str, int, Path, float], Run]:
    """Return how to start a verifier of Spin, compiled with these flags too."""

    def start(name: str, size: int, folder: Path, seconds: float) -> Run:
        """Generate and compile it, and search once to find out how large the search is."""
        called(["spin", f"-DN={size}", "-a", str(HERE / "promela" / f"{name}.pml")], folder)
        memory = f"-DMEMLIM={GIGABYTES * 1024}"
        called(["gcc", *PAN, *more, "-w", memory, "-o", "pan", "pan.c", str(HERE / "memory.c")],
               folder)  # fmt: skip
        said = _pan(folder, DEPTH, SLOTS, seconds)
        depth = int(number(r"depth reached (\d+),", said)) + 10
        slots = max(10, _states(said).bit_length())
        return lambda: _pan_found(_pan(folder, depth, slots, seconds))

    return start


def _pan(folder: Path, depth: int, slots: int, seconds: float) -> str:
    """Return what it says: a state in which nothing can happen is no error (-E)."""
    said = called(["./pan", "-E", "-n", f"-m{depth}", f"-w{slots}"], folder, seconds)
    if "errors: 0\n" not in said or "error:" in said or "Search not completed" in said:
        raise ToolError(f"the search is not complete; {last_of(said)}")
    return said


def _states(said: str) -> int:
    return int(number(r"^ *(\d+) states, stored$", said))


def _pan_found(said: str) -> Found:
    return Found(
        _states(said),
        int(number(r"^ *(\d+) transitions \(= stored\+matched\)$", said)),
        float(number(r"^pan: elapsed time ([\d.e+]+) seconds$", said)),
        int(number(r"^VmHWM:\s+(\d+) kB$", said)) * 1024,
    )


# ---------------------------------------------------------------------- Rumur


def rumur(name: str, size: int, folder: Path, seconds: float) -> Run:
    """Generate and compile a verifier of Rumur, for one thread.

    It says only whole seconds; what is measured is the whole process.
    """
    text = (HERE / "murphi" / f"{name}.m").read_text(encoding="ascii")
    (folder / "model.m").write_text(text.replace("const N: 2;", f"const N: {size};"), "ascii")
    options = ["--threads", "1", "--deadlock-detection", "off"]
    called(["rumur", *options, "--output", "rumur.c", "model.m"], folder)
    called(["gcc", *RUMUR, "-w", "-o", "verifier", "rumur.c", str(HERE / "memory.c"), "-lpthread"],
           folder)  # fmt: skip

    def run() -> Found:
        begin = time.perf_counter()
        said = called(["./verifier"], folder, seconds)
        taken = time.perf_counter() - begin
        if "No error found." not in said:
            raise ToolError(f"the search is not complete; {last_of(said)}")
        states = int(number(r"^\s*(\d+) states, \d+ rules fired", said))
        fired = int(number(r" states, (\d+) rules fired", said))
        return Found(states, fired, taken, int(number(r"^VmHWM:\s+(\d+) kB$", said)) * 1024)

    return run


# ---------------------------------------------------------------------- Python


def python(tool: str) -> Callable[[str, int, Path, float], Run]:
    """Return how to start one of the searches of `measure.py`."""

    def start(name: str, size: int, folder: Path, seconds: float) -> Run:
        command = [sys.executable, "-m", "tests.bench.measure", tool, name, str(size)]

        def run() -> Found:
            answer = json.loads(called(command, ROOT, seconds).splitlines()[-1])
            if "missing" in answer:
                raise ToolError(answer["missing"])
            return Found(**answer)

        return run

    return start


TOOLS = (
    Tool("spin", "Spin", spin(), extra=1),
    Tool("collapse", "Spin, `-DCOLLAPSE`", spin("-DCOLLAPSE"), extra=1),
    Tool("rumur", "Rumur", rumur),
    Tool("by-hand", "dictionary by hand", python("by-hand")),
    Tool("trees", "utcheck `trees`", python("trees")),
    Tool("native", "utcheck `native`", python("native")),
    Tool("native:2", "utcheck `native`, 2 workers", python("native:2")),
)
