"""What the analysis of bytecode says: how deep the value stack is, and what is live."""

from __future__ import annotations

import contextlib
import dis
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.program.corpus import CALL, CORPUS, HANDLER
from tests.steps import Steps
from utcheck.program.bytecode import CodeFacts, Suspension, UnknownBytecode
from utcheck.program.capture import split

# ------------------------------------------------------------------- the depth of the stack


def chain(generator: Any) -> Iterator[Any]:
    """Yield a generator, and those that it is inside of its `yield from`."""
    while getattr(generator, "gi_frame", None) is not None:
        yield generator
        generator = generator.gi_yieldfrom


def depth_of(generator: Any) -> Any:
    """Return the depth of a suspended generator's stack, or what kept it from being captured."""
    try:
        depth = CodeFacts(generator.gi_code).suspension(generator.gi_frame.f_lasti).depth
        slots, stack = split(generator, depth)
    except UnknownBytecode as reason:
        return {
            "a `yield` inside a call's arguments; use a statement of its own": CALL,
            "a `yield` inside an exception handler": HANDLER,
        }[str(reason)]
    assert len(stack) == depth
    assert dict(values_of(slots)) == generator.gi_frame.f_locals
    return depth


def values_of(slots: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the name and the value of each variable that is bound."""
    for name, slot in slots.items():
        if not isinstance(slot, types.CellType):
            yield name, slot
        elif slot != types.CellType():  # no other cell is equal to an empty one
            yield name, slot.cell_contents


@pytest.mark.parametrize("walk", CORPUS, ids=lambda walk: str(walk.__name__))
def test_the_depth_is_the_number_of_values_on_the_stack(walk: Callable[[], Steps]) -> None:
    """Each `yield` of the corpus yields the number that follows from the statement it is in."""
    generator = walk()
    assert depth_of(generator) == 0, "one that has not begun"
    reached: set[tuple[types.CodeType, int]] = set()
    for expected in generator:
        inside = list(chain(generator))
        found = tuple(depth_of(part) for part in inside)
        line = inside[-1].gi_frame.f_lineno
        assert found == (expected if isinstance(expected, tuple) else (expected,)), f"line {line}"
        reached.update((part.gi_code, part.gi_frame.f_lineno) for part in inside)
    written = {line for _, line in yields(walk.__code__)}
    assert written <= {line for code, line in reached if code is walk.__code__}


def yields(code: types.CodeType) -> list[tuple[int, int]]:
    """Return the offset and the line of each `yield` in a code object."""
    lines = {row.offset: row.positions for row in dis.get_instructions(code)}
    found = []
    for offset in CodeFacts(code).yields():
        positions = lines[offset]
        assert positions is not None
        assert positions.lineno is not None
        found.append((offset, positions.lineno))
    return found


def test_a_frame_with_other_variables_than_the_code_says_is_not_split() -> None:
    def walk() -> Steps:
        yield 1

    generator: Any = walk()
    next(generator)
    with pytest.raises(UnknownBytecode, match=r"^a `yield` inside an exception handler$"):
        split(generator, 1)
    with pytest.raises(UnknownBytecode):
        CodeFacts(generator.gi_code).suspension(10_000)


def generator_codes(path: Path) -> Iterator[types.CodeType]:
    """Yield the code of each generator function in a source file."""
    work: list[types.CodeType] = [compile(path.read_bytes(), str(path), "exec", dont_inherit=True)]
    while work:
        code = work.pop()
        work += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
        if code.co_flags & inspect.CO_GENERATOR:
            yield code


def assert_analysed(code: types.CodeType) -> None:
    """Analyse a code object, and check each suspension against the compiler's own numbers."""
    facts = CodeFacts(code)
    names = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    for offset in facts.yields():
        try:
            point = facts.suspension(offset)
        except UnknownBytecode:
            continue  # inside a call
        assert 0 <= point.depth <= code.co_stacksize
        assert names >= {*point.live, *point.bound}
        assert not {*point.live} & {*point.bound}


LIBRARY = Path(dis.__file__).parent
MODULES = ("ast", "asyncio/tasks", "contextlib", "difflib", "email/message", "heapq", "inspect",
           "os", "pickletools", "pkgutil", "random", "shutil", "statistics", "tokenize",
           "traceback", "typing", "xml/etree/ElementTree")  # fmt: skip


def test_the_generators_of_well_known_modules_are_understood() -> None:
    codes = [code for name in MODULES for code in generator_codes(LIBRARY / f"{name}.py")]
    assert len(codes) > 100
    for code in codes:
        assert_analysed(code)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_every_generator_of_the_standard_library_is_understood() -> None:
    """The library's own tests included, which have the strangest ones; some are no Python."""
    count = 0
    for path in LIBRARY.rglob("*.py"):
        if "site-packages" in path.parts:
            continue
        codes: list[types.CodeType] = []
        with contextlib.suppress(SyntaxError, ValueError):
            codes += generator_codes(path)
        for code in codes:
            assert_analysed(code)
        count += len(codes)
    assert count > 1000


# ----------------------------------------------------------------------- what is live


def facts_at(walk: Callable[[], Steps], label: str) -> Suspension:
    """Return the facts about a generator that has just yielded `label`, or the inner one that has.

    The generator is run to its end, because one that is thrown away may not like it.
    """
    generator = walk()
    found = None
    for yielded in generator:
        if yielded == label and found is None:
            inner = list(chain(generator))[-1]
            found = CodeFacts(inner.gi_code).suspension(inner.gi_frame.f_lasti)
    assert found is not None, f"it never yields {label!r}"
    return found


def live_at(walk: Callable[[], Steps], label: str) -> set[str]:
    return set(facts_at(walk, label).live)


def use(*_: object) -> None:
    """Read the arguments."""


def test_a_variable_is_live_from_where_it_is_set_to_its_last_use() -> None:
    def walk() -> Steps:
        a = 1
        yield "set"
        use(a)
        yield "used"
        a = 2
        yield "set again"
        use(a)

    assert live_at(walk, "set") == {"a"}
    assert live_at(walk, "used") == set()
    assert live_at(walk, "set again") == {"a"}


def test_one_path_that_reads_a_variable_makes_it_live() -> None:
    def walk(ask: bool = False) -> Steps:
        a = b = 1
        yield "before"
        if ask:
            use(a)
        else:
            a = b = 2
        yield "after"
        use(b)

    assert live_at(walk, "before") == {"a", "b", "ask"}
    assert live_at(walk, "after") == {"b"}


def test_a_loop_variable_is_dead_after_the_loop_and_where_it_is_set_anew() -> None:
    def walk() -> Steps:
        for i in (1, 2):
            yield "unused"
            use(i)
            yield "used"
        yield "behind"

    assert live_at(walk, "unused") == {"i"}
    assert live_at(walk, "used") == set(), "the next round sets it before it reads it"
    assert live_at(walk, "behind") == set()


def test_a_variable_that_the_next_round_reads_is_live_at_the_end_of_a_round() -> None:
    def walk() -> Steps:
        last = None
        for i in (1, 2):
            use(last)
            yield "middle"
            last = i
            yield "end"

    assert live_at(walk, "middle") == {"i"}
    assert live_at(walk, "end") == {"last"}


def test_a_del_asks_only_whether_the_variable_is_bound() -> None:
    def walk() -> Steps:
        a = 1
        yield "before"
        del a
        yield "after"
        a = 2
        use(a)

    assert facts_at(walk, "before").bound == ("a",)
    assert facts_at(walk, "before").live == ()
    assert facts_at(walk, "after").bound == ()
    assert facts_at(walk, "after").live == ()


def test_what_was_deleted_is_not_what_is_read() -> None:
    def walk() -> Steps:
        a = 1
        yield "before"
        del a
        try:
            use(a)  # type: ignore[misc]
        except NameError:
            use()

    assert facts_at(walk, "before").live == ()
    assert facts_at(walk, "before").bound == ("a",)


def test_a_variable_that_a_handler_reads_is_live_in_the_whole_protected_block() -> None:
    def walk() -> Steps:
        a = 1
        yield "outside"
        try:
            yield "inside"
            a = 2
            yield "set"
        except ValueError:
            use(a)
        yield "behind"

    assert live_at(walk, "outside") == {"a"}
    assert live_at(walk, "inside") == {"a"}
    assert live_at(walk, "set") == {"a"}
    assert live_at(walk, "behind") == set()


def test_a_variable_that_a_finally_reads_is_live_whatever_way_leads_there() -> None:
    def walk() -> Steps:
        for i in (1, 2):
            a = i
            try:
                yield "inside"
                a = 3
                if i == 1:
                    continue
                return
            finally:
                yield "finally"
                use(a)

    assert live_at(walk, "inside") == {"a", "i"}
    assert live_at(walk, "finally") == {"a"}


def test_an_inlined_comprehension_neither_reads_nor_sets_the_outer_variable() -> None:
    def kept() -> Steps:
        x = 1
        yield "before"
        use([x for x in (1, 2)])
        yield "between"
        use(x)

    def lost() -> Steps:
        x = 1
        yield "before"
        use([x for x in (1, 2)])
        x = 2
        yield "between"
        use(x)

    def read() -> Steps:
        x = 1
        yield "before"
        use([x for x in (x, 2)])

    assert live_at(kept, "before") == {"x"}
    assert live_at(kept, "between") == {"x"}
    assert live_at(lost, "before") == set()
    assert live_at(read, "before") == {"x"}


def test_an_exception_in_an_inlined_comprehension_restores_the_outer_variable() -> None:
    def walk() -> Steps:
        x = 1
        yield "before"
        try:
            use([1 // x for x in (0,)])
        except ZeroDivisionError:
            use(x)

    assert live_at(walk, "before") == {"x"}


def test_two_comprehensions_in_one_another_keep_the_outer_variable_apart() -> None:
    def walk() -> Steps:
        x = y = 1
        yield "before"
        use([[x for x in (y, 2)] for y in (1, 2)])
        yield "between"
        use(x)
        y = 2
        use(y)

    assert live_at(walk, "before") == {"x"}, "the y that is read is that of the comprehension"


def test_a_variable_that_a_closure_captures_is_live_where_the_closure_is_made() -> None:
    def walk() -> Steps:
        a = 1
        yield "before"
        use(lambda: a)
        yield "behind"

    assert live_at(walk, "before") == {"a"}
    assert live_at(walk, "behind") == set()


def test_a_captured_variable_that_is_set_before_any_closure_could_ask_is_dead() -> None:
    def walk() -> Steps:
        for a in (1, 2):
            yield "before"
            use(lambda: a)
            yield "after"

    assert live_at(walk, "before") == {"a"}
    assert live_at(walk, "after") == set()


def test_a_closure_in_a_local_variable_keeps_what_it_captures() -> None:
    def walk() -> Steps:
        a = 1
        f = lambda: a  # noqa: E731
        yield "kept"
        use(f)
        yield "dead"
        a = 2
        use(f)
        yield "end"

    kept, dead, end = (facts_at(walk, label) for label in ("kept", "dead", "end"))
    assert kept.own_cells == frozenset({"a"})
    assert set(kept.live) == {"f"}
    assert kept.through == {("f", "a")}
    assert set(dead.live) == {"f"}
    assert dead.through == set(), "a is set before f is loaded"
    assert end.live == ()
    assert end.through == set()


def test_a_closure_that_is_made_anew_does_not_keep_what_the_old_one_captured() -> None:
    def walk() -> Steps:
        a = 1
        f = lambda: a  # noqa: E731
        use(f)
        yield "between"
        f = lambda: a + 1  # noqa: E731
        use(f)

    between = facts_at(walk, "between")
    assert set(between.live) == {"a"}, "the new closure reads it"
    assert between.through == {("f", "a")}, "whatever reads a asks for all of it"


def test_the_variables_of_the_function_around_are_live_where_they_are_read() -> None:
    outer = 1

    def walk() -> Steps:
        yield "before"
        use(outer)
        yield "after"

    before = facts_at(walk, "before")
    assert set(before.live) == {"outer"}
    assert before.own_cells == frozenset()
    assert live_at(walk, "after") == set()


def with_locals() -> Steps:
    a = 1
    yield "before"
    use(locals())
    yield "after"
    del a


def with_vars() -> Steps:
    a = 1
    yield "before"
    use(vars())
    yield "after"
    del a


def with_eval() -> Steps:
    a = 1
    yield "before"
    use(eval("a"))  # noqa: S307
    yield "after"
    del a


def with_exec() -> Steps:
    a = 1
    yield "before"
    exec("use(a)")  # noqa: S102
    yield "after"
    del a


def with_dir() -> Steps:
    a = 1
    yield "before"
    use(dir())
    yield "after"
    del a


def with_a_frame() -> Steps:
    a = 1
    yield "before"
    use(sys._getframe().f_locals)
    yield "after"
    del a


@pytest.mark.parametrize(
    "walk", [with_locals, with_vars, with_eval, with_exec, with_dir, with_a_frame]
)
def test_everything_is_live_where_variables_are_asked_for_by_name(
    walk: Callable[[], Steps],
) -> None:
    assert live_at(walk, "before") == {"a"}
    assert live_at(walk, "after") == {"a"}


class Base:
    def method(self) -> None:
        """Do nothing."""


class Derived(Base):
    def walk(self) -> Steps:
        yield "before"
        super().method()
        yield "after"


def test_super_without_arguments_reads_self() -> None:
    """CPython 3.11 takes `self` from the frame, with no instruction that loads it."""
    assert "self" in live_at(Derived().walk, "before")
    assert "self" not in live_at(Derived().walk, "after")


def test_a_class_body_reads_what_it_captures() -> None:
    def walk() -> Steps:
        a = 1
        yield "before"

        class C:
            b = a

        yield "after"
        use(C)

    assert live_at(walk, "before") == {"a"}
    assert live_at(walk, "after") == {"C"}


def test_an_instruction_on_variables_that_is_not_known_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def walk() -> Steps:
        a = 1
        yield "label"
        use(a)

    monkeypatch.setattr("utcheck.program.bytecode.KNOWN", set())
    with pytest.raises(UnknownBytecode, match=r"^the instruction \w*FAST\w*$"):
        CodeFacts(walk.__code__)
