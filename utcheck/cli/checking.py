"""Checking the cases of many specs, where a mistake in one does not stop the others."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from utcheck.check import ENGINES, PLANNED, check
from utcheck.cli.cache import Cache
from utcheck.cli.cases import specs_below
from utcheck.cli.changed import changed_since, concerns
from utcheck.cli.progress import ProgressLine
from utcheck.cli.status import (
    AS_EXPECTED,
    INTERRUPTED,
    UNDECIDED,
    UNEXPECTED,
    WRONG,
    gravest,
    report_internal,
)
from utcheck.cli.watchdog import step_limit
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
from utcheck.outcome import StopReason
from utcheck.properties.parse import BUILT_IN
from utcheck.render.chart import chart
from utcheck.report.case import CaseReport, Status
from utcheck.spec.importing import project_root

if TYPE_CHECKING:
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
    changed_since: str | None = None


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
        """Add what came out of another spec."""
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


def check_all(request: Request) -> Done:
    """Check what is asked for, and say on stderr what is wrong with a spec or a model.

    Raises:
        UsageError: if there is no such engine.
    """
    _check_engine(request.engine)
    done = Done()
    specs = _specs(request.paths, done)
    if request.changed_since is not None:
        changed = changed_since(request.changed_since)
        chosen = [path for path in specs if concerns(path, changed)]
        if not chosen and not done.statuses:
            click.echo(f"utcheck: no spec has changed since {request.changed_since}", err=True)
            return done
        specs = iter(chosen)
    try:
        if request.jobs > 1:
            from utcheck.cli.parallel import check_each

            checked = check_each(list(specs), request)
        else:
            checked = (check_spec(path, request) for path in specs)
        for one in checked:
            done.add(one)
            if INTERRUPTED in one.statuses:
                raise KeyboardInterrupt
            if request.fail_fast and one.status not in (AS_EXPECTED, UNDECIDED):
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


def check_spec(path: Path, request: Request) -> Done:
    """Check what is asked of one spec."""
    done = Done()
    remembered = _remembered(path, request)
    if remembered is not None:
        done.reports += remembered
        return done
    try:
        loaded = _load(path, done)
        done.cases += [case.name for case in loaded]
        chosen = [case for case in loaded if _is_chosen(case, request.cases)]
        done.properties += [name for case in chosen for name in case.expected]
        for case in chosen:
            _check(_only(case, request.properties), request, done)
            if done.reports and done.reports[-1].outcome.stop is StopReason.INTERRUPTED:
                raise KeyboardInterrupt
            if request.fail_fast and done.status not in (AS_EXPECTED, UNDECIDED):
                return done
    except KeyboardInterrupt:
        done.statuses.append(INTERRUPTED)
        return done
    if not done.statuses:
        _remember(path, request, done.reports)
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
    if name in PLANNED:
        raise UsageError(f"this version has no engine '{name}'; it has {', '.join(ENGINES)}")
    if name is not None and name not in ENGINES:
        raise UsageError(f"unknown engine '{name}'{did_you_mean(name, list(ENGINES))}")


def _specs(paths: Iterable[str], done: Done) -> Iterator[Path]:
    """Yield every spec once, those of a directory in the order of their names."""
    seen = set()
    for text in paths:
        path = Path(text)
        found = sorted(specs_below(path)) if path.is_dir() else [path]
        if not found:
            done.refuse("no specs (*.yaml, *.yml) in this directory", Place(text))
        for spec in found:
            real = spec.resolve()
            if real not in seen:
                seen.add(real)
                yield spec


def _load(path: Path, done: Done) -> list[Case]:
    from utcheck.spec.load import load  # its libraries take longer to import than all the rest

    try:
        return load(path)
    except SpecError as error:
        done.errors += error.findings
        done.statuses.append(error.exit_status)
        click.echo(str(error), err=True)
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
    return replace(case, properties=mapping, expected=expected)


def _check(case: Case, request: Request, done: Done) -> None:
    """Check one case and add what came out."""
    if not case.expected:
        return
    where = f"{case.spec} [{case.name}]" if case.name else case.spec
    try:
        with ProgressLine(where, sys.stderr, _columns()) as progress, step_limit():
            outcome = check(
                case.model,
                case.properties,
                engine=request.engine or case.engine,
                limits=case.limits,
                fairness=case.fairness,
                distinct=request.distinct,
                progress=progress,
            )
    except InternalError as error:
        done.statuses.append(report_internal(error, where))
    except UtcheckError as error:
        _wrong(error, where, request, done)
    except (
        Exception,
        SystemExit,
    ) as error:  # a defect of utcheck; the other cases are checked all the same
        done.statuses.append(report_internal(error, where))
    else:
        done.reports.append(
            CaseReport(
                case.spec,
                case.title,
                case.source,
                case.name,
                outcome,
                case.expected,
                case.digests,
                case.lines,
            )
        )


def _columns() -> int:
    return shutil.get_terminal_size().columns


def _wrong(error: UtcheckError, where: str, request: Request, done: Done) -> None:
    """Say what is wrong with a model, and show the run that leads there."""
    done.refuse(error.message, error.place or Place(where))
    if isinstance(error, ModelError) and error.trace is not None:
        click.echo(f"This happens in {where} after:\n", err=True)
        click.echo(chart(error.trace, width=request.chart_width), err=True)


def _all_known(wanted: Sequence[str], known: Iterable[str], what: str, done: Done) -> None:
    names = [name for name in dict.fromkeys(known) if name]
    heads = [name.partition("[")[0] for name in names]
    for name in wanted:
        if name not in names and name not in heads:
            done.refuse(f"there is no {what} '{name}'{did_you_mean(name, [*names, *heads])}")
