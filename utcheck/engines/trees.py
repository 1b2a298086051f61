"""The tree engine: breadth-first search over learned decision trees, in plain Python.

The search is written over whole runs of states rather than one state at a time, so that the work
for a state is done by list comprehensions and dictionaries; what is looked up there is explained in
`packed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from utcheck.engines.packed import PackedSpace
from utcheck.engines.search import Budget, Explored, Options, Result, Watch, decide
from utcheck.model.instance import Instance
from utcheck.program.layout import FieldTooNarrow, Layout
from utcheck.program.learn import Program
from utcheck.properties.kinds import Property

# So many states are expanded between two looks at the limits.
CHUNK = 4096
# After so many states enough is known of the program to pack states tightly,
WARM_UP = 4096
# and after so many to say which processes are worth looking up together.
SAMPLE = 16384


class _WarmedUp(Exception):
    """The search has come so far that it is worth beginning again with a tight layout."""


class TooLarge(Exception):
    """There are more states than the caller wants this engine to have."""


class _Explorer:
    """One breadth-first exploration of a space."""

    def __init__(self, space: PackedSpace, warm: bool, most: int | None) -> None:
        self.space, self._most = space, most
        self.first = list(dict.fromkeys(state for _, state in space.initial()))
        self.seen = set(self.first)
        self._warm = warm
        self._grouped = False

    def explore(self, explored: Explored, watch: Watch, budget: Budget) -> None:
        """Explore every state, level by level; see `decide`."""
        level = self.first
        while level:
            following: list[int] = []
            position = 0
            while position < len(level):
                explored.states, explored.frontier = len(self.seen), len(following)
                explored.stop = budget.reason_to_stop(explored)
                if explored.stop is not None:
                    return
                chunk = level[position : position + budget.room(explored, CHUNK)]
                position += len(chunk)
                for target in watch.pending:
                    target.found += self.space.where(target.predicate, target.truth, chunk)
                self._expand(chunk, explored, watch, following)
                self._grow_up(len(self.seen))
            watch.level_done(len(explored.levels) - 1)
            explored.states, explored.frontier = len(self.seen), 0
            level = following
            if level:
                explored.levels.append(level)

    def _grow_up(self, states: int) -> None:
        if self._most is not None and states > self._most:
            raise TooLarge
        if states > WARM_UP and not self._warm:
            raise _WarmedUp
        if self._grouped:
            self.space.review(states)
        elif states > SAMPLE:
            self._grouped = True
            self.space.regroup(list(self.seen))

    def _expand(
        self, states: Sequence[int], explored: Explored, watch: Watch, following: list[int]
    ) -> None:
        """Add the successors of some states; this is where the time goes."""
        space, seen = self.space, self.seen
        space.failed.clear()
        successors: list[int] = []
        idle: Iterable[int] = range(len(states))
        for group in space.groups:
            found = space.changes(group, states)
            successors += [
                state + change
                for state, changes in zip(states, found, strict=True)
                for change in changes
            ]
            idle = [position for position in idle if not found[position]]
        explored.transitions += len(successors)
        explored.expanded += len(states)
        fresh = [state for state in dict.fromkeys(successors) if state not in seen]
        seen.update(fresh)
        following += fresh
        for state in space.failed:
            watch.failure.note(state)
        for state in map(states.__getitem__, idle):
            if state not in space.failed and not space.may_end(state):
                explored.deadlocks += 1
                watch.deadlock.note(state)


def search(instance: Instance, properties: Sequence[Property], options: Options) -> Result:
    """Search the whole state graph breadth first, and decide every property.

    Raises:
        SearchError: if the model breaks a rule; the error has the state and the process.
    """
    program = Program(instance)
    try:
        return search_program(program, properties, Budget(options))
    finally:
        program.dispose()


def search_program(
    program: Program, properties: Sequence[Property], budget: Budget, most: int | None = None
) -> Result:
    """Do the same for a program of which some branches may be known already.

    Raises:
        TooLarge: if there are more than `most` states; what was learned is in the program.
    """
    extra_bits, warm = 0, False
    while True:
        # What was learned is kept from one attempt to the next; the last one counts.
        try:
            space = PackedSpace(program, Layout.of(program, extra_bits, warm))
            return _search(space, _Explorer(space, warm, most), properties, budget)
        except _WarmedUp:
            warm = True
        except FieldTooNarrow:
            extra_bits += 4


def _search(
    space: PackedSpace, explorer: _Explorer, properties: Sequence[Property], budget: Budget
) -> Result:
    explored = Explored([explorer.first], len(explorer.first))
    result = decide(space.instance, space, explored, explorer.explore, properties, budget)
    result.ran, result.engine = space.ran(), "trees"
    return result
