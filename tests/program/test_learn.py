"""Learning: trees have the shape of the code, each branch is run twice, and both must agree."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.program.merged import by_trees
from tests.program.two import Small, Two
from tests.refusal import labels, place
from tests.steps import Steps
from utcheck import Model, ModelError, Struct, array, check, predicate, process, when
from utcheck.errors import Place
from utcheck.model import run
from utcheck.model.instance import Instance
from utcheck.outcome import Event
from utcheck.program.learn import Branch, Program
from utcheck.program.trees import (
    Answer,
    Blocked,
    ChooseNode,
    Disagreement,
    Do,
    Fail,
    Node,
    ReadNode,
    Tree,
)
from utcheck.properties.kinds import Predicate

TICKS: list[None] = []


@pytest.fixture(autouse=True)
def _from_the_beginning() -> Iterator[None]:
    TICKS.clear()
    yield
    TICKS.clear()


def tick() -> int:
    """Return how often this was called before: 0, 1, 2, ..."""
    TICKS.append(None)
    return len(TICKS) - 1


# ------------------------------------------------------------------ how often code is run


class Crowd(Two):
    """One process whose step has as many branches as x has values, and others that do not care."""

    z: Small = 0

    @process
    def p(self) -> Steps:
        while True:
            yield "step"
            tick()
            self.x = (self.x + 1) % 4

    @process(each=3)
    def q(self, i: int) -> Steps:
        for _ in range(i + 2):
            yield "other"


def test_each_branch_of_a_step_is_run_twice_however_many_states_pass_through_it() -> None:
    """4 values of x, and 3 * 4 * 5 places of the others: 240 states, but 4 branches."""
    found = by_trees(Crowd())
    assert found.count == 4 * 3 * 4 * 5
    assert len(TICKS) == 2 * 4


class Straight(Two):
    """Steps behind one another, so that each is reached by running those before it."""

    @process
    def p(self) -> Steps:
        yield "one"
        if self.x:
            self.y = 1
        yield "two"
        self.y = self.choose(2, 3)
        yield when(lambda: self.x == 1, "three")
        self.y = 4

    @process
    def q(self) -> Steps:
        yield "set"
        self.x = 1


def test_each_branch_is_learned_twice_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Branches that run: one, x=0 and x=1; two, two choices; three, x=1; set: 6. x=0 blocks three.

    What is run again to get to a step is not learned again.
    """
    steps = []

    def counted(*arguments: Any) -> Any:
        steps.append(arguments)
        return original(*arguments)

    original = run.take_step
    monkeypatch.setattr("utcheck.program.learn.take_step", counted)
    by_trees(Straight())
    assert len(steps) == 2 * 6


def test_a_predicate_is_asked_twice_for_each_branch_however_many_states_there_are() -> None:
    class Asked(Crowd):
        @predicate
        def top(self) -> bool:
            tick()
            return self.x == 3

        @process
        def p(self) -> Steps:
            while True:
                yield "step"
                self.x = (self.x + 1) % 4

    class Never(Asked):
        @predicate
        def top(self) -> bool:
            tick()
            return self.x == 5

    check(Never(), {"no-top": {"never": "top"}})
    assert len(TICKS) == 2 * 4


# -------------------------------------------------------------------------- the shape of trees


class Learner:
    """A program, and the values of the variables for which it is asked."""

    def __init__(self, model: Model) -> None:
        self.program = Program(Instance(model))
        ((_, numbers),) = self.program.instance.initial_states()
        self.numbers = list(numbers)

    def variable(self, name: str) -> int:
        return self.program.instance.names.index(name)

    def number(self, name: str, value: object) -> int:
        return self.program.instance.domains[self.variable(name)].index(value)

    def learn(self, location: int = 0, process: int = 0, **values: object) -> list[Branch]:
        """Return the branches of a step where variables have these values, learning them."""
        for name, value in values.items():
            self.numbers[self.variable(name)] = self.number(name, value)
        return self.program.branches(process, location, self.numbers.__getitem__)

    def root(self, location: int = 0, process: int = 0) -> Node | None:
        return self.program.tree(process, location).root

    def predicate(self, name: str) -> Predicate:
        return Predicate(name, getattr(self.program.instance.view, name))

    def support(self, location: int = 0) -> set[str]:
        return {self.program.instance.names[v] for v in self.program.support(0, location)}


class Reader(Two):
    flag: bool = False

    @process
    def p(self) -> Steps:
        yield "step"
        if self.flag:
            self.x = self.y


def test_a_branch_is_learned_only_where_a_state_needs_it() -> None:
    learner = Learner(Reader())
    flag, x, y = map(learner.variable, ("flag", "x", "y"))
    assert learner.root() is None
    assert learner.support() == set()
    end = Do((), 1)
    assert learner.learn(flag=False) == [Branch((), end)]
    assert learner.root() == ReadNode(flag, {0: end})
    assert learner.support() == {"flag"}
    seven = Do(((x, 7),), 1)
    assert learner.learn(flag=True, y=7) == [Branch((), seven)]
    assert learner.root() == ReadNode(flag, {0: end, 1: ReadNode(y, {7: seven})})
    assert learner.support() == {"flag", "x", "y"}
    assert learner.learn(flag=False, y=8) == [Branch((), end)], "y is not read"
    assert learner.root() == ReadNode(flag, {0: end, 1: ReadNode(y, {7: seven})})


class Writer(Two):
    @process
    def p(self) -> Steps:
        yield "step"
        self.x = 3
        self.y = self.x + 1
        self.x = self.x + self.y
        self.y = self.y


def test_a_read_after_a_write_sees_the_write_and_is_no_node() -> None:
    learner = Learner(Writer())
    (branch,) = learner.learn()
    assert branch.leaf == Do(((0, 7), (1, 4)), 1)
    assert learner.root() == branch.leaf


class Repeated(Two):
    @process
    def p(self) -> Steps:
        yield "step"
        self.y = self.x + self.x + self.x


def test_a_variable_that_is_read_again_is_one_node() -> None:
    learner = Learner(Repeated())
    learner.learn(x=2)
    assert learner.root() == ReadNode(0, {2: Do(((1, 6),), 1)})


class Chooser(Two):
    @process
    def p(self) -> Steps:
        yield "step"
        if self.choose(False, True):
            self.x = self.choose(5, 6, 7)
        else:
            self.x = self.y


def test_choices_are_nodes_inside_one_another() -> None:
    learner = Learner(Chooser())
    branches = learner.learn(y=1)
    leaves = [Do(((0, value),), 1) for value in (1, 5, 6, 7)]
    choices = [(0,), (1, 0), (1, 1), (1, 2)]
    assert branches == [Branch(*pair) for pair in zip(choices, leaves, strict=True)]
    assert learner.root() == ChooseNode(
        (False, True),
        {
            0: ReadNode(1, {1: leaves[0]}),
            1: ChooseNode((5, 6, 7), dict(enumerate(leaves[1:]))),
        },
    )


class Emitter(Two):
    @process
    def p(self) -> Steps:
        yield "step"
        self.emit("first", self.x, "text")
        self.emit("second")


def test_events_are_part_of_what_a_step_does() -> None:
    learner = Learner(Emitter())
    (branch,) = learner.learn(x=4)
    assert branch.leaf == Do((), 1, (Event("first", (4, "text")), Event("second")))


class Waiter(Two):
    @process
    def p(self) -> Steps:
        yield when(lambda: self.x > self.y, "step")
        self.x = 0


def test_a_step_that_is_not_enabled_is_a_leaf_of_its_own() -> None:
    learner = Learner(Waiter())
    assert learner.learn(x=0, y=0) == []
    assert learner.root() == ReadNode(0, {0: ReadNode(1, {0: Blocked()})})
    assert learner.learn(x=1) == [Branch((), Do(((0, 0),), 1))]
    assert learner.root() == ReadNode(
        0, {0: ReadNode(1, {0: Blocked()}), 1: ReadNode(1, {0: Do(((0, 0),), 1)})}
    )


class Failing(Two):
    @process
    def p(self) -> Steps:
        yield "step"
        self.y = 1
        if self.x:
            raise AssertionError(f"x is {self.x}")  # here


def test_a_failing_assertion_is_a_leaf_with_its_message_and_its_place() -> None:
    learner = Learner(Failing())
    learner.learn(x=0)
    (branch,) = learner.learn(x=3)
    path, line = place(Failing).rsplit(":", 1)
    assert branch.leaf == Fail("x is 3", Place(path, int(line)))
    assert learner.root() == ReadNode(0, {0: Do(((1, 1),), 1), 3: branch.leaf})


class Looping(Two):
    @process
    def p(self) -> Steps:
        while True:
            yield "step"
            if self.x == 2:
                return
            self.x += 1


def test_a_step_that_comes_back_to_its_location_leads_there() -> None:
    learner = Learner(Looping())
    assert learner.learn(x=0) == [Branch((), Do(((0, 1),), 0))]
    assert learner.learn(x=2) == [Branch((), Do((), 1))]
    assert learner.program.locations[0].all[1].label is None
    assert learner.learn(location=1) == [], "a process that has ended takes no step"


class Inner(Struct):
    on: bool = False

    def turn(self) -> None:
        self.on = not self.on


class Arrayed(Two):
    inner = array(Inner, 2)

    @process(each=2)
    def p(self, i: int) -> Steps:
        yield "step"
        self.inner[i].on = not self.inner[1 - i].on


def test_the_processes_of_a_family_have_trees_of_their_own() -> None:
    learner = Learner(Arrayed())
    first, second = learner.variable("inner[0].on"), learner.variable("inner[1].on")
    learner.learn(process=0)
    learner.learn(process=1)
    assert learner.root(process=0) == ReadNode(second, {0: Do(((first, 1),), 1)})
    assert learner.root(process=1) == ReadNode(first, {0: Do(((second, 1),), 1)})


class Asked(Two):
    @process
    def p(self) -> Steps:
        yield when(lambda: self.x == 1, "step")
        yield "last"

    def small(self) -> bool:
        return self.x < 2 or self.y < 2

    def ready(self) -> bool:
        return bool(self.p.enabled)

    def at_last(self) -> bool:
        return bool(self.p.at("last") or self.p.done)


def test_a_predicate_is_learned_like_a_step() -> None:
    learner = Learner(Asked())
    program = learner.program
    small = learner.predicate("small")
    assert program.truth(small, {0: 1, 1: 5}.__getitem__)
    assert program.predicate_tree(small).root == ReadNode(0, {1: Answer(True)})
    assert not program.truth(small, {0: 2, 1: 5}.__getitem__)
    assert program.predicate_tree(small).root == ReadNode(
        0, {1: Answer(True), 2: ReadNode(1, {5: Answer(False)})}
    )


def test_a_predicate_about_a_process_reads_its_location() -> None:
    learner = Learner(Asked())
    program = learner.program
    learner.learn(x=1)
    ready = learner.predicate("ready")
    assert not program.truth(ready, {~0: 0, 0: 0}.__getitem__)
    assert program.truth(ready, {~0: 0, 0: 1}.__getitem__)
    assert program.truth(ready, {~0: 1}.__getitem__)
    assert program.predicate_tree(ready).root == ReadNode(
        ~0, {0: ReadNode(0, {0: Answer(False), 1: Answer(True)}), 1: Answer(True)}
    )
    at_last = learner.predicate("at_last")
    assert [program.truth(at_last, {~0: n}.__getitem__) for n in (0, 1)] == [False, True]


def test_a_tree_refuses_to_know_two_things_of_one_branch() -> None:
    tree = Tree()
    tree.insert((), Answer(True))
    tree.insert((), Answer(True))
    with pytest.raises(Disagreement):
        tree.insert((), Answer(False))


# --------------------------------------------------------------- what is not deterministic


def differs(model: type[Model], how: str, label: str = "step") -> str:
    """Return the text of the error that says that a step is not deterministic."""
    return (
        f"{place(model)}: error: step '{label}' of p answers differently when it is run again: "
        f"{how}; a step may depend only on the shared variables it reads and on what it chooses"
    )


def found_out(model: type[Model]) -> ModelError:
    with pytest.raises(ModelError) as caught:
        check(model(), root="")
    return caught.value


SOMETHING_ELSE = "it reads, chooses or sets something else"


def test_a_step_that_depends_on_chance_is_found_out() -> None:
    class M(Model):
        x: float = 0.0

        @process
        def p(self) -> Steps:
            yield "before"
            yield "step"  # here
            self.x = random.random()

    error = found_out(M)
    assert str(error) == differs(M, SOMETHING_ELSE)
    assert labels(error) == ("before",), "the run that leads there is told"


def test_a_step_that_depends_on_the_clock_is_found_out() -> None:
    class M(Model):
        x: int = 0

        @process
        def p(self) -> Steps:
            yield "step"  # here
            self.x = time.perf_counter_ns()

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_step_that_depends_on_a_global_counter_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            self.x = tick()

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_step_that_remembers_in_a_default_argument_is_found_out() -> None:
    class M(Two):
        def remember(self, seen: list[int] = []) -> int:  # noqa: B006
            seen.append(1)
            return len(seen)

        @process
        def p(self) -> Steps:
            yield "step"  # here
            self.x = self.remember()

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_step_that_reads_something_else_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            _ = self.y if tick() else self.x

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_step_that_offers_something_else_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            self.x = self.choose(1, tick())

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_step_that_offers_less_is_found_out() -> None:
    """The first branch is learned from two runs that agree; the second option is gone later."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            self.x = self.choose(*(1, 2) if tick() < 3 else (1,))

    assert str(found_out(M)) == differs(M, "it offers other choices")


def test_a_step_that_offers_something_else_for_another_branch_is_found_out() -> None:
    """The branch of the first option is learned from two runs, that of the second from two more."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            self.x = self.choose(1, 2 if tick() < 2 else 3)

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_step_that_emits_something_else_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            self.emit("event", tick())

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_step_that_fails_now_and_then_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            if tick():
                raise AssertionError

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_step_that_goes_elsewhere_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            if tick():
                yield "elsewhere"
            yield "end"

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_step_that_leaves_another_local_behind_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            k = tick()
            yield "end"
            self.x = k

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_sentinel_that_is_made_anew_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            nothing = object()
            yield "end"
            self.x = int(nothing is None)

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_process_that_begins_otherwise_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            k = tick()
            yield "step"  # here
            self.x = k

    assert str(found_out(M)) == differs(M, "it leaves other local variables behind")


class Shuffled:
    """An object that a set keeps at another place each time one is made."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.hash = (0, 1, 1, 0)[tick()]

    def __hash__(self) -> int:
        return self.hash


def test_a_step_that_depends_on_the_order_of_a_set_of_objects_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            self.x = next(iter({Shuffled(1), Shuffled(2)})).number

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_condition_that_depends_on_something_else_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield when(lambda: tick() == 0, "step")  # here

    assert str(found_out(M)) == differs(M, SOMETHING_ELSE)


def test_a_condition_that_changes_a_local_variable_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            n = 0

            def counted() -> bool:
                nonlocal n
                n += 1
                return True

            yield when(counted, "step")
            yield "end"  # here
            self.x = n

    assert str(found_out(M)) == differs(M, "it leaves other local variables behind", "end")


def test_a_condition_that_changes_a_local_variable_while_it_waits_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            n = 0

            def counted() -> bool:
                nonlocal n
                n += 1
                return self.x > 0

            yield when(counted, "wait")  # here
            self.x = n

    assert str(found_out(M)) == (
        f"{place(M)}: error: the condition of 'wait' changes local variables; it may only look"
    )


class Late(Two):
    """Its first step is learned twice alike, and is otherwise when it is run a third time.

    The third time is on the way to the second step.
    """

    @process
    def p(self) -> Steps:
        yield "step"  # here
        self.otherwise(tick() >= 2)
        yield "end"
        self.x = 1

    def otherwise(self, now: bool) -> None:
        """Do something else if it is time."""


def test_a_step_that_reads_something_else_on_the_way_is_found_out() -> None:
    class M(Late):
        def otherwise(self, now: bool) -> None:
            _ = self.y if now else 0

    assert (
        str(found_out(M)).partition(": error: ")[2]
        == differs(Late, "it reads 'y', which it did not before").partition(": error: ")[2]
    )


def test_a_step_that_offers_less_on_the_way_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            if self.choose(*(False, True) if tick() != 4 else (False,)):
                yield "end"
                self.x = 1

    assert str(found_out(M)) == differs(M, "it offers other choices")


def test_what_is_not_deterministic_is_said_even_if_the_run_there_cannot_be_repeated() -> None:
    """The run that leads to the step is not one that can be shown, but the error is the model's."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"  # here
            if self.choose(*(False, True) if tick() < 4 else (False,)):
                yield "end"
                self.x = 1

    assert str(found_out(M)) == differs(M, "it offers other choices")


def test_a_step_that_fails_on_the_way_is_found_out() -> None:
    class M(Late):
        def otherwise(self, now: bool) -> None:
            if now:
                raise AssertionError

    assert (
        str(found_out(M)).partition(": error: ")[2]
        == differs(Late, "an assertion fails that held before").partition(": error: ")[2]
    )


def test_a_property_that_depends_on_something_else_is_found_out() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "step"

        @predicate
        def odd(self) -> bool:
            return tick() == 1

    with pytest.raises(ModelError) as caught:
        check(M(), {"odd": {"never": "odd"}}, root="")
    assert caught.value.message == (
        "'odd' answers differently when it is asked again; a property may depend only on the state"
    )


def test_nan_is_not_taken_for_something_else() -> None:
    """A NaN is not equal to itself, but a step that chooses or emits it is deterministic."""

    class M(Model):
        x: float = 0.0

        @process
        def p(self) -> Steps:
            yield "step"
            self.x = self.choose(1.0, float("nan"))
            self.emit("event", float("nan"))

    assert by_trees(M()).count == 3


def test_options_that_are_made_anew_are_not_taken_for_something_else() -> None:
    """Functions, and methods of views, are compared by identity, and each run makes new ones."""

    class Functions(Two):
        @process
        def p(self) -> Steps:
            yield "step"
            made: Any = self.choose(lambda: 1, lambda: 2)
            self.x = made()

    class Methods(Arrayed):
        @process(each=1)
        def p(self, i: int) -> Steps:
            yield "step"
            self.choose(self.inner[0].turn, self.inner[1].turn)()

    assert by_trees(Functions()).count == 3
    assert by_trees(Methods()).count == 3
