"""The kernels as machine code, by numba, or as they are."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from utcheck.engines.native import components, kernels, sets

MODULES = (kernels, sets, components)

# What numba is to do: leave the interpreter alone, so that threads run side by side, and keep the
# machine code on disk for the next run.
OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}


class NoCompiler(Exception):
    """numba is not installed."""


def interpreted() -> SimpleNamespace:
    """Return the kernels by name, as they are."""
    return SimpleNamespace(**{
        function.__name__: function for module in MODULES for function in _functions(module)
    })  # fmt: skip


@cache
def compiled() -> SimpleNamespace:
    """Return the kernels by name, each of which is compiled when it is first called.

    They are second copies, so that the others can be run as they are.

    Raises:
        NoCompiler: if numba is not installed.
    """
    try:
        from numba import njit
    except ImportError:
        raise NoCompiler from None
    found = {}
    for plain in MODULES:
        name = f"{plain.__name__}_compiled"
        module = sys.modules[name] = ModuleType(name)  # where numba finds what it kept on disk
        module.__file__ = path = str(plain.__file__)
        exec(compile(Path(path).read_bytes(), path, "exec"), vars(module))  # noqa: S102
        for function in _functions(module):
            found[function.__name__] = njit(**OPTIONS)(function)
        vars(module).update(found)
    return SimpleNamespace(**found)


def _functions(module: ModuleType) -> list[FunctionType]:
    found = [value for value in vars(module).values() if isinstance(value, FunctionType)]
    return [function for function in found if function.__module__ == module.__name__]


def compiled_anew(loops: SimpleNamespace) -> int:
    """Return how many functions were compiled in this run, and not found on disk."""
    found = 0
    for function in vars(loops).values():
        stats = getattr(function, "stats", None)
        if stats is not None:
            found += sum(stats.cache_misses.values())
    return found
