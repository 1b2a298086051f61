"""Random processes in which every form that Python has around a `yield` may stand in another.

A process has a few local variables (numbers, functions, iterators), carries them over steps, and
shows little of them in the shared variables: so if utcheck takes two local states for one, a state
goes missing sooner or later.
"""

from __future__ import annotations

import linecache
import sys
import types
from collections.abc import Callable
from random import Random

from utcheck import Model

PATH = "<random forms>"

HEADER = """\
from utcheck import *


class Guard(Struct):
    inside: int = 0

    def __enter__(self):
        self.inside = 1
        return self

    def __exit__(self, *_):
        self.inside = 0


class M(Model):
    x: int = 0
    y: int = 0
    level = array(int, 2, init=[0, 1])
    guards = array(Guard, 2)

    def sub(self, k):
        yield "sub 1"
        self.x = k
        k = (k + 1) % 3
        yield "sub 2"
        return k

    def down(self, k):
        if k > 0:
            yield "down"
            rest = yield from self.down(k - 1)
            yield "up"
            return (rest + k) % 3
        return 0

    def call(self, f):
        yield "call 1"
        self.x = f()
        yield "call 2"
        return f()

    @process
    def p(self):
        yield "begin"
"""

# What the variables are at the beginning; some of these lines are left out.
BEGINNING = [
    "a = self.choose(0, 1)",
    "b, c = 0, 1",
    "f = lambda: a",
    "g = lambda: 1",
    "fs = (f, g)",
    "it = iter((0, 2))",
    "also = it",
]

ITERABLES = [
    "({e}, {e})",
    "[{e}, {e}]",
    "range({e})",
    "map(lambda t: (t + {v}) % 3, ({e}, 1))",
    "({v} + t for t in (0, {e}))",
    "(t for t in [{w} for {w} in (0, {e})])",
    "reversed([{e}, {e}])",
    "reversed(({e}, {e}))",
    "filter(lambda t: t != {v}, ({e}, 1))",
    "self.level",
    "self.level[0:]",
    "reversed(self.level)",
    "iter(it)",
    "it",
    "{{{e}: 0, {e}: 1}}",
    "{{0: {e}, 1: {e}}}.values()",
    "frozenset(({e}, {e}))",
    "sorted([{e}, {e}])",
    "(g() for _ in (0, {e}))",
    "map(int, str({e}))",
]

EXPRESSIONS = [
    "({e} + {e}) % 3",
    "({e} if {e} else {e})",
    "sum([{v} for {v} in ({e}, 1)]) % 3",
    "[lambda: {v} for {v} in ({e}, 1)][0]()",
    "sum({v} for {w} in (1, {e})) % 3",
    "(lambda {v}: {v} + {w})({e}) % 3",
    "({v} := {e})",
    "(lambda: {v})()",
    "next({i}, 2)",
]

# A statement that is one line, or several: `{B}` stands for a block, `{L}` for one in a loop.
SIMPLE = [
    "yield {l}",
    "yield {l}",
    "yield {l}",
    "{v} = {x}",
    "{v} = {x}",
    "self.x = {x}",
    "self.level[{e} % 2] = {e}",
    "try:\n    del {v}\nexcept NameError:\n    pass",
    "f = lambda: {v}",
    "def g():\n    nonlocal {v}\n    {v} = ({v} + 1) % 3\n    return {v}",
    "f = g",
    "fs = (f, g)",
    "{v} = {h}()",
    "{v} = yield from self.sub({e})",
    "{v} = yield from self.call({h})",
    "{v} = yield from self.call(lambda: {w})",
    "{v} = yield from self.down({e})",
    "{v} = {e} + (0 if (yield {l}) is None else 1)",
    "self.level[(yield {l}) or {e} % 2] = {v}",
    "yield when(lambda: self.x >= 0 or {v} == 0, {l})",
    "it = iter({it})",
    "also = it",
    "{v} = next({i}, 2)",
    "{v}, *_ = (*{it}, 0)",
]
COMPOUND = [
    "for {v} in {it}:\n{L}",
    "for {v} in {it}:\n{L}",
    "for {v}, {w} in zip({it}, {it}):\n{L}",
    "for {w}, {v} in enumerate({it}):\n{L}\nelse:\n{B}",
    "n{n} = 0\nwhile n{n} < 2:\n    n{n} += 1\n{L}",
    "n{n} = 0\nwhile n{n} < 2 and (yield from self.sub({v})) >= 0:\n    n{n} += 1\n{L}",
    "try:\n{B}\nfinally:\n{B}",
    "try:\n{B}\n    1 // {e}\nexcept ZeroDivisionError:\n    {v} = 1\n    {w} = {v}",
    "if {x}:\n{B}\nelse:\n{B}",
    "with self.guards[{e} % 2] as guard:\n{B}\n    {v} = guard.inside",
    "match ({e}, 1):\n    case (0, {v}):\n        yield {l}\n    case ({v}, _):\n        {w} = {v}",
]
IN_LOOPS = ["if {e}:\n    break", "if {e}:\n    continue"]

# How many choices a process makes at most, and how deep its statements nest.
CHOICES = 3
DEPTH = 2


class Writer:
    """Writes the source of one random process."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._choices = 0
        self._numbers = 0

    def source(self) -> str:
        """Return the source of a module with the model `M`."""
        whole = self._random.random() < 0.5
        lines = [line for line in BEGINNING if whole or self._random.random() < 0.93]
        statements = self._block(DEPTH, self._random.randrange(3, 8), loop=False)
        lines += ["try:", *indented(statements), "    self.y = a + b + c + g()"]
        lines += ["except (NameError, TypeError, ValueError, StopIteration):", "    self.y = 9"]
        lines += ["self.x = 5", "a = b = c = 0"]  # so that they are variables in any case
        return HEADER + "\n".join(indented(lines, "        ")) + "\n"

    def _block(self, depth: int, count: int, loop: bool) -> list[str]:
        return [line for _ in range(count) for line in self._statement(depth, loop)]

    def _statement(self, depth: int, loop: bool) -> list[str]:
        forms = SIMPLE
        if depth > 0 and self._random.random() < 0.3:
            forms = COMPOUND
        elif loop and self._random.random() < 0.1:
            forms = IN_LOOPS
        lines: list[str] = []
        for line in self._filled(self._random.choice(forms)).splitlines():
            if line in ("{B}", "{L}"):
                inside = loop or line == "{L}"
                block = self._block(depth - 1, self._random.randrange(1, 4), inside)
                lines += indented(block)
            else:
                lines.append(line)
        return lines

    def _filled(self, form: str) -> str:
        """Fill the slots of a form, each with something of its own but the variables."""
        v, w = self._random.sample("abc", 2)
        self._numbers += 1
        fillers: dict[str, Callable[[], str]] = {
            "{v}": lambda: v,
            "{w}": lambda: w,
            "{n}": lambda n=self._numbers: str(n),  # type: ignore[misc]
            "{e}": self._simple_expression,
            "{x}": self._expression,
            "{it}": lambda: self._filled(self._random.choice(ITERABLES)).format(),
            "{i}": lambda: self._random.choice(("it", "also")),
            "{h}": lambda: self._random.choice(("f", "g", "fs[0]", "fs[1]")),
            "{l}": lambda: f'"L{self._random.choice((self._numbers, 0))}"',
        }
        for slot, filler in fillers.items():
            while slot in form:
                form = form.replace(slot, filler(), 1)
        return form

    def _simple_expression(self) -> str:
        kind = self._random.randrange(8)
        if kind < 4:
            return self._random.choice("abc")
        if kind < 6:
            return str(self._random.randrange(3))
        if kind == 6 and self._choices < CHOICES:
            self._choices += 1
            return f"self.choose(0, {self._random.randrange(1, 3)})"
        return self._random.choice(("self.x", "self.level[a % 2]"))

    def _expression(self) -> str:
        if self._random.random() < 0.5:
            return self._simple_expression()
        return self._filled(self._random.choice(EXPRESSIONS))


def indented(lines: list[str], by: str = "    ") -> list[str]:
    """Return the lines moved to the right."""
    return [by + line for line in lines]


def load(source: str) -> Model:
    """Return the model of a module with this source, as if the module were a file."""
    module = types.ModuleType("random_forms_model")
    linecache.cache[PATH] = (len(source), None, source.splitlines(keepends=True), PATH)
    sys.modules[module.__name__] = module
    exec(compile(source, PATH, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    model: Model = module.__dict__["M"]()
    return model
