"""Models small enough to know every state of, and one with names that break formats."""

from __future__ import annotations

from typing import Annotated

from tests.steps import Steps
from utcheck import Model, Range, process, when


class Tiny(Model):
    """Five states, numbered as they are found.

    0: x = 0, p has not begun.  1, 2: p has chosen 1 or 2.  3: q has made 1 a 0.  4: p has ended.
    Nobody makes the 2 a 0, so 2 is a deadlock.
    """

    x: Annotated[int, Range(0, 2)] = 0

    @process
    def p(self) -> Steps:
        yield "up"
        self.x = self.choose(1, 2)
        yield when(lambda: self.x == 0, "rest")

    @process(daemon=True)
    def q(self) -> Steps:
        while True:
            yield when(lambda: self.x == 1, "down")
            self.x = 0
            self.emit("zero", 7)


class Starts(Model):
    """Three initial states, one of which is chosen in two ways; 3 is too much for p."""

    x: int = 0

    def init(self) -> None:
        self.x = self.choose(3, 1, 2, 1)

    @process
    def p(self) -> Steps:
        yield "look"
        assert self.x < 3, "too much"


class Table(Model):
    """p looks at two variables, of which others may have set the first to anything."""

    a: Annotated[int, Range(0, 3)] = 0
    b: bool = False
    out: bool = False

    @process
    def sets(self) -> Steps:
        yield "set"
        self.a = self.choose(0, 1, 2, 3)
        self.b = self.choose(False, True)

    @process
    def p(self) -> Steps:
        yield when(lambda: self.a != 3, "look")
        assert not (self.a == 2 and self.b), "two and b"
        self.out = self.a == 0 and self.b


class Never(Model):
    """A process that never can go on, with a step that is therefore not there."""

    @process
    def p(self) -> Steps:
        yield when(lambda: False, "wait")
        yield "never"


LONG = "a very long label indeed " * 10 + "x" * 250
NASTY = 'say "hi" \\ \\N </script><script>alert(1)</script>\n&amp; #quot; ]]> üñ \x00\x1b[31m'


class Nasty(Model):
    """Labels, values, options and events that mean something to some format or other."""

    größe: str = NASTY

    @process
    def prozeß(self) -> Steps:
        yield NASTY
        self.größe = self.choose('"quoted"', "line\nbreak", "- #35; |`{}`| <b>")
        self.emit(NASTY, "back\\slash", ("%%", "*/", "é\u202e"))
        yield LONG
        self.größe = LONG


# Every name above with a meaning to some format.
TEXTS = (NASTY, LONG, '"quoted"', "line\nbreak", "- #35; |`{}`| <b>")
