"""Closed trees: what each step does for every value that its variables may have.

A closed tree is what a learned one (`trees`) becomes when nothing is left to learn. It never
changes; equal subtrees are one object, and a read on which nothing depends is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from utcheck.errors import ModelError
from utcheck.program.trees import Blocked, Do, Fail


@dataclass(frozen=True, slots=True, eq=False)
class Broken:
    """The step breaks a rule of the model language, which counts only where a run comes here."""

    error: ModelError


Leaf = Do | Blocked | Fail | Broken


@dataclass(slots=True, eq=False)
class Case:
    """The branch depends on the number of a variable."""

    variable: int
    children: dict[int, Closed]


@dataclass(slots=True, eq=False)
class Options:
    """Every branch may be taken; the children are in the order of the options."""

    children: dict[int, Closed]


Closed = Case | Options | Leaf


@dataclass(frozen=True, slots=True)
class Way:
    """One branch of a closed tree: what it reads, the choices made in it, and where it ends."""

    reads: Mapping[int, int]
    choices: tuple[int, ...]
    leaf: Leaf


def ways(tree: Closed) -> Iterator[Way]:
    """Yield every branch of a tree, in the order of choices where the reads are the same."""
    work: list[tuple[Closed, dict[int, int], tuple[int, ...]]] = [(tree, {}, ())]
    while work:
        node, reads, choices = work.pop()
        if isinstance(node, Case):
            for number, child in node.children.items():
                work.append((child, {**reads, node.variable: number}, choices))
        elif isinstance(node, Options):
            for taken, child in reversed(node.children.items()):
                work.append((child, reads, (*choices, taken)))
        else:
            yield Way(reads, choices, node)


def enabled_ways(tree: Closed, lookup: Callable[[int], int]) -> Iterator[Way]:
    """Yield every branch that a state leads to, in the order of choices, but for `Blocked`."""
    work: list[tuple[Closed, tuple[int, ...]]] = [(tree, ())]
    while work:
        node, choices = work.pop()
        if isinstance(node, Case):
            work.append((node.children[lookup(node.variable)], choices))
        elif isinstance(node, Options):
            for taken, child in reversed(node.children.items()):
                work.append((child, (*choices, taken)))
        elif not isinstance(node, Blocked):
            yield Way({}, choices, node)


class Sharing:
    """Makes equal subtrees one object."""

    def __init__(self) -> None:
        """Know no subtree yet."""
        self._known: dict[Hashable, Closed] = {}

    def shared(self, tree: Closed) -> Closed:
        """Return an equal tree made of shared subtrees, without reads that do not matter."""
        done: dict[int, Closed] = {}
        work: list[tuple[Closed, bool]] = [(tree, False)]
        while work:
            node, ready = work.pop()
            if not isinstance(node, Case | Options):
                done[id(node)] = self._once(_leaf_key(node), node)
            elif not ready:
                work.append((node, True))
                work += [(child, False) for child in node.children.values()]
            else:
                done[id(node)] = self._joined(node, done)
        return done[id(tree)]

    def _joined(self, node: Case | Options, done: Mapping[int, Closed]) -> Closed:
        children = {n: done[id(child)] for n, child in sorted(node.children.items())}
        if isinstance(node, Options):
            return self._once(("options", *map(id, children.values())), Options(children))
        first, *others = children.values()
        if all(other is first for other in others):
            return first
        key = (node.variable, *((n, id(child)) for n, child in children.items()))
        return self._once(key, Case(node.variable, children))

    def _once(self, key: Hashable, node: Closed) -> Closed:
        return self._known.setdefault(key, node)


def _leaf_key(leaf: Leaf) -> Hashable:
    """Return what tells leaves apart; values in events may be equal to nothing."""
    if isinstance(leaf, Do):
        events: Any = tuple((event.name, id(event.values)) for event in leaf.events)
        return "do", leaf.writes, leaf.target, events
    return ("broken", id(leaf)) if isinstance(leaf, Broken) else leaf
