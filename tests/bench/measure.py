"""One search in Python, in its own process: `python -m tests.bench.measure TOOL MODEL SIZE`.

It prints a line of JSON with `states`, `transitions`, `seconds` on the clock and `peak`, the
greatest resident memory in bytes, or None if other processes have worked for it; or with
`missing`, a sentence.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from tests.bench import by_hand
from tests.bench.catalogue import Benchmark, named
from utcheck.check import check
from utcheck.errors import UsageError
from utcheck.outcome import Verdict

# Nothing stops a search before all states are seen, as in the other tools.
PROPERTIES: dict[str, object] = {"deadlock": False}


def peak() -> int | None:
    """Return the greatest resident memory of this process so far, in bytes."""
    if resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss:
        return None
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def searched(benchmark: Benchmark, size: int) -> dict[str, object]:
    """Search with a dictionary."""
    begin = time.perf_counter()
    states, transitions = by_hand.search(benchmark.by_hand(size))
    seconds = time.perf_counter() - begin
    return {"states": states, "transitions": transitions, "seconds": seconds, "peak": peak()}


def checked(engine: str, workers: int, benchmark: Benchmark, size: int) -> dict[str, object]:
    """Search with an engine."""
    try:
        outcome = check(benchmark.model(size), PROPERTIES, engine=engine, workers=workers)
    except UsageError as error:
        return {"missing": str(error).removeprefix("error: ")}
    found = outcome.statistics
    if outcome.verdict is not Verdict.HOLDS:
        return {"missing": f"{outcome.verdict}: {outcome.stop.value}"}
    return {"states": found.states, "transitions": found.transitions, "seconds": found.seconds,
            "peak": peak()}  # fmt: skip


def main(tool: str, name: str, size: str) -> None:
    """Print what was measured; a tool is `by-hand`, or an engine and how many workers it has."""
    if tool == "by-hand":
        found = searched(named(name), int(size))
    else:
        engine, _, workers = tool.partition(":")
        found = checked(engine, int(workers or 1), named(name), int(size))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
