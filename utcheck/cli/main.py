"""The command `utcheck`: its subcommands, and how whatever happens becomes an exit status.

Python's own status for an uncaught exception is 1, which here means that a property is violated, so
nothing may leave uncaught.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from utcheck.cli.diff import diff
from utcheck.cli.explain import explain
from utcheck.cli.graph import graph
from utcheck.cli.list import list_
from utcheck.cli.new import new
from utcheck.cli.render import render
from utcheck.cli.run import run
from utcheck.cli.schema import schema
from utcheck.cli.simulate import simulate
from utcheck.cli.status import (
    AS_EXPECTED,
    INTERRUPTED,
    UNDECIDED,
    WRONG,
    installed_version,
    mute,
    report_internal,
)
from utcheck.cli.step import step
from utcheck.errors import InternalError, UtcheckError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def _show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"utcheck {installed_version()}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 78})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version,
    help="Show the version and exit.",
)  # fmt: skip
def cli() -> None:
    """Check protocols by exploring every interleaving of their processes.

    A model is a Python class, a spec is a YAML file that says what must hold of it.
    """


cli.add_command(run)
cli.add_command(render)
cli.add_command(explain)
cli.add_command(diff)
cli.add_command(graph)
cli.add_command(step)
cli.add_command(simulate)
cli.add_command(list_)
cli.add_command(new)
cli.add_command(schema)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with `arguments`, or those of this process, and exit with its status."""
    # A library of numpy's would start threads, for what nobody here asks of it; and where there is
    # no room for them it ends the process, or sends it the signal of Ctrl-C.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = status(sys.argv[1:] if arguments is None else list(arguments))
    except OSError:  # not even what is wrong can be said
        mute(sys.stderr)
        code = WRONG
    sys.exit(code)


def status(arguments: list[str]) -> int:
    """Run the command and return its exit status."""
    try:
        answer: Any = cli.main(arguments, prog_name="utcheck", standalone_mode=False)
        sys.stdout.flush()
        return answer if isinstance(answer, int) else AS_EXPECTED
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("utcheck: interrupted", err=True)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Help that nobody reads to the end: click exits where a pipe is closed.
        mute(sys.stdout)
        return AS_EXPECTED
    except click.ClickException as error:
        error.show()
        return WRONG
    except InternalError as error:
        return report_internal(error)
    except UtcheckError as error:
        click.echo(str(error) if error.place else f"utcheck: {error}", err=True)
        return error.exit_status
    except MemoryError:
        click.echo("utcheck: there was not enough memory", err=True)
        return UNDECIDED
    except OSError as error:
        if error.errno not in _FULL:
            return report_internal(error)
        mute(sys.stdout)
        click.echo(f"utcheck: error: cannot write what was found: {error.strerror}", err=True)
        return WRONG
    except BaseException as error:  # see the docstring of the module
        return report_internal(error)
