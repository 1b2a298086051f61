"""The numbers that specs of this repository pin have a source that is not utcheck."""

from __future__ import annotations

from collections.abc import Iterator
from math import perm
from pathlib import Path

import pytest

from utcheck.spec.load import load

ROOT = Path(__file__).parents[2]

State = tuple[str, str, bool, bool, bool, int, int, int]


def pins(spec: str) -> dict[str, dict[str, int]]:
    """Return what each case of a spec pins."""
    return {case.name: {pin.name: pin.expected for pin in case.pins}
            for case in load(ROOT / "specs" / spec, ROOT) if case.pins}  # fmt: skip


def successors(state: State, stops: int) -> Iterator[State]:
    """Yield what models/early_resume.py says with fix="none", written by hand."""
    p, vm, stop, report, stopped, events, answered, passed = state
    match p:
        case "start":
            yield "tell", vm, stop, False, stopped, events, answered, passed
        case "tell":
            yield "test", vm, stop, report, stopped, events + 1, answered, passed
        case "test":
            yield "finish" if stop else "mark", vm, stop, report, stopped, events, answered, passed
        case "mark":
            yield "finish", vm, True, report, stopped, events, answered, passed
        case "finish":
            yield "stop", vm, stop, True, stopped, events, answered, passed
        case "stop":
            yield "stopped", vm, stop, report, True, events, answered, passed
        case "stopped" if not stopped:
            then = "start" if passed + 1 < stops else "done"
            yield then, vm, stop, report, stopped, events, answered, passed + 1
    if vm == "resume":
        yield p, "wait", False, report, False, events, answered + 1, passed
    elif events:
        yield p, "resume", stop, report, stopped, events - 1, answered, passed


def searched(stops: int) -> dict[str, int]:
    """Return how many states and transitions there are, and how far the nearest deadlock is."""
    first: State = ("start", "wait", False, False, False, 0, 0, 0)
    level, seen, transitions, depth, nearest = [first], {first}, 0, 0, 0
    while level:
        following: dict[State, None] = {}
        for state in level:
            after = list(successors(state, stops))
            transitions += len(after)
            if not after and state[0] != "done":
                nearest = nearest or depth
            following.update(dict.fromkeys(one for one in after if one not in seen))
        seen.update(following)
        level, depth = list(following), depth + 1
    return {"states": len(seen), "transitions": transitions, "length of deadlock": nearest}


@pytest.mark.parametrize(("case", "stops"), [("baseline", 1), ("baseline-2", 2)])
def test_the_early_resume(case: str, stops: int) -> None:
    assert pins("early_resume.yaml")[case] == searched(stops)


def test_the_spin_locks() -> None:
    """The closed forms are derived in the spec; a lasso of four steps is the least there can be.

    For the first processor to spin for ever it must begin to, which is a step, and the other must
    go round, which is three: begin to spin, lock, and unlock.
    """

    def ticket(n: int) -> dict[str, int]:
        queues = [(perm(n, k), n - k + 1) for k in range(1, n + 1)]
        return {
            "states": n * (1 + 2 * sum(orders for orders, _ in queues)),
            "transitions": n * (n + 2 * sum(orders * moves for orders, moves in queues)),
        }

    assert pins("spinlock.yaml") == {
        "test-and-set": {"states": 3**2 - 1, "transitions": 2 * 8 - 2, "length of gets-in": 4},
        "ticket": ticket(2),
        "ticket-3": ticket(3),
    }
