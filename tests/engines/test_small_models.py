"""Models with one special feature each: every engine says the same, and what is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import pytest

from tests.differential.comparing import ENGINES, Refusal, answer, assert_same
from tests.steps import Steps
from utcheck import Model, Range, array, param, process, when
from utcheck.outcome import Outcome, StopReason, Verdict


def outcome_of(model: Model, properties: Mapping[str, object] | None = None) -> Outcome:
    """Return what every engine says about a model, which must be the same."""
    first, *others = (answer(model, properties or {}, engine) for engine in ENGINES)
    for other in others:
        assert_same(other, first)
    assert not isinstance(first, Refusal)
    return first


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    """Return states, transitions, deadlocks and depth."""
    s = outcome.statistics
    return s.states, s.transitions, s.deadlocks, s.depth


class Ended(Model):
    """A process that ends before its first step."""

    @process
    def p(self) -> Steps:
        yield from ()


class Stuck(Model):
    """A process that never can begin."""

    @process
    def p(self) -> Steps:
        yield when(lambda: False, "wait")


class Patient(Model):
    """The same as a daemon: that is no deadlock."""

    @process(daemon=True)
    def p(self) -> Steps:
        yield when(lambda: False, "wait")


class Spinning(Model):
    """A step that changes nothing, for ever."""

    @process
    def p(self) -> Steps:
        while True:
            yield "spin"


class Dawdling(Model):
    """The same in two ways at once: two options, and two processes."""

    @process(each=2)
    def p(self, i: int) -> Steps:
        while True:
            yield "spin"
            self.choose("a", "b")


@pytest.mark.parametrize(
    ("model", "expected", "deadlock", "done"),
    [
        (Ended(), (1, 0, 0, 0), Verdict.HOLDS, Verdict.HOLDS),
        (Stuck(), (1, 0, 1, 0), Verdict.VIOLATED, Verdict.VIOLATED),
        (Patient(), (1, 0, 0, 0), Verdict.HOLDS, Verdict.VIOLATED),
        (Spinning(), (1, 1, 0, 0), Verdict.HOLDS, Verdict.VIOLATED),
    ],
)
def test_a_model_of_one_state_without_variables(
    model: Model, expected: tuple[int, ...], deadlock: Verdict, done: Verdict
) -> None:
    """The state is a deadlock where a process that is no daemon has not ended and cannot move."""
    outcome = outcome_of(model, {"ends": {"eventually": "p.done"}})
    assert counts(outcome) == expected
    assert outcome["deadlock"].verdict is deadlock
    assert outcome["ends"].verdict is done


def test_two_ways_to_the_same_state_are_two_transitions() -> None:
    """Two processes with two options each, all back to the only state."""
    outcome = outcome_of(Dawdling(), {"ends": {"eventually": "p[0].done"}})
    assert counts(outcome) == (1, 4, 0, 0)
    trace = outcome["ends"].trace
    assert trace is not None
    assert [step.process for step in trace.steps] == ["p[0]", "p[1]"], "both are owed a step"
    assert trace.cycle == 0


class CountsDown(Model):
    """Counts down to zero from one of three numbers, one of which can be chosen in two ways."""

    x: int = 0

    def init(self) -> None:
        self.x = self.choose(3, 1, 2, 1)

    @process
    def p(self) -> Steps:
        while True:
            yield when(lambda: self.x > 0, "count down")
            self.x -= 1


def test_several_initial_states_are_told_apart_and_counted_once() -> None:
    """3, 1 and 2, and then 0, at depth 1: three steps down, and 0 is a deadlock."""
    claims = {"three": {"reachable": "x == 3"}, "two": {"never": "x == 2"},
              "zero": {"never": "x == 0"}}  # fmt: skip
    outcome = outcome_of(CountsDown(), claims)
    assert counts(outcome) == (4, 3, 1, 1)
    assert outcome.statistics.initial_states == 3
    for name, initial in (("three", 3), ("two", 2), ("zero", 1)):
        trace = outcome[name].trace
        assert trace is not None
        assert trace.initial["x"] == initial
        assert len(trace) == (name == "zero")


class Failing(Model):
    """A step in which an assertion fails, beside others in the same state."""

    x: int = 0
    both: bool = param(False)

    @process
    def p(self) -> Steps:
        yield "check"
        assert self.x > 0, "p came too early"

    @process
    def q(self) -> Steps:
        yield "check too"
        assert not self.both, "q fails too"
        self.x = 1

    @process(daemon=True)
    def r(self) -> Steps:
        yield when(lambda: self.x == 1, "wait")


def test_a_failing_assertion_leaves_the_other_steps_of_the_state_alone() -> None:
    """q, p and r in the orders q p r and q r p; only p as the first step fails.

    States: the first; after q; after q p, after q r; the end. Steps: q, p and r, r and p.
    """
    outcome = outcome_of(Failing(), {"end": {"reachable": "p.done and q.done and r.done"}})
    assert counts(outcome) == (5, 5, 0, 3)
    assert outcome["end"].verdict is Verdict.HOLDS
    trace = outcome["assertions"].trace
    assert trace is not None
    assert [(step.process, step.failure is not None) for step in trace.steps] == [("p", True)]


def test_a_state_in_which_every_process_fails_is_no_deadlock() -> None:
    """Both steps of the only state fail; the first process in the order of the model is shown."""
    outcome = outcome_of(Failing(both=True))
    assert counts(outcome) == (1, 0, 0, 0)
    assert outcome["deadlock"].verdict is Verdict.HOLDS
    trace = outcome["assertions"].trace
    assert trace is not None
    assert [step.process for step in trace.steps] == ["p"]
    assert "p came too early" in (trace.steps[0].failure or "")


class Choosy(Model):
    """One of three options fails."""

    x: int = 0

    @process
    def p(self) -> Steps:
        yield "choose"
        self.x = self.choose(1, 2, 3)
        assert self.x != 2, "two"


def test_an_assertion_that_fails_for_one_option_leaves_the_others_alone() -> None:
    outcome = outcome_of(Choosy(), {"three": {"reachable": "x == 3"}})
    assert counts(outcome) == (3, 2, 0, 1)
    trace = outcome["assertions"].trace
    assert trace is not None
    assert trace.steps[0].options == (2,)
    assert trace.witness.steps == (("p", (1,)),)


class Wide(Model):
    """Values of an open domain beyond any field: a counter that goes up to `most`."""

    most: int = param(10)
    n: int = 0

    @process
    def p(self) -> Steps:
        while True:
            yield when(lambda: self.n < self.most, "count")
            self.n += 1


@pytest.mark.parametrize("bits", [1, 2, 3, 16])
def test_an_open_domain_outgrows_its_field(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """40 steps, 41 states, the last of them a deadlock, however few bits a field begins with."""
    monkeypatch.setattr("utcheck.program.layout.OPEN_BITS", bits)
    outcome = outcome_of(Wide(most=40), {"top": {"reachable": "n == 40"}})
    assert counts(outcome) == (41, 40, 1, 40)
    assert outcome["top"].verdict is Verdict.HOLDS


@pytest.mark.slow
def test_an_open_domain_has_more_values_than_sixteen_bits() -> None:
    """2^16 + 10 values: the field of 16 bits is too narrow, and the search begins again."""
    most = 2**16 + 9
    outcome = answer(Wide(most=most), {}, "trees")
    assert isinstance(outcome, Outcome)
    assert counts(outcome) == (most + 1, most, 1, most)


class Places(Model):
    """A process with very many locations: two local variables that were chosen."""

    options: int = param(5)
    x: Annotated[int, Range(0, 1)] = 0

    @process
    def p(self) -> Steps:
        yield "choose"
        one = self.choose(*range(self.options))
        yield "choose again"
        two = self.choose(*range(self.options))
        yield "use both"
        self.x = (one + two) % 2


def places(options: int) -> tuple[int, int, int, int]:
    """The first state, one for each option, one for each pair of options, and two ends."""
    pairs = options**2
    return 1 + options + pairs + 2, options + pairs + pairs, 0, 3


@pytest.mark.parametrize("bits", [1, 4, 12])
def test_a_process_has_more_locations_than_its_field_holds(
    bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utcheck.program.layout.LOCATION_BITS", bits)
    assert counts(outcome_of(Places(options=7))) == places(7)


def test_a_process_has_more_than_4096_locations() -> None:
    """65^2 pairs need more than the 12 bits that a field of locations begins with."""
    outcome = answer(Places(options=65), {}, "trees")
    assert isinstance(outcome, Outcome)
    assert counts(outcome) == places(65)


class Wheel(Model):
    """`spokes` arrays of bits, so that levels are wide: every state is reached in many orders."""

    spokes: int = param(4)
    bit = array(bool, "spokes")

    @process(each="spokes")
    def p(self, i: int) -> Steps:
        yield "set"
        self.bit[i] = True


def test_more_states_than_the_tree_engine_warms_up_with_are_counted_right() -> None:
    """13 processes of one step: 2^13 states and 13 * 2^12 transitions, to a depth of 13."""
    outcome = answer(Wheel(spokes=13), {"all": {"eventually": "all(bit)"}}, "trees")
    assert isinstance(outcome, Outcome)
    assert counts(outcome) == (2**13, 13 * 2**12, 0, 13)
    assert outcome.stop is StopReason.EXHAUSTED
    assert outcome["all"].verdict is Verdict.HOLDS


@dataclass(frozen=True)
class Shade:
    """A value of the user's own: frozen, with equality."""

    names: tuple[str, ...] = ()
    level: int = field(default=0)


class Colourful(Model):
    """Open domains of other things than numbers."""

    shade: Shade = Shade()
    seen: frozenset[str] = frozenset()
    text: str = ""

    @process(each=2)
    def p(self, i: int) -> Steps:
        name = "ab"[i]
        yield "mix"
        self.shade = Shade((*self.shade.names, name), self.shade.level + 1)
        yield "see"
        self.seen |= {name}
        self.text = "".join(sorted(self.seen))


def test_open_domains_of_sets_strings_and_data_classes() -> None:
    """`shade` remembers who mixed first, which doubles the four places where both have mixed.

    States: the first, 2 where one has mixed, 2 where that one has seen too, 2 * 4. Steps: 2 from
    the first; 2 from each of the 2 where one has mixed; 1 from each of the next 2, and from
    the others 2, 1, 1 and 0, for either order of mixing.
    """
    outcome = outcome_of(Colourful(), {"all": {"eventually": "text == 'ab'"}})
    states = 1 + 2 + 2 + 2 * 4
    transitions = 2 + 2 * 2 + 2 * 1 + 2 * 4
    assert counts(outcome) == (states, transitions, 0, 4)
    assert outcome["all"].verdict is Verdict.HOLDS
