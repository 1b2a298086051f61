"""`utcheck list`: what specs claim and expect, without checking anything."""

from __future__ import annotations

from typing import Any

import click


@click.command("list")
@click.argument("specs", nargs=-1, metavar="[SPEC_OR_DIRECTORY...]")
@click.option("--json", "as_json", is_flag=True, help="Write the list as JSON.")
def list_(**options: Any) -> int:
    """List what specs claim and expect, and check nothing.

    Models are imported, though. Without SPEC_OR_DIRECTORY, it is the directory
    specs.

    \b
    Exit status:
      0    every spec is in the list
      2    wrong usage, a wrong spec or model, or no spec
    """  # noqa: D301  (click reads this escape)
    import contextlib
    import json
    import sys

    from utcheck.cli.listing import as_data, as_text, listing
    from utcheck.cli.status import AS_EXPECTED, WRONG
    from utcheck.plain import escape

    with contextlib.redirect_stdout(sys.stderr):  # a model may print
        found = listing(options["specs"] or ("specs",))
    if options["as_json"]:
        click.echo(json.dumps(as_data(found), indent=2))
    else:
        click.echo(as_text(found), nl=False)
    for error in found.errors:
        click.echo(escape(str(error), unicode=True), err=True)
    return WRONG if found.errors else AS_EXPECTED
