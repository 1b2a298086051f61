"""The best of the shortest runs, as in `paths`, among as many states as a native search has.

Which run is best depends on the number of its context switches, then on where they are. Two sets of
switches of one size are ordered like the numbers that have a bit for each step, the first step
first, so that of each set only its rank among all of one depth is kept: with one step more, the
rank is twice as large, and less by one after a switch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from utcheck.engines.native.components import Short
from utcheck.engines.native.kernels import Numbers, Words
from utcheck.engines.native.levels import Level
from utcheck.engines.native.space import Indexed, NativeSpace
from utcheck.engines.native.tables import from_words, to_words
from utcheck.engines.paths import Levels, Run, Step
from utcheck.engines.space import Transition


class Layer(NamedTuple):
    """The states of one depth on shortest runs, and the steps from there to the next layer.

    The steps of state n are those from `begin[n]`: `heads` are states of the next layer, and
    `places` says the how manieth successor of its state each is.
    """

    rows: Words
    begin: Numbers
    heads: Short
    movers: Short
    places: Short


class Keys(NamedTuple):
    """The states of a layer, each with a process that takes the last step of a best run to it.

    `order` is that of their runs; `before` and `edge` are the key before and the step from there.
    """

    states: Short
    lasts: Short
    switches: Short
    ranks: Numbers
    order: Numbers
    before: Short
    edge: Short


def best_run(
    space: NativeSpace, levels: Levels, final: Mapping[Any, Sequence[Transition] | None]
) -> Run:
    """Return the best run to one of the states in `final`; see `paths.shortest_run`."""
    layers = _layers(space, levels, list(final))
    words, keys = space.flat.words, _begin(space, layers[0])
    back = []
    for layer, following in pairwise(layers):
        keys = _step(space, layer, len(following.rows) // words, keys)
        back.append((keys.before, keys.edge))  # all that is needed to go back
    last = from_words(layers[-1].rows, words)
    place, extra = _best_end(keys, last, final)
    steps: list[Step] = [] if extra is None else [(extra.process, extra.choices)]
    key = int(keys.order[place])
    last_state = state = last[keys.states[key]]
    for layer, (befores, edges) in zip(layers[-2::-1], back[::-1], strict=True):
        edge, key = int(edges[key]), int(befores[key])
        number = int(np.searchsorted(layer.begin, edge, side="right")) - 1
        state = from_words(layer.rows[number * words : (number + 1) * words], words)[0]
        taken = [t for t in space.transitions(state) if t.target is not None][layer.places[edge]]
        steps.append((taken.process, taken.choices))
    return Run(state, steps[::-1], last_state)


def _layers(space: NativeSpace, levels: Levels, final: list[int]) -> list[Layer]:
    """Return what lies on a shortest run to a final state, the initial states first."""
    words = space.flat.words
    rows = np.concatenate([to_words(state, words) for state in final])
    none: Short = np.zeros(0, np.int32)
    layers = [Layer(rows, np.zeros(len(final) + 1, np.int64), none, none, none)]
    for depth in range(len(levels) - 2, -1, -1):
        level = levels[depth]
        if not isinstance(level, Level):
            raise TypeError(level)
        layers.append(_layer_before(space, level, Indexed(space.loops, rows, words)))
        rows = layers[-1].rows
    return layers[::-1]


def _layer_before(space: NativeSpace, level: Level, ahead: Indexed) -> Layer:
    """Return the states of a level that lead to some states, with these steps."""
    words = space.flat.words
    rows, counts, heads, movers, places = [], [], [], [], []
    for store, begin, end in zip(level.stores, level.begins, level.ends, strict=True):
        for piece in space.edges(store, begin, end):
            found = ahead.find(piece.targets)
            hits = np.flatnonzero(found >= 0)
            if not len(hits):
                continue
            sources, firsts = _runs_of(piece.sources)
            mine, first_hits = _runs_of(piece.sources[hits])
            rows.append(store.states.reshape(-1)[_of_rows(mine, words)])
            counts.append(np.diff(np.append(first_hits, len(hits))))
            heads.append(found[hits].astype(np.int32))
            movers.append(piece.movers[hits].astype(np.int32))
            first = firsts[np.searchsorted(sources, piece.sources[hits])]
            places.append((hits - first).astype(np.int32))
    begins = np.concatenate(([0], np.cumsum(np.concatenate(counts))))
    return Layer(
        np.concatenate(rows), begins, np.concatenate(heads), np.concatenate(movers),
        np.concatenate(places),
    )  # fmt: skip


def _runs_of(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """Return the numbers of an ascending array without repetitions, and where each begins."""
    firsts = np.flatnonzero(np.diff(numbers, prepend=-1))
    return numbers[firsts], firsts


def _of_rows(places: Numbers, words: int) -> Numbers:
    """Return the positions of the words of some rows."""
    found: Numbers = (places[:, None] * words + np.arange(words)).reshape(-1)
    return found


def _begin(space: NativeSpace, layer: Layer) -> Keys:
    """Return the keys of the initial states, in the order in which `init` gives them."""
    states = from_words(layer.rows, space.flat.words)
    places = {state: place for place, (_, state) in reversed([*enumerate(space.initial())])}
    order = sorted(range(len(states)), key=lambda number: places[states[number]])
    count = len(states)
    return Keys(
        np.arange(count, dtype=np.int32), np.full(count, -1, np.int32), np.zeros(count, np.int32),
        np.zeros(count, np.int64), np.array(order, np.int64), np.full(count, -1, np.int32),
        np.full(count, -1, np.int32),
    )  # fmt: skip


def _step(space: NativeSpace, layer: Layer, following: int, keys: Keys) -> Keys:
    """Return the keys of the next layer, which has so many states."""
    processes = len(space.instance.processes)
    size = following * processes
    switches, edge = np.zeros(size, np.int32), np.zeros(size, np.int32)
    before: Short = np.full(size, -1, np.int32)
    ranks, places = np.zeros(size, np.int64), np.zeros(size, np.int64)
    space.loops.arrivals(
        keys.order, keys.states, keys.lasts, keys.switches, keys.ranks, layer.begin, layer.heads,
        layer.movers, processes, switches, ranks, places, before, edge,
    )  # fmt: skip
    found = np.flatnonzero(before >= 0)
    order: Numbers = np.argsort(places[found], kind="stable")
    return Keys(
        (found // processes).astype(np.int32), (found % processes).astype(np.int32),
        switches[found], _dense(ranks[found]), order, before[found], edge[found],
    )  # fmt: skip


def _dense(ranks: Numbers) -> Numbers:
    """Return ranks in the same order without gaps, so that they do not grow with the depth."""
    order = np.argsort(ranks, kind="stable")
    steps = np.diff(ranks[order], prepend=ranks[order[:1]]) != 0
    found = np.empty(len(ranks), np.int64)
    found[order] = np.cumsum(steps)
    return found


def _best_end(
    keys: Keys, last: Sequence[int], final: Mapping[Any, Sequence[Transition] | None]
) -> tuple[int, Transition | None]:
    """Return the place of the key in which the best run ends, and the step that it ends with."""
    ends: list[tuple[tuple[int, int, int, int], Transition | None]] = []
    for place, key in enumerate(keys.order.tolist()):
        switches, rank = int(keys.switches[key]), int(keys.ranks[key])
        extras = final[last[keys.states[key]]]
        if not extras:
            ends.append(((switches, rank, place, 0), None))
        for number, extra in enumerate(extras or ()):
            switch = keys.lasts[key] not in (-1, extra.process)
            ends.append(((switches + switch, 2 * rank + (not switch), place, number), extra))
    cost, extra_step = min(ends, key=lambda end: end[0])
    return cost[2], extra_step
