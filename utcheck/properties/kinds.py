"""The kinds of properties, as plain data that every engine understands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a property claims of the states or runs of a model.

    `always` and `never` are invariants, `reachable` asks for one state, `eventually` and `leads_to`
    are about every fair run, `deadlock` and `assertions` are built in.
    """

    ALWAYS = "always"
    NEVER = "never"
    REACHABLE = "reachable"
    EVENTUALLY = "eventually"
    LEADS_TO = "leads_to"
    DEADLOCK = "deadlock"
    ASSERTIONS = "assertions"

    @property
    def liveness(self) -> bool:
        """Whether a counterexample is an infinite run, or one that ends."""
        return self in (Kind.EVENTUALLY, Kind.LEADS_TO)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A state predicate: its text, and the code that answers it about the state of the run.

    The code is run by `Runtime.call` in a context whose phase is `PROPERTY`.
    """

    text: str
    code: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a model: its name in the spec, its kind and the predicates it is about.

    `always`, `never`, `reachable` and `eventually` have one operand, `leads_to` has two, the
    premise and the goal; the built-in kinds have none. `text` is the sentence of the spec.
    `premise` is the left side of an `always` of the form `not P or Q`, for which it is worth
    knowing whether P ever occurs.
    """

    name: str
    kind: Kind
    operands: tuple[Predicate, ...] = ()
    text: str = ""
    premise: Predicate | None = None
