"""Limits and interruptions: what was found stands, and the rest is undecided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import pytest

from tests.steps import Steps
from utcheck import Model, array, param, process, when
from utcheck.check import ENGINES, check
from utcheck.engines.search import Finding, Options, Progress, Result
from utcheck.model.instance import Instance
from utcheck.outcome import Limits, StopReason, Verdict
from utcheck.properties.parse import parse_properties

engines = pytest.mark.parametrize("engine", sorted(set(ENGINES) - {"auto", "symbolic"}))


class Counter(Model):
    """Counts up to `top`, beside two switches."""

    top: int = param(100)
    n: int = 0
    switch = array(bool, 2)

    @process
    def p(self) -> Steps:
        for _ in range(self.top):
            yield "count"
            self.n += 1

    @process(each=2)
    def q(self, i: int) -> Steps:
        while True:
            yield "switch"
            self.switch[i] = not self.switch[i]


# Decided by a few states, or only by all 4 * 101 of them.
EARLY = {
    "early": {"never": "n == 2"},
    "early-too": {"always": "n < 3"},
    "near": {"reachable": "n == 1"},
}
LATE = {
    "late": {"never": "n == 99"},
    "always": {"always": "n <= top"},
    "far": {"reachable": "n == 99"},
    "impossible": {"reachable": "n > top"},
    "eventually": {"eventually": "p.done"},
    "leads": {"leads_to": ["n == 1", "n == 2"]},
}
WHOLE = {
    "early": "violated", "early-too": "violated", "near": "holds", "late": "violated",
    "always": "holds", "far": "holds", "impossible": "violated", "eventually": "holds",
    "leads": "holds", "deadlock": "holds", "assertions": "holds",
}  # fmt: skip
CUT = WHOLE | dict.fromkeys(
    ["late", "always", "far", "impossible", "eventually", "leads", "deadlock", "assertions"],
    "undecided",
)


@dataclass
class Clock:
    """A clock that goes on by one whenever it is looked at."""

    now: float = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@dataclass
class Memory:
    """The size of a process that grows by one whenever it is looked at."""

    size: int = 0

    def __call__(self) -> int:
        self.size += 1
        return self.size


@dataclass
class World:
    """What a search sees of the world outside."""

    clock: Clock = field(default_factory=Clock)
    memory: Memory = field(default_factory=Memory)
    limits: Limits = field(default_factory=lambda: Limits(memory=None))
    progress: Callable[[Progress], None] | None = None

    def search(self, engine: str, model: Model, properties: dict[str, object]) -> Result:
        instance = Instance(model)
        claims = parse_properties(properties, instance)
        options = Options(self.clock, self.memory, self.limits, True, self.progress)
        result: Result = ENGINES[engine](instance, claims, options)
        return result


def verdicts(findings: dict[str, Finding]) -> dict[str, str]:
    return {name: str(finding.verdict) for name, finding in findings.items()}


@engines
def test_without_a_limit_everything_is_decided(engine: str) -> None:
    """4 states of the switches for each of 101 numbers; two switches always, and mostly a count."""
    result = World().search(engine, Counter(), EARLY | LATE)
    assert result.stop is StopReason.EXHAUSTED
    assert (result.states, result.transitions) == (4 * 101, 4 * 101 * 2 + 4 * 100)
    assert (result.deadlocks, result.depth) == (0, 102)
    assert verdicts(result.findings) == WHOLE


@dataclass
class Interrupter:
    """Presses Ctrl-C when the search tells for the n-th time how far it has come."""

    times: int
    told: list[Progress] = field(default_factory=list)

    def __call__(self, progress: Progress) -> None:
        self.told.append(progress)
        if len(self.told) == self.times:
            raise KeyboardInterrupt


def stopped_by_states() -> World:
    return World(limits=Limits(states=100, memory=None))


def stopped_by_seconds() -> World:
    return World(limits=Limits(seconds=60, memory=None))


def stopped_by_memory() -> World:
    return World(limits=Limits(memory=60))


def interrupted() -> World:
    return World(progress=Interrupter(60))


STOPS = {
    StopReason.STATES: stopped_by_states,
    StopReason.SECONDS: stopped_by_seconds,
    StopReason.MEMORY: stopped_by_memory,
    StopReason.INTERRUPTED: interrupted,
}


@engines
@pytest.mark.parametrize("reason", STOPS)
def test_a_search_that_is_cut_short_decides_only_what_it_saw(
    engine: str, reason: StopReason
) -> None:
    world = STOPS[reason]()
    result = world.search(engine, Counter(), EARLY | LATE)
    assert result.stop is reason
    assert verdicts(result.findings) == CUT
    assert result.states < 4 * 101
    for name in EARLY:
        assert result.findings[name].witness is not None
    for name in LATE:
        assert result.findings[name].witness is None
        assert not result.findings[name].vacuous
    lengths = [len(found.witness.steps) for n in EARLY if (found := result.findings[n]).witness]
    assert lengths == [2, 3, 1], "the shortest ones, as without a limit"


@engines
@pytest.mark.parametrize("reason", STOPS)
def test_a_failed_assertion_and_a_deadlock_stand_though_the_search_is_cut_short(
    engine: str, reason: StopReason
) -> None:
    found = {
        fault: STOPS[reason]().search(engine, Doomed(fault=fault), {}) for fault in ("stop", "fail")
    }
    assert {result.stop for result in found.values()} == {reason}
    assert verdicts(found["stop"].findings) == {"deadlock": "violated", "assertions": "undecided"}
    assert verdicts(found["fail"].findings) == {"deadlock": "undecided", "assertions": "violated"}


class Doomed(Model):
    """Stops for ever after one step, or fails in it, or counts for a long time."""

    fault: Literal["stop", "fail"] = param("stop")
    n: int = 0

    @process
    def p(self) -> Steps:
        yield "choose"
        if self.choose("fault", "go") == "go":
            while self.n < 300:
                yield "count"
                self.n += 1
        else:
            assert self.fault == "stop", "it fails"
            yield when(lambda: False, "stop")


@engines
def test_a_limit_that_is_not_passed_is_none(engine: str) -> None:
    """Exactly as many states as there are: the search is exhaustive, and says so."""
    limits = Limits(states=4 * 101, memory=None)
    result = World(limits=limits).search(engine, Counter(), LATE)
    assert result.stop is StopReason.EXHAUSTED
    assert result.findings["eventually"].verdict is Verdict.HOLDS
    limits = Limits(states=4 * 101 - 1, memory=None)
    result = World(limits=limits).search(engine, Counter(), LATE)
    assert result.stop is StopReason.STATES
    assert result.findings["eventually"].verdict is Verdict.UNDECIDED


@engines
def test_a_violation_just_beyond_the_limit_is_not_seen(engine: str) -> None:
    """n = 30 is first reached at depth 30; at most 4 * 30 states are nearer."""
    properties = {"claim": {"never": "n == 30"}}
    outcome = check(Counter(), properties, engine=engine, limits=Limits(states=60))
    assert outcome["claim"].verdict is Verdict.UNDECIDED
    assert outcome["claim"].reason == str(StopReason.STATES.value) == outcome.stop.value
    assert outcome["claim"].trace is None
    assert outcome.verdict is Verdict.UNDECIDED
    outcome = check(Counter(), properties, engine=engine, limits=Limits(states=200))
    assert outcome["claim"].verdict is Verdict.VIOLATED
    assert outcome["claim"].trace is not None
    assert len(outcome["claim"].trace) == 30
    assert outcome.stop is StopReason.STATES


# ---------------------------------------------------------------------- promptness


@engines
@pytest.mark.parametrize("limit", [0, 1, 10, 100, 300])
def test_the_limit_on_states_is_passed_by_a_few_states_at_most(engine: str, limit: int) -> None:
    """The search stops at the first look after the limit: three steps lead out of each state."""
    result = World(limits=Limits(states=limit, memory=None)).search(engine, Counter(), LATE)
    assert limit < result.states <= limit + 3


@engines
def test_the_limit_on_states_is_not_passed_by_far_where_every_state_has_many_successors(
    engine: str,
) -> None:
    """A hundred options in every state: who looks too rarely has thousands too many."""
    result = World(limits=Limits(states=1000, memory=None)).search(engine, Fan(), {})
    assert result.stop is StopReason.STATES
    assert 1000 < result.states <= 2000


class Fan(Model):
    """Every step has a hundred options, all with different results."""

    seen: tuple[int, ...] = ()

    @process
    def p(self) -> Steps:
        while True:
            yield "choose"
            self.seen = (*self.seen, self.choose(*range(100)))


@engines
def test_the_clock_is_looked_at_soon_after_the_time_is_over(engine: str) -> None:
    world = World(limits=Limits(seconds=60, memory=None))
    world.search(engine, Counter(), LATE)
    assert 60 < world.clock.now <= 65


@engines
def test_the_time_limit_counts_all_attempts_of_an_engine(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tree engine may begin again, with wider fields or with what it has learned."""
    monkeypatch.setattr("utcheck.program.layout.OPEN_BITS", 2)
    monkeypatch.setattr("utcheck.engines.trees.WARM_UP", 100)
    monkeypatch.setattr("utcheck.engines.trees.CHUNK", 1)
    world = World(limits=Limits(seconds=60, memory=None))
    result = world.search(engine, Counter(), LATE)
    assert result.stop is StopReason.SECONDS
    assert 60 < world.clock.now <= 65


@engines
def test_progress_is_told_at_most_ten_times_a_second(engine: str) -> None:
    """The clock goes on by 0.03 s at each look, so that it is told at every fourth at the most."""

    @dataclass
    class Quick(Clock):
        def __call__(self) -> float:
            self.now += 0.03
            return self.now

    interrupter = Interrupter(-1)
    world = World(clock=Quick(), progress=interrupter)
    result = world.search(engine, Counter(top=50), {})
    assert result.stop is StopReason.EXHAUSTED
    seconds = [progress.seconds for progress in interrupter.told]
    gaps = [later - sooner for sooner, later in pairwise(seconds)]
    assert gaps
    assert min(gaps) > 0.1 - 1e-9


@engines
def test_progress_says_how_far_the_search_has_come(engine: str) -> None:
    interrupter = Interrupter(-1)
    World(progress=interrupter).search(engine, Counter(top=50), {})
    told: Sequence[Progress] = interrupter.told
    assert all(p.states >= 1 and p.frontier <= p.states and p.seconds > 0 for p in told)
    for name in ("states", "transitions", "depth", "seconds"):
        numbers: list[Any] = [getattr(progress, name) for progress in told]
        assert numbers == sorted(numbers), name
    assert max(progress.depth for progress in told) <= 52


@engines
def test_an_interruption_in_the_middle_of_a_model_is_one_of_the_search(engine: str) -> None:
    """Ctrl-C may come while the user's own code runs."""
    result = World().search(engine, Interrupting(), {"two": {"never": "n == 2"},
                                                     "nine": {"never": "n == 9"}})  # fmt: skip
    assert result.stop is StopReason.INTERRUPTED
    assert verdicts(result.findings) == {
        "two": "violated", "nine": "undecided", "deadlock": "undecided", "assertions": "undecided"
    }  # fmt: skip


class Interrupting(Model):
    """Counts, and is interrupted at five."""

    n: int = 0

    @process
    def p(self) -> Steps:
        while True:
            yield "count"
            if self.n == 5:
                raise KeyboardInterrupt
            self.n += 1
