"""Random runs: which there are, how likely each is, and what they come to."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import pytest
from hypothesis import given, settings

from models.spinlock import SpinLock
from tests.differential.comparing import QUICK
from tests.steps import Steps
from tests.strategies import RandomModel, models
from utcheck import Limits, Model, ModelError, Range, Verdict, check, process, when
from utcheck.errors import InternalError
from utcheck.graph.random_runs import End, RandomRun, RandomRuns
from utcheck.graph.walk import Walk
from utcheck.model.instance import Instance
from utcheck.properties.parse import parse_properties


@contextmanager
def runs_of(
    model: Model, properties: Mapping[str, object] | None = None, seed: int = 1, steps: int = 100
) -> Iterator[RandomRuns]:
    instance = Instance(model)
    runs = RandomRuns(
        instance,
        parse_properties(properties or {}, instance),
        seed,
        steps,
        os.path.dirname(__file__),
    )
    yield runs
    runs.close()


def many(
    model: Model,
    count: int,
    properties: Mapping[str, object] | None = None,
    seed: int = 1,
    steps: int = 100,
) -> tuple[RandomRuns, list[RandomRun]]:
    with runs_of(model, properties, seed, steps) as runs:
        return runs, [runs.run() for _ in range(count)]


def near(count: int, runs: int, probability: float) -> bool:
    """Return whether a number of runs is within five standard deviations of what is expected."""
    deviation = math.sqrt(runs * probability * (1 - probability))
    return abs(count - runs * probability) < 5 * deviation


class TwoByTwo(Model):
    """Two processes of two steps each: 4!/(2! 2!) = 6 schedules."""

    total: int = 0

    @process
    def p(self) -> Steps:
        yield "p1"
        self.total += 1
        yield "p2"
        self.total += 1

    @process
    def q(self) -> Steps:
        yield "q1"
        self.total += 1
        yield "q2"
        self.total += 1


def schedule(run: RandomRun) -> str:
    return "".join(process for process, _ in run.witness.steps)


def test_every_schedule_is_found_and_no_other() -> None:
    """After p (half the time), p again with 1/2, which leaves qq: ppqq has 1/4, pqpq 1/8."""
    found = Counter(
        schedule(run) for seed in range(1600) for run in many(TwoByTwo(), 1, seed=seed)[1]
    )
    assert set(found) == {"ppqq", "pqpq", "pqqp", "qpqp", "qppq", "qqpp"}
    for one, count in found.items():
        assert near(count, 1600, 1 / 4 if one in ("ppqq", "qqpp") else 1 / 8), one


def test_the_runs_of_one_seed_differ_as_well() -> None:
    runs, made = many(TwoByTwo(), 400)
    assert len({schedule(run) for run in made}) == 6
    assert [run.number for run in made] == list(range(1, 401))
    assert runs.lengths == [4] * 400
    assert runs.ends == {End.ENDED: 400}
    assert not runs.violations
    assert runs.first is None
    assert [(one.step.process, one.step.label, one.count) for one in runs.coverage()] == [
        ("p", "p1", 400), ("p", "p2", 400), ("q", "q1", 400), ("q", "q2", 400),
    ]  # fmt: skip


def test_the_same_seed_gives_the_same_runs() -> None:
    first, second, other = (many(TwoByTwo(), 50, seed=seed)[1] for seed in (7, 7, 8))
    assert first == second
    assert first != other


def test_the_same_seed_gives_the_same_runs_in_every_version_of_python() -> None:
    """`Random(1).random()` begins 0.13, 0.85, 0.76: the initial state, then q of two, q again."""
    _, (run,) = many(TwoByTwo(), 1, seed=1)
    assert schedule(run) == "qqpp"


class Choosing(Model):
    """In the first state there are four transitions: three of `p`, one of `q`."""

    start: int = 0
    n: int = 0

    def init(self) -> None:
        self.start = self.choose(10, 20, 10)

    @process
    def p(self) -> Steps:
        yield "pick"
        if self.choose(True, False):
            self.n = self.choose(1, 2)
        else:
            self.n = 3

    @process
    def q(self) -> Steps:
        yield "other"


def test_transitions_are_equally_likely_and_not_processes() -> None:
    """(True, 1), (True, 2), (False) and q: one in four each, though p has the first three."""
    _, made = many(Choosing(), 4000)
    first = Counter(run.witness.steps[0] for run in made)
    assert set(first) == {("p", (0, 0)), ("p", (0, 1)), ("p", (1,)), ("q", ())}
    assert all(near(count, 4000, 1 / 4) for count in first.values())


def test_initial_states_are_equally_likely() -> None:
    """10 is chosen in two ways, and is one state."""
    _, made = many(Choosing(), 2000)
    initial = Counter(run.witness.initial for run in made)
    assert set(initial) == {(0,), (1,)}
    assert near(initial[(0,)], 2000, 1 / 2)


class Crossed(Model):
    """Each takes the lock that the other takes last: a deadlock after p1 q1 or q1 p1."""

    a: bool = False
    b: bool = False

    @process
    def p(self) -> Steps:
        yield when(lambda: not self.a, "a")
        self.a = True
        yield when(lambda: not self.b, "b")
        self.a = False

    @process
    def q(self) -> Steps:
        yield when(lambda: not self.b, "b")
        self.b = True
        yield when(lambda: not self.a, "a")
        self.b = False


def test_deadlocks_are_counted() -> None:
    """After the first step, the same process or the other goes on, with 1/2 each."""
    runs, made = many(Crossed(), 1000)
    deadlocks = runs.ends[End.DEADLOCK]
    assert near(deadlocks, 1000, 1 / 2)
    assert runs.ends[End.ENDED] == 1000 - deadlocks
    assert runs.violations == {"deadlock": deadlocks}
    assert sum(runs.lengths) == 2 * deadlocks + 4 * (1000 - deadlocks)
    assert {schedule(run) for run in made if run.end is End.DEADLOCK} == {"pq", "qp"}
    assert runs.first == next(run for run in made if run.claim)
    trace = runs.trace(runs.first)
    assert len(trace) == 2
    assert trace.ending == (
        "Deadlock: p waits at 'b' and q waits at 'a', and no process can take a step."
    )
    counts = {(one.step.process, one.step.label): one.count for one in runs.coverage()}
    ended = 1000 - deadlocks
    assert counts == {("p", "a"): 1000, ("p", "b"): ended, ("q", "b"): 1000, ("q", "a"): ended}


def test_a_deadlock_that_nobody_asks_about_violates_nothing() -> None:
    runs, _ = many(Crossed(), 100, {"deadlock": False})
    assert runs.ends[End.DEADLOCK] > 0
    assert not runs.violations
    assert runs.first is None


class Count(Model):
    """`p` counts to 4; at 4 an assertion fails."""

    n: Annotated[int, Range(0, 9)] = 0

    @process
    def p(self) -> Steps:
        while True:
            yield "count"
            self.n += 1
            assert self.n != 4, "four"


@pytest.mark.parametrize(
    ("claim", "length", "ending"),
    [
        ({"always": "n < 3"}, 3, "Here 'n < 3' is false, which must always be true."),
        ({"never": "n == 2"}, 2, "Here 'n == 2' is true, which must never be."),
        ({"never": "n == 0"}, 0, "Here 'n == 0' is true, which must never be."),
        ({"ltl": "G {n < 2}"}, 2, "Here 'n < 2' is false, which must always be true."),
        ({"step": "n != old.n + 1 or old.n != 1"}, 2, "The last step, 'count' of p, breaks "
         "'n != old.n + 1 or old.n != 1'."),
        ({"step": {"process": "p", "name": "count", "holds": 'old.p.at("x") or n < 3'}}, 3,
         "The last step, 'count' of p, breaks 'old.p.at(\"x\") or n < 3'."),
    ],
)  # fmt: skip
def test_a_run_stops_at_the_first_state_that_violates_a_property(
    claim: Mapping[str, Any], length: int, ending: str
) -> None:
    runs, made = many(Count(), 3, {"claim": claim})
    assert runs.lengths == [length] * 3
    assert runs.ends == {End.VIOLATED: 3}
    assert runs.violations == {"claim": 3}
    trace = runs.trace(made[0])
    assert len(trace) == length
    assert trace.ending == ending


def test_the_first_property_counts() -> None:
    claims = {"one": {"never": "n == 2"}, "two": {"always": "n < 2"}, "three": {"never": "n == 3"}}
    runs, _ = many(Count(), 2, claims)
    assert runs.violations == {"one": 2}


def test_a_failed_assertion() -> None:
    runs, made = many(Count(), 2)
    assert runs.lengths == [4, 4]
    assert runs.ends == {End.FAILED: 2}
    assert runs.violations == {"assertions": 2}
    trace = runs.trace(made[1])
    assert trace.ending.startswith("In step 'count' of p: four")
    (count,) = runs.coverage()
    assert count.count == 8


def test_a_failed_assertion_that_nobody_asks_about() -> None:
    runs, made = many(Count(), 2, {"assertions": False})
    assert runs.ends == {End.FAILED: 2}
    assert not runs.violations
    with pytest.raises(InternalError):
        runs.trace(made[0])


def test_steps_are_only_those_that_a_property_is_about() -> None:
    class Pair(Model):
        n: int = 0

        @process
        def p(self) -> Steps:
            yield "one"
            self.n += 1
            yield "two"
            self.n += 1

        @process
        def q(self) -> Steps:
            yield "two"
            self.n += 1

    still = {"name": "two", "process": "p", "holds": "n == old.n"}
    runs, made = many(Pair(), 50, {"still": {"step": still}})
    assert runs.violations == {"still": 50}
    assert {schedule(run) for run in made} == {"pp", "pqp", "qpp"}


def test_a_property_of_steps_sees_where_processes_were() -> None:
    class Two(Model):
        n: int = 0

        @process
        def p(self) -> Steps:
            yield "one"
            self.n = 1
            yield "two"
            self.n = 2

    runs, _ = many(Two(), 1, {"claim": {"step": 'old.p.at("one")'}})
    assert runs.lengths == [2]
    runs, _ = many(Two(), 1, {"claim": {"step": 'p.at("two") or old.p.at("two") and p.done'}})
    assert runs.ends == {End.ENDED: 1}
    runs, _ = many(Two(), 1, {"claim": {"step": {"name": "two", "holds": "n == 0"}}})
    assert runs.lengths == [2]


def test_runs_without_an_end_are_cut_off() -> None:
    runs, made = many(SpinLock(), 3, steps=7)
    assert runs.lengths == [7] * 3
    assert runs.ends == {End.CUT: 3}
    assert all(run.claim is None for run in made)
    steps = sum(one.count for one in runs.coverage())
    assert steps == 21


def test_an_end_at_the_last_step_allowed_is_no_cut() -> None:
    assert many(TwoByTwo(), 5, steps=4)[0].ends == {End.ENDED: 5}
    assert many(TwoByTwo(), 5, steps=3)[0].ends == {End.CUT: 5}
    assert many(Count(), 5, {"c": {"never": "n == 3"}}, steps=3)[0].ends == {End.VIOLATED: 5}


def test_daemons_may_wait_for_ever() -> None:
    class Served(Model):
        asked: bool = False

        @process
        def client(self) -> Steps:
            yield "ask"
            self.asked = True

        @process(daemon=True)
        def server(self) -> Steps:
            while True:
                yield when(lambda: self.asked, "serve")
                self.asked = False

    runs, _ = many(Served(), 5)
    assert runs.ends == {End.ENDED: 5}
    assert runs.lengths == [2] * 5


def test_steps_that_never_ran_are_listed() -> None:
    class Dead(Model):
        flag: bool = False

        @process(each=2)
        def p(self, i: int) -> Steps:
            yield "begin"
            if self.flag:
                yield f"computed {i}"
                yield "dead"

    runs, _ = many(Dead(), 3)
    counts = {(one.step.process, one.step.label): one.count for one in runs.coverage()}
    assert counts == {
        ("p[0]", "begin"): 3, ("p[0]", "(computed label)"): 0, ("p[0]", "dead"): 0,
        ("p[1]", "begin"): 3, ("p[1]", "(computed label)"): 0, ("p[1]", "dead"): 0,
    }  # fmt: skip
    assert {one.step.place.path for one in runs.coverage()} == {os.path.basename(__file__)}


def test_what_random_runs_say_nothing_about() -> None:
    claims = {
        "invariant": {"always": "n < 9"}, "reached": {"reachable": "n == 1"},
        "comes": {"eventually": "n == 1"}, "answered": {"leads_to": ["n == 1", "n == 2"]},
        "formula": {"ltl": "F {n == 1}"}, "as-invariant": {"ltl": "G {n < 9}"},
        "steps": {"step": "n > old.n"}, "possible": {"possible_always": "n == 1"},
    }  # fmt: skip
    with runs_of(Count(), claims) as runs:
        assert runs.unseen == ("reached", "comes", "answered", "formula", "possible")


def test_a_step_that_breaks_a_rule_is_shown_with_the_run() -> None:
    class Leaves(Model):
        n: Annotated[int, Range(0, 2)] = 0

        @process
        def p(self) -> Steps:
            while True:
                yield "count"
                self.n += 1

    with runs_of(Leaves()) as runs, pytest.raises(ModelError) as caught:
        runs.run()
    assert caught.value.message == "n = 3: 3 is not an integer from 0 to 2"
    assert caught.value.place is not None
    assert caught.value.place.path == os.path.basename(__file__)
    assert [step.label for step in caught.value.trace.steps] == ["count", "count"]


def test_a_property_that_breaks_a_rule_is_shown_with_the_run() -> None:
    claims = {"quotient": {"always": "6 // (n - 2) < 9"}}
    with runs_of(Count(), claims) as runs, pytest.raises(ModelError, match="division") as caught:
        runs.run()
    assert caught.value.message.startswith("`6 // (n - 2) < 9`: ")
    assert len(caught.value.trace) == 2


@settings(QUICK, max_examples=40)
@given(models())
def test_what_is_found_is_what_a_check_finds(random: RandomModel) -> None:
    """What random runs find is violated, and every run can be walked, step by step."""
    model = random.load()
    properties = random.properties()
    try:
        outcome = check(model, properties, limits=Limits(states=3000))
    except ModelError:
        return
    runs, made = many(model, 10, properties, steps=20)
    for name in runs.violations:
        assert outcome[name].verdict is Verdict.VIOLATED
    if runs.first:
        assert runs.trace(runs.first).witness == runs.first.witness
    walk = Walk(Instance(model))
    for run in made[:3]:
        walk.follow(run.witness, 0)
        for step in run.witness.steps:
            walk.take(next(way for way in walk.ways if (way.process, way.choices) == step))
        assert (walk.ways == ()) is (run.end in (End.ENDED, End.DEADLOCK, End.FAILED)) or (
            run.end is End.VIOLATED
        )
