"""Random runs of the cases of a spec."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import SystemRandom

import click

from utcheck.cli.cases import title_of
from utcheck.cli.status import AS_EXPECTED, INTERRUPTED, UNEXPECTED, gravest
from utcheck.errors import ModelError
from utcheck.graph.random_runs import RandomRuns
from utcheck.model.instance import Instance
from utcheck.outcome import Trace
from utcheck.plain import sentence
from utcheck.program.source import step_labels
from utcheck.properties.kinds import Property
from utcheck.properties.parse import parse_properties
from utcheck.render.chart import chart
from utcheck.spec.load import Case

_SEEDS = 10**6


@dataclass(frozen=True, slots=True)
class Request:
    """How often to run each case, from which seed, and how many steps a run has at the most."""

    runs: int
    seed: int
    steps: int


@dataclass(frozen=True, slots=True)
class Found:
    """The first violation: of which property, the number of the run, and its trace."""

    claim: Property
    number: int
    trace: Trace


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the random runs of one case came to."""

    case: Case
    runs: RandomRuns
    found: Found | None


@dataclass(slots=True)
class Done:
    """What came out of all cases."""

    cases: list[Simulated] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def status(self) -> int:
        """The exit status for all of it."""
        found = any(one.found for one in self.cases)
        return gravest([*self.statuses, UNEXPECTED if found else AS_EXPECTED])


def drawn_seed() -> int:
    """Return a seed that nobody chose, short enough to be typed again."""
    return SystemRandom().randrange(_SEEDS)


def simulate_all(cases: Iterable[Case], request: Request) -> Done:
    """Run every case; what is wrong with a model is said on stderr, and does not stop the others.

    Raises:
        InternalError: if a run does not show what it should.
    """
    done = Done()
    for case in cases:
        try:
            interrupted = _simulate(case, request, done)
        except ModelError as error:
            done.statuses.append(error.exit_status)
            click.echo(sentence(str(error)), err=True)
            if error.trace is not None:
                click.echo(f"This happens in {sentence(title_of(case))} after:\n", err=True)
                click.echo(chart(error.trace), err=True)
        else:
            if interrupted:
                done.statuses.append(INTERRUPTED)
                click.echo("utcheck: interrupted; this is what was found so far", err=True)
                break
    return done


def _simulate(case: Case, request: Request, done: Done) -> bool:
    """Run one case, add what came out, and return whether it was interrupted."""
    instance = Instance(case.model)
    claims = parse_properties(case.properties, instance, lambda name: step_labels(instance, name))
    runs = RandomRuns(instance, claims, request.seed, request.steps, os.getcwd())
    interrupted = False
    try:
        for _ in range(request.runs):
            runs.run()
    except KeyboardInterrupt:
        interrupted = True
    finally:
        runs.close()
    done.cases.append(Simulated(case, runs, _found(runs)))
    return interrupted


def _found(runs: RandomRuns) -> Found | None:
    first = runs.first
    if first is None or first.claim is None:
        return None
    return Found(first.claim, first.number, runs.trace(first))
