"""The models of the benchmarks, in utcheck's language.

Each is written four times: here, in `by_hand.py` as a successor function over tuples, in `promela/`
and in `murphi/`. All have the same states and the same transitions. `models/utrace/base.py` is the
fifth model, as it is.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Annotated, Any

from utcheck import Model, Range, array, param, process, when

Steps = Iterator[Any]


class Still(Model):
    """One state, in which nothing can happen: what a tool needs in any case."""

    n: int = param(2)
    moves: bool = False

    @process(each="n")
    def p(self, i: int) -> Steps:
        yield when(lambda: self.moves, "wait")


class Philosophers(Model):
    """Dining philosophers who all take the left fork first, and put the forks down one by one."""

    n: int = param(5)
    fork = array(bool, "n")

    @process(each="n")
    def phil(self, i: int) -> Steps:
        right = (i + 1) % self.n
        while True:
            yield when(lambda: not self.fork[i], "take the left fork")
            self.fork[i] = True
            yield when(lambda: not self.fork[right], "take the right fork")
            self.fork[right] = True
            yield "put the left fork down"
            self.fork[i] = False
            yield "put the right fork down"
            self.fork[right] = False


class Filter(Model):
    """Peterson's filter lock for n processes (Peterson 1981), one shared access a step."""

    n: int = param(3)
    level = array(Annotated[int, Range(0, "n")], "n")
    last = array(Annotated[int, Range(0, "n")], "n")

    @process(each="n")
    def p(self, i: int) -> Steps:
        while True:
            for k in range(1, self.n):
                yield "level"
                self.level[i] = k
                yield "last"
                self.last[k] = i
                for j in range(self.n):
                    if j != i:
                        yield when(lambda: self.level[j] < k or self.last[k] != i, "wait")
            yield "critical"
            self.level[i] = 0


class Szymanski(Model):
    """Szymanski's algorithm for n processes (Szymanski 1988), one flag a step.

    A flag is 0 outside, 1 at the door, 3 in the doorway, 2 waiting inside, 4 when the door is
    closed.
    """

    n: int = param(3)
    flag = array(Annotated[int, Range(0, 4)], "n")

    @process(each="n")
    def p(self, i: int) -> Steps:
        while True:
            yield "outside"
            self.flag[i] = 1
            for j in range(self.n):
                if j != i:
                    yield when(lambda: self.flag[j] < 3, "at the door")
            yield "in the doorway"
            self.flag[i] = 3
            if (yield from self.sees_one_at_the_door(i)):
                yield "let it in"
                self.flag[i] = 2
                yield from self.waits_inside()
            yield "close the door"
            self.flag[i] = 4
            for j in range(i):
                yield when(lambda: self.flag[j] < 2, "wait for those before")
            yield "critical"
            for j in range(i + 1, self.n):
                yield when(lambda: self.flag[j] in (0, 1, 4), "wait for those behind")
            yield "leave"
            self.flag[i] = 0

    def sees_one_at_the_door(self, i: int) -> Generator[Any, Any, bool]:
        for j in range(self.n):
            if j != i:
                yield "look"
                if self.flag[j] == 1:
                    return True
        return False

    def waits_inside(self) -> Steps:
        j = 0
        while True:
            yield "wait inside"
            if self.flag[j] == 4:
                return
            j = (j + 1) % self.n


class Ring(Model):
    """The election of Chang and Roberts (1979) on a ring in which a link holds one message.

    The numbers go down along the ring, which makes for the most messages.
    """

    n: int = param(3)
    link = array(Annotated[int, Range(0, "n")], "n")  # to each process; 0 for no message
    leader: Annotated[int, Range(0, "n")] = 0

    @process(each="n")
    def p(self, i: int) -> Steps:
        own, right = self.n - i, (i + 1) % self.n
        yield when(lambda: self.link[right] == 0, "send")
        self.link[right] = own
        while True:
            yield when(lambda: self.link[i] != 0, "receive")
            got = self.link[i]
            self.link[i] = 0
            if got == own:
                self.leader = own
                return
            if got > own:
                yield when(lambda: self.link[right] == 0, "pass on")
                self.link[right] = got


class Dials(Model):
    """n dials with k positions each, which go round on their own: k to the power of n states."""

    n: int = param(5)
    k: int = param(16)
    dial = array(Annotated[int, Range(0, "k")], "n")

    @process(each="n")
    def p(self, i: int) -> Steps:
        while True:
            yield "turn"
            self.dial[i] = (self.dial[i] + 1) % self.k
