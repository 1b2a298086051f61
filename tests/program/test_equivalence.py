"""Which suspensions are one point: copies that the compiler makes, and nothing else."""

from __future__ import annotations

import ast
import dis
import inspect
import textwrap
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.steps import Steps
from utcheck.program.bytecode import CodeFacts


def use(*_: object) -> None:
    """Read the arguments."""


def copies_of(walk: Callable[..., Steps], label: str = "label") -> list[int]:
    """Return the point of each instruction that yields the label, or delegates if it is empty."""
    found = []
    code = walk.__code__
    facts = CodeFacts(code)
    rows = [row for row in dis.get_instructions(code) if row.opname != "CACHE"]
    for before, row in pairwise(rows):
        delegates = before.opname == "SEND"
        if row.opname == "YIELD_VALUE" and (delegates if not label else before.argval == label):
            found.append(facts.suspension(row.offset).point)
    return found


def sub() -> Steps:
    yield "sub"
    return 1


def test_the_condition_of_a_while_is_one_point_although_it_is_compiled_twice() -> None:
    def walk() -> Steps:
        while (yield from sub()):
            use()

    points = copies_of(walk, "")
    assert len(points) == 2
    assert len(set(points)) == 1


def test_a_part_of_the_condition_of_a_while_is_one_point_and_the_body_another() -> None:
    def walk(a: int = 0) -> Steps:
        while a < 3 and not (yield from sub()):
            a += 1
            yield "body"

    points = copies_of(walk, "")
    assert len(points) == 2
    assert len(set(points)) == 1
    assert copies_of(walk, "body")[0] not in points


@pytest.mark.parametrize("lines", [1, 10, *range(18, 24), 50, 3000])
def test_the_condition_of_a_while_is_one_point_however_far_it_jumps(lines: int) -> None:
    """A jump over more than 255 code units has a prefix, in one copy of the condition or in both.

    `use(a)` has about eleven code units, so the prefix comes with the twentieth line or so.
    """
    source = "def walk(a=0):\n    while (yield from sub()):\n" + "        use(a)\n" * lines
    scope: dict[str, Any] = {"sub": sub, "use": use}
    exec(source, scope)  # noqa: S102
    points = copies_of(scope["walk"], "")
    assert len(points) == 2
    assert len(set(points)) == 1


def test_a_finally_is_one_point_for_the_ways_that_go_on_alike() -> None:
    def walk(a: int = 0) -> Steps:
        try:
            if a:
                return
            use(a)
        finally:
            yield "label"

    points = copies_of(walk)
    assert len(points) == 3
    assert len(set(points)) == 2, "leaving by return or by falling off; and by an exception"


def test_a_finally_with_a_lambda_in_it_is_one_point_for_the_ways_that_go_on_alike() -> None:
    """The function is compiled once for each copy, and the code is the same."""

    def walk(a: int = 0) -> Steps:
        try:
            if a:
                return
            use(a)
        finally:
            yield "label"
            use(lambda: a, [b for b in (a, 1)])

    points = copies_of(walk)
    assert len(points) == 3
    assert len(set(points)) == 2


def test_a_finally_is_several_points_where_the_ways_go_on_differently() -> None:
    def walk(a: int = 0) -> Steps:
        for _ in (1, 2):
            try:
                if a:
                    continue
                use(a)
            finally:
                yield "label"
            use(a)

    points = copies_of(walk)
    assert len(points) == len(set(points)) == 3


def test_two_places_in_the_source_are_two_points_even_if_they_go_on_alike() -> None:
    """A location is a place in the source: which steps ran, and where, would be wrong otherwise."""

    def walk(a: int = 0) -> Steps:
        if a:
            yield "label"
        else:
            yield "label"

    points = copies_of(walk)
    assert len(points) == len(set(points)) == 2


class _AtOnePlace(ast.NodeTransformer):
    """Puts every `yield "label"` at the same place of the source, as if the compiler copied it."""

    def visit_Yield(self, node: ast.Yield) -> ast.Yield:
        for part in ast.walk(node):
            part.lineno = part.end_lineno = 1  # type: ignore[attr-defined]
            part.col_offset, part.end_col_offset = 0, 1  # type: ignore[attr-defined]
        return node


def one_point(walk: Callable[..., Steps]) -> bool:
    """Return whether the two `yield "label"` would be one point if they stood at one place."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(walk)))
    code = compile(_AtOnePlace().visit(tree), "<one place>", "exec", dont_inherit=True)
    scope: dict[str, Any] = {"use": use, "Any": Any, "Steps": Steps}
    exec(code, scope)  # noqa: S102
    points = copies_of(scope["walk"])
    assert len(points) == 2
    return len(set(points)) == 1


def test_two_yields_at_one_place_are_one_point_if_they_go_on_alike() -> None:
    """What the tests below say of differences would mean nothing if this did not hold."""

    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            use(a, 1, 1.0, "text", (1, 2))
            if a is None:
                use(2)
        else:
            yield "label"
            use(a, 1, 1.0, "text", (1, 2))
            if a is None:
                use(2)

    assert one_point(walk)


def test_loops_that_do_the_same_for_ever_are_one_point() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            while True:
                yield "label"
                use(a)
        else:
            while True:
                yield "label"
                use(a)

    assert one_point(walk)


def test_points_that_go_on_with_another_type_of_constant_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            use(1)
        else:
            yield "label"
            use(True)

    assert not one_point(walk)


def test_points_that_go_on_with_another_sign_of_zero_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            use(0.0)
        else:
            yield "label"
            use(-0.0)

    assert not one_point(walk)


def test_points_that_go_on_with_another_type_inside_a_constant_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            use((1, (2, 3.0)))
        else:
            yield "label"
            use((1, (2, 3)))

    assert not one_point(walk)


def test_points_that_return_different_constants_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            return 1
        yield "label"
        return True

    assert not one_point(walk)


def test_points_that_go_on_with_another_lambda_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            use(lambda: 1)
        else:
            yield "label"
            use(lambda: True)

    assert not one_point(walk)


def test_points_that_go_on_with_another_variable_differ() -> None:
    def walk(a: Any = 0, b: Any = 0) -> Steps:
        if a:
            yield "label"
            use(a)
        else:
            yield "label"
            use(b)

    assert not one_point(walk)


def test_points_that_go_on_with_another_attribute_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            use(a.b)
        else:
            yield "label"
            use(a.c)

    assert not one_point(walk)


def test_points_that_go_on_with_another_function_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            use(a)
        else:
            yield "label"
            id(a)

    assert not one_point(walk)


def test_points_that_go_on_with_another_keyword_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            a(b=1)
        else:
            yield "label"
            a(c=1)

    assert not one_point(walk)


def test_points_that_go_on_with_another_comparison_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            use(a < 1)
        else:
            yield "label"
            use(a > 1)

    assert not one_point(walk)


def test_points_before_opposite_tests_of_truth_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            if a:
                use(1)
        else:
            yield "label"
            if not a:
                use(1)

    assert not one_point(walk)


def test_points_before_opposite_tests_for_none_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            if a is None:
                use(1)
        else:
            yield "label"
            if a is not None:
                use(1)

    assert not one_point(walk)


def test_points_with_different_handlers_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            use(1 // a)
        else:
            try:
                yield "label"
                use(1 // a)
            except ZeroDivisionError:
                use(2)

    assert not one_point(walk)


def test_points_whose_handlers_do_different_things_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            try:
                yield "label"
                use(1 // a)
            except ZeroDivisionError:
                use(1)
        else:
            try:
                yield "label"
                use(1 // a)
            except ZeroDivisionError:
                use(2)

    assert not one_point(walk)


def test_points_that_go_on_alike_with_different_stacks_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            for _ in a:
                yield "label"
                return
        for _ in a:
            for _ in a:
                yield "label"
                return

    assert not one_point(walk)


def test_points_that_only_differ_far_ahead_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            yield "label"
            use(a)
            yield "later"
            use(a)
            yield "later"
            use(1)
        else:
            yield "label"
            use(a)
            yield "later"
            use(a)
            yield "later"
            use(2)

    assert not one_point(walk)


def test_loops_of_different_length_differ() -> None:
    def walk(a: Any = 0) -> Steps:
        if a:
            while True:
                yield "label"
                use(a)
        else:
            while True:
                yield "label"
                use(a)
                yield "other"
                use(a)

    assert not one_point(walk)
