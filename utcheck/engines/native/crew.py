"""Who owns a state, and how it gets there.

A state belongs to the worker that a hash of some of its fields names (Stern and Dill, Parallelizing
the Murphi verifier, CAV 1997). So counts do not depend on the number of workers, and no worker has
to lock what another one uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from utcheck.engines.native.kernels import Numbers, Words
from utcheck.engines.native.store import Store
from utcheck.engines.native.worker import Worker
from utcheck.program.layout import WORD, Layout

# The owner of a state depends on so many of its fields, the widest of them.
OWNER_FIELDS = 8


class Routed(NamedTuple):
    """What a worker has found: those of owner n are in `rows` up to `ends[n]`."""

    rows: Words
    owner: Numbers
    ends: Numbers


class Crew:
    """Workers, each with its store, and what they hand to each other.

    `may_grow` says whether there is memory for a larger set; `layout` is that of the states.
    """

    def __init__(
        self,
        loops: SimpleNamespace,
        layout: Layout,
        processes: int,
        workers: int,
        room: int,
        may_grow: Callable[[int], bool],
    ) -> None:
        """Have no states; a worker's buffer has room for so many successors."""
        self._loops, self._may_grow = loops, may_grow
        self.stores = [Store(loops, layout.words, layout.width) for _ in range(workers)]
        self.workers = [Worker(loops, store, processes, room) for store in self.stores]
        self._widest = _widest(layout)
        self._layout = layout
        self._routed = [self._buffers(worker) for worker in self.workers]
        # Threads shall treat overflow as the caller does: kernels that are not compiled have it.
        heed = partial(np.seterr, **np.geterr())
        self._pool = ThreadPoolExecutor(workers, initializer=heed) if workers > 1 else None

    @property
    def count(self) -> int:
        """The number of states."""
        return sum(store.count for store in self.stores)

    def each(self, work: Callable[[int], Any], numbers: Iterable[int]) -> list[Any]:
        """Do some work for several workers at once."""
        if self._pool is None:
            return [work(number) for number in numbers]
        return list(self._pool.map(work, numbers))

    def release(self) -> None:
        """Give the memory of the states back."""
        for store in self.stores:
            store.states = store.states[:0]

    def close(self) -> None:
        """Send the threads home."""
        if self._pool is not None:
            self._pool.shutdown()

    def give(self, rows: Words, count: int) -> bool:
        """Add states as if a worker had found them; return False if there is no memory."""
        worker = self.workers[0]
        worker.room = max(worker.room, count)
        worker.fit()
        worker.out[: len(rows)] = rows
        worker.filled = count
        return self.exchange([0])

    def exchange(self, sources: Sequence[int]) -> bool:
        """Add what some workers have found; return False if there is no memory for it."""
        if len(self.workers) == 1:
            (worker,) = self.workers
            return self._add(self.stores[0], worker.out, worker.filled)
        self.each(self._route, sources)
        return all(self.each(lambda n: self._take(n, sources), range(len(self.workers))))

    def repack(self, layout: Layout) -> None:
        """Lay all states out anew; their owners remain."""
        old = self._layout
        fields = [
            (*_place(old, place), mask.bit_length(), *_place(layout, place))
            for place, mask in enumerate(old.masks)
        ]
        self._layout = layout
        for store, worker in zip(self.stores, self.workers, strict=True):
            store.repack(np.array(fields, np.int64).reshape(-1), layout.words, layout.width)
            worker.fit()
        self._routed = [self._buffers(worker) for worker in self.workers]

    def refill(
        self, layout: Layout, counts: Sequence[int], fill: Callable[[int, Words], None]
    ) -> None:
        """Have other states, so many for each worker; `fill` writes the rows of a worker's."""
        self._layout = layout
        for number, (store, worker) in enumerate(zip(self.stores, self.workers, strict=True)):
            store.refill(layout.words, layout.width, counts[number], partial(fill, number))
            worker.fit()
        self._routed = [self._buffers(worker) for worker in self.workers]

    def _owner_fields(self) -> Numbers:
        layout = self._layout
        rows = [(*_place(layout, v), layout.masks[v].bit_length()) for v in self._widest]
        return np.array(rows, np.int64).reshape(-1)

    def _buffers(self, worker: Worker) -> Routed:
        """Return room for the successors that a worker finds, by their owners."""
        owners = len(self.workers)
        room = worker.room if owners > 1 else 0
        return Routed(
            np.zeros(room * worker.store.words, np.uint64), np.zeros(room, np.int64),
            np.zeros(owners, np.int64),
        )  # fmt: skip

    def _route(self, number: int) -> None:
        """Sort what a worker found by owner."""
        worker = self.workers[number]
        if len(self._routed[number].owner) < worker.room:
            self._routed[number] = self._buffers(worker)
        routed = self._routed[number]
        self._loops.route(
            worker.out, worker.filled, worker.store.words, self._owner_fields(), routed.owner,
            routed.rows, routed.ends,
        )  # fmt: skip

    def _take(self, number: int, sources: Sequence[int]) -> bool:
        """Add what belongs to a worker, of what some have found."""
        store = self.stores[number]
        for source in sources:
            routed = self._routed[source]
            begin = int(routed.ends[number - 1]) if number else 0
            end = int(routed.ends[number])
            rows = routed.rows[begin * store.words : end * store.words]
            if not self._add(store, rows, end - begin):
                return False
        return True

    def _add(self, store: Store, rows: Words, count: int) -> bool:
        taken = store.insert(rows, count)
        while taken < count:
            if not self._may_grow(store.growth()):
                return False
            store.grow()
            taken += store.insert(rows[taken * store.words :], count - taken)
        return True


def _place(layout: Layout, place: int) -> tuple[int, int]:
    """Return the word and the shift of a field."""
    return divmod(layout.shifts[place], WORD)


def _widest(layout: Layout) -> list[int]:
    """Return the fields on which the owner of a state depends."""
    places = range(len(layout.masks))
    return sorted(places, key=lambda place: -layout.masks[place])[:OWNER_FIELDS]
