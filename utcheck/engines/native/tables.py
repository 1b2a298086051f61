"""A program as flat arrays for the kernels, laid out where a search needs it.

The arrays hold the part of the learned trees that states have led to: a kernel says where it found
no branch, the branch is learned, if need be by running the user's Python, and its path is added.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from utcheck.engines.native import kernels
from utcheck.engines.native.kernels import Numbers, Words
from utcheck.program.layout import WORD, FieldTooNarrow, Layout
from utcheck.program.learn import Program
from utcheck.program.trees import Answer, ChooseNode, Do, Fail, Node, ReadNode
from utcheck.properties.kinds import Predicate

Lookup = Callable[[int], int]

# A field with more bits than this has its references in a hash table, and not one slot each.
MOST_DENSE = 10


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step of a process does to a state: it sets some fields, each to a number."""

    clear: int
    sets: int
    fields: tuple[int, ...]


class Tables:
    """The arrays of a program in one layout; see `kernels` for their meaning."""

    def __init__(self, program: Program, layout: Layout) -> None:
        """Know the first node of each process, which asks for its location, and nothing else."""
        instance = program.instance
        self.program, self.layout = program, layout
        self.words = layout.words
        self._variables, self._processes = len(instance.names), len(instance.processes)
        self.code: Numbers = np.full(1 << 10, kernels.MISSING, np.int64)
        self._end = 0
        self.wide_keys: Numbers = np.zeros(2 << 4, np.int64)
        self.wide_values: Numbers = np.zeros(1 << 4, np.int64)
        self._wide: dict[tuple[int, int], int] = {}
        self.clear: Words = np.zeros(self.words, np.uint64)
        self.sets: Words = np.zeros(self.words, np.uint64)
        self.effects: dict[Effect, int] = {}
        self._deepest = 1
        self.roots: Numbers = np.array(
            [self._reader(~process) for process in range(self._processes)], np.int64
        )
        self.daemons = np.array([process.daemon for process in instance.processes], np.bool_)
        self._predicates: dict[Predicate, int] = {}
        for process, locations in enumerate(program.locations):
            for location in range(len(locations.all)):
                self._add_known(process, location)

    @property
    def stack(self) -> Numbers:
        """An array that is large enough for the options that wait in one step."""
        return np.zeros(self._deepest, np.int64)

    # --- nodes

    def _allot(self, size: int) -> int:
        begin = self._end
        self._end += size
        if self._end > len(self.code):
            more = np.full(max(len(self.code), size), kernels.MISSING, np.int64)
            self.code = np.concatenate((self.code, more))
        return begin

    def _reader(self, variable: int) -> int:
        """Make a node that reads a variable, and return its reference."""
        word, shift, length = self._field(variable)
        wide = length > MOST_DENSE
        node = self._allot(1 if wide else 1 + (1 << length))
        kind = kernels.WIDE if wide else kernels.DENSE
        extent = length if wide else (1 << length) - 1
        self.code[node] = kind | shift << 2 | word << 8 | extent << 24
        return node

    def _field(self, variable: int) -> tuple[int, int, int]:
        """Return word, shift and length of a field; the old state lies behind the new one."""
        old = 0
        if variable >= self._variables:
            variable, old = variable - self._variables, self.words
        elif ~variable >= self._processes:
            variable, old = variable + self._processes, self.words
        word, shift = divmod(self.layout.shifts[variable], WORD)
        return word + old, shift, self.layout.masks[variable].bit_length()

    def _child(self, node: int, number: int) -> int:
        if self.code[node] & 3 == kernels.WIDE:
            return self._wide.get((node, number), kernels.MISSING)
        return int(self.code[node + 1 + number])

    def _set_child(self, node: int, number: int, reference: int) -> None:
        if self.code[node] & 3 != kernels.WIDE:
            self.code[node + 1 + number] = reference
            return
        self._wide[node, number] = reference
        if 2 * len(self._wide) > len(self.wide_values):
            self.wide_keys = np.zeros(4 * len(self.wide_keys), np.int64)
            self.wide_values = np.zeros(4 * len(self.wide_values), np.int64)
            for (other, its), known in self._wide.items():
                self._put_wide(other, its, known)
        else:
            self._put_wide(node, number, reference)

    def _put_wide(self, node: int, number: int, reference: int) -> None:
        mask = len(self.wide_values) - 1
        place = kernels.wide_place(node, number, mask)
        key = node + 1, number
        while self.wide_keys[2 * place] and tuple(self.wide_keys[2 * place :][:2]) != key:
            place = (place + 1) & mask
        self.wide_keys[2 * place : 2 * place + 2] = key
        self.wide_values[place] = reference

    # --- paths

    def _add_known(self, process: int, location: int) -> None:
        """Add all that is known of the step at a location."""
        root = int(self.roots[process])
        tree = self.program.tree(process, location)
        if self.program.locations[process].all[location].label is None:
            self._set_child(root, location, kernels.ENDED)
        else:
            self._add((root, location), tree.root, None, self._leaf_of(process), 1)

    def learn_step(self, process: int, state: int) -> None:
        """Add what a process does in a state.

        Raises:
            ModelError: if the step breaks a rule of the model language.
            FieldTooNarrow: if it leads to a number that this layout has no room for.
        """
        location = self.layout.number(state, ~process)
        if self.program.locations[process].all[location].label is None:
            self._add_known(process, location)
            return

        def lookup(variable: int) -> int:
            return self.layout.number(state, variable)

        self.program.branches(process, location, lookup)
        slot, tree = (int(self.roots[process]), location), self.program.tree(process, location)
        self._add(slot, tree.root, lookup, self._leaf_of(process), 1)

    def _leaf_of(self, process: int) -> Callable[[Node], int]:
        def leaf(node: Node) -> int:
            if isinstance(node, Do):
                return self._effect(process, node)
            return kernels.FAIL if isinstance(node, Fail) else kernels.BLOCKED

        return leaf

    def predicate(self, predicate: Predicate) -> int:
        """Return the reference of a node with one slot, which is the tree of a predicate."""
        known = self._predicates.get(predicate)
        if known is None:
            known = self._predicates[predicate] = self._allot(2)
            self.code[known] = kernels.CHOOSE | 1 << 24
        return known

    def learn_answer(self, predicate: Predicate, lookup: Lookup) -> None:
        """Add the answer of a predicate in a state, or, of one about steps, in two.

        Raises:
            ModelError: if the predicate breaks a rule of the model language.
        """
        node = self.predicate(predicate)
        self.program.truth(predicate, lookup)
        root = self.program.predicate_tree(predicate).root
        self._add((node, 0), root, lookup, lambda n: truth(isinstance(n, Answer) and n.truth), 1)

    def _add(
        self,
        slot: tuple[int, int],
        node: Node | None,
        lookup: Lookup | None,
        leaf: Callable[[Node], int],
        depth: int,
    ) -> None:
        """Add the nodes on the path of a state, or all nodes; so many options may have to wait."""
        reference = self._child(*slot)
        if isinstance(node, ReadNode):
            if reference == kernels.MISSING:
                reference = self._reader(node.variable)
                self._set_child(*slot, reference)
            numbers = node.children if lookup is None else (lookup(node.variable),)
            for number in numbers:
                self._add((reference, number), node.children[number], lookup, leaf, depth)
        elif isinstance(node, ChooseNode):
            count = len(node.options)
            if reference == kernels.MISSING:
                reference = self._allot(1 + count)
                self.code[reference] = kernels.CHOOSE | count << 24
                self._set_child(*slot, reference)
            depth += count
            self._deepest = max(self._deepest, depth)
            for option, child in node.children.items():
                self._add((reference, option), child, lookup, leaf, depth)
        elif node is not None and reference == kernels.MISSING:
            self._set_child(*slot, leaf(node))

    def _effect(self, process: int, leaf: Do) -> int:
        """Return the reference of what a step does."""
        writes = ((~process, leaf.target), *leaf.writes)
        sets = 0
        for variable, number in writes:
            if number > self.layout.masks[variable]:
                raise FieldTooNarrow
            sets |= number << self.layout.shifts[variable]
        fields = tuple(variable for variable, _ in writes)
        effect = Effect(self.layout.mask(frozenset(fields)), sets, fields)
        number = self.effects.setdefault(effect, len(self.effects))
        if number == len(self.effects) - 1:
            self._keep(number, effect)
        return kernels.LEAVES - number

    def _keep(self, number: int, effect: Effect) -> None:
        end = (number + 1) * self.words
        if end > len(self.clear):
            room = np.zeros(max(len(self.clear), end), np.uint64)
            self.clear = np.concatenate((self.clear, room))
            self.sets = np.concatenate((self.sets, room))
        self.clear[number * self.words : end] = to_words(effect.clear, self.words)
        self.sets[number * self.words : end] = to_words(effect.sets, self.words)


def truth(answer: bool) -> int:
    """Return the leaf of a predicate with this answer."""
    return kernels.LEAVES - int(answer)


def to_words(state: int, words: int) -> Words:
    """Return a state as a row of words."""
    return np.frombuffer(state.to_bytes(8 * words, "little"), np.uint64)


def from_words(rows: Words, words: int) -> list[int]:
    """Return the states in an array of rows."""
    if words == 1:
        found: list[int] = rows.tolist()
        return found
    data, size = rows.tobytes(), 8 * words
    return [int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)]
