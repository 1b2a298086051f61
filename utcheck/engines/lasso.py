"""Liveness: a fair run on which, after a premise, a goal never comes.

Such a run either ends (and stays in its last state for ever) or goes round in a strongly connected
component of the states without the goal. A component has a fair cycle if every weakly fair process
is disabled somewhere in it or takes a step in it, and every strongly fair process that is enabled
somewhere in it takes a step in it; for strong fairness, the states where a process is enabled that
takes no step are removed and the rest is decomposed again (Emerson and Lei 1987; the component
search is Tarjan's, 1972).

The prefix is a shortest run to such an end or component, with the fewest context switches; the
cycle is a shortest fair one through the state that the prefix reaches, where the component is small
enough to say so, and otherwise goes from one fairness obligation to the nearest next.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from utcheck.engines.cycles import activity, bits, fair_cycle
from utcheck.engines.paths import Levels, Run, shortest_run
from utcheck.engines.space import Space, Transition, scan
from utcheck.model.process import Fairness
from utcheck.properties.kinds import Predicate


@dataclass(frozen=True, slots=True)
class Lasso:
    """A run and the number of steps before its cycle; None where the run ends instead."""

    run: Run
    cycle: int | None


def find_lasso(
    space: Space[Any],
    levels: Levels,
    premise: Predicate | None,
    goal: Predicate,
    fairness: Sequence[Fairness],
) -> Lasso | None:
    """Return a fair run on which `goal` never comes after `premise`, or None if there is none.

    Without a premise the goal is asked for from the beginning. `levels` has every reachable state.
    """
    graph = _Waiting(space, levels, premise, goal)
    component_of = dict(_fair_components(graph, fairness))
    bad = {state for state in graph.edges if graph.ends(state)} | set(component_of)
    if not bad:
        return None
    prefix = _prefix(graph, levels, bad)
    state = prefix.last
    if graph.ends(state):
        return Lasso(prefix, None)
    cycle = fair_cycle(graph, component_of[state], state, fairness)
    return Lasso(Run(prefix.initial, prefix.steps + cycle, state), len(prefix.steps))


class _Waiting:
    """The states in which the premise has been seen and the goal has not come since."""

    def __init__(
        self, space: Space[Any], levels: Levels, premise: Predicate | None, goal: Predicate
    ) -> None:
        self.space = space
        self._goal = goal
        candidates = levels[0] if premise is None else (s for level in levels for s in level)
        self.begin = {
            state for state in candidates
            if (premise is None or space.holds(premise, state)) and not space.holds(goal, state)
        }  # fmt: skip
        self.edges: dict[Hashable, list[Transition]] = {}
        self.enabled: dict[Hashable, int] = {}
        work = list(self.begin)
        seen = set(work)
        while work:
            state = work.pop()
            transitions = space.transitions(state)
            self.enabled[state] = bits(t.process for t in transitions)
            self.edges[state] = [t for t in transitions if self._stays(t)]
            for transition in self.edges[state]:
                if transition.target not in seen:
                    seen.add(transition.target)
                    work.append(transition.target)

    def _stays(self, transition: Transition) -> bool:
        return transition.target is not None and not self.space.holds(self._goal, transition.target)

    def ends(self, state: Hashable) -> bool:
        """Return whether a run that reaches the state stays there for ever."""
        return not self.enabled[state]


def _fair_components(
    graph: _Waiting, fairness: Sequence[Fairness]
) -> Iterator[tuple[Hashable, frozenset[Hashable]]]:
    """Yield each state that lies on a fair cycle, with the component that it can go round in."""
    weak = bits(p for p, kind in enumerate(fairness) if kind != "none")
    strong = bits(p for p, kind in enumerate(fairness) if kind == "strong")
    work: list[Iterable[Hashable]] = [graph.edges]
    while work:
        allowed = work.pop()
        within = allowed if isinstance(allowed, dict | frozenset) else frozenset(allowed)
        for component in _components(graph, within):
            moves, always, ever = activity(graph, component)
            if not moves or weak & always & ~moves:
                continue  # no cycle, or a process that is enabled throughout and never moves
            starved = strong & ever & ~moves
            if starved:
                work.append(frozenset(s for s in component if not graph.enabled[s] & starved))
                continue
            for state in component:
                yield state, component


def _components(graph: _Waiting, within: Any) -> Iterator[frozenset[Hashable]]:
    """Yield the strongly connected components of the states in `within`."""
    index: dict[Hashable, int] = {}
    low: dict[Hashable, int] = {}
    stack: list[Hashable] = []
    on_stack: set[Hashable] = set()
    for root in within:
        if root in index:
            continue
        work: list[tuple[Hashable, Iterator[Transition]]] = [(root, iter(graph.edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            state, rest = work[-1]
            for _, _, target in rest:
                if target not in within:
                    continue
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(graph.edges[target])))
                    break
                if target in on_stack:
                    low[state] = min(low[state], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[state])
                if low[state] == index[state]:
                    yield frozenset(_popped(stack, on_stack, state))


def _popped(stack: list[Hashable], on_stack: set[Hashable], last: Hashable) -> Iterator[Hashable]:
    while True:
        state = stack.pop()
        on_stack.remove(state)
        yield state
        if state == last:
            return


class _Armed:
    """The state graph doubled: once on a run, a state with the premise is the one meant."""

    def __init__(self, graph: _Waiting) -> None:
        self._graph = graph

    def initial(self) -> Iterable[tuple[tuple[int, ...], Hashable]]:
        for choices, state in self._graph.space.initial():
            yield choices, (state, False)
            if state in self._graph.begin:
                yield choices, (state, True)

    def transitions(self, state: tuple[Hashable, bool]) -> list[Transition]:
        plain, armed = state
        if armed:
            return [t._replace(target=(t.target, True)) for t in self._graph.edges[plain]]
        found = []
        for transition in self._graph.space.transitions(plain):
            if transition.target is not None:
                found.append(transition._replace(target=(transition.target, False)))
                if transition.target in self._graph.begin:
                    found.append(transition._replace(target=(transition.target, True)))
        return found

    def leading(
        self, states: Sequence[tuple[Hashable, bool]], ahead: Collection[Any]
    ) -> dict[Any, list[Transition]]:
        return scan(self, states, ahead)

    def holds(self, predicate: Predicate, state: tuple[Hashable, bool]) -> bool:
        return self._graph.space.holds(predicate, state[0])


def _prefix(graph: _Waiting, levels: Levels, bad: set[Hashable]) -> Run:
    """Return a shortest run to a bad state, through the premise and not through the goal after."""
    armed = _Armed(graph)
    level: list[Any] = list(dict.fromkeys(state for _, state in armed.initial()))
    seen, layers = set(level), [level]
    while not any(marked and state in bad for state, marked in layers[-1]):
        following = []
        for state in layers[-1]:
            for _, _, target in armed.transitions(state):
                if target not in seen:
                    seen.add(target)
                    following.append(target)
        layers.append(following)
    ends = {state: None for state in layers[-1] if state[1] and state[0] in bad}
    run = shortest_run(armed, layers, ends)
    initial: Any = run.initial
    last: Any = run.last
    return Run(initial[0], run.steps, last[0])
