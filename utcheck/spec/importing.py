"""Finding a model: `models.ring:Ring`, from the directory of the project that a spec belongs to."""

from __future__ import annotations

import importlib
import os
import sys
import sysconfig
import traceback
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from utcheck.errors import Finding, ModelError, Place, did_you_mean
from utcheck.model.base import Model

MARKS = ("pyproject.toml", "utcheck.toml")
_OURS = ("utcheck", "__main__")  # in use, wherever they come from


class ModelNotFound(Exception):
    """There is no such model; the text says why, `class_part` whether it is about the class."""

    def __init__(self, message: str, *, class_part: bool = False) -> None:
        """Keep the sentence, and which half of MODULE:CLASS it is about."""
        super().__init__(message)
        self.class_part = class_part


class ModelBroken(Exception):
    """A model cannot be imported; `finding` says where and why."""

    def __init__(self, finding: Finding) -> None:
        """Keep the finding."""
        super().__init__(finding.message)
        self.finding = finding


def project_root(spec: Path) -> Path:
    """Return the nearest directory above a spec that has a `pyproject.toml` or `utcheck.toml`.

    If there is none, it is the directory of the spec.
    """
    directory = spec.resolve().parent
    for candidate in (directory, *directory.parents):
        if any((candidate / mark).is_file() for mark in MARKS):
            return candidate
    return directory


def load_model(name: str, root: Path) -> type[Model]:
    """Import the model class `MODULE:CLASS` from `root`, which is put first on the path.

    Raises:
        ModelNotFound: if there is no such module or class, or it is not a model.
        ModelBroken: if the module cannot be imported.
    """
    module_name, _, class_name = name.partition(":")
    module = _import(module_name, root.resolve())
    found = getattr(module, class_name, None)
    if found is None:
        hint = did_you_mean(class_name, _models(module)) or _there_are(_models(module))
        message = f"module '{module_name}' has no class '{class_name}'{hint}"
        raise ModelNotFound(message, class_part=True)
    if not (isinstance(found, type) and issubclass(found, Model)) or found is Model:
        message = f"'{class_name}' in module '{module_name}' is not a model, a subclass of Model"
        raise ModelNotFound(message, class_part=True)
    return found


def _models(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Model) and value is not Model
    ]


def _there_are(names: list[str]) -> str:
    return f"; it has {', '.join(names)}" if names else ""


def _import(name: str, root: Path) -> ModuleType:
    """Import a module from `root`, or an installed one; it stands first on the path meanwhile."""
    _forget_other(name.partition(".")[0], root)
    before = list(sys.path)
    # A package of the working directory with an `__init__.py` would be taken for one of the project
    # that has none, although it comes later.
    here = ("", os.getcwd()) if root != Path.cwd() and _has(root, name) else ()
    sys.path[:] = [str(root), *(entry for entry in before if entry not in here)]
    finder = _SourceFinder(root)
    sys.meta_path.insert(0, finder)
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise ModelBroken(_finding(error, root)) from None
        raise _not_found(name, root) from None
    except (Exception, SystemExit) as error:
        raise ModelBroken(_finding(error, root)) from None
    finally:
        sys.path[:] = before
        sys.meta_path.remove(finder)
    # The path has the working directory for `python -m utcheck`, and not for `utcheck`.
    if not any(place.is_relative_to(root) or _is_installed(place) for place in _places(module)):
        raise _not_found(name, root)
    return module


class _SourceLoader(SourceFileLoader):
    """Compiles what stands in the file now.

    Python takes bytecode for up to date if the file has the same size and was changed in the same
    second. For a model that a script or a checkout writes this would be the verdict on another one.
    """

    def path_stats(self, path: Any) -> Any:
        """Say that nothing is known of the file, so that no bytecode is looked for or written."""
        raise OSError(path)


class _SourceFinder(MetaPathFinder):
    """Finds the modules of a project, to be compiled from their source."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module of the project is, and None for any other."""
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader or spec.origin is None:
            return None
        place = Path(spec.origin).resolve()
        ours = fullname.partition(".")[0] in _OURS
        if ours or not place.is_relative_to(self._root) or _is_installed(place):
            return None
        spec.loader = _SourceLoader(fullname, spec.origin)
        return spec


def _has(root: Path, name: str) -> bool:
    """Return whether a project has the top of a module's name."""
    top = name.partition(".")[0]
    return (root / top).is_dir() or (root / f"{top}.py").is_file()


def _not_found(name: str, root: Path) -> ModelNotFound:
    hint = did_you_mean(name, _modules(name, root))
    if not hint and not any((root / mark).is_file() for mark in MARKS):
        hint = f"; no directory above it has a {' or '.join(MARKS)}"
    return ModelNotFound(f"module '{name}' not found in {shown(root)}{hint}")


def _places(module: ModuleType) -> list[Path]:
    """Return where a module comes from; one that is built in comes from nowhere."""
    origins = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
    return [Path(origin).resolve() for origin in origins if origin]


def _is_installed(place: Path) -> bool:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return any(place.is_relative_to(Path(sysconfig.get_path(name)).resolve()) for name in names)


def _forget_other(top: str, root: Path) -> None:
    """Make room for a package of which one by the same name came from another project.

    Raises:
        ModelNotFound: if the project has a module with the name of an installed one.
    """
    loaded = sys.modules.get(top)
    if loaded is None:
        return
    # A package without a file of its own says only where it would be looked for now.
    below = [module for name, module in sys.modules.items() if name.startswith(f"{top}.")]
    origins = [getattr(module, "__file__", None) for module in (loaded, *below)]
    files = [Path(origin).resolve() for origin in origins if origin]
    places = files or _places(loaded)
    if places and all(place.is_relative_to(root) for place in places):
        return
    if not places or top in _OURS or any(map(_is_installed, places)):
        if (root / f"{top}.py").is_file() or (root / top).is_dir():
            raise ModelNotFound(f"'{top}' is the name of an installed module; rename yours")
        return
    for name in [name for name in sys.modules if name == top or name.startswith(f"{top}.")]:
        del sys.modules[name]


def _modules(name: str, root: Path) -> list[str]:
    """Return the modules that stand where the module was looked for."""
    package = name.rpartition(".")[0]
    directory = root.joinpath(*package.split(".")) if package else root
    prefix = f"{package}." if package else ""
    if not directory.is_dir():
        return [path.name + name[name.index(".") :] for path in root.iterdir() if path.is_dir()]
    return [prefix + path.stem for path in sorted(directory.glob("*.py")) if path.is_file()]


def _finding(error: BaseException, root: Path) -> Finding:
    """Return where and why importing a model failed."""
    if isinstance(error, SyntaxError) and error.filename:
        place = Place(shown(Path(error.filename)), error.lineno, error.offset)
        return Finding(place, f"not valid Python: {error.msg}")
    place = _raised_at(error, root)
    if isinstance(error, ModelError):
        if error.place is not None:
            place = Place(shown(Path(error.place.path)), error.place.line, error.place.column)
        return Finding(place, error.message)
    message = f"{type(error).__name__}: {error}".rstrip(": ")
    return Finding(place, f"the model cannot be imported: {message}")


def _raised_at(error: BaseException, root: Path) -> Place:
    """Return the innermost line of the project in a traceback."""
    place = Place(shown(root))
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        own = frame.f_globals.get("__name__", "").partition(".")[0] == __name__.partition(".")[0]
        if path.is_relative_to(root) and not own:
            place = Place(shown(path), line)
    return place


def shown(path: Path) -> str:
    """Return a path as messages show it: from the working directory, if it is below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
