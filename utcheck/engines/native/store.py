"""The states of a search in the order in which they were found, and the set that knows them.

States of one word are in a *compact* set, whose entries are parts of them; wider ones are in an
*indexed* set, whose entries say where they are. When a set is full it is thrown away and a larger
one filled from the states, so that there are never two at once.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from utcheck.engines.native import sets
from utcheck.engines.native.kernels import Numbers, Words
from utcheck.engines.native.memory import reserved

# A set that is fuller than this grows.
MOST_FULL = 0.6
# A set begins with 2 to this many entries,
LEAST_LOG = 12
# and scrambled states have so many bits more than its logarithm: fewer would not spread.
SPARE_BITS = 3
# So many states can be reserved for, whatever the memory: 2**40 are more than fit anywhere.
MOST_STATES = 1 << 36


class Store:
    """States, each `words` words of `bits` bits altogether, without repetitions.

    `states` is a flat array with `count` states in it; `kernels` is the module of the loops.
    """

    def __init__(self, loops: SimpleNamespace, words: int, bits: int, log: int = LEAST_LOG) -> None:
        """Be empty, with room for 2**`log` states in the set before it has to grow."""
        self._loops = loops
        self.words, self.bits = words, bits
        self.count = 0
        self.states: Words = reserved(MOST_STATES, np.uint64)
        self._tally: Numbers = np.zeros(3, np.int64)
        self._log = log
        self._table: Any = None
        self._make_table(log)

    @property
    def table_bytes(self) -> int:
        """The size of the set in bytes."""
        return int(self._table.nbytes)

    def growth(self) -> int:
        """Return how many bytes more there are in use once the set has grown."""
        return self._entry_bytes(self._log + 1) << self._log + 1

    def full_at(self) -> int:
        """Return the number of states at which the set has to grow."""
        return int(MOST_FULL * (1 << self._log))

    def _entry_bytes(self, log: int) -> int:
        needed = self._scrambled(log) - log + sets.AWAY_BITS
        return 4 if self.words == 1 and needed <= 32 else 8

    def _scrambled(self, log: int) -> int:
        """Return the number of bits of a scrambled state; a set has fewer entries than 2**that."""
        return min(64, max(self.bits, log + SPARE_BITS))

    def _make_table(self, log: int) -> None:
        kind = np.uint32 if self._entry_bytes(log) == 4 else np.uint64
        self._table = None  # first of all, so that there is only one of them
        self._log = log
        self._table = reserved(1 << log, kind)

    def insert(self, keys: Words, count: int) -> int:
        """Add some states, and return how many were taken: all, or fewer if the set must grow."""
        tally = self._tally
        tally[0], tally[1] = self.count, 0
        limit = min(self.full_at(), len(self.states) // self.words)
        if self.words == 1:
            self._loops.insert_compact(
                keys, 0, count, self._table, self._log, self._scrambled(self._log), limit,
                self.states, tally,
            )  # fmt: skip
        else:
            self._loops.insert_indexed(
                keys, 0, count, self.words, self._table, self._log, limit, self.states, tally
            )
        self.count = int(tally[0])
        return int(tally[1])

    def grow(self, log: int | None = None) -> None:
        """Make the set larger: twice as large, or with 2**`log` entries.

        Raises:
            MemoryError: if there is no room for it, or for more states.
        """
        if self.count * self.words >= len(self.states):
            raise MemoryError
        log = self._log + 1 if log is None else log
        while True:
            self._make_table(log)
            if len(self._table) < 1 << log:
                raise MemoryError
            if self.words > 1:
                self._loops.rebuild_indexed(
                    self.states, self.count, self.words, self._table, self._log
                )
                return
            bits = self._scrambled(log)
            if self._loops.rebuild_compact(self.states, self.count, self._table, log, bits):
                return
            log += 1

    def repack(self, fields: Numbers, words: int, bits: int) -> None:
        """Lay the states out anew; see `sets.repack`.

        Raises:
            MemoryError: if there is no room for them.
        """
        if self.count * words >= len(self.states):
            raise MemoryError
        self._loops.repack(self.states, self.count, self.words, words, fields)
        self.words, self.bits = words, bits
        self.grow(self._log)

    def refill(self, words: int, bits: int, count: int, fill: Callable[[Words], None]) -> None:
        """Have so many other states, whose rows `fill` writes to where they belong.

        Raises:
            MemoryError: if there is no room for them.
        """
        if count * words >= len(self.states):
            raise MemoryError
        self.words, self.bits, self.count = words, bits, count
        fill(self.states[: count * words])
        log = self._log
        while MOST_FULL * (1 << log) < count:
            log += 1
        self.grow(log)
