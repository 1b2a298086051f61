"""The state graph of a model: every reachable state, and every way from one to another.

It is walked anew, breadth first, over learned trees, so that states have the same numbers whatever
engine the search used; who keeps a graph compares its size with what the search counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from utcheck.model.instance import Instance
from utcheck.model.run import Context
from utcheck.program.learn import Branch, Program
from utcheck.program.locations import Location
from utcheck.program.trees import ChooseNode, Do, Node, ReadNode

if TYPE_CHECKING:
    import networkx as nx

State = tuple[tuple[int, ...], tuple[int, ...]]
"""The numbers of the variables' values, and those of the processes' locations."""


class StateSpace:
    """Every reachable state of a model, by number, with the program that says what happens there.

    States are numbered from 0, breadth first: initial states in the order of `init`'s choices, then
    by the processes in their order, then by the choices in theirs.
    """

    def __init__(self, instance: Instance) -> None:
        """Explore every state of a model, of which there had better be few.

        Raises:
            ModelError: if the model breaks a rule of the model language.
        """
        self.instance = instance
        self.program = Program(instance)
        self.states: list[State] = []
        self.numbers: dict[State, int] = {}
        self.initial: dict[tuple[int, ...], int] = {}
        begin = tuple(0 for _ in instance.processes)
        for choices, numbers in instance.initial_states():
            self.initial[choices] = self._number((numbers, begin))
        # The list grows meanwhile: what a step finds is explored in its turn.
        self._branches = [list(self._steps(state)) for state in self.states]

    def _number(self, state: State) -> int:
        number = self.numbers.setdefault(state, len(self.states))
        if number == len(self.states):
            self.states.append(state)
        return number

    def _steps(self, state: State) -> Iterator[tuple[int, Branch, int | None]]:
        """Yield process and branch of each step, and the number of the state that it leads to.

        The number is None where an assertion fails.
        """
        numbers, places = state
        for process, place in enumerate(places):
            for branch in self.program.branches(process, place, numbers.__getitem__):
                leaf = branch.leaf
                after = _after(state, process, leaf) if isinstance(leaf, Do) else None
                yield process, branch, None if after is None else self._number(after)

    def close(self) -> None:
        """Throw the suspended processes away; nothing can be asked of the states after that."""
        self.program.dispose()

    def graph(self) -> nx.MultiDiGraph[int]:
        """Return the state graph as `utcheck.check` describes it."""
        import networkx as nx

        instance = self.instance
        graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(
            model=type(instance.model).__name__,
            parameters=dict(instance.model.utcheck_values),
            processes=tuple(process.name for process in instance.processes),
            initial=dict(self.initial),
        )
        graph.add_nodes_from((number, self._node(number)) for number in range(len(self.states)))
        for number, steps in enumerate(self._branches):
            for process, branch, target in steps:
                if target is not None:
                    graph.add_edge(number, target, **self._edge(number, process, branch))
        return graph

    def _node(self, number: int) -> dict[str, Any]:
        """Return the attributes of a state."""
        instance, (numbers, _) = self.instance, self.states[number]
        steps = self._branches[number]
        labels = [location.label for location in self.locations(number)]
        over = all(
            process.daemon or label is None
            for process, label in zip(instance.processes, labels, strict=True)
        )
        return {
            "variables": {
                name: instance.value(v, numbers[v]) for v, name in enumerate(instance.names)
            },
            "locations": {
                process.name: label
                for process, label in zip(instance.processes, labels, strict=True)
            },
            "initial": number in self.initial.values(),
            "deadlock": not steps and not over,
            "fails": tuple(dict.fromkeys(
                (instance.processes[process].name, labels[process])
                for process, _, target in steps
                if target is None
            )),
        }  # fmt: skip

    def _edge(self, number: int, process: int, branch: Branch) -> dict[str, Any]:
        """Return the attributes of a transition."""
        numbers, places = self.states[number]
        tree = self.program.tree(process, places[process])
        return {
            "process": self.instance.processes[process].name,
            "label": self.program.locations[process].all[places[process]].label,
            "options": _options(tree.root, numbers.__getitem__, branch.choices),
            "choices": branch.choices,
            "events": branch.leaf.events if isinstance(branch.leaf, Do) else (),
        }

    def locations(self, number: int) -> list[Location]:
        """Return where each process is in a state."""
        return [
            locations.all[place]
            for locations, place in zip(self.program.locations, self.states[number][1], strict=True)
        ]

    def context(self, number: int) -> Context:
        """Return the context in which a property is asked about a state."""
        numbers, places = self.states[number]
        here = self.locations(number)
        return Context(numbers.__getitem__, locate=lambda process: (places[process], here[process]))


def state_graph(instance: Instance) -> nx.MultiDiGraph[int]:
    """Return the state graph of a model.

    Raises:
        ModelError: if the model breaks a rule of the model language.
    """
    space = StateSpace(instance)
    try:
        return space.graph()
    finally:
        space.close()


def _after(state: State, process: int, leaf: Do) -> State:
    numbers, places = list(state[0]), list(state[1])
    for variable, number in leaf.writes:
        numbers[variable] = number
    places[process] = leaf.target
    return tuple(numbers), tuple(places)


def _options(
    node: Node | None, lookup: Callable[[int], int], choices: Sequence[int]
) -> tuple[Any, ...]:
    """Return the values that `choose` returned in the branch with these choices."""
    options: list[Any] = []
    while len(options) < len(choices):
        if isinstance(node, ReadNode):
            node = node.children[lookup(node.variable)]
        elif isinstance(node, ChooseNode):
            taken = choices[len(options)]
            options.append(node.options[taken])
            node = node.children[taken]
    return tuple(options)
