"""Transition-based generalised Buechi automata.

A word is accepted if there is a run on it that takes, for every acceptance set, infinitely many
edges of that set (Couvreur, "On-the-fly verification of linear temporal logic", FM 1999). The
label of an edge is a conjunction of atoms and negated atoms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Edge(NamedTuple):
    """An edge, for each letter that has all the atoms in `needs` and none of those in `forbids`.

    `needs` and `forbids` are bit sets of atoms and have nothing in common; `marks` is the bit set
    of the acceptance sets that the edge is in.
    """

    needs: int
    forbids: int
    target: int
    marks: int

    def reads(self, letter: int) -> bool:
        """Return whether the edge is there for a letter."""
        return not (self.needs & ~letter or self.forbids & letter)

    def literals(self) -> Iterator[tuple[int, bool]]:
        """Yield the number of each atom in the label, and whether it must be true."""
        return ((atom, bool(self.needs >> atom & 1)) for atom in members(self.needs | self.forbids))

    def acceptance_sets(self) -> Iterator[int]:
        """Yield the acceptance sets that the edge is in."""
        return members(self.marks)


@dataclass(frozen=True, slots=True)
class Automaton:
    """An automaton over `atoms` atoms with `sets` acceptance sets; state s has `edges[s]`.

    A letter is the bit set of the atoms that are true. With no acceptance set, every infinite run
    accepts.
    """

    atoms: int
    sets: int
    initial: int
    edges: tuple[tuple[Edge, ...], ...]

    def moves(self, state: int, letter: int) -> tuple[tuple[int, int], ...]:
        """Return the target and the marks of each edge that reads the letter."""
        return tuple((e.target, e.marks) for e in self.edges[state] if e.reads(letter))


def members(bits: int) -> Iterator[int]:
    """Yield the members of a bit set, the least first."""
    return (member for member in range(bits.bit_length()) if bits >> member & 1)
