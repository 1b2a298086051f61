"""Closing: every branch of every step, from the declared domains and the values ever written.

The closure is the least fixpoint over the Cartesian abstraction (Cousot and Cousot 1979): for each
variable the set of the numbers that it may have, for each process the set of its locations. A step
is run for every combination of the numbers of the variables that it turns out to read. What the
sets admit and no run does costs time, and nothing else: a branch that breaks a rule of the model
language is a leaf that says so (`Broken`), and is an error only where a run comes to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from utcheck.errors import ModelError, UsageError
from utcheck.model.instance import Instance
from utcheck.model.run import Choice, Context, Failed, Read, Suspended, enabled, take_step
from utcheck.program.capture import Capture
from utcheck.program.closed import Broken, Case, Closed, Leaf, Options, Sharing
from utcheck.program.locations import SHORT, Location, Locations, differs
from utcheck.program.trees import Blocked, Do, Fail, Path, same


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where closing gives up: branches of one step, values of one variable, places of a process."""

    branches: int = 10_000
    values: int = 2_000
    locations: int = 100_000


class NotClosed(UsageError):
    """A model does not close, or not within the bounds; the text says what would help."""


class Interrupted(Exception):
    """Closing was asked to stop."""


@dataclass(frozen=True, slots=True)
class ClosedProgram:
    """A model with every branch of its steps.

    `numbers` has the numbers that each variable may have, and `steps` the tree of each location of
    each process; it is None where the process has ended.
    """

    instance: Instance
    locations: tuple[Locations, ...]
    numbers: tuple[tuple[int, ...], ...]
    steps: tuple[tuple[Closed | None, ...], ...]

    def dispose(self) -> None:
        """Throw every suspended process away; no condition can be asked after that."""
        for locations in self.locations:
            locations.dispose()


@dataclass(slots=True)
class _Step:
    """The tree of a step while it grows."""

    place: Location
    root: dict[int, Closed] = field(default_factory=dict)
    branches: int = 0


@dataclass(slots=True)
class _Task:
    """A branch that is not known: the answers that lead to it, and where it is to hang."""

    step: _Step
    prefix: tuple[Read | Choice, ...]
    children: dict[int, Closed]
    key: int


def close(
    instance: Instance, bounds: Bounds | None = None, stop: Callable[[], bool] = bool
) -> ClosedProgram:
    """Return every branch of every step; `stop` is asked now and then whether to give up.

    Raises:
        NotClosed: if the model does not close within the bounds.
        ModelError: if a process breaks a rule before its first `yield`, or `init` breaks one.
        Interrupted: if `stop` says so.
    """
    closing = _Closing(instance, bounds or Bounds())
    closing.begin()
    while closing.tasks:
        if stop():
            raise Interrupted
        # Breadth first: when a location is left, most processes that come there have come.
        closing.learn(closing.tasks.popleft())
    return closing.result()


class _Closing:
    """The fixpoint: `tasks` are the branches still to be learned."""

    def __init__(self, instance: Instance, bounds: Bounds) -> None:
        self._instance = instance
        self._bounds = bounds
        capture = Capture(instance.view)
        self._locations = tuple(
            Locations(instance, p, capture, spares=SPARES) for p in instance.processes
        )
        self._numbers: list[dict[int, None]] = [{} for _ in instance.names]
        self._reads: list[list[_Task]] = [[] for _ in instance.names]
        self._steps: list[dict[int, _Step]] = [{} for _ in instance.processes]
        self.tasks: deque[_Task] = deque()

    def begin(self) -> None:
        """Take what every initial state has."""
        for _, numbers in self._instance.initial_states():
            for variable, number in enumerate(numbers):
                self._numbers[variable][number] = None
        for locations in self._locations:
            self._come_to(locations.all[0])

    def _come_to(self, place: Location) -> None:
        """Begin the tree of a location, unless there is one; a process that ended has none."""
        steps = self._steps[place.process]
        if place.label is None or place.number in steps:
            return
        if len(steps) >= self._bounds.locations:
            raise self._too_many_locations(place)
        step = steps[place.number] = _Step(place)
        self.tasks.append(_Task(step, (), step.root, 0))

    def _write(self, variable: int, number: int, place: Location) -> None:
        """Note that a variable may have a number; every step that reads it must look again."""
        numbers = self._numbers[variable]
        if number in numbers:
            return
        if len(numbers) >= self._bounds.values and not self._instance.domains[variable].finite:
            raise self._too_many_values(variable, place)
        numbers[number] = None
        for read in self._reads[variable]:
            self._branch_off(read, Read(variable, number), number)

    def _branch_off(self, node: _Task, answer: Read | Choice, key: int) -> None:
        """Ask for the branch of a node that another answer leads to; `node` says where that is."""
        self.tasks.append(_Task(node.step, (*node.prefix, answer), node.children, key))

    def learn(self, task: _Task) -> None:
        """Run a step on the answers of a task, and hang what is new of its branch into the tree."""
        step = task.step
        step.branches += 1
        if step.branches > self._bounds.branches:
            raise self._too_many_branches(step)
        path, leaf = self._run(step.place, task.prefix)
        if isinstance(leaf, Do):
            for variable, number in leaf.writes:
                self._write(variable, number, step.place)
            self._come_to(self._locations[step.place.process].all[leaf.target])
        self._hang(task, path, leaf)

    def _hang(self, task: _Task, path: Path, leaf: Leaf) -> None:
        children, key = task.children, task.key
        for position in range(len(task.prefix), len(path)):
            answer = path[position]
            below: dict[int, Closed] = {}
            node = _Task(task.step, tuple(path[:position]), below, 0)
            if isinstance(answer, Read):
                children[key] = Case(answer.variable, below)
                key = answer.number
                self._reads[answer.variable].append(node)
                for number in self._numbers[answer.variable]:
                    if number != key:
                        self._branch_off(node, Read(answer.variable, number), number)
            else:
                children[key] = Options(below)
                key = answer.taken
                for taken in range(len(answer.options)):
                    if taken != key:
                        self._branch_off(node, Choice(taken, answer.options), taken)
            children = below
        children[key] = leaf

    def _run(self, place: Location, prefix: Path) -> tuple[Path, Leaf]:
        """Return the branch that begins with some answers.

        A variable that they say nothing of has the first of its numbers.
        """
        first = self._context(place, prefix)
        locations = self._locations[place.process]
        try:
            leaf = self._take(place, locations.take(place), first)
            agree = same((prefix, Blocked()), (first.path[: len(prefix)], Blocked()))
            if agree and self._is_repeated(place):
                second = self._context(place, prefix)
                again = self._take(place, locations.take_another(place), second)
                agree = same((first.path, leaf), (second.path, again))
        except ModelError as error:
            return _longest(prefix, first.path), Broken(error)
        if agree:
            return first.path, leaf
        who = self._instance.processes[place.process]
        return prefix, Broken(differs(who, place, "it reads, chooses or sets something else"))

    def _is_repeated(self, place: Location) -> bool:
        """Return whether to run a branch again: the first of a step, others where it is cheap."""
        branches = self._steps[place.process][place.number].branches
        cheap = bool(place.spares) or place.depth <= SHORT
        return branches == 1 or (branches <= TWICE and cheap)

    def _context(self, place: Location, prefix: Path) -> Context:
        answers = {answer.variable: answer.number for answer in prefix if isinstance(answer, Read)}
        choices = [answer.taken for answer in prefix if isinstance(answer, Choice)]

        def lookup(variable: int) -> int:
            number = answers.get(variable)
            return next(iter(self._numbers[variable])) if number is None else number

        return Context(lookup, choices, process=self._instance.processes[place.process].name)

    def _take(self, place: Location, suspended: Suspended, context: Context) -> Do | Blocked | Fail:
        locations, runtime = self._locations[place.process], self._instance.runtime
        if not enabled(runtime, suspended, context):
            locations.give_back(place, suspended)
            return Blocked()
        result = take_step(runtime, suspended, context)
        if isinstance(result, Failed):
            return Fail(result.message, result.place)
        target = locations.enter(result, place, tuple(context.path))
        return Do(tuple(sorted(context.writes.items())), target.number, tuple(context.events))

    def result(self) -> ClosedProgram:
        """Return the closed trees, shared."""
        sharing = Sharing()
        steps = []
        for locations, known in zip(self._locations, self._steps, strict=True):
            trees = [known[n].root[0] if n in known else None for n in range(len(locations.all))]
            steps.append(tuple(tree and sharing.shared(tree) for tree in trees))
        numbers = tuple(tuple(sorted(known)) for known in self._numbers)
        return ClosedProgram(self._instance, self._locations, numbers, tuple(steps))

    # --- what to say where it does not close

    def _named(self, place: Location) -> str:
        return f"step '{place.label}' of {self._instance.processes[place.process].name}"

    def _too_many_branches(self, step: _Step) -> NotClosed:
        path, _ = self._run(step.place, ())
        names = dict.fromkeys(self._instance.names[a.variable] for a in path if isinstance(a, Read))
        return NotClosed(
            f"{self._named(step.place)} has more than {self._bounds.branches:,} branches, for all "
            f"values of what it reads ({_listed(list(names))}); let it stop reading as soon as the "
            "answer is known, as `any` and `all` do, or make it several smaller steps",
            place=step.place.place,
        )

    def _too_many_values(self, variable: int, place: Location) -> NotClosed:
        domain, name = self._instance.domains[variable], self._instance.names[variable]
        return NotClosed(
            f"'{name}' ({domain.text}) may have more than {self._bounds.values:,} values, as far "
            f"as the steps tell one by one, of which {self._named(place)} sets one; declare those "
            "it can have, as in Annotated[int, Range(0, 9)] or Literal['a', 'b']",
            place=place.place,
        )

    def _too_many_locations(self, place: Location) -> NotClosed:
        return NotClosed(
            f"{self._named(place)}: this process has more than {self._bounds.locations:,} "
            "locations, for all values that its local variables may have; keep in a shared "
            "variable of a declared domain what it counts or collects",
            place=place.place,
        )


# So many branches of each step are run twice, and must be the same.
TWICE = 16
# A location keeps so many processes that have come to it: each of its branches takes two, and those
# that come from elsewhere are there for the branches that are learned later.
SPARES = 256


def _longest(prefix: Path, path: Path) -> Path:
    """Return what was answered before a rule was broken; a branch hangs below its prefix."""
    return path if len(path) >= len(prefix) else prefix


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:6])
    return f"{shown} and {len(names) - 6} more" if len(names) > 6 else shown
