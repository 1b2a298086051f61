"""One worker of a native search: the states that it owns, and the buffers of the kernels.

A worker knows nothing of the others. It expands states that it owns, and takes in states that it is
given; who owns what, and when, is the business of `search`.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Protocol

import numpy as np

from utcheck.engines.native import kernels
from utcheck.engines.native.kernels import Numbers, Words
from utcheck.engines.native.tables import Tables

NONE: Numbers = np.zeros(0, np.int64)
# So many missing branches are told of at once; there is room for at least one state's.
MISSES = 1 << 10
# So many successors, as a power of two, are remembered to see that others are the same.
RECENT_LOG = 15


class Stored(Protocol):
    """States in an array, each of so many words."""

    @property
    def states(self) -> Words:
        """The rows of the states, one after another."""

    @property
    def words(self) -> int:
        """The length of a row."""


class Worker:
    """Expands states of one store; `room` is the number of successors that fit into its buffer.

    `later` are states that led to a branch that nobody knew. After `expand`, there were so many
    `successors`, and `filled` of them are in `out`: those that did not come by just now.
    `deadlocks` and `failures` are the states where there was one.
    """

    def __init__(self, loops: SimpleNamespace, store: Stored, processes: int, room: int) -> None:
        """Make the buffers."""
        self.loops, self.store = loops, store
        self.room = room
        self.out: Words = np.zeros(room * store.words, np.uint64)
        self.filled = self.successors = 0
        self.later: Numbers = NONE
        self.position = self.end = 0
        self.expanded = 0
        self.deadlocks: Numbers = NONE
        self.failures: Numbers = NONE
        self._recent = _unseen(store.words)
        self.missing: Numbers = np.zeros(2 * (MISSES + 2 * processes), np.int64)
        self._marks: Numbers = np.zeros(room, np.int64)
        self._more_marks: Numbers = np.zeros(room, np.int64)
        self._tally: Numbers = np.zeros(5, np.int64)

    @property
    def busy(self) -> bool:
        """Whether some states of the level have not been expanded."""
        return self.position < self.end or len(self.later) > 0

    def expand(self, tables: Tables, most: int) -> list[tuple[int, int]]:
        """Expand at most so many states; return states and processes whose step is not known."""
        if len(self.later):
            return self._expand(tables, self.later, 0, min(len(self.later), most))
        return self._expand(tables, NONE, self.position, min(self.end, self.position + most))

    def _expand(self, tables: Tables, todo: Numbers, begin: int, end: int) -> list[tuple[int, int]]:
        tally = self._tally
        self._call(tables, self.store.states, todo, begin, end, NONE, NONE)
        while tally[0] == begin and not tally[1] and not tally[2]:  # one state fills the buffer
            self._make_room(2 * self.room)
            self._call(tables, self.store.states, todo, begin, end, NONE, NONE)
        reached, self.filled, misses, idles, fails = tally.tolist()
        self.successors = self.filled
        self.filled = self.loops.sift(
            self.out, self.filled, self.store.words, self._recent, RECENT_LOG
        )
        pairs = self.missing[: 2 * misses].reshape(-1, 2)
        again = np.array(list(dict.fromkeys(pairs[:, 0].tolist())), np.int64)
        self.expanded = reached - begin - len(again)
        if len(todo):
            self.later = np.concatenate((todo[reached:], again))
        else:
            self.position, self.later = reached, again
        self.deadlocks = self._marks[:idles].copy()
        self.failures = self._more_marks[:fails].copy()
        return [(state, process) for state, process in pairs.tolist()]

    def _make_room(self, room: int) -> None:
        self.room = room
        self.out = np.zeros(room * self.store.words, np.uint64)
        self._marks, self._more_marks = np.zeros(room, np.int64), np.zeros(room, np.int64)

    def fit(self) -> None:
        """Make the buffer fit the words of the store, which was laid out anew."""
        self._make_room(self.room)
        self._recent = _unseen(self.store.words)

    def _call(
        self, tables: Tables, states: Words, todo: Numbers, begin: int, end: int,
        source: Numbers, mover: Numbers,
    ) -> None:  # fmt: skip
        self.loops.expand(
            tables.code, tables.wide_keys, tables.wide_values, tables.clear, tables.sets,
            tables.roots, tables.daemons, tables.stack, tables.words, states, todo, begin, end,
            self.out, source, mover, self.missing, self._marks, self._more_marks, self._tally,
        )  # fmt: skip

    def edges(self, tables: Tables, begin: int, end: int, source: Numbers, mover: Numbers) -> int:
        """Expand states whose steps are all known, with the source and the process of each step.

        Return where it stopped; `filled` successors are in `out`, and the states with a failing
        assertion in `failures`. Where one state has more than `room` successors there is more
        `room` afterwards, for which the caller makes `source` and `mover` larger as well.
        """
        self._call(tables, self.store.states, NONE, begin, end, source, mover)
        reached, self.filled, _, _, fails = self._tally.tolist()
        if reached == begin:
            self._make_room(2 * self.room)
        self.failures = self._more_marks[:fails].copy()
        return int(reached)

    def ask(
        self, tables: Tables, root: int, wanted: bool, todo: Numbers, begin: int
    ) -> tuple[Numbers, Numbers]:
        """Return in which states a predicate has this truth, and in which that is not known.

        It is asked about the states of `todo`, or else those that were expanded since `begin`.
        """
        return ask(self.loops, tables, root, wanted, self.store, todo, begin, self.position)


def ask(
    loops: SimpleNamespace, tables: Tables, root: int, wanted: bool, store: Stored, todo: Numbers,
    begin: int, end: int,
) -> tuple[Numbers, Numbers]:  # fmt: skip
    """Return in which states a predicate has this truth, and in which that is not known.

    It is asked about the states of `todo` or, if that is empty, those from `begin` to `end`. Where
    it is about steps, a state is the new one and the old one side by side.
    """
    if len(todo):
        begin, end = 0, len(todo)
    tally: Numbers = np.zeros(2, np.int64)
    hits, missing = np.zeros(end - begin, np.int64), np.zeros(end - begin, np.int64)
    loops.evaluate(
        tables.code, tables.wide_keys, tables.wide_values, root, kernels.LEAVES - wanted,
        store.words, store.states, todo, begin, end, hits, missing, tally,
    )  # fmt: skip
    found, unknown = tally.tolist()
    return hits[:found], missing[:unknown]


def _unseen(words: int) -> Words:
    """Return rows that no state is equal to that comes to them; see `sets.sift`."""
    rows: Words = np.zeros(words << RECENT_LOG, np.uint64)
    rows[0] = 1
    return rows
