"""The search with arrays finds what the search node by node finds, and networkx."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.differential.comparing import ENGINES, QUICK, SLOW, answer, assert_same
from tests.differential.test_temporal import assert_decided, formulas, with_events
from tests.strategies import RandomModel, models
from utcheck.engines import arrays
from utcheck.engines.arrays import Components
from utcheck.engines.components import components

edges = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)
roots = st.lists(st.integers(0, 9), min_size=1, max_size=3)


def searched(pairs: list[tuple[int, int]], begin: list[int]) -> Components:
    tails, heads = (np.array([pair[end] for pair in pairs], np.int64) for end in (0, 1))
    return Components(10, tails, heads, np.array(begin, np.int64))


def by_definition(pairs: list[tuple[int, int]], begin: list[int]) -> set[frozenset[int]]:
    """Return the components with a cycle that are reached from some nodes."""
    graph: nx.DiGraph[int] = nx.DiGraph(pairs)
    graph.add_nodes_from(range(10))
    reached = set(begin).union(*(nx.descendants(graph, node) for node in begin))
    found: Any = nx.strongly_connected_components(graph.subgraph(reached))
    return {
        frozenset(part) for part in found
        if len(part) > 1 or graph.has_edge(*(*part, *part))
    }  # fmt: skip


@pytest.mark.parametrize(("starts", "layers"), [(400, 20_000), (2, 20_000), (400, 3)])
@settings(QUICK, max_examples=150)
@given(edges, roots)
def test_components_are_those_of_networkx(
    starts: int, layers: int, pairs: list[tuple[int, int]], begin: list[int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "MOST_STARTS", starts)
        patch.setattr(arrays, "MOST_LAYERS", layers)
        parts = [frozenset(part.tolist()) for part in searched(pairs, begin)]
    assert len(parts) == len(set(parts))
    assert set(parts) == by_definition(pairs, begin)


@settings(QUICK, max_examples=150)
@given(edges, roots)
def test_components_one_by_one_are_those_of_networkx(
    pairs: list[tuple[int, int]], begin: list[int]
) -> None:
    found = components(begin, lambda node: [head for tail, head in pairs if tail == node])
    assert sorted(map(frozenset, found), key=sorted) == sorted(
        by_definition(pairs, begin), key=sorted
    )


@settings(QUICK, max_examples=100)
@given(edges)
def test_a_way_round_a_component_is_a_shortest_one(pairs: list[tuple[int, int]]) -> None:
    graph: nx.DiGraph[int] = nx.DiGraph(pairs)
    found = searched(pairs, list(range(10)))
    for part in found:
        inside = frozenset(part.tolist())
        begin = min(inside)
        nodes = found.way(begin, begin, inside)
        assert nodes[0] == nodes[-1] == begin
        assert all(graph.has_edge(a, b) and b in inside for a, b in pairwise(nodes))
        lengths = dict(nx.single_source_shortest_path_length(graph.subgraph(inside), begin))
        back = [lengths[tail] + 1 for tail in graph.predecessors(begin) if tail in inside]
        assert len(nodes) - 1 == min(back)


@pytest.mark.parametrize("places", [0, 1 << 26])
def test_states_have_the_numbers_that_they_are_at(
    places: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "MOST_PLACES", places)
    states = np.array([5, 900, 2, 70], np.int64)
    found = arrays._numbers(states, np.array([2, 900, 900, 5, 70], np.int64))
    assert found.tolist() == [2, 1, 1, 0, 3]


@settings(QUICK, max_examples=200)
@given(with_events(), formulas(6))
def test_formulas_are_decided_the_same_in_large_products(graph: Any, formula: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("utcheck.engines.product.LARGE", 0)
        patch.setattr("utcheck.engines.product.LARGE_PART", 10**9)
        assert_decided(graph, formula)


def assert_agreement(model: RandomModel, fairness: str) -> None:
    """Compare the engines where every product is a large one."""
    loaded, properties = model.load(), model.properties()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("utcheck.engines.product.LARGE", 0)
        patch.setattr("utcheck.engines.product.LARGE_PART", 10**9)
        patch.setattr("utcheck.engines.possibility.LARGE", 0)
        answers = [answer(loaded, properties, engine, fairness) for engine in ENGINES]
    assert_same(answers[0], answer(loaded, properties, ENGINES[1], fairness))
    assert_same(answers[1], answers[0])


@settings(QUICK, max_examples=60)
@given(models(), st.sampled_from(["processes", "none"]))
def test_random_models_are_decided_the_same_in_large_products(
    model: RandomModel, fairness: str
) -> None:
    assert_agreement(model, fairness)


@pytest.mark.slow
@settings(SLOW, max_examples=3000)
@given(models(), st.sampled_from(["processes", "none"]))
def test_many_random_models_are_decided_the_same_in_large_products(
    model: RandomModel, fairness: str
) -> None:
    assert_agreement(model, fairness)
