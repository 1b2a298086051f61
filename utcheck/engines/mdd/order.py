"""Which level each variable and each process gets, and which processes get several.

What steps read and set together should be at neighbouring levels, and what every process uses at
the bottom, so that steps begin as far down as they can. Where variables and processes are mostly
indexed, as those of families are, they are laid out by their index. Otherwise they are moved
towards what they share steps with (FORCE: Aloul, Markov and Sakallah, GLSVLSI 2003).

A process with many locations gets several levels, each for locations that have come to lie side by
side, near the variables that their steps use. It stands at one of them and is elsewhere, number 0,
at the others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from utcheck.program.close import ClosedProgram
from utcheck.program.closed import Case, Closed, Options
from utcheck.program.trees import Do

# A process with so few locations has one level.
FEW_LOCATIONS = 12
# A step that uses variables with so many indices belongs to one of them.
NEAR = 2
# One level has no more locations than this of a process with several levels.
MOST_LOCATIONS = 64
# FORCE ends after so many rounds, or when so many have brought nothing.
ROUNDS, PATIENCE = 40, 5


@dataclass(frozen=True, slots=True)
class Slot:
    """What has a level: a variable, or some locations of a process (then `variable` is `~p`)."""

    variable: int
    locations: tuple[int, ...] = ()


Unit = tuple[int, int]
"""A variable and -1; or `~p` and a location, or -1 for all locations of a process with few."""


def arrange(closed: ClosedProgram) -> list[Slot]:
    """Return what has a level, that of level 1 first; what never changes has none."""
    steps = list(_steps(closed))
    varying = ((v, -1) for v, numbers in enumerate(closed.numbers) if len(numbers) > 1)
    units = list(dict.fromkeys([*(unit for step in steps for unit in step), *varying]))
    index = _indices(closed, units, steps)
    if sum(unit in index for unit in units) * 2 > len(units):
        order = sorted(units, key=lambda unit: (index.get(unit, -1), unit[1] >= 0))
        if _inversions(closed, order) < 0:
            order.sort(key=lambda unit: (-index.get(unit, math.inf), unit[1] < 0))
    else:
        order = _forced(units, steps)
        if _inversions(closed, order) < 0:
            order.reverse()
    return _slots(closed, order)


def _steps(closed: ClosedProgram) -> Iterable[list[Unit]]:
    """Return what each step reads, sets and goes to, and where it begins."""
    known: dict[int, frozenset[int]] = {}
    for process, trees in enumerate(closed.steps):
        few = sum(tree is not None for tree in trees) <= FEW_LOCATIONS
        for location, tree in enumerate(trees):
            if tree is None:
                continue
            found: dict[Unit, None] = {(~process, -1 if few else location): None}
            for variable in sorted(_support(tree, known)):
                if variable >= 0 and len(closed.numbers[variable]) > 1:
                    found[variable, -1] = None
                elif variable < 0:
                    found[~process, -1 if few else ~variable] = None
            yield list(found)


def _support(tree: Closed, known: dict[int, frozenset[int]]) -> frozenset[int]:
    """Return the variables that a tree reads or sets, and `~n` for each location n it goes to."""
    work: list[tuple[Closed, bool]] = [(tree, False)]
    while work:
        node, ready = work.pop()
        if id(node) in known:
            continue
        if not isinstance(node, Case | Options):
            leaf = node if isinstance(node, Do) else None
            writes = (variable for variable, _ in leaf.writes) if leaf else ()
            known[id(node)] = frozenset(writes) | frozenset({~leaf.target} if leaf else ())
        elif ready:
            below = frozenset().union(*(known[id(child)] for child in node.children.values()))
            known[id(node)] = below | ({node.variable} if isinstance(node, Case) else frozenset())
        else:
            work.append((node, True))
            work += [(child, False) for child in node.children.values()]
    return known[id(tree)]


def _indices(
    closed: ClosedProgram, units: Sequence[Unit], steps: Iterable[Sequence[Unit]]
) -> dict[Unit, int]:
    """Return the first index in the names of variables and processes that have one.

    A location belongs to the index of what its step uses or, if it uses none, to where the process
    comes from.
    """
    names, processes = closed.instance.names, closed.instance.processes
    index: dict[Unit, int] = {}
    for variable, location in units:
        name = names[variable] if variable >= 0 else processes[~variable].name
        found = re.search(r"\[(\d+)\]", name)
        if found and location < 0:
            index[variable, location] = int(found[1])
    own: dict[Unit, int | None] = {}
    for begin, *others in steps:
        used = {index[unit] for unit in others if unit in index}
        if begin[1] >= 0 and used:
            own[begin] = min(used) if len(used) <= NEAR else None
    last = None
    for unit in sorted(unit for unit in units if unit[1] >= 0):
        last = own.setdefault(unit, last)
    return index | {unit: number for unit, number in own.items() if number is not None}


def _forced(first: list[Unit], steps: Sequence[Sequence[Unit]]) -> list[Unit]:
    """Return an order in which each unit is near the middle of its steps."""
    order = best = first
    least, idle = _span(first, steps), 0
    for _ in range(ROUNDS):
        place = {unit: n for n, unit in enumerate(order)}
        pull = dict.fromkeys(order, 0.0)
        number = dict.fromkeys(order, 0)
        for step in steps:
            middle = sum([place[unit] for unit in step]) / len(step)
            for unit in step:
                pull[unit] += middle
                number[unit] += 1
        order = sorted(order, key=lambda u: pull[u] / number[u] if number[u] else place[u])
        span = _span(order, steps)
        idle = 0 if span < least else idle + 1
        if span < least:
            best, least = order, span
        if idle >= PATIENCE:
            break
    return best


def _span(order: Sequence[Unit], steps: Iterable[Sequence[Unit]]) -> int:
    place = {unit: n for n, unit in enumerate(order)}
    total = 0
    for step in steps:
        places = [place[unit] for unit in step]
        total += max(places) - min(places)
    return total


def _inversions(closed: ClosedProgram, order: Sequence[Unit]) -> int:
    """Return how many more reads are followed by a read of something below than above."""
    place = {unit[0]: n for n, unit in enumerate(order) if unit[0] >= 0}
    total = 0
    seen: set[int] = set()
    work: list[Closed] = [tree for trees in closed.steps for tree in trees if tree is not None]
    while work:
        node = work.pop()
        if id(node) in seen or not isinstance(node, Case | Options):
            continue
        seen.add(id(node))
        work += node.children.values()
        if isinstance(node, Case):
            for child in node.children.values():
                if isinstance(child, Case):
                    total += 1 if place[child.variable] < place[node.variable] else -1
    return total


def _slots(closed: ClosedProgram, order: Sequence[Unit]) -> list[Slot]:
    """Join locations that lie side by side."""
    slots: list[Slot] = []
    for variable, location in order:
        if variable >= 0:
            slots.append(Slot(variable))
        elif location < 0:
            slots.append(Slot(variable, tuple(range(len(closed.steps[~variable])))))
        elif slots and slots[-1].variable == variable and _room(slots[-1]):
            slots[-1] = Slot(variable, (*slots[-1].locations, location))
        else:
            slots.append(Slot(variable, (location,)))
    return slots


def _room(slot: Slot) -> bool:
    return len(slot.locations) < MOST_LOCATIONS
