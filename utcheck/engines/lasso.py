"""Counterexamples of temporal properties: fair runs that the automaton of the negation accepts.

Such a run goes round a cycle for ever, or ends (and stays in its last state for ever), or has done
enough for the formula to be false whatever follows. The prefix is a shortest run to where one of
these is so, with the fewest context switches; the cycle is a shortest fair accepted one through the
node of the product that the prefix reaches, where the component is small enough to say so, and
otherwise goes from one obligation to the nearest next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from utcheck.engines.cycles import fair_cycle
from utcheck.engines.paths import Run, shortest_run
from utcheck.engines.product import Product
from utcheck.engines.states import StateGraph
from utcheck.model.process import Fairness
from utcheck.properties.kinds import Temporal
from utcheck.properties.ltl.formula import Not
from utcheck.properties.ltl.prefixes import decided
from utcheck.properties.ltl.translation import translate


@dataclass(frozen=True, slots=True)
class Lasso:
    """A run and the number of steps before its cycle; None where the run ends instead.

    It also ends where it is false whatever follows.
    """

    run: Run
    cycle: int | None
    initial: int  # the node of the product that it begins in


def find_violation(
    graph: StateGraph, temporal: Temporal, fairness: Sequence[Fairness]
) -> Lasso | None:
    """Return a fair run on which a formula is false, or None if there is none."""
    negated = Not(temporal.formula)
    automaton = translate(negated, len(temporal.atoms))
    product = Product(graph, automaton, temporal.atoms, fairness)
    found = find_lasso(product)
    if found is None or found.cycle is not None or graph.ends(graph.number[found.run.last]):
        return found
    if decided(negated, product.word(found.initial, found.run.steps)):
        return found
    # That what follows does not matter is known to the automaton, and is not to be seen.
    return find_lasso(Product(graph, automaton, temporal.atoms, fairness, stops=False))


def find_lasso(product: Product) -> Lasso | None:
    """Return a fair run that the automaton of the product accepts, or None if there is none."""
    ends, set_of = product.decisive()
    if not ends and not set_of:
        return None
    prefix = _prefix(product, lambda node: node in ends or node in set_of)
    node: Any = prefix.last
    cycle = [] if node in ends else fair_cycle(product, set_of[node], node)
    run = Run(product.state(prefix.initial), prefix.steps + cycle, product.state(node))
    start: Any = prefix.initial
    return Lasso(run, None if node in ends else len(prefix.steps), start)


def _prefix(product: Product, decisive: Callable[[int], bool]) -> Run:
    """Return a shortest run to one of the nodes of the product that are decisive."""
    layers = [list(dict.fromkeys(product.begin()))]
    seen = set(layers[0])
    while not any(map(decisive, layers[-1])):
        product.prepare(layers[-1])
        found = (target for node in layers[-1] for target in product.successors(node))
        following = [node for node in dict.fromkeys(found) if node not in seen]
        seen.update(following)
        layers.append(following)
    final = dict.fromkeys(filter(decisive, layers[-1]))
    return shortest_run(product, layers, final)
