"""Every model with a known answer has a broken twin, and the property that falls is named.

The counterexamples are derived by hand: `story` has the steps of one, in order, and what follows
says why there is no shorter one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.differential.comparing import ENGINES
from tests.oracle.models import AlternatingBit, Buffer, Peterson, Philosophers, TwoPhase
from utcheck import Model
from utcheck.check import check
from utcheck.outcome import Trace, Verdict

DEADLOCK, INVARIANT, ASSERTION, END, LASSO = "deadlock", "invariant", "assertion", "end", "lasso"


@dataclass(frozen=True)
class Mutant:
    """A broken model, the property that falls, and its shortest counterexample."""

    broken: Model
    correct: Model | None
    falls: str
    kind: str
    story: Sequence[str]
    switches: int
    cycle: int | None = None
    properties: Mapping[str, object] = field(default_factory=dict)
    fairness: str = "processes"


ENTERS = {"enters": {"leads_to": ["p[0].at('wait')", "p[0].at('critical')"]}}
BEGINS = {"begins": {"eventually": "p[0].at('wait')"}}
ARRIVES = {"arrives": {"leads_to": ["pending", "not pending"]}}
DECIDES = {"decides": {"eventually": "transaction != 'init'"}}

MUTANTS = {
    # Everyone must hold a fork, and each takes it with a step.
    "philosophers who all begin on the left": Mutant(
        Philosophers(n=4, fault="all alike"),
        Philosophers(n=4),
        "deadlock",
        DEADLOCK,
        [f"philosopher[{i}] take the first fork" for i in range(4)],
        3,
    ),
    # Both must have announced themselves, and stand before the wait: two steps each.
    "peterson without the turn": Mutant(
        Peterson(fault="no turn"),
        Peterson(),
        "deadlock",
        DEADLOCK,
        ["p[0] announce", "p[0] give way", "p[1] announce", "p[1] give way"],
        1,
    ),
    "peterson without the turn starves": Mutant(
        Peterson(fault="no turn"),
        Peterson(),
        "enters",
        END,
        ["p[0] announce", "p[0] give way", "p[1] announce", "p[1] give way"],
        1,
        properties=ENTERS,
    ),
    # Each has three steps to the critical section. If one took all of them first, the flag would
    # keep the other out until the turn is given away, which the other does first.
    "peterson with the writes swapped": Mutant(
        Peterson(fault="turn first"),
        Peterson(),
        "mutual_exclusion",
        INVARIANT,
        [
            "p[0] announce",
            "p[1] announce",
            "p[1] give way",
            "p[1] wait",
            "p[0] give way",
            "p[0] wait",
        ],
        2,
    ),
    # Nobody is owed a step: p[0] stays where it is, and p[1] goes round.
    "peterson without fairness": Mutant(
        Peterson(),
        None,
        "begins",
        LASSO,
        ["p[1] announce", "p[1] give way", "p[1] wait", "p[1] critical"],
        0,
        cycle=0,
        properties=BEGINS,
        fairness="none",
    ),
    "a buffer without a bound": Mutant(
        Buffer(fault="no bound"),
        Buffer(),
        "bounded",
        INVARIANT,
        ["producer send"] * 3,
        0,
    ),
    # There must be two numbers in the buffer for the last one not to be the first.
    "a buffer that gives the last first": Mutant(
        Buffer(fault="last in, first out"),
        Buffer(),
        "assertions",
        ASSERTION,
        ["producer send", "producer send", "consumer receive"],
        1,
    ),
    # One manager aborts, the transaction manager commits, another manager hears of it.
    "two-phase commit without waiting": Mutant(
        TwoPhase(fault="impatient"),
        TwoPhase(),
        "consistent",
        INVARIANT,
        ["rm[0] act", "tm decide", "rm[1] act"],
        2,
    ),
    # A prepared message that was received may be received again, for ever.
    "two-phase commit that never decides": Mutant(
        TwoPhase(n=1),
        None,
        "decides",
        LASSO,
        ["rm[0] act", "tm decide", "tm decide"],
        1,
        cycle=2,
        properties=DECIDES,
    ),
    # Sent twice before the answer to the first comes, which leaves room for one to the second.
    "a receiver that ignores the bit": Mutant(
        AlternatingBit(fault="receiver ignores the bit"),
        AlternatingBit(),
        "assertions",
        ASSERTION,
        [
            "sender take a message",
            "sender transmit",
            "receiver receive",
            "sender transmit",
            "sender transmit",
            "receiver receive",
        ],
        3,
    ),
    # The answer to the copy of the first message is taken for one to the second message.
    "a sender that ignores the bit": Mutant(
        AlternatingBit(fault="sender ignores the bit"),
        AlternatingBit(),
        "assertions",
        ASSERTION,
        [
            "sender take a message",
            "sender transmit",
            "receiver receive",
            "sender transmit",
            "sender transmit",
            "receiver receive",
            "sender take a message",
            "sender transmit",
            "sender take a message",
        ],
        4,
    ),
    "a channel that loses everything": Mutant(
        AlternatingBit(),
        None,
        "arrives",
        LASSO,
        ["sender take a message", "sender transmit", "loss lose"],
        1,
        cycle=1,
        properties=ARRIVES,
    ),
}


def kind_of(trace: Trace) -> str:
    """Return what sort of counterexample a trace is, from the trace alone."""
    if trace.cycle is not None:
        return LASSO
    if trace.steps and trace.steps[-1].failure is not None:
        return ASSERTION
    statuses = {standing.status for standing in trace.standings}
    return DEADLOCK if statuses <= {"waits", "ended"} else INVARIANT


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_mutant_falls_as_derived_by_hand(mutant: Mutant, engine: str) -> None:
    outcome = check(mutant.broken, mutant.properties, engine=engine, fairness=mutant.fairness)
    result = outcome[mutant.falls]
    assert result.verdict is Verdict.VIOLATED
    trace = result.trace
    assert trace is not None
    story = [f"{step.process} {step.label}" for step in trace.steps]
    assert len(story) == len(mutant.story)
    assert trace.context_switches == mutant.switches
    # Another run may be as short with as few switches, but it has the same steps.
    assert sorted(step.label for step in trace.steps) == sorted(
        step.partition(" ")[2] for step in mutant.story
    )
    assert trace.cycle == mutant.cycle
    assert kind_of(trace) == (DEADLOCK if mutant.kind == END else mutant.kind)


# The others are correct models, of which a property asks too much.
FAULTS = {name: mutant for name, mutant in MUTANTS.items() if mutant.correct is not None}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("mutant", FAULTS.values(), ids=FAULTS)
def test_every_property_holds_without_the_fault(mutant: Mutant, engine: str) -> None:
    assert mutant.correct is not None
    outcome = check(mutant.correct, mutant.properties, engine=engine)
    assert {result.verdict for result in outcome} == {Verdict.HOLDS}
