"""Where the lifelines and the texts of a chart stand: the widest arrangement that fits.

There are three, tried in this order:

1. *own columns*: every process has a column with its lifeline and the text of its steps;
2. *narrow*: the lifelines stand close together on the left, and the text of every step, which then
   begins with the name of the process, to the right of all of them;
3. *list*: no lifelines, because not even narrow ones would leave room for text.

Processes without a step are drawn in the first arrangement only, and there if they fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from utcheck.plain import columns

GAP = 3  # between two columns
MARK = 2  # the mark of a step and a blank, before its label
DETAIL = 2  # what a step did stands this much to the right of its label
_LABEL = 30  # a label up to this length is not broken in a column of its own
_DETAIL = 20  # the room that longer texts get at least
_LONGEST_NAME = {"columns": 24, "narrow": 16}
# How far apart narrow lifelines are, and the room that must be left for text.
_PITCHES = ((4, 40), (3, 32), (2, 24))


@dataclass(frozen=True, slots=True)
class Entry:
    """One step as text: its process, its mark, the words of its label and of each detail."""

    process: int
    label: tuple[str, ...]
    details: tuple[tuple[str, ...], ...] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a chart; all positions count from 0 at the left margin.

    `drawn` are the processes that have a lifeline, `at[i]` is where that of process `i` stands,
    `text[i]` where the text of its steps begins and `room[i]` how wide it may be. `names` are the
    names as the chart writes them, and `named` says that a step's text begins with one.
    """

    drawn: tuple[int, ...]
    at: dict[int, int]
    text: dict[int, int]
    room: dict[int, int]
    names: tuple[str, ...]
    named: bool = False


def arrange(names: Sequence[str], entries: Sequence[Entry], gutter: int, width: int) -> Layout:
    """Return the first arrangement that fits between `gutter` and `width`."""
    acting = sorted({entry.process for entry in entries})
    for drawn in (range(len(names)), acting):
        layout = _own_columns(names, entries, tuple(drawn), gutter, width)
        if layout:
            return layout
    return _narrow(names, tuple(acting), gutter, width)


def _own_columns(
    names: Sequence[str], entries: Sequence[Entry], drawn: tuple[int, ...], gutter: int, width: int
) -> Layout | None:
    short = shorten(names, _LONGEST_NAME["columns"])
    least, wanted = [], []
    for process in drawn:
        mine = [entry for entry in entries if entry.process == process]
        labels = [columns(" ".join(entry.label)) for entry in mine]
        texts = [DETAIL + columns(" ".join(words)) for entry in mine for words in entry.details]
        capped = [min(size, _LABEL) for size in labels] + [min(size, _DETAIL) for size in texts]
        name = columns(short[process])
        wanted.append(max(name, MARK + max(labels + texts, default=0)))
        least.append(max(name, MARK + max(capped, default=0)))
    spare = width - gutter - sum(least) - GAP * (len(drawn) - 1)
    if spare < 0:
        return None
    sizes = _grown(least, wanted, spare)
    starts = [gutter + sum(sizes[:place]) + GAP * place for place in range(len(drawn))]
    return Layout(
        drawn,
        at=dict(zip(drawn, starts, strict=True)),
        text={process: start + MARK for process, start in zip(drawn, starts, strict=True)},
        room={process: size - MARK for process, size in zip(drawn, sizes, strict=True)},
        names=tuple(short),
    )


def _grown(least: list[int], wanted: list[int], spare: int) -> list[int]:
    """Hand out the spare columns so that as many texts as possible need no wrapping."""
    sizes = list(least)
    for place in sorted(range(len(sizes)), key=lambda place: wanted[place] - least[place]):
        more = min(wanted[place] - sizes[place], spare)
        sizes[place] += more
        spare -= more
    return sizes


def _narrow(names: Sequence[str], drawn: tuple[int, ...], gutter: int, width: int) -> Layout:
    short = tuple(shorten(names, _LONGEST_NAME["narrow"]))
    for pitch, enough in _PITCHES:
        start = gutter + (len(drawn) - 1) * pitch + 4
        if width - start >= enough:
            at = {process: gutter + pitch * place for place, process in enumerate(drawn)}
            break
    else:
        start, at = gutter, {}
    return Layout(
        drawn=tuple(at),
        at=at,
        text=dict.fromkeys(drawn, start),
        room=dict.fromkeys(drawn, width - start),
        names=short,
        named=True,
    )


def shorten(names: Sequence[str], longest: int) -> list[str]:
    """Return the names, those longer than `longest` columns cut in the middle, all different."""
    short: list[str] = []
    for number, name in enumerate(names):
        candidate = name
        if columns(name) > longest:
            candidate = _with_middle(name, "~", longest)
            if candidate in short or candidate in names:
                candidate = _with_middle(name, f"~{number}~", longest)
        short.append(candidate)
    return short


def _with_middle(name: str, middle: str, longest: int) -> str:
    """Keep as much of the beginning and of the end (where an index stands) as fits."""
    room = longest - len(middle)
    tail = _longest(room // 3, lambda size: name[len(name) - size :])
    head = _longest(room - columns(tail), lambda size: name[:size])
    return head + middle + tail


def _longest(room: int, part: Callable[[int], str]) -> str:
    """Return the longest of part(0), part(1), ... that needs at most `room` columns."""
    size = 0
    while columns(part(size + 1)) <= room:
        size += 1
    return part(size)


def heads(layout: Layout) -> list[dict[int, str | None]]:
    """Return the header: for each line of it the names by their position; None is a lifeline.

    Names that are wider than the distance of the lifelines take several lines, as a staircase.
    """
    drawn = layout.drawn
    steps = next((steps for steps in range(1, len(drawn)) if _fit(layout, steps)), len(drawn))
    return [_head(layout, row, steps) for row in range(steps)]


def _fit(layout: Layout, steps: int) -> bool:
    """Say whether names do not touch if every so many lifelines share a line."""
    pairs = zip(layout.drawn, layout.drawn[steps:], strict=False)
    return all(layout.at[one] + columns(layout.names[one]) < layout.at[two] for one, two in pairs)


def _head(layout: Layout, row: int, steps: int) -> dict[int, str | None]:
    pieces: dict[int, str | None] = {}
    free = 0
    for place, process in enumerate(layout.drawn):
        start = layout.at[process]
        if place % steps == row:
            pieces[start] = layout.names[process]
            free = start + columns(layout.names[process]) + 1
        elif place % steps < row and start >= free:
            pieces[start] = None
    return pieces
