"""A closed program as a relation between states at levels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from utcheck.engines.mdd.order import Slot
from utcheck.engines.mdd.relation import NONE, SAME, Relations
from utcheck.program.close import ClosedProgram
from utcheck.program.closed import Broken, Case, Closed, Leaf, Options, enabled_ways
from utcheck.program.trees import Do, Fail

State = Sequence[int]
"""The number at each level, that of level 1 first."""

# What a process has at a level where it does not stand.
ELSEWHERE = 0


@dataclass(frozen=True, slots=True)
class StepRelation:
    """What a step does, and the ways to take it.

    `changes` are all its transitions. Each of `ways` is a relation that changes nothing, for states
    in which the step can be taken: with each option of a choice they are counted apart. `fails` and
    `breaks` are such relations for an assertion that fails, and for a broken rule.
    """

    process: int
    location: int
    changes: int
    ways: tuple[int, ...]
    fails: int
    breaks: int


class Network:
    """The levels of a closed program, and the relation of each of its steps."""

    def __init__(self, closed: ClosedProgram, slots: Sequence[Slot]) -> None:
        """Make a relation of every step."""
        self.closed = closed
        self.slots = slots
        self.height = len(slots)
        self.level: dict[int, int] = {}
        self.places: list[dict[int, tuple[int, int]]] = [{} for _ in closed.steps]
        self.standing: list[list[int]] = [[] for _ in closed.steps]
        for below, slot in enumerate(slots):
            if slot.variable >= 0:
                self.level[slot.variable] = below + 1
                continue
            self.standing[~slot.variable].append(below + 1)
            for number, location in enumerate(slot.locations):
                self.places[~slot.variable][location] = (below + 1, number + 1)
        self.relations = Relations()
        self.steps = list(self._steps())

    def state(self, numbers: Sequence[int], locations: Sequence[int]) -> list[int]:
        """Return a state, given the numbers of the variables and the locations."""
        state = [ELSEWHERE] * self.height
        for variable, level in self.level.items():
            state[level - 1] = numbers[variable]
        for process, location in enumerate(locations):
            level, number = self.places[process].get(location, (0, 0))
            if level:
                state[level - 1] = number
        return state

    def number(self, state: State, variable: int) -> int:
        """Return the number of a variable in a state."""
        level = self.level.get(variable)
        return self.closed.numbers[variable][0] if level is None else state[level - 1]

    def location(self, state: State, process: int) -> int:
        """Return the location of a process in a state."""
        for level in self.standing[process]:
            number = state[level - 1]
            if number != ELSEWHERE:
                return self.slots[level - 1].locations[number - 1]
        return 0

    def move(self, state: list[int], process: int, old: int, new: int) -> None:
        """Let a process stand at another location."""
        places = self.places[process]
        if places:
            state[places[old][0] - 1] = ELSEWHERE
            state[places[new][0] - 1] = places[new][1]

    def successors(self, state: State, process: int) -> Iterator[tuple[tuple[int, ...], list[int]]]:
        """Yield the choices of each step that a process can take in a state, and where it leads."""
        location = self.location(state, process)
        tree = self.closed.steps[process][location]
        for way in enabled_ways(tree, lambda v: self.number(state, v)) if tree else ():
            if isinstance(way.leaf, Do):
                after = list(state)
                for variable, number in way.leaf.writes:
                    if variable in self.level:
                        after[self.level[variable] - 1] = number
                self.move(after, process, location, way.leaf.target)
                yield way.choices, after

    def _steps(self) -> Iterator[StepRelation]:
        for process, trees in enumerate(self.closed.steps):
            for location, tree in enumerate(trees):
                if tree is not None:
                    yield self._step(process, location, tree)

    def _step(self, process: int, location: int, tree: Closed) -> StepRelation:
        place = self.places[process].get(location)

        def here(relation: int) -> int:
            return self.relations.require(relation, *place) if place else relation

        def changes(leaf: Leaf) -> int:
            return self._change(process, location, leaf) if isinstance(leaf, Do) else NONE

        def kind(wanted: type[Leaf]) -> Callable[[Leaf], int]:
            return lambda leaf: here(SAME) if isinstance(leaf, wanted) else NONE

        union = self.relations.union
        fails, breaks = NONE, NONE
        for part in self._ways(tree, kind(Fail)):
            fails = union(fails, part)
        for part in self._ways(tree, kind(Broken)):
            breaks = union(breaks, part)
        moves = NONE
        for part in self._ways(tree, changes):
            moves = union(moves, part)
        ways = tuple(part for part in self._ways(tree, kind(Do)) if part)
        return StepRelation(process, location, moves, ways, fails, breaks)

    def _ways(self, tree: Closed, of_leaf: Callable[[Leaf], int]) -> tuple[int, ...]:
        """Return relations of which each has one option of every choice on its way."""
        known: dict[int, tuple[int, ...]] = {}
        work: list[tuple[Closed, bool]] = [(tree, False)]
        while work:
            node, ready = work.pop()
            if id(node) in known:
                continue
            if not isinstance(node, Case | Options):
                known[id(node)] = (of_leaf(node),)
            elif not ready:
                work.append((node, True))
                work += [(child, False) for child in node.children.values()]
            elif isinstance(node, Options):
                known[id(node)] = sum((known[id(c)] for c in node.children.values()), ())
            else:
                known[id(node)] = self._case(node, known)
        return known[id(tree)]

    def _case(self, node: Case, known: Mapping[int, tuple[int, ...]]) -> tuple[int, ...]:
        level = self.level[node.variable]
        below = {number: known[id(child)] for number, child in node.children.items()}
        if len(below) == len(self.closed.numbers[node.variable]) and len(set(below.values())) == 1:
            return next(iter(below.values()))  # what is the same for all numbers asks for none
        found = [NONE] * max(map(len, below.values()))
        for number, parts in below.items():
            for position, part in enumerate(parts):
                required = self.relations.require(part, level, number)
                found[position] = self.relations.union(found[position], required)
        return tuple(found)

    def _change(self, process: int, location: int, leaf: Do) -> int:
        changes: dict[int, tuple[Sequence[int], int | None]] = {}
        for variable, number in leaf.writes:
            if variable in self.level:
                changes[self.level[variable]] = (self.closed.numbers[variable], number)
        before = self.places[process].get(location)
        after = self.places[process].get(leaf.target)
        if before and after and before[0] == after[0]:
            changes[before[0]] = ((before[1],), after[1])
        elif before and after:
            changes[before[0]] = ((before[1],), ELSEWHERE)
            changes[after[0]] = ((ELSEWHERE,), after[1])
        return self.relations.step(changes)

    def parts(self) -> dict[int, int]:
        """Return the transitions of all steps, in parts by their top levels."""
        found: dict[int, int] = {}
        for step in self.steps:
            for level, part in self.relations.parts(step.changes).items():
                found[level] = self.relations.union(found.get(level, NONE), part)
        return found
