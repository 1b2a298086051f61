"""The choice of an engine: the tree engine begins, and the native one takes over a large search.

What was learned is handed on. The states are not: the native engine finds them again in less time
than it would take to convert them.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from types import ModuleType

from utcheck.engines import trees
from utcheck.engines.search import Budget, Options, Result
from utcheck.errors import UsageError
from utcheck.model.instance import Instance
from utcheck.program.learn import Program
from utcheck.properties.kinds import Property

# So many states take the tree engine about as long as it takes to load the native one.
HANDOVER = 100_000
# Loading it takes so much memory,
RESIDENT = 160 << 20
# and so many addresses, with room for states. Libraries written in C end the process where there
# are fewer, and nobody can keep them from that.
ADDRESSES = 4 << 30


def search(
    instance: Instance,
    properties: Sequence[Property],
    options: Options,
    handover: int = HANDOVER,
) -> Result:
    """Search the whole state graph breadth first, and decide every property.

    Where the native engine cannot be loaded, the tree engine goes on alone. Where checkpoints
    are asked for the native engine begins, for no other has them.

    Raises:
        SearchError: if the model breaks a rule; the error has the state and the process.
        UsageError: if a checkpoint cannot be written or used.
    """
    if options.checkpoint is not None:
        return native(instance, properties, options)
    program, budget = Program(instance), Budget(options)
    most = handover if has_native() else None  # else there is nobody to take over
    try:
        try:
            return trees.search_program(program, properties, budget, most)
        except trees.TooLarge:
            engine = _native() if _fits(options) else None
        if engine is None or engine.refusal(instance):
            return trees.search_program(program, properties, budget)
        result: Result = engine.search_program(program, properties, budget)
        return result
    finally:
        program.dispose()


def native(instance: Instance, properties: Sequence[Property], options: Options) -> Result:
    """Search with the native engine from the start, which is imported only now.

    Raises:
        SearchError: if the model breaks a rule; the error has the state and the process.
        UsageError: if the native engine cannot be loaded.
    """
    room = options.room()
    if room is not None and room < ADDRESSES:
        raise UsageError(f"the engine 'native' cannot be loaded: only {room / 2**30:.1f} GiB of "
                         f"address space are left, and it takes {ADDRESSES >> 30}")  # fmt: skip
    try:
        from utcheck.engines.native import engine  # it imports numpy
    except (ImportError, OSError, MemoryError) as error:
        raise UsageError(f"the engine 'native' cannot be loaded: {error}") from None
    return engine.search(instance, properties, options)


def has_native() -> bool:
    """Return whether what the native engine needs is installed."""
    return find_spec("numba") is not None


def _fits(options: Options) -> bool:
    """Return whether there is memory for the native engine besides what is in use."""
    room, most = options.room(), options.limits.memory
    if room is not None and room < ADDRESSES:
        return False
    return most is None or options.memory() + RESIDENT <= most


def _native() -> ModuleType | None:
    """Return the native engine, or None if it cannot be loaded, as where memory is short."""
    try:
        from utcheck.engines.native import engine  # it imports numpy
        from utcheck.engines.native.compiled import NoCompiler, compiled
    except (ImportError, OSError, MemoryError):
        return None
    try:
        compiled()
    except NoCompiler:
        return None
    return engine
