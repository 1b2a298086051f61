"""Decision trees: what a step, a condition or a property does, for each value of what it reads.

    Read(variable) -> a subtree per value      Choose(options) -> a subtree per option
    Do(writes, next location, events)          Blocked          Fail(message)     Answer(truth)

A tree is learned branch by branch. The number of a value, and not the value, labels a branch; the
variable `~p` (negative) stands for the location of process p, and occurs in properties only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import MethodType
from typing import Any

from utcheck.errors import Place
from utcheck.model.run import Choice, Read
from utcheck.model.values import UnusableValue, value_key
from utcheck.outcome import Event


@dataclass(frozen=True, slots=True)
class Do:
    """The step sets variables, goes to a location of its process, and emits events."""

    writes: tuple[tuple[int, int], ...]
    target: int
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocked:
    """The step is not enabled."""


@dataclass(frozen=True, slots=True)
class Fail:
    """An assertion in the step does not hold."""

    message: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The truth of a state predicate."""

    truth: bool


Leaf = Do | Blocked | Fail | Answer


@dataclass(slots=True)
class ReadNode:
    """The branch depends on the value of a variable."""

    variable: int
    children: dict[int, Node] = field(default_factory=dict)


@dataclass(slots=True)
class ChooseNode:
    """Every branch may be taken."""

    options: tuple[Any, ...]
    children: dict[int, Node] = field(default_factory=dict)


Node = ReadNode | ChooseNode | Leaf
Path = Sequence[Read | Choice]


class Disagreement(Exception):
    """The same code answered differently from what a tree knows of it."""


class Tree:
    """A decision tree that grows; `support` are the variables that it reads or sets so far."""

    __slots__ = ("_top", "support")

    def __init__(self) -> None:
        """Know nothing."""
        self._top = ChooseNode(("",))  # one branch: the tree itself
        self.support: frozenset[int] = frozenset()

    @property
    def root(self) -> Node | None:
        """The first node, or None as long as nothing was learned."""
        return self._top.children.get(0)

    def insert(self, path: Path, leaf: Leaf) -> None:
        """Add a branch.

        Raises:
            Disagreement: if the tree has another node, or another leaf, on this path.
        """
        parent: ReadNode | ChooseNode = self._top
        branch = 0
        support = set(self.support)
        for answer in path:
            parent, branch = _descend(parent, branch, answer)
            if isinstance(answer, Read):
                support.add(answer.variable)
        known = parent.children.setdefault(branch, leaf)
        if isinstance(known, ReadNode | ChooseNode) or not same(((), known), ((), leaf)):
            raise Disagreement
        if isinstance(leaf, Do):
            support.update(variable for variable, _ in leaf.writes)
        self.support = frozenset(support)

    def branches(
        self, lookup: Callable[[int], int]
    ) -> Iterator[tuple[tuple[int, ...], Leaf | None]]:
        """Yield the choices and the leaf of each branch that a state leads to.

        A leaf is None where the branch is not known; `lookup` gives the number of a variable.
        """
        work: list[tuple[Node | None, tuple[int, ...]]] = [(self.root, ())]
        while work:
            node, choices = work.pop()
            if isinstance(node, ReadNode):
                work.append((node.children.get(lookup(node.variable)), choices))
            elif isinstance(node, ChooseNode):
                last = len(node.options) - 1
                for taken in range(last, -1, -1):
                    work.append((node.children.get(taken), (*choices, taken)))
            else:
                yield choices, node

    def leaves(self) -> Iterator[Leaf]:
        """Yield every leaf that is known."""
        work: list[Node] = list(self._top.children.values())
        while work:
            node = work.pop()
            if isinstance(node, ReadNode | ChooseNode):
                work.extend(node.children.values())
            else:
                yield node


def _descend(
    parent: ReadNode | ChooseNode, branch: int, answer: Read | Choice
) -> tuple[ReadNode | ChooseNode, int]:
    """Follow one answer from the place (parent, branch), making its node if there is none."""
    node = parent.children.get(branch)
    if isinstance(answer, Read):
        if node is None:
            node = parent.children[branch] = ReadNode(answer.variable)
        if not isinstance(node, ReadNode) or node.variable != answer.variable:
            raise Disagreement
        return node, answer.number
    if node is None:
        node = parent.children[branch] = ChooseNode(answer.options)
    if not isinstance(node, ChooseNode) or _shown(node.options) != _shown(answer.options):
        raise Disagreement
    return node, answer.taken


def same(one: tuple[Path, Leaf], other: tuple[Path, Leaf]) -> bool:
    """Return whether two branches are the same; some values that they hold are equal to nothing."""
    return _shown_branch(*one) == _shown_branch(*other)


def _shown_branch(path: Path, leaf: Leaf) -> object:
    steps = [
        (answer.taken, _shown(answer.options)) if isinstance(answer, Choice) else answer
        for answer in path
    ]
    if not isinstance(leaf, Do):
        return steps, leaf
    events = [(event.name, _shown(event.values)) for event in leaf.events]
    return steps, leaf.writes, leaf.target, events


def _shown(options: Sequence[Any]) -> list[object]:
    """Return what tells values apart as far as anything does."""
    return [_option(value) for value in options]


def _option(value: Any) -> object:
    if isinstance(value, MethodType):
        return value.__func__, _option(value.__self__)
    try:
        return object if type(value) is object else value_key(value)
    except UnusableValue:
        return type(value)
