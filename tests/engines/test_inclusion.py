"""What one graph can do and another cannot, against sequences that are written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.differential.comparing import QUICK, SLOW
from tests.differential.definitions import Graph
from utcheck.engines.inclusion import Difference, Side, TooLarge, difference
from utcheck.engines.space import Transition
from utcheck.outcome import Event

Steps = list[tuple[int, int, str]]
Sequence_ = tuple[str, ...]
# Graphs of four states tell sequences apart, if they do, within so many labels: 4 times 2 to the 4.
MOST = 64


def graph(begin: list[int], steps: Steps) -> Graph:
    """Return a graph whose steps have a letter each for an event, none for a hidden step."""
    states = {*begin, *(end for step in steps for end in step[:2])}
    edges: dict[Any, list[Transition]] = {state: [] for state in sorted(states)}
    for number, (source, target, events) in enumerate(steps):
        found = tuple(Event(letter) for letter in events)
        edges[source].append(Transition(0, (number,), target, found))
    return Graph(begin, edges, ["weak"])


def side(of: Graph) -> Side:
    return Side(of, lambda _, t: tuple(event.name for event in t.events), ["p"])


def asked(one: Graph, other: Graph, failures: bool = False) -> Difference | None:
    return difference(side(one), side(other), failures=failures, most=100_000)


def sequences(of: Graph, length: int) -> set[Sequence_]:
    """Return every sequence of at most so many events, also those that end within a step."""
    found: set[Sequence_] = set()
    work: list[tuple[Any, Sequence_]] = [(state, ()) for state in of.begin]
    met = set(work)
    while work:
        state, sequence = work.pop()
        found.update(sequence[:k] for k in range(len(sequence) + 1))
        for transition in of.edges[state]:
            names = tuple(event.name for event in transition.events)
            pair = (transition.target, (sequence + names)[:length])
            if pair not in met and len(sequence) < length:
                met.add(pair)
                work.append(pair)
    return found


def shortest(one: Graph, other: Graph) -> int | None:
    """Return the length of a shortest sequence of one that the other has not, by definition."""
    for length in range(1, 7):
        if sequences(one, length) - sequences(other, length):
            return length
    return None


steps = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(["", "", "a", "b", "ab"])),
    max_size=6,
)
graphs = st.builds(graph, st.just([0]), steps)


def assert_right(one: Graph, other: Graph) -> None:
    found = asked(one, other)
    length = shortest(one, other)
    if found is None:
        assert length is None
        return
    assert found.sequence in sequences(one, len(found.sequence))
    assert found.sequence not in sequences(other, len(found.sequence))
    assert length in (None, len(found.sequence))
    assert length is not None or len(found.sequence) > 6
    assert seen_on(one, found)[: len(found.sequence)] == found.sequence


def seen_on(of: Graph, found: Difference) -> Sequence_:
    """Follow the run of a difference; each of its steps must be one of the graph."""
    (state,), events = of.begin, []
    for _, choices in found.witness.steps:
        (transition,) = (t for t in of.edges[state] if t.choices == choices)
        events += [event.name for event in transition.events]
        state = transition.target
    return tuple(events)


@settings(QUICK, max_examples=300)
@given(graphs, graphs)
def test_differences_are_those_of_written_out_sequences(one: Graph, other: Graph) -> None:
    assert_right(one, other)


@pytest.mark.slow
@settings(SLOW, max_examples=10_000)
@given(graphs, graphs)
def test_many_differences_are_those_of_written_out_sequences(one: Graph, other: Graph) -> None:
    assert_right(one, other)


@settings(QUICK, max_examples=100)
@given(graphs)
def test_nothing_differs_from_itself(one: Graph) -> None:
    assert asked(one, one) is None
    assert asked(one, one, failures=True) is None


def stable(of: Graph, length: int) -> Iterator[tuple[Sequence_, frozenset[str]]]:
    """Yield each short sequence after which no hidden step is possible, with what is offered."""
    work: list[tuple[Any, Sequence_]] = [(state, ()) for state in of.begin]
    met = set(work)
    while work:
        state, sequence = work.pop()
        names = [tuple(event.name for event in t.events) for t in of.edges[state]]
        if () not in names:
            yield sequence, frozenset(name[0] for name in names)
        for transition, labels in zip(of.edges[state], names, strict=True):
            # A step with two events is, for who looks on, two steps.
            if len(labels) == 2 and len(sequence) < length:
                yield sequence + labels[:1], frozenset(labels[1:])
            pair = (transition.target, sequence + labels)
            if len(pair[1]) <= length and pair not in met:
                met.add(pair)
                work.append(pair)


@settings(QUICK, max_examples=300)
@given(graphs, graphs)
def test_failures_are_those_that_are_written_out(one: Graph, other: Graph) -> None:
    found = asked(one, other, failures=True)
    if found is None:
        theirs = list(stable(other, 6))
        for sequence, offers in stable(one, 4):
            assert any(seq == sequence and theirs_ <= offers for seq, theirs_ in theirs)
        return
    if found.offers is not None:
        length = len(found.sequence)
        assert (found.sequence, found.offers) in set(stable(one, length))
        assert not any(
            sequence == found.sequence and offers <= found.offers
            for sequence, offers in stable(other, length + 1)
        )


def test_by_hand() -> None:
    """a then b, or a then c: after a, the first offers a choice and the second has made it."""
    late = graph([0], [(0, 1, "a"), (1, 2, "b"), (1, 3, "c")])
    early = graph([0], [(0, 1, "a"), (0, 2, "a"), (1, 3, "b"), (2, 3, "c")])
    assert asked(late, early) is None
    assert asked(early, late) is None
    assert asked(late, early, failures=True) is None
    found = asked(early, late, failures=True)
    assert found is not None
    assert found.sequence == ("a",)
    assert found.offers == frozenset({"b"})
    more = graph([0], [(0, 1, "a"), (1, 1, "b"), (1, 1, "d")])
    found = asked(more, late)
    assert found is not None
    assert (found.sequence, found.offers) == (("a", "d"), None)


def test_a_search_that_is_too_large_ends() -> None:
    one = graph([0], [(0, 1, "a"), (1, 2, "a"), (2, 3, "a")])
    with pytest.raises(TooLarge):
        difference(side(one), side(one), failures=False, most=2)
