"""What somebody who walks through a model is shown, as text."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from utcheck.outcome import Standing, Trace, TraceStep
from utcheck.plain import enumerate_words, escape, fill, in_families, plural, sentence, show

if TYPE_CHECKING:
    from utcheck.errors import Place
    from utcheck.graph.walk import Start, Way

FEW = 12  # up to so many variables are all shown in every state
MOST_STARTS = 20  # so many initial states are listed
MOST_LINES = 9  # so many lines of source are joined to make a statement
_VERBS = {
    "waits": ("waits at", "wait at"),
    "ended": ("has ended", "have ended"),
    "failed": ("violates an assertion in", "violate an assertion in"),
}


class Pen:
    """Writes states and steps in lines of at most `width` columns, in ASCII unless `unicode`."""

    def __init__(self, width: int, unicode: bool = False) -> None:
        """Write in this way."""
        self.width = width
        self.unicode = unicode
        self._arrow = "→" if unicode else "->"

    def heading(self, trace: Trace) -> list[str]:
        """Name the last step of a run."""
        if not trace.steps:
            return ["Initial state"]
        step = trace.steps[-1]
        words = f"Step {len(trace.steps)}, {self._text(step.process)}: {self._label(step)}"
        return fill(words.split(" "), self.width, hanging=2)

    def did(self, step: TraceStep) -> list[str]:
        """Say what a step did."""
        texts = []
        if step.options:
            texts.append(self._chooses(step.options))
        for change in step.changes:
            old, new = self._value(change.old), self._value(change.new)
            texts.append(f"{self._text(change.variable)}: {old} {self._arrow} {new}")
        for event in step.events:
            values = ", ".join(map(self._value, event.values))
            texts.append(f"emits {self._text(event.name)}" + (f"({values})" if values else ""))
        if step.failure is not None:
            texts.append(f"an assertion does not hold: {self.sentence(step.failure)}")
        return [line for text in texts for line in self._at(2, text.split(" "))]

    def variables(self, trace: Trace, *, every: bool) -> list[str]:
        """Return the value of each variable; of many only those that differ from the beginning."""
        final = trace.final
        if every or len(final) <= FEW or not trace.steps:
            return self.values(final)
        shown = {n: value for n, value in final.items() if not self._same(value, trace.initial[n])}
        rest = plural(len(final) - len(shown), "variable")
        if not shown:
            return fill(f"All {rest} as in the beginning (v lists them).".split(" "), self.width)
        text = f"The other {rest} as in the beginning (v lists them)."
        return [*self.values(shown), *fill(text.split(" "), self.width)]

    def values(self, values: Mapping[str, Any]) -> list[str]:
        """Return `variable = value` for each, alike elements of an array together."""
        alike: dict[str, list[str]] = {}
        for name, value in values.items():
            alike.setdefault(self._value(value), []).append(name)
        texts = {
            first: f"{self._text(names)} = {value}"
            for value, same in alike.items()
            for first, names in in_families(same).items()
        }
        words = [texts[name] for name in values if name in texts]
        return fill(_listed(words), self.width, hanging=2) if words else ["There are no variables."]

    def starts(self, starts: Sequence[Start]) -> list[str]:
        """Return the initial states by number, each with the variables in which they differ."""
        names = [
            name
            for name, value in starts[0].values.items()
            if not all(self._same(value, start.values[name]) for start in starts)
        ]
        lines = [f"There are {len(starts):,} initial states:"]
        for number, start in enumerate(starts[:MOST_STARTS], 1):
            words = _listed(f"{self._text(n)} = {self._value(start.values[n])}" for n in names)
            lines += self._numbered(str(number), words)
        if len(starts) > MOST_STARTS:
            lines.append(f"  and so on to {len(starts):,}")
        return lines

    def processes(
        self, trace: Trace, ways: Sequence[Way], guide: tuple[str, tuple[int, ...]] | None = None
    ) -> list[str]:
        """Say where every process stands: the ways to go on by number, and who waits for what.

        `guide` is the process and the choices of the step that a run takes which is followed.
        """
        lines = []
        for number, way in enumerate(ways, 1):
            mark = " (next in the run)" if guide == (way.process, way.choices) else ""
            lines += self._numbered(str(number), self._way(way, mark))
        still = [one for one in trace.standings if one.process not in {w.process for w in ways}]
        for group in _alike(still):
            lines += self._numbered("-", self._standing(group))
            if group[0].place is not None:
                lines += self._at(7, self._source(group[0].place).split(" "))
        return lines

    def ending(self, trace: Trace) -> list[str]:
        """Say why a run without another step cannot go on."""
        if trace.steps and trace.steps[-1].failure is not None:
            return ["The run ends with the assertion; b takes the step back."]
        if any(one.status == "waits" and not one.daemon for one in trace.standings):
            return ["Deadlock: no process can take a step."]
        return ["The run has ended: no process has anything left to do."]

    def sentence(self, text: str) -> str:
        """Return a sentence, escaped."""
        return sentence(text, unicode=self.unicode)

    def prose(self, text: str) -> list[str]:
        """Return the lines of a sentence."""
        return fill(self.sentence(text).split(" "), self.width)

    def value(self, value: object) -> list[str]:
        """Return a value."""
        return fill(self._value(value).split(" "), self.width, hanging=2)

    def _way(self, way: Way, mark: str) -> list[str]:
        text = f"{self._text(way.process)}: {self._label(way)}"
        if way.options:
            text += f" {self._chooses(way.options)}"
        if way.error is not None:
            text += f", but this breaks a rule: {self.sentence(way.error.message)}"
        return [*text.split(" "), f"({self._text(str(way.place))}){mark}"]

    def _standing(self, group: Sequence[Standing]) -> list[str]:
        one, several = group[0], len(group) > 1
        names = in_families(self._text(standing.process) for standing in group)
        verbs = _VERBS.get(one.status, (one.status, one.status))
        text = f"{enumerate_words([*names.values()])} {verbs[several]}"
        if one.label is not None:
            text += f" '{self._text(one.label)}'{self._around(one.label, one.calls)}"
        if one.daemon:
            text += " (daemons)" if several else " (daemon)"
        return text.split(" ")

    def _source(self, place: Place) -> str:
        """Return a place in the source with the statement that stands there."""
        return self.sentence(f"{place}: {_statement(place.path, place.line or 0)}")

    def _label(self, step: TraceStep | Way) -> str:
        return f"'{self._text(step.label)}'{self._around(step.label, step.calls)}"

    def _around(self, label: str, calls: Sequence[str]) -> str:
        told = [self._text(call) for call in calls if call not in label]
        return f" (in {' > '.join(told)})" if told else ""

    def _chooses(self, options: Sequence[Any]) -> str:
        return f"chooses {', '.join(map(self._value, options))}"

    def _text(self, text: str) -> str:
        return escape(text, unicode=self.unicode)

    def _value(self, value: object) -> str:
        return show(value, unicode=self.unicode)

    def _same(self, one: object, other: object) -> bool:
        """Return whether two values look the same; some of a model are equal to nothing."""
        return self._value(one) == self._value(other)

    def _numbered(self, number: str, words: Iterable[str]) -> list[str]:
        first, *rest = fill(words, self.width - 5, hanging=2)
        return [f"{number:>3}  {first}", *(f"     {line}" for line in rest)]

    def _at(self, column: int, words: Sequence[str]) -> list[str]:
        lines = fill(words, self.width - column, hanging=2)
        return [f"{' ' * column}{line}".rstrip() for line in lines if line]


def _statement(path: str, line: int) -> str:
    """Return the statement that begins in a line, or the line if that does not make one."""
    text = ""
    for number in range(line, line + MOST_LINES):
        text += linecache.getline(path, number)
        try:
            tree = ast.parse(text.strip())
        except (SyntaxError, ValueError):
            continue
        return text if number == line else ast.unparse(tree)
    return linecache.getline(path, line)


def _alike(standings: Iterable[Standing]) -> Iterator[list[Standing]]:
    """Yield the processes that stand alike together, in order."""
    groups: dict[tuple[object, ...], list[Standing]] = {}
    for one in standings:
        groups.setdefault((one.status, one.label, one.place, one.calls, one.daemon), []).append(one)
    yield from groups.values()


def _listed(words: Iterable[str]) -> list[str]:
    every = list(words)
    return [f"{word}," for word in every[:-1]] + every[-1:]
