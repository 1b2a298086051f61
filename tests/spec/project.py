"""A project in a temporary directory: a model, and specs of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from utcheck.errors import SpecError
from utcheck.spec.load import Case, load

MODEL = '''
from enum import Enum
from typing import Annotated, Literal

from utcheck import Model, Range, array, invariant, param, predicate, process, when


class Speed(Enum):
    SLOW = 1
    FAST = 2


class Race(Model):
    """A counter that two processes raise."""

    fix: Literal["none", "2A", "1"] = param("none")
    n: int = param(2, ge=1, le=3)
    speed: Speed = param(Speed.SLOW)
    free = param((1, 2))

    stopped: bool = False
    level = array(Annotated[int, Range(0, 3)], "n", init=0)

    @process
    def p(self):
        yield "raise"
        self.level[0] = 1
        yield when(lambda: not self.stopped, "rest")

    @process(each="n")
    def vm(self, i):
        yield f"step {i}"

    @predicate
    def raised(self):
        return self.level[0] == 1

    @invariant
    def low(self):
        return self.level[0] < 3
'''


@contextmanager
def own_modules() -> Iterator[None]:
    """Import modules of a project, and leave those of the same names as they were."""
    before = {name: module for name, module in sys.modules.items() if _of_a_project(name)}
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _of_a_project(name)]:
            del sys.modules[name]
        sys.modules.update(before)


def _of_a_project(name: str) -> bool:
    return name.partition(".")[0] in ("models", "race", "near")


class Project:
    """A directory with `pyproject.toml`, a package `models`, and the spec that is written to it."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        (root / "pyproject.toml").touch()
        (root / "models").mkdir()
        (root / "specs").mkdir()
        self.write("models/race.py", MODEL)
        monkeypatch.chdir(root)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.root / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return Path(name)

    def load(self, text: str | bytes) -> list[Case]:
        return load(self.write("specs/x.yaml", text))

    def errors(self, text: str | bytes) -> list[str]:
        """Return the lines that are printed for a spec with mistakes."""
        with pytest.raises(SpecError) as caught:
            self.load(text)
        assert caught.value.exit_status == 2
        return str(caught.value).split("\n")
