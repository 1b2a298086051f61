"""Random models, as source text: what they do is written the way a user would write it.

A model has two or three processes (one of them may be a family), one to four shared variables of
different domains, guards, choices, loops, local variables that are carried over a `yield`, a lock,
subroutines with arguments and results, assertions and events. It is imported like any module, with
its lines known to `linecache`, and it can be pasted into a file and run.
"""

from __future__ import annotations

import linecache
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from hypothesis import note
from hypothesis import strategies as st

from utcheck import Model

T = TypeVar("T")

MODULE = "random_model"
PATH = "<random model>"
HEADER = """\
from enum import Enum
from typing import Annotated, Literal

from utcheck import *


class Colour(Enum):
    RED = 0
    GREEN = 1


class Cell(Struct):
    full: bool = False
    level: Annotated[int, Range(0, 1)] = 0


class M(Model):
"""


@dataclass(frozen=True)
class RandomModel:
    """The source of a model called `M`, and expressions about it for a spec."""

    source: str
    expressions: tuple[str, ...]

    def load(self) -> Model:
        """Return the model; the source is shown where a test fails."""
        note(self.source)
        return load(self.source)

    def properties(self) -> dict[str, object]:
        """Return a property of each kind about the expressions."""
        first, second, third = self.expressions
        return {
            "always": {"always": first},
            "implication": {"always": f"not ({first}) or {second}"},
            "never": {"never": second},
            "reachable": {"reachable": third},
            "eventually": {"eventually": first},
            "leads-to": {"leads_to": [first, second]},
            "leads-on": {"leads_to": [third, "wish"]},
            "infinitely-often": {"ltl": f"GF {{{first}}} -> GF {{{second}}}"},
            "in-the-end": {"ltl": f"FG {{{third}}} | GF wish"},
            "at-once": {"ltl": f"G ({{{first}}} -> X ({{{second}}} W {{{third}}}))"},
            "in-this-order": {"ltl": f'!event("event") U ({{{second}}} | G {{{third}}})'},
            "event-again": {"ltl": f'G (event("event") -> X F (event("event") | {{{first}}}))'},
            "step": {"step": f"({first}) or old.wish"},
            "possible": {"possible_always": third},
        }


def load(source: str) -> Model:
    """Return the model `M` of a module with this source, as if the module were a file."""
    module = types.ModuleType(MODULE)
    module.__file__ = PATH
    lines = source.splitlines(keepends=True)
    linecache.cache[PATH] = (len(source), None, lines, PATH)
    sys.modules[MODULE] = module
    exec(compile(source, PATH, "exec"), module.__dict__)  # noqa: S102  (it is ours)
    model: Model = module.__dict__["M"]()
    return model


@dataclass(frozen=True, eq=False)
class Variable:
    """A kind of shared variable; `{}` stands for its name, and `@` for an index or a number.

    `numbers` and `truths` are expressions that read it. `write` sets it to the number `@`, and
    `self.` is left out in what stands in a spec.
    """

    declaration: str
    numbers: Sequence[str]
    truths: Sequence[str]
    write: str
    in_spec: Sequence[str]


KINDS = (
    Variable("{}: bool = False", ["int(self.{})"], ["self.{}"], "self.{} = @ == 1", ["{}"]),
    Variable(
        "{}: Annotated[int, Range(0, 2)] = 1",
        ["self.{}"],
        ["self.{} > 0"],
        "self.{} = @ % 3",
        ["{} == 2", "{} < 1"],
    ),
    Variable("{}: int = 0", ["self.{}"], ["self.{} == 1"], "self.{} = @ % 3", ["{} > 1"]),
    Variable(
        '{}: Literal["r", "g", "b"] = "g"',
        ['"rgb".index(self.{})'],
        ['self.{} == "r"'],
        'self.{} = "rgb"[@ % 3]',
        ['{} == "b"', '{} in ("r", "b")'],
    ),
    Variable(
        "{}: Colour = Colour.RED",
        ["self.{}.value"],
        ["self.{} is Colour.GREEN"],
        "self.{} = Colour(@ % 2)",
        ["{} == Colour.GREEN"],
    ),
    Variable(
        "{}: bool | None = None",
        ["(2 if self.{} is None else int(self.{}))"],
        ["self.{} is None", "self.{} is True"],
        "self.{} = (None, False, True)[@ % 3]",
        ["{} is None", "{} == True"],
    ),
    Variable(
        "{} = array(bool, 2)",
        ["sum(self.{})", "int(self.{}[@ % 2])"],
        ["any(self.{})", "self.{}[@ % 2]"],
        "self.{}[@ % 2] = not self.{}[@ % 2]",
        ["{}[1]", "all({})", "sum({}) == 1"],
    ),
    Variable(
        "{} = array(Annotated[int, Range(0, 1)], 2, init=[0, 1])",
        ["self.{}[@ % 2]", "sum(self.{}[:])"],
        ["self.{}[0] < self.{}[1]"],
        "self.{}[@ % 2] = 1 - self.{}[@ % 2]",
        ["{}[0] == {}[1]", "any(x == 0 for x in {})"],
    ),
    Variable(
        "{} = array(Cell, 2)",
        ["self.{}[@ % 2].level"],
        ["self.{}[@ % 2].full", "all(cell.full for cell in self.{})"],
        "self.{}[@ % 2].full = not self.{}[@ % 2].full",
        ["{}[0].full", "{}[1].level == 0"],
    ),
    Variable(  # it may be set to what it cannot be: that is an error in the model
        "{}: Annotated[int, Range(0, 3)] = 0",
        ["self.{}"],
        ["self.{} == 2"],
        "self.{} = @",
        ["{} >= 2"],
    ),
    Variable(
        "{}: tuple = ()",
        ["len(self.{})", "sum(self.{})"],
        ["1 in self.{}"],
        "self.{} = (*self.{}, @ % 2)[-2:]",
        ["len({}) == 2", "1 in {}"],
    ),
)


@dataclass
class _Routine:
    """A process or a subroutine while it is written; `yields` steps may still be added."""

    name: str
    locals: list[str]
    yields: int
    endless: bool
    callable: Sequence[str] = ()
    shared: bool = False  # whether shared variables may be used: not before the first `yield`
    in_lock: bool = False
    depth: int = 0
    lines: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.lines.append("    " * (self.depth + 2) + text)


class _Author:
    """Writes one model, asking `draw` whenever there is something to decide."""

    def __init__(self, draw: st.DrawFn, endless: bool) -> None:
        self._draw = draw
        self._endless = endless
        self._fresh = count()
        self._statements: Sequence[Callable[[_Routine], None]] = (
            self._step, self._step, self._step, self._wait, self._wait, self._for, self._while,
            self._if, self._critical, self._call,
        )  # fmt: skip
        self._actions: Sequence[Callable[[_Routine], None]] = (
            self._write, self._write, self._write, self._keep, self._keep_choice, self._maybe,
            self._write_choice, self._assert, self._emit,
        )  # fmt: skip
        size = self.one([2, 3, 1, 4])
        kinds = draw(st.lists(st.sampled_from(KINDS), min_size=size, max_size=size, unique=True))
        self.variables = dict(zip("abcd", kinds, strict=False))

    def one(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return self._draw(st.sampled_from(options))

    def often(self, percent: int) -> bool:
        """Return True in about so many cases of a hundred, and False in the simplest one."""
        return self.one(range(100)) >= 100 - percent

    # ------------------------------------------------------------------ expressions

    def number(self, routine: _Routine, depth: int = 1) -> str:
        """Return an expression for a small natural number."""
        atoms = ["0", "1", "2", *routine.locals]
        if routine.shared:
            atoms += ["shared"] * 3
        if depth:
            atoms += ["sum", "if"]
        atom = self.one(atoms)
        if atom == "shared":
            name, kind = self.one(list(self.variables.items()))
            return self._filled(self.one(kind.numbers), name, routine)
        if atom == "sum":
            return f"({self.number(routine, 0)} + {self.number(routine, 0)})"
        if atom == "if":
            truth = self.truth(routine, 0)
            return f"({self.number(routine, 0)} if {truth} else {self.number(routine, 0)})"
        return atom

    def truth(self, routine: _Routine, depth: int = 1) -> str:
        """Return an expression that is true or false."""
        form = self.one(["shared", "shared", "==", "<", "not", "and", "or"][: 7 if depth else 4])
        if form == "shared" and routine.shared:
            name, kind = self.one(list(self.variables.items()))
            return self._filled(self.one(kind.truths), name, routine)
        if form in ("not",):
            return f"not {self.truth(routine, 0)}"
        if form in ("and", "or"):
            return f"({self.truth(routine, 0)} {form} {self.truth(routine, 0)})"
        sign = "<" if form == "<" else "=="
        return f"{self.number(routine, 0)} {sign} {self.number(routine, 0)}"

    def _filled(self, pattern: str, name: str, routine: _Routine) -> str:
        text = pattern.replace("{}", name)
        return text.replace("@", self.one(["0", "1", *routine.locals])) if "@" in text else text

    # ------------------------------------------------------------------ inside a step

    def _act(self, routine: _Routine) -> None:
        for _ in range(self.one([1, 2])):
            self.one(self._actions)(routine)

    def _write(self, routine: _Routine) -> None:
        routine.add(self._assignment(routine, self.number(routine)))

    def _assignment(self, routine: _Routine, number: str) -> str:
        name, kind = self.one(list(self.variables.items()))
        return kind.write.replace("{}", name).replace("@", f"({number})")

    def _keep(self, routine: _Routine) -> None:
        local = self._kept(routine)
        routine.add(f"{local} = {self.number(routine)} % 3")

    def _kept(self, routine: _Routine) -> str:
        """Return a local variable that may be set: not an argument, nor that of a loop."""
        return self.one([name for name in routine.locals if name[0] in "vx"])

    def _keep_choice(self, routine: _Routine) -> None:
        options = ", ".join(self.number(routine, 0) for _ in range(self.one([2, 2, 3, 1])))
        routine.add(f"{self._kept(routine)} = self.choose({options}) % 3")

    def _write_choice(self, routine: _Routine) -> None:
        options = self.one(["0, 1", "1, 2", "2, 2", "0, 1, 2"])
        routine.add(self._assignment(routine, f"self.choose({options})"))

    def _maybe(self, routine: _Routine) -> None:
        routine.add(f"if {self.truth(routine)}:")
        routine.depth += 1
        self._write(routine)
        routine.depth -= 1

    def _assert(self, routine: _Routine) -> None:
        if self.often(40):
            routine.add(f'assert {self.truth(routine)}, "claim {next(self._fresh)}"')
        else:
            self._write(routine)

    def _emit(self, routine: _Routine) -> None:
        routine.add(f'self.emit("event", {self.number(routine, 0)})')

    # ------------------------------------------------------------------ statements with steps

    def block(self, routine: _Routine, most: int = 3) -> None:
        """Write some statements, the first of which is a step."""
        self._step(routine)
        for _ in range(self.one([most - 1, most, 0])):
            if routine.yields > 0:
                self.one(self._statements)(routine)

    def _label(self, routine: _Routine) -> str:
        # Few labels, so that some stand for several steps.
        label = self.one(["A", "B", "C", "D"])
        routine.labels.append(label)
        routine.yields -= 1
        return label

    def _step(self, routine: _Routine) -> None:
        routine.add(f'yield "{self._label(routine)}"')
        routine.shared = True
        self._act(routine)

    def _wait(self, routine: _Routine) -> None:
        label = self._label(routine)
        routine.shared = True
        routine.add(f'yield when(lambda: {self.truth(routine)}, "{label}")')
        self._act(routine)

    def _for(self, routine: _Routine) -> None:
        name = f"e{routine.depth}"
        loops = ["(1, 1)", "range(2)", "(0, 2)", "[1, 0]", "reversed((0, 1))", "enumerate((1, 1))",
                 "zip((0, 1), (1, 1))", "{2: 0}"]  # fmt: skip
        loop = self.one(loops)
        target = f"{name}, _" if loop.startswith(("enum", "zip")) else name
        routine.add(f"for {target} in {loop}:")
        routine.yields -= 1
        self._inner(routine, 1, name)

    def _while(self, routine: _Routine) -> None:
        if self._endless and routine.endless:
            routine.add(f"while {self.truth(routine)}:")
            self._inner(routine, 2)
            return
        name = f"w{next(self._fresh)}"
        routine.add(f"{name} = 0")
        routine.add(f"while {name} < 2 and {self.truth(routine)}:")
        routine.depth += 1
        routine.add(f"{name} += 1")
        routine.depth -= 1
        routine.yields -= 1
        self._inner(routine, 1)

    def _inner(self, routine: _Routine, most: int, *names: str) -> None:
        routine.depth += 1
        routine.locals += names
        self.block(routine, most)
        del routine.locals[len(routine.locals) - len(names) :]
        routine.depth -= 1

    def _if(self, routine: _Routine) -> None:
        routine.add(f"if {self.truth(routine)}:")
        self._inner(routine, 1)
        if self.often(50) and routine.yields > 0:
            routine.add("else:")
            self._inner(routine, 1)

    def _critical(self, routine: _Routine) -> None:
        label = self._label(routine)
        if routine.in_lock or "lock" in routine.name:
            routine.add(f'yield "{label}"')
            return
        routine.in_lock = True
        routine.add(f'yield from self.lock.acquire("{label}")')
        routine.shared = True
        self._act(routine)
        if routine.yields > 0:
            self._step(routine)
        if self.often(90):
            routine.add("self.lock.release()")
        routine.in_lock = False

    def _call(self, routine: _Routine) -> None:
        if not routine.callable:
            self._step(routine)
            return
        routine.yields -= 1
        called = f"yield from self.{self.one(routine.callable)}({self.number(routine)})"
        routine.add(f"{self._kept(routine)} = ({called}) % 3")

    # ------------------------------------------------------------------ the whole

    def subroutine(self, name: str, callable_: Sequence[str]) -> _Routine:
        """Return a generator method with an argument and a result."""
        routine = _Routine(name, ["x"], 2, False, callable_, shared=True)
        if self.often(30):
            self._act(routine)
        self.block(routine, 2)
        routine.add(f"return {self.number(routine)}")
        return routine

    def process(self, name: str, callable_: Sequence[str], yields: int, index: bool) -> _Routine:
        """Return the method of a process."""
        local = ["v0", "v1"][: self.one([1, 1, 2])]
        routine = _Routine(name, local, yields, True, callable_)
        for variable in local:
            routine.add(f"{variable} = {self.one(['0', '1', 'i'] if index else ['0', '1'])}")
        if index:
            routine.locals.append("i")
        if self._endless and self.often(35):
            routine.add("while True:")
            routine.depth += 1
        self.block(routine)
        return routine

    def options(self, each: str) -> str:
        """Return the line that declares a process."""
        options = [each] if each else []
        fair = self.one(["", "", "fair=False", 'fair="strong"'])
        options += [fair] if fair else []
        options += ["daemon=True"] if self.often(25) else []
        return f"@process({', '.join(options)})" if options else "@process"

    def init(self) -> list[str]:
        """Return `init`, if there is one: several initial states, or one that is computed."""
        if not self.often(35):
            return []
        routine = _Routine("init", [], 0, False, shared=True)
        routine.locals = ["v0"]
        routine.add(f"v0 = {self.one(['self.choose(0, 1)', '1', 'self.choose(1, 1)'])}")
        routine.add(self._assignment(routine, self.one(["v0", "self.choose(0, 2)"])))
        return ["    def init(self):", *routine.lines, ""]

    def question(self, mark: str, name: str) -> list[str]:
        """Return an invariant or a predicate."""
        routine = _Routine(name, [], 0, False, shared=True)
        return [f"    @{mark}", f"    def {name}(self):", f"        return {self.truth(routine)}"]

    def expression(self, processes: Sequence[tuple[str, bool, Sequence[str]]]) -> str:
        """Return an expression of a spec about variables and processes."""
        atoms = [self._atom(processes) for _ in range(self.one([1, 1, 2]))]
        text = f" {self.one(['and', 'or'])} ".join(atoms)
        return f"not ({text})" if self.often(30) else text

    def _atom(self, processes: Sequence[tuple[str, bool, Sequence[str]]]) -> str:
        if self.often(50):
            name, kind = self.one(list(self.variables.items()))
            return self.one(kind.in_spec).replace("{}", name)
        name, family, labels = self.one(processes)
        question = self.one([f'at("{label}")' for label in labels] + ["done", "enabled"])
        if not family:
            return f"{name}.{question}"
        return self.one([f"{name}[1].{question}", f"any(x.{question} for x in {name})"])


# The names of the processes, and whether they are families; and the most steps of each.
SHAPES = (
    ((("p", False), ("q", False)), 5),
    ((("p", True),), 4),
    ((("p", False), ("q", True)), 3),
    ((("p", False), ("q", False), ("r", False)), 3),
)


@st.composite
def models(draw: st.DrawFn, endless: bool = True) -> RandomModel:
    """Return a random model; without `endless` every run of it ends."""
    author = _Author(draw, endless)
    shape, yields = author.one(SHAPES)
    lines = [f"    {kind.declaration.format(name)}" for name, kind in author.variables.items()]
    lines += ["    lock: Lock", "", *author.init()]
    subroutines: list[str] = []
    for name in ["s0", "s1"][: author.one([0, 1, 1, 2])]:
        routine = author.subroutine(name, tuple(subroutines))
        subroutines.append(name)
        lines += [f"    def {name}(self, x):", *routine.lines, ""]
    processes = []
    for name, family in shape:
        most = author.one([yields, yields, yields - 1])
        routine = author.process(name, subroutines, most, family)
        lines.append(f"    {author.options('each=2' if family else '')}")
        lines += [f"    def {name}(self{', i' if family else ''}):", *routine.lines, ""]
        processes.append((name, family, routine.labels))
    lines += [*author.question("predicate", "wish"), ""]
    lines += author.question("invariant", "rule") if author.often(30) else []
    expressions = tuple(author.expression(processes) for _ in range(3))
    return RandomModel(HEADER + "\n".join(lines).rstrip() + "\n", expressions)
