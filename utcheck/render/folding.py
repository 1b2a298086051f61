"""Stretches of a long run in which the same steps are taken again and again, shown only once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from utcheck.outcome import Change, TraceStep

# A run is folded if it has more steps than this,
LONG = 60
# where so many steps at most, one after the other,
LONGEST = 30
# are taken at least so many times more.
TIMES = 3


@dataclass(frozen=True, slots=True)
class Fold:
    """The steps from `first` to before `last`, which repeat the `length` steps before them.

    Steps are counted from 0. What they change together is in `changes`, each variable once.
    """

    first: int
    last: int
    length: int
    changes: tuple[Change, ...]

    @property
    def times(self) -> int:
        """How often the steps are taken again."""
        return (self.last - self.first) // self.length


def folds(steps: Sequence[TraceStep], cycle: int | None) -> list[Fold]:
    """Return what to fold in a run, in order; nothing in a short one, nor across its cycle's start.

    Steps are the same if the same process takes them at the same place, and they change the same
    variables, emit the same events and choose as often: the values may be others.
    """
    if len(steps) <= LONG:
        return []
    signs = [_sign(step) for step in steps]
    parts = [(0, len(steps))] if cycle is None else [(0, cycle), (cycle, len(steps))]
    return [found for begin, end in parts for found in _folds(steps, signs, begin, end)]


def _sign(step: TraceStep) -> Hashable:
    changed = tuple(change.variable for change in step.changes)
    events = tuple(event.name for event in step.events)
    return (step.process, step.label, step.place, step.calls, len(step.options), changed, events,
            step.failure)  # fmt: skip


def _folds(
    steps: Sequence[TraceStep], signs: Sequence[Hashable], begin: int, end: int
) -> Iterator[Fold]:
    at = begin
    while at < end:
        length, times = max(
            ((length, _times(signs, at, length, end)) for length in range(1, LONGEST + 1)),
            key=lambda found: found[0] * found[1],
        )
        if times < TIMES:
            at += 1
            continue
        first, last = at + length, at + length * (times + 1)
        yield Fold(first, last, length, _together(steps[first:last]))
        at = last


def _times(signs: Sequence[Hashable], at: int, length: int, end: int) -> int:
    """Return how often the steps from `at` are taken again right after."""
    times, block = 0, signs[at : at + length]
    while at + length * (times + 2) <= end:
        following = at + length * (times + 1)
        if signs[following : following + length] != block:
            break
        times += 1
    return times


def _together(steps: Sequence[TraceStep]) -> tuple[Change, ...]:
    found: dict[str, Change] = {}
    for change in (change for step in steps for change in step.changes):
        before = found.get(change.variable)
        old = change.old if before is None else before.old
        found[change.variable] = Change(change.variable, old, change.new)
    return tuple(change for change in found.values() if change.old != change.new)
