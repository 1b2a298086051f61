"""The models of the benchmarks by hand: what one would write for a quick search in plain Python.

A state is a tuple, a function yields its successors, and a dictionary has the states that were seen
with the state that each was first reached from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

State = tuple[Any, ...]
Successors = Callable[[State], Iterable[State]]
ByHand = tuple[State, Successors]


def search(model: ByHand) -> tuple[int, int]:
    """Return the numbers of states and of transitions, breadth first."""
    initial, successors = model
    parents: dict[State, State | None] = {initial: None}
    queue = deque([initial])
    transitions = 0
    while queue:
        state = queue.popleft()
        for successor in successors(state):
            transitions += 1
            if successor not in parents:
                parents[successor] = state
                queue.append(successor)
    return len(parents), transitions


def still(n: int) -> ByHand:
    """Return the model that has one state."""
    return (0,) * n, lambda state: ()


def philosophers(n: int) -> ByHand:
    """Return the philosophers; a state has the location of each, then whether a fork is taken."""

    def successors(state: State) -> Iterator[State]:
        for i in range(n):
            location, left, right = state[i], n + i, n + (i + 1) % n
            if location == 0 and not state[left]:
                yield changed(state, i, 1, left, 1)
            elif location == 1 and not state[right]:
                yield changed(state, i, 2, right, 1)
            elif location == 2:
                yield changed(state, i, 3, left, 0)
            elif location == 3:
                yield changed(state, i, 0, right, 0)

    return (0,) * (2 * n), successors


def changed(state: State, i: int, x: object, j: int | None = None, y: object = None) -> State:
    """Return a state with one item replaced, or two."""
    result = list(state)
    result[i] = x
    if j is not None:
        result[j] = y
    return tuple(result)


def filter_lock(n: int) -> ByHand:
    """Return the filter lock; a process is (what it does next, k, j), then come level and last."""

    def go_on(i: int, k: int, j: int) -> tuple[int, int, int]:
        j += j == i
        if j < n:
            return (2, k, j)
        return (0, k + 1, 0) if k + 1 < n else (3, 0, 0)

    def successors(state: State) -> Iterator[State]:
        for i in range(n):
            what, k, j = state[i]
            if what == 0:
                yield changed(state, i, (1, k, 0), n + i, k)
            elif what == 1:
                yield changed(state, i, go_on(i, k, 0), 2 * n + k, i)
            elif what == 2 and (state[n + j] < k or state[2 * n + k] != i):
                yield changed(state, i, go_on(i, k, j + 1))
            elif what == 3:
                yield changed(state, i, (0, 1, 0), n + i, 0)

    return ((0, 1, 0),) * n + (0,) * (2 * n), successors


def szymanski(n: int) -> ByHand:
    """Return Szymanski's algorithm; a process is (what it does next, j), then come the flags."""

    def successors(state: State) -> Iterator[State]:
        for i in range(n):
            part = goes_out if state[i][0] in LEAVING else goes_in
            yield from part(state, i, n)

    return (("outside", 0),) * n + (0,) * n, successors


LEAVING = {"close", "before", "critical", "behind", "leave"}


def others(i: int, j: int, n: int, what: str, after: str) -> tuple[str, int]:
    """Return where process i goes on, which looks at the others from j on."""
    j += j == i
    return (what, j) if j < n else (after, 0)


def goes_in(state: State, i: int, n: int) -> Iterator[State]:
    """Yield what process i makes of a state before it closes the door."""
    what, j = state[i]
    flag = state[n + j]
    if what == "outside":
        yield changed(state, i, others(i, 0, n, "door", ""), n + i, 1)
    elif what == "door" and flag < 3:
        yield changed(state, i, others(i, j + 1, n, "door", "doorway"))
    elif what == "doorway":
        yield changed(state, i, others(i, 0, n, "look", ""), n + i, 3)
    elif what == "look":
        yield changed(state, i, ("let in", 0) if flag == 1 else others(i, j + 1, n, what, "close"))
    elif what == "let in":
        yield changed(state, i, ("inside", 0), n + i, 2)
    elif what == "inside":
        yield changed(state, i, ("close", 0) if flag == 4 else (what, (j + 1) % n))


def goes_out(state: State, i: int, n: int) -> Iterator[State]:
    """Yield what process i makes of a state from where it closes the door."""
    what, j = state[i]
    flag = state[n + j]
    if what == "close":
        yield changed(state, i, ("before", 0) if i else ("critical", 0), n + i, 4)
    elif what == "before" and flag < 2:
        yield changed(state, i, (what, j + 1) if j + 1 < i else ("critical", 0))
    elif what == "critical":
        yield changed(state, i, ("behind", i + 1) if i + 1 < n else ("leave", 0))
    elif what == "behind" and flag in (0, 1, 4):
        yield changed(state, i, (what, j + 1) if j + 1 < n else ("leave", 0))
    elif what == "leave":
        yield changed(state, i, ("outside", 0), n + i, 0)


def ring(n: int) -> ByHand:
    """Return the election; a process is what it does next or passes on; then links, and leader."""
    send, receive, ended = -1, 0, -2

    def successors(state: State) -> Iterator[State]:
        for i in range(n):
            what, own, link, right = state[i], n - i, n + i, n + (i + 1) % n
            if what == receive and state[link]:
                got = state[link]
                if got == own:
                    yield changed(changed(state, link, 0, 2 * n, own), i, ended)
                else:
                    yield changed(state, i, got if got > own else receive, link, 0)
            elif what == send and not state[right]:
                yield changed(state, i, receive, right, own)
            elif what > 0 and not state[right]:
                yield changed(state, i, receive, right, what)

    return (send,) * n + (0,) * (n + 1), successors


# ---------------------------------------------------------------------- utrace

# A state is (what p does next, the engine it is at, whether the action of the pass is STOP), then
# these, then (ENGINE_STOP, told, owes, whether the owner is about to say RESUME) for each engine.
REPORT, STOPPED, NOTIFY, EARLY, REPORTING, ENGINES = range(1, 7)


def utrace(n: int) -> ByHand:
    """Return models/utrace/base.py with its default parameters and n engines."""

    def successors(state: State) -> Iterator[State]:
        what = state[0][0]
        if what in CALLBACKS:
            yield in_a_callback(state)
        elif what.startswith("resume"):
            yield from resumes(state, n)
        else:
            yield from stops_and_goes(state)
        for i in range(n):
            stop, told, owes, resuming = state[ENGINES + i]
            if resuming:
                yield let_go(state, ENGINES + i, told)
            elif told:
                yield changed(state, ENGINES + i, (stop, False, owes, True))

    initial = ("test report", n - 1, False), False, False, False, False, None
    return initial + ((False, False, False, False),) * n, successors


CALLBACKS = {"test report", "take report", "engine", "flags", "tell", "test stop", "mark", "leave"}


def in_a_callback(state: State) -> State:
    """Return what p makes of a state in the report of an event."""
    what, i, stops = state[0]
    stop, told, owes, resuming = state[ENGINES + i]
    if what == "test report":
        return changed(state, 0, ("take report" if state[REPORT] else "engine", i, stops))
    if what == "take report":
        return changed(state, 0, ("engine", i, stops), REPORT, False)
    if what == "engine":
        return changed(state, 0, ("flags", i, stops), REPORTING, i)
    if what == "flags":
        return changed(state, 0, ("tell", i, stops or stop))
    if what == "tell":
        return changed(state, 0, ("test stop", i, stops), ENGINES + i, (stop, True, True, resuming))
    if what == "test stop":
        return changed(state, 0, ("leave" if stop else "mark", i, True))
    if what == "mark":
        return changed(state, 0, ("leave", i, stops), ENGINES + i, (True, told, owes, resuming))
    after = ("engine", i - 1, stops) if i else ("finish test", 0, False)
    return changed(state, 0, after, REPORTING, None)


def stops_and_goes(state: State) -> Iterator[State]:
    """Yield what p makes of a state after the report of the event."""
    what = state[0][0]
    if what == "finish test":
        yield changed(state, 0, ("stop" if state[REPORT] else "finish", 0, False))
    elif what == "finish":
        yield changed(changed(state, REPORT, True, NOTIFY, True), 0, ("stop", 0, False))
    elif what == "stop":
        yield changed(state, 0, ("stopped", 0, False), STOPPED, True)
    elif what == "stopped" and not state[STOPPED]:
        yield changed(state, 0, ("call", 0, False))
    elif what == "call":
        yield goes_on(state, "to user")
    elif what in ("to user", "to user again"):
        if state[NOTIFY]:
            yield changed(state, 0, ("resume test", 0, False), NOTIFY, False)
        else:
            yield goes_on(state, "ended")


def resumes(state: State, n: int) -> Iterator[State]:
    """Yield what p makes of a state in utrace_resume."""
    what, i, stops = state[0]
    if what == "resume test":
        yield changed(state, 0, ("resume report" if state[REPORT] else "resume at", 0, False))
    elif what == "resume report":
        yield changed(state, 0, ("resume at", 0, False), REPORT, False)
    elif what == "resume at":
        yield changed(state, 0, ("resume flags", i, stops), REPORTING, i)
    elif what == "resume flags":
        stops = stops or state[ENGINES + i][0]
        after = ("resume at", i + 1, stops) if i + 1 < n else ("resume end", 0, stops)
        yield changed(state, 0, after)
    elif what == "resume end":
        yield changed(state, 0, ("resume stop" if stops else "to user again", 0, False))
    elif what == "resume stop":
        yield changed(state, 0, ("resume stopped", 0, False), STOPPED, True)
    elif what == "resume stopped" and not state[STOPPED]:
        yield changed(state, 0, ("to user again", 0, False))


def goes_on(state: State, what: str) -> State:
    """Return a state in which p has passed a stop, and whether that was too early."""
    owed = any(engine[2] for engine in state[ENGINES:])
    return changed(state, 0, (what, 0, False), EARLY, state[EARLY] or owed)


def let_go(state: State, place: int, told: bool) -> State:
    """Return a state after the RESUME of the owner of the engine at this place."""
    after = changed(state, place, (False, told, False, False))
    if state[STOPPED]:
        return changed(after, STOPPED, any(engine[0] for engine in after[ENGINES:]))
    return after
