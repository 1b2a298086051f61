"""Where the numbers of `counts.toml` come from: closed forms, recurrences, and plain searches.

A plain search is written against the description of the protocol, with tuples and a dictionary; it
imports nothing of utcheck. It answers states, transitions, deadlocks and depth, counted as
everywhere: a step that changes nothing is a transition, an initial state is none.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple


class Numbers(NamedTuple):
    """What is counted; no model here may end, so that a state without a successor is a deadlock."""

    states: int
    transitions: int
    deadlocks: int
    depth: int


def search(initial: Hashable, successors: Callable[[Any], Iterable[Hashable]]) -> Numbers:
    """Count by breadth-first search."""
    depth = {initial: 0}
    queue, transitions, stuck = [initial], 0, 0
    for state in queue:
        following = list(successors(state))
        transitions += len(following)
        stuck += not following
        for target in following:
            if target not in depth:
                depth[target] = depth[state] + 1
                queue.append(target)
    return Numbers(len(depth), transitions, stuck, max(depth.values()))


def walkers(n: int, k: int) -> Numbers:
    """n processes stand anywhere independently; each has a step in all but one of its k places."""
    return Numbers(k**n, n * (k - 1) * k ** (n - 1), 0, n * (k - 1))


Matrix = list[list[int]]


def philosophers(n: int, fault: str = "all alike") -> Numbers:
    """Count with a transfer matrix.

    A philosopher holds nothing (0), the left fork (1) or both (2). A philosopher in 2 has the left
    fork of the next one, who is therefore in 0, and this is all that neighbours demand of each
    other. So with T[a][b] = 0 for a = 2, b > 0 and 1 otherwise, T having the characteristic
    polynomial x^3 - 2x^2 - x, the trace of T^n counts the arrangements round the table: 2, 6, 14,
    34, 82, ..., each twice the last plus the one before it (the Pell-Lucas numbers). All of them
    are reached: first the left forks are taken, then the right ones.

    A transition is a philosopher (one of n) and an arrangement in which that one, in b between a
    and c, can move: from 0 unless a = 2, from 1 if c = 0, from 2 always.

    Deadlock is where everyone is in 1. A step raises the sum of all numbers by at most one, and
    the way described raises it by one with each step, so the depth is the greatest sum: n, because
    a 2 is followed by a 0.
    """
    assert fault == "all alike"
    rows = range(3)
    fits: Matrix = [[int(a < 2 or b == 0) for b in rows] for a in rows]
    rest = power(fits, n - 2)
    moving = sum(
        fits[a][b] * fits[b][c] * rest[c][a]
        for a in rows for b in rows for c in rows
        if (b == 0 and a != 2) or (b == 1 and c == 0) or b == 2
    )  # fmt: skip
    whole = power(fits, n)
    return Numbers(sum(whole[a][a] for a in rows), n * moving, 1, n)


def power(matrix: Matrix, exponent: int) -> Matrix:
    """Return a power of a square matrix."""
    size = range(len(matrix))
    result = [[int(a == b) for b in size] for a in size]
    for _ in range(exponent):
        result = [[sum(row[c] * matrix[c][b] for c in size) for b in size] for row in result]
    return result


def philosophers_searched(n: int, fault: str) -> Numbers:
    """Count by search; `fault` is "all alike", or "none" where the first one is left-handed."""

    def successors(state: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
        holds = {fork for i, have in enumerate(state) for fork in order(i)[:have]}
        for i, have in enumerate(state):
            if have == 2:
                yield (*state[:i], 0, *state[i + 1 :])
            elif order(i)[have] not in holds:
                yield (*state[:i], have + 1, *state[i + 1 :])

    def order(i: int) -> tuple[int, int]:
        left, right = i, (i + 1) % n
        return (right, left) if fault == "none" and i == 0 else (left, right)

    return search((0,) * n, successors)


def peterson(fault: str = "none") -> Numbers:
    """Count by search: two program counters, two flags and the turn."""

    def successors(state: tuple[Any, ...]) -> Iterable[tuple[Any, ...]]:
        counters, flags, turn = state
        for i in (0, 1):
            new_flags, new_turn = list(flags), turn
            match counters[i], fault:
                case (0, "none" | "no turn") | (1, "turn first"):
                    new_flags[i] = True
                case (1, "none" | "no turn") | (0, "turn first"):
                    new_turn = 1 - i
                case 2, _:
                    mine = fault != "no turn" and turn == i
                    if flags[1 - i] and not mine:
                        continue
                case 3, _:
                    new_flags[i] = False
            new_counters = list(counters)
            new_counters[i] = (counters[i] + 1) % 4
            yield tuple(new_counters), tuple(new_flags), new_turn

    return search(((0, 0), (False, False), 0), successors)


def buffer(items: int, capacity: int) -> Numbers:
    """Count pairs (s, r) of items sent and received, with 0 <= s - r <= capacity and s <= items.

    For s < capacity there are s + 1 values of r, for the others capacity + 1: together
    (items + 1)(capacity + 1) - capacity (capacity + 1) / 2. A send starts where s < items and
    s - r < capacity, which is the same count with both parameters one less; a receive undoes
    the difference that a send makes, so there are as many. All items are sent and received in
    2 items steps, and no other pair is further away.
    """
    assert capacity <= items

    def pairs(n: int, c: int) -> int:
        return (n + 1) * (c + 1) - c * (c + 1) // 2

    return Numbers(pairs(items, capacity), 2 * pairs(items - 1, capacity - 1), 0, 2 * items)


def two_phase(n: int) -> Numbers:
    """Count by search over the actions of Lamport's TwoPhase; it has no terminal state."""

    def successors(state: tuple[Any, ...]) -> Iterable[tuple[Any, ...]]:
        rm, tm, prepared, messages = state
        everyone = frozenset(range(n))
        if tm == "init":
            for i in everyone & messages:  # TMRcvPrepared
                yield rm, tm, prepared | {i}, messages
            if prepared == everyone:  # TMCommit
                yield rm, "committed", prepared, messages | {"commit"}
            yield rm, "aborted", prepared, messages | {"abort"}  # TMAbort
        for i in everyone:
            if rm[i] == "working":
                yield put(rm, i, "prepared"), tm, prepared, messages | {i}  # RMPrepare
                yield put(rm, i, "aborted"), tm, prepared, messages  # RMChooseToAbort
            if "commit" in messages:
                yield put(rm, i, "committed"), tm, prepared, messages  # RMRcvCommitMsg
            if "abort" in messages:
                yield put(rm, i, "aborted"), tm, prepared, messages  # RMRcvAbortMsg

    return search((("working",) * n, "init", frozenset(), frozenset()), successors)


def put(values: tuple[Any, ...], index: int, value: Any) -> tuple[Any, ...]:
    """Return a tuple with one element replaced."""
    return (*values[:index], value, *values[index + 1 :])


def linear_equation() -> Numbers:
    """Two bytes, each counting round: 256^2 states with two steps each, the furthest 255 + 255."""
    return Numbers(256**2, 2 * 256**2, 0, 2 * 255)


def alternating_bit() -> Numbers:
    """Count by search; the sender stands before a new message (None) or has one under way."""

    def successors(state: tuple[Any, ...]) -> Iterable[tuple[Any, ...]]:
        waiting, bit, message, delivered, data, ack, expected = state
        if not waiting:
            for new in (0, 1):
                yield True, bit, new, False, data, ack, expected
        else:
            if data is None:
                yield waiting, bit, message, delivered, (bit, message), ack, expected
            if ack is not None:
                done = ack == bit
                yield not done, bit ^ done, message, delivered, data, None, expected
        if data is not None and ack is None:
            fresh = data[0] == expected
            received = (None, data[0], expected ^ fresh)
            yield waiting, bit, message, delivered or fresh, *received
        if data is not None:
            yield waiting, bit, message, delivered, None, ack, expected
        if ack is not None:
            yield waiting, bit, message, delivered, data, None, expected

    return search((False, 0, 0, True, None, None, 0), successors)


DERIVATIONS: dict[str, Callable[..., Numbers]] = {
    function.__name__: function
    for function in (
        walkers, philosophers, philosophers_searched, peterson, buffer, two_phase, linear_equation,
        alternating_bit,
    )
}  # fmt: skip
