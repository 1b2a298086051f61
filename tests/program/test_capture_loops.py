"""A `yield` inside a loop: what is left of the iterator is part of where the process is.

`exact_count` compares with runs that merge nothing, so a wrong merge shows as a state that is
missing. A split that is not needed shows in the number of states, which each test derives by hand:
a state is written as the values of x and y, and the place in the source.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from tests.program.merged import exact_count
from tests.program.two import Small, Two
from tests.refusal import place, refused
from tests.steps import Steps
from utcheck import array, param, process, when


def counted(k: int) -> Iterator[int]:
    yield 1
    yield 2 + k


ITERABLES: dict[str, Callable[[int], Iterable[Any]]] = {
    # Each gives 1 and then 2, or 1 and then 3, in some disguise that `number` sees through.
    "list": lambda k: [1, 2 + k],
    "tuple": lambda k: (1, 2 + k),
    "str": lambda k: f"1{2 + k}",
    "str that is not ASCII": lambda k: ("\u0661\u0662", "\u0661\u0663")[k],
    "bytes": lambda k: bytes([1, 2 + k]),
    "range": lambda k: range(1, 3 + k, 1 + k),
    "large range": lambda k: range(2**70 + 1, 2**70 + 3 + k, 1 + k),
    "dict": lambda k: {1: 0, 2 + k: 0},
    "keys": lambda k: {1: 0, 2 + k: 0}.keys(),
    "values": lambda k: {0: 1, 1: 2 + k}.values(),
    "items": lambda k: {0: 1, 1: 2 + k}.items(),
    "set": lambda k: {1, 2 + k},
    "frozenset": lambda k: frozenset((1, 2 + k)),
    "reversed list": lambda k: reversed([2 + k, 1]),
    "reversed tuple": lambda k: reversed((2 + k, 1)),
    "reversed str": lambda k: reversed(f"{2 + k}1"),
    "reversed range": lambda k: reversed(range(2 + k, 0, -1 - k)),
    "reversed dict": lambda k: reversed({2 + k: 0, 1: 0}),
    "reversed values": lambda k: reversed({0: 2 + k, 1: 1}.values()),
    "reversed items": lambda k: reversed({0: 2 + k, 1: 1}.items()),
    "iterator": lambda k: iter([1, 2 + k]),
    "sorted": lambda k: sorted((2 + k, 1)),
    "enumerate": lambda k: enumerate((1, 2 + k)),
    "enumerate from": lambda k: enumerate((1, 2 + k), start=7),
    "zip": lambda k: zip((0, 0), (1, 2 + k), strict=False),
    "strict zip": lambda k: zip((0, 0), (1, 2 + k), strict=True),
    "map": lambda k: map(abs, (1, -2 - k)),
    "map of two": lambda k: map(max, (0, 0), (1, 2 + k)),
    "map with a closure": lambda k: map(lambda v: v + k * (v > 1), (1, 2)),
    "filter": lambda k: filter(None, (1, 0, 2 + k)),
    "filter with a closure": lambda k: filter(lambda v: v != 3 - k, (1, 2, 3)),
    "generator": counted,
    "generator expression": lambda k: (v for v in (1, 2 + k)),
    "generator expression with a closure": lambda k: (v + k * (v > 1) for v in (1, 2)),
    "nested": lambda k: enumerate(zip(map(abs, reversed([0, 0])), (1, 2 + k), strict=True)),
}


def number(value: Any) -> int:
    """Return the number in an item of one of these iterables."""
    while isinstance(value, tuple):
        value = value[-1]
    return int(value) % 2**70


class Over(Two):
    kind: str = param("list")

    @process
    def p(self) -> Steps:
        yield "pick"
        for value in ITERABLES[self.kind](self.choose(0, 1)):
            yield "item"
            self.x = number(value)


@pytest.mark.parametrize("kind", ITERABLES)
def test_what_is_left_of_an_iterator_tells_states_apart(kind: str) -> None:
    """7: pick; item 1 with 2 or with 3 still to come, item 2, item 3; the two ends.

    At the first item everything but the rest of the iterator is the same.
    """
    assert exact_count(Over(kind=kind)) == 7


class Alike(Over):
    @process
    def p(self) -> Steps:
        yield "pick"
        self.choose(0, 1)
        for value in ITERABLES[self.kind](0):
            yield "item"
            self.x = number(value)


@pytest.mark.parametrize("kind", ITERABLES)
def test_iterators_that_have_the_same_left_are_one(kind: str) -> None:
    """4: pick, two items, the end; what was chosen is forgotten."""
    assert exact_count(Alike(kind=kind)) == 4


def test_a_loop_over_equal_items_counts_its_rounds() -> None:
    """3: the first round, the second, the end: x is 0, 1, 2."""

    class M(Two):
        @process
        def p(self) -> Steps:
            for i in [1, 1]:
                yield "item"
                self.x += i

    assert exact_count(M()) == 3


def test_nested_loops_count_the_rounds_of_each() -> None:
    """5: x is 0, 1, 1, 2 before the four steps, and 2 at the end.

    The second step (i is 1, one more j to come) and the third (i is 2, two to come) both have x=1.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            for i in (1, 2):
                for _ in [1, 1]:
                    yield "item"
                    self.x = i

    assert exact_count(M()) == 5


def test_the_position_of_an_enumerate_counts_even_where_its_items_do_not() -> None:
    """5: pick; the item with index 0 or 1; ends with x=0 and x=1."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            numbered = enumerate("aa", start=self.choose(0, 1))
            next(numbered)
            for i, _ in numbered:
                yield "item"
                self.x = i - 1

    assert exact_count(M()) == 5


def test_whether_a_zip_is_strict_tells_states_apart() -> None:
    """5: pick; the item, strict or not; the end, with an error or without."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            try:
                for _ in zip((1,), (1, 1), strict=self.choose(False, True)):
                    yield "item"
            except ValueError:
                self.x = 1

    assert exact_count(M()) == 5


def test_two_names_for_one_iterator_are_not_two_iterators() -> None:
    """5: pick; next, with one iterator or two; ends with x=1 y=2 and x=1 y=1."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            one = iter((1, 2))
            other = one if self.choose(True, False) else iter((1, 2))
            yield "next"
            self.x, self.y = next(one), next(other)

    assert exact_count(M()) == 5


def test_one_iterator_inside_another_is_not_a_copy_of_it() -> None:
    """5: pick; next, on one shared iterator or on three; ends with x=1 y=2 and x=1 y=1."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            one = iter((1, 2, 3, 4))
            if self.choose(True, False):
                pairs = zip(one, one, strict=False)
            else:
                pairs = zip(iter((1, 2, 3, 4)), iter((1, 2, 3, 4)), strict=False)
            yield "next"
            self.x, self.y = next(pairs)

    assert exact_count(M()) == 5


def test_two_names_for_one_generator_are_not_two_generators() -> None:
    """5: pick; next, with one generator or two; ends with x=1 y=2 and x=1 y=1."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            one = counted(0)
            other = one if self.choose(True, False) else counted(0)
            yield "next"
            self.x, self.y = next(one), next(other)

    assert exact_count(M()) == 5


def test_a_generator_in_a_local_is_where_it_has_come_to() -> None:
    """9: pick; next, on one that has not begun, that has given 1 or 2, or that has ended; the ends.

    The ends have x=1, 2, 9 and 9: ended or exhausted, `next` gives the default.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            numbers = (v for v in (1, 2))
            for _ in range(self.choose(0, 1, 2, 3)):
                next(numbers, None)
            yield "next"
            self.x = next(numbers, 9)

    assert exact_count(M()) == 1 + 4 + 3


def test_a_method_of_a_generator_holds_the_generator() -> None:
    """5: pick; send, to one that has begun or has not; ends with x=1 and x=2."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            numbers: Any = (v for v in (1, 2))
            if self.choose(True, False):
                next(numbers)
            send = numbers.send
            del numbers
            yield "send"
            self.x = send(None)

    assert exact_count(M()) == 5


def test_a_generator_expression_reads_what_it_captures_when_it_is_asked() -> None:
    """5: pick; next, with k=1 or k=2; ends with x=1 and x=2. The k at its creation is no matter."""

    class M(Two):
        @process
        def p(self) -> Steps:
            k = 0
            numbers = (v + k for v in (0, 0))
            yield "pick"
            k = self.choose(1, 2)
            yield "next"
            self.x = next(numbers)

    assert exact_count(M()) == 5


class Shared(Two):
    level = array(Small, 2, init=1)

    @process
    def q(self) -> Steps:
        yield "set"
        self.level[1] = 5


def test_a_loop_over_a_shared_array_reads_each_element_when_it_is_reached() -> None:
    """10. Before q has set level[1]: start; add level[0]; add level[1]=1; the end, x=2.

    After it: start; add level[0]; add level[1], which was read as 1 or as 5; ends, x=2 and x=6.
    """

    class M(Shared):
        @process
        def p(self) -> Steps:
            yield "start"
            for value in self.level:
                yield "add"
                self.x += value

    assert exact_count(M()) == 4 + 6


OVER_ARRAYS: dict[str, Callable[[Any], Iterable[Any]]] = {
    "enumerate": enumerate,
    "zip": lambda level: zip((0, 0), level, strict=True),
    "map": lambda level: map(abs, level),
    "reversed": reversed,
    "generator": lambda level: (v for v in level),
    "filter": lambda level: filter(None, level),
}


@pytest.mark.parametrize("kind", OVER_ARRAYS)
def test_an_iterator_over_a_shared_array_reads_when_it_is_reached_too(kind: str) -> None:
    """As above; `reversed` reads level[1] first, and level[0] is always 1.

    Reversed: before, start; add 1; add 1; end x=2. After: start; add level[1] as 1, or as 5, with
    x=0; add level[0] with x=1 or x=5; ends x=2, x=6.
    """

    class M(Shared):
        kind: str = param("zip")

        @process
        def p(self) -> Steps:
            yield "start"
            for value in OVER_ARRAYS[self.kind](self.level):
                yield "add"
                self.x += number(value)

    assert exact_count(M(kind=kind)) == (4 + 7 if kind == "reversed" else 4 + 6)


def test_a_slice_of_a_shared_array_is_read_at_once() -> None:
    """10. Before: start, add 1, add 1, end x=2. After, if read before: add 1, add 1, end x=2.

    If read after: start; add level[0] with a 5 to come; add 5; end x=6.
    """

    class M(Shared):
        @process
        def p(self) -> Steps:
            yield "start"
            for value in self.level[:]:
                yield "add"
                self.x += value

    assert exact_count(M()) == 4 + 3 + 4


def test_a_step_in_the_else_of_a_loop_is_a_place_of_its_own() -> None:
    """9: item 1; item 2; else; end with i=1, with i=2, with i=2 and x=1; the three ends."""

    class M(Two):
        @process
        def p(self) -> Steps:
            i = 0
            for i in (1, 2):  # noqa: B007
                yield "item"
                if self.choose(True, False):
                    break
            else:
                yield "else"
                self.x = 1
            yield "behind"
            self.y = i

    assert exact_count(M()) == 9


def test_a_loop_that_is_left_leaves_nothing_behind() -> None:
    """7: item 1 to 3; behind, whichever round it was; the end; and `else` and its end.

    The number of rounds that were left to do does not tell states apart any more.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            for _ in range(3):
                yield "item"
                if self.choose(True, False):
                    break
            else:
                self.x = 1
            yield "behind"

    assert exact_count(M()) == 3 + 2 + 2


def test_a_left_over_loop_variable_does_not_tell_states_apart() -> None:
    """5: pick; two items, or one; behind; the end.

    The one item of the short loop is the last of the long one: the loop variable is the same.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            for _ in self.choose((1, 2), (2,), ()):
                yield "item"
            yield "behind"

    assert exact_count(M()) == 5


def test_the_condition_of_a_while_may_be_a_subroutine() -> None:
    """4: ask with x=0, 1, 2; the end with x=2."""

    class M(Two):
        def below(self, bound: int) -> Steps:
            yield "ask"
            return self.x < bound

        @process
        def p(self) -> Steps:
            while (yield from self.below(2)):
                self.x += 1

    assert exact_count(M()) == 4


@pytest.mark.parametrize("lines", [0, 40])
def test_the_copies_of_a_condition_are_one_place_however_long_the_loop_is(lines: int) -> None:
    """2: ask, before the first round and after every one; the end."""

    class M(Two):
        def again(self) -> Steps:
            yield "ask"
            return self.choose(True, False)

    body = "            self.x = 0\n" * lines
    source = f"def p(self):\n    while (yield from self.again()):\n        if 1:\n{body}"
    scope: dict[str, Any] = {}
    exec(source + "            pass\n", scope)  # noqa: S102
    model = type("Long", (M,), {"p": process(scope["p"]), "__module__": __name__})
    assert exact_count(model(), bound=10) == 2


def test_a_loop_that_waits_for_another_process_is_left_when_it_is_done() -> None:
    """p: item 1, item 2, end; q: two steps and an end; x counts q's. 3 * 3, but p waits.

    At item i p needs x >= i: item 1 with x=0, 1, 2; item 2 with x=1, 2; the end with x=2.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            for i in (1, 2):
                yield when(lambda: self.x >= i, "item")

        @process
        def q(self) -> Steps:
            for _ in range(2):
                yield "count"
                self.x += 1

    assert exact_count(M()) == 3 + 2 + 1


class Rounds:
    """An iterator that is not one of Python's own."""

    def __iter__(self) -> Rounds:
        return self

    def __next__(self) -> int:
        return 1


class Numbers:
    """A sequence that is not one of Python's own."""

    def __getitem__(self, index: int) -> int:
        return index


def by_identity(kind: str) -> str:
    return f"a {kind}, which is compared by identity, not by value"


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "chain": (lambda: itertools.chain((1,), (2,)), by_identity("chain")),
    "count": (itertools.count, by_identity("count")),
    "cycle": (lambda: itertools.cycle("ab"), by_identity("cycle")),
    "islice": (lambda: itertools.islice((1, 2), 1), by_identity("islice")),
    "product": (lambda: itertools.product("ab"), by_identity("product")),
    "an iterator of a class": (Rounds, by_identity("Rounds")),
    "a sequence of a class": (Numbers, by_identity("Numbers")),
    "iter of a function": (lambda: iter(int, 1), by_identity("callable_iterator")),
    "bytearray": (lambda: bytearray(b"ab"), by_identity("bytearray_iterator")),
    "memoryview": (lambda: memoryview(b"ab"), by_identity("memory_iterator")),
    "chain in a zip": (lambda: zip(itertools.chain("a"), "b", strict=True), by_identity("chain")),
    "a list in a tuple": (lambda: (1, [2]), "a list, which is not hashable"),
}


class Through(Two):
    kind: str = param("chain")

    @process
    def p(self) -> Steps:
        yield "pick"
        for _ in REFUSED[self.kind][0]():
            yield "item"  # here


@pytest.mark.parametrize("kind", REFUSED)
def test_an_iterator_whose_state_cannot_be_seen_is_refused(kind: str) -> None:
    reason = REFUSED[kind][1]
    assert refused(Through(kind=kind)) == (
        f"{place(Through)}: error: an unfinished expression, loop or `with` in p holds {reason}; "
        "it cannot be kept across this `yield`"
    )
