"""The state graph of a program over packed states, with everything remembered that can be.

A state is one integer (`program.layout`). What a step does depends only on the variables in its
support, so its effect is looked up under the bits of the state that hold them: a tuple of numbers,
one per way of taking the step, to be *added* to the state. The trees are walked, and where a branch
is not known the user's Python is run, only when such a projection of the state is met for the first
time. (LTSmin calls this transition caching; Blom, van de Pol and Weber, CAV 2010.)

Neighbouring processes whose effects together depend on few bits are looked up as one: a *group*.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence, Sized
from itertools import chain
from typing import Any

from utcheck.engines.search import SearchError
from utcheck.engines.space import Transition, movers_of, scan, scan_steps
from utcheck.errors import ModelError, Place
from utcheck.model.instance import Instance
from utcheck.outcome import Event
from utcheck.program.layout import Layout
from utcheck.program.learn import Branch, Program
from utcheck.program.trees import Do, Fail
from utcheck.properties.kinds import Predicate

Changes = tuple[int, ...]
# What a group does in a state: the changes, and the process of each.
Way = tuple[Changes, tuple[int, ...]]
Step = tuple[tuple[int, ...], int | None, tuple[Event, ...]]

# So many states are looked up at once.
CHUNK = 8192
# A memory of answers is emptied when it has so many entries: it would be as large as the state set.
MOST_ANSWERS = 1 << 18
# A group is worth it if there are so many states for each entry of its memory: to make an entry
# takes about as long as to look that many states up.
STATES_PER_ENTRY = 64


class Group:
    """Neighbouring processes whose changes are looked up together.

    `memory` has what to add to a state for each way in which one of the processes can take a step,
    for each value of the bits in `mask`, and `movers` whose steps these are. A state in which an
    assertion fails has no entry.
    """

    __slots__ = ("mask", "memory", "movers", "processes")

    def __init__(self, processes: range, mask: int) -> None:
        """Remember nothing yet."""
        self.processes = processes
        self.mask = mask
        self.memory: dict[int, Changes] = {}
        self.movers: dict[int, tuple[int, ...]] = {}

    def known(self, states: Sequence[int]) -> list[Any]:
        """Return what is remembered for each state: its changes, or None."""
        mask, get = self.mask, self.memory.get
        return [get(state & mask) for state in states]

    def get(self, state: int) -> Changes | None:
        """Return what is remembered for one state."""
        return self.memory.get(state & self.mask)

    def remember(self, state: int, mask: int, changes: Changes, movers: tuple[int, ...]) -> None:
        """Remember the changes of a state and who makes them; both depend on the bits in `mask`."""
        if mask != self.mask or len(self.memory) >= MOST_ANSWERS:
            self.mask = mask
            self.memory.clear()
            self.movers.clear()
        self.memory[state & mask] = changes
        self.movers[state & mask] = movers


class Single:
    """One process, whose changes are looked up by its location first.

    `memory` has, for each location, the bits that matter there and the changes for their values.
    """

    __slots__ = ("_field", "_locations", "_shift", "_times", "memory", "processes")

    def __init__(self, process: int, layout: Layout, locations: Sized) -> None:
        """Remember nothing yet; `locations` are those of the process that are known."""
        self.processes = range(process, process + 1)
        self._times: dict[int, tuple[int, ...]] = {}
        self._shift, self._field = layout.shifts[~process], layout.masks[~process]
        self._locations = locations
        self.memory: list[tuple[int, dict[int, Changes]]] = []

    def known(self, states: Sequence[int]) -> list[Any]:
        """Return what is remembered for each state: its changes, or None."""
        shift, field, memory = self._shift, self._field, self.memory
        memory += [(0, {}) for _ in range(len(memory), len(self._locations))]
        return [
            answers.get(state & support)
            for state in states
            for support, answers in (memory[state >> shift & field],)
        ]

    def times(self, count: int) -> tuple[int, ...]:
        """Return the process, so many times."""
        known = self._times.get(count)
        if known is None:
            known = self._times[count] = tuple(self.processes) * count
        return known

    def get(self, state: int) -> Changes | None:
        """Return what is remembered for one state."""
        support, answers = self.memory[state >> self._shift & self._field]
        return answers.get(state & support)

    def remember(self, state: int, support: int, changes: Changes) -> None:
        """Remember the changes of a state, which depend on the bits in `support`."""
        location = state >> self._shift & self._field
        known, answers = self.memory[location]
        if known != support or len(answers) >= MOST_ANSWERS:
            answers = {}
            self.memory[location] = (support, answers)
        answers[state & support] = changes


class PackedSpace:
    """The state graph of a program, whose states are packed by a layout.

    `failed` collects the states that `changes` was asked about in which an assertion fails.
    """

    def __init__(self, program: Program, layout: Layout | None = None) -> None:
        """Pack the states of a program, roomily if no layout is given."""
        self.program = program
        self.instance: Instance = program.instance
        self.layout = layout or Layout.of(program)
        count = len(self.instance.processes)
        self.groups: list[Group | Single] = []
        self.failed: dict[int, None] = {}
        self._differences: set[int] = set()
        self._supports: list[dict[int, int]] = [{} for _ in range(count)]
        self._touched = [self.layout.mask(frozenset({~p})) for p in range(count)]
        self._steps: dict[tuple[int, int], dict[int, tuple[Step, ...]]] = {}
        self._known_movers: dict[Any, tuple[Sequence[int], int]] = {}
        self._step_answers: dict[Predicate, tuple[int, int, dict[tuple[int, int], bool]]] = {}
        self._answers: dict[Predicate, tuple[int, dict[int, bool]]] = {}
        self.regroup(())

    def initial(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Yield the initial states; see `Space`."""
        begin = tuple(0 for _ in self.instance.processes)
        for choices, numbers in self.instance.initial_states():
            yield choices, self.layout.packed(numbers, begin)

    def transitions(self, state: int) -> list[Transition]:
        """Return the transitions of a state; see `Space`."""
        return [
            Transition(process, choices, None if change is None else state + change, events)
            for process in range(len(self._supports))
            for choices, change, events in self.steps(process, state)
        ]

    def steps(self, process: int, state: int) -> tuple[Step, ...]:
        """Return choices, change and events of each way in which a process can take its step.

        The change is None where an assertion fails.

        Raises:
            SearchError: if the step breaks a rule of the model language.
        """
        location = self.layout.number(state, ~process)
        known = self._steps.get((process, location))
        steps = known.get(state & self._supports[process][location]) if known else None
        return self._learn(process, location, state) if steps is None else steps

    def _learn(self, process: int, location: int, state: int) -> tuple[Step, ...]:
        """Walk the tree of a step in a state, and remember what it does."""
        layout = self.layout
        try:
            branches = self.program.branches(process, location, lambda v: layout.number(state, v))
        except ModelError as error:
            raise SearchError(error, state, process) from None
        steps = tuple(
            (b.choices, self._change(process, location, state, b),
             b.leaf.events if isinstance(b.leaf, Do) else ())
            for b in branches
        )  # fmt: skip
        support = layout.mask(self.program.support(process, location))
        if support != self._supports[process].get(location):
            # A new branch looks at more of the state: what was remembered is too coarse.
            self._supports[process][location] = support
            self._steps[process, location] = {}
            self._touched[process] |= support
        self._steps[process, location][state & support] = steps
        self._differences.update(change for _, change, _ in steps if change is not None)
        return steps

    def _change(self, process: int, location: int, state: int, branch: Branch) -> int | None:
        leaf = branch.leaf
        if isinstance(leaf, Fail):
            return None
        change = self.layout.change(~process, location, leaf.target)
        for variable, number in leaf.writes:
            change += self.layout.change(variable, self.layout.number(state, variable), number)
        return change

    def changes(self, group: Group | Single, states: Sequence[int]) -> list[Changes]:
        """Return what to add to each state for the steps of a group, apart from those that fail."""
        found = group.known(states)
        if None in found:
            for position, changes in enumerate(found):
                if changes is None:
                    found[position] = self._unknown(group, states[position])
        return found

    def _unknown(self, group: Group | Single, state: int) -> Changes:
        known = group.get(state)
        if known is not None:  # since the list of states was looked up
            return known
        steps = [(p, step[1]) for p in group.processes for step in self.steps(p, state)]
        changes = tuple(change for _, change in steps if change is not None)
        if len(changes) < len(steps):
            self.failed[state] = None
        elif isinstance(group, Group):
            mask, movers = self._mask(group.processes), tuple(process for process, _ in steps)
            group.remember(state, mask, changes, movers)
        else:
            (process,) = group.processes
            location = self.layout.number(state, ~process)
            group.remember(state, self._supports[process].get(location, 0), changes)
        return changes

    def successors(self, states: Sequence[int]) -> list[list[int]]:
        """Return the successors of each state; see `Space`."""
        columns = [self.changes(group, states) for group in self.groups]
        return [
            [state + change for changes in found for change in changes]
            for state, *found in zip(states, *columns, strict=True)
        ]

    def movers(self, states: Sequence[int]) -> list[tuple[Sequence[int], int]]:
        """Return who moves and who is enabled in each state; see `Space`."""
        self.failed.clear()
        columns = [self._movers_in(group, states) for group in self.groups]
        get = self._known_movers.get
        found = [get(parts) or self._movers(parts) for parts in zip(*columns, strict=True)]
        if self.failed:
            for position, state in enumerate(states):
                if state in self.failed:
                    found[position] = movers_of(self.transitions(state))
        return found

    def tables(self, states: Sequence[int]) -> Iterator[tuple[list[int], list[Way]]] | None:
        """Return, for each group, what its steps are: a list of ways, and the way of each state.

        None where an assertion fails in some state, which no way tells.
        """
        self.failed.clear()
        found = [self._table(group, states) for group in self.groups]
        return None if self.failed else iter(found)

    def _table(self, group: Group | Single, states: Sequence[int]) -> tuple[list[int], list[Way]]:
        if isinstance(group, Single):
            return self._table_of_one(group, states)
        known: dict[Way, int] = {}
        numbers: list[int] = []
        ids: dict[int, int] = {}
        for begin in range(0, len(states), CHUNK):
            chunk = states[begin : begin + CHUNK]
            self.changes(group, chunk)
            if self.failed:
                break
            # What is remembered is few, and need not be compared for each state.
            if ids.keys() != group.memory.keys():
                ways = {key: (c, group.movers[key]) for key, c in group.memory.items()}
                ids = {key: known.setdefault(way, len(known)) for key, way in ways.items()}
            numbers += [ids[state & group.mask] for state in chunk]
        return numbers, list(known)

    def _table_of_one(self, group: Single, states: Sequence[int]) -> tuple[list[int], list[Way]]:
        known: dict[Changes, int] = {}
        numbers: list[int] = []
        for begin in range(0, len(states), CHUNK):
            found = self.changes(group, states[begin : begin + CHUNK])
            numbers += [known.setdefault(changes, len(known)) for changes in found]
        return numbers, [(changes, group.times(len(changes))) for changes in known]

    def _movers_in(self, group: Group | Single, states: Sequence[int]) -> list[tuple[int, ...]]:
        """Return which processes of a group move in each state; nothing where one fails."""
        changes = self.changes(group, states)
        if isinstance(group, Group):
            mask, get = group.mask, group.movers.get
            return [get(state & mask, ()) for state in states]
        return [group.times(len(found)) for found in changes]

    def _movers(self, parts: tuple[tuple[int, ...], ...]) -> tuple[Sequence[int], int]:
        """Return who moves and who is enabled, from who moves in each group."""
        movers = tuple(chain.from_iterable(parts))
        enabled = sum(1 << process for process in set(movers))
        found = self._known_movers[parts] = (movers, enabled)
        return found

    def _mask(self, processes: range) -> int:
        mask = 0
        for process in processes:
            mask |= self._touched[process]
        return mask

    def regroup(self, sample: Sequence[int]) -> None:
        """Group neighbouring processes, as far as a sample of states says that it is worth it."""
        self.groups = []
        first, count = 0, len(self._supports)
        while first < count:
            last = first + 1
            while last < count and self._worth(range(first, last + 1), sample):
                last += 1
            if last > first + 1:
                self.groups.append(Group(range(first, last), self._mask(range(first, last))))
            else:
                self.groups.append(self._single(first))
            first = last

    def _single(self, process: int) -> Single:
        return Single(process, self.layout, self.program.locations[process].all)

    def _worth(self, processes: range, sample: Sequence[int]) -> bool:
        mask = self._mask(processes)
        return len({state & mask for state in sample}) * STATES_PER_ENTRY < len(sample)

    def review(self, states: int) -> None:
        """Take apart the groups that remember more than they save; `states` were seen so far."""
        groups: list[Group | Single] = []
        for group in self.groups:
            if isinstance(group, Group) and STATES_PER_ENTRY * len(group.memory) > states:
                groups += map(self._single, group.processes)
            else:
                groups.append(group)
        self.groups = groups

    def leading(self, states: Sequence[int], ahead: Collection[int]) -> dict[int, list[Transition]]:
        """Return the states with transitions to states in `ahead`; see `Space`."""
        hits: dict[int, None] = {}
        if len(ahead) * len(self._differences) < len(states):
            candidates = {target - change for target in ahead for change in self._differences}
            return scan(self, candidates.intersection(states), ahead)
        for group in self.groups:
            found = self.changes(group, states)
            hits.update(
                (state, None)
                for state, changes in zip(states, found, strict=True)
                for change in changes
                if state + change in ahead
            )
        return {s: [t for t in self.transitions(s) if t.target in ahead] for s in hits}

    def holds(self, predicate: Predicate, state: int) -> bool:
        """Return whether a predicate is true in a state; see `Space`."""
        support, answers = self._answers.get(predicate, (0, {}))
        truth = answers.get(state & support)
        return self._ask(predicate, state) if truth is None else truth

    def _ask(self, predicate: Predicate, state: int) -> bool:
        """Walk the tree of a predicate in a state, and remember its answer."""
        layout = self.layout
        try:
            truth = self.program.truth(predicate, lambda v: layout.number(state, v))
        except ModelError as error:
            raise SearchError(error, state, None) from None
        support = layout.mask(self.program.predicate_tree(predicate).support)
        known, answers = self._answers.get(predicate, (-1, {}))
        if known != support or len(answers) >= MOST_ANSWERS:
            answers = {}
            self._answers[predicate] = (support, answers)
        answers[state & support] = truth
        return truth

    def holds_for(self, predicate: Predicate, old: int, new: int) -> bool:
        """Return whether a predicate is true of a step between two states; see `Space`."""
        before, after, answers = self._step_answers.get(predicate, (0, 0, {}))
        truth = answers.get((old & before, new & after))
        return self._ask_step(predicate, old, new) if truth is None else truth

    def breaking(self, predicate: Predicate, states: Sequence[int]) -> Iterator[int]:
        """Return the states with a step that breaks a rule; see `Space`."""
        return scan_steps(self, predicate, states)

    def _ask_step(self, predicate: Predicate, old: int, new: int) -> bool:
        """Walk the tree of a predicate of steps, and remember its answer."""
        layout = self.layout

        def lookup(v: int) -> int:
            before = self._past(v)
            return layout.number(new, v) if before is None else layout.number(old, before)

        try:
            truth = self.program.truth(predicate, lookup)
        except ModelError as error:
            raise SearchError(error, new, None) from None
        support = self.program.predicate_tree(predicate).support
        before = layout.mask(frozenset(b for v in support if (b := self._past(v)) is not None))
        after = layout.mask(frozenset(v for v in support if self._past(v) is None))
        known = self._step_answers.get(predicate)
        if known is None or known[:2] != (before, after) or len(known[2]) >= MOST_ANSWERS:
            known = self._step_answers[predicate] = (before, after, {})
        known[2][old & before, new & after] = truth
        return truth

    def _past(self, variable: int) -> int | None:
        """Return which variable or location this is the old value of (see `Read`), or None."""
        variables, processes = len(self.instance.names), len(self.instance.processes)
        if variable >= 0:
            return variable - variables if variable >= variables else None
        return variable + processes if ~variable >= processes else None

    def label(self, process: int, state: int) -> str:
        """Return the label of the next step of a process; see `Space`."""
        locations = self.program.locations[process].all
        return locations[self.layout.number(state, ~process)].label or ""

    def where(self, predicate: Predicate, truth: bool, states: Sequence[int]) -> list[int]:
        """Return the states in which a predicate has this truth."""
        known = self.answers(predicate, states)
        return [state for state, is_so in zip(states, known, strict=True) if is_so == truth]

    def answers(self, predicate: Predicate, states: Sequence[int]) -> list[bool]:
        """Return whether a predicate is true in each of some states; see `Space`."""
        support, answers = self._answers.get(predicate, (0, {}))
        get = answers.get
        known: list[Any] = [get(state & support) for state in states]
        if None in known:
            return [self.holds(predicate, state) for state in states]
        return known

    def may_end(self, state: int) -> bool:
        """Return whether every process has ended in a state, or is a daemon."""
        return all(
            p.daemon or locations.all[self.layout.number(state, ~p.number)].label is None
            for p, locations in zip(self.instance.processes, self.program.locations, strict=True)
        )

    def ran(self) -> set[tuple[int, str, Place]]:
        """Return process, label and place of each step that was taken in some state."""
        return {
            (process, location.label or "", location.place or Place(""))
            for process, locations in enumerate(self.program.locations)
            for location in locations.all
            for leaf in self.program.tree(process, location.number).leaves()
            if isinstance(leaf, Do | Fail)
        }
