"""Locations: the places where a process can stand, and how to bring a fresh process to one.

CPython cannot copy a generator. A process is brought to a location by running it again from its
start, with the answers that were given on the way there the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from utcheck.errors import ModelError, Place
from utcheck.model.instance import Instance, Process
from utcheck.model.run import (
    ChoiceGone,
    Context,
    Failed,
    Phase,
    Read,
    Suspended,
    dispose,
    start,
    take_step,
)
from utcheck.program.capture import Capture
from utcheck.program.trees import Path

# A location keeps so many processes that have come to it, ready to go on from there: learning a
# branch takes two, and to bring a fresh one takes as long as the way there.
SPARES = 2
# A way of so many steps is short.
SHORT = 8


@dataclass(slots=True, eq=False)
class Location:
    """A place where a process stands between two steps; `label` is None where it has ended.

    `came_from` and `path` are the location before and what the step from there read and chose.
    `waits` says that the next step has a condition; `depth` is the number of steps on the way.
    """

    number: int
    process: int
    label: str | None
    key: Hashable
    waits: bool
    place: Place | None
    calls: tuple[str, ...]
    came_from: Location | None
    path: Path
    owner: Locations
    depth: int
    spares: list[Suspended] = field(default_factory=list)
    _asked: Suspended | None = None

    @property
    def guard(self) -> Callable[[], Any] | None:
        """The condition of the next step, of a process that never goes on from here."""
        if not self.waits:
            return None
        if self._asked is None:
            self._asked = self.owner.take(self)
        return self._asked.guard

    def processes(self) -> list[Suspended]:
        """Return every process that stands here."""
        return self.spares + ([self._asked] if self._asked else [])

    def history(self) -> list[Location]:
        """Return the locations from the first one to this one."""
        history: list[Location] = []
        location: Location | None = self
        while location is not None:
            history.append(location)
            location = location.came_from
        return history[::-1]


class Locations:
    """The locations of one process, numbered in the order in which they are met."""

    def __init__(
        self, instance: Instance, process: Process, capture: Capture, spares: int = SPARES
    ) -> None:
        """Begin with the location at the first `yield`, number 0; each keeps so many `spares`.

        Raises:
            ModelError: if the process breaks a rule before its first `yield`.
        """
        self._instance = instance
        self._process = process
        self._capture = capture
        self._spares = spares
        self._numbers: dict[Hashable, int] = {}
        self.all: list[Location] = []
        self.enter(start(instance.runtime, process.body), None, ())

    def enter(self, suspended: Suspended, came_from: Location | None, path: Path) -> Location:
        """Return the location of a process that has just been suspended, a new one if need be.

        The process is kept there, or thrown away.

        Raises:
            ModelError: if its local state cannot be captured.
        """
        key = self._capture.key(suspended)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.all)
            ended = suspended.label is None
            self.all.append(
                Location(
                    number, self._process.number, suspended.label, key,
                    suspended.guard is not None, None if ended else suspended.place,
                    () if ended else suspended.calls, came_from, path, self,
                    0 if came_from is None else came_from.depth + 1,
                )
            )  # fmt: skip
        location = self.all[number]
        self._keep(location, suspended)
        return location

    def _keep(self, location: Location, suspended: Suspended) -> None:
        if len(location.spares) < self._spares:
            location.spares.append(suspended)
        else:
            dispose(suspended.generator)

    def take(self, location: Location) -> Suspended:
        """Return a process that stands at a location, and may go on from there.

        Where none is kept there, one is brought from the nearest location on the way that has one.

        Raises:
            ModelError: if a fresh process does not get there again.
        """
        history = location.history()
        begin = len(history) - 1
        while begin > 0 and not history[begin].spares:
            begin -= 1
        if not history[begin].spares:
            return self.resume(location, verify=True)
        return self._bring(history[begin].spares.pop(), history[begin:], begin < len(history) - 1)

    def take_another(self, location: Location) -> Suspended:
        """Return a process as `take` does, but a fresh one where the way to the location is short.

        A fresh one notices more: a step on the way that does not repeat itself.
        """
        return (
            self.resume(location, verify=True) if location.depth <= SHORT else self.take(location)
        )

    def give_back(self, location: Location, suspended: Suspended) -> None:
        """Take back a process that has only been asked for its condition.

        Raises:
            ModelError: if the condition has changed its local state.
        """
        if self._capture.key(suspended) != location.key:
            raise ModelError(
                f"the condition of '{location.label}' changes local variables; it may only look",
                place=location.place,
            )
        self._keep(location, suspended)

    def resume(self, location: Location, verify: bool = False) -> Suspended:
        """Return a fresh process that stands at a location.

        With `verify` its local state is compared with that of the location.

        Raises:
            ModelError: if the process does not get there again.
        """
        suspended = start(self._instance.runtime, self._process.body)
        return self._bring(suspended, location.history(), verify)

    def _bring(self, suspended: Suspended, way: Sequence[Location], verify: bool) -> Suspended:
        """Return a process that stands at the first location of a way, brought to the last."""
        if len(way) > 2:
            self._walk(suspended, way[:-1])
        if len(way) > 1:
            suspended = self._repeat(suspended, way[-2], way[-1].path)
        if verify and self._capture.key(suspended) != way[-1].key:
            raise differs(self._process, way[-1], "it leaves other local variables behind")
        return suspended

    def _walk(self, suspended: Suspended, way: Sequence[Location]) -> None:
        """Let a process go a way again; it is looked at only when it has come to the end.

        Raises:
            ModelError: if it reads or chooses something else on the way.
        """
        place = way[0]

        def lookup(variable: int) -> int:
            name = self._instance.names[variable]
            raise differs(self._process, place, f"it reads '{name}', which it did not before")

        context = Context(lookup, process=self._process.name)

        def steps() -> None:
            nonlocal place
            for before, after in pairwise(way):
                place = before
                context.path.clear()
                context.writes.clear()
                context.numbers = {a.variable: a.number for a in after.path if isinstance(a, Read)}
                context.choices = [a.taken for a in after.path if not isinstance(a, Read)]
                next(suspended.generator)

        try:
            self._instance.runtime.call(context, Phase.STEP, steps)
        except ChoiceGone:
            raise differs(self._process, place, "it offers other choices") from None
        except AssertionError:
            raise differs(self._process, place, "an assertion fails that held before") from None

    def _repeat(self, suspended: Suspended, location: Location, path: Path) -> Suspended:
        answers = {answer.variable: answer.number for answer in path if isinstance(answer, Read)}

        def lookup(variable: int) -> int:
            if variable not in answers:
                name = self._instance.names[variable]
                raise differs(
                    self._process, location, f"it reads '{name}', which it did not before"
                )
            return answers[variable]

        choices = [answer.taken for answer in path if not isinstance(answer, Read)]
        context = Context(lookup, choices, process=self._process.name)
        try:
            result = take_step(self._instance.runtime, suspended, context)
        except ChoiceGone:
            raise differs(self._process, location, "it offers other choices") from None
        if isinstance(result, Failed):
            raise differs(self._process, location, "an assertion fails that held before")
        return result

    def dispose(self) -> None:
        """Throw the suspended processes away."""
        for location in self.all:
            for suspended in location.processes():
                dispose(suspended.generator)


def differs(process: Process, location: Location, how: str) -> ModelError:
    """Return the error that says that a step is not deterministic."""
    return ModelError(
        f"step '{location.label}' of {process.name} answers differently when it is run again: "
        f"{how}; a step may depend only on the shared variables it reads and on what it chooses",
        place=location.place,
    )


def ended(locations: Sequence[Location], number: int) -> bool:
    """Return whether the location with this number is the end of the process."""
    return locations[number].label is None
