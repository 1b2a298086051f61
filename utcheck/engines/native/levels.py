"""The states of one depth, which stay in the arrays of their workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np

from utcheck.engines.native.store import Store
from utcheck.engines.native.tables import from_words, to_words
from utcheck.engines.native.worker import Stored

# So many states are converted at once.
CHUNK = 1 << 16


class Level(Sequence[int]):
    """The states from `begins[n]` to `ends[n]` of each store n, as numbers."""

    def __init__(self, stores: Sequence[Store], begins: list[int], ends: list[int]) -> None:
        """Look at a part of each store."""
        self.stores, self.begins, self.ends = stores, begins, ends
        self._size = sum(ends) - sum(begins)

    def __len__(self) -> int:
        """Return the number of states."""
        return self._size

    def __iter__(self) -> Iterator[int]:
        """Yield the states, store by store."""
        for store, begin, end in zip(self.stores, self.begins, self.ends, strict=True):
            for first in range(begin, end, CHUNK):
                yield from states_between(store, first, min(end, first + CHUNK))

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> list[int]: ...
    def __getitem__(self, place: int | slice) -> int | list[int]:
        """Return the state at a place, or those of a part without gaps."""
        part = place if isinstance(place, slice) else slice(place, place + 1 or None)
        first, last, _ = part.indices(self._size)
        found: list[int] = []
        for store, begin, end in zip(self.stores, self.begins, self.ends, strict=True):
            size = end - begin
            low, high = max(0, first), min(size, last)
            if low < high:
                found += states_between(store, begin + low, begin + high)
            first, last = first - size, last - size
        return found if isinstance(place, slice) else found[0]

    def __contains__(self, state: Any) -> bool:
        """Return whether a state is one of these."""
        for store, begin, end in zip(self.stores, self.begins, self.ends, strict=True):
            rows = store.states[begin * store.words : end * store.words]
            same = rows.reshape(-1, store.words) == to_words(state, store.words)
            if bool(np.any(np.all(same, axis=1))):
                return True
        return False


def states_between(store: Stored, begin: int, end: int) -> list[int]:
    """Return the states of a store from one place to another."""
    return from_words(store.states[begin * store.words : end * store.words], store.words)


def state_at(store: Stored, place: int) -> int:
    """Return one state of a store."""
    return states_between(store, place, place + 1)[0]
