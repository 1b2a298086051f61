"""What engines reach, in the terms of `tests.stateless`, and what all must agree on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.stateless import State, explore, state_text
from utcheck import Model
from utcheck.check import check
from utcheck.engines.explicit import PythonSpace
from utcheck.engines.search import SearchError
from utcheck.model.instance import Instance
from utcheck.program.learn import Program
from utcheck.program.locations import Locations
from utcheck.program.trees import Do

ENGINES = ("explicit", "trees")

Numbers = tuple[tuple[int, ...], tuple[int, ...]]
"""The numbers of the values of all variables, and of the locations of all processes."""


@dataclass(frozen=True)
class Merged:
    """What was reached: states and ends as text, and how many states were told apart."""

    states: set[State]
    ends: set[State]
    count: int


def by_steps(model: Model, bound: int | None = None) -> Merged:
    """Explore a model `bound` steps deep by running its Python for each state."""
    space = PythonSpace(Instance(model))

    def successors(state: Numbers) -> list[Numbers | None]:
        try:
            return [transition.target for transition in space.transitions(state)]
        except SearchError as error:
            raise error.error from None

    initial = [state for _, state in space.initial()]
    return _explored(space.instance, space.locations, initial, successors, bound)


def by_trees(model: Model, bound: int | None = None) -> Merged:
    """Explore a model `bound` steps deep by what is learned of it."""
    program = Program(Instance(model))

    def successors(state: Numbers) -> list[Numbers | None]:
        return list(_branches(program, state))

    initial = [(numbers, (0,) * len(program.locations))
               for _, numbers in program.instance.initial_states()]  # fmt: skip
    return _explored(program.instance, program.locations, initial, successors, bound)


def _branches(program: Program, state: Numbers) -> Iterator[Numbers | None]:
    numbers, locations = state
    for process, location in enumerate(locations):
        for branch in program.branches(process, location, numbers.__getitem__):
            if not isinstance(branch.leaf, Do):
                yield None
                continue
            values, places = list(numbers), list(locations)
            for variable, number in branch.leaf.writes:
                values[variable] = number
            places[process] = branch.leaf.target
            yield tuple(values), tuple(places)


def _explored(
    instance: Instance,
    locations: list[Locations],
    initial: list[Numbers],
    successors: Callable[[Numbers], list[Numbers | None]],
    bound: int | None,
) -> Merged:
    level = list(dict.fromkeys(initial))
    seen = set(level)
    ends = []
    depth = 0
    try:
        while level:
            following: dict[Numbers, None] = {}
            for state in level:
                found = successors(state)
                if not found:
                    ends.append(state)
                if depth != bound:
                    following.update(dict.fromkeys(s for s in found if s is not None))
            level = [state for state in following if state not in seen]
            seen.update(level)
            depth += 1
    finally:
        for process in locations:
            process.dispose()

    def text(state: Numbers) -> State:
        labels = [locations[process].all[number].label for process, number in enumerate(state[1])]
        return state_text(instance, state[0], labels)

    return Merged(set(map(text, seen)), set(map(text, ends)), len(seen))


def exact_count(model: Model, bound: int | None = None) -> int:
    """Return the number of distinct states of a model, once its exploration is found to be exact.

    Both ways of exploring must reach the states and the ends that plain runs from the start reach,
    and both engines must tell apart equally many. What plain runs cannot show is a split that is
    not needed, so the caller compares the number with one derived by hand.
    """
    states, ends = explore(model, bound)
    counts = {}
    for explored in (by_steps, by_trees):
        found = explored(model, bound)
        assert found.states == states, f"{explored.__name__}: {_difference(found.states, states)}"
        assert found.ends == ends, f"{explored.__name__}, ends: {_difference(found.ends, ends)}"
        counts[explored.__name__] = found.count
    if bound is None:
        counts |= {engine: check(model, engine=engine).statistics.states for engine in ENGINES}
    assert len(set(counts.values())) == 1, counts
    return counts["by_steps"]


def _difference(found: set[State], expected: set[State]) -> str:
    lines = [f"missing {state}" for state in sorted(expected - found, key=str)]
    lines += [f"too many {state}" for state in sorted(found - expected, key=str)]
    return "; ".join(lines)
