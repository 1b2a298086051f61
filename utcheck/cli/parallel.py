"""Checking several cases at once, each in a process of its own.

Processes are forked when a spec has been loaded, so they have its cases and the model as it is
then, and take one case after another. If one of them dies, the other cases are not concerned. What
comes out is handed on in the order of the cases.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO

import click

from utcheck.check import unknown
from utcheck.cli.checking import Done, Request, Task, check_case, place_of, report_of
from utcheck.cli.reading import Reads, listener
from utcheck.cli.status import INTERRUPTED, installed_version, report_internal
from utcheck.errors import Finding, InternalError, Place, UsageError
from utcheck.outcome import StopReason
from utcheck.report.json import from_json, to_json

if TYPE_CHECKING:
    from utcheck.spec.load import Case

PATIENCE = 10.0  # seconds that a search which is interrupted has to say what it has found


def check_each(tasks: Iterator[Task], request: Request) -> Iterator[tuple[Task, Done]]:
    """Yield each part of the work with what came out, in order, as soon as those before are done.

    Raises:
        UsageError: if no process can be started.
    """
    crew = _Crew(tasks, request)
    try:
        while True:
            crew.employ()
            while crew.line and crew.line[0].done is not None:
                part = crew.line.popleft()
                yield part.task, part.said_and_done()
            if not crew.line:
                return
            crew.wait(None)
    except KeyboardInterrupt:
        if not crew.line:
            raise
        yield crew.line[0].task, crew.interrupted()
    finally:
        crew.dismiss()


@dataclass(slots=True)
class _Part:
    """A part of the work: what was said about it, and what came out, once it is done."""

    task: Task
    said: str
    done: Done | None

    def said_and_done(self) -> Done:
        """Say what was said, and return what came out."""
        click.echo(self.said, nl=False, err=True)
        return self.done or Done()


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What a process hands in, in a form that nothing of the model is needed to read."""

    result: dict[str, Any]
    errors: list[Finding]
    statuses: list[int]
    reads: Reads
    said: str


@dataclass(slots=True)
class _Worker:
    """A process that can check the cases of one spec, and the part that it is at."""

    process: ForkProcess
    pipe: Connection
    cases: Sequence[Case]
    part: _Part | None = None


class _Crew:
    """The processes at work; `line` has the parts that are not handed on yet, in their order."""

    def __init__(self, tasks: Iterator[Task], request: Request) -> None:
        self.line: deque[_Part] = deque()
        self._tasks = tasks
        self._request = request
        self._waiting: _Part | None = None
        self._workers: list[_Worker] = []

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.part is not None]

    def employ(self) -> None:
        """Give out cases until every process has one, or there is nothing more to do."""
        while len(self._busy()) < self._request.jobs:
            self._waiting = self._waiting or self._next()
            if self._waiting is None:
                return
            try:
                worker = self._worker(self._waiting.task.cases)
            except OSError as error:
                if not self._busy():
                    raise UsageError(f"cannot start a process: {error.strerror}") from None
                return  # there is room again when one of them has ended
            worker.part, self._waiting = self._waiting, None
            with contextlib.suppress(OSError):  # of one that has died is heard soon
                worker.pipe.send(worker.part.task.number)

    def _next(self) -> _Part | None:
        """Put parts into the line up to the next that has a case to be checked, and return it."""
        while True:
            with _captured() as said:
                task = next(self._tasks, None)
            if task is None:
                return None
            part = _Part(task, said.getvalue(), task.found if task.case is None else None)
            self.line.append(part)
            if task.case is not None:
                return part

    def _worker(self, cases: Sequence[Case]) -> _Worker:
        """Return a process that is idle and knows these cases."""
        idle = [worker for worker in self._workers if worker.part is None]
        for worker in idle:
            if worker.cases is cases:
                return worker
        if len(self._workers) >= self._request.jobs:
            self._end(idle[0])
        worker = _started(cases, self._request)
        self._workers.append(worker)
        return worker

    def _end(self, worker: _Worker) -> None:
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)

    def wait(self, seconds: float | None) -> None:
        """Wait until a process has handed something in or ended, but not longer than this."""
        busy = self._busy()
        ready = connection.wait([worker.pipe for worker in busy], seconds)
        for worker in busy:
            if worker.pipe in ready:
                self._take(worker)

    def _take(self, worker: _Worker) -> None:
        """Take what a process has handed in, or else find out what became of it."""
        part, worker.part = worker.part, None
        if part is None or part.task.case is None:
            return
        try:
            parcel: _Parcel = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            with _captured() as said:
                part.done = _lost(part.task.case, worker.process.exitcode or 0)
            part.said += said.getvalue()
            self._end(worker)
            return
        listener().reads.add(parcel.reads)
        part.said += parcel.said
        part.done = Done(from_json(parcel.result), parcel.errors, parcel.statuses)

    def interrupted(self) -> Done:
        """Ask all to stop, and return what was found until then."""
        with contextlib.suppress(KeyboardInterrupt):  # a second one wants it at once
            for worker in self._busy():
                worker.process.terminate()
            deadline = time.monotonic() + PATIENCE
            while self._busy() and time.monotonic() < deadline:
                self.wait(deadline - time.monotonic())
        found = Done()
        for part in self.line:
            if part.done is not None:
                found.add(part.said_and_done())
        found.statuses.append(INTERRUPTED)
        return found

    def dismiss(self) -> None:
        """End the processes."""
        for worker in list(self._workers):
            self._end(worker)


def _started(cases: Sequence[Case], request: Request) -> _Worker:
    """Return a new process; it is a copy of this one, in which the models are imported."""
    ours, theirs = connection.Pipe()
    process = get_context("fork").Process(target=_work, args=(theirs, cases, request), daemon=True)
    # The process unblocks it when it can take it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        process.start()
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return _Worker(process, ours, cases)


@contextlib.contextmanager
def _captured() -> Iterator[io.StringIO]:
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        yield said


def _work(pipe: Connection, cases: Sequence[Case], request: Request) -> None:
    """Check one case after another, and hand in what came out; a process does nothing else."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked says what to do
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    with contextlib.suppress(RuntimeError):  # there is no room for a thread
        threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        while True:
            pipe.send(_parcel(cases[pipe.recv()], request, sys.stderr))
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)  # which is what it would have come to


def _parcel(case: Case, request: Request, log: TextIO) -> _Parcel:
    with _captured() as said:
        signal.signal(signal.SIGTERM, _stop)
        done = check_case(case, request, log=log)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # let what was found be handed in
        result: dict[str, Any] = {}
        try:
            result = to_json(done.reports, version=installed_version())
        except Exception as error:  # a defect of utcheck
            done.statuses.append(report_internal(error, place_of(case)))
            result = to_json([], version=installed_version())
    return _Parcel(result, done.errors, done.statuses, listener().reads, said.getvalue())


def _stop(_: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(INTERRUPTED)


def _lost(case: Case, status: int) -> Done:
    """Return what is to be said of a case whose process has handed in nothing."""
    done = Done()
    where = place_of(case)
    if status in (-signal.SIGTERM, INTERRUPTED):
        done.statuses.append(INTERRUPTED)
    elif status == -signal.SIGKILL:
        click.echo(
            f"{where}: the process that checked this was killed, as it is where memory runs out",
            err=True,
        )
        outcome = unknown(case.model, case.properties, case.fairness, StopReason.MEMORY)
        done.reports.append(report_of(case, outcome))
    elif status < 0:
        what = f"the process that checked this was ended by {signal.Signals(-status).name}"
        done.statuses.append(report_internal(InternalError(what), where))
    else:
        done.refuse(f"the model has ended its process, with status {status}", Place(where))
    return done
