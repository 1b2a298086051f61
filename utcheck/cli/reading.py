"""What the code of models reads besides its modules, so that a result is not remembered too long.

Python tells a hook whenever a file is opened (PEP 578), by whatever code. What the hook hears while
it listens is kept for the whole process: a module is imported once, and what it has read then, or
in the step of some case, may matter to every later case. What nobody tells is not known here: the
clock, the environment, and whether a file exists that is not opened.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import source_from_cache
from pathlib import Path
from types import FrameType
from typing import Any

from utcheck.model.run import of_utcheck

# What is learned in these ways has no bytes that could be compared later.
_UNKNOWABLE = frozenset({
    "subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.spawn", "os.fork",
    "socket.connect", "socket.sendto", "sqlite3.connect",
})  # fmt: skip
_LISTINGS = frozenset({"os.listdir", "os.scandir"})
_OWN = Path(__file__).parents[1]
NO_FILE = "?"  # the digest of a pipe or a device, which is another at each reading


@dataclass(slots=True)
class Reads:
    """The files and folders that models have read, each with the digest that it had then.

    `specs` are those that utcheck has read itself. `unknowable` says that something else was read,
    from a process or the network.
    """

    digests: dict[str, str] = field(default_factory=dict)
    specs: dict[str, str] = field(default_factory=dict)
    unknowable: bool = False

    def add(self, other: Reads) -> None:
        """Add what another process has read; the digest that was met first counts."""
        self.digests = other.digests | self.digests
        self.unknowable |= other.unknowable


class Listener:
    """Hears what is read in this process while it listens."""

    def __init__(self) -> None:
        """Begin to hear; this cannot be undone."""
        self.reads = Reads()
        self._listens = False
        self._spec = ""
        sys.addaudithook(self._hear)

    @contextmanager
    def listening(self, spec: Path) -> Iterator[None]:
        """Listen while a spec is loaded or one of its cases is checked."""
        self._listens, self._spec = True, os.path.realpath(spec)
        try:
            yield
        finally:
            self._listens = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._listens:
            return
        keep = _KEEPERS.get(event)
        if keep is not None:
            self._listens = False  # not to what is read here
            try:
                keep(self, arguments, sys._getframe(1))
            finally:
                self._listens = True

    def _opened(self, arguments: tuple[Any, ...], frame: FrameType) -> None:
        path, _, flags = arguments
        if isinstance(flags, int) and flags & os.O_ACCMODE == os.O_WRONLY:
            return
        self._keep(path, frame)

    def _listed(self, arguments: tuple[Any, ...], frame: FrameType) -> None:
        if frame.f_globals.get("__name__") != "importlib._bootstrap_external":  # looks for modules
            self._keep(arguments[0] if arguments[0] is not None else ".", frame)

    def _other(self, _: tuple[Any, ...], frame: FrameType) -> None:
        self.reads.unknowable |= not (of_utcheck(frame.f_globals) or _for_native(frame))

    def _keep(self, path: Any, frame: FrameType) -> None:
        if isinstance(path, int) or of_utcheck(frame.f_globals):  # a descriptor was opened before
            return
        real = os.path.realpath(os.fsdecode(path))
        if real.endswith(".pyc"):
            with suppress(ValueError):  # else it is no bytecode that Python has kept
                real = source_from_cache(real)
        if real == os.devnull or is_installed(Path(real)) or _for_native(frame):
            return
        digest = digest_of(real)
        self.reads.unknowable |= digest == NO_FILE
        if real == self._spec:  # which is read anew each time
            self.reads.specs[real] = digest
        else:
            self.reads.digests.setdefault(real, digest)


_KEEPERS: dict[str, Callable[[Listener, tuple[Any, ...], FrameType], None]] = {
    "open": Listener._opened,
    **dict.fromkeys(_LISTINGS, Listener._listed),
    **dict.fromkeys(_UNKNOWABLE, Listener._other),
}


@cache
def listener() -> Listener:
    """Return the one listener of this process: a hook is never taken away."""
    return Listener()


def _for_native(frame: FrameType) -> bool:
    """Return whether something was read for the native engine: by a library that it uses.

    So it was if all that called each other, from the engine to the reader, is installed, or made
    by something that is: such code has no file.
    """
    caller: FrameType | None = frame
    while caller is not None:
        name, file = str(caller.f_globals.get("__name__")), caller.f_code.co_filename
        if name.startswith("utcheck."):
            return name.startswith("utcheck.engines.native.")
        if not (file.startswith("<") or is_installed(Path(file).resolve())):
            return False
        caller = caller.f_back
    return False


def is_installed(path: Path) -> bool:
    """Return whether a file belongs to Python, to an installed package or to utcheck itself."""
    return any(map(path.is_relative_to, _installed()))


@cache
def _installed() -> tuple[Path, ...]:
    return (Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve(), _OWN.resolve())


def digest_of(path: str) -> str:
    """Return the digest of the bytes of a file, or of the names in a folder; empty if it has none.

    Hidden names, and those that Python and utcheck make themselves, are left out.
    """
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            names = [name for name in os.listdir(path) if name[0] != "." and name != "__pycache__"]
            return hashlib.sha256("\0".join(sorted(names)).encode(errors="replace")).hexdigest()
        if not stat.S_ISREG(mode):
            return NO_FILE
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""
