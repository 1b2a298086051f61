"""`utcheck simulate`: random runs of a model."""

from __future__ import annotations

import contextlib
import sys

import click


@click.command
@click.argument("spec")
@click.option("--case", metavar="NAME", help="Run this case only.")
@click.option("--runs", type=click.IntRange(min=1), default=100, show_default=True, metavar="N",
              help="How many runs of each case.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), metavar="S",
              help="The same seed gives the same runs; else one is drawn, and shown.")  # fmt: skip
@click.option("--steps", type=click.IntRange(min=1), default=1000, show_default=True,
              metavar="MAX", help="Cut a run off after so many steps.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
def simulate(
    spec: str, case: str | None, runs: int, seed: int | None, steps: int, as_json: bool
) -> int:
    """Run a model at random: in every state, each enabled transition is as likely as any other.

    A run stops at the first state or step that violates a property, at a failed assertion, and
    where no process can take a step. Random runs may find a mistake in a model that is too large to
    be explored; they never show that a property holds.

    \b
    Exit status:
      0    no violation was found, which proves nothing
      1    a violation was found
      2    wrong usage, model or spec
      130  interrupted; what was found so far is shown
    """  # noqa: D301  (click reads this escape)
    from utcheck.cli.cases import cases_of
    from utcheck.cli.output import Style, chart_of
    from utcheck.cli.simulated import json_of, text_of
    from utcheck.cli.simulating import Request, drawn_seed, simulate_all
    from utcheck.cli.status import mute

    request = Request(runs, drawn_seed() if seed is None else seed, steps)
    with contextlib.redirect_stdout(sys.stderr):  # a model may print
        done = simulate_all(cases_of(spec, case), request)
    chart = chart_of(Style.of("auto", None, None, as_json))
    try:
        sys.stdout.write(json_of(done, request) if as_json else text_of(done, request, chart))
        sys.stdout.flush()
    except BrokenPipeError:
        mute(sys.stdout)
    return done.status
