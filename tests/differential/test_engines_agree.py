"""Every engine says the same about random models: counts, verdicts and counterexamples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.differential.comparing import ENGINES, QUICK, SLOW, Refusal, answer, assert_same
from tests.steps import Steps
from tests.strategies import RandomModel, models
from utcheck import Model, array, process, when
from utcheck.check import check
from utcheck.engines.packed import Group, PackedSpace
from utcheck.outcome import Limits, Outcome, StopReason, Verdict
from utcheck.program.layout import Layout
from utcheck.program.learn import Program

fairnesses = st.sampled_from(["processes", "none"])


def assert_agreement(model: RandomModel, fairness: str) -> None:
    """Compare every engine with the first."""
    loaded, properties = model.load(), model.properties()
    reference, *others = (answer(loaded, properties, e, fairness) for e in ENGINES)
    for other in others:
        assert_same(other, reference)


@settings(QUICK, max_examples=200)
@given(models(), fairnesses)
def test_engines_agree_on_random_models(model: RandomModel, fairness: str) -> None:
    assert_agreement(model, fairness)


@pytest.mark.slow
@settings(SLOW)
@given(models(), fairnesses)
def test_engines_agree_on_many_random_models(model: RandomModel, fairness: str) -> None:
    assert_agreement(model, fairness)


def assert_agreement_with(numbers: Mapping[str, float], model: RandomModel, fairness: str) -> None:
    """Compare engines when the tree engine does early what it does for large models only.

    Then it begins again with other fields, groups processes and takes the groups apart, and forgets
    answers, within a few states.
    """
    with pytest.MonkeyPatch.context() as patch:
        set_constants(patch, numbers)
        assert_agreement(model, fairness)


def set_constants(patch: pytest.MonkeyPatch, numbers: Mapping[str, float]) -> None:
    for name, number in numbers.items():
        module, constant = name.split(".")
        patch.setattr(f"utcheck.{MODULES[module]}.{module}.{constant}", number)


MODULES = {"trees": "engines", "packed": "engines", "layout": "program", "search": "engines.native"}
early = st.fixed_dictionaries({
    "trees.CHUNK": st.integers(1, 5),
    "trees.WARM_UP": st.integers(0, 9),
    "trees.SAMPLE": st.integers(0, 9),
    "packed.STATES_PER_ENTRY": st.sampled_from([0, 0, 0.5, 1, 2]),
    "packed.MOST_ANSWERS": st.sampled_from([1, 5, 1 << 18]),
    "layout.OPEN_BITS": st.just(1),
    "layout.LOCATION_BITS": st.just(1),
})  # fmt: skip


@settings(QUICK, max_examples=60)
@given(early, models(), fairnesses)
def test_engines_agree_when_the_large_begins_early(
    numbers: Mapping[str, float], model: RandomModel, fairness: str
) -> None:
    assert_agreement_with(numbers, model, fairness)


class Spied(PackedSpace):
    """Notes what the tree engine does with its space; `seen` is shared by all attempts."""

    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self, program: Program, layout: Layout) -> None:
        self.seen["wider"] += layout.width > Layout.of(program, 0, True).width
        self.seen["tight"] += layout == Layout.of(program, 0, True)
        super().__init__(program, layout)

    def regroup(self, sample: Sequence[int]) -> None:
        super().regroup(sample)
        self.seen["grouped"] += any(isinstance(group, Group) for group in self.groups)

    def review(self, states: int) -> None:
        before = len(self.groups)
        super().review(states)
        self.seen["taken apart"] += len(self.groups) > before


class Later(Model):
    """Two processes that look all alike for 30 states, and then have 20 values each."""

    n: int = 0
    go: bool = False
    value = array(int, 2)

    @process
    def first(self) -> Steps:
        for _ in range(29):
            yield "count"
            self.n += 1
        yield "go"
        self.go = True

    @process(each=2)
    def p(self, i: int) -> Steps:
        yield when(lambda: self.go, "wait")
        self.value[i] = self.choose(*range(20))
        yield "use"
        self.value[i] += 100


def test_the_large_begins_early_with_such_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few states are enough to begin again, to group, to take apart, and to outgrow a field.

    After 30 states in a row, each of the two processes is in one of 1 + 20 + 20 places. That a step
    depends on its value is learned when the processes are grouped already.
    """
    numbers = {"trees.CHUNK": 3, "trees.WARM_UP": 10, "trees.SAMPLE": 20,
               "packed.STATES_PER_ENTRY": 2, "packed.MOST_ANSWERS": 1000,
               "layout.OPEN_BITS": 1, "layout.LOCATION_BITS": 1}  # fmt: skip
    set_constants(monkeypatch, numbers)
    monkeypatch.setattr("utcheck.engines.trees.PackedSpace", Spied)
    Spied.seen.clear()
    assert check(Later(), {}, engine="trees").statistics.states == 30 + 41**2
    assert all(Spied.seen[what] for what in ("tight", "wider", "grouped", "taken apart"))


@pytest.mark.slow
@settings(SLOW, max_examples=3000)
@given(early, models(), fairnesses)
def test_engines_agree_on_many_models_when_the_large_begins_early(
    numbers: Mapping[str, float], model: RandomModel, fairness: str
) -> None:
    assert_agreement_with(numbers, model, fairness)


def assert_limit(model: RandomModel, states: int) -> None:
    """Compare searches that may have been cut short with a whole one.

    They are cut in the same place, and so agree with each other, if every engine looks at the limit
    before each state.
    """
    loaded, properties, limits = model.load(), model.properties(), Limits(states=states)
    whole = answer(loaded, properties, "trees")
    found = [answer(loaded, properties, engine, limits=limits) for engine in ENGINES]
    with pytest.MonkeyPatch.context() as patch:
        set_constants(patch, {"trees.CHUNK": 1, "search.FIRST_ROUND": 1, "search.LARGEST_ROUND": 1})
        precise = [answer(loaded, properties, engine, limits=limits) for engine in ENGINES]
    for cut in precise:
        assert_same(cut, precise[0])
    for cut in found + precise:
        if isinstance(cut, Refusal):
            assert cut == whole, "what is wrong within the limit is wrong without it"
        elif isinstance(whole, Outcome):
            assert_part(cut, whole, states)


def assert_part(cut: Outcome, whole: Outcome, limit: int) -> None:
    """Check that a search under a limit says nothing that the whole search does not."""
    reached = whole.statistics.states > limit
    assert cut.stop is (StopReason.STATES if reached else StopReason.EXHAUSTED)
    if not reached:
        assert_same(cut, whole)
    for part in cut:
        kind, full = part.kind, whole[part.name]
        if part.verdict is Verdict.UNDECIDED:
            assert reached
            assert part.reason == cut.stop.value
        else:
            assert part.verdict is full.verdict
            assert not reached or part.verdict is (
                Verdict.HOLDS if kind == "reachable" else Verdict.VIOLATED
            )
            assert (part.trace is None) == (full.trace is None)
            if part.trace is not None and full.trace is not None:
                assert len(part.trace) == len(full.trace)


@settings(QUICK, max_examples=50)
@given(models(), st.integers(0, 40))
def test_engines_agree_under_a_limit_on_states(model: RandomModel, states: int) -> None:
    assert_limit(model, states)


@pytest.mark.slow
@settings(SLOW, max_examples=2000)
@given(models(), st.integers(0, 40))
def test_engines_agree_under_many_limits(model: RandomModel, states: int) -> None:
    assert_limit(model, states)
