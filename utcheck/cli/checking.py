"""Checking the cases of many specs, where a mistake in one does not stop the others."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from utcheck.check import ENGINES, check
from utcheck.cli.cache import Cache
from utcheck.cli.cases import specs_below
from utcheck.cli.changed import changed_since, concerns
from utcheck.cli.progress import ProgressLine
from utcheck.cli.reading import listener
from utcheck.cli.status import (
    AS_EXPECTED,
    INTERRUPTED,
    UNDECIDED,
    UNEXPECTED,
    WRONG,
    gravest,
    report_internal,
)
from utcheck.errors import (
    Finding,
    InternalError,
    ModelError,
    Place,
    SpecError,
    UsageError,
    UtcheckError,
    did_you_mean,
)
from utcheck.model.watchdog import SECONDS, step_limit
from utcheck.outcome import Outcome, StopReason
from utcheck.properties.parse import BUILT_IN
from utcheck.render.chart import chart
from utcheck.report.case import CaseReport, Status
from utcheck.spec.importing import project_root, shown

if TYPE_CHECKING:
    from utcheck.cli.checkpoints import Keeping
    from utcheck.spec.load import Case

_STATUSES = {
    Status.EXPECTED: AS_EXPECTED,
    Status.UNEXPECTED: UNEXPECTED,
    Status.UNDECIDED: UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class Request:
    """What `utcheck run` was asked for; no cases or properties means all of them."""

    paths: Sequence[str]
    cases: Sequence[str] = ()
    properties: Sequence[str] = ()
    engine: str | None = None
    chart_width: int = 72
    distinct: int = 0
    cache: bool = False
    jobs: int = 1
    fail_fast: bool = False
    step_seconds: float | None = None
    changed_since: str | None = None
    workers: int | None = None
    keeping: Keeping | None = None


@dataclass(slots=True)
class Done:
    """What came out: a report for each case that was checked, and what was wrong.

    `cases` and `properties` are the names that there are, whether they were asked for or not.
    """

    reports: list[CaseReport] = field(default_factory=list)
    errors: list[Finding] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    properties: list[str] = field(default_factory=list)

    def add(self, other: Done) -> None:
        """Add what came out of another part of the work."""
        self.reports += other.reports
        self.errors += other.errors
        self.statuses += other.statuses
        self.cases += other.cases
        self.properties += other.properties

    def refuse(self, message: str, place: Place | None = None) -> None:
        """Say what is wrong, and keep it."""
        self.errors.append(Finding(place or Place("utcheck"), message))
        self.statuses.append(WRONG)
        click.echo(str(self.errors[-1]), err=True)

    @property
    def status(self) -> int:
        """The exit status for all of it."""
        return gravest([*self.statuses, *(_STATUSES[report.status] for report in self.reports)])


@dataclass(frozen=True, slots=True)
class Task:
    """A part of the work: to check a case, or if there is none, to say what was `found` before.

    The case is the one with this `number` among the `cases` of the spec that are checked; `last`
    says that nothing of the spec comes after it.
    """

    spec: Path
    found: Done
    last: bool = False
    cases: Sequence[Case] = ()
    number: int = 0

    @property
    def case(self) -> Case | None:
        """The case that is to be checked."""
        return self.cases[self.number] if self.cases else None


def check_all(request: Request) -> Done:
    """Check what is asked for, and say on stderr what is wrong with a spec or a model.

    Raises:
        UsageError: if there is no such engine, or no process can be started.
    """
    _check_engine(request.engine)
    done = Done()
    specs = _specs(request.paths)
    if request.changed_since is not None:
        changed = changed_since(request.changed_since)
        chosen = [one for one in specs if isinstance(one, Done) or concerns(one, changed)]
        if not chosen:
            click.echo(f"utcheck: no spec has changed since {request.changed_since}", err=True)
            return done
        specs = iter(chosen)
    try:
        with closing(_checked(_tasks(specs, request), request)) as checked:
            if not _gather(checked, request, done):
                click.echo("utcheck: stopped there, as --fail-fast asks", err=True)
                return done
    except KeyboardInterrupt:
        click.echo("utcheck: interrupted; this is what was found so far", err=True)
        done.statuses.append(INTERRUPTED)
        return done
    if not done.statuses:  # else a name that is missing may stand in a spec with a mistake
        _all_known(request.cases, done.cases, "case", done)
        _all_known(request.properties, done.properties, "property", done)
    if not done.statuses and not done.reports:
        done.refuse("nothing to check")
    return done


def _checked(tasks: Iterator[Task], request: Request) -> Generator[tuple[Task, Done]]:
    """Yield each part of the work with what came out, in its order."""
    if request.jobs > 1:
        from utcheck.cli.parallel import check_each

        yield from check_each(tasks, request)
        return
    for task in tasks:
        yield task, task.found if task.case is None else check_case(task.case, request)


def _gather(checked: Iterable[tuple[Task, Done]], request: Request, done: Done) -> bool:
    """Add what comes out, and remember it; return whether it was gone through to the end."""
    of_spec = Done()
    for task, one in checked:
        done.add(one)
        of_spec.add(one)
        if INTERRUPTED in one.statuses:
            raise KeyboardInterrupt
        if request.fail_fast and one.status not in (AS_EXPECTED, UNDECIDED):
            return False
        if task.last:
            if not of_spec.statuses:
                _remember(task.spec, request, of_spec.reports)
            of_spec = Done()
    return True


def _tasks(specs: Iterable[Path | Done], request: Request) -> Iterator[Task]:
    """Yield what there is to do; a spec is loaded when everything before it has been taken."""
    for spec in specs:
        if isinstance(spec, Done):
            yield Task(Path(), spec, last=True)
            continue
        remembered = _remembered(spec, request)
        if remembered is not None:
            yield Task(spec, Done(remembered))
            continue
        found = Done()
        loaded = _load(spec, request, found)
        found.cases += [case.name for case in loaded]
        chosen = [case for case in loaded if _is_chosen(case, request.cases)]
        found.properties += [name for case in chosen for name in case.expected]
        yield Task(spec, found, last=not chosen)
        cases = [_only(case, request.properties) for case in chosen]
        for number in range(len(cases)):
            yield Task(spec, Done(), number + 1 == len(cases), cases, number)


def check_case(case: Case, request: Request, *, log: TextIO | None = None) -> Done:
    """Check one case; how far it has come is said on stderr, or line by line in a log."""
    done = Done()
    try:
        with listener().listening(Path(case.spec)):
            _check(case, request, done, log)
    except KeyboardInterrupt:
        done.statuses.append(INTERRUPTED)
    if done.reports and done.reports[-1].outcome.stop is StopReason.INTERRUPTED:
        done.statuses.append(INTERRUPTED)
    return done


def _asked(request: Request) -> list[object]:
    return [request.engine, request.distinct]


def _may_remember(request: Request) -> bool:
    return request.cache and not request.cases and not request.properties


def _remembered(spec: Path, request: Request) -> list[CaseReport] | None:
    """Return what came out for a spec before, if it would come out again."""
    if not _may_remember(request):
        return None
    return Cache(project_root(spec)).load(spec, _asked(request))


def _remember(spec: Path, request: Request, reports: Sequence[CaseReport]) -> None:
    if _may_remember(request) and reports:
        Cache(project_root(spec)).save(spec, _asked(request), reports)


def _check_engine(name: str | None) -> None:
    if name is not None and name not in ENGINES:
        raise UsageError(f"unknown engine '{name}'{did_you_mean(name, list(ENGINES))}")


def _specs(paths: Iterable[str]) -> Iterator[Path | Done]:
    """Yield every spec once, those of a directory in the order of their names, or the error."""
    seen = set()
    for text in paths:
        path = Path(text)
        found = sorted(specs_below(path)) if path.is_dir() else [path]
        if not found:
            none = Done()
            none.refuse("no specs (*.yaml, *.yml) in this directory", Place(text))
            yield none
        for spec in found:
            real = spec.resolve()
            if real not in seen:
                seen.add(real)
                yield spec


def _load(path: Path, request: Request, done: Done) -> list[Case]:
    from utcheck.spec.load import load  # its libraries take longer to import than all the rest

    try:
        with listener().listening(path), step_limit(request.step_seconds or SECONDS):
            return load(path)
    except SpecError as error:
        done.errors += error.findings
        done.statuses.append(error.exit_status)
        click.echo(str(error), err=True)
    except ModelError as error:
        _wrong(error, str(path), request, done)
    except MemoryError:
        _out_of_memory(str(path), done)
    except (
        Exception,
        SystemExit,
    ) as error:  # a defect of utcheck; the other specs are checked all the same
        done.statuses.append(report_internal(error, str(path)))
    return []


def _is_chosen(case: Case, names: Sequence[str]) -> bool:
    return not names or any(case.name in (n, "") or case.name.startswith(f"{n}[") for n in names)


def _only(case: Case, names: Sequence[str]) -> Case:
    """Return the case with these properties alone."""
    if not names:
        return case
    mapping: dict[str, Any] = {name: case.properties[name] for name in case.properties}
    for name in case.expected:
        if name in names:
            continue
        mapping.pop(name, None)
        if name in BUILT_IN or name not in case.properties:
            mapping[name] = False
    expected = {name: verdict for name, verdict in case.expected.items() if name in names}
    pins = tuple(pin for pin in case.pins if pin.property in names)
    return replace(case, properties=mapping, expected=expected, pins=pins)


def _check(case: Case, request: Request, done: Done, log: TextIO | None) -> None:
    """Check one case and add what came out."""
    if not case.expected:
        return
    where = place_of(case)
    step_seconds = request.step_seconds or case.limits.step_seconds or SECONDS
    try:
        stream, keeping = log or sys.stderr, request.keeping
        with ProgressLine(
            where, stream, _columns(), terminal=None if log is None else False
        ) as progress:
            outcome = check(
                case.model,
                case.properties,
                engine=request.engine or case.engine,
                limits=replace(case.limits, step_seconds=step_seconds),
                fairness=case.fairness,
                distinct=request.distinct,
                # Cases that are checked side by side share the processors already.
                workers=1 if request.workers is None and request.jobs > 1 else request.workers,
                progress=progress,
                checkpoint=keeping.of_case(case, progress.say) if keeping else None,
            )
    except InternalError as error:
        done.statuses.append(report_internal(error, where))
    except UtcheckError as error:
        _wrong(error, where, request, done)
    except MemoryError:
        _out_of_memory(where, done)
    except (
        Exception,
        SystemExit,
    ) as error:  # a defect of utcheck; the other cases are checked all the same
        done.statuses.append(report_internal(error, where))
    else:
        done.reports.append(report_of(case, outcome))


def place_of(case: Case) -> str:
    """Return how messages name a case."""
    return f"{case.spec} [{case.name}]" if case.name else case.spec


def report_of(case: Case, outcome: Outcome) -> CaseReport:
    """Return the report of a case."""
    return CaseReport(
        case.spec, case.title, case.source, case.name, outcome, case.expected,
        case.digests, case.lines, pins=case.pins,
    )  # fmt: skip


def _out_of_memory(where: str, done: Done) -> None:
    done.refuse("there was not enough memory to check this", Place(where))
    done.statuses[-1] = UNDECIDED


def _columns() -> int:
    return shutil.get_terminal_size().columns


def _wrong(error: UtcheckError, where: str, request: Request, done: Done) -> None:
    """Say what is wrong with a model, and show the run that leads there."""
    place = error.place and replace(error.place, path=shown(Path(error.place.path)))
    done.refuse(error.message, place or Place(where))
    if isinstance(error, ModelError) and error.trace is not None:
        click.echo(f"This happens in {where} after:\n", err=True)
        click.echo(chart(error.trace, width=request.chart_width), err=True)


def _all_known(wanted: Sequence[str], known: Iterable[str], what: str, done: Done) -> None:
    names = [name for name in dict.fromkeys(known) if name]
    heads = [name.partition("[")[0] for name in names]
    for name in wanted:
        if name not in names and name not in heads:
            done.refuse(f"there is no {what} '{name}'{did_you_mean(name, [*names, *heads])}")
