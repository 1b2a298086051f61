"""The loops that look states up, over flat arrays; see `kernels` for how they are written."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
# The entries of a compact set: of 32 bits, where that is enough.
Entries = npt.NDArray[np.uint32] | npt.NDArray[np.uint64]

# A visited set is asked about so many states at once: their places in it are asked for first, so
# that memory answers many at a time.
BATCH = 128
# An entry of a compact set says how far it is from its home in so many bits.
AWAY_BITS = 9
MOST_AWAY = (1 << AWAY_BITS) - 2
# An entry of an indexed set has the number of a state in so many bits, and a tag above.
INDEX_BITS = 40

_1, _29, _32 = np.uint64(1), np.uint64(29), np.uint64(32)
_AWAY = np.uint64(AWAY_BITS)
_INDEX = np.uint64(INDEX_BITS)
_K1, _K2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ZERO = np.uint64(0)


def prefetch(table: Entries, place: np.int64) -> None:
    """Ask memory for an entry that is going to be needed; compiled code does, this does not."""


def scramble(key: np.uint64, bits: int) -> np.uint64:
    """Return a number of so many bits from another one; no two give the same."""
    mask = _ALL >> np.uint64(64 - bits)
    half = np.uint64((bits + 1) // 2)
    key ^= key >> half
    key = (key * _K1) & mask
    key ^= key >> half
    key = (key * _K2) & mask
    return key ^ (key >> half)


def digest(keys: Words, position: int, words: int) -> np.uint64:
    """Return a hash of 64 bits of the state that begins at a position."""
    found = _K2
    for word in range(words):
        found = (found ^ keys[position + word]) * _K1
        found ^= found >> _29
    found = found * _K2
    return found ^ (found >> _32)


def sift(keys: Words, count: int, words: int, recent: Words, log: int) -> int:
    """Drop states that came by just now from the first `count` of `keys`; return how many are left.

    `recent` has 2**`log` rows, each with the last state that came to it. Nothing is lost: what is
    dropped is equal to what was kept. Before any state has come to a row it has one that would not
    come to it: zeros, which come to row 0, and there anything else.
    """
    kept = 0
    shift = np.uint64(64 - log)
    if words == 1:
        for item in range(count):
            key = keys[item]
            place = np.int64((key * _K1) >> shift)
            if recent[place] != key:
                recent[place] = key
                keys[kept] = key
                kept += 1
        return kept
    for item in range(count):
        row = item * words
        hashed = keys[row]
        for word in range(1, words):
            hashed = (hashed * _K2) ^ keys[row + word]
        place = np.int64((hashed * _K1) >> shift) * words
        same = True
        for word in range(words):
            same = same and recent[place + word] == keys[row + word]
        if not same:
            for word in range(words):
                recent[place + word] = keys[row + word]
                keys[kept * words + word] = keys[row + word]
            kept += 1
    return kept


def insert_compact(
    keys: Words,
    begin: int,
    end: int,
    table: Entries,
    log: int,
    bits: int,
    limit: int,
    states: Words,
    tally: Numbers,
) -> None:
    """Add states of one word, from `begin` to `end`, to a compact set, the new ones to `states`.

    The set has 2**`log` entries. A state is scrambled, and its upper bits are its home; the entry
    has the lower ones, and how far from home it is. So it is the whole state, in fewer bits
    (Cleary, Compact hash tables using bidirectional linear probing, 1984). `tally[0]` is the number
    of states; `tally[1]` says where it stopped because there are `limit` states or no place near
    home.
    """
    homes = np.empty(BATCH, np.int64)
    wanted = np.empty(BATCH, np.uint64)
    count = tally[0]
    around = (1 << log) - 1
    rest = np.uint64(bits - log)
    lower = (_1 << rest) - _1
    while begin < end:
        size = min(BATCH, end - begin)
        for item in range(size):
            scrambled = scramble(keys[begin + item], bits)
            home = np.int64(scrambled >> rest)
            homes[item], wanted[item] = home, ((scrambled & lower) << _AWAY) + _1
            prefetch(table, home)
        for item in range(size):
            place, entry, away = homes[item], wanted[item], 0
            while True:
                there = np.uint64(table[place])
                if there == entry:
                    break
                if there == _ZERO:
                    if count == limit:
                        tally[0], tally[1] = count, begin + item
                        return
                    table[place] = entry
                    states[count] = keys[begin + item]
                    count += 1
                    break
                if away == MOST_AWAY:
                    tally[0], tally[1] = count, begin + item
                    return
                away += 1
                entry += _1
                place = (place + 1) & around
        begin += size
    tally[0], tally[1] = count, end


def rebuild_compact(states: Words, count: int, table: Entries, log: int, bits: int) -> bool:
    """Fill an empty compact set with states that are all different; say whether they fit."""
    homes = np.empty(BATCH, np.int64)
    wanted = np.empty(BATCH, np.uint64)
    around = (1 << log) - 1
    rest = np.uint64(bits - log)
    lower = (_1 << rest) - _1
    for begin in range(0, count, BATCH):
        size = min(BATCH, count - begin)
        for item in range(size):
            scrambled = scramble(states[begin + item], bits)
            home = np.int64(scrambled >> rest)
            homes[item] = home
            wanted[item] = ((scrambled & lower) << _AWAY) + _1
            prefetch(table, home)
        for item in range(size):
            place, entry, away = homes[item], wanted[item], 0
            while np.uint64(table[place]) != _ZERO:
                if away == MOST_AWAY:
                    return False
                away += 1
                entry += _1
                place = (place + 1) & around
            table[place] = entry
    return True


def insert_indexed(  # noqa: C901, PLR0912  (one loop: this is where the time goes)
    keys: Words,
    begin: int,
    end: int,
    words: int,
    table: Words,
    log: int,
    limit: int,
    states: Words,
    tally: Numbers,
) -> None:
    """Add states of several words to an indexed set, the new ones to `states`.

    An entry has the number of a state and a tag; see `insert_compact` for the rest.
    """
    homes = np.empty(BATCH, np.int64)
    tags = np.empty(BATCH, np.uint64)
    count = tally[0]
    around = (1 << log) - 1
    index_mask = (_1 << _INDEX) - _1
    while begin < end:
        size = min(BATCH, end - begin)
        for item in range(size):
            hashed = digest(keys, (begin + item) * words, words)
            home = np.int64(hashed >> np.uint64(64 - log))
            homes[item] = home
            tags[item] = hashed << _INDEX
            prefetch(table, home)
        for item in range(size):
            there = table[homes[item]]
            if there != _ZERO:
                prefetch(states, (np.int64(there & index_mask) - 1) * words)
        for item in range(size):
            place, row = homes[item], (begin + item) * words
            while True:
                there = table[place]
                if there == _ZERO:
                    if count == limit:
                        tally[0], tally[1] = count, begin + item
                        return
                    for word in range(words):
                        states[count * words + word] = keys[row + word]
                    count += 1
                    table[place] = tags[item] | np.uint64(count)
                    break
                if there & ~index_mask == tags[item]:
                    known = (np.int64(there & index_mask) - 1) * words
                    same = True
                    for word in range(words):
                        if states[known + word] != keys[row + word]:
                            same = False
                            break
                    if same:
                        break
                place = (place + 1) & around
        begin += size
    tally[0], tally[1] = count, end


def rebuild_indexed(states: Words, count: int, words: int, table: Words, log: int) -> bool:
    """Fill an empty indexed set with states that are all different; they always fit."""
    homes = np.empty(BATCH, np.int64)
    tags = np.empty(BATCH, np.uint64)
    around = (1 << log) - 1
    for begin in range(0, count, BATCH):
        size = min(BATCH, count - begin)
        for item in range(size):
            hashed = digest(states, (begin + item) * words, words)
            homes[item] = np.int64(hashed >> np.uint64(64 - log))
            tags[item] = hashed << _INDEX
            prefetch(table, homes[item])
        for item in range(size):
            place = homes[item]
            while table[place] != _ZERO:
                place = (place + 1) & around
            table[place] = tags[item] | np.uint64(begin + item + 1)
    return True


def find_indexed(
    keys: Words, count: int, words: int, table: Words, log: int, states: Words, found: Numbers
) -> None:
    """Write the number of each state of `keys` in an indexed set to `found`; -1 where it is not."""
    around = (1 << log) - 1
    index_mask = (_1 << _INDEX) - _1
    for item in range(count):
        row = item * words
        hashed = digest(keys, row, words)
        place = np.int64(hashed >> np.uint64(64 - log))
        tag = hashed << _INDEX
        found[item] = -1
        while table[place] != _ZERO:
            there = table[place]
            if there & ~index_mask == tag:
                known = np.int64(there & index_mask) - 1
                same = True
                for word in range(words):
                    if states[known * words + word] != keys[row + word]:
                        same = False
                        break
                if same:
                    found[item] = known
                    break
            place = (place + 1) & around


def members(
    states: Words,
    words: int,
    begin: int,
    end: int,
    table: Words,
    log: int,
    wanted: Words,
    found: Numbers,
) -> int:
    """Write which states, from `begin` to `end`, are in the indexed set of `wanted`.

    Return how many; it stops when `found` is full; the caller goes on from there.
    """
    around = (1 << log) - 1
    index_mask = (_1 << _INDEX) - _1
    hits = 0
    for state in range(begin, end):
        row = state * words
        hashed = digest(states, row, words)
        place = np.int64(hashed >> np.uint64(64 - log))
        while table[place] != _ZERO:
            known = np.int64(table[place] & index_mask) - 1
            same = True
            for word in range(words):
                if wanted[known * words + word] != states[row + word]:
                    same = False
                    break
            if same:
                found[hits] = state
                hits += 1
                break
            place = (place + 1) & around
        if hits == len(found):
            break
    return hits


def route(
    keys: Words,
    count: int,
    words: int,
    fields: Numbers,
    owner: Numbers,
    out: Words,
    ends: Numbers,
) -> None:
    """Sort states by the worker that owns them: those of owner n are in `out` up to `ends[n]`.

    The owner is a hash of some fields, given by word, shift and length in bits, so that it does not
    change when the states are laid out anew. `owner` is room for as many numbers as there are
    states.
    """
    owners = np.uint64(len(ends))
    ends[:] = 0
    for item in range(count):
        row = item * words
        hashed = _K2
        for field in range(0, len(fields), 3):
            number = keys[row + fields[field]] >> np.uint64(fields[field + 1])
            hashed = (hashed ^ (number & (_ALL >> np.uint64(64 - fields[field + 2])))) * _K1
            hashed ^= hashed >> _29
        owner[item] = np.int64(((hashed >> _32) * owners) >> _32)
        ends[owner[item]] += 1
    # Now `ends` says where those of each owner begin, and in the end, where they end.
    begin = 0
    for number in range(len(ends)):
        share = ends[number]
        ends[number] = begin
        begin += share
    for item in range(count):
        place = ends[owner[item]] * words
        for word in range(words):
            out[place + word] = keys[item * words + word]
        ends[owner[item]] += 1


def repack(
    states: Words,
    count: int,
    words: int,
    new_words: int,
    fields: Numbers,
) -> None:
    """Lay states out anew where they are.

    `fields` has word, shift, and length in bits of each field, then its new word and shift.
    """
    row = np.zeros(new_words, np.uint64)
    for step in range(count):
        # What is written to must have been read before.
        state = step if new_words < words else count - 1 - step
        for word in range(new_words):
            row[word] = _ZERO
        for field in range(len(fields) // 5):
            word, shift, length = fields[5 * field], fields[5 * field + 1], fields[5 * field + 2]
            mask = _ALL >> np.uint64(64 - length)
            number = (states[state * words + word] >> np.uint64(shift)) & mask
            row[fields[5 * field + 3]] |= number << np.uint64(fields[5 * field + 4])
        for word in range(new_words):
            states[state * new_words + word] = row[word]
