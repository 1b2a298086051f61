"""The kinds of properties, as plain data that every engine understands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from utcheck.properties.ltl.formula import Atom, Formula, always, eventually, implies


class Kind(StrEnum):
    """What a property claims of the states or runs of a model.

    `always` and `never` are invariants, `reachable` asks for one state, `step` is about every step;
    `eventually`, `leads_to` and `ltl` are about every fair run; `possible_always` says that from
    every reachable state another one can be reached. `deadlock` and `assertions` are built in.
    """

    ALWAYS = "always"
    NEVER = "never"
    REACHABLE = "reachable"
    EVENTUALLY = "eventually"
    LEADS_TO = "leads_to"
    LTL = "ltl"
    STEP = "step"
    POSSIBLE_ALWAYS = "possible_always"
    DEADLOCK = "deadlock"
    ASSERTIONS = "assertions"

    @property
    def liveness(self) -> bool:
        """Whether a counterexample is an infinite run, or one that ends."""
        return self in (Kind.EVENTUALLY, Kind.LEADS_TO, Kind.LTL)


@dataclass(frozen=True, slots=True)
class Predicate:
    """A state predicate: its text, and the code that answers it about the state of the run.

    The code is run by `Runtime.call` in a context whose phase is `PROPERTY`.
    """

    text: str
    code: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class EventAtom:
    """An atom of a temporal formula that is true where a step with this event was just taken."""

    name: str


Proposition = Predicate | EventAtom


@dataclass(frozen=True, slots=True)
class Temporal:
    """A formula of linear temporal logic, and what its atoms stand for."""

    text: str
    formula: Formula
    atoms: tuple[Proposition, ...]


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a model: its name in the spec, its kind and the predicates it is about.

    `always`, `never`, `reachable`, `eventually`, `step` and `possible_always` have one operand,
    `leads_to` has two, the premise and the goal; the built-in kinds have none. `text` is the
    sentence of the spec. `premise` is the left side of an `always` of the form `not P or Q`, for
    which it is worth knowing whether P ever occurs.

    `ltl` has a formula, and an operand only if it is an invariant: if the formula is G of the
    operand. A `step` may be about steps with one `label` only, or of one of `processes` (numbers).
    """

    name: str
    kind: Kind
    operands: tuple[Predicate, ...] = ()
    text: str = ""
    premise: Predicate | None = None
    formula: Temporal | None = None
    label: str | None = None
    processes: frozenset[int] | None = None

    @property
    def invariant(self) -> bool:
        """Whether it is violated by a single state."""
        return self.kind in (Kind.ALWAYS, Kind.NEVER) or (
            self.kind is Kind.LTL and bool(self.operands)
        )

    @property
    def temporal(self) -> Temporal:
        """What `eventually`, `leads_to` and `ltl` claim, as a formula."""
        if self.formula is not None:
            return self.formula
        *premise, goal = self.operands
        if not premise:
            return Temporal(f"F {{{goal.text}}}", eventually(Atom(0)), (goal,))
        text = f"G ({{{premise[0].text}}} -> F {{{goal.text}}})"
        return Temporal(text, always(implies(Atom(0), eventually(Atom(1)))), self.operands)
