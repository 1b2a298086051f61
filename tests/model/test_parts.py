"""The ready parts: lock, semaphore, channel and event."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program.merged import exact_count
from tests.program.two import Small, Two
from tests.refusal import place, refusal
from tests.stateless import explore
from tests.steps import Steps
from utcheck import (
    Channel,
    Event,
    Lock,
    Model,
    ModelError,
    Outcome,
    Semaphore,
    array,
    check,
    param,
    process,
)
from utcheck.model.instance import Instance


def failure(outcome: Outcome) -> str | None:
    """Return what the counterexample to `assertions` says at its end."""
    trace = outcome["assertions"].trace
    return trace.steps[-1].failure if trace is not None else None


class Locked(Two):
    """`n` processes take a lock, are inside, and give it back, within a step or as one."""

    n: int = param(2)
    labelled: bool = param(False)
    lock: Lock

    @process(each="n")
    def p(self, i: int) -> Steps:
        yield from self.lock.acquire("acquire")
        self.x += 1
        yield "inside"
        if self.x != 1:
            raise AssertionError("two are inside")
        self.x -= 1
        if self.labelled:
            yield from self.lock.release("release")
        else:
            self.lock.release()


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("labelled", [False, True])
def test_a_lock_lets_one_in_at_a_time(n: int, labelled: bool) -> None:
    """Each process is before or behind: 2^n states with the lock free.

    With one inside the n - 1 others are before or behind: n * 2^(n-1) states, twice if giving the
    lock back is a step of its own.
    """
    model = Locked(n=n, labelled=labelled)
    outcome = check(model)
    assert outcome.verdict == "holds"
    held = n * 2 ** (n - 1)
    assert outcome.statistics.states == 2**n + (2 if labelled else 1) * held
    assert exact_count(model) == outcome.statistics.states


def test_a_lock_knows_its_owner() -> None:
    class M(Locked):
        @process(each="n")
        def p(self, i: int) -> Steps:
            yield from self.lock.acquire()
            yield "inside"
            if self.lock.owner != f"p[{i}]" or not self.lock.locked:
                raise AssertionError
            self.lock.release()

    instance = Instance(M())
    assert list(instance.domains[instance.names.index("lock.owner")].values) == [
        None, "p[0]", "p[1]",
    ]  # fmt: skip
    outcome = check(M(), {"owner": {"always": "lock.owner in (None, 'p[0]', 'p[1]')"}})
    assert outcome.verdict == "holds"


def test_a_lock_may_be_tried() -> None:
    """p holds the lock from "hold" on, and q finds out: y is 1 if it is free, else 2.

    q tries before p takes it, while p holds it, or after: the ends have y=1 and y=2.
    """

    class M(Two):
        lock: Lock

        @process
        def p(self) -> Steps:
            yield from self.lock.acquire("take")
            yield "hold"
            self.lock.release()

        @process
        def q(self) -> Steps:
            if (yield from self.lock.try_acquire("try")):
                self.y = 1
                self.lock.release()
            else:
                self.y = 2

    ends = {variables for variables, _ in explore(M())[1]}
    assert ends == {("x=0", f"y={y}", "lock.owner=None") for y in (1, 2)}
    assert exact_count(M()) == 3 + 3 + 2, "places of p with y=0, y=1, y=2"


def test_releasing_a_lock_that_nobody_holds_is_a_failure() -> None:
    class M(Two):
        lock: Lock

        @process
        def p(self) -> Steps:
            yield "step"
            self.lock.release()  # here

    for engine in ("explicit", "trees"):
        outcome = check(M(), engine=engine, root="")
        assert outcome["assertions"].verdict == "violated"
        assert failure(outcome) == f"p releases lock, but nobody holds it ({place(M)})"


def test_releasing_a_lock_that_another_process_holds_is_a_failure() -> None:
    class M(Two):
        locks = array(Lock, 2)

        @process
        def p(self) -> Steps:
            yield from self.locks[1].acquire("take")
            yield "hold"
            self.locks[1].release()

        @process
        def q(self) -> Steps:
            yield "wait"
            if self.locks[1].locked:
                yield from self.locks[1].release("give")  # here

    for engine in ("explicit", "trees"):
        outcome = check(M(), engine=engine, root="")
        assert outcome["assertions"].verdict == "violated"
        assert failure(outcome) == f"q releases locks[1], but p holds it ({place(M)})"


def test_a_lock_taken_twice_is_waited_for_for_ever() -> None:
    class M(Two):
        lock: Lock

        @process
        def p(self) -> Steps:
            yield from self.lock.acquire()
            yield from self.lock.acquire("again")

    assert check(M())["deadlock"].verdict == "violated"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_semaphore_lets_as_many_in_as_it_counts(count: int) -> None:
    """3 processes, each before, inside or behind, at most `count` inside.

    27 ways in all; with exactly k inside there are C(3, k) * 2^(3-k): 8, 12, 6, 1 for k = 0 to 3.
    """
    capacity = count

    class M(Model):
        slots = Semaphore(capacity)
        inside: Small = 0

        @process(each=3)
        def p(self, i: int) -> Steps:
            yield from self.slots.acquire("down")
            self.inside += 1
            yield "inside"
            if self.inside > capacity:
                raise AssertionError("too many")
            self.inside -= 1
            self.slots.release()

    assert check(M()).verdict == "holds"
    assert exact_count(M()) == sum((8, 12, 6, 1)[: count + 1])


def test_a_semaphore_may_be_released_in_a_step_of_its_own() -> None:
    """3: nobody has taken a step, p has, both have."""

    class M(Model):
        slots = Semaphore(0)

        @process
        def p(self) -> Steps:
            yield from self.slots.release("up")

        @process
        def q(self) -> Steps:
            yield from self.slots.acquire("down")

    assert exact_count(M()) == 3


class Bounded(Model):
    """One process sends 1, 2, ..., n through a channel, another receives and compares."""

    n: int = param(3)
    capacity: int = param(1)
    channel = Channel("capacity")

    @process
    def sender(self) -> Steps:
        for k in range(self.n):
            yield from self.channel.send(k, "send")

    @process
    def receiver(self) -> Steps:
        for k in range(self.n):
            value = yield from self.channel.receive("receive")
            if value != k:
                raise AssertionError(f"{value} came instead of {k}")


@pytest.mark.parametrize(("n", "capacity"), [(3, 1), (3, 2), (4, 3), (2, 5)])
def test_a_channel_keeps_the_order_and_its_bound(n: int, capacity: int) -> None:
    """Pairs (sent, received) with 0 <= sent - received <= capacity, both at most n."""
    model = Bounded(n=n, capacity=capacity)
    assert check(model).verdict == "holds"
    pairs = [(s, r) for s in range(n + 1) for r in range(n + 1) if 0 <= s - r <= capacity]
    assert exact_count(model) == len(pairs)


def test_a_channel_is_true_and_as_long_as_it_has_items() -> None:
    class M(Model):
        channel = Channel(2)

        @process
        def p(self) -> Steps:
            yield from self.channel.send("a")
            if not (self.channel and len(self.channel) == 1 and self.channel.items == ("a",)):
                raise AssertionError
            if self.channel.capacity != 2:
                raise AssertionError

    assert check(M()).verdict == "holds"


def test_a_channel_holds_no_mutable_values() -> None:
    class M(Model):
        channel = Channel(2)

        @process
        def p(self) -> Steps:
            yield "step"
            yield from self.channel.send([1])

    assert "a list, which is not hashable" in refusal(M()).message


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_channel_holds_at_least_one_value(capacity: Any) -> None:
    with pytest.raises(ModelError) as caught:
        Channel(capacity)
    assert caught.value.message == f"Channel({capacity}): a channel holds at least one value"


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_channel_holds_at_least_one_value_whoever_says_how_many(capacity: int) -> None:
    assert "a channel holds at least one value" in refusal(Bounded(capacity=capacity)).message


def test_the_capacity_of_a_channel_is_a_number() -> None:
    class M(Model):
        channel = Channel(1.5)  # type: ignore[arg-type]

        @process
        def p(self) -> Steps:
            yield from self.channel.send(1)

    with pytest.raises(ModelError):
        check(M())


def test_an_event_stays_set_until_it_is_cleared() -> None:
    """p sets and clears; q waits. (p, q): set-wait; clear-wait, clear-seen; end-wait, end-seen.

    q is through only while the event was set, and may miss it: end-wait is a deadlock.
    """

    class M(Model):
        event: Event

        @process
        def p(self) -> Steps:
            yield from self.event.set("set")
            yield from self.event.clear("clear")

        @process
        def q(self) -> Steps:
            yield from self.event.wait("wait")

    assert exact_count(M()) == 5
    assert check(M()).statistics.deadlocks == 1


def test_an_event_may_be_set_and_cleared_within_a_step() -> None:
    class M(Model):
        event: Event

        @process
        def p(self) -> Steps:
            yield "step"
            self.event.set()
            if not self.event.is_set:
                raise AssertionError
            self.event.clear()
            if self.event.is_set:
                raise AssertionError

    assert check(M()).verdict == "holds"
    assert exact_count(M()) == 2


def test_a_trace_names_the_subroutines_of_parts_and_nothing_inside_them() -> None:
    class Careful(Model):
        lock: Lock

        @process
        def p(self) -> Any:
            yield from self.lock.acquire("take")
            yield from self.lock.release("give")

    trace = check(Careful(), {"free": {"reachable": "p.done"}})["free"].trace
    assert trace is not None
    assert [(step.label, step.calls) for step in trace.steps] == [
        ("take", ("acquire",)), ("give", ()),
    ]  # fmt: skip
