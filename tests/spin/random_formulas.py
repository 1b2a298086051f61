"""Random formulas: most have a shape that somebody might write, the others have none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.spin.formulas import BINARY, UNARY, Formula, apply, atom
from tests.spin.models import Condition

LARGEST = 8  # operators

SHAPES: tuple[Callable[[Formula, Formula], Formula], ...] = (
    lambda p, q: apply("F", p),
    lambda p, q: apply("G", p),
    lambda p, q: apply("G", apply("F", p)),
    lambda p, q: apply("F", apply("G", p)),
    lambda p, q: apply("G", apply("->", p, apply("F", q))),
    lambda p, q: apply("->", apply("G", apply("F", p)), apply("G", apply("F", q))),
    lambda p, q: apply("->", apply("F", apply("G", p)), apply("F", q)),
    lambda p, q: apply("G", apply("->", p, apply("U", p, q))),
    lambda p, q: apply("G", apply("->", p, apply("W", p, q))),
    lambda p, q: apply("G", apply("->", p, apply("X", q))),
    lambda p, q: apply("F", apply("&", p, apply("X", q))),
    lambda p, q: apply("W", apply("!", p), q),
)


def random_formula(random: Random, conditions: Sequence[Condition]) -> Formula:
    """Return a formula about some of these conditions, with at most `LARGEST` operators."""
    if random.random() < 0.4:
        while True:
            found = any_formula(random, conditions, random.randint(1, LARGEST))
            # Spin writes the operands of these out twice, and may then take minutes.
            if found.size + 3 * (found.count("<->") + found.count("W")) <= LARGEST:
                return found
    shape = random.choice(SHAPES)
    p, q = (any_formula(random, conditions, random.choice([0, 0, 0, 1])) for _ in range(2))
    return shape(p, q)


def random_eventuality(random: Random, conditions: Sequence[Condition]) -> Formula:
    """Return `F p` or `G (p -> F q)`, which have kinds of properties of their own."""
    p, q = (atom(condition) for condition in random.sample(conditions, 2))
    return random.choice([SHAPES[0], SHAPES[4]])(p, q)


def any_formula(random: Random, conditions: Sequence[Condition], size: int) -> Formula:
    """Return a formula with so many operators."""
    if size == 0:
        return atom(random.choice(conditions))
    if random.random() < 0.5:
        return apply(random.choice(UNARY), any_formula(random, conditions, size - 1))
    left = random.randrange(size)
    parts = (any_formula(random, conditions, part) for part in (left, size - 1 - left))
    return apply(random.choice(BINARY), *parts)
