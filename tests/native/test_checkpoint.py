"""A search that was ended at any point, and taken up again, says what one in one go says."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.differential.comparing import QUICK, SLOW, Refusal, answer, assert_same
from tests.native.comparing import Search, begin_early, early, early_inside, say
from tests.steps import Steps
from tests.strategies import RandomModel, models
from utcheck import Model, array, param, process, when
from utcheck.check import ENGINES, check
from utcheck.engines.checkpoint import Checkpoint
from utcheck.engines.native import engine
from utcheck.engines.native.checkpoint import Checkpoints
from utcheck.engines.native.crew import Crew
from utcheck.engines.native.folder import Folder
from utcheck.engines.native.search import Explorer
from utcheck.engines.search import Options, Result
from utcheck.errors import UsageError
from utcheck.model.instance import Instance
from utcheck.outcome import Limits, Outcome, StopReason
from utcheck.properties.kinds import Property

NEVER = 1e9  # seconds between two checkpoints
SEARCHES: dict[str, Search] = {
    "compiled": engine.search,
    "interpreted": engine.search_interpreted,
}


class Killed(BaseException):
    """The process is no more."""


def kept(search: Search, workers: int, checkpoint: Checkpoint) -> Search:
    """Return a search that is kept in a folder."""

    def search_kept(instance: Instance, properties: Sequence[Property], options: Options) -> Result:
        options = replace(options, workers=workers, checkpoint=checkpoint)
        return search(instance, properties, options)

    return search_kept


def ending(method: Callable[..., Any], after: int, how: type[BaseException]) -> Callable[..., Any]:
    """Return a method that ends everything when it was called so many times, its work done."""
    calls = 0

    def count(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        result = method(*arguments)
        if calls > after:
            raise how
        return result

    return count


# Where a round is ended: when the new states are there but nothing was learned, or at its end.
POINTS = {"exchange": (Crew, "exchange"), "round": (Explorer, "_do_round")}


def in_pieces(
    model: Model,
    properties: Mapping[str, object],
    search: Search,
    workers: int,
    point: str,
    how: type[BaseException],
    fairness: str = "processes",
) -> tuple[Outcome | Refusal, int]:
    """Return what comes out when a search is ended again and again, and how many times it was.

    A process that is killed writes nothing more, so it has a checkpoint of each round; one that is
    interrupted writes one then, and no others. Each attempt goes one round farther.
    """
    owner, name = POINTS[point]
    begun = 1 if point == "exchange" else 0  # the initial states come this way too
    with TemporaryDirectory() as folder:
        for attempt in range(1, 10_000):
            wanted = Checkpoint(Path(folder), 0 if how is Killed else NEVER, attempt > 1)
            with pytest.MonkeyPatch.context() as patch:
                patch.setitem(ENGINES, "kept", kept(search, workers, wanted))
                patch.setattr(owner, name, ending(getattr(owner, name), attempt + begun, how))
                if how is Killed:
                    patch.setattr(Checkpoints, "finish", lambda *_: None)
                try:
                    found = answer(model, properties, "kept", fairness)
                except Killed:
                    continue
            if isinstance(found, Refusal) or found.stop is not StopReason.INTERRUPTED:
                return found, attempt - 1
    raise AssertionError("it comes to no end")


searches = pytest.mark.parametrize("search", SEARCHES)
ways = pytest.mark.parametrize(
    ("point", "how"),
    [(point, how) for point in POINTS for how in (Killed, KeyboardInterrupt)],
)


class Counting(Model):
    """Two processes count; the values, and the places where one can be, are met one by one."""

    most: int = param(20)
    n: int = 0
    word: str = ""
    seen: frozenset[str] = frozenset()

    def init(self) -> None:
        self.n = self.choose(0, 5)

    @process(each=2)
    def p(self, i: int) -> Steps:
        for step in range(self.most):
            yield "count"
            self.n += 1 + i
            if self.n % 7 == 3:
                self.seen |= {f"{step}"}
        yield when(lambda: self.n > 3 * self.most, "wait")
        self.word = self.choose("end", f"end {i}")
        assert self.n < 3 * self.most + 5, "too many"


PROPERTIES = {
    "few": {"always": "n < 3 * most"},
    "goes": {"leads_to": ["n == 6", "word == 'end'"]},
    "reached": {"reachable": "n == 12 and len(seen) > 1"},
}


@searches
@pytest.mark.parametrize("workers", [1, 3])
@ways
def test_a_search_is_ended_in_every_round(
    point: str, how: type[BaseException], workers: int, search: str
) -> None:
    """There are more values and locations than fit into the fields that the layout begins with."""
    found, times = in_pieces(Counting(most=5), PROPERTIES, SEARCHES[search], workers, point, how)
    # Each process takes 6 steps, so that there are 13 levels, and a round for each at least. If
    # attempt k goes k rounds farther, there are k (k + 1) / 2 >= 13 when it is done.
    assert times >= 4
    assert_same(found, say(Counting(most=5), "explicit", PROPERTIES))


def assert_agreement(
    numbers: Mapping[str, int], model: RandomModel, workers: int, point: str, *, killed: bool
) -> None:
    how = Killed if killed else KeyboardInterrupt
    with pytest.MonkeyPatch.context() as patch:
        begin_early(patch, numbers)
        search, loaded = engine.search_interpreted, model.load()
        found, _ = in_pieces(loaded, model.properties(), search, workers, point, how)
        assert_same(found, say(loaded, "explicit", model.properties()))


PIECES = {
    "numbers": early,
    "inside": early_inside,
    "model": models(),
    "workers": st.integers(1, 3),
    "point": st.sampled_from(sorted(POINTS)),
    "killed": st.booleans(),
}


@settings(QUICK, max_examples=25)
@given(**PIECES)
def test_random_models(
    numbers: dict[str, int], inside: dict[str, int], model: RandomModel, workers: int, point: str,
    killed: bool,
) -> None:  # fmt: skip
    assert_agreement(numbers | inside, model, workers, point, killed=killed)


@pytest.mark.slow
@settings(SLOW, max_examples=1000)
@given(**PIECES)
def test_many_random_models(
    numbers: dict[str, int], inside: dict[str, int], model: RandomModel, workers: int, point: str,
    killed: bool,
) -> None:  # fmt: skip
    assert_agreement(numbers | inside, model, workers, point, killed=killed)


# --- what is refused


class Grid(Model):
    """Two processes that take `size` steps each."""

    size: int = param(6)
    at = array(int, 2)

    @process(each=2)
    def p(self, i: int) -> Steps:
        while True:
            yield when(lambda: self.at[i] < self.size, "step")
            self.at[i] += 1


class Other(Grid):
    pass


# The options of a checkpoint; `workers` is one of `check`, which fills it in.
KEPT = {*Checkpoint.__slots__} - {"workers"}
HALF = 25  # of the 7 * 7 states of the grid, about


def run(folder: Path, model: Model | None = None, /, **more: Any) -> Outcome:
    """Check the grid with one worker, which goes on from what is in the folder."""
    options: dict[str, Any] = {"folder": folder, "resume": True, "every": NEVER}
    given = {name: more.pop(name) for name in {*more} & KEPT}
    return check(
        model or Grid(), engine="native", checkpoint=Checkpoint(**options | given),
        **{"workers": 1} | more,
    )  # fmt: skip


@pytest.fixture
def half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a checkpoint of a search that was stopped half way."""
    monkeypatch.setattr("utcheck.engines.native.search.FIRST_ROUND", 2)
    monkeypatch.setattr("utcheck.engines.native.search.LARGEST_ROUND", 2)
    folder = tmp_path / "kept"
    outcome = run(folder, limits=Limits(states=HALF), sources={"a.py": "1"}, digest=lambda _: "1")
    assert outcome.stop is StopReason.STATES
    assert {path.name for path in folder.iterdir()} == {
        "levels", "lock", "learned", "manifest", "states-0-0" if wide(folder) == 0 else
        f"states-{wide(folder)}-0",
    }  # fmt: skip
    return folder


def wide(folder: Path) -> int:
    """Return how many times the states were laid out anew."""
    (states,) = folder.glob("states-*")
    return int(states.name.split("-")[1])


def go_on(folder: Path, model: Model | None = None, /, **more: Any) -> Outcome:
    return run(folder, model, digest=lambda _: "1", **more)


def test_the_half_is_there(half: Path) -> None:
    """The grid has 7 * 7 states and 2 * 6 * 7 transitions."""
    told: list[str] = []
    statistics = go_on(half, say=told.append).statistics
    assert (statistics.states, statistics.transitions, statistics.depth) == (49, 84, 12)
    (sentence,) = told
    states = int(sentence.split()[3])
    assert HALF - 4 <= states <= HALF + 4, "that is where it was stopped"
    again = go_on(half, say=told.append).statistics
    assert told[1:] == ["going on from 49 states, at depth 12"]
    assert (again.states, again.transitions, again.depth) == (49, 84, 12)


def damages(data: bytes) -> list[bytes]:
    """Return what may become of a file: one bit is another, or it ends too early."""
    few = sorted({*range(min(len(data), 96)), *range(0, len(data), 7), len(data) - 1})
    flipped = [
        data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :] for at in few if at >= 0
    ]
    return flipped + [data[:at] for at in few if at >= 0]


@pytest.mark.parametrize("name", ["manifest", "learned", "levels", "states-*"])
def test_a_damaged_checkpoint_is_refused(half: Path, name: str) -> None:
    (path,) = half.glob(name)
    data = path.read_bytes()
    assert len(data) > 16
    for damaged in damages(data):
        path.write_bytes(damaged)
        with pytest.raises(UsageError, match=r"the checkpoint in '.*' (is damaged|has the format)"):
            go_on(half)
    path.unlink()
    if name != "manifest":  # without that, there is none
        with pytest.raises(UsageError, match="is missing or too short"):
            go_on(half)
    path.write_bytes(data)
    assert go_on(half).statistics.states == 49


@pytest.mark.parametrize("name", ["learned", "levels", "states-*"])
def test_what_was_being_written_does_not_count(half: Path, name: str) -> None:
    (path,) = half.glob(name)
    path.write_bytes(path.read_bytes() + b"\xff" * 20)
    assert go_on(half, limits=Limits(states=HALF + 10)).stop is StopReason.STATES
    assert go_on(half).statistics.transitions == 84


def test_another_format_is_refused(half: Path) -> None:
    path = half / "manifest"
    path.write_bytes(path.read_bytes().replace(b"checkpoint 1", b"checkpoint 2", 1))
    with pytest.raises(UsageError, match="has the format 2, and this utcheck reads 1"):
        go_on(half)


@pytest.mark.parametrize(
    ("model", "more", "sentence"),
    [
        (Other(), {}, r"not of the same model: .*:Grid, not .*:Other"),
        (Grid(size=7), {}, "not of the same parameters: size=6, not size=7"),
        (None, {"properties": {"a": {"reachable": "at[0] == 3"}}}, "not of the same properties"),
        (None, {"facts": {"utcheck": "2"}}, "not of the same utcheck: nothing, not 2"),
        (None, {"digest": lambda _: "2"}, "was written before 'a.py' was changed"),
        (None, {"workers": 2}, "with --workers 1, and goes on with as many, not 2"),
        (None, {"resume": False}, "of a search that has not ended: resume it, or remove"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(
    half: Path, model: Model | None, more: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        run(half, model, **{"digest": lambda _: "1"} | more)
    assert go_on(half).statistics.states == 49, "it is still there"


def test_as_many_workers_as_there_were(half: Path) -> None:
    assert go_on(half, workers=None).statistics.workers == 1


def test_a_search_that_has_ended_makes_room(half: Path) -> None:
    go_on(half)
    assert run(half, Grid(size=2), resume=False).statistics.states == 9
    assert run(half, Grid(size=2)).statistics.states == 9


class Moody(Model):
    """A model that does something else when `MOOD` does; that is no shared variable."""

    n: int = 0

    @process
    def p(self) -> Steps:
        while True:
            yield when(lambda: self.n < 9, "step")
            self.n += MOOD[0]


MOOD = (1,)


def test_a_model_that_does_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utcheck.engines.native.search.FIRST_ROUND", 2)
    assert run(tmp_path, Moody(), limits=Limits(states=4)).stop is StopReason.STATES
    with monkeypatch.context() as patch:
        patch.setitem(globals(), "MOOD", (3,))
        with pytest.raises(UsageError, match=r"other values or locations|something else now"):
            run(tmp_path, Moody())
    assert run(tmp_path, Moody()).statistics.states == 10


def test_an_engine_without_checkpoints_refuses(tmp_path: Path) -> None:
    for name in ("explicit", "trees", "symbolic"):
        with pytest.raises(UsageError, match=f"the engine '{name}' writes no checkpoints"):
            check(Grid(), engine=name, checkpoint=Checkpoint(tmp_path))
    assert check(Grid(), checkpoint=Checkpoint(tmp_path)).engine == "native"


def test_only_one_process_writes(half: Path) -> None:
    folder = Folder(half)
    with pytest.raises(UsageError, match="another process writes checkpoints to"):
        go_on(half)
    folder.close()
    assert go_on(half).statistics.states == 49


# --- disks


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.open"])
def test_a_full_disk_does_not_end_a_search(
    half: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    copy = half.parent / "copy"
    shutil.copytree(half, copy)
    told: list[str] = []
    read = Path.open

    def write_nothing(path: Path, mode: str = "r", **more: Any) -> Any:
        return read(path, mode, **more) if mode == "rb" else full()

    with monkeypatch.context() as patch:
        patch.setattr(call, write_nothing if call.endswith("open") else full)
        assert go_on(half, every=0, say=told.append).statistics.states == 49
    assert told[1].startswith("no checkpoint could be written: No space left on device;")
    again: list[str] = []
    assert go_on(half, say=again.append).statistics.transitions == 84
    go_on(copy, say=again.append)
    assert again[0] == again[1], "it begins where the untouched one does"


def test_a_disk_that_is_full_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"no checkpoint can be written to '.*file': File exists"):
        run(tmp_path / "file")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UsageError, match="cannot be written: No space left on device"):
        run(tmp_path / "new")
