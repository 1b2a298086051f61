"""The state graph of a native search, for what comes after it: witnesses, steps, liveness."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import product
from math import prod
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
from utcheck.program.layout import WORD
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


class Rows(NamedTuple):
    """States in an array of words."""

    states: Words
    words: int


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

    def breaking(self, predicate: Predicate, states: Sequence[int]) -> Iterator[int]:
        """Return the states with a step that breaks a rule; see `Space`."""
        if not isinstance(states, Level):
            yield from super().breaking(predicate, states)
            return
        for store, begin, end in zip(states.stores, states.begins, states.ends, strict=True):
            for edges in self.edges(store, begin, end):
                places = self._breaking(predicate, store, edges)
                yield from (state_at(store, place) for place in dict.fromkeys(places.tolist()))

    def _breaking(self, predicate: Predicate, store: Stored, edges: Piece) -> Numbers:
        """Return where the steps begin of which a predicate is not true."""
        words, count = store.words, len(edges.sources)
        old = store.states.reshape(-1)[: len(store.states) // words * words].reshape(-1, words)
        pairs = np.hstack((edges.targets.reshape(-1, words), old[edges.sources])).reshape(-1)
        found, todo = [NONE], NONE
        root, steps = self.flat.predicate(predicate), Rows(pairs, 2 * words)
        while True:
            hits, todo = ask(self.loops, self.flat, root, False, steps, todo, 0, count)
            found.append(hits)
            if not len(todo):
                return edges.sources[np.sort(np.concatenate(found))]
            self._learn_of_step(predicate, *_halves(state_at(steps, int(todo[0])), words))

    def _learn_of_step(self, predicate: Predicate, new: int, old: int) -> None:
        def lookup(variable: int) -> int:
            before = self._past(variable)
            return self.layout.number(*(new, variable) if before is None else (old, before))

        try:
            self.flat.learn_answer(predicate, lookup)
        except ModelError as error:
            raise SearchError(error, new, None) from None

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
                    if state & effect.clear != effect.sets:
                        continue
                    sizes = self._sizes(effect)
                    if len(found) + prod(sizes) > MOST_GUESSES:
                        return None
                    found.update(dict.fromkeys(self._before(state, effect, sizes)))
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

    def _sizes(self, effect: Effect) -> list[int]:
        """Return how many numbers there are for each of the fields that an effect sets.

        Those that a field has no room for are met in a step that fails; they are in no state.
        """
        counts = [
            len(self.program.locations[~v].all) if v < 0 else len(self.instance.domains[v].values)
            for v in effect.fields
        ]
        masks = [self.layout.masks[v] for v in effect.fields]
        return [min(count, mask + 1) for count, mask in zip(counts, masks, strict=True)]

    def _before(self, state: int, effect: Effect, sizes: Sequence[int]) -> Iterator[int]:
        """Yield the states that an effect may have changed into a state."""
        layout, rest = self.layout, state & ~effect.clear
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


def _halves(pair: int, words: int) -> tuple[int, int]:
    """Return the lower and the upper half of a row of twice as many words."""
    return pair & (1 << WORD * words) - 1, pair >> WORD * words


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
