"""A walk through a model that is led by commands, one line each."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence

import click

from utcheck.check import check
from utcheck.cli.cases import title_of
from utcheck.cli.output import Style
from utcheck.cli.pen import Pen
from utcheck.cli.progress import ProgressLine
from utcheck.errors import ModelError, UsageError, did_you_mean
from utcheck.graph.walk import Walk
from utcheck.model.instance import Instance
from utcheck.outcome import Outcome, StopReason, Trace, Verdict
from utcheck.render.chart import chart
from utcheck.spec.load import Case

_NUMBER = re.compile("[+-]?[0-9]{1,9}")
_LONG = {"back": "b", "restart": "r", "jump": "j", "print": "p", "help": "?", "h": "?"}

Lines = Sequence[str]


class Session:
    """One walk; `mistakes` counts the commands that could not be followed."""

    def __init__(self, case: Case, style: Style, commands: str = "") -> None:
        """Be ready to begin; `commands` is the help text.

        Raises:
            ModelError: if the model breaks a rule before its first step.
        """
        self.mistakes = 0
        self._case = case
        self._style = style
        self._help_text = commands
        self._walk = Walk(Instance(case.model), os.getcwd())
        self._pen = Pen(style.width, style.unicode)
        self._outcome: Outcome | None = None
        self._commands: dict[str, Callable[[str], Lines]] = {
            "b": self._back, "r": self._restart, "j": self._jump, "t": self._chart,
            "s": self._again, "v": self._variables, "p": self._value, "?": self._help,
        }  # fmt: skip

    def say(self, lines: Lines) -> None:
        """Write lines of plain text."""
        for line in lines:
            click.echo(line)

    def begin(self, name: str | None) -> None:
        """Show the initial state, or the end of the run found for the property `name`.

        Raises:
            UsageError: if there is no such run.
        """
        with contextlib.redirect_stdout(sys.stderr):  # a model may print
            lines = self._state() if name is None else self._jump_to(name, None)
        self.say(lines)

    def follow(self, line: str) -> bool:
        """Do what a command says, and return whether there may be another one."""
        word, _, rest = line.strip().partition(" ")
        if word in ("q", "quit", "exit"):
            return False
        try:
            with contextlib.redirect_stdout(sys.stderr):
                lines = self._answer(word, rest.strip()) if word else []
        except (UsageError, ModelError) as error:
            self.mistakes += 1
            click.echo(self._coloured(self._pen.sentence(str(error)), fg="red"), err=True)
        else:
            self.say(lines)
        return True

    def _answer(self, word: str, rest: str) -> Lines:
        if _NUMBER.fullmatch(word) and not rest:
            return self._take(int(word))
        command = self._commands.get(_LONG.get(word, word))
        if command is None:
            raise UsageError(f"'{word}' is no command and no number; ? lists the commands")
        return command(rest)

    def _take(self, number: int) -> Lines:
        """Take a step, or begin in an initial state."""
        walk = self._walk
        if walk.trace is None:
            walk.begin(walk.starts[_index(number, len(walk.starts), "initial state")])
        else:
            walk.take(walk.ways[_index(number, len(walk.ways), "step")])
        return self._state()

    def _back(self, rest: str) -> Lines:
        self._walk.back(_number(rest or "1", "b takes a number of steps"))
        return self._state()

    def _restart(self, _: str) -> Lines:
        self._walk.restart()
        return self._state()

    def _jump(self, rest: str) -> Lines:
        """Jump into the run found for a property, whose name may end in a number itself."""
        names = list(self._case.expected)
        if not rest:
            return self._pen.prose(f"The properties are {', '.join(names)}.")
        head, _, last = rest.rpartition(" ")
        if rest not in names and head.strip() in names:
            steps = _number(last, "j takes a property and a number of steps")
            return self._jump_to(head.strip(), steps)
        return self._jump_to(rest, None)

    def _jump_to(self, name: str, steps: int | None) -> Lines:
        trace = self._run_of(name)
        self._walk.follow(trace.witness, steps)
        at_its_end = steps in (None, len(trace))
        return [*self._state(), *([*self._pen.prose(trace.ending), ""] if at_its_end else [])]

    def _run_of(self, name: str) -> Trace:
        """Return the run that a check finds for a property."""
        names = list(self._case.expected)
        if name not in names:
            raise UsageError(f"there is no property '{name}'{did_you_mean(name, names)}")
        outcome = self._outcome or self._check()
        if outcome.stop is not StopReason.INTERRUPTED:
            self._outcome = outcome
        result = outcome[name]
        if result.trace is None:
            why = {
                Verdict.HOLDS: "it holds",
                Verdict.VIOLATED: "nothing is reached that satisfies it",
                Verdict.UNDECIDED: result.reason,
            }
            raise UsageError(f"there is no run to show for '{name}': {why[result.verdict]}")
        return result.trace

    def _check(self) -> Outcome:
        case, columns = self._case, shutil.get_terminal_size().columns
        with ProgressLine(title_of(case), sys.stderr, columns) as progress:
            return check(
                case.model, case.properties, engine=case.engine, limits=case.limits,
                fairness=case.fairness, progress=progress,
            )  # fmt: skip

    def _chart(self, _: str) -> Lines:
        trace = self._walk.here
        return chart(trace, width=self._style.width, unicode=self._style.unicode).splitlines()

    def _again(self, _: str) -> Lines:
        return self._state()

    def _variables(self, _: str) -> Lines:
        return self._pen.variables(self._walk.here, every=True)

    def _value(self, text: str) -> Lines:
        """Show the value of an expression, or the variables of a record or an array."""
        if not text:
            raise UsageError("p takes an expression, as in p x > 0")
        inside = (f"{text}.", f"{text}[")
        parts = {n: v for n, v in self._walk.here.final.items() if n.startswith(inside)}
        if parts:
            return self._pen.values(parts)
        return self._pen.value(self._walk.value(text))

    def _help(self, _: str) -> Lines:
        return self._help_text.splitlines()

    def _state(self) -> Lines:
        """Return the present state: what led to it, the variables, the processes."""
        walk, pen = self._walk, self._pen
        if walk.trace is None:
            return [*pen.starts(walk.starts), "Choose one by its number.", ""]
        heading, *rest = pen.heading(walk.trace)
        lines = [self._coloured(heading, bold=True), *rest]
        if walk.trace.steps:
            lines += pen.did(walk.trace.steps[-1])
        lines += ["", *pen.variables(walk.trace, every=False), ""]
        lines += pen.processes(walk.trace, walk.ways, walk.along)
        return [*lines, "", *([] if walk.ways else [*pen.ending(walk.trace), ""])]

    def _coloured(self, text: str, fg: str | None = None, bold: bool | None = None) -> str:
        colour = self._style.table and self._style.colour
        return click.style(text, fg=fg, bold=bold) if colour else text


def _index(number: int, last: int, what: str) -> int:
    """Return the index of the thing with a number from 1 to `last`."""
    if 1 <= number <= last:
        return number - 1
    there = {0: "none at all here", 1: "only 1"}.get(last, f"only 1 to {last}")
    raise UsageError(f"there is no {what} {number}, {there}")


def _number(text: str, what: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise UsageError(f"{what}, not '{text}'")
    return int(text)
