"""A `yield` inside an expression: the operands that were evaluated before it are still needed.

Most models evaluate an operand, 1 or 2 by choice, wait, and store the result. That gives 5 states:
pick, two while it waits, two ends. A lost operand would leave one end, and one state while it
waits.
"""

from __future__ import annotations

from typing import Any

from tests.program.merged import exact_count
from tests.program.two import Small, Two
from tests.refusal import place, refused
from tests.steps import Steps
from utcheck import array, process


def test_the_left_operand_of_a_sum_is_kept() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            self.x = self.choose(1, 2) + ((yield "wait") or 5)

    assert exact_count(M()) == 5


def test_the_old_value_of_an_augmented_assignment_is_kept() -> None:
    """10. q sets x from 0 to 9. p: pick; wait, with 0 read; the end, with x=1 whatever q did.

    Before q: pick, wait, end x=1 (q will set it to 9). After q: pick; wait with 0 or 9 read; the
    ends: x=1 (0 was read), x=10, and x=9 (q came last).
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            self.x += (yield "wait") or 1

        @process
        def q(self) -> Steps:
            yield "set"
            self.x = 9

    assert exact_count(M()) == 3 + 6


def test_the_parts_of_a_tuple_are_kept() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            pair = (self.choose(1, 2), (yield "wait"), 3)
            self.x = pair[0]

    assert exact_count(M()) == 5


def test_the_parts_of_a_short_list_are_kept() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            parts: Any = [self.choose(1, 2), (yield "wait"), 3]
            self.x = parts[0]

    assert exact_count(M()) == 5


def test_the_keys_of_a_dict_display_are_kept() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            parts = {self.choose(1, 2): (yield "wait")}
            self.x = next(iter(parts))

    assert exact_count(M()) == 5


def test_the_parts_of_an_f_string_are_kept() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            text = f"{self.choose(1, 2)}{(yield 'wait')}"
            self.x = int(text[0])

    assert exact_count(M()) == 5


def test_the_middle_of_a_chain_of_comparisons_is_kept() -> None:
    """5: pick; wait, with 1 or 3 still to be compared to 2; the ends. For 0 the chain ends at once.

    The ends are x=1 (1 < 2) and x=0 (3 > 2, or 0 < 0 is false): True and False as numbers.
    """

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            self.x = 0 < self.choose(0, 1, 3) < ((yield "wait") or 2)

    assert exact_count(M()) == 1 + 2 + 2


def test_the_value_to_be_stored_in_an_element_is_kept() -> None:
    class M(Two):
        level = array(Small, 2)

        @process
        def p(self) -> Steps:
            yield "pick"
            self.level[(yield "wait") or 0] = self.choose(1, 2)

    assert exact_count(M()) == 5


def test_the_element_to_be_stored_in_is_kept() -> None:
    class M(Two):
        level = array(Small, 2)

        @process
        def p(self) -> Steps:
            yield "pick"
            self.level[self.choose(0, 1)] += (yield "wait") or 7

    assert exact_count(M()) == 5


def test_the_start_of_a_slice_is_kept() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            self.x = (0, 1, 2, 3)[self.choose(1, 2) : (yield "wait")][0]

    assert exact_count(M()) == 5


def test_an_operand_decides_whether_there_is_a_step_at_all() -> None:
    """4: pick; wait, only if the first operand is false; ends x=5 and x=3."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            self.x = self.choose(0, 5) or (yield "wait") or 3

    assert exact_count(M()) == 4


def test_both_arms_of_a_conditional_expression_are_places() -> None:
    """5: pick; left; right; ends x=2 and x=3."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            self.x = 1 + (
                ((yield "left") or 1) if self.choose(True, False) else (yield "right") or 2
            )

    assert exact_count(M()) == 1 + 2 + 2


def test_the_values_of_several_waits_in_one_expression_are_kept() -> None:
    """11: pick; first, with 1 or 2; second, with the sum 5, 6, 9 or 10; the four ends."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            one = self.choose(1, 2) + ((yield "first") or 0) + self.choose(4, 8)
            yield "second"
            self.x = one

    assert exact_count(M()) == 1 + 2 + 4 + 4


def test_a_walrus_keeps_its_variable() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            if (k := self.choose(1, 2)) and (yield "wait") is None:
                self.x = k

    assert exact_count(M()) == 5


def test_a_starred_assignment_keeps_its_parts() -> None:
    """5, as the values of the rest; the list that the star makes is refused (see below)."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            first, *rest = self.choose((1, 2), (1, 3))
            second = tuple(rest)
            yield "wait"
            self.x = first + second[0]

    assert exact_count(M()) == 5


def test_a_match_statement_keeps_what_it_binds() -> None:
    """9: pick; wait in the one case or in the other, each with 1 or 2; ends x=1, 2, 11 and 12."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            k = self.choose(1, 2)
            match self.choose((k,), (k, k)):
                case (a,):
                    yield "wait"
                    self.x = a
                case (a, _) if (yield "wait") is None:
                    self.x = 10 + a

    assert exact_count(M()) == 1 + 4 + 4


def test_a_subject_of_a_match_is_kept_while_its_guard_waits() -> None:
    """5: pick; wait, with 1 or 2 to be matched; ends x=1, x=2."""

    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            match self.choose(1, 2):
                case _ if (yield "wait") is not None:
                    pass
                case 1:
                    self.x = 1
                case 2:
                    self.x = 2

    assert exact_count(M()) == 5


def test_a_yield_among_the_arguments_of_a_call_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            self.x = max(1, (yield "wait") or 2)  # here

    assert refused(M()) == (
        f"{place(M)}: error: p cannot be captured here: a `yield` inside a call's arguments; "
        "use a statement of its own"
    )


def test_a_yield_in_a_call_of_a_method_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            self.emit("event", (yield "wait"))  # here

    assert refused(M()) == (
        f"{place(M)}: error: p cannot be captured here: a `yield` inside a call's arguments; "
        "use a statement of its own"
    )


def test_a_yield_among_the_arguments_of_a_subroutine_is_refused() -> None:
    class M(Two):
        def sub(self, *_: object) -> Steps:
            yield "sub"

        @process
        def p(self) -> Steps:
            yield "pick"
            yield from self.sub(1, (yield "wait"))  # here

    assert refused(M()) == (
        f"{place(M)}: error: p cannot be captured here: a `yield` inside a call's arguments; "
        "use a statement of its own"
    )


def test_a_list_that_is_being_built_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            _ = [*(1, 2), (yield "wait")]  # here

    assert refused(M()) == (
        f"{place(M)}: error: an unfinished expression, loop or `with` in p holds a list, which is "
        "not hashable; it cannot be kept across this `yield`"
    )


def test_a_dict_that_is_being_built_is_refused() -> None:
    class M(Two):
        @process
        def p(self) -> Steps:
            yield "pick"
            _ = {**{1: 2}, 3: (yield "wait")}  # here

    assert refused(M()) == (
        f"{place(M)}: error: an unfinished expression, loop or `with` in p holds a dict, which is "
        "not hashable; it cannot be kept across this `yield`"
    )
