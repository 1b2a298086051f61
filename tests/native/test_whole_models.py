"""Models with one feature each that the native engine has something of its own for."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Annotated, Any

import pytest

from tests.differential.comparing import assert_same
from tests.native.comparing import VARIANTS, begin_early, say
from tests.steps import Steps
from utcheck import Model, Range, array, param, process, when
from utcheck.check import check
from utcheck.engines.native.store import Store
from utcheck.engines.search import Options
from utcheck.model.instance import Instance
from utcheck.outcome import Limits, Outcome, StopReason, Verdict
from utcheck.properties.parse import parse_properties

# Kernels that are not compiled take about a thousand times as long: they are for small models.
QUICK_ONES = [name for name in VARIANTS if "compiled" in name]
variants = pytest.mark.parametrize("variant", VARIANTS)
quick_ones = pytest.mark.parametrize("variant", QUICK_ONES)


def outcome_of(
    model: Model, variant: str, properties: Mapping[str, object] | None = None, **more: Any
) -> Outcome:
    outcome = say(model, variant, properties, **more)
    assert isinstance(outcome, Outcome), outcome
    return outcome


def same(model: Model, variant: str, properties: Mapping[str, object] | None = None) -> Outcome:
    """Return what a variant says about a model, which the reference says as well."""
    outcome = outcome_of(model, variant, properties)
    assert_same(outcome, say(model, "explicit", properties))
    return outcome


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    """Return states, transitions, deadlocks and depth."""
    s = outcome.statistics
    return s.states, s.transitions, s.deadlocks, s.depth


class Ended(Model):
    @process
    def p(self) -> Steps:
        yield from ()


class Stuck(Model):
    @process
    def p(self) -> Steps:
        yield when(lambda: False, "wait")


class Patient(Model):
    @process(daemon=True)
    def p(self) -> Steps:
        yield when(lambda: False, "wait")


class Failing(Model):
    @process
    def p(self) -> Steps:
        yield "fail"
        raise AssertionError("at once")


@variants
@pytest.mark.parametrize(
    ("model", "expected", "wrong"),
    [
        (Ended(), (1, 0, 0, 0), []),
        (Stuck(), (1, 0, 1, 0), ["deadlock"]),
        (Patient(), (1, 0, 0, 0), []),
        (Failing(), (1, 0, 0, 0), ["assertions"]),
    ],
)
def test_one_state(
    model: Model, expected: tuple[int, int, int, int], wrong: list[str], variant: str
) -> None:
    outcome = same(model, variant, {"ends": {"reachable": "p.done"}})
    assert counts(outcome) == expected
    assert [p.name for p in outcome if p.verdict is Verdict.VIOLATED and p.name != "ends"] == wrong


class Beginnings(Model):
    """Several initial states, some of which are the same, and some of which are final."""

    n: Annotated[int, Range(0, 9)] = 0

    def init(self) -> None:
        self.n = self.choose(3, 1, 9, 3, 9)

    @process
    def p(self) -> Steps:
        while True:
            yield when(lambda: 0 < self.n < 9, "step")
            self.n -= 1


@variants
def test_several_initial_states(variant: str) -> None:
    """3, 1 and 9; then 2 and 0; the deadlocks are 9 and 0."""
    properties = {"never": {"never": "n == 9"}, "zero": {"reachable": "n == 0"}}
    outcome = same(Beginnings(), variant, properties)
    assert counts(outcome) == (5, 3, 2, 1)
    assert outcome.statistics.initial_states == 3


class Register(Model):
    """So many bits, set one by one from the first and from the last, and a counter."""

    size: int = param(64)
    bit = array(bool, "size")
    n: int = 0

    @process(each=2)
    def p(self, i: int) -> Steps:
        for k in range(3):
            yield "set"
            self.bit[k if i == 0 else -1 - k] = True

    @process
    def count(self) -> Steps:
        for _ in range(2):
            yield "count"
            self.n += 1


@variants
@pytest.mark.parametrize("size", [55, 59, 62, 64, 120, 127, 130, 260, 520])
def test_states_of_several_words(size: int, variant: str) -> None:
    """4 * 4 * 3 states, of so many bits and a few more; the counter and the locations grow."""
    properties = {
        "both": {"never": f"bit[2] and bit[{size - 3}] and n == 2"},
        "step": {"step": "not (bit[1] and not old.bit[1]) or n < 2"},
        "all": {"eventually": "bit[2]"},
    }
    outcome = same(Register(size=size), variant, properties)
    assert counts(outcome) == (48, 3 * 12 + 3 * 12 + 2 * 16, 0, 8)


class Counting(Model):
    most: int = param(40)
    n: int = 0
    m: int = 0

    @process
    def p(self) -> Steps:
        while True:
            yield when(lambda: self.n < self.most, "count")
            self.n += 1

    @process
    def q(self) -> Steps:
        while True:
            yield when(lambda: self.m < self.n, "follow")
            self.m = self.choose(self.n, self.m + 1)


@variants
@pytest.mark.parametrize("most", [1, 15, 33])
def test_open_domains_grow_during_the_search(most: int, variant: str) -> None:
    """Pairs m <= n. From each with m < n, two ways to follow; from each with n < most a count."""
    outcome = same(Counting(most=most), variant, {"top": {"reachable": f"m == {most}"}})
    pairs = (most + 1) * (most + 2) // 2
    below = pairs - (most + 1)
    assert counts(outcome)[:3] == (pairs, 2 * below + below, 1)


@quick_ones
@pytest.mark.parametrize("log", [2, 12])
def test_a_set_grows_during_the_search(
    log: int, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4186 pairs, where a set for 2^12 is full with 3276."""
    begin_early(monkeypatch, {"store.LEAST_LOG": log})
    most = 90
    outcome = outcome_of(Counting(most=most), variant, {"end": {"never": f"m == {most}"}})
    assert counts(outcome)[0] == (most + 1) * (most + 2) // 2
    trace = outcome["end"].trace
    assert trace is not None
    assert len(trace) == most + 1, "count to the end, and follow at once"


class Pairs(Model):
    """A step with many options, then one with options that depend on what was chosen first."""

    options: int = param(9)
    x: int = 0
    y: int = 0

    @process
    def p(self) -> Steps:
        yield "choose"
        self.x = self.choose(*range(self.options))
        self.y = self.choose(*range(self.options)) if self.x else self.choose(0, 1)
        yield "check"
        assert self.x + self.y < 2 * self.options - 2, "the last of all"

    @process
    def q(self) -> Steps:
        yield "beside"


@variants
@pytest.mark.parametrize("room", [1, 7, 1 << 14])
def test_one_state_has_more_successors_than_there_is_room_for(
    room: int, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 * 9 + 2 pairs, each with a check, one of which fails; `q` steps beside all of them."""
    numbers = {"search.ROOM_ALONE": room, "search.ROOM_TOGETHER": room, "space.CHUNK": room}
    begin_early(monkeypatch, numbers | {"space.MOST_GUESSES": 0})
    properties = {"last": {"never": "x == 8 and y == 8"}, "ends": {"eventually": "p.done"}}
    outcome = same(Pairs(), variant, properties)
    pairs = 8 * 9 + 2
    states = 2 * (1 + pairs + pairs - 1)
    assert counts(outcome) == (states, 2 * (pairs + pairs - 1) + states // 2, 0, 3)
    assert outcome["assertions"].verdict is Verdict.VIOLATED


class Wide(Model):
    """More values, and more locations, than a field of 16 bits holds."""

    x: Annotated[int, Range(0, 99_999)] = 99_000
    seen: Annotated[int, Range(0, 9)] = 0

    @process
    def p(self) -> Steps:
        while True:
            yield "count"
            self.x = (self.x + 1) % 100_000
            if self.x == 300:
                return

    @process
    def q(self) -> Steps:
        yield when(lambda: self.x == 5, "see")
        self.seen = 1


@quick_ones
def test_a_variable_has_more_values_than_a_node_has_slots(variant: str) -> None:
    """1301 states in a row, and from 5 to 300 `q` has seen it or not; it cannot before."""
    outcome = outcome_of(Wide(), variant, {"seen": {"reachable": "seen == 1 and p.done"}})
    assert counts(outcome) == (1301 + 296, 1300 + 295 + 1, 1, 1301)
    assert outcome["seen"].verdict is Verdict.HOLDS


class Large(Model):
    """Two variables whose numbers need more than 32 bits."""

    a: Annotated[int, Range(0, 2**40)] = 0
    b: Annotated[int, Range(0, 2**40)] = 0
    less: bool = False

    @process
    def p(self) -> Steps:
        yield "choose"
        self.a = self.choose(5, 2**32 + 5, 2**33 + 6, 2**40)
        self.b = self.choose(5, 2**32 + 5, 2**34 + 6)
        yield "compare"
        self.less = self.a < self.b
        yield "end"


@variants
def test_a_field_has_more_than_32_bits(variant: str) -> None:
    outcome = same(Large(), variant, {"less": {"never": "less"}})
    assert outcome["less"].verdict is Verdict.VIOLATED


class Triple(Model):
    """A step that sets three variables to what they are in all that follows."""

    a: int = 0
    b: int = 0
    c: int = 0

    @process
    def p(self) -> Steps:
        yield "a"
        self.a = self.choose(*range(100))
        yield "b"
        self.b = self.choose(*range(100)) if self.a == 3 else 0
        yield "c"
        self.c = self.choose(*range(100)) if self.b == 3 else 0
        yield "forget"
        self.a = self.b = self.c = 0
        yield "end"


@quick_ones
def test_what_may_come_before_a_state_is_not_all_guessed(variant: str) -> None:
    """10^6 triples might lead to the last state, where 298 states do.

    After `a` 100 states; after `b` 199; after `c` 298; one of them with the label `end`, and its
    end.
    """
    outcome = outcome_of(Triple(), variant, {"end": {"never": "p.done"}})
    assert counts(outcome) == (1 + 100 + 199 + 298 + 1 + 1, 100 + 199 + 298 + 298 + 1, 0, 5)
    assert outcome["end"].verdict is Verdict.VIOLATED


class Doomed(Model):
    """Stops after one step, or counts for a long time."""

    n: int = 0

    @process
    def p(self) -> Steps:
        yield "choose"
        if self.choose("stop", "go") == "stop":
            yield when(lambda: False, "stop")
        while self.n < 300:
            yield "count"
            self.n += 1


@variants
@pytest.mark.parametrize("limit", [3, 4, 5, 8, 9, 17])
def test_a_search_that_was_stopped_shows_what_it_found(limit: int, variant: str) -> None:
    """At any limit: the next number to be met may be one that its field has no room for."""
    outcome = outcome_of(Doomed(), variant, limits=Limits(states=limit))
    assert outcome.stop is StopReason.STATES
    assert outcome["deadlock"].verdict is Verdict.VIOLATED


class Crowd(Model):
    """More initial states than a set begins with."""

    n: Annotated[int, Range(0, 3499)] = 0

    def init(self) -> None:
        self.n = self.choose(*range(3500))

    @process
    def p(self) -> Steps:
        yield "end"


def test_initial_states_for_which_there_is_no_memory_are_not_forgotten() -> None:
    """There are 100 bytes left: too few for the set to grow, though the limit is not passed."""
    instance = Instance(Crowd())
    options = Options(lambda: 0.0, lambda: 900, Limits(memory=1000))
    with pytest.raises(MemoryError):
        VARIANTS["compiled-1"](instance, parse_properties({}, instance), options)


@quick_ones
def test_a_search_that_is_over_keeps_nothing(variant: str) -> None:
    """Not even until garbage is collected: what a search reserves is large."""
    gc.collect()
    gc.disable()
    try:
        before = living()
        outcome_of(Counting(), variant, {"end": {"eventually": "m == n"}})
        assert living() == before
    finally:
        gc.enable()


def living() -> int:
    return sum(isinstance(thing, Store) for thing in gc.get_objects())


class Many(Model):
    """A process with two local variables that it has chosen: their values are so many locations."""

    n: int = param(260)

    @process
    def p(self) -> Steps:
        yield "a"
        a = self.choose(*range(self.n))
        yield "b"
        b = self.choose(*range(self.n))
        yield "end"
        assert a < self.n > b


@pytest.mark.slow
def test_there_are_more_than_65536_locations() -> None:
    """One state at the start, 260 after the first choice, 260**2 = 67,600 after both, and the end.

    Each choice has 260 ways, and each of the last states one step.
    """
    statistics = check(Many(), engine="native").statistics
    assert statistics.states == 1 + 260 + 260**2 + 1
    assert statistics.transitions == 260 + 260**2 + 260**2
    assert (statistics.deadlocks, statistics.depth) == (0, 3)
