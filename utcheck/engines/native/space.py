"""The state graph of a native search, for what comes after it: witnesses, steps, liveness."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import product
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from utcheck.engines.native.kernels import Numbers, Words
from utcheck.engines.native.levels import Level, state_at
from utcheck.engines.native.tables import Effect, Tables, to_words
from utcheck.engines.native.worker import NONE, Stored, Worker, ask
from utcheck.engines.packed import PackedSpace
from utcheck.engines.search import SearchError
from utcheck.engines.space import Transition
from utcheck.errors import ModelError
from utcheck.program.learn import Program
from utcheck.properties.kinds import Predicate

# So many members of a set of states are told of at once.
CHUNK = 1 << 16
# To guess what may come before a state takes as long as to expand so many states;
GUESSING = 300
# and there may be too much to guess.
MOST_GUESSES = 1 << 18


class Piece(NamedTuple):
    """Some transitions: the place of the state that each begins in, who takes it, where it leads.

    `failed` are the places of the states with a failing assertion.
    """

    sources: Numbers
    movers: Numbers
    targets: Words
    failed: Numbers


class NativeSpace(PackedSpace):
    """A packed space whose levels are searched by kernels."""

    def __init__(self, program: Program, tables: Tables, loops: SimpleNamespace) -> None:
        """Have the states of the search that used these tables."""
        self.loops = loops
        super().__init__(program, tables.layout)
        self.flat = tables
        self._by_target: dict[tuple[int, int], list[Effect]] | None = None

    def adopt(self, tables: Tables) -> None:
        """Have the states of other tables; what was remembered of the old ones is forgotten."""
        self.__init__(self.program, tables, self.loops)  # type: ignore[misc]

    def where_true(self, predicate: Predicate, store: Stored) -> Numbers:
        """Return the places of the states in an array in which a predicate is true."""
        found, begin = [NONE], 0
        root, count = self.flat.predicate(predicate), len(store.states) // store.words
        while begin < count:
            end, todo = min(count, begin + CHUNK), NONE
            while True:
                hits, todo = ask(self.loops, self.flat, root, True, store, todo, begin, end)
                found.append(hits)
                if not len(todo):
                    break
                self._learn_answer(predicate, store, int(todo[0]))
            begin = end
        return np.concatenate(found)

    def _learn_answer(self, predicate: Predicate, store: Stored, place: int) -> None:
        state = state_at(store, place)
        try:
            self.flat.learn_answer(predicate, lambda v: self.layout.number(state, v))
        except ModelError as error:
            raise SearchError(error, state, None) from None

    def leading(self, states: Sequence[int], ahead: Collection[int]) -> dict[int, list[Transition]]:
        """Return the states with transitions to states in `ahead`; see `Space`."""
        if not isinstance(states, Level):
            return super().leading(states, ahead)
        few = GUESSING * len(ahead) <= len(states)
        guesses = self._guesses(ahead) if few else None
        if guesses is None:
            hits = self._by_expanding(states, ahead)
        else:
            hits = self._members(states, guesses)
        found = {s: [t for t in self.transitions(s) if t.target in ahead] for s in hits}
        return {state: leading for state, leading in found.items() if leading}

    def _guesses(self, ahead: Collection[int]) -> list[int] | None:
        """Return what may come before some states, and more; None if that is too much."""
        layout = self.layout
        found: dict[int, None] = {}
        for state in ahead:
            for process in range(len(self.instance.processes)):
                location = layout.number(state, ~process)
                for effect in self._effects().get((process, location), ()):
                    if state & effect.clear == effect.sets:
                        found.update(dict.fromkeys(self._before(state, effect)))
                if len(found) > MOST_GUESSES:
                    return None
        return list(found)

    def _effects(self) -> dict[tuple[int, int], list[Effect]]:
        """Return the effects by process and the location that they lead to."""
        if self._by_target is None:
            self._by_target = {}
            for effect in self.flat.effects:
                process = ~effect.fields[0]
                target = self.layout.number(effect.sets, ~process)
                self._by_target.setdefault((process, target), []).append(effect)
        return self._by_target

    def _before(self, state: int, effect: Effect) -> Iterator[int]:
        """Yield the states that an effect may have changed into a state."""
        layout, rest = self.layout, state & ~effect.clear
        sizes = [
            len(self.program.locations[~v].all) if v < 0 else len(self.instance.domains[v].values)
            for v in effect.fields
        ]
        shifts = [layout.shifts[v] for v in effect.fields]
        for numbers in product(*map(range, sizes)):
            yield rest + sum(n << shift for n, shift in zip(numbers, shifts, strict=True))

    def _members(self, level: Level, states: Collection[int]) -> list[int]:
        """Return which of some states are in a level."""
        if not states:
            return []
        wanted = self._set(states)
        found: list[int] = []
        hits: Numbers = np.zeros(CHUNK, np.int64)
        for store, begin, end in zip(level.stores, level.begins, level.ends, strict=True):
            while begin < end:
                count = self.loops.members(
                    store.states, store.words, begin, end, wanted.table, wanted.log,
                    wanted.states, hits,
                )  # fmt: skip
                found += [state_at(store, place) for place in hits[:count].tolist()]
                begin = int(hits[count - 1]) + 1 if count == len(hits) else end
        return found

    def _set(self, states: Collection[int]) -> Indexed:
        rows = [to_words(state, self.flat.words) for state in states]
        return Indexed(self.loops, np.concatenate(rows), self.flat.words)

    def _by_expanding(self, level: Level, ahead: Collection[int]) -> list[int]:
        """Return the states of a level with transitions to states in `ahead`."""
        wanted = self._set(ahead)
        found: list[int] = []
        for store, begin, end in zip(level.stores, level.begins, level.ends, strict=True):
            for edges in self.edges(store, begin, end):
                places = wanted.find(edges.targets)
                hits = dict.fromkeys(edges.sources[places >= 0].tolist())
                found += [state_at(store, place) for place in hits]
        return found

    def edges(self, store: Stored, begin: int, end: int) -> Iterator[Piece]:
        """Yield the transitions of some states, which were all expanded before, in pieces."""
        worker = Worker(self.loops, store, len(self.instance.processes), CHUNK)
        while begin < end:
            source, mover = np.zeros(worker.room, np.int64), np.zeros(worker.room, np.int64)
            reached = worker.edges(self.flat, begin, end, source, mover)
            if worker.room > len(source):
                continue  # it made room for more, and we shall too
            begin, count = reached, worker.filled
            targets = worker.out[: count * store.words]
            yield Piece(source[:count], mover[:count], targets, worker.failures)


class Indexed:
    """A set of states that says which number each of them has."""

    def __init__(self, loops: SimpleNamespace, states: Words, words: int) -> None:
        """Put the states, which are all different, into a table that is at most half full."""
        self.states, self.words = states, words
        self.loops = loops
        count = len(states) // words
        self.log = max(4, (2 * count).bit_length())
        self.table: Words = np.zeros(1 << self.log, np.uint64)
        loops.rebuild_indexed(states, count, words, self.table, self.log)

    def find(self, keys: Words) -> Numbers:
        """Return the number of each state; -1 for one that is not in the set."""
        count = len(keys) // self.words
        found: Numbers = np.zeros(count, np.int64)
        self.loops.find_indexed(keys, count, self.words, self.table, self.log, self.states, found)
        return found
