"""The loops that walk a program, over flat arrays, as plain functions that numba can compile.

Everything here and in `sets` is written so that it means the same compiled and as ordinary Python:
unsigned words are combined with unsigned words only, and nothing but arrays and numbers is handed
in.

States are rows of `words` 64-bit words, one after another in a flat array. A program is one array,
`code`, in which a *reference* is the position of a node, or negative for a leaf:

    a node      its head, then the reference for each value of what it reads, or for each option
    the head    kind (2 bits), shift (6), word (16) and mask of the field that it reads; the
                length of a wide field in place of the mask, or for a choice the number of options
    a leaf      MISSING: nobody has been there; BLOCKED, FAIL, ENDED; or LEAVES - n for leaf n,
                which is an effect of a step, or the truth of a predicate

The effect n of a step is to clear the bits `clear[n]` of a state, and to set `sets[n]`. The values
of a wide field have no slot each: their references are in a hash table, `wide_values`, where
`wide_keys` has twice as many entries: the node, plus one, and the value.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

MISSING, BLOCKED, FAIL, ENDED, LEAVES = -1, -2, -3, -4, -5
DENSE, CHOOSE, WIDE = 0, 1, 2

_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


def find_wide(wide_keys: Numbers, wide_values: Numbers, node: int, number: int) -> int:
    """Return the reference of a node with a wide field for one value, or MISSING."""
    mask = len(wide_values) - 1
    place = wide_place(node, number, mask)
    while wide_keys[2 * place] != 0:
        if wide_keys[2 * place] == node + 1 and wide_keys[2 * place + 1] == number:
            return int(wide_values[place])
        place = (place + 1) & mask
    return MISSING


def wide_place(node: int, number: int, mask: int) -> int:
    """Return where the search for the reference of a wide node begins."""
    return (node * 31 + number * 7919 + (number >> 7)) & mask


def walk(
    code: Numbers,
    wide_keys: Numbers,
    wide_values: Numbers,
    states: Words,
    base: int,
    reference: int,
    stack: Numbers,
    depth: int,
) -> tuple[int, int]:
    """Return the leaf that a reference leads to in a state, and the new depth of the stack.

    Where there is a choice the first option is taken, and the others are put on the stack.
    """
    while reference >= 0:
        head = code[reference]
        kind = head & 3
        if kind == CHOOSE:
            for option in range((head >> 24) - 1, 0, -1):
                stack[depth] = code[reference + 1 + option]
                depth += 1
            reference = code[reference + 1]
        else:
            field = states[base + ((head >> 8) & 65535)] >> np.uint64((head >> 2) & 63)
            if kind == DENSE:
                number = np.int64(field & np.uint64(head >> 24))
                reference = code[reference + 1 + number]
            else:
                number = np.int64(field & (_ALL >> np.uint64(64 - (head >> 24))))
                reference = find_wide(wide_keys, wide_values, reference, int(number))
    return reference, depth


def expand(  # noqa: C901, PLR0912, PLR0915  (one loop: this is where the time goes)
    code: Numbers,
    wide_keys: Numbers,
    wide_values: Numbers,
    clear: Words,
    sets: Words,
    roots: Numbers,
    daemons: npt.NDArray[np.bool_],
    stack: Numbers,
    words: int,
    states: Words,
    todo: Numbers,
    begin: int,
    end: int,
    out: Words,
    source: Numbers,
    mover: Numbers,
    missing: Numbers,
    idle: Numbers,
    failed: Numbers,
    tally: Numbers,
) -> None:
    """Write the successors of the states from `begin` to `end`, or of those of `todo`, to `out`.

    It stops where an array might not do. `tally` says afterwards where it stopped, and how many
    successors, missing branches (pairs of state and process), deadlocks and states with a failing
    assertion there were. A state with a missing branch has no successors yet. `source` and `mover`,
    unless they are empty, have the state and the process of each successor.
    """
    filled = misses = idles = fails = 0
    listed, keep = len(todo) > 0, len(source) > 0
    room = len(out) // words
    processes = len(roots)
    position = begin
    while position < end and misses + processes <= len(missing) // 2 and idles < len(idle):
        if fails >= len(failed):
            break
        state = todo[position] if listed else position
        base = state * words
        start = filled
        known, failing, live = True, False, False
        for process in range(processes):
            reference, depth = roots[process], 0
            while True:
                while reference >= 0:
                    head = code[reference]
                    kind = head & 3
                    if kind == CHOOSE:
                        for option in range((head >> 24) - 1, 0, -1):
                            stack[depth] = code[reference + 1 + option]
                            depth += 1
                        reference = code[reference + 1]
                        continue
                    field = states[base + ((head >> 8) & 65535)] >> np.uint64((head >> 2) & 63)
                    if kind == DENSE:
                        number = np.int64(field & np.uint64(head >> 24))
                        reference = code[reference + 1 + number]
                    else:
                        number = np.int64(field & (_ALL >> np.uint64(64 - (head >> 24))))
                        reference = find_wide(wide_keys, wide_values, reference, int(number))
                if reference <= LEAVES:
                    if filled < room:
                        effect = LEAVES - reference
                        if words == 1:
                            out[filled] = (states[state] & ~clear[effect]) | sets[effect]
                        else:
                            for word in range(words):
                                out[filled * words + word] = (
                                    states[base + word] & ~clear[effect * words + word]
                                ) | sets[effect * words + word]
                        if keep:
                            source[filled] = state
                            mover[filled] = process
                    filled += 1
                elif reference == MISSING:
                    if known or missing[2 * misses - 1] != process:
                        missing[2 * misses] = state
                        missing[2 * misses + 1] = process
                        misses += 1
                    known = False
                elif reference == FAIL:
                    failing = True
                if reference != ENDED and not daemons[process]:
                    live = True
                if depth == 0:
                    break
                depth -= 1
                reference = stack[depth]
        if filled > room:
            filled = start
            if not known:
                while misses > 0 and missing[2 * misses - 2] == state:
                    misses -= 1
            break
        if not known:
            filled = start
        else:
            if failing:
                failed[fails] = state
                fails += 1
            elif filled == start and live:
                idle[idles] = state
                idles += 1
        position += 1
    tally[0], tally[1], tally[2], tally[3], tally[4] = position, filled, misses, idles, fails


def evaluate(
    code: Numbers,
    wide_keys: Numbers,
    wide_values: Numbers,
    root: int,
    wanted: int,
    words: int,
    states: Words,
    todo: Numbers,
    begin: int,
    end: int,
    found: Numbers,
    missing: Numbers,
    tally: Numbers,
) -> None:
    """Look for the states in which the predicate at `root` has the leaf `wanted`.

    `tally` says how many were found, and in how many the answer is not known.
    """
    stack = np.zeros(1, np.int64)
    listed = len(todo) > 0
    hits = misses = 0
    for position in range(begin, end):
        state = todo[position] if listed else position
        leaf, _ = walk(code, wide_keys, wide_values, states, state * words, root, stack, 0)
        if leaf == wanted:
            found[hits] = state
            hits += 1
        elif leaf == MISSING:
            missing[misses] = state
            misses += 1
    tally[0], tally[1] = hits, misses
