"""The sets of states, beside sets of Python, with the kernels as they are and compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest

from utcheck.engines.native import sets, worker
from utcheck.engines.native.compiled import compiled, interpreted
from utcheck.engines.native.kernels import Words
from utcheck.engines.native.space import Indexed
from utcheck.engines.native.store import Store
from utcheck.engines.native.tables import from_words, to_words

LOOPS: dict[str, Callable[[], SimpleNamespace]] = {
    "interpreted": interpreted,
    "compiled": compiled,
}


@pytest.fixture(params=LOOPS)
def loops(request: pytest.FixtureRequest) -> SimpleNamespace:
    return LOOPS[request.param]()


@pytest.fixture(autouse=True)
def _overflow_is_meant() -> Iterator[None]:
    with np.errstate(over="ignore"):
        yield


def rows(states: Sequence[int], words: int) -> Words:
    return np.array([part for state in states for part in to_words(state, words)], np.uint64)


# ---------------------------------------------------------------------- scramble


@pytest.mark.parametrize("bits", range(1, 13))
def test_no_two_small_numbers_are_scrambled_to_the_same(loops: SimpleNamespace, bits: int) -> None:
    found = {int(loops.scramble(np.uint64(key), bits)) for key in range(1 << bits)}
    assert found == set(range(1 << bits))


@pytest.mark.parametrize("bits", [13, 31, 32, 33, 63, 64])
def test_no_two_large_numbers_of_a_sample_are_scrambled_to_the_same(
    loops: SimpleNamespace, bits: int
) -> None:
    """Of 2^13 random values the first repeats are expected long before 2^13 of them are drawn."""
    random = Random(bits)
    keys = {random.getrandbits(bits) for _ in range(3000)} | {0, (1 << bits) - 1}
    keys |= {1 << bit for bit in range(bits)}
    found = {int(loops.scramble(np.uint64(key), bits)) for key in keys}
    assert len(found) == len(keys)
    assert max(found) < 1 << bits


# ---------------------------------------------------------------------- sift


def unseen(words: int, monkeypatch: pytest.MonkeyPatch, log: int) -> Words:
    monkeypatch.setattr(worker, "RECENT_LOG", log)
    return worker._unseen(words)


@pytest.mark.parametrize("log", [1, 3, 15])
@pytest.mark.parametrize("words", [1, 2, 3, 4])
def test_a_sieve_loses_no_state(
    loops: SimpleNamespace, words: int, log: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state of zeros, and the one that the first row begins with, come first."""
    random = Random(words)
    pool = [0, 1, 1 << 64 * words - 1, *(random.getrandbits(64 * words) for _ in range(20))]
    recent, seen, dropped = unseen(words, monkeypatch, log), set[int](), 0
    for _ in range(20):
        states = pool[:2] + random.choices(pool, k=30)
        keys = rows(states, words)
        kept = loops.sift(keys, len(states), words, recent, log)
        left = from_words(keys[: kept * words], words)
        assert set(left) <= set(states)
        assert set(states) <= seen | set(left), "what is dropped came by before"
        seen.update(left)
        dropped += len(states) - kept
    assert dropped > 0


@pytest.mark.parametrize("words", range(1, 260))
def test_the_first_row_begins_with_a_state_that_does_not_come_to_it(
    words: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a state is never dropped unseen: after it the row that it comes to is another one."""
    begin = unseen(words, monkeypatch, 15)[:words].copy()
    assert any(begin), "zeros do come to the first row"
    recent = unseen(words, monkeypatch, 15)
    assert interpreted().sift(begin, 1, words, recent, 15) == 1


# ---------------------------------------------------------------------- visited sets


def add(store: Store, states: Sequence[int]) -> None:
    """Add states, and let the set grow where it has to."""
    keys, taken = rows(states, store.words), 0
    while taken < len(states):
        count = store.insert(keys[taken * store.words :], len(states) - taken)
        taken += count
        if taken < len(states):
            store.grow()


def content(store: Store) -> list[int]:
    return from_words(store.states[: store.count * store.words], store.words)


@pytest.mark.parametrize("log", [9, 12])
@pytest.mark.parametrize(
    ("words", "bits"), [(1, 3), (1, 14), (1, 20), (1, 33), (1, 64), (2, 65), (2, 128), (4, 256)]
)
def test_a_store_has_every_state_once_in_the_order_in_which_they_came(
    loops: SimpleNamespace, words: int, bits: int, log: int
) -> None:
    random = Random(bits)
    store, expected = Store(loops, words, bits, log), dict[int, None]()
    for _ in range(8):
        states = [random.getrandbits(bits) >> random.choice((0, bits // 2)) for _ in range(100)]
        states += [*random.choices(states, k=50), 0]
        add(store, states)
        expected.update(dict.fromkeys(states))
    assert content(store) == list(expected)
    assert store.count == len(expected)


def test_states_with_neighbouring_homes_fill_a_set_so_far_that_it_grows(
    loops: SimpleNamespace,
) -> None:
    """With 15 bits in 2^12 entries 8 states have each home: the 800 with the first 100 homes have
    no place less than 512 away for all of them, though 3276 states could be had."""
    log, bits = 12, 15
    states = [key for key in range(1 << bits) if loops.scramble(np.uint64(key), bits) < 800]
    assert len(states) == 800
    store = Store(loops, 1, bits, log)
    taken = store.insert(rows(states, 1), 800)
    assert 512 <= taken < 800
    assert taken < store.full_at()
    before = store.table_bytes
    add(store, states)
    assert store.table_bytes > before
    assert content(store) == states
    add(store, states)
    assert store.count == 800


def test_states_that_share_a_home_and_the_end_of_the_table_are_told_apart(
    loops: SimpleNamespace,
) -> None:
    """The last home: what has no place there is put at the beginning of the table."""
    log, bits = 10, 15
    states = [key for key in range(1 << bits) if loops.scramble(np.uint64(key), bits) >> 5 == 1023]
    assert len(states) == 32
    store = Store(loops, 1, bits, log)
    add(store, states[:20])
    add(store, states)
    assert content(store) == states


def test_an_indexed_set_tells_apart_states_with_one_tag(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the hash is always the same, only the states themselves are different."""
    plain = interpreted()
    monkeypatch.setattr(sets, "digest", lambda keys, position, words: np.uint64(7 << 40 | 5))
    store = Store(plain, 2, 128, 9)
    states = [number << 64 for number in range(40)]
    add(store, states + states[::-1])
    assert content(store) == states
    indexed = Indexed(plain, rows(states, 2), 2)
    assert indexed.find(rows([*states, 1], 2)).tolist() == [*range(40), -1]


@pytest.mark.parametrize("words", [1, 2, 4])
def test_states_are_found_by_number(loops: SimpleNamespace, words: int) -> None:
    random = Random(words)
    known = list({random.getrandbits(64 * words) for _ in range(200)} | {0})
    others = [random.getrandbits(64 * words) for _ in range(50)]
    indexed = Indexed(loops, rows(known, words), words)
    found = indexed.find(rows(known + others, words)).tolist()
    assert found == list(range(len(known))) + [-1] * len(others)


@pytest.mark.parametrize("room", [1, 3, 100])
@pytest.mark.parametrize("words", [1, 3])
def test_members_are_told_piece_by_piece(loops: SimpleNamespace, words: int, room: int) -> None:
    """What a set has of the states from 10 on; whoever asks goes on behind the last one."""
    random = Random(words)
    states = [random.getrandbits(64 * words) for _ in range(60)]
    wanted = [states[5], *states[10:30:3], states[59], *range(4)]
    indexed = Indexed(loops, rows(wanted, words), words)
    hits, found, begin = np.zeros(room, np.int64), list[int](), 10
    while begin < 60:
        count = loops.members(
            rows(states, words), words, begin, 60, indexed.table, indexed.log, indexed.states, hits
        )
        found += hits[:count].tolist()
        begin = found[-1] + 1 if count == room else 60
    assert found == [*range(10, 30, 3), 59]


# ---------------------------------------------------------------------- fields


def test_states_are_laid_out_anew_where_they_are(loops: SimpleNamespace) -> None:
    """Three fields of one word, two of which get wider, so that they need two words."""
    old, new = ((0, 0, 20), (0, 20, 30), (0, 50, 14)), ((0, 0), (0, 40), (1, 3))
    fields = np.array([[*a, *b] for a, b in zip(old, new, strict=True)], np.int64).reshape(-1)
    random = Random(1)
    numbers = [[random.getrandbits(bits) for bits in (20, 24, 14)] for _ in range(1000)]
    after = [a | b << 40 | c << 67 for a, b, c in numbers]
    before = [a | b << 20 | c << 50 for a, b, c in numbers]
    store = Store(loops, 1, 64)
    add(store, before)
    store.repack(fields, 2, 128)
    assert content(store) == after
    add(store, after)
    assert store.count == 1000, "they are all known"


@pytest.mark.parametrize("owners", [1, 2, 3, 7])
def test_every_state_has_an_owner_wherever_its_fields_are(
    loops: SimpleNamespace, owners: int
) -> None:
    """A field of 10 bits and one of 50, side by side in one word, and then in two."""
    random = Random(owners)
    pairs = [(random.getrandbits(10), random.getrandbits(50)) for _ in range(300)]
    one = [a | b << 10 for a, b in pairs]
    two = [b << 64 | a << 5 for a, b in pairs]
    narrow, wide = np.array([0, 0, 10, 0, 10, 50]), np.array([0, 5, 10, 1, 0, 50])
    shares = []
    for states, words, fields in ((one, 1, narrow), (two, 2, wide)):
        out, ends = np.zeros(300 * words, np.uint64), np.full(owners, 99, np.int64)
        loops.route(rows(states, words), 300, words, fields, np.zeros(300, np.int64), out, ends)
        share = []
        for begin, end in pairwise([0, *ends.tolist()]):
            part = out[begin * words : end * words]
            share.append([states.index(state) for state in from_words(part, words)])
        shares.append(share)
    assert shares[0] == shares[1]
    assert sorted(place for share in shares[0] for place in share) == list(range(300))
    assert all(len(share) > 300 // owners // 2 for share in shares[0]), "nobody has all the work"
