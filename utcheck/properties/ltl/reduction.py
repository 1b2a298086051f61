"""Fewer states, edges and acceptance sets, and the same language.

States from which no word is accepted go, and marks that decide nothing (as Spot does: Duret-Lutz,
"LTL translation improvements in Spot 1.0", 2014). Then a state goes that another one
simulates and is simulated by, and an edge beside which there is a better one (direct simulation:
Etessami, Wilke and Schuller, "Fair simulation relations, parity games, and state space reduction
for Buechi automata", 2001).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from utcheck.properties.ltl.automaton import Automaton, Edge, members

_Edges = Sequence[Sequence[Edge]]


def reduced(automaton: Automaton) -> Automaton:
    """Return an automaton with the same language that is not larger.

    Its states are numbered in breadth-first order from the initial one, which is 0.
    """
    # Marks between components decide nothing, but one choice or the other may let states simulate.
    automaton = _quotient(_trimmed(automaton, 0))
    before = None
    while before != (size := _size(automaton)):
        before = size
        for between in (-1, 0):
            automaton = _quotient(_trimmed(automaton, between))
    return _trimmed(automaton, 0)


def _size(automaton: Automaton) -> tuple[int, int, int]:
    """Return what the reduction makes smaller, or leaves as it is."""
    return len(automaton.edges), sum(map(len, automaton.edges)), automaton.sets


def _trimmed(automaton: Automaton, between: int) -> Automaton:
    """Keep the states from which a word is accepted, and the acceptance sets that decide.

    An edge that no cycle takes is in all acceptance sets if `between` is -1, in none if it is 0.
    """
    component = _components(automaton.edges, automaton.initial)
    inside: dict[int, list[Edge]] = {}
    for state, number in component.items():
        leaving = automaton.edges[state]
        inside.setdefault(number, []).extend(e for e in leaving if component[e.target] == number)
    every = (1 << automaton.sets) - 1
    deciding = {
        number: _deciding(edges, automaton.sets)
        for number, edges in inside.items()
        if edges and _union(edge.marks for edge in edges) == every
    }
    useful = _leading_to(deciding, component, automaton.edges)
    cyclic = {component[state] for state in useful if inside[component[state]]}
    sets = max((len(marks) for marks in deciding.values()), default=0)
    if cyclic - set(deciding):
        sets = max(sets, 1)

    def marked(state: int, edge: Edge) -> Edge:
        number = component[state]
        if component[edge.target] != number:
            return edge._replace(marks=between & (1 << sets) - 1)
        if number not in deciding:
            return edge._replace(marks=0)
        kept = deciding[number]
        marks = _union(1 << i for i, old in enumerate(kept) if edge.marks >> old & 1)
        return edge._replace(marks=marks | (1 << sets) - (1 << len(kept)))

    edges = {
        state: [marked(state, edge) for edge in automaton.edges[state] if edge.target in useful]
        for state in useful
    }
    return _numbered(automaton.atoms, sets, automaton.initial, edges)


def _deciding(edges: Sequence[Edge], sets: int) -> list[int]:
    """Return the acceptance sets that are not visited anyway when the others are."""
    members = [_union(1 << i for i, e in enumerate(edges) if e.marks >> one & 1)
               for one in range(sets)]  # fmt: skip
    kept: list[int] = []
    everywhere = (1 << len(edges)) - 1
    for one, mine in enumerate(members):
        # Of two acceptance sets with the same edges, the first is kept.
        implied = any(
            not theirs & ~mine and (theirs != mine or other < one)
            for other, theirs in enumerate(members)
            if other != one
        )
        if mine != everywhere and not implied:
            kept.append(one)
    return kept


def _leading_to(good: Iterable[int], component: dict[int, int], edges: _Edges) -> set[int]:
    """Return the states from which a component in `good` is reached."""
    # A component is numbered after all those that it leads to.
    useful = set(good)
    for state in sorted(component, key=lambda state: component[state]):
        if any(component[edge.target] in useful for edge in edges[state]):
            useful.add(component[state])
    return {state for state, number in component.items() if number in useful}


def _numbered(atoms: int, sets: int, initial: int, edges: dict[int, list[Edge]]) -> Automaton:
    """Return the automaton of the reachable states, numbered anew."""
    numbers = {initial: 0}
    for state in (order := [initial]):
        for edge in edges.get(state, ()):
            if edge.target not in numbers:
                numbers[edge.target] = len(numbers)
                order.append(edge.target)
    renamed = (
        tuple(edge._replace(target=numbers[edge.target]) for edge in edges.get(state, ()))
        for state in order
    )
    return Automaton(atoms, sets, 0, tuple(renamed))


def _components(edges: _Edges, initial: int) -> dict[int, int]:
    """Return the strongly connected component of each reachable state (Tarjan 1972).

    A component has a greater number than those that it leads to.
    """
    low: dict[int, int] = {initial: 0}
    found: dict[int, int] = {}
    index = {initial: 0}
    stack = [initial]
    work = [(initial, iter(edges[initial]))]
    components = 0
    while work:
        state, rest = work[-1]
        for edge in rest:
            if edge.target not in index:
                index[edge.target] = low[edge.target] = len(index)
                stack.append(edge.target)
                work.append((edge.target, iter(edges[edge.target])))
                break
            if edge.target not in found:
                low[state] = min(low[state], index[edge.target])
        else:
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[state])
            if low[state] == index[state]:
                position = stack.index(state)
                found.update((member, components) for member in stack[position:])
                del stack[position:]
                components += 1
    return found


def _quotient(automaton: Automaton) -> Automaton:
    """Take one state of those that simulate each other, and the best of its edges."""
    above = _simulation(automaton.edges)
    chosen = [
        next(other for other in range(state + 1)
             if above[state] >> other & 1 and above[other] >> state & 1)
        for state in range(len(above))
    ]  # fmt: skip
    edges = {
        state: _best([e._replace(target=chosen[e.target]) for e in leaving], above)
        for state, leaving in enumerate(automaton.edges)
        if chosen[state] == state
    }
    return _numbered(automaton.atoms, automaton.sets, chosen[automaton.initial], edges)


def _simulation(edges: _Edges) -> list[int]:
    """Return for each state the bit set of the states that simulate it directly."""
    above = [(1 << len(edges)) - 1 for _ in edges]
    changed = True
    while changed:
        changed = False
        # The states are numbered from the initial one: what decides about one often comes later.
        for state, leaving in reversed(list(enumerate(edges))):
            for other in members(above[state]):
                if other != state and not all(
                    any(_covers(theirs, mine, above) for theirs in edges[other]) for mine in leaving
                ):
                    above[state] &= ~(1 << other)
                    changed = True
    return above


def _covers(better: Edge, edge: Edge, above: Sequence[int]) -> bool:
    """Return whether an edge can be taken wherever another can, to no disadvantage."""
    return not (
        better.needs & ~edge.needs
        or better.forbids & ~edge.forbids
        or edge.marks & ~better.marks
        or not above[edge.target] >> better.target & 1
    )


def _best(edges: Iterable[Edge], above: Sequence[int]) -> list[Edge]:
    """Return the edges, joined where they differ in one atom, beside which there is no better."""
    kept: list[Edge] = []
    work = list(dict.fromkeys(edges))
    while work:
        edge = work.pop(0)
        if any(_covers(other, edge, above) for other in kept):
            continue
        kept = [other for other in kept if not _covers(edge, other, above)]
        joined = next((j for other in kept if (j := _joined(edge, other))), None)
        if joined:
            work.insert(0, joined)
        else:
            kept.append(edge)
    return sorted(kept)


def _joined(one: Edge, other: Edge) -> Edge | None:
    """Return one edge for two of which one needs an atom that the other forbids.

    Neither can be taken wherever the other can.
    """
    atom = one.needs ^ other.needs
    differ = (one.needs & ~atom, one.forbids & ~atom) != (
        other.needs & ~atom,
        other.forbids & ~atom,
    )
    if one[2:] != other[2:] or differ or atom.bit_count() != 1:
        return None
    return Edge(one.needs & ~atom, one.forbids & ~atom, one.target, one.marks)


def _union(sets: Iterable[int]) -> int:
    """Return the union of bit sets."""
    union = 0
    for one in sets:
        union |= one
    return union
