"""Functions in local variables, and what they capture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import CellType, FunctionType
from typing import Any

from tests.program.merged import exact_count
from tests.program.two import Small, Two
from tests.refusal import place, refused
from tests.steps import Steps
from utcheck import Model, process, when


def test_what_a_lambda_in_a_local_captured_tells_states_apart() -> None:
    """5: pick; wait, with k=1 or 2 behind f; ends x=1 and x=2."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            f: Any = lambda: k  # noqa: E731
            yield "wait"
            self.x = f()

    assert exact_count(M()) == 5


def test_a_default_of_a_lambda_tells_states_apart() -> None:
    """9: pick; wait, with two defaults of 1 or 2; the four ends."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            one, other = self.choose(1, 2), self.choose(1, 2)
            f: Any = lambda a=one, *, b=other: (a, b)  # noqa: E731
            yield "wait"
            self.x, self.y = f()

    assert exact_count(M()) == 9


def test_a_captured_variable_that_is_set_before_it_can_be_asked_for_is_dead() -> None:
    """3: pick, wait, the end."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            f: Any = lambda: k  # noqa: E731
            yield "wait"
            k = 3
            self.x = f()

    assert exact_count(M()) == 3


def test_a_captured_variable_is_live_as_long_as_any_of_its_closures_may_be_called() -> None:
    """7: pick; first, k=1 or 2, which f and the pair can tell; second; ends x=1, y=1 and x=2, y=2.

    f is asked at first, the function in the pair at second.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            f: Any = lambda: k  # noqa: E731
            pair = (f, 1)
            yield "first"
            self.x = f()
            yield "second"
            self.y = pair[0]()

    assert exact_count(M()) == 1 + 2 + 2 + 2


def test_two_closures_share_a_counter_or_have_one_each() -> None:
    """5: pick; wait, with a shared counter or two of equal content; ends x=1 and x=0, y=1.

    Merging the two would lose one end: the cells hold the same number.
    """

    class M(Two):
        def counter(self) -> tuple[Callable[[], None], Callable[[], int]]:
            n = 0

            def increment() -> None:
                nonlocal n
                n += 1

            def read() -> int:
                return n

            return increment, read

        @process
        def p(self) -> Steps:
            yield "pick"
            increment, read = self.counter()
            if self.choose(True, False):
                _, read = self.counter()
                _ = None
            yield "wait"
            increment()
            self.x = read()
            self.y = 1

    assert exact_count(M()) == 5


def test_a_variable_that_will_be_set_is_shared_with_a_closure_or_is_not() -> None:
    """5: pick; wait, with a closure over k or over another variable of equal value; x=5, x=1.

    k itself is dead while p waits, but setting it will change what the one closure says.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = 1
            own: Any = lambda: k  # noqa: E731
            other = FunctionType(own.__code__, own.__globals__, "", None, (CellType(1),))
            kept = (own if self.choose(True, False) else other,)
            yield "wait"
            k = 5
            self.x = kept[0]()

    assert exact_count(M()) == 5


def test_a_counter_keeps_its_count() -> None:
    """4: x=0, 1, 2 before each of three counts, and 3 at the end."""

    class M(Two):
        @process
        def p(self) -> Steps:
            n = 0

            def increment() -> int:
                nonlocal n
                n += 1
                return n

            for _ in range(3):
                yield "count"
                self.x = increment()

    assert exact_count(M()) == 4


def test_a_counter_that_only_a_closure_changes_is_kept() -> None:
    """7: pick; wait with n=1 or 2; behind with n=2 or 3; ends x=2 and x=3."""

    class M(Two):
        @process
        def p(self) -> Steps:
            n = 0

            def increment() -> None:
                nonlocal n
                n += 1

            yield "pick"
            for _ in range(self.choose(1, 2)):
                increment()
            yield "wait"
            increment()
            yield "behind"
            self.x = n

    assert exact_count(M()) == 1 + 2 + 2 + 2


def test_a_closure_over_a_closure_keeps_what_both_captured() -> None:
    """9: pick; wait, with a, b = 1 or 2 each; the four ends."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            a = self.choose(1, 2)
            inner: Any = lambda: a  # noqa: E731
            b = self.choose(1, 2)
            outer: Any = lambda: (inner(), b)  # noqa: E731
            yield "wait"
            self.x, self.y = outer()

    assert exact_count(M()) == 9


def test_a_function_that_captures_itself_is_captured() -> None:
    """5: pick; wait, with k=1 or 2; ends x=1 and x=3 (2 + 1)."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)

            def total(n: int) -> int:
                return n + total(n - 1) if n else 0

            yield "wait"
            self.x = total(k)

    assert exact_count(M()) == 5


def test_a_closure_of_a_comprehension_has_a_variable_of_its_own() -> None:
    """5: pick; wait, with x=1 or 2 behind g, and 6 behind the others; ends x=7 and x=8.

    From CPython 3.12 on the comprehension uses the place of the outer variable for its own.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            x = self.choose(1, 2)
            g: Any = lambda: x  # noqa: E731
            fs = tuple([lambda: x for x in (5, 6)])
            yield "wait"
            self.x = g() + fs[0]()

    assert exact_count(M()) == 5


def test_a_function_given_to_a_subroutine_is_kept_with_what_it_captured() -> None:
    """7: pick; sub with k=1 or 2; again, with x=k; ends x=k, y=k."""

    class M(Two):
        def sub(self, f: Callable[[], int]) -> Steps:
            yield "sub"
            self.x = f()
            yield "again"
            self.y = f()

        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            yield from self.sub(lambda: k)

    assert exact_count(M()) == 7


def test_a_caller_changes_what_a_subroutine_asks_for() -> None:
    """3: first with k=1; second with k=2; the end with x=2."""

    class M(Two):
        def sub(self, f: Callable[[], int], g: Callable[[], None]) -> Steps:
            yield "first"
            g()
            yield "second"
            self.x = f()

        @process
        def p(self) -> Steps:
            k = 1

            def double() -> None:
                nonlocal k
                k *= 2

            yield from self.sub(lambda: k, double)

    assert exact_count(M()) == 3


# ------------------------------------------------------------------------- conditions


def test_a_condition_reads_its_variables_and_then_they_are_forgotten() -> None:
    """5: pick; wait with k=1 or 2; behind; the end."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            yield when(lambda: self.x < k, "wait")
            yield "behind"

    assert exact_count(M()) == 5


def test_what_a_condition_captured_is_forgotten_in_a_loop_too() -> None:
    """9. Rounds 1 and 2, each: pick; wait with k=1 or 2; behind. And the end.

    The cell of k lives on from one round to the next; nothing reads it before it is set.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            for _ in range(2):
                yield "pick"
                k = self.choose(1, 2)
                yield when(lambda: self.x < k, "wait")
                yield "behind"

    assert exact_count(M()) == 2 * 4 + 1


def test_a_condition_over_the_variable_of_a_loop_does_not_double_the_states() -> None:
    """10. q counts x from 0 to 2; p waits for x >= 0, 1, 2 in turn, and takes one more step.

    Round 0 with x=0, 1, 2; round 1 with x=0, 1, 2; round 2 with x=1, 2; behind and the end with
    x=2.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            for i in range(3):
                yield when(lambda: self.x >= i, "wait")
            yield "behind"

        @process
        def q(self) -> Steps:
            for _ in range(2):
                yield "count"
                self.x += 1

    assert exact_count(M()) == 10


def test_a_model_with_conditions_has_as_many_states_without_a_del_as_with_it() -> None:
    """6 each: pick; wait with 1, 2 or 3; behind; the end."""

    class With(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2, 3)
            yield when(lambda: self.x < k, "wait")  # noqa: F821
            del k
            yield "behind"

    class Without(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2, 3)
            yield when(lambda: self.x < k, "wait")
            yield "behind"

    assert exact_count(With()) == exact_count(Without()) == 6


def test_a_named_local_function_may_be_a_condition() -> None:
    """9, as with a lambda, although the function itself lives on."""

    class M(Two):
        @process
        def p(self) -> Steps:
            k = 0

            def below() -> bool:
                return self.x < k

            for _ in range(2):
                yield "pick"
                k = self.choose(1, 2)
                yield when(below, "wait")
                yield "behind"

    assert exact_count(M()) == 2 * 4 + 1


def test_a_named_local_function_keeps_what_a_later_call_reads() -> None:
    """7: pick; wait with k=1 or 2; behind with k=1 or 2, because `below` is asked again; y=0, 1.

    At the end x is 1, and y says whether 1 < k.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)

            def below() -> bool:
                return self.x < k

            yield when(below, "wait")
            self.x = 1
            yield "behind"
            self.y = below()

    assert exact_count(M()) == 1 + 2 + 2 + 2


def test_two_conditions_over_the_same_variable_are_asked_with_its_new_value() -> None:
    """7: pick; first with k=1 or 2; second with k=2 or 3; the two ends."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            yield when(lambda: self.x < k, "first")
            k += 1
            yield when(lambda: self.x < k, "second")
            self.y = k

    assert exact_count(M()) == 1 + 2 + 2 + 2


def test_the_condition_of_a_subroutine_may_be_given_by_its_caller() -> None:
    """5: pick; wait with k=1 or 2; behind, which has forgotten it; the end."""

    class M(Two):
        def wait(self, condition: Callable[[], bool]) -> Steps:
            yield when(condition, "wait")

        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            yield from self.wait(lambda: self.x < k)
            yield "behind"

    assert exact_count(M()) == 5


def test_a_condition_may_be_a_method() -> None:
    """3: p waits with x=0 and q to come; p waits with x=1; both have ended."""

    class M(Two):
        def ready(self) -> bool:
            return self.x > 0

        @process
        def p(self) -> Steps:
            yield when(self.ready, "wait")

        @process
        def q(self) -> Steps:
            yield "count"
            self.x = 1

    assert exact_count(M()) == 3


def test_a_condition_with_a_default_keeps_its_value() -> None:
    """4: pick; wait with i=1 or 2, which only the condition knows; the end."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            for i in (self.choose(1, 2),):
                condition: Any = lambda i=i: self.x < i  # noqa: E731
            yield when(condition, "wait")

    assert exact_count(M()) == 1 + 2 + 1


def test_conditions_with_different_variables_are_different_places() -> None:
    """4: pick; wait with k=0, for ever, or with k=1; the end."""

    class M(Two):
        @process(daemon=True)
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(0, 1)
            yield when(lambda: self.x < k, "wait")

    assert exact_count(M()) == 4


def test_a_condition_that_holds_a_mutable_value_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            numbers = [1, 2]
            yield when(lambda: self.x not in numbers, "wait")  # here

    assert refused(M()) == (
        f"{place(M)}: error: the condition of the `when` holds a list, which is not hashable; "
        "it cannot be kept across this `yield`"
    )


def test_a_partial_as_a_condition_is_refused() -> None:
    class M(Two):
        def below(self, k: int) -> bool:
            return self.x < k

        @process
        def p(self) -> Steps:
            yield "pick"
            yield when(partial(self.below, 1), "wait")  # here

    assert refused(M()) == (
        f"{place(M)}: error: the condition of the `when` holds a partial, which is compared by "
        "identity, not by value; it cannot be kept across this `yield`"
    )


def test_a_closure_over_a_mutable_value_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            numbers = [1, 2]
            f: Any = lambda: numbers  # noqa: E731
            yield "wait"  # here
            self.x = len(f())

    assert refused(M()) == (
        f"{place(M)}: error: local variable 'f' of p holds a list, which is not hashable; "
        "it cannot be kept across this `yield`"
    )


def test_a_local_function_with_a_mutable_default_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            numbers = [1, 2]
            f: Any = lambda n=numbers: n  # noqa: E731
            yield "wait"  # here
            self.x = len(f())

    assert refused(M()) == (
        f"{place(M)}: error: local variable 'f' of p holds a list, which is not hashable; "
        "it cannot be kept across this `yield`"
    )


def states_of(models: list[Model]) -> list[int]:
    return [exact_count(model) for model in models]


def test_ways_of_writing_one_condition_have_the_same_number_of_states() -> None:
    """4 each: p waits the first time, before and after q; the second time; it has ended."""

    class ByLambda(Two):
        @process
        def p(self) -> Steps:
            for _ in (1, 2):
                yield when(lambda: self.x == 1, "wait")

        @process
        def q(self) -> Steps:
            yield "set"
            self.x = 1

    class ByFunction(ByLambda):
        def p(self) -> Steps:
            def ready() -> bool:
                return self.x == 1

            for _ in (1, 2):
                yield when(ready, "wait")

    class ByMethod(ByLambda):
        def ready(self) -> bool:
            return self.x == 1

        def p(self) -> Steps:
            for _ in (1, 2):
                yield when(self.ready, "wait")

    class ByVariable(ByLambda):
        wanted: Small = 1

        def p(self) -> Steps:
            for _ in (1, 2):
                yield when(lambda: self.x == self.wanted, "wait")

    assert states_of([ByLambda(), ByFunction(), ByMethod(), ByVariable()]) == [4, 4, 4, 4]
