"""Runs: the user's Python, one step at a time, with a recording view of the shared state.

An `Instance` is a model laid out: its shared variables in one row, its processes in another. A
`Context` is one piece of the user's code being run on one state: it answers reads from that state,
and keeps reads, choices, writes and events. Everything that runs a model goes through here.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, NoReturn, cast

from utcheck.errors import ModelError, Place
from utcheck.model.domains import Domain, OutsideDomain
from utcheck.model.process import When
from utcheck.model.records import Locus
from utcheck.outcome import Event

PACKAGE = __name__.partition(".")[0]


class Phase(Enum):
    """Which part of a model is running; the value completes the sentence `... not allowed ...`."""

    PROLOGUE = "in a process before its first yield"
    STEP = "in a step"
    GUARD = "in the condition of a `when`"
    PROPERTY = "in a property"
    INIT = "in `init`"


READING = frozenset({Phase.STEP, Phase.GUARD, Phase.PROPERTY, Phase.INIT})
WRITING = frozenset({Phase.STEP, Phase.INIT})


@dataclass(frozen=True, slots=True)
class Read:
    """A variable was read and had the value with this number; `~p` is the location of process p.

    In a property of a step, the old state comes after the new one: with n variables and m
    processes, n + v is the old value of v, and `~(m + p)` the old location of p.
    """

    variable: int
    number: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `options` was chosen."""

    taken: int
    options: tuple[Any, ...]


class Context:
    """One piece of the user's code being run on one state.

    `lookup` gives the number of a variable's value, `locate` where a process is; `choices` are the
    options to take, in order, and the first option is taken where they end; `process` is the name
    of the process whose step it is, if it is one.
    """

    def __init__(
        self,
        lookup: Callable[[int], int],
        choices: Sequence[int] = (),
        locate: Callable[[int], tuple[int, Locus]] | None = None,
        process: str = "",
    ) -> None:
        """Start with nothing read and nothing written."""
        self.process = process
        self.lookup = lookup
        self.choices = choices
        self.locate = locate
        self.path: list[Read | Choice] = []
        self.numbers: dict[int, int] = {}
        self.writes: dict[int, int] = {}
        self.events: list[Event] = []
        self.error: ModelError | None = None

    @property
    def taken(self) -> tuple[int, ...]:
        """The choices that were made."""
        return tuple(answer.taken for answer in self.path if isinstance(answer, Choice))


class ChoiceGone(ModelError):
    """A choice was to be repeated that is not offered this time."""


class Ended(BaseException):
    """The code of a model was ended from outside, at `place`, for it did not end by itself."""

    def __init__(self, place: Place | None) -> None:
        """Keep the place."""
        super().__init__()
        self.place = place


class Runtime:
    """The binding between the views that a model sees and the context that is running.

    `constants` has name, value and a copy of each mutable attribute of the model's class. While
    `past` is true, what is read is the state before a step.
    """

    def __init__(self, domains: Sequence[Domain], names: Sequence[str]) -> None:
        """Know the domain and the name of every variable; no context is running."""
        self.domains = domains
        self.names = names
        self.constants: list[tuple[str, Any, Any]] = []
        self.families: dict[str, Sequence[int]] = {}
        self.context: Context | None = None
        self.phase = Phase.PROLOGUE
        self.past = False

    def _running(self) -> Context:
        if self.context is None:
            # Only the `finally` of a generator that is being thrown away runs outside a context.
            raise GeneratorExit
        return self.context

    def refuse(self, message: str) -> NoReturn:
        """Raise a model error, and remember it in case the model catches it."""
        error = ModelError(message, place=_calling_place())
        self._running().error = error
        raise error

    def read(self, index: int) -> Any:
        """Return the value of a variable, the one written in this step if there is one."""
        context = self._running()
        key = index + len(self.names) if self.past else index
        number = context.numbers.get(key)
        if number is None:
            if self.phase not in READING:
                self._not_allowed(f"reading '{self.names[index]}'")
            number = context.lookup(key)
            if number < 0:
                self.refuse(f"'{self.names[index]}' has no initial value yet")
            context.numbers[key] = number
            context.path.append(Read(key, number))
        return self.domains[index].values[number]

    def write(self, index: int, value: Any) -> None:
        """Set a variable."""
        context = self._running()
        if self.phase not in WRITING:
            self._not_allowed(f"setting '{self.names[index]}'")
        try:
            number = self.domains[index].index(value)
        except OutsideDomain as reason:
            self.refuse(f"{self.names[index]} = {_short(value)}: {reason}")
        context.numbers[index] = context.writes[index] = number

    def choose(self, options: tuple[Any, ...]) -> Any:
        """Return one of the options."""
        context = self._running()
        if self.phase not in WRITING:
            self._not_allowed("`choose`")
        if not options:
            self.refuse("`choose` was given nothing to choose from")
        made = len(context.taken)
        taken = context.choices[made] if made < len(context.choices) else 0
        if taken >= len(options):
            context.error = ChoiceGone("a choice is gone")
            raise context.error
        context.path.append(Choice(taken, options))
        return options[taken]

    def emit(self, name: str, values: tuple[Any, ...]) -> None:
        """Put an event on the step."""
        if self.phase is not Phase.STEP:
            self._not_allowed("`emit`")
        if not isinstance(name, str):
            self.refuse(f"emit({name!r}): the name of an event is a string")
        self._running().events.append(Event(name, values))

    def process(self) -> str:
        """Return the name of the process whose step is running."""
        context = self._running()
        if not context.process:
            self._not_allowed("an operation on a lock")
        return context.process

    def instances(self, name: str) -> Sequence[int]:
        """Return the numbers of the processes that a declaration stands for."""
        return self.families[name]

    def locate(self, process: int) -> Locus:
        """Return where a process is."""
        context = self._running()
        if self.phase is not Phase.PROPERTY or context.locate is None:
            self._not_allowed("`at`, `done` and `enabled`")
        if self.past:
            process += sum(map(len, self.families.values()))
        number, location = context.locate(process)
        if ~process not in context.numbers:
            context.numbers[~process] = number
            context.path.append(Read(~process, number))
        return location

    def enabled(self, process: int) -> bool:
        """Return whether the next step of a process is enabled."""
        if self.past:
            self._not_allowed("asking whether a process was `enabled` in the old state")
        location = self.locate(process)
        if location.label is None or location.guard is None:
            return location.label is not None
        self.phase = Phase.GUARD
        try:
            return bool(location.guard())
        finally:
            self.phase = Phase.PROPERTY

    def _not_allowed(self, what: str) -> NoReturn:
        self._running()
        self.refuse(f"{what} is not allowed {self.phase.value}")

    def call(self, context: Context, phase: Phase, code: Callable[[], Any]) -> Any:
        """Run a piece of the user's code in a context.

        Raises:
            AssertionError: if an assertion of the model fails.
            MemoryError: if there is not enough.
            ModelError: if the code breaks a rule or raises anything else.
        """
        outer, self.context, self.phase = (self.context, self.phase), context, phase
        try:
            result = code()
        except (AssertionError, MemoryError):  # memory is a limit of the search, not a rule
            raise
        except ModelError as error:
            raise _placed(context.error or error, error.__traceback__) from None
        except (KeyboardInterrupt, Ended):
            raise
        except BaseException as error:
            broken = context.error or ModelError(f"{type(error).__name__}: {error}".rstrip(": "))
            raise _placed(broken, error.__traceback__) from None
        finally:
            self.context, self.phase = outer
        if context.error is not None:
            raise context.error
        self._check_constants()
        return result

    def _check_constants(self) -> None:
        for name, value, copy in self.constants:
            if value != copy:
                raise ModelError(
                    f"this changes '{name}', which is no shared variable: every state has the same "
                    "one; annotate it as a variable of a hashable type"
                )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _calling_place() -> Place | None:
    """Return the line of the model that is running."""
    frame = sys._getframe(1)
    while frame is not None and of_utcheck(frame.f_globals):
        frame = cast(Any, frame.f_back)
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


def _placed(error: ModelError, trace: TracebackType | None) -> ModelError:
    if error.place is None:
        error.place = user_place(trace)
    return error


def of_utcheck(scope: Mapping[str, Any]) -> bool:
    """Return whether code with these globals belongs to utcheck, and not to a model."""
    return str(scope.get("__name__")).partition(".")[0] == PACKAGE


def user_place(trace: TracebackType | None) -> Place | None:
    """Return the innermost line of a traceback that does not belong to utcheck."""
    place = None
    for frame, line in traceback.walk_tb(trace):
        if not of_utcheck(frame.f_globals):
            place = Place(frame.f_code.co_filename, line)
    return place


@dataclass(frozen=True, slots=True)
class Suspended:
    """A process between two steps; once it has ended, `label` is None.

    `guard` is the condition under which its next step is enabled, if it has one.
    """

    generator: Generator[Any, Any, Any]
    label: str | None
    guard: Callable[[], Any] | None = None

    @property
    def place(self) -> Place:
        """Where the next step begins in the source."""
        frames = self.frames
        if not frames:
            code: Any = getattr(self.generator, "gi_code", None)
            return Place(code.co_filename if code else "<unknown>")
        own = [frame for frame in frames if not of_utcheck(frame.f_globals)]
        frame = (own or frames)[-1]
        return Place(frame.f_code.co_filename, frame.f_lineno)

    @property
    def frames(self) -> list[Any]:
        """The frames of the process and of the subroutines it is in, outermost first."""
        frames: list[Any] = []
        inner: Any = self.generator
        while getattr(inner, "gi_frame", None) is not None:
            frames.append(inner.gi_frame)
            inner = inner.gi_yieldfrom
        return frames

    @property
    def over(self) -> bool:
        """Whether its generator has ended, by returning or by a failed assertion."""
        return not self.frames

    @property
    def calls(self) -> tuple[str, ...]:
        """The names of the subroutines it is in, outermost first."""
        return tuple(
            frame.f_code.co_name
            for frame in self.frames[1:]
            if not (frame.f_code.co_name.startswith("_") and of_utcheck(frame.f_globals))
        )


@dataclass(frozen=True, slots=True)
class Failed:
    """A step that ended in an assertion that does not hold."""

    message: str
    place: Place | None


_ENDED = object()


def start(runtime: Runtime, body: Callable[[], Generator[Any, Any, Any]]) -> Suspended:
    """Return a process at its first `yield`."""
    context = Context(_no_state)
    try:
        generator = runtime.call(context, Phase.PROLOGUE, body)
        return _resume(runtime, generator, context, Phase.PROLOGUE)
    except AssertionError as error:
        raise ModelError(
            "an assertion fails before the first yield", place=user_place(error.__traceback__)
        ) from None


def _no_state(index: int) -> int:
    raise AssertionError("unreachable: the prologue reads nothing")


def enabled(runtime: Runtime, suspended: Suspended, context: Context) -> bool:
    """Return whether the next step of a process that has not ended is enabled."""
    if suspended.guard is None:
        return True
    return bool(condition(runtime, context, Phase.GUARD, suspended.guard))


def condition(runtime: Runtime, context: Context, phase: Phase, code: Callable[[], Any]) -> Any:
    """Return the answer of a condition, in which an assertion that fails is a model error."""
    try:
        return runtime.call(context, phase, code)
    except AssertionError as error:
        raise ModelError(f"an assertion fails {phase.value}: {error}".rstrip(": "),
                         place=user_place(error.__traceback__)) from None  # fmt: skip


def take_step(runtime: Runtime, suspended: Suspended, context: Context) -> Suspended | Failed:
    """Take the next step of a process: all code up to the next `yield`."""
    try:
        return _resume(runtime, suspended.generator, context, Phase.STEP)
    except AssertionError as error:
        place = user_place(error.__traceback__)
        return Failed(str(error) or "an assertion fails", place)


def _resume(
    runtime: Runtime, generator: Generator[Any, Any, Any], context: Context, phase: Phase
) -> Suspended:
    yielded = runtime.call(context, phase, lambda: next(generator, _ENDED))
    if yielded is _ENDED:
        return Suspended(generator, None)
    if isinstance(yielded, When):
        return Suspended(generator, yielded.label, yielded.condition)
    suspended = Suspended(generator, yielded)
    if not isinstance(yielded, str):
        raise ModelError(
            f"this yields {_short(yielded)}, but a `yield` gives the label of the step after it",
            place=suspended.place,
        )
    return suspended


def dispose(generator: Generator[Any, Any, Any]) -> None:
    """Throw a suspended generator away, whatever its `finally` blocks try to do."""
    for _ in range(100):
        try:
            generator.close()
        except BaseException:  # noqa: S112  (nothing that it does now has a meaning)
            continue
        return
