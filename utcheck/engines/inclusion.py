"""Whether one model can do all that another can, as far as it is to be seen.

What is seen of a run is the sequence of its events; steps without one are hidden. The sequences of
one model are searched together with the sets of states in which the other may be after the same
sequence. A pair need not be looked at if the same state was met with a smaller set (an antichain;
De Wulf, Doyen, Henzinger and Raskin, CAV 2006). With failures, where no hidden step is possible the
other must have a state without one that offers no more than this (stable failures; Roscoe, The
theory and practice of concurrency, 1997).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

from utcheck.engines.space import Space, Transition
from utcheck.outcome import Witness

Label = Hashable
Labels = Callable[[Any, Transition], tuple[Label, ...]]
"""What is seen of a transition from a state, in order."""


class TooLarge(Exception):
    """The search has met more pairs than it may."""


class Side(NamedTuple):
    """One of the two models: its state graph, what is seen of it, and its processes' names."""

    space: Space[Any]
    labels: Labels
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A run of one model that shows what the other cannot do.

    `sequence` is what is seen of it. Where `refuses` is None, the other cannot do the last of that;
    otherwise the run ends where no hidden step is possible and only the labels in `offers` are, and
    the other always offers something else as well.
    """

    witness: Witness
    sequence: tuple[Label, ...]
    offers: frozenset[Label] | None = None


# Where a model may be: a state, and what is still to be seen of the step that led there.
Place = tuple[Any, tuple[Label, ...]]


class _Sets:
    """The sets of places in which a model may be after what was seen."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._moves: dict[Any, list[tuple[tuple[Label, ...], Any]]] = {}

    def moves(self, state: Any) -> list[tuple[tuple[Label, ...], Any]]:
        """Return what is seen of each transition of a state, and where it leads."""
        known = self._moves.get(state)
        if known is None:
            known = self._moves[state] = [
                (self._side.labels(state, t), t.target)
                for t in self._side.space.transitions(state)
                if t.target is not None
            ]
        return known

    def closed(self, places: Iterable[Place]) -> frozenset[Place]:
        """Return the places that are reached by hidden steps."""
        found = set(places)
        work = list(found)
        while work:
            state, rest = work.pop()
            if rest:
                continue
            for labels, target in self.moves(state):
                if not labels and (target, ()) not in found:
                    found.add((target, ()))
                    work.append((target, ()))
        return frozenset(found)

    def begin(self) -> frozenset[Place]:
        return self.closed((state, ()) for _, state in self._side.space.initial())

    def after(self, places: frozenset[Place], label: Label) -> frozenset[Place]:
        return self.closed(self._after(places, label))

    def _after(self, places: frozenset[Place], label: Label) -> Iterator[Place]:
        for state, rest in places:
            if rest:
                if rest[0] == label:
                    yield state, rest[1:]
                continue
            for labels, target in self.moves(state):
                if labels and labels[0] == label:
                    yield target, labels[1:]

    def offers(self, place: Place) -> frozenset[Label] | None:
        """Return what may be seen next, or None where a hidden step is possible."""
        state, rest = place
        if rest:
            return frozenset(rest[:1])
        found = [labels[:1] for labels, _ in self.moves(state)]
        return None if () in found else frozenset(labels[0] for labels in found)

    def refuse(self, places: frozenset[Place], offered: frozenset[Label]) -> bool:
        """Return whether in one of the places no hidden step, and no more than this, is offered."""
        all_offers = (self.offers(place) for place in places)
        return any(offers is not None and offers <= offered for offers in all_offers)


class _Run(NamedTuple):
    """A way to a state: the one before it, the step, and what was seen of it."""

    before: _Run | None
    step: tuple[str, tuple[int, ...]] | None
    seen: tuple[Label, ...]
    initial: tuple[int, ...] = ()


def difference(one: Side, other: Side, *, failures: bool, most: int) -> Difference | None:
    """Return the shortest sequence that `one` can do and `other` cannot, or None if there is none.

    Of the runs with such a sequence it is one with the fewest steps.

    Raises:
        TooLarge: if that is not known after `most` pairs.
    """
    sets, own, places = count(), _Sets(one), _Sets(other)
    begin = places.begin()
    queue: list[tuple[int, int, int, Any, frozenset[Place], _Run]] = [
        (0, 0, next(sets), state, begin, _Run(None, None, (), choices))
        for choices, state in one.space.initial()
    ]
    heapq.heapify(queue)
    met: dict[Any, list[frozenset[Place]]] = {}
    pairs = 0
    while queue:
        seen, steps, _, state, among, run = heapq.heappop(queue)
        if among is _NOWHERE:
            return _shown(run)
        if any(smaller <= among for smaller in met.get(state, ())):
            continue
        met[state] = [larger for larger in met.get(state, ()) if not among <= larger] + [among]
        pairs += 1
        if pairs > most:
            raise TooLarge
        offers = own.offers((state, ())) if failures else None
        if offers is not None and not places.refuse(among, offers):
            return _shown(run, offers)
        for transition in one.space.transitions(state):
            if transition.target is None:
                continue
            labels = one.labels(state, transition)
            step = (one.names[transition.process], transition.choices)
            following, done = among, labels
            for position, label in enumerate(labels):
                following = places.after(following, label)
                if not following:
                    following, done = _NOWHERE, labels[: position + 1]
                    break
            after = _Run(run, step, done)
            entry = (seen + len(done), steps + 1, next(sets), transition.target, following, after)
            heapq.heappush(queue, entry)
    return None


# The set after a sequence that the other model cannot do; it is compared by identity.
_NOWHERE: frozenset[Place] = frozenset({(None, ("nowhere",))})


def _shown(run: _Run, offers: frozenset[Label] | None = None) -> Difference:
    steps: list[tuple[str, tuple[int, ...]]] = []
    sequence: list[Label] = []
    while run.before is not None and run.step is not None:
        steps.append(run.step)
        sequence[:0] = run.seen
        run = run.before
    return Difference(Witness(run.initial, tuple(steps[::-1])), tuple(sequence), offers)
