"""Walking through a model by hand: what can be done where, and what going back means."""

from __future__ import annotations

import os
from itertools import chain
from typing import Annotated, Any

import pytest

from models.early_resume import EarlyResume
from tests.steps import Steps
from utcheck import Model, ModelError, Range, UsageError, array, check, process, when
from utcheck.graph.walk import Walk, Way
from utcheck.model.instance import Instance
from utcheck.outcome import Witness


class Adding(Model):
    """From 0 or 5, `p` adds 1 or 2 and waits until the sum is even; `q` fails at 7."""

    n: int = 0
    seen: bool = False

    def init(self) -> None:
        self.n = self.choose(0, 5, 0)

    @process
    def p(self) -> Steps:
        yield "add"
        self.n += self.choose(1, 2)
        yield when(lambda: self.n % 2 == 0, "even")
        self.emit("even", self.n)

    @process(daemon=True)
    def q(self) -> Steps:
        yield "look"
        assert self.n != 7, "seven"
        self.seen = True
        yield when(lambda: self.n > 100, "never")


def walk(model: Model) -> Walk:
    return Walk(Instance(model))


def shown(ways: tuple[Way, ...]) -> list[tuple[Any, ...]]:
    return [(way.process, way.label, *way.options) for way in ways]


def next_of(walk: Walk) -> tuple[str, tuple[int, ...]] | None:
    return walk.along


def values(walk: Walk) -> tuple[Any, ...]:
    return tuple(walk.here.final.values())


def test_an_initial_state_is_chosen_where_there_are_several() -> None:
    """`init` offers 0, 5 and 0 once more: two states, the first choice for each."""
    adding = walk(Adding())
    assert [(start.choices, start.values["n"]) for start in adding.starts] == [((0,), 0), ((1,), 5)]
    assert adding.trace is None
    assert adding.ways == ()
    for question in (adding.back, lambda: adding.value("n"), lambda: adding.here):
        with pytest.raises(UsageError, match="choose an initial state first, from 1 to 2"):
            question()
    adding.begin(adding.starts[1])
    assert values(adding) == (5, False)


def test_each_way_of_choosing_is_a_way() -> None:
    adding = walk(Adding())
    adding.begin(adding.starts[0])
    assert shown(adding.ways) == [("p", "add", 1), ("p", "add", 2), ("q", "look")]
    assert [way.choices for way in adding.ways] == [(0,), (1,), ()]
    adding.take(adding.ways[0])
    assert values(adding) == (1, False)
    assert shown(adding.ways) == [("q", "look")]
    (p, q) = adding.here.standings
    assert (p.status, p.label, q.status) == ("waits", "even", "ready")
    assert p.place is not None
    assert p.place.path == __file__


def test_options_that_depend_on_earlier_ones() -> None:
    class Nested(Model):
        n: int = 0

        @process
        def p(self) -> Steps:
            yield "pick"
            if self.choose(True, False):
                self.n = self.choose(1, 2, 3)

    nested = walk(Nested())
    assert [way.options for way in nested.ways] == [(True, 1), (True, 2), (True, 3), (False,)]
    nested.take(nested.ways[2])
    assert values(nested) == (3,)
    assert nested.ways == ()


def test_back_is_where_one_was_before() -> None:
    adding = walk(Adding())
    adding.begin(adding.starts[0])
    seen = [(adding.here, adding.ways)]
    for number in (1, 0, 0):  # p adds 2, p goes on, q looks
        adding.take(adding.ways[number])
        seen.append((adding.here, adding.ways))
    assert [len(ways) for _, ways in seen] == [3, 2, 1, 0]
    for here in (2, 1, 0):
        adding.back()
        assert (adding.here, adding.ways) == seen[here]
    adding.take(adding.ways[1])
    adding.take(adding.ways[0])
    adding.back(2)
    assert (adding.here, adding.ways) == seen[0]


@pytest.mark.parametrize(
    ("taken", "steps", "message"),
    [
        (0, 1, "cannot go back 1 step: no step taken yet"),
        (1, 2, "cannot go back 2 steps: only 1 step taken"),
        (2, 3, "cannot go back 3 steps: only 2 steps taken"),
        (2, 0, "cannot go back 0 steps: only 2 steps taken"),
        (2, -1, "cannot go back -1 steps: only 2 steps taken"),
    ],
)
def test_not_further_back_than_the_beginning(taken: int, steps: int, message: str) -> None:
    adding = walk(Adding())
    adding.begin(adding.starts[0])
    for _ in range(taken):
        adding.take(adding.ways[-1] if taken > 1 else adding.ways[0])
    with pytest.raises(UsageError, match=message):
        adding.back(steps)
    assert len(adding.here) == taken


def test_restart_is_the_beginning_or_the_choice_of_one() -> None:
    adding = walk(Adding())
    adding.begin(adding.starts[1])
    adding.take(adding.ways[0])
    adding.restart()
    assert adding.trace is None
    race = walk(EarlyResume())
    first = race.here
    race.take(race.ways[0])
    race.restart()
    assert race.here == first


def test_an_assertion_that_fails_is_the_end_and_can_be_taken_back() -> None:
    adding = walk(Adding())
    adding.begin(adding.starts[1])
    adding.take(adding.ways[1])
    before = adding.here, adding.ways
    assert values(adding) == (7, False)
    adding.take(adding.ways[0])
    assert adding.here.steps[-1].failure is not None
    assert adding.here.steps[-1].failure.startswith("seven")
    assert adding.here.standings[1].status == "failed"
    assert values(adding) == (7, False)
    assert adding.ways == ()
    assert adding.value('n == 7 and q.at("look")') is True
    adding.back()
    assert (adding.here, adding.ways) == before


def test_nobody_goes_on_after_an_assertion_that_failed() -> None:
    class Failing(Model):
        n: int = 0

        @process
        def p(self) -> Steps:
            yield "fail"
            assert self.n

        @process
        def q(self) -> Steps:
            yield "go"

    failing = walk(Failing())
    failing.take(failing.ways[0])
    assert [one.status for one in failing.here.standings] == ["failed", "ready"]
    assert failing.ways == ()


class Rules(Model):
    """`p` may leave the range, `q` has a condition that cannot be asked."""

    small: Annotated[int, Range(0, 3)] = 3
    zero: int = 0

    @process
    def p(self) -> Steps:
        yield "add"
        self.small += self.choose(0, 1)

    @process
    def q(self) -> Steps:
        yield when(lambda: 1 // self.zero > 0, "ask")


def test_a_step_that_breaks_a_rule_is_shown_and_not_taken() -> None:
    rules = walk(Rules())
    fine, wrong, asked = rules.ways
    assert (fine.error, fine.options) == (None, (0,))
    assert wrong.options == (1,)
    assert wrong.error is not None
    assert wrong.error.message == "small = 4: 4 is not an integer from 0 to 3"
    assert asked.error is not None
    assert asked.error.message.startswith("ZeroDivisionError")
    for way in (wrong, asked):
        with pytest.raises(ModelError):
            rules.take(way)
        assert len(rules.here) == 0
    rules.take(fine)
    assert [way.process for way in rules.ways] == ["q"]


def test_paths_are_shown_relative_to_the_root() -> None:
    folder, _, name = __file__.rpartition("/")
    rules = Walk(Instance(Rules()), folder)
    assert {way.place.path for way in rules.ways} == {name}
    assert {way.error.place.path for way in rules.ways if way.error and way.error.place} == {name}


def moody_walk(constant: int) -> list[str]:
    """Walk where 'first' leads to 'third' so many times, and then to 'second'; return refusals."""
    moods = iter([False] * constant + [True] * 1000)

    class Moody(Model):
        n: int = 0

        @process
        def p(self) -> Steps:
            yield "first"
            if next(moods):
                yield "second"
            yield when(lambda: self.n == 0, "third")
            yield "fourth"

    moody = walk(Moody())
    refusals = []
    for _ in range(12):
        before = [step.label for step in moody.here.steps]
        try:
            if moody.ways:
                way = moody.ways[0]
                moody.take(way)
                assert [step.label for step in moody.here.steps] == [*before, way.label]
            else:
                moody.back(3)
                assert [step.label for step in moody.here.steps] == before[:-3]
        except ModelError as error:
            refusals.append(error.message)
            assert [step.label for step in moody.here.steps] == before
    return refusals


def test_a_run_that_does_not_repeat_itself_is_refused() -> None:
    """A round runs the first step six times: it is tried, then run again for each step, and for the
    trial of the step after it. Only what comes before the first step is taken leaves nothing known.
    """
    refusals = {constant: moody_walk(constant) for constant in range(12)}
    assert [constant for constant in refusals if refusals[constant]] == [2, 3, 4, 5, 8, 9, 10, 11]
    assert len(refusals[2]) == 1  # the trial of 'third' finds 'second'; from then on it is that
    for text in chain.from_iterable(refusals.values()):
        assert text.startswith("this run cannot be repeated; a step may depend only on")


def test_a_jump_along_what_does_not_repeat_itself_is_refused() -> None:
    """The first step runs when it is tried, for each of two steps, and for the trial of the second;
    the fifth time, for the jump, it leads elsewhere.
    """
    moods = iter([False] * 4 + [True] * 100)

    class Moody(Model):
        n: int = 0

        @process
        def p(self) -> Steps:
            yield "first"
            self.n += 1
            if next(moods):
                yield "second"
            yield "third"
            self.n += 1

    moody = walk(Moody())
    for _ in range(2):
        moody.take(moody.ways[0])
    assert [step.label for step in moody.here.steps] == ["first", "third"]
    with pytest.raises(ModelError, match="this run cannot be repeated"):
        moody.follow(Witness((), (("p", ()), ("p", ()), ("p", ()))), 3)
    assert [step.label for step in moody.here.steps] == ["first", "third"]


def test_jump_into_a_run_and_along_it() -> None:
    outcome = check(EarlyResume(), {"resumed": {"leads_to": ["answered > passed", "resumed"]}})
    trace = outcome["deadlock"].trace
    assert trace is not None
    race = Walk(Instance(EarlyResume()), os.getcwd())
    assert next_of(race) is None
    race.follow(trace.witness, 3)
    assert race.here.steps == trace.steps[:3]
    for position in range(3, 8):
        assert next_of(race) == trace.witness.steps[position]
        race.take(next(w for w in race.ways if (w.process, w.choices) == next_of(race)))
    assert race.here.steps == trace.steps
    assert race.here.standings == trace.standings
    assert next_of(race) is None
    race.back(6)
    assert next_of(race) == trace.witness.steps[2]
    race.take(next(way for way in race.ways if (way.process, way.choices) != next_of(race)))
    assert next_of(race) is None
    race.follow(trace.witness)
    assert len(race.here) == 8


@pytest.mark.parametrize("steps", [-1, 9])
def test_a_jump_is_into_the_run(steps: int) -> None:
    trace = check(EarlyResume())["deadlock"].trace
    assert trace is not None
    race = walk(EarlyResume())
    with pytest.raises(UsageError, match=f"this run has 8 steps; there is no state after {steps}"):
        race.follow(trace.witness, steps)
    assert len(race.here) == 0


def test_a_lasso_goes_on_for_ever() -> None:
    class Ring(Model):
        n: Annotated[int, Range(0, 2)] = 0

        @process(daemon=True)
        def p(self) -> Steps:
            yield "begin"
            while True:
                yield "turn"
                self.n = (self.n + 1) % 2

    ring = walk(Ring())
    taken = ("p", ())
    ring.follow(Witness((), (taken,) * 3, cycle=1), 0)
    for position in range(8):
        assert next_of(ring) == taken
        ring.take(ring.ways[0])
        assert values(ring) == (position % 2,)
    ring.follow(Witness((), (taken,) * 3, cycle=3), 2)  # it stays in its last state
    ring.take(ring.ways[0])
    assert next_of(ring) is None


class Table(Model):
    limit = 3
    row = array(int, 3, init=[1, 2, 3])

    @process(each=2)
    def vm(self, i: int) -> Steps:
        yield "go"
        self.row[i] = 9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("row[0] + limit", 4),
        ("sum(row)", 6),
        ("vm[1].done", False),
        ('any(v.at("go") for v in vm)', True),
        ("row[2] == 3 and not vm[0].done", True),
    ],
)
def test_the_value_of_an_expression(text: str, expected: object) -> None:
    assert walk(Table()).value(text) == expected


def test_the_value_changes_with_the_state() -> None:
    table = walk(Table())
    table.take(table.ways[1])
    assert table.value("row[1]") == 9
    assert table.value("vm[1].done") is True
    table.back()
    assert table.value("row[1]") == 2


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", UsageError, "column 1: "),
        ("row[", UsageError, "not a Python expression"),
        ("rows[0]", UsageError, "rows"),
        ("row", UsageError, "column 1: "),
        ('vm[0].at("gone")', UsageError, "'vm' has no step labelled 'gone', did you mean 'go'"),
        ("__import__('os')", UsageError, "column 1: "),
        ("row[0] // (row[1] - 2)", ModelError, "division"),
    ],
)
def test_an_expression_that_has_no_value(text: str, error: type[Exception], message: str) -> None:
    table = walk(Table())
    with pytest.raises(error, match=message):
        table.value(text)
    assert shown(table.ways) == [("vm[0]", "go"), ("vm[1]", "go")]


def test_every_state_and_transition_can_be_walked_to() -> None:
    """The README's numbers for the early resume: 22 states, 27 transitions, 2 deadlocks."""
    race = walk(EarlyResume())
    seen: dict[object, int] = {}
    work = [race.here.witness]
    while work:
        race.follow(work.pop())
        trace = race.here
        places = tuple((one.label, one.place, one.calls) for one in trace.standings)
        state = (tuple(trace.final.items()), places)
        if state in seen:
            continue
        seen[state] = len(race.ways)
        for way in race.ways:
            steps = (*trace.witness.steps, (way.process, way.choices))
            work.append(Witness((), steps))
    assert (len(seen), sum(seen.values())) == (22, 27)
