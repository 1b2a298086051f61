"""Checkpoints: where a native search stands between two rounds, on disk, and taking it up again.

States never change once they are found, unless they are laid out anew; so those found since the
last time are added to a file for each worker. What else there is, is small. The set of visited
states is not kept: it is filled from the states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from utcheck.engines.checkpoint import Checkpoint
from utcheck.engines.native.crew import Crew
from utcheck.engines.native.folder import Folder
from utcheck.engines.native.kernels import Numbers, Words
from utcheck.engines.native.learning import (
    AnotherModel,
    digest_of_values,
    learn_again,
    line_of,
    sizes,
    text_of,
)
from utcheck.engines.native.levels import Level
from utcheck.engines.search import Explored, Target, Watch
from utcheck.model.instance import Instance
from utcheck.program.layout import Layout
from utcheck.program.learn import Program
from utcheck.properties.kinds import Property

LEARNED, LEVELS = "learned", "levels"
# A sentence shows what differs if it is not longer than this.
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Position:
    """Where a search stands; what it finds later does not change what this says of it.

    `targets` has for each target how many states were found, and the depth; `learned` is the number
    of branches, and `sizes` are as in `learning.sizes`.
    """

    layout: Layout
    counts: list[int]
    places: list[int]
    later: list[Numbers]
    levels: int
    round: int
    transitions: int
    deadlocks: int
    expanded: int
    targets: dict[str, tuple[int, int]]
    learned: int
    sizes: list[int]
    seconds: float


class Checkpoints:
    """The checkpoints of one search, in a folder that nobody else may write to until `close`."""

    def __init__(
        self, wanted: Checkpoint, program: Program, properties: Sequence[Property],
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        """Open the folder, and read what is there.

        Raises:
            UsageError: if the folder cannot be written; if the checkpoint in it is damaged, or of
                something else; or if there is one of a search that has not ended, but nobody wants
                it to be taken up.
        """
        self._wanted, self._program, self._clock = wanted, program, clock
        self._facts = facts(program.instance, properties) | dict(wanted.facts)
        self._begin, self._before = clock(), 0.0
        self._written: float | None = None
        self._position: Position | None = None
        self._layout: Layout | None = None
        self._generation, self._levels = 0, 0
        self._counts: list[int] = []
        self._folder = Folder(wanted.folder)
        try:
            self._body = self._read()
        except BaseException:
            self._folder.close()
            raise

    def close(self) -> None:
        """Let others write to the folder."""
        self._folder.close()

    @property
    def seconds(self) -> float:
        """How long the search took before it was taken up."""
        return self._before

    # --- taking up

    def _read(self) -> dict[str, Any] | None:
        body = self._folder.read()
        if body is None:
            return None
        if not self._wanted.resume:
            if not body["ended"]:
                raise self._folder.refusal(
                    "is of a search that has not ended: resume it, or remove the folder"
                )
            self._clear()
            return None
        self._compare(body)
        return body

    def _clear(self) -> None:
        try:
            self._folder.clear()
        except OSError as error:
            raise self._folder.refusal(f"cannot be removed: {error.strerror}") from None

    def _compare(self, body: Mapping[str, Any]) -> None:
        """Refuse what is about something else."""
        for name in self._facts.keys() | body["facts"].keys():
            here, there = self._facts.get(name, ""), body["facts"].get(name, "")
            if here != there:
                short = len(here) <= SHOWN and len(there) <= SHOWN
                which = f": {there or 'nothing'}, not {here or 'nothing'}" if short else ""
                raise self._folder.refusal(f"is not of the same {name}{which}")
        for path, digest in body["sources"].items():
            if self._wanted.digest(path) != digest:
                raise self._folder.refusal(f"was written before '{path}' was changed")
        wanted = self._wanted.workers
        if wanted not in (None, len(body["counts"])):
            raise self._folder.refusal(
                f"is of a search with --workers {len(body['counts'])}, and goes on with as many, "
                f"not {wanted}"
            )

    def workers(self, wanted: int) -> int:
        """Return how many workers the search has, if `wanted` is what a new one would have."""
        return wanted if self._body is None else len(self._body["counts"])

    def take_up(self, crew: Crew, adopt: Callable[[Layout], None]) -> Explored | None:
        """Bring a search that has just begun to where it stood; None if nothing was kept.

        `adopt` is called with the layout of the states.

        Raises:
            UsageError: if the checkpoint is damaged, or the model does something else now.
            MemoryError: if there is no room for the states.
        """
        body, program = self._body, self._program
        if body is None:
            program.learned = []
            return None
        self._learn(body)
        layout = Layout(tuple(body["shifts"]), tuple(body["masks"]))
        adopt(layout)
        self._layout, self._generation = layout, body["generation"]
        self._counts, self._before = body["counts"], body["seconds"]

        def fill(worker: int, rows: Words) -> None:
            self._folder.load(self._states_of(worker), rows)

        crew.refill(layout, self._counts, fill)
        for worker, place, later in zip(crew.workers, body["places"], body["later"], strict=True):
            worker.position, worker.later = place, np.array(later, np.int64)
        self._written = self._clock()
        explored = Explored(
            self._load_levels(crew), crew.count, body["transitions"], body["deadlocks"],
            expanded=body["expanded"],
        )  # fmt: skip
        self._wanted.say(f"going on from {explored.states:,} states, at depth "
                         f"{len(explored.levels) - 1:,}")  # fmt: skip
        return explored

    def _learn(self, body: Mapping[str, Any]) -> None:
        data = bytearray(self._folder.length(LEARNED))
        self._folder.load(LEARNED, data)
        lines = data.decode().splitlines()
        program = self._program
        try:
            for line in lines:
                learn_again(program, line)
        except AnotherModel as error:
            raise self._folder.refusal(
                f"cannot be used, for the model does something else now: {error}"
            ) from None
        found = sizes(program), digest_of_values(program.instance, body["sizes"])
        if found != (body["sizes"], body["values"]):
            raise self._folder.refusal(
                "cannot be used, for the model has other values or locations now"
            )
        program.learned = []

    def _load_levels(self, crew: Crew) -> list[Any]:
        workers = len(crew.workers)
        ends: Numbers = np.zeros(self._folder.length(LEVELS) // 8, np.int64)
        self._folder.load(LEVELS, ends)
        rows = ends.reshape(-1, workers).tolist()
        self._levels = len(rows)
        begins = [[0] * workers, *rows]
        return [Level(crew.stores, *pair) for pair in zip(begins[:-1], rows, strict=True)]

    def note_found(self, watch: Watch) -> None:
        """Tell a watch what the search had found before it was taken up."""
        if self._body is None:
            return
        known = self._body["targets"]
        for name, target in _targets(watch).items():
            target.depth, target.found = known[name]
        watch.pending = [target for target in watch.pending if target.depth < 0]
        self._body = None  # everything is where it belongs

    @property
    def round(self) -> int | None:
        """How many states the next round has, if the search was taken up."""
        return None if self._body is None else int(self._body["round"])

    # --- writing

    def look(self, crew: Crew, layout: Layout, explored: Explored, watch: Watch, size: int) -> None:
        """Note where the search stands, the next round having so many states; write it if due.

        Raises:
            UsageError: if the first checkpoint cannot be written.
        """
        now = self._clock()
        learned = self._program.learned or []
        self._position = Position(
            layout, [store.count for store in crew.stores],
            [worker.position for worker in crew.workers],
            [worker.later for worker in crew.workers], len(explored.levels), size,
            explored.transitions, explored.deadlocks, explored.expanded,
            {name: (len(t.found), t.depth) for name, t in _targets(watch).items()},
            len(learned), sizes(self._program), self._before + now - self._begin,
        )  # fmt: skip
        if self._written is None or now - self._written >= self._wanted.every:
            self._write(crew, layout, explored, watch)

    def finish(self, crew: Crew, layout: Layout, explored: Explored, watch: Watch) -> None:
        """Write where the search stood at the last look, if that is not on disk.

        If the states were being laid out anew when the search was interrupted, that cannot be.
        """
        position = self._position
        if position is not None and position.layout is layout:
            self._write(crew, layout, explored, watch)

    def _write(self, crew: Crew, layout: Layout, explored: Explored, watch: Watch) -> None:
        position = self._position
        if position is None:
            return
        first, self._written = self._written is None, self._clock()
        if layout is not self._layout:  # what the files have are rows of another kind
            self._generation += self._layout is not None
            self._layout, self._counts = layout, [0] * len(crew.stores)
        learned = (self._program.learned or [])[: position.learned]
        levels = [
            level.ends
            for level in explored.levels[self._levels : position.levels]
            if isinstance(level, Level)
        ]
        more: dict[str, Any] = {
            LEARNED: "".join(f"{line_of(branch)}\n" for branch in learned).encode(),
            LEVELS: np.array(levels, np.int64).reshape(-1),
        }
        for n, (store, begin) in enumerate(zip(crew.stores, self._counts, strict=True)):
            end = position.counts[n] * store.words
            more[self._states_of(n)] = store.states[begin * store.words : end]

        def done() -> None:
            self._counts, self._levels = position.counts, position.levels
            if self._program.learned:
                del self._program.learned[: len(learned)]
            self._position = None

        try:
            self._folder.write(more, self._manifest(position, watch), done)
        except OSError as error:
            if first:
                raise self._folder.refusal(f"cannot be written: {error.strerror}") from None
            self._wanted.say(f"no checkpoint could be written: {error.strerror}; the one before it "
                             "remains")  # fmt: skip

    def _states_of(self, worker: int) -> str:
        return f"states-{self._generation}-{worker}"

    def _manifest(self, position: Position, watch: Watch) -> dict[str, Any]:
        found = {}
        for name, target in _targets(watch).items():
            count, depth = position.targets[name]
            found[name] = (depth, target.found[:count])
        return {
            "facts": self._facts,
            "sources": dict(self._wanted.sources),
            "ended": position.expanded == sum(position.counts),
            "shifts": position.layout.shifts,
            "masks": position.layout.masks,
            "generation": self._generation,
            "counts": position.counts,
            "places": position.places,
            "later": [later.tolist() for later in position.later],
            "round": position.round,
            "transitions": position.transitions,
            "deadlocks": position.deadlocks,
            "expanded": position.expanded,
            "targets": found,
            "sizes": position.sizes,
            "values": digest_of_values(self._program.instance, position.sizes),
            "seconds": position.seconds,
        }


def _targets(watch: Watch) -> dict[str, Target]:
    """Return every target of a watch, each with a name of its own."""
    found = {f"hit {name}": target for name, target in watch.hits.items()}
    found |= {f"premise {name}": target for name, target in watch.premises.items()}
    return found | {"deadlock": watch.deadlock, "failure": watch.failure}


def facts(instance: Instance, properties: Sequence[Property]) -> dict[str, str]:
    """Return what must be the same of a model and its properties, with a name for each."""
    kind, values = type(instance.model), instance.model.utcheck_values
    return {
        "model": f"{kind.__module__}:{kind.__qualname__}",
        "parameters": ", ".join(f"{name}={text_of(value)}" for name, value in values.items()),
        "properties": "; ".join(map(_text, properties)),
    }


def _text(claim: Property) -> str:
    """Return what a property claims, as far as it has a text."""
    formula = claim.formula.text if claim.formula else ""
    operands = [operand.text for operand in claim.operands]
    return " ".join([claim.name, str(claim.kind), *operands, formula])
