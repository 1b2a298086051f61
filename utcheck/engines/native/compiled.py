"""The kernels as machine code, by numba, or as they are."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from utcheck.engines.native import kernels as plain

# What numba is to do: leave the interpreter alone, so that threads run side by side, and keep the
# machine code on disk for the next run.
OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}


class NoCompiler(Exception):
    """numba is not installed."""


@cache
def compiled() -> ModuleType:
    """Return a second copy of the kernels, in which every function is compiled when it is called.

    Raises:
        NoCompiler: if numba is not installed.
    """
    try:
        from numba import njit
    except ImportError:
        raise NoCompiler from None
    name = f"{plain.__name__}_compiled"
    module = ModuleType(name)
    module.__file__ = plain.__file__
    sys.modules[name] = module  # where numba finds what it kept on disk
    path = Path(plain.__file__)
    exec(compile(path.read_bytes(), path, "exec"), vars(module))  # noqa: S102  (our own source)
    for function in list(vars(module).values()):
        if isinstance(function, FunctionType) and function.__module__ == name:
            setattr(module, function.__name__, njit(**OPTIONS)(function))
    return module


def compiled_anew(module: ModuleType) -> int:
    """Return how many functions were compiled in this run, and not found on disk."""
    found = 0
    for function in vars(module).values():
        stats = getattr(function, "stats", None)
        if stats is not None:
            found += sum(stats.cache_misses.values())
    return found
