"""A model that declares one of each thing an expression may name."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

from utcheck import (
    Channel,
    Event,
    Lock,
    Model,
    Range,
    Semaphore,
    Struct,
    array,
    invariant,
    param,
    predicate,
    process,
    when,
)
from utcheck.model.instance import Instance
from utcheck.model.process import When
from utcheck.model.run import Context, Phase
from utcheck.properties.expression import Expression, Scope, parse
from utcheck.properties.kinds import Predicate

Steps = Generator[str | When, None, None]


class Phase_(Enum):
    IDLE = "idle"
    BUSY = "busy"


@dataclass(frozen=True)
class Message:
    kind: str = "hello"


class Engine(Struct):
    stop: bool = False
    phase: Phase_ = Phase_.IDLE

    @property
    def busy(self) -> bool:
        return self.phase is Phase_.BUSY


class Scenery(Model):
    N = 3
    PAIR = ("a", 1)
    engines: int = param(2, ge=0)
    fix: Literal["none", "2A"] = param("none")
    stopped: bool = False
    count: int = 4
    small: Annotated[int, Range(0, 9)] = 5
    message: Message = Message()
    said: Literal["yes", "no"] | None = None
    queue: tuple[int, ...] = (1, 2)
    names: frozenset[str] = frozenset({"x"})
    engine: Any = array(Engine, "engines")
    level: Any = array(Annotated[int, Range(0, 3)], 3, init=[1, 2, 3])
    lock = Lock()
    channel = Channel(2)
    event = Event()
    semaphore = Semaphore(2)

    @process
    def p(self) -> Steps:
        yield "first"
        self.stopped = True
        yield when(lambda: not self.stopped, "second")

    @process(each="engines")
    def vm(self, i: int) -> Steps:
        yield "cs"

    @predicate
    def ready(self) -> bool:
        return not self.stopped

    @predicate
    def broken(self) -> bool:
        return self.count // 0 == 1

    @predicate
    def of_one(self, i: int) -> bool:
        return self.engine[i].stop is True

    @invariant
    def small_enough(self) -> bool:
        """The level is never more than three.

        That is all there is room for.
        """
        return all(one <= 3 for one in self.level)


@dataclass
class At:
    """Where a process of the test stands: at its label, with no condition."""

    label: str | None
    guard: None = None


class Situation:
    """The initial state of a model, with the processes named in `at` at those labels."""

    def __init__(self, model: Model | None = None, **at: str | None) -> None:
        self.instance = Instance(model or Scenery())
        ((_, self.numbers),) = self.instance.initial_states()
        self.at = at
        self.reads: list[str] = []

    def parse(self, text: str) -> Expression:
        return parse(text, Scope.of(self.instance))

    def answer(self, predicate: Predicate) -> Any:
        """Return the answer of a predicate, and keep the names of what it reads, in order."""
        instance = self.instance

        def locate(number: int) -> tuple[int, At]:
            name = instance.processes[number].name.replace("[", "_").replace("]", "")
            return 0, At(self.at.get(name, "first"))

        context = Context(self.numbers.__getitem__, locate=locate)
        try:
            return instance.runtime.call(context, Phase.PROPERTY, predicate.code)
        finally:
            self.reads = [
                instance.names[variable] if variable >= 0 else instance.processes[~variable].name
                for variable in (one.variable for one in context.path if hasattr(one, "variable"))
            ]

    def value(self, text: str) -> Any:
        return self.answer(self.parse(text).predicate())
