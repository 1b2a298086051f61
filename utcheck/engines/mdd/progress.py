"""Whether a model can go round in a cycle at all, as far as its closed trees tell.

On a cycle every variable, and the location of every process, comes back to where it was. A step
that changes one from a number to another can lie on a cycle only if steps that can lie on one lead
back. Steps are taken away until all that is left can (a static ranking, as it were): where none is
left, every run ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from utcheck.engines.components import components
from utcheck.program.close import ClosedProgram
from utcheck.program.closed import Case, Closed, Options
from utcheck.program.trees import Do

# A variable (`~p`: the location of a process), its number before (None: any) and after.
Change = tuple[int, int | None, int]
Changes = frozenset[Change]


def always_ends(closed: ClosedProgram) -> bool:
    """Return whether it is certain that every run ends."""
    left = {
        changes
        for process, trees in enumerate(closed.steps)
        for location, tree in enumerate(trees)
        if tree is not None
        for changes in _changes(process, location, tree)
    }
    while left:
        parts = _parts(closed, left)
        kept = {changes for changes in left if all(_returns(parts, c) for c in changes)}
        if kept == left:
            return False
        left = kept
    return True


def _changes(process: int, location: int, tree: Closed) -> Iterator[Changes]:
    """Yield what each way of taking a step changes."""
    written = _written(tree)
    work: list[tuple[Closed, dict[int, int]]] = [(tree, {})]
    while work:
        node, reads = work.pop()
        if isinstance(node, Case):
            for number, child in node.children.items():
                kept = {**reads, node.variable: number} if node.variable in written else reads
                work.append((child, kept))
        elif isinstance(node, Options):
            work += [(child, reads) for child in node.children.values()]
        elif isinstance(node, Do):
            found: list[Change] = [(v, reads.get(v), number) for v, number in node.writes]
            found.append((~process, location, node.target))
            yield frozenset(change for change in found if change[1] != change[2])


def _written(tree: Closed) -> frozenset[int]:
    found: set[int] = set()
    seen: set[int] = set()
    work = [tree]
    while work:
        node = work.pop()
        if id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, Case | Options):
                work += node.children.values()
            elif isinstance(node, Do):
                found.update(variable for variable, _ in node.writes)
    return frozenset(found)


def _parts(closed: ClosedProgram, steps: Collection[Changes]) -> dict[int, dict[int, int]]:
    """Return, for each variable, its numbers that lie on cycles, by the component they are in."""
    edges: dict[int, dict[int, set[int]]] = {}
    for variable, old, new in {change for changes in steps for change in changes}:
        rows = edges.setdefault(variable, {})
        for begin in closed.numbers[variable] if old is None else (old,):
            if begin != new:
                rows.setdefault(begin, set()).add(new)
    found: dict[int, dict[int, int]] = {}
    for variable, rows in edges.items():
        graph = {number: sorted(targets) for number, targets in rows.items()}
        parts = components(sorted(graph), lambda number, g=graph: g.get(number, []))  # type: ignore[misc]
        found[variable] = {number: n for n, part in enumerate(parts) for number in part}
    return found


def _returns(parts: dict[int, dict[int, int]], change: Change) -> bool:
    variable, old, new = change
    if old is None:  # it may have had this number before
        return True
    part = parts[variable].get(new)
    return part is not None and parts[variable].get(old) == part
