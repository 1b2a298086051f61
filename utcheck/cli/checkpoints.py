"""`--checkpoint`: where the search of each case is kept, and what must be the same to go on."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from utcheck.check import PARALLEL
from utcheck.cli.cache import sources
from utcheck.cli.reading import digest_of
from utcheck.cli.status import installed_version
from utcheck.engines.checkpoint import Checkpoint
from utcheck.errors import UsageError
from utcheck.spec.importing import project_root

if TYPE_CHECKING:
    from utcheck.spec.load import Case

EVERY = 60.0  # seconds of search between two checkpoints
# What a file name may have in it anywhere.
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Keeping:
    """What was asked for: a folder, which has one for each case, and how often."""

    folder: Path
    every: float = EVERY
    resume: bool = False

    @classmethod
    def of(
        cls, folder: str | None, every: float | None, *, resume: bool, engine: str | None
    ) -> Keeping | None:
        """Return what the options of a command ask for.

        Raises:
            UsageError: if they do not fit together, or there is nothing to go on from.
        """
        if folder is None:
            if resume or every is not None:
                option = "--resume" if resume else "--checkpoint-every"
                raise UsageError(f"{option} needs --checkpoint DIR")
            return None
        if engine is not None and engine not in PARALLEL:
            raise UsageError(f"--engine {engine} with --checkpoint: only 'native' writes "
                             "checkpoints, which 'auto' chooses then")  # fmt: skip
        if resume and not Path(folder).is_dir():
            raise UsageError(f"--resume: there is no folder '{folder}' with checkpoints")
        return cls(Path(folder), EVERY if every is None else every, resume)

    def of_case(self, case: Case, say: Callable[[str], None]) -> Checkpoint:
        """Return where and how the search of a case is kept; `say` is told what users need."""
        return Checkpoint(
            self.folder / name_of(case), self.every, self.resume,
            facts={
                "utcheck": installed_version(),
                "Python": ".".join(platform.python_version_tuple()[:2]),
                "case": f"{_relative(case)} [{case.name}]",
            },
            sources=sources(Path(case.spec)), digest=digest_of, say=say,
        )  # fmt: skip


def name_of(case: Case) -> str:
    """Return the name of the folder of a case: that of the spec, that of the case and a digest.

    It is the same from whatever folder the spec is named.
    """
    identity = f"{_relative(case)}\0{case.name}"
    words = [Path(case.spec).stem, case.name] if case.name else [Path(case.spec).stem]
    shown = _UNUSUAL.sub("-", "-".join(words)).strip("-.")[:_LONGEST]
    return f"{shown}-{hashlib.sha256(identity.encode(errors='replace')).hexdigest()[:8]}"


def _relative(case: Case) -> str:
    """Return the path of a spec, as seen from its project."""
    path = Path(case.spec).resolve()
    return path.relative_to(project_root(path)).as_posix()
