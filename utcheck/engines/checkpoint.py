"""What is asked of a search whose state is to be kept on disk, so that it can be taken up again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


def _say_nothing(_: str) -> None:
    pass


def _unknown(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a search is kept, how often, and whether it is taken up from there.

    It is written about every so many seconds, and where the search stops. With `resume` the search
    goes on from what is in the folder, if there is anything. It must be about the same: `facts`
    have a value for each name of something that must not differ, `sources` the digest of each file
    that the model comes from, which `digest` gives for a path. `workers` is the number that was
    asked for; if it is None, a search goes on with as many as it had. `say` is told a sentence when
    the search was taken up, and when a checkpoint cannot be written.
    """

    folder: Path
    every: float = 60.0
    resume: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    digest: Callable[[str], str] = _unknown
    workers: int | None = None
    say: Callable[[str], None] = _say_nothing
