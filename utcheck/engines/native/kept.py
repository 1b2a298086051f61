"""Machine code on disk, where the next run finds it.

numba knows the place: the folder that NUMBA_CACHE_DIR names, or the one beside the module, or,
where that may not be written, the cache of the user. But its files are not safe where two runs
begin at once. The index of a kernel says which numbered file has the code for certain types, and is
written before that file; so another run may find there the code of an older version, or for other
types, and run it. Here the name of a file says all that its code depends on, and the file is there
when it is complete, or not at all.
"""

from __future__ import annotations

import os
import pickle
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

_DIGEST = sha256().digest_size


class Files:
    """The machine code of one kernel, a file for each set of types; numba loads and saves it."""

    def __init__(self, folder: Path, kernel: str, source: str) -> None:
        """Keep it in a folder; `source` stands for all that the code of this run depends on."""
        self._folder = folder
        self._kernel = f"{kernel}.{sys.implementation.cache_tag}"
        self._source = sha256(source.encode()).hexdigest()[:16]

    def _path(self, key: object) -> Path:
        types = sha256(repr(key).encode()).hexdigest()[:32]
        return self._folder / f"{self._kernel}.{self._source}.{types}.nbc"

    def load(self, key: object) -> Any:
        """Return what was saved for these types, or None."""
        try:
            data = self._path(key).read_bytes()
        except OSError:
            return None
        digest, body = data[:_DIGEST], data[_DIGEST:]
        if sha256(body).digest() != digest:  # what the disk has is not what was written
            return None
        return pickle.loads(body)  # noqa: S301  (who may write there may write the module too)

    def save(self, key: object, code: object) -> None:
        """Keep code for these types; a disk that will not take it is one without."""
        from numba.core import serialize

        body: bytes = serialize.dumps(code)  # type: ignore[no-untyped-call]
        path = self._path(key)
        temporary = path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            try:
                temporary.write_bytes(sha256(body).digest() + body)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            self._forget()

    def _forget(self) -> None:
        """Remove the code of other versions."""
        for path in self._folder.glob(f"{self._kernel}.*.nbc"):
            if not path.name.startswith(f"{self._kernel}.{self._source}."):
                path.unlink(missing_ok=True)


def keep(kernel: Any, depends: str) -> None:
    """Let a kernel have its machine code on disk; where there is no place for it, it does without.

    `depends` is the text of the modules, and whatever else the code depends on.
    """
    with suppress(RuntimeError, OSError):  # there is no folder that may be written
        kernel.enable_caching()
        cache = kernel._cache
        function = kernel.py_func
        name = f"{Path(function.__code__.co_filename).stem}.{function.__name__}"
        cache._cache_file = Files(Path(cache.cache_path), name, depends)
