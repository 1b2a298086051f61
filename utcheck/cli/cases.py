"""The cases of one spec that a command is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from utcheck.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from utcheck.spec.load import Case


def specs_below(directory: Path) -> Iterator[Path]:
    """Yield the files of a directory that are taken for specs, in no order."""
    for path in directory.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(directory).parts)
        if path.suffix in (".yaml", ".yml") and path.is_file() and not hidden:
            yield path


def cases_of(spec: str, wanted: str | None) -> list[Case]:
    """Return the cases of a spec, or those that `wanted` names: one, or a matrix.

    Raises:
        SpecError: if the spec is wrong.
        UsageError: if it has no such case.
    """
    from utcheck.spec.load import load

    cases = load(Path(spec))
    if wanted is None:
        return cases
    chosen = [case for case in cases if case.name == wanted or case.name.startswith(f"{wanted}[")]
    if not chosen:
        names = list(dict.fromkeys(n for c in cases for n in (c.name, c.name.partition("[")[0])))
        known = [name for name in names if name]
        if not known:
            raise UsageError(f"{spec} has no cases, so none called '{wanted}'")
        raise UsageError(f"there is no case '{wanted}'{did_you_mean(wanted, known)}")
    return chosen


def title_of(case: Case) -> str:
    """Return how headings name a case: `early_resume [baseline]`."""
    stem = Path(case.spec).stem
    return f"{stem} [{case.name}]" if case.name else stem
