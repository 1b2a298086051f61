"""Models whose numbers are known, each with the faults that a check must find.

`fault` names the seeded fault; "none" is the correct model.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from tests.steps import Steps
from utcheck import Channel, Lock, Model, Range, array, invariant, param, predicate, process, when


class Walkers(Model):
    """`n` independent processes, each with `k` locations: `k - 1` steps, and the end."""

    n: int = param(2)
    k: int = param(2)

    @process(each="n")
    def p(self, i: int) -> Steps:
        for step in range(self.k - 1):
            yield f"step {step}"


class Philosophers(Model):
    """`n` dining philosophers; the fork `i` lies between the philosophers `i - 1` and `i`.

    The fault is the classical one: each takes the left fork first. Without it the first one is
    left-handed.
    """

    n: int = param(3, ge=2)
    fault: Literal["none", "all alike"] = param("none")
    forks = array(Lock, "n")

    @process(each="n")
    def philosopher(self, i: int) -> Steps:
        first, second = i, (i + 1) % self.n
        if self.fault == "none" and i == 0:
            first, second = second, first
        while True:
            yield from self.forks[first].acquire("take the first fork")
            yield from self.forks[second].acquire("take the second fork")
            yield "eat"
            self.forks[first].release()
            self.forks[second].release()


class Peterson(Model):
    """Peterson's algorithm for two processes ("Myths about the mutual exclusion problem", 1981)."""

    fault: Literal["none", "no turn", "turn first"] = param("none")
    flag = array(bool, 2)
    turn: Annotated[int, Range(0, 1)] = 0

    @process(each=2)
    def p(self, i: int) -> Steps:
        other = 1 - i
        while True:
            yield "announce"
            if self.fault == "turn first":
                self.turn = other
            else:
                self.flag[i] = True
            yield "give way"
            if self.fault == "turn first":
                self.flag[i] = True
            else:
                self.turn = other
            yield when(lambda: self.free(i, other), "wait")
            yield "critical"
            self.flag[i] = False

    def free(self, i: int, other: int) -> bool:
        if self.fault == "no turn":
            return not self.flag[other]
        return not self.flag[other] or self.turn == i

    @invariant
    def mutual_exclusion(self) -> Any:
        """Never are both in the critical section."""
        return not (self.p[0].at("critical") and self.p[1].at("critical"))


class Buffer(Model):
    """A producer sends `items` numbers through a bounded buffer to a consumer."""

    items: int = param(3)
    capacity: int = param(2)
    fault: Literal["none", "no bound", "last in, first out"] = param("none")
    buffer = Channel("capacity")

    @process
    def producer(self) -> Steps:
        for item in range(self.items):
            if self.fault == "no bound":
                yield "send"
                self.buffer.items = (*self.buffer.items, item)
            else:
                yield from self.buffer.send(item, "send")

    @process
    def consumer(self) -> Steps:
        for item in range(self.items):
            if self.fault == "last in, first out":
                yield when(lambda: len(self.buffer) > 0, "receive")
                *rest, received = self.buffer.items
                self.buffer.items = tuple(rest)
            else:
                received = yield from self.buffer.receive("receive")
            assert received == item, f"received {received} and not {item}"

    @invariant
    def bounded(self) -> bool:
        return len(self.buffer) <= self.capacity


class TwoPhase(Model):
    """Two-phase commit as in Lamport's TwoPhase and Stateright's `examples/2pc.rs`.

    One process per resource manager and one for the transaction manager; what each may do is a
    choice, so that a transition is an action of the original.
    """

    n: int = param(3)
    fault: Literal["none", "impatient"] = param("none")
    manager = array(Literal["working", "prepared", "committed", "aborted"], "n")
    transaction: Literal["init", "committed", "aborted"] = "init"
    heard = array(bool, "n")  # which prepared messages the transaction manager has received
    said = array(bool, "n")  # which were sent; messages stay, and may be received again
    commit: bool = False
    abort: bool = False

    @process(each="n", daemon=True)
    def rm(self, i: int) -> Steps:
        while True:
            yield when(lambda: len(self.actions(i)) > 0, "act")
            action = self.choose(*self.actions(i))
            if action == "prepare":
                self.manager[i] = "prepared"
                self.said[i] = True
            elif action == "receive commit":
                self.manager[i] = "committed"
            else:
                self.manager[i] = "aborted"

    def actions(self, i: int) -> list[str]:
        working = self.manager[i] == "working"
        possible = {"prepare": working, "choose to abort": working,
                    "receive commit": self.commit, "receive abort": self.abort}  # fmt: skip
        return [action for action, can in possible.items() if can]

    @process(daemon=True)
    def tm(self) -> Steps:
        while True:
            yield when(lambda: self.transaction == "init", "decide")
            heard = [i for i in range(self.n) if self.said[i]]
            everyone = all(self.heard[i] for i in range(self.n)) or self.fault == "impatient"
            action = self.choose("abort", *(["commit"] if everyone else []), *heard)
            if action == "abort":
                self.transaction, self.abort = "aborted", True
            elif action == "commit":
                self.transaction, self.commit = "committed", True
            else:
                self.heard[action] = True

    @invariant
    def consistent(self) -> bool:
        """No manager has committed while another has aborted."""
        return not ("committed" in self.manager and "aborted" in self.manager)


class LinearEquation(Model):
    """Two bytes, either of which is incremented (Stateright's `LinearEquation`)."""

    x: Annotated[int, Range(0, 255)] = 0
    y: Annotated[int, Range(0, 255)] = 0

    @process
    def p(self) -> Steps:
        while True:
            yield "increment"
            if self.choose("x", "y") == "x":
                self.x = (self.x + 1) % 256
            else:
                self.y = (self.y + 1) % 256


class AlternatingBit(Model):
    """The alternating bit protocol over channels of one place that may lose what they hold.

    Each message is 0 or 1, and `delivered` says whether the receiver has it.
    """

    fault: Literal["none", "receiver ignores the bit", "sender ignores the bit"] = param("none")
    message: Annotated[int, Range(0, 1)] = 0
    delivered: bool = True
    data: tuple[int, int] | None = None
    ack: int | None = None

    @process
    def sender(self) -> Steps:
        bit = 0
        while True:
            yield "take a message"
            assert self.delivered, "a message was given up"
            self.message = self.choose(0, 1)
            self.delivered = False
            answered = False
            while not answered:
                yield when(lambda: self.data is None or self.ack is not None, "transmit")
                can = [self.data is None and "send", self.ack is not None and "receive"]
                if self.choose(*filter(None, can)) == "send":
                    self.data = (bit, self.message)
                else:
                    answered = self.ack == bit or self.fault == "sender ignores the bit"
                    self.ack = None
            bit = 1 - bit

    @process
    def receiver(self) -> Steps:
        expected = 0
        while True:
            yield when(lambda: self.data is not None and self.ack is None, "receive")
            assert self.data is not None
            bit, message = self.data
            self.data, self.ack = None, bit
            if bit == expected or self.fault == "receiver ignores the bit":
                assert not self.delivered, "a message was delivered twice"
                assert message == self.message, "another message was delivered"
                self.delivered = True
                expected = 1 - expected

    @process(fair=False, daemon=True)
    def loss(self) -> Steps:
        while True:
            yield when(lambda: self.data is not None or self.ack is not None, "lose")
            full = [self.data is not None and "data", self.ack is not None and "ack"]
            if self.choose(*filter(None, full)) == "data":
                self.data = None
            else:
                self.ack = None

    @predicate
    def pending(self) -> bool:
        return not self.delivered
