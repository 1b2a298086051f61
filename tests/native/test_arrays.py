"""Levels, whose states stay in the arrays of several workers, and arrays that are reserved."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from utcheck.engines.native import levels, memory
from utcheck.engines.native.compiled import interpreted
from utcheck.engines.native.levels import Level
from utcheck.engines.native.store import Store
from utcheck.engines.native.tables import to_words


def store_of(states: Sequence[int], words: int) -> Store:
    """Return a store with some states in this order, which knows none of them."""
    store = Store(interpreted(), words, 64 * words)
    for place, state in enumerate(states):
        store.states[place * words : (place + 1) * words] = to_words(state, words)
    store.count = len(states)
    return store


def level_of(words: int) -> tuple[Level, list[int]]:
    """Return a part of three stores, the second part of which is empty, and its states."""
    many = [(n + 1) << 64 * words - 8 | n for n in range(20)]
    stores = [store_of(many[:8], words), store_of(many[8:10], words), store_of(many[10:], words)]
    return Level(stores, [2, 1, 0], [8, 1, 9]), many[2:8] + many[10:19]


@pytest.mark.parametrize("words", [1, 3])
@pytest.mark.parametrize("chunk", [1, 4, 1 << 16])
def test_a_level_is_a_sequence(words: int, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "CHUNK", chunk)
    level, states = level_of(words)
    assert list(level) == states
    assert len(level) == len(states) == 15
    assert [level[place] for place in range(-15, 15)] == states + states
    for begin in (None, 0, 3, 5, 6, 7, 15, 20, -4):
        for end in (None, 0, 4, 6, 9, 15, 20, -1):
            assert level[begin:end] == states[begin:end]
    with pytest.raises(IndexError):
        level[15]


@pytest.mark.parametrize("words", [1, 3])
def test_a_level_has_its_states_and_no_others(words: int) -> None:
    """What is before or behind its part of a store is in another level."""
    level, states = level_of(words)
    everything = [state for store in level.stores for state in states_of(store)]
    assert [state for state in everything if state in level] == states
    assert 0 not in level


def states_of(store: Store) -> list[int]:
    return levels.states_between(store, 0, store.count)


def test_a_level_without_states_is_false() -> None:
    level, _ = level_of(1)
    assert not Level(level.stores, [8, 2, 10], [8, 2, 10])


# ---------------------------------------------------------------------- memory


def refusing(most: int) -> Any:
    """Return `mmap` on a system with little room: more than so many bytes are refused."""
    plain = mmap.mmap

    def mapped(number: int, size: int, **more: Any) -> mmap.mmap:
        if size > most:
            raise OSError("no room")
        return plain(number, size, **more)

    return mapped


def test_an_array_is_smaller_where_the_system_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest that there is room for, or half of it: something is left to others."""
    monkeypatch.setattr("utcheck.engines.native.memory.mmap.mmap", refusing(1 << 20))
    array = memory.reserved(1 << 40, np.uint64)
    assert 1 << 18 <= array.nbytes <= 1 << 20
    assert not array.any()
    array[-1] = 7
    assert array[-1] == 7


def test_where_there_is_no_room_at_all_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("utcheck.engines.native.memory.mmap.mmap", refusing(0))
    with pytest.raises(MemoryError):
        memory.reserved(1 << 40, np.uint64)
    with pytest.raises(MemoryError):
        memory.reserved(1, np.uint64)


@pytest.mark.parametrize(("items", "kind"), [(1, np.uint32), (10, np.uint64), (1 << 20, np.bool_)])
def test_an_array_has_as_many_zeros_as_were_asked_for(items: int, kind: type[np.generic]) -> None:
    array = memory.reserved(items, kind)
    assert (len(array), array.dtype) == (items, np.dtype(kind))
    assert not array.any()


def test_a_system_without_large_pages_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python knows the name of the advice; a kernel that was built without them refuses it."""

    class Area(mmap.mmap):
        def madvise(self, *advice: int) -> None:
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr("utcheck.engines.native.memory.mmap.mmap", Area)
    assert len(memory.reserved(10, np.uint64)) == 10


def test_a_set_whose_states_have_no_room_left_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """However large the set may become: there are no places for more than a few states."""
    monkeypatch.setattr("utcheck.engines.native.store.MOST_STATES", 100)
    with np.errstate(over="ignore"):
        store = Store(interpreted(), 1, 64)
        keys = np.arange(200, dtype=np.uint64)
        assert store.insert(keys, 200) == 100
        with pytest.raises(MemoryError):
            store.grow()
