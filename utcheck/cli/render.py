"""`utcheck render`: the traces of a result as a mail, a chart, a picture or a page."""

from __future__ import annotations

from typing import Any

import click

FORMATS = ("chart", "mail", "mermaid", "mermaid-states", "dot", "svg", "png", "html", "json")
FORMATS_HELP = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}."


@click.command
@click.argument("result", metavar="RESULT.json")
@click.option(
    "--property",
    "properties",
    multiple=True,
    metavar="NAME",
    help="Show the trace of this property.",
)
@click.option(
    "--case",
    "cases",
    multiple=True,
    metavar="NAME",
    help="Take it from this case; it stands for all combinations of a matrix.",
)
@click.option(
    "--format",
    "form",
    metavar="FORMAT",
    help=f"{FORMATS_HELP} Else what the name of the output ends in, or chart.",
)
@click.option("--output", "-o", metavar="FILE", help="Write to a file.")
@click.option("--width", type=click.IntRange(min=32), metavar="COLUMNS",
              help="The width of charts; 72 unless the result goes to a terminal.")  # fmt: skip
def render(**options: Any) -> int:
    """Show traces of a result, which `utcheck run --json` wrote (- is standard input).

    \b
        utcheck run specs/early_resume.yaml --json --output result.json
        utcheck render result.json --case baseline --property deadlock --format mail
        utcheck render result.json --case baseline --property deadlock -o race.svg

    Without --property these are the traces of all violated properties, or else of those that are
    reached. Pictures, pages and Mermaid show one trace each.
    """  # noqa: D301  (click reads this escape)
    import sys

    from utcheck.cli.output import Style
    from utcheck.cli.rendering import chosen, form_of, read, rendered, write
    from utcheck.cli.status import AS_EXPECTED, mute

    form = form_of(options["form"], options["output"])
    style = Style.of("auto", options["width"], options["output"], as_json=False)
    result = read(options["result"])
    shown = chosen(result, options["cases"], options["properties"])
    data = rendered(result, shown, form, style)
    try:
        write(data, form, style)
    except BrokenPipeError:
        mute(sys.stdout)
    return AS_EXPECTED
