"""Breadth-first search by compiled code, over the trees that the tree engine learns as well.

A level is explored in rounds. In a round each worker expands some states that it owns, and says
where a branch of a tree is missing; the successors go to their owners, who add those that are new;
and the missing branches are learned, in Python. Then the states that led to them have their turn.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from types import SimpleNamespace

import numpy as np

from utcheck.engines.native.checkpoint import Checkpoints
from utcheck.engines.native.crew import Crew
from utcheck.engines.native.kernels import Numbers
from utcheck.engines.native.levels import Level, state_at
from utcheck.engines.native.space import NativeSpace
from utcheck.engines.native.tables import Tables, to_words
from utcheck.engines.native.worker import NONE
from utcheck.engines.search import Budget, Explored, Options, SearchError, Target, Watch
from utcheck.errors import ModelError
from utcheck.outcome import StopReason
from utcheck.program.layout import FieldTooNarrow, Layout
from utcheck.program.learn import Program

# The buffer of a worker has room for so many successors; alone it uses one that stays in a cache.
ROOM_ALONE, ROOM_TOGETHER = 1 << 14, 1 << 17
# A round begins with few states, because every one of them may lead to what is not known yet.
FIRST_ROUND, LARGEST_ROUND = 1 << 6, 1 << 15
# The place of a state has the number of its worker above so many bits.
PLACE_BITS = 48
# Of the states in which a predicate's answer is not known, so many are asked about at once.
SAMPLE = 16
# Of those in which a step at one location is not known, so many are looked at.
SHOWN = 64


class Explorer:
    """A search of one program by some workers; `space` shows what was found to everybody else."""

    def __init__(
        self, program: Program, loops: SimpleNamespace, budget: Budget, workers: int = 1
    ) -> None:
        """Begin with the initial states."""
        self.program = program
        self.tables = Tables(program, Layout.in_words(program))
        self.space = NativeSpace(program, self.tables, loops)
        first = self._begin()
        self.crew = Crew(
            loops, self.tables.layout, len(program.instance.processes), workers,
            ROOM_ALONE if workers == 1 else ROOM_TOGETHER,
            partial(_may_grow, budget.options),
        )  # fmt: skip
        self._round = FIRST_ROUND
        self._checkpoints: Checkpoints | None = None
        rows = np.concatenate([to_words(state, self.tables.words) for state in first])
        if not self.crew.give(rows, len(first)):
            raise MemoryError
        self.first = self._level([0] * workers)

    def _begin(self) -> list[int]:
        """Return the initial states; the values in them may need a wider layout."""
        while True:
            try:
                return list(dict.fromkeys(state for _, state in self.space.initial()))
            except FieldTooNarrow:
                self._lay_out(Layout.in_words(self.program))

    def _lay_out(self, layout: Layout) -> None:
        self.tables = Tables(self.program, layout)
        self.space.adopt(self.tables)

    def begin(self, checkpoints: Checkpoints | None) -> Explored:
        """Return where the search begins: at the initial states, or at a checkpoint.

        Raises:
            UsageError: if the checkpoint cannot be used.
        """
        taken_up = None
        if checkpoints is not None:
            self._checkpoints = checkpoints
            taken_up = checkpoints.take_up(self.crew, self._lay_out)
            self._round = checkpoints.round or self._round
        return taken_up or Explored([self.first], len(self.first))

    def _level(self, begins: list[int]) -> Level:
        """Return the states that were found since the stores had so many."""
        return Level(self.crew.stores, begins, [store.count for store in self.crew.stores])

    def explore(self, explored: Explored, watch: Watch, budget: Budget) -> None:
        """Explore every state, level by level; see `decide`."""
        try:
            if self._checkpoints:
                self._checkpoints.note_found(watch)
            self._explore(explored, watch, budget)
        finally:
            self.crew.close()
            if self._checkpoints:
                self._checkpoints.finish(self.crew, self.tables.layout, explored, watch)
            for target in (*watch.hits.values(), *watch.premises.values(),
                           watch.deadlock, watch.failure):  # fmt: skip
                target.found = [self._state(place) for place in target.found]

    def _explore(self, explored: Explored, watch: Watch, budget: Budget) -> None:
        crew, level = self.crew, explored.levels[-1]
        if not isinstance(level, Level):
            raise TypeError(level)
        while level:
            for worker, end in zip(crew.workers, level.ends, strict=True):
                worker.end = end
            while any(worker.busy for worker in crew.workers):
                explored.states = crew.count
                explored.frontier = explored.states - sum(level.ends)
                self._note(explored, watch)
                explored.stop = budget.reason_to_stop(explored)
                if explored.stop is not None:
                    return
                if not self._do_round(explored, watch, budget.room(explored, self._round)):
                    explored.stop = StopReason.MEMORY
                    return
                self._round = min(2 * self._round, LARGEST_ROUND)
            watch.level_done(len(explored.levels) - 1)
            explored.states, explored.frontier = crew.count, 0
            level = self._level(level.ends)
            if level:
                explored.levels.append(level)
        self._note(explored, watch)

    def _note(self, explored: Explored, watch: Watch) -> None:
        if self._checkpoints:
            layout = self.tables.layout
            self._checkpoints.look(self.crew, layout, explored, watch, self._round)

    def _do_round(self, explored: Explored, watch: Watch, most: int) -> bool:
        """Expand some states of the level; return False if there is no memory for more."""
        crew = self.crew
        busy = [number for number, worker in enumerate(crew.workers) if worker.busy]
        begins = {number: crew.workers[number].position for number in busy}
        most = -(-most // len(busy))
        missing = crew.each(lambda n: crew.workers[n].expand(self.tables, most), busy)
        for number in busy:
            self._account(number, explored, watch)
        enough = crew.exchange(busy)
        for target in watch.pending:
            self._look(target, begins)
        for number, pairs in zip(busy, missing, strict=True):
            self._learn(number, pairs)
        return enough

    def _account(self, number: int, explored: Explored, watch: Watch) -> None:
        """Count what a worker has found in a round."""
        worker = self.crew.workers[number]
        explored.transitions += worker.successors
        explored.expanded += worker.expanded
        explored.deadlocks += len(worker.deadlocks)
        _note(watch.deadlock, number, worker.deadlocks)
        _note(watch.failure, number, worker.failures)

    # --- predicates

    def _look(self, target: Target, begins: dict[int, int]) -> None:
        """Look for states in which a predicate is true, or false, among those just expanded."""
        wanted = {number: NONE for number in begins}
        while wanted:
            answers = self._ask(target, wanted, begins)
            wanted = {}
            for number, (hits, unknown) in answers.items():
                _note(target, number, hits)
                if len(unknown):
                    wanted[number] = unknown
                for place in unknown[:: max(1, len(unknown) // SAMPLE)].tolist():
                    self._learn_answer(target, number, place)

    def _ask(
        self, target: Target, wanted: dict[int, Numbers], begins: dict[int, int]
    ) -> dict[int, tuple[Numbers, Numbers]]:
        """Return, for each worker, where a predicate has the truth, and where that is not known."""
        flat, workers = self.tables, self.crew.workers
        root = flat.predicate(target.predicate)

        def ask(number: int) -> tuple[Numbers, Numbers]:
            todo, begin = wanted[number], begins[number]
            return workers[number].ask(flat, root, target.truth, todo, begin)

        return dict(zip(wanted, self.crew.each(ask, wanted), strict=True))

    def _learn_answer(self, target: Target, number: int, place: int) -> None:
        state, layout = state_at(self.crew.stores[number], place), self.tables.layout
        try:
            self.tables.learn_answer(target.predicate, lambda v: layout.number(state, v))
        except ModelError as error:
            raise SearchError(error, state, None) from None

    # --- steps

    def _learn(self, number: int, pairs: list[tuple[int, int]]) -> None:
        """Learn what processes do in states: of each step at a location, what some of them show.

        The others may well have led to the same branches, and have their turn.
        """
        store, seen = self.crew.stores[number], Counter[tuple[int, int]]()
        for place, process in pairs:
            state = state_at(store, place)
            step = process, self.tables.layout.number(state, ~process)
            seen[step] += 1
            if seen[step] > SHOWN:
                continue
            try:
                self.tables.learn_step(process, state)
            except ModelError as error:
                raise SearchError(error, state, process) from None
            except FieldTooNarrow:
                self._lay_out(Layout.in_words(self.program))
                self.crew.repack(self.tables.layout)
                return

    def _state(self, place: int) -> int:
        number, place = divmod(place, 1 << PLACE_BITS)
        return state_at(self.crew.stores[number], place)


# No method: a crew that knew its explorer would stay in memory until somebody collects garbage.
def _may_grow(options: Options, more: int) -> bool:
    """Return whether so many bytes more are within the limit."""
    most = options.limits.memory
    return most is None or options.memory() + more <= most


def _note(target: Target, number: int, places: Numbers) -> None:
    """Note states of a worker, unless some were found at a lesser depth."""
    if target.depth < 0 and len(places):
        target.found += (places + (number << PLACE_BITS)).tolist()
