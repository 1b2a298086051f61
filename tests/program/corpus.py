"""Generator functions that are suspended in every kind of place.

Each of them yields how many values lie on its value stack there, as follows from the statement: one
for each `for` and each `with` around the `yield` (the iterator, the `__exit__`), one for a
`yield from` (what it delegates to), and one for each operand that was evaluated before the `yield`
and is still needed after it. A generator that is inside another yields one such number for each,
outermost first. `CALL` stands where a call is being prepared, and a generator that holds an
exception yields `HANDLER`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

from tests.steps import Steps

CALL = "call"
HANDLER = "handler"


def statements(a: Any = 1) -> Steps:
    yield 0
    b = a
    yield 0
    c = yield 0
    del b
    yield 0
    return c


def nested_loops() -> Steps:
    for a in (1, 2):
        yield 1
        for b in [a, a]:
            yield 2
            for _ in {a: b}:
                yield 3
            yield 2
        else:
            yield 1
        yield 1
    else:
        yield 0
    yield 0


def leaving_loops() -> Steps:
    for a in range(3):
        for b in "xy":
            if a == 1:
                yield 2
                break
            if b == "x":
                yield 2
                continue
            yield 2
        else:
            yield 1
            continue
        yield 1
        break
    yield 0


def iterators() -> Steps:
    for _ in enumerate((1,)):
        yield 1
    for _ in zip((1, 2), [1, 2], strict=True):
        yield 1
    for _ in map(abs, {1}):
        yield 1
    for _ in filter(None, b"ab"):
        yield 1
    for _ in reversed([1, 2]):
        yield 1
    for _ in (c for c in "ab"):
        yield 1


def while_loops(n: int = 2) -> Steps:
    while n:
        n -= 1
        yield 0
        while True:
            yield 0
            if n:
                break
            n = 0
            break
    else:
        yield 0
    yield 0


def blocks() -> Steps:
    with nullcontext(1) as a:
        yield 1
        for _ in (a, a):
            yield 2
            with nullcontext(), nullcontext():
                yield 4
        yield 1
    with suppress(ZeroDivisionError):
        yield 1
        _ = 1 // 0
    yield 0


def operands(a: Any = 1) -> Steps:
    b: Any = a + ((yield 1) or 2)
    b = (a, b, (yield 2), a)[0]
    b = [a, (yield 1), b][0]
    b = {a: b, (yield 2): a}[a]
    c: Any = [1, 2, 3]
    c[(yield 2) or 0] = a  # the value is evaluated first, then what it is stored in
    c[0] = (yield 0) or 1
    c[1] += (yield 3) or 1
    b = c[0] if (yield 0) else c[1]
    b = a and ((yield 0) or b)
    b = 0 < a < ((yield 1) or 2)
    b = f"{a}-{(yield 2)}-{b!r}"
    b = f"{a:{(yield 1) or 3}}"
    b = not (yield 0)
    b = c[a : (yield 2)]
    c, _ = (yield 0) or (c, 1)
    *c, _ = (yield 0) or (1, 2)
    if (d := (yield 0)) is None:
        yield 0
    assert (yield 0) is None
    yield (yield 0) or 0
    return b, d


def long_displays() -> Steps:
    """From some length on a display is built from its beginning, instead of from the stack."""
    _: Any = [1, 2, 3, *(4,), (yield 1)]
    _ = {**{}, 1: (yield 2)}
    _ = {*(1,), (yield 1)}
    # fmt: off
    _ = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
         1, 1, (yield 1)]
    # fmt: on


def calls(a: Any = 1) -> Steps:
    _ = abs((yield CALL) or 1)
    _ = max(a, (yield CALL) or 1)
    _ = max(a, *((yield CALL) or (1, 2)))
    _ = dict(a=(yield CALL))
    _ = "x".join((yield CALL) or ())
    _ = abs(((yield CALL) or 1) + 2)
    _ = abs(1) + ((yield 1) or 1)
    _ = (yield 0) or abs(1)
    for _ in range((yield CALL) or 1):
        yield 1

    class _Local((yield CALL) or object):  # type: ignore[misc]
        pass


def handled() -> Steps:
    for divisor in (0, 1):
        try:
            yield 1
            _ = 1 // divisor
        except ZeroDivisionError:
            pass
        else:
            yield 1
        try:
            _ = 1 // divisor
        except ZeroDivisionError as error:
            yield HANDLER
            del error
        else:
            yield 1
    yield 0
    try:
        try:
            _ = 1 // 0
        finally:
            yield HANDLER
    except ZeroDivisionError:
        yield HANDLER
    yield 0


def finished() -> Steps:
    for a in (1, 2, 3):
        try:
            yield 1
            if a == 1:
                continue
            yield 1
            if a == 2:
                break
        finally:
            yield 1
    yield 0
    try:
        yield 0
        return
    finally:
        yield 0


def groups() -> Steps:
    try:
        raise ExceptionGroup("g", [ValueError()])
    except* ValueError:
        yield HANDLER
    yield 0


def matching(subject: Any = (1, {"a": 2})) -> Steps:
    match subject:
        case [x, {"a": y}] if (yield 0) is None:
            yield 0
            _ = x + y
    match (yield 0):
        case 1:
            pass
        case None:
            yield 0
        case _:
            pass
    yield 0


def comprehensions(a: Any = 1) -> Steps:
    b: Any = [a for a in (1, 2)]
    yield 0
    for a in [c for c in b]:
        yield 1
        b = [lambda c=c, a=a: (a, c) for c in b]
        yield 1
    _: Any = {a: c for a, c in zip((yield CALL) or b, b, strict=True)}
    try:
        _ = [1 // a for a in (0,)]
    except ZeroDivisionError:
        yield HANDLER
    yield 0
    del a
    _ = [a for a in (1, 2)]
    yield 0


def closures(a: Any = 1) -> Steps:
    def increment() -> None:
        nonlocal a
        a += 1

    yield 0
    increment()
    for b in (1, 2):
        increment()
        c = lambda: a + b  # noqa: E731
        yield 1
        del c
    yield 0


def _leaf(depths: tuple[Any, ...]) -> Steps:
    yield (*depths, 0)
    for _ in (1, 2):
        yield (*depths, 1)
    return 1


def _branch(depths: tuple[Any, ...]) -> Steps:
    yield (*depths, 0)
    yield from _leaf((*depths, 1))
    with nullcontext():
        a = yield from _leaf((*depths, 2))
    b = a + (yield from _leaf((*depths, 2)))
    for _ in (a, b):
        yield from _leaf((*depths, 2))
    return a


def delegation() -> Steps:
    yield 0
    yield from [(1,), (1,)]
    a = yield from _branch((1,))
    for _ in (1, 2):
        a += yield from _branch((3,))  # the iterator, the old value of `a`, and the subroutine
    while (yield from _leaf((1,))) and a < 10:
        a += 1
        yield 0
    yield from (1 for _ in ())
    return a


def walrus_and_star() -> Steps:
    rest: Any
    first, *rest = (yield 0) or (1, 2, 3)
    while (n := len(rest)) < 4:
        yield 0
        rest = [first, n, (yield 2), *rest]
    yield 0


def unpacked(*a: Any, **b: Any) -> Steps:
    for _, (c, *d) in enumerate([(1, 2, 3)]):
        yield 1
        a = (*a, c, *d)
    yield len(b)


CORPUS: tuple[Callable[..., Steps], ...] = (
    statements,
    nested_loops,
    leaving_loops,
    iterators,
    while_loops,
    blocks,
    operands,
    long_displays,
    calls,
    handled,
    finished,
    groups,
    matching,
    comprehensions,
    closures,
    delegation,
    walrus_and_star,
    unpacked,
)
