"""What properties of runs cost on top of exploring, on dials that turn for ever."""

from __future__ import annotations

import time

from tests.bench.models import Dials
from tests.bench.table import markdown
from utcheck.check import check
from utcheck.outcome import Statistics

# What is asked of the dials; in brackets, in how many of 16 states it is being waited for.
TEMPORAL: list[tuple[str, dict[str, object]]] = [
    ("`leads_to`, few wait (1)", {"leads_to": ["dial[0] == 3", "dial[0] == 4"]}),
    ("`leads_to`, most wait (15)", {"leads_to": ["dial[0] == 3", "dial[0] == 2"]}),
    ("`leads_to`, violated", {"leads_to": ["dial[0] == 3", "dial[0] == 4 and dial[1] == 1"]}),
    ("`ltl: GF p`", {"ltl": "GF {dial[0] == 1}"}),
    ("`possible_always`", {"possible_always": "dial[0] == 1"}),
    ("`step`", {"step": "old.dial[0] <= dial[0] or dial[0] == 0"}),
]
COLUMNS = ("property", "CPU s", "of that the property, as a multiple of exploring")


def liveness(dials: int, repeats: int) -> str:
    """Return a table of how long properties of runs take, beside the exploration alone."""
    statistics, alone = timed(dials, {}, repeats)
    rows = [("none", f"{alone:.1f}", "")]
    for name, claim in TEMPORAL:
        _, seconds = timed(dials, {"claim": claim}, repeats)
        rows.append((name, f"{seconds:.1f}", f"{(seconds - alone) / alone:.1f}"))
    size = f"{statistics.states:,} states, {statistics.transitions:,} transitions"
    return f"{dials} dials of 16 positions: {size}.\n\n{markdown(COLUMNS, rows, 1)}"


def timed(dials: int, properties: dict[str, object], repeats: int) -> tuple[Statistics, float]:
    """Check the dials, and return the size of the search and the CPU seconds, the best of some."""
    best = float("inf")
    for _ in range(repeats):
        begin = time.process_time()
        statistics = check(Dials(n=dials), properties).statistics
        best = min(best, time.process_time() - begin)
    return statistics, best
