"""The product of the state graph with an automaton, and the fair accepting runs in it.

A node is a state and the state of the automaton that has read the letters of a run up to and
including this state's. A letter is the set of the atoms that are true. An event is true where the
run has just taken a step with that event.

A state of the automaton that accepts whatever follows is a *sink*: the run so far is enough.

A run is accepted and fair if it goes round in a strongly connected component for ever, with a mark
of each acceptance set, and gives every process its due. The automaton is generalised, and fairness
is one more condition on the component, so neither is multiplied into the product (Couvreur,
On-the-fly verification of linear temporal logic, FM 1999; for strong fairness, where a component is
taken apart again, Emerson and Lei 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from utcheck.engines.components import components
from utcheck.engines.paths import Step
from utcheck.engines.space import CHUNK, Transition
from utcheck.engines.states import StateGraph
from utcheck.model.process import Fairness
from utcheck.properties.kinds import EventAtom, Predicate, Proposition
from utcheck.properties.ltl.automaton import Automaton

# A product that reaches more states than this, and this part of all, is searched with arrays, if it
# can be,
LARGE = 30_000
LARGE_PART = 12
# which hold sets of processes and marks in 64 bits,
MOST_BITS = 62
# and are slow where the graph has very many layers of few states.
MOST_LAYERS = 5_000

Moves = tuple[tuple[int, int], ...]


class Ways(Protocol):
    """A product in arrays, once it was searched (see `arrays`)."""

    def way(self, begin: int, goal: int, inside: Collection[int]) -> list[int]:
        """Return the nodes of a shortest walk of at least one step inside some nodes."""


class Move(NamedTuple):
    """A step in the product; `settles` has the process and, behind all processes, the marks."""

    process: int
    choices: tuple[int, ...]
    target: int
    settles: int


class Product:
    """The product of a state graph with an automaton; nodes are numbers.

    `due` has the obligations of a cycle as bits: the weakly fair processes, which are also in
    `weak`, and behind all processes the acceptance sets. `strong` has the strongly fair processes.
    """

    def __init__(
        self,
        graph: StateGraph,
        automaton: Automaton,
        atoms: Sequence[Proposition],
        fairness: Sequence[Fairness],
        stops: bool = True,
    ) -> None:
        """Read the letter of every state; with `stops` a run ends where it has come to a sink."""
        self.graph = graph
        self.automaton = automaton
        self._size = len(automaton.edges)
        self._events = {a.name: 1 << n for n, a in enumerate(atoms) if isinstance(a, EventAtom)}
        self.weak = bits(p for p, kind in enumerate(fairness) if kind == "weak")
        self.strong = bits(p for p, kind in enumerate(fairness) if kind == "strong")
        self._processes = len(fairness)
        self.due = self.weak | ((1 << automaton.sets) - 1) << self._processes
        self._letters = self._read(atoms)
        self._moves: list[dict[int, Moves]] = [{} for _ in range(self._size)]
        self._targets: list[dict[int, tuple[int, ...]]] = [{} for _ in range(self._size)]
        for letter in set(self._letters):
            for state in range(self._size):
                moves = self._automaton_moves(state, letter)
                self._targets[state][letter] = tuple(dict.fromkeys(t for t, _ in moves))
        self._sinks = [stops and self._is_sink(state) for state in range(self._size)]
        self._accepted: dict[tuple[int, int], bool] = {}
        self.searched: Ways | None = None

    def _automaton_moves(self, state: int, letter: int) -> Moves:
        """Return the moves of the automaton, with their marks as obligations that they settle."""
        known = self._moves[state].get(letter)
        if known is None:
            known = self._moves[state][letter] = tuple(
                (target, marks << self._processes)
                for target, marks in self.automaton.moves(state, letter)
            )
        return known

    def _is_sink(self, state: int) -> bool:
        everything = (1 << self.automaton.sets) - 1
        return any(
            edge.target == state
            and not edge.needs
            and not edge.forbids
            and edge.marks == everything
            for edge in self.automaton.edges[state]
        )

    def _read(self, atoms: Sequence[Proposition]) -> list[int]:
        letters = [0] * len(self.graph.states)
        for number, atom in enumerate(atoms):
            if isinstance(atom, Predicate):
                bit, truths = 1 << number, self.graph.truths(atom)
                letters = [
                    letter | bit if true else letter
                    for letter, true in zip(letters, truths, strict=True)
                ]
        return letters

    # --- nodes and what leads from one to the next

    def state(self, node: Any) -> Any:
        """Return the state of a node, as the space has it."""
        return self.graph.states[node // self._size]

    def word(self, initial: Any, steps: Sequence[Step]) -> list[int]:
        """Return the letters that a run from an initial node reads, events included."""
        number = initial // self._size
        letters = [self._letters[number]]
        for step in steps:
            found = next(t for t in self.graph.transitions(number) if t[:2] == step)
            number = found.target
            letters.append(self._letter_of(found))
        return letters

    def _letter_of(self, transition: Transition) -> int:
        letter: int = self._letters[transition.target]
        for event in transition.events:
            letter |= self._events.get(event.name, 0)
        return letter

    def begin(self) -> list[int]:
        """Return the initial nodes."""
        start = self._targets[self.automaton.initial]
        return [
            number * self._size + target
            for number in self.graph.initial
            for target in start[self._letters[number]]
        ]

    def successors(self, node: int) -> list[int]:
        """Return the nodes that a step leads to; none from a sink."""
        number, state = divmod(node, self._size)
        if self._sinks[state]:
            return []
        if self._events:
            return list(dict.fromkeys(move.target for move in self.moves(node)))
        size, letters, targets = self._size, self._letters, self._targets[state]
        row = self.graph.rows[number]
        if row is None:
            row = self.graph.row(number)
        return [n * size + target for n in row for target in targets[letters[n]]]

    def prepare(self, nodes: Iterable[int]) -> None:
        """Work out many nodes together: their successors are going to be asked for."""
        self.graph.fill(node // self._size for node in nodes)

    def transitions(self, node: int) -> list[Transition]:
        """Return the transitions of a node; see `Space`."""
        found = {move[:3]: None for move in self.moves(node)}
        return [Transition(*move) for move in found]

    def moves(self, node: int) -> list[Move]:
        """Return the steps from a node, with the obligations that each of them settles."""
        number, state = divmod(node, self._size)
        found = []
        for transition in self.graph.transitions(number):
            process, choices, target, _ = transition
            for following, marks in self._automaton_moves(state, self._letter_of(transition)):
                node = target * self._size + following
                found.append(Move(process, choices, node, 1 << process | marks))
        return found

    def leading(self, nodes: Sequence[int], ahead: Collection[int]) -> dict[int, list[Transition]]:
        """Return those of `nodes` that have transitions to nodes in `ahead`; see `Space`."""
        self.prepare(nodes)
        found = {}
        for node in nodes:
            if any(target in ahead for target in self.successors(node)):
                found[node] = [t for t in self.transitions(node) if t.target in ahead]
        return found

    def enabled(self, node: int) -> int:
        """Return the processes that are enabled in a node, as bits."""
        number = node // self._size
        if number not in self.graph.enabled:
            self.graph.fill_movers((number,))
        return self.graph.enabled[number]

    def ever(self, inside: frozenset[int]) -> int:
        """Return the processes that are enabled in some node of a set, as bits."""
        self.graph.fill_movers({node // self._size for node in inside})
        found = 0
        for node in inside:
            found |= self.graph.enabled[node // self._size]
        return found

    # --- accepted runs

    def _waiting(self) -> bool:
        """Whether the automaton may wait in its initial state for ever, without accepting that.

        Then that state goes with every state of the graph, and no cycle that counts has it.
        """
        start, automaton = self.automaton.initial, self.automaton
        comes_back = any(
            edge.target == start
            for state, edges in enumerate(automaton.edges)
            for edge in edges
            if state != start
        )
        own = [edge for edge in automaton.edges[start] if edge.target == start]
        stays = any(not edge.needs and not edge.forbids for edge in own)
        marks = 0
        for edge in own:
            marks |= edge.marks
        everything = (1 << automaton.sets) - 1
        return stays and not comes_back and marks != everything and not self._events

    def _starts(self) -> list[int]:
        """Return the nodes that are reached in one step of the automaton from where it waits."""
        start = self.automaton.initial
        onward = {
            letter: tuple(target for target in targets if target != start)
            for letter, targets in self._targets[start].items()
        }
        return [
            number * self._size + target
            for number, letter in enumerate(self._letters)
            for target in onward[letter]
        ]

    def _roots(self) -> Sequence[int] | None:
        """Return nodes from which every node that can lie on a cycle that counts is reached.

        The rows of all their successors are worked out; None where these are too many, and the
        product can do with arrays.
        """
        states = len(self.graph.states)
        most = states
        if self._suits_arrays():
            most = LARGE if self.graph.compact else max(LARGE, states // LARGE_PART)
        if not self._waiting():
            if states > most:
                return None
            self.graph.fill(range(len(self.graph.states)))
            return self.begin()
        roots = self._starts()
        reached = self._fill_from({node // self._size for node in roots}, most)
        return roots if reached else None

    def _suits_arrays(self) -> bool:
        bits_needed = self._processes + self.automaton.sets
        # A long thin graph is slower with arrays.
        deep = self.graph.depth > MOST_LAYERS and not self.graph.compact
        return not self._events and not self.strong and bits_needed < MOST_BITS and not deep

    def _fill_from(self, begin: set[int], most: int) -> bool:
        """Work out the rows of all states that are reached through letters that are waited on.

        Give up where there are more than `most`.
        """
        start, letters, rows = self.automaton.initial, self._letters, self.graph.rows
        inside = {
            letter
            for state, targets in enumerate(self._targets)
            for letter, found in targets.items()
            if state != start and found
        }
        able = [letter in inside for letter in letters]
        seen, layer = set(begin), begin
        while layer:
            if len(seen) > most:
                return False
            self.graph.fill(layer)
            layer = {n for number in layer for n in rows[number] or () if able[n]} - seen
            seen |= layer
        return True

    def decisive(self) -> tuple[set[int], Mapping[int, frozenset[int]]]:
        """Return what shows that a fair run is accepted: ends of runs, and sets to go round in.

        In an end the run stays for ever and is accepted, or it is accepted whatever follows. Each
        set of nodes has a fair accepted cycle through any of them; it is found by any of them.
        """
        roots = self._roots()
        if roots is None:
            by_kernels = self.graph.compact
            return self._decisive_by_kernels() if by_kernels else self._decisive_by_arrays()
        ends: set[int] = set()

        def successors(node: int) -> list[int]:
            found = self.successors(node)
            if not found and self.accepts_end(node):
                ends.add(node)
            return found

        parts = list(components(roots, successors))
        return ends, _by_node(self._fair(parts))

    def _decisive_by_kernels(self) -> tuple[set[int], Mapping[int, frozenset[int]]]:
        """Do the same for a large product, with the kernels that have found the states."""
        from utcheck.engines.native.graph import fair_nodes  # numpy is slow to import

        graph: Any = self.graph
        waiting, start = self._waiting(), self.automaton.initial
        left_out = {state for state, sink in enumerate(self._sinks) if sink}
        reached, fair = fair_nodes(
            graph, self._letters, self._moves, left_out | ({start} if waiting else set()),
            self._starts() if waiting else self.begin(), self.due, self.weak,
        )  # fmt: skip
        numbers, states = reached // self._size, reached % self._size
        last = graph.edges.begin[numbers] == graph.edges.begin[numbers + 1]
        ends = {node for node in reached[last].tolist() if self.accepts_end(node)}
        for state in left_out:
            ends.update(reached[states == state].tolist())
        return ends, fair

    def _decisive_by_arrays(self) -> tuple[set[int], Mapping[int, frozenset[int]]]:
        """Do the same for a large product, with whole arrays of nodes at a time."""
        from utcheck.engines.arrays import ProductArrays, arrays_of  # numpy is slow to import

        states = arrays_of(self.graph)
        waiting, start = self._waiting(), self.automaton.initial
        left_out = {state for state, sink in enumerate(self._sinks) if sink}
        edges = ProductArrays(
            states, self._letters, self._moves, left_out | ({start} if waiting else set())
        )
        found = self.searched = edges.components(self._starts() if waiting else self.begin())
        last = found.reached[states.degree[found.reached // self._size] == 0].tolist()
        ends = {node for node in last if self.accepts_end(node)}
        for state in left_out:
            ends.update(found.reached[found.reached % self._size == state].tolist())
        sets = []
        for component in found:
            settled, always = edges.settled(found, component)
            if not self.due & ~(settled | self.weak & ~always):
                sets.append(frozenset(component.tolist()))
        return ends, _by_node(sets)

    def accepts_end(self, node: int) -> bool:
        """Return whether a run that comes to a node is accepted whatever it does, or stays there.

        It stays for ever in a state in which no process is enabled, and no event occurs any more.
        """
        number, state = divmod(node, self._size)
        if self._sinks[state]:
            return True
        return self.graph.ends(number) and self._accepts(state, self._letters[number])

    def _accepts(self, state: int, letter: int) -> bool:
        """Return whether the automaton accepts a letter that comes for ever."""
        known = self._accepted.get((state, letter))
        if known is None:
            known = self._accepted[state, letter] = any(
                self._all_marks(set(part), letter)
                for part in components([state], lambda one: self._targets[one][letter])
            )
        return known

    def _all_marks(self, inside: set[int], letter: int) -> bool:
        seen = 0
        for state in inside:
            for target, marks in self._moves[state][letter]:
                if target in inside:
                    seen |= marks
        return seen >> self._processes == (1 << self.automaton.sets) - 1

    def _fair(self, parts: list[list[int]]) -> Iterator[frozenset[int]]:
        """Yield those of the components, or what is left of them, that have a fair cycle."""
        work = parts
        while work:
            inside = frozenset(work.pop())
            settled, always, ever = self._activity(inside)
            if self.due & ~(settled | self.weak & ~always):
                continue  # a mark is missing, or a process that is enabled throughout never moves
            starved = self.strong & ever & ~settled
            if not starved:
                yield inside
                continue
            kept = frozenset(node for node in inside if not self.enabled(node) & starved)
            work += components(kept, self._within(kept))

    def _within(self, nodes: frozenset[int]) -> Callable[[int], list[int]]:
        return lambda node: [target for target in self.successors(node) if target in nodes]

    def _activity(self, inside: frozenset[int]) -> tuple[int, int, int]:
        """Return what is settled inside, who is enabled in every node, who is in some.

        Without strong fairness this ends as soon as every obligation is met.
        """
        settled, always, ever = 0, -1, 0
        nodes = list(inside)
        for begin in range(0, len(nodes), CHUNK):
            chunk = nodes[begin : begin + CHUNK]
            self.graph.fill_movers({node // self._size for node in chunk})
            for node in chunk:
                enabled = self.enabled(node)
                always &= enabled
                ever |= enabled
                settled |= self._settled(node, inside)
            if not self.strong and not self.due & ~(settled | self.weak & ~always):
                break
        return settled, always, ever

    def _settled(self, node: int, inside: frozenset[int]) -> int:
        """Return the obligations that steps from a node settle without leaving `inside`."""
        settled = 0
        if self._events:
            for move in self.moves(node):
                if move.target in inside:
                    settled |= move.settles
            return settled
        number, state = divmod(node, self._size)
        moves, letters, size = self._moves[state], self._letters, self._size
        for n, process in zip(self.graph.row(number), self.graph.movers[number], strict=True):
            for target, marks in moves[letters[n]]:
                if n * size + target in inside:
                    settled |= marks | 1 << process
        return settled


def _by_node(sets: Iterable[frozenset[int]]) -> dict[int, frozenset[int]]:
    """Return the set that each node is in."""
    return {node: inside for inside in sets for node in inside}


def bits(numbers: Iterable[int]) -> int:
    """Return a set of numbers as bits."""
    result = 0
    for number in numbers:
        result |= 1 << number
    return result
