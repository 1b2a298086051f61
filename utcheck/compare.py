"""Comparing the behaviour of two models: what each can do, as far as it is seen, and the other not.

What is seen of a run are its events or, on request, when some expressions change. Nothing here
prints.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from utcheck.engines.inclusion import Difference, Label, Side, TooLarge, difference
from utcheck.engines.packed import PackedSpace
from utcheck.engines.search import SearchError
from utcheck.engines.space import Transition
from utcheck.errors import UsageError
from utcheck.graph.asking import asked
from utcheck.graph.replay import replay
from utcheck.model.base import Model
from utcheck.model.instance import Instance
from utcheck.outcome import Trace, Witness
from utcheck.plain import show
from utcheck.program.layout import FieldTooNarrow, Layout
from utcheck.program.learn import Program
from utcheck.properties.expression import ExpressionError
from utcheck.properties.kinds import Predicate

MOST_PAIRS = 1_000_000


class Relation(StrEnum):
    """How the behaviour of a new model relates to that of an old one; the value is a sentence."""

    EQUAL = "the same behaviour"
    MORE = "the new one allows more"
    LESS = "the new one allows less"
    OTHER = "each allows what the other does not"
    NOTHING_SEEN = "nothing is to be seen of either, so their behaviours were not compared"


@dataclass(frozen=True, slots=True)
class Shown:
    """A shortest run of one model that shows what the other does not allow.

    `sequence` is what is seen of it, as text. Where `offers` is None, the last of that is what is
    not allowed; otherwise the model may come to offer only what is in `offers`, and the other does
    not.
    """

    trace: Trace
    sequence: tuple[str, ...]
    offers: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found: a run that only the old model has, and one that only the new has."""

    only_old: Shown | None
    only_new: Shown | None
    anything_seen: bool = True

    @property
    def relation(self) -> Relation:
        """The answer in one word."""
        if not self.anything_seen:
            return Relation.NOTHING_SEEN
        if self.only_old is None:
            return Relation.EQUAL if self.only_new is None else Relation.MORE
        return Relation.LESS if self.only_new is None else Relation.OTHER


class NotKnown(UsageError):
    """The comparison was given up: the models are too large for it."""

    exit_status = 3


def compare(
    old: Model,
    new: Model,
    *,
    observe: Sequence[str] = (),
    failures: bool = False,
    most: int = MOST_PAIRS,
) -> Comparison:
    """Compare the sequences of events of two models, with any hidden steps between them.

    With `observe`, Boolean expressions of spec syntax, what is seen are the changes of these
    instead. With `failures` it is also compared what the models may refuse where no hidden step is
    possible: a model that may stop is then another than one that does not. A step in which an
    assertion fails counts as none.

    Raises:
        UsageError: if an expression is wrong in one of the models.
        NotKnown: if more than `most` pairs were met.
        ModelError: if a model breaks a rule of the model language.
    """
    root = os.getcwd()
    one, other = (_Compared(model, observe) for model in (old, new))
    try:
        found = [
            _difference(one, other, failures, most),
            _difference(other, one, failures, most),
        ]
        shown = [
            None if difference is None else side.shown(difference, root)
            for side, difference in zip((one, other), found, strict=True)
        ]
        return Comparison(shown[0], shown[1], one.seen or other.seen or failures)
    finally:
        one.dispose()
        other.dispose()


def _difference(one: _Compared, other: _Compared, failures: bool, most: int) -> Difference | None:
    while True:
        try:
            return difference(one.side(), other.side(), failures=failures, most=most)
        except FieldTooNarrow:
            one.widen()
            other.widen()
        except TooLarge:
            raise NotKnown(
                f"the behaviours were not compared to the end: more than {most:,} pairs of states"
            ) from None
        except SearchError as error:
            raise error.error from None


class _Compared:
    """One of the two models, and what is seen of it."""

    def __init__(self, model: Model, observe: Sequence[str]) -> None:
        self.instance = Instance(model)
        self._program = Program(self.instance)
        self._extra_bits = 0
        self._observed = [self._predicate(text) for text in observe]
        self.seen = bool(observe)
        self._space = PackedSpace(self._program)

    def _predicate(self, text: str) -> Predicate:
        try:
            expression = asked(self.instance, text)
        except ExpressionError as error:
            name = type(self.instance.model).__name__
            raise UsageError(
                f"--observe, column {error.column + 1}, in {name}: {error.message}"
            ) from None
        if expression.other_than_boolean:
            kind = expression.other_than_boolean
            raise UsageError(f"--observe: `{text}` is of type {kind}, not true or false")
        return expression.predicate()

    def widen(self) -> None:
        self._extra_bits += 4
        self._space = PackedSpace(self._program, Layout.of(self._program, self._extra_bits))

    def side(self) -> Side:
        names = [process.name for process in self.instance.processes]
        labels: Callable[[Any, Transition], tuple[Label, ...]]
        labels = self._changes if self._observed else self._events
        return Side(self._space, labels, names)

    def _events(self, _: Any, transition: Transition) -> tuple[Label, ...]:
        self.seen = self.seen or bool(transition.events)
        return tuple(
            f"{event.name}({', '.join(map(show, event.values))})" if event.values else event.name
            for event in transition.events
        )

    def _changes(self, state: Any, transition: Transition) -> tuple[Label, ...]:
        found = []
        for predicate in self._observed:
            before, after = (self._space.holds(predicate, s) for s in (state, transition.target))
            if before != after:
                found.append(f"{predicate.text} becomes {str(after).lower()}")
        return tuple(found)

    def shown(self, found: Difference, root: str) -> Shown:
        witness: Witness = found.witness
        trace = replay(self.instance, witness, root=root)
        offers = None if found.offers is None else tuple(sorted(map(str, found.offers)))
        return Shown(trace, tuple(map(str, found.sequence)), offers)

    def dispose(self) -> None:
        self._program.dispose()
