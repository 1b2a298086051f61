"""A folder with a checkpoint: a manifest, and files that only ever become longer.

The manifest says how many bytes of each file count, and the SHA-256 of these. What lies behind them
was being written when the process ended, and is written over. The manifest is written last, beside
the old one, and takes its place at once; so there is a whole checkpoint at any time. Its first line
is `utcheck checkpoint`, the number of the format and the SHA-256 of the rest, which is JSON.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from utcheck.errors import UsageError

FORMAT = 1
_WORDS = b"utcheck checkpoint"
MANIFEST = "manifest"
# So many bytes are read at once.
CHUNK = 1 << 24


@dataclass(frozen=True, slots=True)
class _Part:
    """So many bytes at the beginning of a file, and their digest."""

    length: int = 0
    digest: Any = None

    def longer(self, data: memoryview) -> _Part:
        digest = sha256() if self.digest is None else self.digest.copy()
        digest.update(data)
        return _Part(self.length + len(data), digest)


class Folder:
    """A folder that one process at a time writes checkpoints to."""

    def __init__(self, path: Path) -> None:
        """Make the folder, and keep others out until it is closed.

        Raises:
            UsageError: if it cannot be made or written, or another process has it.
        """
        self.path = path
        self._parts: dict[str, _Part] = {}
        self._lengths: dict[str, tuple[int, str]] = {}
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise UsageError(
                f"no checkpoint can be written to '{path}': {error.strerror}"
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise UsageError(f"another process writes checkpoints to '{path}' now") from None

    def close(self) -> None:
        """Let others in."""
        os.close(self._lock)

    def refusal(self, why: str) -> UsageError:
        """Return the error that says that the checkpoint cannot be used."""
        return UsageError(f"the checkpoint in '{self.path}' {why}")

    # --- reading

    def read(self) -> dict[str, Any] | None:
        """Return what the manifest says, or None if there is none.

        Raises:
            UsageError: if it is damaged, or of another format.
        """
        try:
            data = (self.path / MANIFEST).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self.refusal(f"cannot be read: {error.strerror}") from None
        head, _, text = data.partition(b"\n")
        if head.startswith(_WORDS) and head.split()[2:3] not in ([], [b"%d" % FORMAT]):
            number = head.split()[2].decode("ascii", "replace")
            raise self.refusal(f"has the format {number}, and this utcheck reads {FORMAT}")
        if head != _head(text):
            raise self.refusal("is damaged: its manifest is not what was written")
        body: dict[str, Any] = json.loads(text)
        self._lengths = {name: (length, digest) for name, (length, digest) in body["files"].items()}
        for name, (length, _) in self._lengths.items():
            path = self.path / name
            if not path.is_file() or path.stat().st_size < length:
                raise self.refusal(f"is damaged: the file '{name}' is missing or too short")
        return body

    def load(self, name: str, into: Any) -> None:
        """Read a file into a buffer, which must have its length; more can then be added to it.

        Raises:
            UsageError: if the file is damaged.
        """
        length, digest = self._lengths[name]
        view = memoryview(into).cast("B") if length else memoryview(b"")
        part = _Part().longer(memoryview(b""))
        try:
            with (self.path / name).open("rb") as file:
                for begin in range(0, length, CHUNK):
                    piece = view[begin : begin + CHUNK]
                    if file.readinto(piece) != len(piece):
                        raise self.refusal(f"is damaged: the file '{name}' is too short")
                    part = part.longer(piece)
        except OSError as error:
            raise self.refusal(f"cannot be read: {error.strerror}") from None
        if part.digest.hexdigest() != digest or len(view) != length:
            raise self.refusal(f"is damaged: the file '{name}' is not what was written")
        self._parts[name] = part

    def length(self, name: str) -> int:
        """Return how many bytes of a file count, for the buffer that it is read into."""
        return self._lengths[name][0]

    # --- writing

    def clear(self) -> None:
        """Forget what is there; the manifest goes first, so that nobody takes it for a whole one.

        Raises:
            OSError: if that cannot be done.
        """
        self._parts.clear()
        (self.path / MANIFEST).unlink(missing_ok=True)

    def write(
        self, more: Mapping[str, Any], body: Mapping[str, Any], done: Callable[[], None]
    ) -> None:
        """Add to files, and then say in the manifest that they, and no others, are the checkpoint.

        `done` is called when the new manifest is in its place.

        Raises:
            OSError: if something cannot be written; what was there before is still whole.
        """
        parts = {name: self._append(name, memoryview(data)) for name, data in more.items()}
        files = {name: (part.length, part.digest.hexdigest()) for name, part in parts.items()}
        text = json.dumps({**body, "files": files}).encode()
        new = self.path / f"{MANIFEST}.new"
        with new.open("wb") as file:
            file.write(_head(text) + b"\n" + text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path / MANIFEST)
        self._parts = parts
        done()
        self._settle()

    def _append(self, name: str, data: memoryview) -> _Part:
        known = self._parts.get(name, _Part())
        data = data.cast("B") if len(data) else memoryview(b"")
        if not len(data) and known.length:
            return known
        path = self.path / name
        with path.open("r+b" if known.length else "wb") as file:
            file.seek(known.length)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return known.longer(data)

    def _settle(self) -> None:
        """See to it that the disk has the new names, and remove the files of older ones."""
        folder = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        for path in self.path.glob("states-*"):
            if path.name not in self._parts:
                path.unlink(missing_ok=True)


def _head(text: bytes) -> bytes:
    return b"%s %d %s" % (_WORDS, FORMAT, sha256(text).hexdigest().encode())
