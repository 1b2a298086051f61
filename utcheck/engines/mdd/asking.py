"""Asking predicates about sets of states: once for all states that agree on what is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from utcheck.engines.mdd.forest import EMPTY, Forest
from utcheck.engines.mdd.network import Network, State
from utcheck.errors import ModelError
from utcheck.model.run import Context, Read
from utcheck.program.learn import ask
from utcheck.program.locations import Location
from utcheck.properties.kinds import Predicate

Truth = bool | ModelError


class Answers:
    """The states of a set in which a predicate is true, and those in which asking is an error."""

    def __init__(self, true: int, broken: dict[int, ModelError]) -> None:
        """Keep the set of the first; the others by the error."""
        self.true = true
        self.broken = broken


class Asking:
    """Asks predicates about the states of a network."""

    def __init__(self, network: Network, forest: Forest) -> None:
        """Know nothing yet."""
        self._network = network
        self._forest = forest

    def about(self, predicate: Predicate, states: int) -> Answers:
        """Return what a predicate says about the states of a set."""
        forest = self._forest
        true, broken = EMPTY, {}
        # Sets of states, each with how many reads are known to be the same in all of them.
        work = [(states, 0)] if states else []
        while work:
            rest, known = work.pop()
            state = forest.some(rest)
            path, answer = self._ask_twice(predicate, state)
            for position in range(known, len(path) - 1):
                agree = self._with(rest, [path[position]])
                others = forest.difference(rest, agree)
                if others:
                    work.append((others, position))
                rest = agree
            for same, reads in self._by_last_read(predicate, state, path, answer):
                agree = self._with(rest, reads) if reads else rest
                rest = forest.difference(rest, agree)
                if agree and isinstance(same, ModelError):
                    broken[agree] = same
                elif same:
                    true = forest.union(true, agree)
            if rest:
                work.append((rest, len(path) - 1))
        return Answers(true, broken)

    def _by_last_read(
        self, predicate: Predicate, state: State, path: list[Read], answer: Truth
    ) -> list[tuple[Truth, list[Read]]]:
        """Return the answers for other numbers of what is read last, where nothing else is read.

        What is asked about need not be reachable: the answer depends on what is read alone.
        """
        if not path:
            return [(answer, [])]
        groups: dict[bool, list[Read]] = {}
        found: list[tuple[Truth, list[Read]]] = []
        for read, other in self._others(state, path[-1]):
            reads, same = self._ask_twice(predicate, other) if other else (path, answer)
            if reads != [*path[:-1], read]:
                continue
            if isinstance(same, ModelError):
                found.append((same, [read]))
            else:
                groups.setdefault(same, []).append(read)
        return [*found, *groups.items()]

    def _others(self, state: State, read: Read) -> Iterator[tuple[Read, State | None]]:
        """Yield what a read may be, each with a state in which it is; None for the read itself."""
        network, variable = self._network, read.variable
        yield read, None
        if variable >= 0:
            for number in network.closed.numbers[variable]:
                if number != read.number:
                    other = list(state)
                    other[network.level[variable] - 1] = number
                    yield Read(variable, number), other
            return
        for location in network.places[~variable]:
            if location != read.number:
                other = list(state)
                network.move(other, ~variable, read.number, location)
                yield Read(variable, location), other

    def _with(self, states: int, reads: Sequence[Read]) -> int:
        """Return the states in which one of some reads, all of one variable, is what is read."""
        variable = reads[0].variable
        wanted: dict[int, set[int]] = {}
        for read in reads:
            if variable >= 0:
                level, number = self._network.level.get(variable, 0), read.number
            else:
                level, number = self._network.places[~variable].get(read.number, (0, 0))
            wanted.setdefault(level, set()).add(number)
        if 0 in wanted:  # it never changes
            return states
        found = EMPTY
        for level, numbers in wanted.items():
            some = self._forest.where(states, {level: frozenset(numbers)})
            found = self._forest.union(found, some)
        return found

    def _ask_twice(self, predicate: Predicate, state: State) -> tuple[list[Read], Truth]:
        first, second = (self._ask(predicate, state) for _ in range(2))
        if first[0] != second[0] or str(first[1]) != str(second[1]):
            return first[0], ModelError(
                f"'{predicate.text}' answers differently when it is asked again; a property may "
                "depend only on the state"
            )
        return first

    def _ask(self, predicate: Predicate, state: State) -> tuple[list[Read], Truth]:
        network = self._network

        def locate(process: int) -> tuple[int, Location]:
            number = network.location(state, process)
            return number, network.closed.locations[process].all[number]

        context = Context(lambda variable: network.number(state, variable), locate=locate)
        try:
            answer: Truth = ask(network.closed.instance, predicate, context)
        except ModelError as error:
            answer = error
        return [read for read in context.path if isinstance(read, Read)], answer
