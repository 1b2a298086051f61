"""A small model as Promela, with exactly the steps that it has in Python.

Where a process stands is a number in a global variable, `at_p` for `p`. A process is one loop
without a label, and each step is one `d_step` in it, whose first statement asks whether the process
stands there and whether the guard is true:

- A `d_step` is one transition, whatever is in it, and executable where its first statement is.
- The loop has one control state, so that Spin's states are those of utcheck. A process that has
  ended stands at a number for which there is no option: it is not executable, and owed nothing by
  weak fairness. If it went to its closing brace instead, its death would be one more transition,
  which `X` sees, and would wait for the processes that were created after it.
- What is asked about locations reads `at_p`. Spin's own references to labels of other processes are
  unsound under its partial-order reduction, and labels called U, V, W or X are read as operators.
- A run that ends goes on here too: `idle` takes a step that changes nothing where nobody else can.
  Spin lets the never claim go on by itself there, but not well under weak fairness: `pan -f` of
  6.5.2 misses a violation of `<> [] p` by a run that ends with `p` false.
- A `d_step` must be deterministic: a step that chooses is one option for each way of choosing. An
  option may stand there twice, where a choice is made on one branch only; that changes no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from tests.spin.models import (
    Act,
    Assign,
    At,
    Both,
    Branch,
    Chance,
    Choose,
    Condition,
    Done,
    Either,
    Enabled,
    Is,
    Leave,
    Loop,
    Not,
    Perhaps,
    Process,
    SmallModel,
    Statement,
    Step,
)

IDLE = """\
active proctype idle() {{
    do
    :: d_step {{ !({}) -> skip }}
    od
}}
"""


def source(model: SmallModel, idle: bool = True) -> str:
    """Return the text of the model; without `idle`, Spin's own rule is left for runs that end."""
    lines = [f"byte {variable.name} = {variable.initial};" for variable in model.variables]
    for process in model.processes:
        places = [*(f'{i} "{step.label}"' for i, step in enumerate(process.steps()))]
        ended = f"{len(places)} ended"
        lines.append(f"byte at_{process.name} = 0; /* {', '.join([*places, ended])} */")
    for process in model.processes:
        lines += ["", *_proctype(process)]
    if idle:
        enabled = (expression(Enabled(process.name), model) for process in model.processes)
        lines += ["", IDLE.format(" || ".join(enabled))]
    return "\n".join(lines) + "\n"


def expression(condition: Condition, model: SmallModel) -> str:
    """Return a condition as Promela."""
    match condition:
        case Is(variable, value):
            return f"({variable.name} == {value})"
        case Not(operand):
            return f"(!{expression(operand, model)})"
        case Both(left, right):
            return f"({expression(left, model)} && {expression(right, model)})"
        case Either(left, right):
            return f"({expression(left, model)} || {expression(right, model)})"
        case At(name, label):
            steps = enumerate(model.process(name).steps())
            return _one_of(f"at_{name} == {i}" for i, step in steps if step.label == label)
        case Done(name):
            return f"(at_{name} == {len(model.process(name).steps())})"
        case Enabled(name):
            steps = enumerate(model.process(name).steps())
            return _one_of(_enabled(name, i, step) for i, step in steps)


def _one_of(parts: Iterator[str]) -> str:
    return "(" + " || ".join(f"({part})" for part in parts) + ")"


def _enabled(name: str, number: int, step: Step) -> str:
    """Return when a process can take a step."""
    here = f"at_{name} == {number}"
    return here if step.guard is None else f"{here} && {_plain(step.guard)}"


def _plain(condition: Condition) -> str:
    """Return a condition of the model itself, which is about variables only."""
    return expression(condition, SmallModel((), ()))


def _proctype(process: Process) -> Iterator[str]:
    yield f"active proctype {process.name}() {{"
    yield "    do"
    for number, (step, jump) in enumerate(_Layout(process).jumps()):
        here = _enabled(process.name, number, step)
        for choices in product(*_options(step.acts), *_chances(jump)):
            taken = iter(choices)
            code = [_act(act, taken) for act in step.acts]
            code.append(_goto(process, jump, taken))
            yield f"    :: d_step {{ {here} -> {'; '.join(code)} }}"
    yield "    od"
    yield "}"


def _options(acts: tuple[Act, ...]) -> list[tuple[int, ...]]:
    return [act.options for act in acts if isinstance(act, Choose)]


def _act(act: Act, taken: Iterator[int]) -> str:
    match act:
        case Assign(target, shift, read):
            value = str(shift) if read is None else f"({read.name} + {shift}) % {target.size}"
            return f"{target.name} = {value}"
        case Choose(target, _):
            return f"{target.name} = {next(taken)}"
        case Perhaps(condition, assignment):
            return f"if :: {_plain(condition)} -> {_act(assignment, taken)} :: else -> skip fi"


# ---------------------------------------------------------------------- from step to step


@dataclass(frozen=True, slots=True)
class _Fork:
    """Where a step goes on: at a location, or where that depends, at one of two places."""

    test: Condition | Chance
    yes: _Jump
    no: _Jump


_Jump = int | _Fork


@dataclass(frozen=True, slots=True)
class _Rest:
    """What comes after a sequence of statements; `loop` if it is the body of a loop."""

    statements: tuple[Statement, ...]
    after: _Rest | None
    loop: bool = False


class _Layout:
    """The locations of a process, and the ways between them."""

    def __init__(self, process: Process) -> None:
        self.steps = process.steps()
        self._numbers = {step: number for number, step in enumerate(self.steps)}
        self._body = process.body

    def jumps(self) -> Iterator[tuple[Step, _Jump]]:
        """Return each step with where it leads."""
        return zip(self.steps, self._follow(self._body, None), strict=True)

    def _follow(self, statements: tuple[Statement, ...], rest: _Rest | None) -> Iterator[_Jump]:
        """Yield where each step among these statements leads, in their order."""
        for index, statement in enumerate(statements):
            after = _Rest(statements[index + 1 :], rest)
            match statement:
                case Step():
                    yield self._enter((), after)
                case Branch(_, then, otherwise):
                    yield from self._follow(then, after)
                    yield from self._follow(otherwise, after)
                case Loop(body, _):
                    yield from self._follow(body, _Rest(statements[index:], rest, loop=True))

    def _enter(self, statements: tuple[Statement, ...], rest: _Rest | None) -> _Jump:
        """Return the location that is reached when these statements come next."""
        if not statements:
            return len(self.steps) if rest is None else self._enter(rest.statements, rest.after)
        after = _Rest(statements[1:], rest)
        match statements[0]:
            case Step() as step:
                return self._numbers[step]
            case Branch(test, then, otherwise):
                return _Fork(test, self._enter(then, after), self._enter(otherwise, after))
            case Loop(body, test):
                inside = self._enter(body, _Rest(statements, rest, loop=True))
                return inside if test is None else _Fork(test, inside, self._enter((), after))
            case Leave():
                return self._enter((), _behind_loop(rest))


def _behind_loop(rest: _Rest | None) -> _Rest:
    """Return what comes after the innermost loop."""
    while rest is not None:
        if rest.loop:
            return _Rest(rest.statements[1:], rest.after)
        rest = rest.after
    raise ValueError("a way out of no loop")


def _chances(jump: _Jump) -> Iterator[tuple[int, int]]:
    if isinstance(jump, _Fork):
        if isinstance(jump.test, Chance):
            yield (0, 1)
        yield from _chances(jump.no)
        yield from _chances(jump.yes)


def _goto(process: Process, jump: _Jump, taken: Iterator[int]) -> str:
    if not isinstance(jump, _Fork):
        return f"at_{process.name} = {jump}"
    if isinstance(jump.test, Chance):
        chosen = next(taken)  # before those of the two places, both of which take theirs
        return [_goto(process, place, taken) for place in (jump.no, jump.yes)][chosen]
    no, yes = _goto(process, jump.no, taken), _goto(process, jump.yes, taken)
    return f"if :: {_plain(jump.test)} -> {yes} :: else -> {no} fi"
