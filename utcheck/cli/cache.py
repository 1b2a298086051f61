"""Results that are remembered: a spec that is as it was is not checked again.

There is one entry for a spec and what was asked of it. It names the spec, every module that was
imported for it and every file that the models have opened, installed ones left out, and utcheck's
own files, each with a digest of its bytes; if any of them is another now, or there is anything
wrong with the entry, it does not count. Only results of exhaustive searches are kept, and none
where a model has asked another process or the network (`reading`).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from utcheck.cli.reading import digest_of, is_installed, listener
from utcheck.cli.status import installed_version
from utcheck.outcome import StopReason
from utcheck.report.case import CaseReport

FOLDER = ".utcheck_cache"
_OWN = Path(__file__).parents[1]


@dataclass(frozen=True)
class Cache:
    """The entries of one project; `root` is the folder with its `pyproject.toml`."""

    root: Path

    def load(self, spec: Path, asked: Sequence[object]) -> list[CaseReport] | None:
        """Return what came out for a spec, or None if that is not known or may be another now."""
        try:
            data = json.loads(self._entry(spec, asked).read_bytes())
            body = data["body"]
            if data["digest"] != _digest(_bytes(body)) or body["tool"] != _tool():
                return None
            if any(digest_of(path) != digest for path, digest in body["files"].items()):
                return None
            from utcheck.report.json import from_json

            reports = from_json(body["result"])
        except Exception:  # whatever is wrong with an entry, it is made anew
            return None
        return [replace(report, cached=True) for report in reports]

    def save(self, spec: Path, asked: Sequence[object], reports: Sequence[CaseReport]) -> None:
        """Remember what came out for a spec whose model was just imported, if it may be kept."""
        if any(report.outcome.stop is not StopReason.EXHAUSTED for report in reports):
            return
        from utcheck.report.json import to_json

        digests = _files(spec)
        if digests is None:
            return
        result = to_json(reports, version=installed_version())
        body = {"tool": _tool(), "files": digests, "result": result}
        data = {"digest": _digest(_bytes(body)), "body": body}
        try:
            self._write(self._entry(spec, asked), _bytes(data))
        except OSError:  # a cache that cannot be written is none
            return

    def _entry(self, spec: Path, asked: Sequence[object]) -> Path:
        key = _digest(_bytes([str(spec.resolve()), str(Path.cwd()), str(spec), list(asked)]))
        return self.root / FOLDER / f"{key[:32]}.json"

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(exist_ok=True)
        ignore = path.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
        temporary = path.with_suffix(f".{os.getpid()}")
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _bytes(data: object) -> bytes:
    return json.dumps(data, default=str).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _files(spec: Path) -> dict[str, str] | None:
    """Return the digest of each file that counts, or None if a result cannot be kept.

    A file that is not as it was when it was read may not be what the result is about.
    """
    reads, own = listener().reads, str(spec.resolve())
    known = {**reads.digests, own: reads.specs.get(own)}
    if reads.unknowable or any(digest_of(path) != digest for path, digest in known.items()):
        return None
    return {path: digest_of(path) for path in [*map(str, _modules()), *known]}


def sources(spec: Path) -> dict[str, str]:
    """Return the digest of each file that the models imported so far come from, but for the spec.

    It is the one from when a file was read, where that is known.
    """
    digests = {path: digest_of(path) for path in map(str, _modules())} | listener().reads.digests
    digests.pop(str(spec.resolve()), None)
    return digests


@cache
def _tool() -> str:
    """Return what tells this utcheck, and the Python it runs on, from any other."""
    files = sorted(path for path in _OWN.rglob("*.py"))
    own = [(str(path.relative_to(_OWN)), path.stat().st_mtime_ns, path.stat().st_size)
           for path in files]  # fmt: skip
    return _digest(
        _bytes([installed_version(), platform.python_version(), sys.flags.optimize, own])
    )


def _modules() -> list[Path]:
    """Return the files of the modules that were imported, but for installed ones and utcheck's."""
    origins = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    paths = {Path(origin).resolve() for origin in origins if origin}
    return sorted(path for path in paths if not is_installed(path))
