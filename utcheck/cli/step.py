"""`utcheck step`: walk through a model, one step at a time."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import click

PROMPT = "> "
COMMANDS = """\
  NUMBER      take the step with this number
  b [N]       take the last step back, or the last N steps
  r           go back to the beginning
  j NAME [K]  jump to the end of the run found for a property, or
              into it, after K steps; j alone lists the properties
  t           show the run so far as a chart
  s           show the present state again
  v           show every variable
  p EXPR      show the value of an expression, written as in a spec
  ?           show these commands
  q           leave; the end of the input does so, too"""


@click.command(epilog=f"\b\nCommands:\n{COMMANDS}")
@click.argument("spec")
@click.option("--case", metavar="NAME", help="The case to walk in; else it is the first one.")
@click.option("--property", "name", metavar="NAME",
              help="Begin at the end of the run found for this property.")  # fmt: skip
def step(spec: str, case: str | None, name: str | None) -> int:
    """Walk through a model: choose the next step, go back, look at the state.

    In a terminal it asks for a command. Commands may also come from a pipe; then the exit status is
    2 if one of them could not be followed, and the others are followed all the same.
    """
    from utcheck.cli.cases import cases_of, title_of
    from utcheck.cli.output import Style
    from utcheck.cli.status import AS_EXPECTED, WRONG, mute
    from utcheck.cli.walking import Session

    with contextlib.redirect_stdout(sys.stderr):  # a model may print
        cases = cases_of(spec, case)
        session = Session(cases[0], Style.of("auto", None, None, False), COMMANDS)
    terminal = sys.stdin.isatty()
    try:
        others = f", the first of {len(cases)} cases (see --case)" if len(cases) > 1 else ""
        session.say([f"{title_of(cases[0])}{others}; ? lists the commands", ""])
        session.begin(name)
        for line in _lines(terminal):
            if not session.follow(line):
                break
    except BrokenPipeError:
        mute(sys.stdout)
        return AS_EXPECTED
    return WRONG if session.mistakes and not terminal else AS_EXPECTED


def _lines(terminal: bool) -> Iterator[str]:
    """Yield what is asked for at the prompt, or what comes through a pipe, which is then shown."""
    from utcheck.plain import escape

    if terminal:
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  (gives `input` a history, and lines that can be edited)
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    while True:
        try:
            line = input(PROMPT) if terminal else sys.stdin.readline()
        except EOFError:
            click.echo()
            return
        if not terminal:
            if not line:
                return
            click.echo(f"{PROMPT}{escape(line.strip())}".rstrip())
        yield line
