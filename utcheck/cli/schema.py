"""`utcheck schema`: the JSON Schema of specs, for editors."""

from __future__ import annotations

import click


@click.command
def schema() -> None:
    """Print the JSON Schema (draft 7) of specs.

    An editor that knows it checks specs and completes their keys:

    \b
        utcheck schema > spec.schema.json
        # yaml-language-server: $schema=spec.schema.json
    """  # noqa: D301  (click reads this escape)
    import json

    from utcheck.spec.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
