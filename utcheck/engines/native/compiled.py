"""The kernels as machine code, by numba, or as they are."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from utcheck.engines.native import components, kernels, sets
from utcheck.engines.native.kept import keep

MODULES = (kernels, sets, components)

# What numba is to do: leave the interpreter alone, so that threads run side by side.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


class NoCompiler(Exception):
    """numba cannot be used; the text says why, and what to do."""


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
        NoCompiler: if numba is not installed, or cannot be loaded.
    """
    numba, prefetching = _libraries()
    files = [Path(str(module.__file__)) for module in (*MODULES, prefetching)]
    depends = " ".join(
        [numba.__version__, str(OPTIONS), *(file.read_text("utf-8") for file in files)]
    )
    found = {}
    for plain in MODULES:
        module = _copy(plain)
        if plain is sets:
            vars(module)["prefetch"] = prefetching.prefetch
        for function in _functions(module):
            kernel = found[function.__name__] = numba.njit(**OPTIONS)(function)
            keep(kernel, depends)
        vars(module).update(found)
    return SimpleNamespace(**found)


def _copy(plain: ModuleType) -> ModuleType:
    """Return a second copy of a module, which stays where numba finds what it kept on disk."""
    name = f"{plain.__name__}_compiled"
    spec = spec_from_file_location(name, plain.__file__)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _libraries() -> tuple[Any, Any]:
    """Return numba, and our module that is made with it."""
    try:
        import numba

        if getattr(numba.config, "DISABLE_JIT", 0):
            raise NoCompiler("numba is switched off by NUMBA_DISABLE_JIT")
        from utcheck.engines.native import prefetching
    except NoCompiler:
        raise
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise NoCompiler(f"numba cannot be loaded: {error}") from None
        raise NoCompiler("numba is not installed: pip install 'utcheck[fast]'") from None
    except Exception as error:  # whatever is wrong with it or with the libraries that it loads
        what = " ".join(str(error).split()) or type(error).__name__
        raise NoCompiler(f"numba cannot be loaded: {what}") from None
    return numba, prefetching


def _functions(module: ModuleType) -> list[FunctionType]:
    found = [value for value in vars(module).values() if isinstance(value, FunctionType)]
    return [function for function in found if function.__module__ == module.__name__]
