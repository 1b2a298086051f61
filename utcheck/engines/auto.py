"""The choice of an engine: the tree engine begins, and the native one takes over a large search.

What was learned is handed on. The states are not: the native engine finds them again in less time
than it would take to convert them.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from utcheck.engines import trees
from utcheck.engines.search import Budget, Options, Result
from utcheck.model.instance import Instance
from utcheck.program.learn import Program
from utcheck.properties.kinds import Property

# So many states take the tree engine about as long as it takes to load the native one.
HANDOVER = 100_000


def search(
    instance: Instance,
    properties: Sequence[Property],
    options: Options,
    handover: int = HANDOVER,
) -> Result:
    """Search the whole state graph breadth first, and decide every property.

    Raises:
        SearchError: if the model breaks a rule; the error has the state and the process.
    """
    program, budget = Program(instance), Budget(options)
    try:
        return trees.search_program(program, properties, budget, _most(handover))
    except trees.TooLarge:
        from utcheck.engines.native import engine  # it imports numpy and numba

        return engine.search_program(program, properties, budget)
    finally:
        program.dispose()


def native(instance: Instance, properties: Sequence[Property], options: Options) -> Result:
    """Search with the native engine from the start, which is imported only now."""
    from utcheck.engines.native import engine  # it imports numpy and numba

    return engine.search(instance, properties, options)


def _most(handover: int) -> int | None:
    """Return the number of states for the tree engine; there may be nobody to take over."""
    return handover if find_spec("numba") else None
