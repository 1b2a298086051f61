"""`utcheck graph`: the state graph of a model, or the automaton of one process."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click


@click.command
@click.argument("spec")
@click.option("--case", metavar="NAME", help="The case to look at; else it is the first one.")
@click.option(
    "--format",
    "form",
    metavar="FORMAT",
    help="dot, svg, png, mermaid; graphml, json, aut. Else what the name of the output ends in, or "
    "dot.",
)
@click.option(
    "--around",
    metavar="PROPERTY",
    help="Only the states near the trace of this property; its steps are thick and numbered.",
)
@click.option(
    "--distance",
    metavar="N",
    type=click.IntRange(min=0),
    help="How many steps around the trace; 1 unless it is given.",
)
@click.option(
    "--collapse",
    metavar="EXPR",
    help="Merge the states in which this expression, written as in a spec, is the same.",
)
@click.option("--process", metavar="NAME", help="The automaton of this process instead.")
@click.option("--output", "-o", metavar="FILE", help="Write to a file.")
def graph(**options: Any) -> int:
    """Show the state graph of a model, whole or in part, or the automaton of one process.

    \b
        utcheck graph specs/early_resume.yaml --case baseline -o states.svg
        utcheck graph specs/early_resume.yaml --around deadlock --distance 2 -o near.svg
        utcheck graph specs/early_resume.yaml --collapse '(stopped, events)' --format mermaid
        utcheck graph specs/early_resume.yaml --process p -o p.png
        utcheck graph specs/early_resume.yaml --format aut -o states.aut

    At most 150 states are drawn; graphml, json and aut have no limit. An automaton has what the
    process does in reachable states: its places, what it reads there, and what it sets.

    The exit status is 3 where a limit of the spec ended the search, because then there is no whole
    graph.
    """  # noqa: D301  (click reads this escape)
    from utcheck.cli.graphing import Wish, picture_of, write
    from utcheck.cli.status import AS_EXPECTED, UNDECIDED, mute

    wish = Wish.of(**options)
    with contextlib.redirect_stdout(sys.stderr):  # a model may print
        data = picture_of(wish)
    if data is None:
        return UNDECIDED
    try:
        write(data, wish.output)
    except BrokenPipeError:
        mute(sys.stdout)
    return AS_EXPECTED
