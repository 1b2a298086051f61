"""The benchmarks: every tool on the same models, one after the other, in one run.

`make bench` prints the tables of the README; `--write README.md` puts them there. All tools must
count the same states and the same transitions, otherwise there is no row. Each search is a process
of its own. The machines are shared: the ratios mean more than the numbers.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.catalogue import BENCHMARKS, STILL
from tests.bench.liveness import liveness
from tests.bench.table import markdown, replaced, surroundings
from tests.bench.tools import PAN, RUMUR, TOOLS, Found, Run, Tool, ToolError

COLUMNS = ("model", "tool", "states", "transitions", "s", "CPU s", "transitions/s",
           "bytes/state", "of Spin")  # fmt: skip
NOTES = f"""\
The best of {{repeats}} runs (fewer where they take more than {{budget:.0f}} s together). *s* is the
time of the search on the clock, as the tool says, but for Rumur, which says only whole seconds:
there it is that of the process. *CPU s* is that of the process, starting and learning included.
*bytes/state* is the greatest resident memory, less that of the same tool on a model of one state.
*of Spin* is the ratio of the transitions per second. Spin counts the initial state as a transition;
that apart, all counts of a model are equal. Deadlocks are no errors here. Spin:
`gcc {" ".join(PAN)}`, depth first, with the least `-m` and `-w` for which the search is
complete and its table does not grow. Rumur: one thread, `gcc {" ".join(RUMUR)}`."""


@dataclass(frozen=True)
class Measured:
    """The best run of a tool on a model, with the CPU seconds of its process."""

    found: Found
    cpu: float


@dataclass(frozen=True)
class Plan:
    """How often a search is made, no more after `budget` seconds, and how long one may take."""

    repeats: int
    budget: float
    limit: float


@dataclass
class Table:
    """The rows so far, and sentences: what is missing in them, and which counts are not equal."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def main() -> None:
    """Print the tables, and write them where that is asked for and all counts are equal."""
    given = arguments()
    plan = Plan(1 if given.quick else given.repeats, given.budget, given.limit)
    sizes = {name: benchmark.quick if given.quick else benchmark.size
             for name, benchmark in BENCHMARKS.items()
             if given.model is None or name in given.model}  # fmt: skip
    tools = [tool for tool in TOOLS if given.tool is None or tool.name in given.tool]
    found = table(sizes, tools, plan)
    parts = [surroundings(), markdown(COLUMNS, found.rows, 2),
             NOTES.format(repeats=plan.repeats, budget=plan.budget)]  # fmt: skip
    if notes := found.notes + found.refused:
        parts.append("\n".join(f"- {note}." for note in notes))
    if given.model is None and given.tool is None:
        parts.append(liveness(4 if given.quick else 5, plan.repeats))
    block = "\n\n".join(parts)
    print(block)
    if found.refused:
        sys.exit(1)
    if given.write is not None:
        text = given.write.read_text(encoding="utf-8")
        given.write.write_text(replaced(text, block), encoding="utf-8")


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small models, each searched once")
    parser.add_argument("--model", action="append", choices=list(BENCHMARKS))
    parser.add_argument("--tool", action="append", choices=[tool.name for tool in TOOLS])
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="the best of so many")
    parser.add_argument("--budget", type=float, default=60.0, metavar="SECONDS",
                        help="no more repeats after so long")  # fmt: skip
    parser.add_argument("--limit", type=float, default=900.0, metavar="SECONDS",
                        help="of one search")  # fmt: skip
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace its block")
    return parser.parse_args()


def table(sizes: dict[str, int], tools: Sequence[Tool], plan: Plan) -> Table:
    """Measure every tool on every model, each of which has rows only if all counts are equal."""
    found = Table()
    bases: dict[str, int | None] = {}
    for tool in tools:
        try:
            bases[tool.name] = measured(tool, STILL.name, STILL.size, plan).found.peak
        except ToolError as error:
            found.notes.append(f"{tool.title} is left out: {error}")
    present = [tool for tool in tools if tool.name in bases]
    for name, size in sizes.items():
        title = f"{BENCHMARKS[name].title} {size}"
        results: dict[str, Measured] = {}
        for tool in present:
            try:
                results[tool.name] = measured(tool, name, size, plan)
            except ToolError as error:
                found.notes.append(f"{title}, {tool.title}: {error}")
        if differ := differences(results):
            found.refused.append(f"{title} has no rows, the counts differ: {differ}")
            continue
        found.rows += [row(title, tool, results, bases) for tool in present if tool.name in results]
    return found


def measured(tool: Tool, name: str, size: int, plan: Plan) -> Measured:
    """Return the quickest of some runs.

    Raises:
        ToolError: if there is none.
    """
    with tempfile.TemporaryDirectory() as folder:
        run = tool.start(name, size, Path(folder), plan.limit)
        begin = time.perf_counter()
        best = once(run)
        for _ in range(plan.repeats - 1):
            if time.perf_counter() - begin < plan.budget:
                best = min(best, once(run), key=lambda result: result.found.seconds)
    print(f"{name} {size}: {tool.title}: {best.found.seconds:.2f} s", file=sys.stderr, flush=True)
    return best


def once(run: Run) -> Measured:
    """Return what one run finds, and the CPU seconds of its process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(found, cpu)


def differences(results: dict[str, Measured]) -> str:
    """Return what the tools count if it is not the same, or nothing."""
    extra = {tool.name: tool.extra for tool in TOOLS}
    counts = {
        name: (result.found.states, result.found.transitions - extra[name])
        for name, result in results.items()
    }
    if len(set(counts.values())) <= 1:
        return ""
    return "; ".join(f"{name} {states:,} and {steps:,}" for name, (states, steps) in counts.items())


def row(
    model: str, tool: Tool, results: dict[str, Measured], bases: dict[str, int | None]
) -> tuple[str, ...]:
    """Return a row of the table."""
    found, base = results[tool.name].found, bases[tool.name]
    memory = "-"
    if found.peak is not None and base is not None:
        memory = f"{(found.peak - base) / found.states:.0f}"
    ratio = f"{rate(found) / rate(results['spin'].found):.2f}" if "spin" in results else "-"
    return (
        model, tool.title, f"{found.states:,}", f"{found.transitions:,}", f"{found.seconds:.2f}",
        f"{results[tool.name].cpu:.2f}", f"{rate(found):,.0f}", memory, ratio,
    )  # fmt: skip


def rate(found: Found) -> float:
    """Return the transitions per second; what is quicker than the clock has taken a tick of it."""
    return found.transitions / max(found.seconds, 0.01)


if __name__ == "__main__":
    main()
