"""Checking several specs at once, each in a process of its own."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click

from utcheck.cli.checking import Done, Request, check_spec
from utcheck.cli.status import installed_version
from utcheck.errors import Finding
from utcheck.report.json import from_json, to_json


@dataclass(frozen=True)
class _Parcel:
    """What came out of a spec, in a form that needs no module of a model to be read."""

    result: dict[str, Any]
    errors: list[Finding]
    statuses: list[int]
    cases: list[str]
    properties: list[str]
    said: str


def check_each(specs: Sequence[Path], request: Request) -> Iterator[Done]:
    """Yield what came out of each spec in their order, as soon as those before it are done."""
    # A process that is forked would have the models of others imported already.
    with ProcessPoolExecutor(request.jobs, get_context("spawn"), _ignore_interrupts) as pool:
        parcels: list[Future[_Parcel]] = [pool.submit(_checked, spec, request) for spec in specs]
        try:
            for parcel in parcels:
                yield _unpacked(parcel.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in _processes(pool):
                process.terminate()


def _processes(pool: ProcessPoolExecutor) -> list[Any]:
    """Return the processes of a pool; those of one that was asked to end may be at work still."""
    found: dict[int, Any] | None = getattr(pool, "_processes", None)
    return list((found or {}).values())


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked says what to do


def _checked(spec: Path, request: Request) -> _Parcel:
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        done = check_spec(spec, request)
    result = to_json(done.reports, version=installed_version())
    return _Parcel(result, done.errors, done.statuses, done.cases, done.properties, said.getvalue())


def _unpacked(parcel: _Parcel) -> Done:
    if parcel.said:
        click.echo(parcel.said, nl=False, err=True, file=sys.stderr)
    return Done(
        from_json(parcel.result), parcel.errors, parcel.statuses, parcel.cases, parcel.properties
    )
