"""`utcheck run`: check every case of every spec, and say what came out."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

from utcheck.cli.render import FORMATS_HELP

FORMATS = ("text", "json", "junit", "sarif", "ktap", "github", "gitlab", "markdown")
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
@click.option(
    "--render",
    "form",
    metavar="FORMAT",
    help="Write the traces and nothing else, as utcheck render does: " + FORMATS_HELP,
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME[=FILE]",
    help=f"Write the result as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, to a file or to "
    "standard output; may be repeated.",
)
@click.option("--jobs", type=click.IntRange(min=1), default=1, metavar="N",
              help="Check so many cases at once, each in a process of its own.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), metavar="N",
              help="How many processors the native engine is to use for a case; all, unless --jobs "
              "checks several cases at once.")  # fmt: skip
@click.option("--checkpoint", "folder", metavar="DIR",
              help="Keep the search of each case in this folder now and then, so that it can go on "
              "when it was ended. The native engine does that.")  # fmt: skip
@click.option("--checkpoint-every", "every_seconds", type=click.FloatRange(min=0), metavar="S",
              help="How many seconds lie between two checkpoints; 60 if not given.")  # fmt: skip
@click.option("--resume", is_flag=True,
              help="Go on from the checkpoints in the folder; a case that has none begins "
              "anew.")  # fmt: skip
@click.option("--step-seconds", type=click.FloatRange(min=0, min_open=True), metavar="S",
              help="How long one step of a model may take, whatever the spec says; 10 unless it "
              "says something.")  # fmt: skip
@click.option("--fail-fast", is_flag=True,
              help="Stop at the first case that does not come out as expected.")  # fmt: skip
@click.option("--changed-since", metavar="REV",
              help="Check only specs that git says have changed, or their models.")  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Check everything, also what was not changed.")
@click.option(
    "--update-expected",
    is_flag=True,
    help="Write what came out into the specs: verdicts that are not as expected, and numbers that "
    "`expect` pins already. Nothing else in them is changed, and nothing undecided is written.",
)
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
      0    everything is as expected, by exhaustive search
      1    some property or number does not come out as expected
      2    wrong usage, model or spec, nothing to check, or a spec that cannot be updated
      3    undecided, and nothing else is wrong
      70   utcheck itself is wrong
      130  interrupted; what was found so far is shown
    """  # noqa: D301  (click reads this escape)
    from utcheck.cli.checking import Request, check_all
    from utcheck.cli.checkpoints import Keeping
    from utcheck.cli.formats import Formats, write_files, write_main
    from utcheck.cli.output import Style
    from utcheck.cli.rendering import form_of, write_traces
    from utcheck.cli.status import mute
    from utcheck.errors import UsageError

    form = options["form"] and form_of(options["form"], None)
    if form and options["as_json"]:
        raise UsageError("--json writes everything, --render traces alone: choose one")
    others = [
        option for option, given in (("--render", form), ("--json", options["as_json"])) if given
    ]
    if options["update_expected"] and options["fail_fast"]:
        raise UsageError("--update-expected needs every result: leave out --fail-fast")
    formats = Formats.of(
        options["formats"], others=others, output=options["output"], width=options["width"]
    )
    style = Style.of(
        options["color"], options["width"], options["output"], as_json=formats.main == "json"
    )
    keeping = Keeping.of(
        options["folder"], options["every_seconds"], resume=options["resume"],
        engine=options["engine"],
    )  # fmt: skip
    request = Request(
        options["specs"], options["cases"], options["properties"], options["engine"],
        chart_width=style.width, distinct=MOST_ENDS if options["distinct"] else 0,
        cache=not options["no_cache"], jobs=options["jobs"], fail_fast=options["fail_fast"],
        step_seconds=options["step_seconds"], changed_since=options["changed_since"],
        workers=options["workers"], keeping=keeping,
    )  # fmt: skip
    with contextlib.redirect_stdout(sys.stderr):  # a model may print
        done = check_all(request)
        if options["update_expected"]:
            from utcheck.cli.updating import update

            update(done)
    timing = not options["no_timing"]
    try:
        if form:
            write_traces(done, options["properties"], form, style, timing=timing)
        else:
            write_main(done, formats, style, timing=timing)
    except BrokenPipeError:
        mute(sys.stdout)
    finally:
        write_files(done, formats, timing=timing)
    return done.status
