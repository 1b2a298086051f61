"""The loops over the edges of a graph: what is reached, and what one can go round in for ever.

The edges of state n are those from `begin[n]` to `begin[n + 1]`: `heads` has where they lead, and
`movers` the process that takes the step. A node of a product is a state, times the number of states
of the automaton, plus one of these. A letter is given by its number, and the moves of the automaton
from q with letter a are those from `first[q * letters + a]`, up to the next: `targets` and `marks`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Short = npt.NDArray[np.int32]
Small = npt.NDArray[np.int16]
Bits = npt.NDArray[np.bool_]

_1, _ZERO = np.uint64(1), np.uint64(0)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


def note_sources(sources: Numbers, movers: Numbers, begin: Numbers, enabled: Words) -> None:
    """Count edges by the state that they begin in, one place further on, and note who moves."""
    for edge in range(len(sources)):
        begin[sources[edge] + 1] += 1
        enabled[sources[edge]] |= _1 << np.uint64(movers[edge])


def reverse(begin: Numbers, heads: Short, against: Numbers, tails: Short) -> None:
    """Sort edges by where they lead; `against` is their `begin`, and is made here."""
    states = len(begin) - 1
    for edge in range(len(heads)):
        against[heads[edge] + 1] += 1
    for state in range(states):
        against[state + 1] += against[state]
    for state in range(states - 1, -1, -1):
        for edge in range(begin[state], begin[state + 1]):
            against[heads[edge] + 1] -= 1
            tails[against[heads[edge] + 1]] = state
    # Now the edges of a state begin where those of the next one should.
    for state in range(states):
        against[state] = against[state + 1]
    against[states] = len(heads)


def reach(begin: Numbers, heads: Short, reached: Bits, work: Numbers, count: int) -> None:
    """Mark what is reached from the first `count` states of `work`, which are marked already."""
    while count > 0:
        count -= 1
        state = work[count]
        for edge in range(begin[state], begin[state + 1]):
            head = heads[edge]
            if not reached[head]:
                reached[head] = True
                work[count] = head
                count += 1


def fair_components(  # noqa: C901, PLR0912, PLR0915  (one search, which goes deep without calls)
    begin: Numbers,
    heads: Short,
    movers: Small,
    letter: Small,
    letters: int,
    size: int,
    first: Numbers,
    targets: Numbers,
    marks: Words,
    left_out: Bits,
    roots: Numbers,
    enabled: Words,
    due: np.uint64,
    weak: np.uint64,
    rank: Short,
    stack: Short,
    path: Short,
    path_edge: Numbers,
    path_move: Small,
    path_root: Bits,
    fair: Short,
) -> int:
    """Find the components of a product in which every obligation is met; return how many.

    What an edge settles is its process and its marks, as bits; an obligation in `weak` is also met
    by a state in which it is not enabled. `fair` has the number of the component of each node, from
    1, or 0 where it is in none. `rank` is not 0 for the nodes that were reached. States of the
    automaton that are `left_out` have no edges. The other arrays are room to work in, all zero.
    (Tarjan 1972, in the form of Pearce, A space-efficient algorithm for finding strongly connected
    components, 2016.)
    """
    found = height = 0
    order = 1
    component = 2147483647
    for root in roots:
        if rank[root] != 0:
            continue
        depth = 0
        path[0], path_edge[0], path_move[0], path_root[0] = root, begin[root // size], 0, True
        rank[root] = order
        order += 1
        while depth >= 0:
            node = np.int64(path[depth])
            state = node // size
            q = node - state * size
            edge, move = path_edge[depth], np.int64(path_move[depth])
            end = begin[state] if left_out[q] else begin[state + 1]
            deeper = False
            while edge < end and not deeper:
                head = np.int64(heads[edge])
                row = q * letters + letter[head]
                while first[row] + move < first[row + 1]:
                    target = head * size + targets[first[row] + move]
                    if rank[target] == 0:
                        deeper = True
                        break
                    if rank[target] < rank[node]:
                        rank[node] = rank[target]
                        path_root[depth] = False
                    move += 1
                if not deeper:
                    edge += 1
                    move = np.int64(0)
            path_edge[depth], path_move[depth] = edge, move
            if deeper:
                depth += 1
                path[depth], path_edge[depth], path_move[depth] = target, begin[head], 0
                path_root[depth] = True
                rank[target] = order
                order += 1
                continue
            stack[height] = node
            height += 1
            if path_root[depth]:
                top = height
                height -= 1
                while height > 0 and rank[stack[height - 1]] >= rank[node]:
                    height -= 1
                order -= top - height
                for place in range(height, top):
                    rank[stack[place]] = component
                if _settled(
                    begin, heads, movers, letter, letters, size, first, targets, marks, left_out,
                    enabled, due, weak, rank, stack, height, top,
                ):  # fmt: skip
                    found += 1
                    for place in range(height, top):
                        fair[stack[place]] = found
                component -= 1
            depth -= 1
    return found


def _settled(
    begin: Numbers,
    heads: Short,
    movers: Small,
    letter: Small,
    letters: int,
    size: int,
    first: Numbers,
    targets: Numbers,
    marks: Words,
    left_out: Bits,
    enabled: Words,
    due: np.uint64,
    weak: np.uint64,
    rank: Short,
    stack: Short,
    low: int,
    top: int,
) -> bool:
    """Return whether one can go round in a component for ever, and meet every obligation."""
    settled, always, cyclic = _ZERO, _ALL, False
    component = rank[stack[low]]
    for place in range(low, top):
        node = np.int64(stack[place])
        state = node // size
        q = node - state * size
        always &= enabled[state]
        for edge in range(begin[state], begin[state] if left_out[q] else begin[state + 1]):
            head = np.int64(heads[edge])
            row = q * letters + letter[head]
            for move in range(first[row], first[row + 1]):
                if rank[head * size + targets[move]] == component:
                    cyclic = True
                    settled |= (_1 << np.uint64(movers[edge])) | marks[move]
    return cyclic and (due & ~(settled | (weak & ~always))) == _ZERO


def arrivals(
    order: Numbers,
    states: Short,
    lasts: Short,
    switches: Short,
    ranks: Numbers,
    begin: Numbers,
    heads: Short,
    movers: Short,
    processes: int,
    best_switches: Short,
    best_ranks: Numbers,
    best_places: Numbers,
    best_before: Short,
    best_edge: Short,
) -> None:
    """Take every step of a level, and keep the best arrival at each state by each process.

    What is `best_before` is the key, a state and who took the last step to it, that the step
    begins in, or -1. Keys are gone through in `order`, so that of equal arrivals the first stays.
    See `runs` for what is best.
    """
    place = 0
    for key in order:
        state, last = states[key], lasts[key]
        for edge in range(begin[state], begin[state + 1]):
            switch = last >= 0 and last != movers[edge]
            count = switches[key] + (1 if switch else 0)
            rank = 2 * ranks[key] + (0 if switch else 1)
            there = np.int64(heads[edge]) * processes + movers[edge]
            if (
                best_before[there] < 0
                or count < best_switches[there]
                or (count == best_switches[there] and rank < best_ranks[there])
            ):
                best_switches[there] = count
                best_ranks[there] = rank
                best_places[there] = place
                best_before[there] = key
                best_edge[there] = edge
            place += 1
