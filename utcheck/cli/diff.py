"""`utcheck diff`: what a change of a protocol changes, in verdicts and in behaviour."""

from __future__ import annotations

from typing import Any

import click


@click.command
@click.argument("old")
@click.argument("new")
@click.option("--case", metavar="NAME", help="Compare this case of specs only.")
@click.option(
    "--observe",
    multiple=True,
    metavar="EXPR",
    help="See when this Boolean expression changes, instead of events.",
)
@click.option(
    "--failures",
    is_flag=True,
    help="Compare also what each may refuse: one that may stop is another.",
)
@click.option("--width", type=click.IntRange(min=32), metavar="COLUMNS",
              help="The width of charts; 72 unless the result goes to a terminal.")  # fmt: skip
def diff(**options: Any) -> int:
    """Compare two versions of a protocol: verdicts, sizes and behaviour.

    OLD and NEW are specs, classes (MODULE:CLASS), or specs in git (REV:PATH). Their behaviour is
    the set of sequences of events (`self.emit`), with any steps in between that have none.

    \b
        utcheck diff main:specs/race.yaml specs/race.yaml
        utcheck diff models.race:Race models.race:Fixed --observe stopped

    \b
    Exit status:
      0    the same verdicts and the same behaviour
      1    something is different
      2    wrong usage, model or spec
      3    not compared to the end
    """  # noqa: D301  (click reads this escape)
    import contextlib
    import sys

    from utcheck.cli.comparing import compare_all
    from utcheck.cli.output import Style, chart_of

    style = Style.of("auto", options["width"], None, as_json=False)
    with contextlib.redirect_stdout(sys.stderr):  # a model may print
        text, status = compare_all(
            options["old"], options["new"], options["case"], options["observe"],
            failures=options["failures"], chart=chart_of(style),
        )  # fmt: skip
    click.echo(text, nl=False)
    return status
