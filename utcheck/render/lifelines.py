"""The middle of a chart: numbered steps on lifelines, with what every step did below its label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from utcheck.outcome import Trace, TraceStep
from utcheck.plain import columns, escape, fill, in_families, paragraph, sentence, show
from utcheck.render.folding import Fold, folds
from utcheck.render.layout import DETAIL, Entry, Layout, arrange, heads


@dataclass(frozen=True, slots=True)
class Style:
    """The signs a chart is drawn with, and whether they may go beyond ASCII."""

    unicode: bool
    lifeline: str
    mark: str
    failed: str
    arrow: str
    rule: str

    def text(self, text: str) -> str:
        """Return a name or label of a model, escaped for this style."""
        return escape(text, unicode=self.unicode) or "''"

    def value(self, value: object) -> str:
        """Return a value of a model as text, escaped for this style."""
        return show(value, unicode=self.unicode)


ASCII = Style(False, "|", "*", "X", "->", "==")
UNICODE = Style(True, "│", "●", "✗", "→", "══")


def draw_steps(trace: Trace, style: Style, width: int) -> list[str]:
    """Return the lines of the chart from the names of the processes to the last step."""
    acting = (step.process for step in trace.steps)
    processes = list(dict.fromkeys([*trace.processes, *acting]))
    names = [style.text(process) for process in processes]
    entries = _entries(trace.steps, processes, style)
    gutter = max(2, len(str(len(entries)))) + 3
    layout = arrange(names, entries, gutter, width)
    canvas = _Canvas(layout, style, gutter, width)
    lines = [*_legend(names, entries, layout, width), *canvas.header()]
    ended = _last_steps(trace, processes)
    folded = {fold.first: fold for fold in folds(trace.steps, trace.cycle)}
    shown = 0
    for number, entry in enumerate(entries):
        if number == trace.cycle:
            lines += canvas.rule(_cycle(number, len(entries)))
        if number in folded:
            lines += canvas.rule(_again(folded[number], style))
            shown = folded[number].last
        if number < shown:
            continue
        alive = [process for process in layout.drawn if ended.get(process, number) >= number]
        lines += canvas.step(number + 1, entry, alive)
    if trace.cycle is not None:
        closes = trace.cycle < len(entries)
        stays = "the run stays in this state for ever"
        lines += canvas.rule(f"back to step {trace.cycle + 1}" if closes else stays)
    return lines


def _entries(steps: Sequence[TraceStep], processes: Sequence[str], style: Style) -> list[Entry]:
    """Return what is drawn for each step; its subroutines only where they change."""
    told: dict[str, tuple[str, ...]] = {}
    entries = []
    for step in steps:
        calls = () if told.get(step.process) == step.calls else step.calls
        told[step.process] = step.calls
        entries.append(_entry(step, calls, processes, style))
    return entries


def _entry(step: TraceStep, calls: Sequence[str], processes: Sequence[str], style: Style) -> Entry:
    label = [*style.text(step.label).split(" "), *calls_around(step.label, calls, style)]
    process = processes.index(step.process)
    return Entry(process, tuple(label), tuple(details(step, style)), step.failure is not None)


def calls_around(label: str, calls: Sequence[str], style: Style) -> list[str]:
    """Say in which subroutines a step is, apart from those that its label names anyway."""
    told = [style.text(call) for call in calls if call not in label]
    return [f"(in {' > '.join(told)})"] if told else []


def details(step: TraceStep, style: Style) -> Iterator[tuple[str, ...]]:
    """Say what a step did, in chunks that wrapping keeps together."""
    if step.options:
        yield ("chooses", *_listed([style.value(option) for option in step.options]))
    for change in step.changes:
        new, *more = style.value(change.new).split(" ")
        old = style.value(change.old).split(" ")
        yield (f"{style.text(change.variable)}:", *old, f"{style.arrow} {new}", *more)
    for event in step.events:
        values = ", ".join(map(style.value, event.values))
        text = style.text(event.name) + (f"({values})" if values else "")
        yield ("emits", *text.split(" "))
    if step.failure is not None:
        message = sentence(step.failure, unicode=style.unicode)
        yield tuple(f"assertion violated: {message}".removesuffix(": ").split(" "))


def _listed(words: Sequence[str]) -> list[str]:
    return [f"{word}," for word in words[:-1]] + list(words[-1:])


def _last_steps(trace: Trace, processes: Sequence[str]) -> dict[int, int]:
    """Return the number of the last step of every process that has ended: its lifeline stops."""
    ended = {standing.process for standing in trace.standings if standing.status == "ended"}
    return {
        processes.index(step.process): number
        for number, step in enumerate(trace.steps)
        if step.process in ended
    }


def _cycle(start: int, steps: int) -> str:
    if start + 1 == steps:
        return f"cycle: step {steps} repeats for ever"
    return f"cycle: steps {start + 1} to {steps} repeat for ever"


def _again(fold: Fold, style: Style) -> str:
    """Say what is not drawn because it is the same again, and what it changes in all."""
    which = f"steps {fold.first - fold.length + 1} to {fold.first}"
    if fold.length == 1:
        which = f"step {fold.first}"
    text = f"{which} {fold.times} times more, up to step {fold.last}"
    changes = [
        f"{style.text(c.variable)}: {style.value(c.old)} {style.arrow} {style.value(c.new)}"
        for c in fold.changes
    ]
    return f"{text}; {', '.join(changes)}" if changes else text


def _legend(
    names: Sequence[str], entries: Sequence[Entry], layout: Layout, width: int
) -> Iterator[str]:
    """Name what the header cannot: processes that take no step, and names that had to be cut."""
    shown = {*layout.drawn, *(entry.process for entry in entries)}
    idle = [name for process, name in enumerate(names) if process not in shown]
    cut = [process for process in sorted(shown) if layout.names[process] != names[process]]
    if idle:
        yield from paragraph(["Idle:", *_listed([*in_families(idle).values()])], width, hanging=2)
    for process in cut:
        yield from paragraph([layout.names[process], "is", names[process]], width, hanging=2)
    if idle or cut:
        yield ""


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Draws rows of lifelines; `gutter` is the room for the numbers of the steps."""

    layout: Layout
    style: Style
    gutter: int
    width: int

    def header(self) -> Iterator[str]:
        """Yield the names of the processes, and a row of lifelines below them."""
        for row in heads(self.layout):
            lifeline = self.style.lifeline
            yield self._row({at: lifeline if name is None else name for at, name in row.items()})
        if self.layout.drawn:
            yield self._row(self._lifelines(self.layout.drawn))

    def rule(self, text: str) -> Iterator[str]:
        """Yield a line across the lifelines that says something about the run as a whole."""
        ends = self.style.rule
        for line in fill([ends, *text.split(" "), ends], self.width - self.gutter):
            yield " " * self.gutter + line

    def step(self, number: int, entry: Entry, alive: Sequence[int]) -> Iterator[str]:
        """Yield the lines of one step: its number, mark and label, and below what it did."""
        process = entry.process
        for place, text in enumerate(self._texts(entry)):
            pieces = self._lifelines(alive)
            if place == 0:
                pieces[0] = f"{number:>{self.gutter - 2}}"
                if process in self.layout.at:
                    mark = self.style.failed if entry.failed else self.style.mark
                    pieces[self.layout.at[process]] = mark
            yield self._row(pieces | {self.layout.text[process]: text})

    def _texts(self, entry: Entry) -> list[str]:
        room = self.layout.room[entry.process]
        name = (f"{self.layout.names[entry.process]}:",) if self.layout.named else ()
        texts = fill((*name, *entry.label), room)
        for words in entry.details:
            texts += [" " * DETAIL + line for line in fill(words, room - DETAIL, hanging=DETAIL)]
        return texts

    def _lifelines(self, processes: Sequence[int]) -> dict[int, str]:
        return {self.layout.at[process]: self.style.lifeline for process in processes}

    @staticmethod
    def _row(pieces: dict[int, str]) -> str:
        """Return a line with each text at its column."""
        line = ""
        for start, text in sorted(pieces.items()):
            line += " " * (start - columns(line)) + text
        return line.rstrip()
