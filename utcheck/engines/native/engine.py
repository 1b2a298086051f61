"""The native engine as a search like any other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from types import SimpleNamespace

import numpy as np

from utcheck.engines.native import compiled
from utcheck.engines.native.checkpoint import Checkpoints
from utcheck.engines.native.graph import NativeGraph
from utcheck.engines.native.runs import best_run
from utcheck.engines.native.search import Explorer
from utcheck.engines.search import Budget, Means, Options, Result, decide
from utcheck.errors import UsageError
from utcheck.model.instance import Instance
from utcheck.program.learn import Program
from utcheck.properties.kinds import Property

# A number in a state has at most so many values.
MOST_VALUES = 1 << 62


def search(instance: Instance, properties: Sequence[Property], options: Options) -> Result:
    """Search the whole state graph breadth first, and decide every property.

    Raises:
        SearchError: if the model breaks a rule; the error has the state and the process.
        UsageError: if the kernels cannot be compiled.
    """
    try:
        compiled.compiled()
    except compiled.NoCompiler as error:
        raise UsageError(f"the engine 'native' needs numba: {error}") from None
    reason = refusal(instance)
    if reason is not None:
        raise UsageError(f"the engine 'native' cannot search this model: {reason}")
    program = Program(instance)
    try:
        return search_program(program, properties, Budget(options))
    finally:
        program.dispose()


def refusal(instance: Instance) -> str | None:
    """Return why this engine cannot search a model, or None if it can."""
    for name, domain in zip(instance.names, instance.domains, strict=True):
        if domain.finite and domain.size > MOST_VALUES:
            return f"'{name}' may have more than 2**{MOST_VALUES.bit_length() - 1} values"
    return None


def search_program(program: Program, properties: Sequence[Property], budget: Budget) -> Result:
    """Do the same for a program of which some branches may be known already.

    Raises:
        NoCompiler: if the kernels cannot be compiled.
    """
    loops = compiled.compiled()
    from utcheck.engines.native.compiling import measured  # it imports numba

    with measured(budget.options.clock, budget.compiling) as stopwatch:
        result = search_with(loops, program, properties, budget)
    result.compile_seconds = stopwatch.seconds
    return result


def search_interpreted(
    instance: Instance, properties: Sequence[Property], options: Options
) -> Result:
    """Do the same without compiling anything, which is very slow; it is there to be compared."""
    program = Program(instance)
    try:
        with np.errstate(over="ignore"):
            return search_with(compiled.interpreted(), program, properties, Budget(options))
    finally:
        program.dispose()


def search_with(
    loops: SimpleNamespace, program: Program, properties: Sequence[Property], budget: Budget
) -> Result:
    """Search a program with these kernels.

    Raises:
        UsageError: if a checkpoint cannot be written or used.
    """
    options = budget.options
    if options.checkpoint is None:
        return _search(loops, program, properties, budget, None)
    checkpoints = Checkpoints(options.checkpoint, program, properties, options.clock)
    with closing(checkpoints):
        result = _search(loops, program, properties, budget, checkpoints)
    result.earlier_seconds = checkpoints.seconds
    return result


def _search(
    loops: SimpleNamespace, program: Program, properties: Sequence[Property], budget: Budget,
    checkpoints: Checkpoints | None,
) -> Result:  # fmt: skip
    workers = budget.options.workers
    if checkpoints is not None:
        workers = checkpoints.workers(workers)
    explorer = Explorer(program, loops, budget, workers)
    try:
        explored = explorer.begin(checkpoints)
        result = decide(
            program.instance, explorer.space, explored, explorer.explore, properties, budget,
            Means(NativeGraph, best_run),
        )  # fmt: skip
    finally:
        explorer.crew.release()  # an error may hold on to the rest
    result.ran, result.engine = explorer.space.ran(), "native"
    result.workers = workers
    return result
