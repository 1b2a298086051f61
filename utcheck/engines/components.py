"""Strongly connected components of a graph that is given by a function.

The algorithm is the path-based one (Gabow, Path-based depth-first search for strong and biconnected
components, Information Processing Letters 74, 2000), without recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

# The place of a node whose component is known: behind every place on the stack.
DONE = 1 << 62


def components(
    roots: Iterable[int], successors: Callable[[int], Sequence[int]]
) -> Iterator[list[int]]:
    """Yield the components reachable from `roots` in which there is a cycle.

    A component comes after all those that are reachable from it.
    """
    places: dict[int, int] = {}  # of the nodes met: where they are on the stack, from 1
    stack: list[int] = []
    bounds: list[int] = []  # the places at which the components on the path may begin
    loops: set[int] = set()
    for root in roots:
        if root in places:
            continue
        path: list[tuple[int, Iterator[int]]] = []
        node: int | None = root
        while node is not None or path:
            if node is not None:
                row = successors(node)
                if node in row:
                    loops.add(node)
                stack.append(node)
                places[node] = len(stack)
                bounds.append(len(stack))
                path.append((node, iter(row)))
            node = _unvisited(path[-1][1], places, bounds)
            if node is None:
                last = path.pop()[0]
                place = places[last]
                if bounds[-1] == place:
                    bounds.pop()
                    component = stack[place - 1 :]
                    del stack[place - 1 :]
                    for member in component:
                        places[member] = DONE
                    if len(component) > 1 or last in loops:
                        yield component


def _unvisited(rest: Iterator[int], places: dict[int, int], bounds: list[int]) -> int | None:
    """Return the next node that was not met before; join what the others lead back to."""
    for node in rest:
        place = places.get(node)
        if place is None:
            return node
        while bounds[-1] > place:
            bounds.pop()
    return None
