"""`utcheck explain`: what utcheck makes of a temporal formula."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from utcheck.properties.ltl.automaton import Automaton, Edge
    from utcheck.properties.ltl.formula import Formula


@click.command
@click.option("--ltl", "text", required=True, metavar="FORMULA", help="The formula.")
@click.option(
    "--negated",
    is_flag=True,
    help="The automaton of the negation: with this one, a counterexample is looked for.",
)
@click.option("--hoa", "form", flag_value="hoa",
              help="Write the automaton in the Hanoi Omega-Automata format.")  # fmt: skip
@click.option("--dot", "form", flag_value="dot", help="Write it for Graphviz.")
@click.option("--svg", "form", flag_value="svg", help="Draw it.")
@click.option("--png", "form", flag_value="png", help="Draw it.")
@click.option("--output", "-o", metavar="FILE", help="Write to a file.")
def explain(text: str, negated: bool, form: str | None, output: str | None) -> int:
    """Explain a temporal formula: how it is read, and the automaton that it becomes.

    Atoms need no model here: a name, {an expression} or event("a name").

    \b
        utcheck explain --ltl 'G ({event} -> F p_runs)'
        utcheck explain --ltl 'GF a -> GF b' --hoa
        utcheck explain --ltl 'a U b' --svg -o until.svg
    """  # noqa: D301  (click reads this escape)
    from utcheck.cli.output import replace_file
    from utcheck.cli.picture import draw
    from utcheck.cli.status import AS_EXPECTED
    from utcheck.errors import UsageError
    from utcheck.properties.ltl.dot import to_dot
    from utcheck.properties.ltl.formula import Not, written
    from utcheck.properties.ltl.hoa import to_hoa
    from utcheck.properties.ltl.syntax import parse
    from utcheck.properties.ltl.tokens import LtlSyntaxError
    from utcheck.properties.ltl.translation import translate

    try:
        parsed = parse(text)
    except LtlSyntaxError as error:
        raise UsageError(f"--ltl, column {error.column + 1}: {error.message}") from None
    formula = Not(parsed.formula) if negated else parsed.formula
    atoms = [atom.spelling for atom in parsed.atoms]
    automaton = translate(formula, len(atoms))
    name = written(formula, atoms)
    plain = [atom.text for atom in parsed.atoms]
    if form == "hoa":
        data = to_hoa(automaton, plain, name).encode()
    elif form is None:
        data = "".join(f"{line}\n" for line in _described(formula, atoms, automaton)).encode()
    else:
        dot = to_dot(automaton, plain, name)
        data = dot.encode() if form == "dot" else draw(dot, form)
    if output not in (None, "-"):
        replace_file(Path(str(output)), data)
    elif form == "png" and sys.stdout.isatty():
        raise UsageError("a PNG does not go to a terminal; name a file with --output")
    else:
        sys.stdout.buffer.write(data)
    return AS_EXPECTED


def _described(formula: Formula, atoms: Sequence[str], automaton: Automaton) -> Iterator[str]:
    from utcheck.plain import plural
    from utcheck.properties.ltl.formula import has_next, written

    yield written(formula, atoms)
    if has_next(formula):
        yield "It has X, so it is not stutter-invariant: steps that change nothing matter to it."
    else:
        yield "It has no X, so it is stutter-invariant: steps that change nothing do not matter."
    sets = plural(automaton.sets, "acceptance set")
    yield f"Its automaton has {plural(len(automaton.edges), 'state')} and {sets}."
    if automaton.sets:
        yield "A run is accepted if it takes edges of each set, which are in (), for ever."
    for state, edges in enumerate(automaton.edges):
        yield f"  {state}" + (" (initial)" if state == automaton.initial else "")
        for edge in edges:
            yield f"    to {edge.target} on {_letters(edge, atoms)}"


def _letters(edge: Edge, atoms: Sequence[str]) -> str:
    literals = [f"{'' if positive else '!'}{atoms[atom]}" for atom, positive in edge.literals()]
    marks = [f"({one})" for one in edge.acceptance_sets()]
    return " ".join([" & ".join(literals) or "true", *marks])
