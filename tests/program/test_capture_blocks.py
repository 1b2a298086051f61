"""A `yield` inside `try`, `finally`, `with` and subroutines: each works exactly or is refused."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from tests.program.merged import exact_count
from tests.program.two import Small, Two
from tests.refusal import place, refused
from tests.steps import Steps
from utcheck import Lock, ModelError, Struct, array, check, param, process

IN_HANDLER = "a `yield` inside an exception handler"

# Whether such generators are thrown away without a sound is a test of its own.
yields_in_finally = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.parametrize("engine", ["explicit", "trees"])
def test_throwing_a_finally_with_a_yield_away_makes_no_noise(engine: str) -> None:
    """Python complains on stderr when a generator that is thrown away yields once more."""

    class M(Two):
        wrong: bool = param(False)

        @process
        def p(self) -> Steps:
            try:
                yield "try"
                self.x = self.choose(1, 2)
                yield "between"
                if self.wrong:
                    self.x = -1
            finally:
                yield "finally"
                self.y = 1

    complaints: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "unraisablehook", complaints.append)
        check(M(wrong=False), engine=engine)
        gc.collect()
        assert not complaints
        with pytest.raises(ModelError):
            check(M(wrong=True), engine=engine)
        gc.collect()
        assert not complaints, "nor where the model is refused"


@yields_in_finally
def test_a_finally_runs_its_steps_whether_or_not_the_block_ends_early() -> None:
    """6: try; finally with x=0 or x=1; behind with x=1; the ends y=1 with x=0 and x=1.

    The `return` goes through the `finally` too, and ends the process there.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            try:
                yield "try"
                if self.choose(True, False):
                    return
                self.x = 1
            finally:
                yield "finally"
                self.y = 1
            yield "behind"

    assert exact_count(M()) == 1 + 2 + 1 + 2


@yields_in_finally
def test_the_ways_into_a_finally_that_go_on_alike_are_one() -> None:
    """3: try; finally, by returning or by falling off the end; the end."""

    class M(Two):
        @process
        def p(self) -> Steps:
            try:
                yield "try"
                if self.choose(True, False):
                    return
            finally:
                yield "finally"
                self.y = 1

    assert exact_count(M()) == 3


@yields_in_finally
def test_a_finally_remembers_whether_it_was_entered_by_continue_or_break() -> None:
    """Round 1 and 2, x counts the rounds that came to their end.

    Leaving by `continue` and by falling through go on alike. In round 1: try with x=0; finally by
    break with x=0, to go on with x=0 or 1. In round 2: try with x=0 or 1; finally by break with
    x=0 or 1, to go on with x=0, 1 or 2. Behind: x=0, 1, 2. Ends: the same three.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            for _ in (1, 2):
                try:
                    yield "try"
                    way = self.choose("break", "continue", "end")
                    if way == "break":
                        break
                    if way == "continue":
                        continue
                    self.x += 1
                finally:
                    yield "finally"
            yield "behind"

    assert exact_count(M()) == (1 + 1 + 2) + (2 + 2 + 3) + 3 + 3


@yields_in_finally
def test_what_a_finally_will_return_is_kept() -> None:
    """5: pick; finally, with 1 or 2 to be returned; ends x=1 and x=2."""

    class M(Two):
        def sub(self) -> Steps:
            try:
                yield "pick"
                return self.choose(1, 2)
            finally:
                yield "finally"

        @process
        def p(self) -> Steps:
            self.x = yield from self.sub()

    assert exact_count(M()) == 5


def test_a_try_around_a_yield_remembers_which_handlers_are_there() -> None:
    """5: pick; wait, protected or not; ends x=1 (caught) and, for 1 // 1, x=2."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            divisor = self.choose(0, 1)
            try:
                yield "wait"
                self.x = 1 + 1 // divisor
            except ZeroDivisionError:
                self.x = 1

    assert exact_count(M()) == 5


def test_a_yield_in_a_handler_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            try:
                yield "try"
                self.x = 1 // self.x
            except ZeroDivisionError:
                yield "handler"  # here

    assert refused(M()) == f"{place(M)}: error: p cannot be captured here: {IN_HANDLER}"


def test_a_yield_in_a_handler_is_refused_in_a_loop_too() -> None:
    """The number of values on the stack is that of a loop, and of a handler."""

    class M(Two):
        @process
        def p(self) -> Steps:
            for _ in (1, 2):
                try:
                    yield "try"
                    self.x = 1 // self.x
                except ZeroDivisionError as error:
                    yield str(error)  # here

    assert refused(M()) == f"{place(M)}: error: p cannot be captured here: {IN_HANDLER}"


def test_a_subroutine_in_a_handler_is_refused() -> None:
    class M(Two):
        def sub(self) -> Steps:
            yield "sub"

        @process
        def p(self) -> Steps:
            try:
                yield "try"
                self.x = 1 // self.x
            except ZeroDivisionError:
                yield from self.sub()  # here

    assert refused(M()) == f"{place(M)}: error: p cannot be captured here: {IN_HANDLER}"


def test_a_handler_in_a_subroutine_is_refused() -> None:
    class M(Two):
        def sub(self) -> Steps:
            try:
                yield "try"
                self.x = 1 // self.x
            except* ZeroDivisionError:
                yield "handler"  # here

        @process
        def p(self) -> Steps:
            yield from self.sub()

    assert refused(M()) == f"{place(M)}: error: sub cannot be captured here: {IN_HANDLER}"


@yields_in_finally
def test_a_finally_that_an_exception_enters_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            try:
                try:
                    yield "try"
                    self.x = 1 // self.x
                finally:
                    yield "finally"  # here
            except ZeroDivisionError:
                self.x = 1

    assert refused(M()) == f"{place(M)}: error: p cannot be captured here: {IN_HANDLER}"


def test_what_a_handler_has_done_is_over_behind_it() -> None:
    """3: try; behind; the end x=1."""

    class M(Two):
        @process
        def p(self) -> Steps:
            try:
                yield "try"
                self.x = 1 // self.x
            except ZeroDivisionError:
                self.x = 1
            yield "behind"

    assert exact_count(M()) == 3


def test_an_exception_that_is_kept_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            kept: Exception | None = None
            try:
                yield "try"
                self.x = 1 // self.x
            except ZeroDivisionError as error:
                kept = error
            yield "behind"  # here
            self.x = len(str(kept))

    assert refused(M()) == (
        f"{place(M)}: error: local variable 'kept' of p holds a ZeroDivisionError, which is "
        "compared by identity, not by value; it cannot be kept across this `yield`"
    )


def test_an_exception_that_catches_everything_does_not_disturb() -> None:
    """3: try with x=0, with x=1; the end x=2. Generators that are thrown away may catch that."""

    class M(Two):
        @process
        def p(self) -> Steps:
            for _ in (1, 2):
                try:
                    yield "try"
                except:  # noqa: E722
                    self.y = 9
                self.x += 1

    assert exact_count(M()) == 3


class Guarded(Struct):
    inside: Small = 0

    def __enter__(self) -> Guarded:
        self.inside += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.inside -= 1


def test_a_with_on_a_view_works_exactly() -> None:
    """5: pick; inside 0 or 1; behind, with both left and x=1; the end."""

    class M(Two):
        guards = array(Guarded, 2)

        @process
        def p(self) -> Steps:
            yield "pick"
            with self.guards[self.choose(0, 1)] as guard:
                yield "inside"
                self.x = guard.inside
            yield "behind"

    assert exact_count(M()) == 5


def test_which_view_a_with_will_leave_tells_states_apart() -> None:
    """7: pick; first, a or b; second, where a and b are 1 alike; the ends, with a or b left."""

    class M(Two):
        a: Guarded
        b: Guarded

        @process
        def p(self) -> Steps:
            yield "pick"
            with self.choose(self.a, self.b):
                yield "first"
                self.a.inside = self.b.inside = 1
                yield "second"

    assert exact_count(M()) == 1 + 2 + 2 + 2


def test_a_with_on_an_object_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            with contextlib.nullcontext():
                yield "inside"  # here

    assert refused(M()) == (
        f"{place(M)}: error: an unfinished expression, loop or `with` in p holds a nullcontext, "
        "which is compared by identity, not by value; it cannot be kept across this `yield`"
    )


@contextlib.contextmanager
def nothing() -> Iterator[None]:
    yield


def test_a_with_on_a_generator_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            with nothing():
                yield "inside"  # here

    assert refused(M()) == (
        f"{place(M)}: error: an unfinished expression, loop or `with` in p holds a "
        "_GeneratorContextManager, which is compared by identity, not by value; it cannot be kept "
        "across this `yield`"
    )


def test_a_with_that_is_left_before_the_yield_is_no_matter() -> None:
    """2: pick, the end."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            with contextlib.suppress(ZeroDivisionError):
                self.x = 1 // self.x

    assert exact_count(M()) == 2


# -------------------------------------------------------------------------- subroutines


def test_the_argument_of_a_subroutine_is_kept_as_long_as_it_is_needed() -> None:
    """6: pick; sub 1 or 2; between, with the argument forgotten; the end. x is 1 or 2 from there.

    pick; sub(1), sub(2); between x=1, x=2; ends x=1, x=2.
    """

    class M(Two):
        def sub(self, k: int) -> Steps:
            yield "sub"
            self.x = k
            yield "between"

        @process
        def p(self) -> Steps:
            yield "pick"
            yield from self.sub(self.choose(1, 2))

    assert exact_count(M()) == 1 + 2 + 2 + 2


def test_an_argument_that_is_not_used_any_more_does_not_tell_states_apart() -> None:
    """4: pick; sub; between; the end."""

    class M(Two):
        def sub(self, k: int) -> Steps:
            yield "sub"
            k = 3
            yield "between"
            self.x = k

        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            yield from self.sub(k)

    assert exact_count(M()) == 4


def test_what_a_subroutine_returns_is_kept() -> None:
    """7: pick; sub, with 1 or 2; back, with 2 or 3; ends x=2 and x=3."""

    class M(Two):
        def sub(self, k: int) -> Steps:
            yield "sub"
            return k + 1

        @process
        def p(self) -> Steps:
            yield "pick"
            result = yield from self.sub(self.choose(1, 2))
            yield "back"
            self.x = result

    assert exact_count(M()) == 1 + 2 + 2 + 2


def test_two_calls_of_one_subroutine_are_two_places() -> None:
    """4: sub for the first time, x=0; sub for the second time, x=0; the end x=1 from either."""

    class M(Two):
        def sub(self) -> Steps:
            yield "sub"

        @process
        def p(self) -> Steps:
            yield from self.sub()
            yield from self.sub()
            self.x = 1

    assert exact_count(M()) == 3


def test_where_a_subroutine_returns_to_tells_states_apart() -> None:
    """5: pick; sub, called from the one line or from the other; ends x=1 and x=2."""

    class M(Two):
        def sub(self) -> Steps:
            yield "sub"

        @process
        def p(self) -> Steps:
            yield "pick"
            if self.choose(True, False):
                yield from self.sub()
                self.x = 1
            else:
                yield from self.sub()
                self.x = 2

    assert exact_count(M()) == 5


def test_the_depth_of_a_recursion_tells_states_apart() -> None:
    """Each level waits, calls the next and counts itself: x is the number of levels in the end.

    pick; down at depth 0 with n=0, 1, 2: 3; at depth 1 with n=0 and 1 left: 2; at depth 2: 1;
    the ends x=1, 2, 3: 3.
    """

    class M(Two):
        def down(self, n: int) -> Steps:
            yield "down"
            if n > 0:
                yield from self.down(n - 1)
            self.x += 1

        @process
        def p(self) -> Steps:
            yield "pick"
            yield from self.down(self.choose(0, 1, 2))

    assert exact_count(M()) == 1 + 6 + 3


def test_a_recursion_on_the_way_back_is_as_deep_as_it_is() -> None:
    """up: with 2 levels left (x=0), 1 (x=1), 0 (x=2) of three; and so on for fewer. Ends x=1, 2, 3.

    Levels that are left and x: three levels (2, 0), (1, 1), (0, 2); two (1, 0), (0, 1); one (0, 0).
    All six differ. With pick and the three ends that makes 10.
    """

    class M(Two):
        def up(self, n: int) -> Steps:
            if n > 0:
                yield from self.up(n - 1)
            yield "up"
            self.x += 1

        @process
        def p(self) -> Steps:
            yield "pick"
            yield from self.up(self.choose(0, 1, 2))

    assert exact_count(M()) == 10


def test_a_subroutine_may_delegate_to_any_iterable_of_labels() -> None:
    """4: a, b, c; the end."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield from ["a", "b"]
            yield from map(str, "c")
            self.x = 1

    assert exact_count(M()) == 4


def test_a_subroutine_on_a_view_knows_its_view() -> None:
    """7: pick; acquire lock 0 or 1; inside, with it; the ends, both locks free: x=1 or x=2."""

    class M(Two):
        locks = array(Lock, 2)

        @process
        def p(self) -> Steps:
            yield "pick"
            lock = self.locks[self.choose(0, 1)]
            yield from lock.acquire("acquire")
            yield "inside"
            lock.release()
            self.x = 1 + int(lock == self.locks[1])

    assert exact_count(M()) == 1 + 2 + 2 + 2


class Base(Struct):
    value: Small = 0

    def increment(self) -> None:
        self.value += 1


class Derived(Base):
    def walk(self) -> Steps:
        yield "walk"
        super().increment()


def test_a_method_that_uses_super_knows_its_view() -> None:
    """5: pick; walk on the one view or on the other; ends (1, 0) and (0, 1)."""

    class M(Two):
        parts = array(Derived, 2)

        @process
        def p(self) -> Steps:
            yield "pick"
            yield from self.parts[self.choose(0, 1)].walk()

    assert exact_count(M()) == 5


def test_a_subroutine_with_a_mutable_default_is_refused() -> None:
    class M(Two):
        def sub(self, seen: list[int] = []) -> Steps:  # noqa: B006
            yield "sub"  # here
            seen.append(1)
            self.x = len(seen)

        @process
        def p(self) -> Steps:
            yield from self.sub()

    assert refused(M()) == (
        f"{place(M)}: error: local variable 'seen' of sub holds a list, which is not hashable; it "
        "cannot be kept across this `yield`"
    )


def test_a_coroutine_that_is_kept_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            async def later() -> None:
                """Do nothing."""

            yield "pick"
            kept = later()
            kept.close()
            yield "wait"  # here
            kept.close()

    assert refused(M()) == (
        f"{place(M)}: error: local variable 'kept' of p holds a coroutine, which is compared by "
        "identity, not by value; it cannot be kept across this `yield`"
    )


def test_a_tracer_does_not_disturb() -> None:
    """A debugger, or the measuring of coverage, looks into every frame while the model runs."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            for i in (k, k):
                yield "wait"
                self.x += i

    def tracer(frame: FrameType, event: str, argument: object) -> Any:
        assert frame.f_locals is not None
        return tracer

    outer = sys.gettrace()
    sys.settrace(tracer)
    try:
        count = exact_count(M())
    finally:
        sys.settrace(outer)
    assert count == 1 + 2 + 2 + 2
