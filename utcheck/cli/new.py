"""`utcheck new`: a model to begin with, and what must hold of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@click.command
@click.argument("name")
@click.option(
    "--directory",
    default=".",
    metavar="DIR",
    help="The directory of the project, instead of the working directory.",
)
def new(name: str, directory: str) -> None:
    """Write a small model, a spec and a test that pass.

    \b
    NAME is an identifier. The files, none of which is ever overwritten:
      models/NAME.py       the model, a Python class (in a new directory
                           with an empty __init__.py)
      specs/NAME.yaml      what must hold of it
      tests/test_NAME.py   an ordinary test that checks it
      utcheck.toml         unless there is a pyproject.toml: models are
                           imported from the directory with one of them
    """  # noqa: D301  (click reads this escape)
    import shlex
    from pathlib import Path

    from utcheck.cli.starter import MARK, check_name, starter_files
    from utcheck.plain import escape
    from utcheck.spec.importing import MARKS

    check_name(name)
    root = Path(directory)
    files = starter_files(name)
    if not (root / "models").exists():
        files["models/__init__.py"] = ""  # mypy wants one way to name a module
    if not any((root / mark).is_file() for mark in MARKS):
        files["utcheck.toml"] = MARK
    _write(root, files)
    for path in files:
        click.echo(f"wrote {escape(str(root / path), unicode=True)}")
    click.echo("\nNext:")
    if root.resolve() != Path.cwd():
        click.echo(f"  cd {escape(shlex.quote(directory), unicode=True)}")
    click.echo(f"  utcheck run specs/{name}.yaml")
    click.echo(f"  python -m pytest --utcheck specs/{name}.yaml tests/test_{name}.py")
    click.echo(f"and then write your protocol in models/{name}.py.")


def _write(root: Path, files: Mapping[str, str]) -> None:
    """Write all files or none.

    Raises:
        UsageError: if there is one of them, or one cannot be written.
    """
    from utcheck.errors import UsageError
    from utcheck.plain import escape

    written: list[Path] = []
    try:
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        reason = "it exists" if isinstance(error, FileExistsError) else error.strerror
        place = escape(str(error.filename or root / name), unicode=True)
        message = f"cannot write '{place}': {reason}"
        raise UsageError(f"{message}; nothing was written") from None
