"""Closing a model: every branch that a search learns, and no more than there can be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

import pytest
from hypothesis import given, settings

from tests.differential.comparing import QUICK, SLOW
from tests.steps import Steps
from tests.strategies import RandomModel, models
from utcheck import Model, Range, array, param, process, when
from utcheck.engines import trees
from utcheck.engines.search import Options, SearchError
from utcheck.model.instance import Instance
from utcheck.program.close import Bounds, ClosedProgram, Interrupted, NotClosed, close
from utcheck.program.closed import Broken, Case, Closed, enabled_ways, ways
from utcheck.program.closed import Options as Chosen
from utcheck.program.learn import Program
from utcheck.program.trees import Blocked, ChooseNode, Do, Fail, Node, ReadNode


def learned(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Program | None:
    """Return the program that the tree engine has learned when it has seen every state."""
    kept: list[Program] = []

    def keep(instance: Instance) -> Program:
        kept.append(Program(instance))
        return kept[0]

    monkeypatch.setattr(trees, "Program", keep)
    monkeypatch.setattr(Program, "dispose", lambda self: None)
    try:
        trees.search(instance, [], Options(lambda: 0.0, lambda: 0))
    except SearchError:
        return None  # the model breaks a rule somewhere
    return kept[0]


def branches(node: Node) -> list[tuple[dict[int, int], tuple[int, ...], Any]]:
    """Return reads, choices and leaf of every branch of a learned tree."""
    if isinstance(node, ReadNode):
        return [({node.variable: number, **reads}, choices, leaf)
                for number, child in node.children.items()
                for reads, choices, leaf in branches(child)]  # fmt: skip
    if isinstance(node, ChooseNode):
        return [(reads, (taken, *choices), leaf)
                for taken, child in node.children.items()
                for reads, choices, leaf in branches(child)]  # fmt: skip
    return [({}, (), node)]


def follow(tree: Closed, reads: dict[int, int], choices: Sequence[int]) -> Any:
    """Return the leaf of a closed tree that these answers lead to."""
    left = list(choices)
    while isinstance(tree, Case | Chosen):
        if isinstance(tree, Case):
            tree = tree.children[reads[tree.variable]]
        else:
            tree = tree.children[left.pop(0)]
    assert left in ([], list(choices)), "all choices of a branch matter, or none does"
    return tree


def assert_contains(closed: ClosedProgram, program: Program) -> None:
    """Check that every branch that was learned is in the closed trees, with the same end."""
    for who, locations in enumerate(program.locations):
        numbers = {place.key: place.number for place in closed.locations[who].all}
        for place in locations.all:
            root = program.tree(who, place.number).root
            if root is None:
                continue
            tree = closed.steps[who][numbers[place.key]]
            assert tree is not None
            for reads, choices, leaf in branches(root):
                end = follow(tree, reads, choices)
                if isinstance(leaf, Do):
                    assert isinstance(end, Do)
                    assert end.writes == leaf.writes
                    assert end.target == numbers[locations.all[leaf.target].key]
                    assert [e.name for e in end.events] == [e.name for e in leaf.events]
                else:
                    assert end == leaf


def assert_closed(model: RandomModel) -> None:
    instance = Instance(model.load())
    with pytest.MonkeyPatch.context() as patch:
        program = learned(instance, patch)
    if program is None:
        return
    try:
        closed = close(instance)
    except NotClosed:
        return
    assert_contains(closed, program)


@settings(QUICK, max_examples=150)
@given(models())
def test_closed_trees_contain_every_branch_that_is_learned(model: RandomModel) -> None:
    assert_closed(model)


@pytest.mark.slow
@settings(SLOW, max_examples=2000)
@given(models())
def test_closed_trees_contain_every_branch_of_many_models(model: RandomModel) -> None:
    assert_closed(model)


class Dial(Model):
    """A dial that one process turns, and another one that waits for a place."""

    dial: Annotated[int, Range(0, 4)] = 0
    done: bool = False

    @process
    def turns(self) -> Steps:
        while True:
            yield "turn"
            self.dial = (self.dial + 2) % 5

    @process
    def waits(self) -> Steps:
        yield when(lambda: self.dial == 3, "wait")
        assert self.dial == 3, "of course"
        self.done = self.choose(True, False)


def test_a_small_model_has_these_branches() -> None:
    """2 is coprime to 5, so the dial takes every place; from 3 the waiting goes on, two ways."""
    closed = close(Instance(Dial()))
    assert closed.numbers == ((0, 1, 2, 3, 4), (0, 1))
    (turn,) = closed.steps[0]
    assert turn is not None
    found = {way.reads[0]: way.leaf for way in ways(turn)}
    assert found == {n: Do(((0, (n + 2) % 5),), 0) for n in range(5)}
    wait, end = closed.steps[1]
    assert end is None
    assert wait is not None
    assert [w.leaf for w in ways(wait) if w.reads[0] != 3] == [Blocked()] * 4
    there = {w.choices: w.leaf for w in enabled_ways(wait, lambda _: 3)}
    assert there == {(0,): Do(((1, 1),), 1), (1,): Do(((1, 0),), 1)}
    assert list(enabled_ways(wait, lambda _: 2)) == []


class Flags(Model):
    """A step that asks of every flag whether it is set, and one that counts them."""

    n: int = param(4)
    counting: bool = param(False)
    flag = array(bool, "n")
    alarm: bool = False

    @process(each="n")
    def sets(self, i: int) -> Steps:
        yield "set"
        self.flag[i] = True

    @process
    def looks(self) -> Steps:
        yield "look"
        self.alarm = sum(self.flag) > 0 if self.counting else any(self.flag)


def test_a_read_that_does_not_matter_is_left_out_and_equal_subtrees_are_shared() -> None:
    """To look stops at the first flag: n + 1 branches. To count tells 2^n apart, to share n."""
    (look, _) = close(Instance(Flags(n=6))).steps[-1]
    assert look is not None
    assert len(list(ways(look))) == 7
    (count, _) = close(Instance(Flags(n=6, counting=True))).steps[-1]
    assert count is not None
    distinct, work = set(), [count]
    while work:
        node = work.pop()
        distinct.add(id(node))
        work += node.children.values() if isinstance(node, Case) else ()
    assert len(distinct) == 6 + 2, "one node per flag as long as none is set, and two ends"


def test_a_step_with_too_many_branches_is_named_with_what_would_help() -> None:
    """2^20 branches are more than any bound here."""
    with pytest.raises(NotClosed) as caught:
        close(Instance(Flags(n=20, counting=True)), Bounds(branches=500))
    text = str(caught.value)
    assert "step 'look' of looks has more than 500 branches" in text
    assert "flag[0], flag[1]" in text
    assert "`any`" in text
    assert re.search(r"test_close\.py:\d+: error", text)


class Count(Model):
    """A counter that a local variable bounds, which the abstraction does not see."""

    count: int = 0

    @process
    def counts(self) -> Steps:
        for _ in range(3):
            yield "count"
            self.count += 1


def test_an_open_domain_that_does_not_close_is_named_with_what_to_declare() -> None:
    with pytest.raises(NotClosed, match=r"'count' \(an int\) may have more than 50 values"):
        close(Instance(Count()), Bounds(values=50))
    with pytest.raises(NotClosed, match=r"Range\(0, 9\)"):
        close(Instance(Count()), Bounds(values=50))


class Local(Model):
    """A process that counts in a local variable for ever."""

    @process
    def counts(self) -> Steps:
        count = 0
        while True:
            yield "count"
            count += 1


def test_a_process_with_endless_locations_is_named() -> None:
    with pytest.raises(NotClosed, match=r"step 'count' of counts: .* more than 40 locations"):
        close(Instance(Local()), Bounds(locations=40))


class Spurious(Model):
    """Two variables that are always equal, which the abstraction does not know."""

    a: Annotated[int, Range(0, 2)] = 0
    b: Annotated[int, Range(0, 2)] = 0

    @process
    def both(self) -> Steps:
        while True:
            yield "step"
            self.a, self.b = (self.a + 1) % 3, (self.b + 1) % 3

    @process
    def divides(self) -> Steps:
        yield "divide"
        assert self.a == self.b, "they differ"
        yield "index"
        (0, 1, 2)[self.a + abs(self.a - self.b)]


def test_what_only_the_abstraction_reaches_is_a_leaf() -> None:
    """6 of 9 combinations differ. The index is b, or else 2a - b, which is too much twice."""
    closed = close(Instance(Spurious()))
    divide, index, _ = closed.steps[1]
    assert divide is not None
    assert index is not None
    assert sum(isinstance(way.leaf, Fail) for way in ways(divide)) == 6
    broken = [way for way in ways(index) if isinstance(way.leaf, Broken)]
    sums = [(way.reads[0], way.reads[1]) for way in broken]
    assert sorted(sums) == [(2, 0), (2, 1)], "2 + 2 - 0 and 2 + 2 - 1"
    leaf = broken[0].leaf
    assert isinstance(leaf, Broken)
    assert "IndexError" in leaf.error.message


def test_closing_can_be_stopped() -> None:
    with pytest.raises(Interrupted):
        close(Instance(Local()), stop=lambda: True)
