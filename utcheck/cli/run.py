"""`utcheck run`: check every case of every spec, and say what came out."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

MOST_ENDS = 20


@click.command
@click.argument("specs", nargs=-1, required=True, metavar="SPEC_OR_DIRECTORY...")
@click.option(
    "--case",
    "cases",
    multiple=True,
    metavar="NAME",
    help="Check this case only; it stands for all combinations of a matrix.",
)
@click.option(
    "--property", "properties", multiple=True, metavar="NAME", help="Check this property only."
)
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Show a shortest counterexample of each property; this is so in any case, because the "
    "whole state graph is explored.",
)
@click.option(
    "--distinct",
    is_flag=True,
    help=f"List up to {MOST_ENDS} other states in which a property is violated.",
)
@click.option("--engine", metavar="NAME", help="Search with this engine, whatever the spec says.")
@click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
@click.option("--output", metavar="FILE", help="Write the result to a file.")
@click.option(
    "--no-timing",
    is_flag=True,
    help="Leave out times and memory: the same result is the same text.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Whether to use colours; auto looks at the terminal and at NO_COLOR.",
)
@click.option("--width", type=click.IntRange(min=32), metavar="COLUMNS",
              help="The width of charts; 72 unless the result goes to a terminal.")  # fmt: skip
def run(**options: Any) -> int:
    """Check specs: explore every interleaving and compare with what is expected.

    Of a directory, every *.yaml and *.yml file in it and below it is a spec.

    \b
    Exit status:
      0    every verdict is as expected, by exhaustive search
      1    some property does not come out as expected
      2    wrong usage, model or spec, or nothing to check
      3    undecided, and nothing else is wrong
      70   utcheck itself is wrong
      130  interrupted; what was found so far is shown
    """  # noqa: D301  (click reads this escape)
    from utcheck.cli.checking import Request, check_all
    from utcheck.cli.output import Style, write
    from utcheck.cli.status import mute

    style = Style.of(options["color"], options["width"], options["output"], options["as_json"])
    request = Request(
        options["specs"], options["cases"], options["properties"], options["engine"],
        chart_width=style.width, distinct=MOST_ENDS if options["distinct"] else 0,
    )  # fmt: skip
    with contextlib.redirect_stdout(sys.stderr):  # a model may print
        done = check_all(request)
    try:
        write(done, style, timing=not options["no_timing"])
    except BrokenPipeError:
        mute(sys.stdout)
    return done.status
