"""Small concurrent models as plain data, which can be written out for utcheck and for Spin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Variable:
    """A shared variable with the values from 0 to `size - 1`; one of two values is a `bool`."""

    name: str
    size: int
    initial: int = 0


# ---------------------------------------------------------------------- conditions


@dataclass(frozen=True, slots=True)
class Is:
    """A variable has this value."""

    variable: Variable
    value: int


@dataclass(frozen=True, slots=True)
class Not:
    """The operand is false."""

    operand: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """Both operands are true."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Either:
    """One of the operands is true, or both are."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class At:
    """A process is at a step with this label; only in what is asked about a model."""

    process: str
    label: str


@dataclass(frozen=True, slots=True)
class Done:
    """A process has ended; only in what is asked about a model."""

    process: str


@dataclass(frozen=True, slots=True)
class Enabled:
    """A process can take a step; only in what is asked about a model."""

    process: str


@dataclass(frozen=True, slots=True)
class Chance:
    """True or false, as it may happen; only as what a branch or a loop asks for."""


Condition: TypeAlias = Is | Not | Both | Either | At | Done | Enabled

# ---------------------------------------------------------------------- what a step does


@dataclass(frozen=True, slots=True)
class Assign:
    """A variable gets `shift`, or the value of another one plus `shift` modulo its own size."""

    target: Variable
    shift: int  # one of its values
    source: Variable | None = None


@dataclass(frozen=True, slots=True)
class Choose:
    """A variable gets one of these values, any of them."""

    target: Variable
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Perhaps:
    """The assignment takes place if the condition is true."""

    condition: Condition
    act: Assign


Act: TypeAlias = Assign | Choose | Perhaps

# ---------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step that waits for its guard; it is equal to itself only, wherever its twins stand."""

    label: str
    acts: tuple[Act, ...] = ()
    guard: Condition | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """One of two sequences of statements."""

    test: Condition | Chance
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop, endless if it has no test; the first statement of its body is a step."""

    body: tuple[Statement, ...]
    test: Condition | Chance | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """The way out of the innermost loop."""


Statement: TypeAlias = Step | Branch | Loop | Leave


@dataclass(frozen=True, slots=True)
class Process:
    """A process; its first statement is a step."""

    name: str
    body: tuple[Statement, ...]

    def steps(self) -> tuple[Step, ...]:
        """Return the steps in the order in which they are written."""
        return tuple(_steps(self.body))


@dataclass(frozen=True, slots=True)
class SmallModel:
    """Processes and what they share."""

    variables: tuple[Variable, ...]
    processes: tuple[Process, ...]

    def process(self, name: str) -> Process:
        """Return the process of this name."""
        (found,) = (process for process in self.processes if process.name == name)
        return found


def _steps(statements: tuple[Statement, ...]) -> Iterator[Step]:
    for statement in statements:
        match statement:
            case Step():
                yield statement
            case Branch(_, then, otherwise):
                yield from _steps(then + otherwise)
            case Loop(body, _):
                yield from _steps(body)
