"""Packing: a state as one integer, with a field for each variable and each process's location."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from utcheck.program.learn import Program

# Fields whose size is not known beforehand begin with so many bits, and get more when they need it.
OPEN_BITS = 16
LOCATION_BITS = 12
# The bits of a machine word,
WORD = 64
# and of a state of which one takes little memory.
SMALL = 42


class FieldTooNarrow(Exception):
    """A number does not fit into its field; the layout must be made anew with more bits."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each number of a state is: variable v at `shifts[v]`, process p's location at `~p`.

    Processes come last in both tuples, in reverse, so that `~p` indexes them.
    """

    shifts: tuple[int, ...]
    masks: tuple[int, ...]

    @classmethod
    def of(cls, program: Program, extra: int = 0, tight: bool = False) -> Layout:
        """Return a layout for a program.

        A field of unknown size gets room for twice what is known; where the layout is not `tight`
        it begins with many bits, in the hope that they are enough. `extra` bits are added to it.
        """
        domains = program.instance.domains
        bits = [
            max(1, (domain.size - 1).bit_length())
            if domain.finite
            else _width(domain.size, 1 if tight else OPEN_BITS) + extra
            for domain in domains
        ]
        for locations in reversed(program.locations):
            bits.append(_width(len(locations.all), 1 if tight else LOCATION_BITS) + extra)
        shifts, position = [], 0
        for width in bits:
            shifts.append(position)
            position += width
        return cls(tuple(shifts), tuple((1 << width) - 1 for width in bits))

    @classmethod
    def in_words(cls, program: Program) -> Layout:
        """Return a layout with fields just as wide as what is known needs, none across two words.

        Fields that may grow have a bit more, if that makes the states no wider than is `SMALL`, or
        if they have several words in any case.
        """
        domains, locations = program.instance.domains, list(reversed(program.locations))
        known = [
            *(domain.size for domain in domains),
            *(len(each.all) for each in locations),
        ]
        bits = [max(1, (count - 1).bit_length()) for count in known]
        grows = [*(not domain.finite for domain in domains), *(True for _ in locations)]
        exact = cls._of_bits(bits)
        roomy = cls._of_bits([width + more for width, more in zip(bits, grows, strict=True)])
        fits = roomy.width <= SMALL or 1 < roomy.words == exact.words
        return roomy if fits else exact

    @classmethod
    def _of_bits(cls, bits: Sequence[int]) -> Layout:
        """Put fields in the first word with room, the widest first."""
        shifts, used = [0] * len(bits), [0]
        for place in sorted(range(len(bits)), key=lambda place: -bits[place]):
            room = (n for n, taken in enumerate(used) if taken + bits[place] <= WORD)
            number = next(room, len(used))
            if number == len(used):
                used.append(0)
            shifts[place] = number * WORD + used[number]
            used[number] += bits[place]
        return cls(tuple(shifts), tuple((1 << width) - 1 for width in bits))

    @property
    def width(self) -> int:
        """The number of bits up to the end of the last field."""
        ends = (s + m.bit_length() for s, m in zip(self.shifts, self.masks, strict=True))
        return max(ends, default=0)

    @property
    def words(self) -> int:
        """The number of machine words that a state takes."""
        return max(1, -(-self.width // WORD))

    def mask(self, variables: frozenset[int]) -> int:
        """Return the bits of a state that hold these variables."""
        return sum(self.masks[v] << self.shifts[v] for v in variables)

    def number(self, state: int, variable: int) -> int:
        """Return the number of a variable (or, for `~p`, of a location) in a state."""
        return state >> self.shifts[variable] & self.masks[variable]

    def change(self, variable: int, old: int, new: int) -> int:
        """Return what to add to a state to replace the number of a variable.

        Raises:
            FieldTooNarrow: if the new number does not fit.
        """
        if new > self.masks[variable]:
            raise FieldTooNarrow
        return (new - old) << self.shifts[variable]

    def packed(self, numbers: tuple[int, ...], locations: tuple[int, ...]) -> int:
        """Return the state with these numbers; see `change` for the error."""
        state = sum(self.change(v, 0, number) for v, number in enumerate(numbers))
        return state + sum(self.change(~p, 0, number) for p, number in enumerate(locations))


def _width(known: int, least: int) -> int:
    return max((2 * known - 1).bit_length(), least)
