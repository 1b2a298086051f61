"""Learning: the user's code is run once per branch, and the branch is added to a tree.

Every branch is learned twice, the second time with a fresh process, and both must agree: a step
that depends on anything but its reads and choices is an error that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from utcheck.errors import ModelError
from utcheck.model.instance import Instance
from utcheck.model.run import (
    Choice,
    ChoiceGone,
    Context,
    Failed,
    Phase,
    Read,
    Suspended,
    condition,
    enabled,
    take_step,
)
from utcheck.program.capture import Capture
from utcheck.program.locations import Location, Locations, differs
from utcheck.program.trees import (
    Answer,
    Blocked,
    Disagreement,
    Do,
    Fail,
    Leaf,
    Path,
    Tree,
    same,
)
from utcheck.properties.kinds import Predicate

Lookup = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Branch:
    """One way of taking a step: the choices made in it, and what it does."""

    choices: tuple[int, ...]
    leaf: Do | Fail


class Learned(NamedTuple):
    """A branch that was learned: of the step at a location of a process, by what it reads."""

    process: int
    location: int
    path: tuple[Read | Choice, ...]
    leaf: Leaf


class Program:
    """A model, learned: a tree for each location of each process, grown where a search needs it.

    `learned` is None, or a list to which every branch of a step is added as it is learned.
    """

    def __init__(self, instance: Instance) -> None:
        """Know the first location of each process.

        Raises:
            ModelError: if a process breaks a rule before its first `yield`.
        """
        self.instance = instance
        capture = Capture(instance.view)
        self.locations = [Locations(instance, p, capture) for p in instance.processes]
        self._trees: list[dict[int, Tree]] = [{} for _ in instance.processes]
        self._predicates: dict[Predicate, Tree] = {}
        self.learned: list[Learned] | None = None

    def tree(self, process: int, location: int) -> Tree:
        """Return the tree of the step that starts at a location."""
        return self._trees[process].setdefault(location, Tree())

    def branches(self, process: int, location: int, lookup: Lookup) -> list[Branch]:
        """Return every way of taking the step at a location in a state; none if it is not enabled.

        Raises:
            ModelError: if the step breaks a rule, or is not deterministic.
        """
        if self.locations[process].all[location].label is None:
            return []
        tree = self.tree(process, location)
        while True:
            found = list(tree.branches(lookup))
            missing = [choices for choices, leaf in found if leaf is None]
            if not missing:
                return [Branch(c, leaf) for c, leaf in found if isinstance(leaf, Do | Fail)]
            for choices in missing:
                self._learn_step(process, location, lookup, choices)

    def learn_again(
        self, process: int, location: int, lookup: Lookup, choices: tuple[int, ...]
    ) -> None:
        """Learn one branch of a step, which a search had led to before, with all of its choices.

        Raises:
            ModelError: if the step breaks a rule, or is not deterministic.
        """
        self._learn_step(process, location, lookup, choices)

    def support(self, process: int, location: int) -> frozenset[int]:
        """Return the variables that the step at a location reads or sets, as far as it is known."""
        return self.tree(process, location).support

    def _learn_step(
        self, process: int, location: int, lookup: Lookup, choices: tuple[int, ...]
    ) -> None:
        where = self.locations[process].all[location]
        locations = self.locations[process]
        path, leaf = self._run_step(where, locations.take(where), lookup, choices)
        who = self.instance.processes[process]
        try:
            another = locations.take_another(where)
            again = self._run_step(where, another, lookup, choices)
            if not same(again, (path, leaf)):
                raise Disagreement
            self.tree(process, location).insert(path, leaf)
            if self.learned is not None:
                self.learned.append(Learned(process, location, tuple(path), leaf))
        except ChoiceGone:
            raise differs(who, where, "it offers other choices") from None
        except Disagreement:
            raise differs(who, where, "it reads, chooses or sets something else") from None

    def _run_step(
        self, where: Location, suspended: Suspended, lookup: Lookup, choices: tuple[int, ...]
    ) -> tuple[Path, Leaf]:
        locations = self.locations[where.process]
        runtime = self.instance.runtime
        process = self.instance.processes[where.process]
        context = Context(lookup, choices, process=process.name)
        if not enabled(runtime, suspended, context):
            locations.give_back(where, suspended)
            return context.path, Blocked()
        result = take_step(runtime, suspended, context)
        if isinstance(result, Failed):
            return context.path, Fail(result.message, result.place)
        target = locations.enter(result, where, tuple(context.path))
        writes = tuple(sorted(context.writes.items()))
        return context.path, Do(writes, target.number, tuple(context.events))

    def truth(self, predicate: Predicate, lookup: Lookup) -> bool:
        """Return whether a predicate holds in a state; `lookup(~p)` is the location of process p.

        For one about a step `lookup` is asked for two states, as `Read` numbers them.

        Raises:
            ModelError: if the predicate breaks a rule, or is not deterministic.
        """
        tree = self.predicate_tree(predicate)
        while True:
            (_, leaf), = tree.branches(lookup)  # fmt: skip
            if isinstance(leaf, Answer):
                return leaf.truth
            self._learn_predicate(predicate, tree, lookup)

    def predicate_tree(self, predicate: Predicate) -> Tree:
        """Return the tree of a state predicate."""
        return self._predicates.setdefault(predicate, Tree())

    def _learn_predicate(self, predicate: Predicate, tree: Tree, lookup: Lookup) -> None:
        first, second = (self._ask(predicate, lookup) for _ in range(2))
        try:
            if first != second:
                raise Disagreement
            tree.insert(*first)
        except Disagreement:
            raise ModelError(f"'{predicate.text}' answers differently when it is asked again; a "
                             "property may depend only on the state") from None  # fmt: skip

    def _ask(self, predicate: Predicate, lookup: Lookup) -> tuple[Path, Leaf]:
        def locate(process: int) -> tuple[int, Location]:
            number = lookup(~process)
            return number, self.locations[process % len(self.locations)].all[number]

        context = Context(lookup, locate=locate)
        return context.path, Answer(ask(self.instance, predicate, context))

    def dispose(self) -> None:
        """Throw every suspended process away; the program cannot learn after that."""
        for locations in self.locations:
            locations.dispose()


def ask(instance: Instance, predicate: Predicate, context: Context) -> bool:
    """Run the code of a predicate in a context.

    Raises:
        ModelError: if it breaks a rule or does not answer.
    """
    answer: Any = condition(instance.runtime, context, Phase.PROPERTY, predicate.code)
    if answer is None:
        raise ModelError(f"'{predicate.text}' returns nothing; it must return True or False")
    return bool(answer)
