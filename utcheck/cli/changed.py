"""Which specs a change of the project concerns: those with a file that git says was changed."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

from utcheck.errors import UsageError
from utcheck.plain import escape
from utcheck.spec.importing import project_root

_MODEL = "model:"


def git(*arguments: str, folder: Path | None = None) -> bytes:
    """Return what a git command prints.

    Raises:
        UsageError: if it fails, or there is no git.
    """
    try:
        return subprocess.run(  # noqa: S603  (no shell; a revision cannot be taken for an option)
            ["git", *arguments],  # noqa: S607  (the user's own)
            check=True,
            capture_output=True,
            cwd=folder,
        ).stdout
    except FileNotFoundError:
        raise UsageError("there is no git on PATH") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise UsageError(f"git {arguments[0]}: {escape(reason)}") from None


def commit_of(revision: str) -> str:
    """Return the commit that a revision names.

    Raises:
        UsageError: if there is no such commit.
    """
    try:
        found = git(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
    except UsageError as error:
        if error.message.startswith("git rev-parse: "):
            raise UsageError(f"git knows no revision '{escape(revision)}'") from None
        raise
    return found.decode().strip()


def changed_since(revision: str) -> set[Path]:
    """Return the files that are not as they were in a revision, new ones included.

    Raises:
        UsageError: if git knows no such revision.
    """
    commit = commit_of(revision)
    top = Path(git("rev-parse", "--show-toplevel").decode().strip())
    listed = git("diff", "--name-only", "--no-renames", "-z", commit, "--", folder=top)
    listed += git("ls-files", "--others", "--exclude-standard", "-z", folder=top)
    return {(top / name.decode()).resolve() for name in listed.split(b"\0") if name}


def concerns(spec: Path, changed: set[Path]) -> bool:
    """Return whether a spec, its model or a file that this imports from the project has changed."""
    return any(path in changed for path in _files(spec))


def _files(spec: Path) -> Iterator[Path]:
    yield spec.resolve()
    root = project_root(spec)
    work = [_module(spec)]
    seen: set[str] = set()
    while work:
        name = work.pop()
        if not name or name in seen:
            continue
        seen.add(name)
        base = root.joinpath(*name.split("."))
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            yield path.resolve()  # one that was deleted is a change, too
            if path.is_file():
                work += _imported(path, name)


def _module(spec: Path) -> str:
    """Return the module that a spec names, as far as a look at its lines tells."""
    try:
        lines = spec.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError:
        return ""
    found = (line.removeprefix(_MODEL).strip() for line in lines if line.startswith(_MODEL))
    return next(found, "").strip("'\"").partition(":")[0]


def _imported(path: Path, name: str) -> Iterator[str]:
    """Yield the modules that a file may import, with what they are imported from."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from _with_parents(module)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[: k + 1]) for k in range(len(parts)))
