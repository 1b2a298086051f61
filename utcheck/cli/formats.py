"""`utcheck run --format`: which formats go where, and writing them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from utcheck.cli.checking import Done
from utcheck.cli.output import Style, as_json, check_writable, emit, replace_file, write
from utcheck.cli.run import FORMATS
from utcheck.cli.status import INTERNAL, INTERRUPTED, installed_version
from utcheck.errors import Finding, Place, UsageError, did_you_mean
from utcheck.plain import escape
from utcheck.render.chart import chart
from utcheck.report.case import CaseReport
from utcheck.report.github import github, step_summary
from utcheck.report.gitlab import gitlab
from utcheck.report.junit import junit
from utcheck.report.ktap import ktap
from utcheck.report.markdown import markdown
from utcheck.report.sarif import sarif
from utcheck.report.text import WIDTH, Chart, report_text
from utcheck.spec.importing import shown

SUMMARY = "GITHUB_STEP_SUMMARY"
_UNFINISHED = {
    INTERNAL: "utcheck itself is wrong; what to report is on standard error",
    INTERRUPTED: "the run was interrupted; this is what was found so far",
}


@dataclass(frozen=True, slots=True)
class Formats:
    """What is written: `main` to standard output or to --output, and `files`.

    `width` is that of the charts in them, which are ASCII.
    """

    main: str
    files: Sequence[tuple[str, Path]]
    width: int

    @classmethod
    def of(
        cls, asked: Sequence[str], *, others: Sequence[str], output: str | None, width: int | None
    ) -> Formats:
        """Return the formats that are asked for, each as NAME or NAME=FILE.

        `others` are the options --render and --json where they are given.

        Raises:
            UsageError: if there is no such format, two have the same place, or a file cannot be
                written.
        """
        main = [(option, option.removeprefix("--")) for option in others]
        files = []
        for one in asked:
            form, _, file = one.partition("=")
            _check_known(form)
            if file in ("", "-") and one != f"{form}=":
                main.append((f"--format {form}", form))
            else:
                check_writable(Path(file))
                files.append((form, Path(file)))
        if len(main) > 1:
            hint = "give one a file, as in --format junit=FILE"
            raise UsageError(f"{main[0][0]} and {main[1][0]} go to the same place; {hint}")
        named = [] if output in (None, "-") else [Path(str(output))]
        _check_distinct([*named, *(path for _, path in files)])
        return cls(main[0][1] if main else "text", files, width or WIDTH)


def _check_known(form: str) -> None:
    if form not in FORMATS:
        hint = did_you_mean(form, FORMATS) or f"; it is one of {', '.join(FORMATS)}"
        raise UsageError(f"unknown format '{escape(form)}'{hint}")


def _check_distinct(paths: Sequence[Path]) -> None:
    seen = set()
    for path in paths:
        real = path.resolve()
        if real in seen and (real.is_file() or not real.exists()):  # a pipe may take several
            raise UsageError(f"two formats cannot both be written to '{escape(str(path))}'")
        seen.add(real)


def write_main(done: Done, formats: Formats, style: Style, *, timing: bool) -> None:
    """Write what goes to standard output, or to --output.

    Raises:
        UsageError: if it cannot be written.
    """
    if formats.main in ("text", "json"):
        write(done, style, timing=timing)
    else:
        emit(in_format(formats.main, done, formats.width, timing=timing), style.output)


def write_files(done: Done, formats: Formats, *, timing: bool) -> None:
    """Write what goes to files, and the step summary where GitHub asks for one.

    Raises:
        UsageError: if one of them cannot be written; the others are written all the same.
    """
    failed = []
    for form, path in formats.files:
        text = in_format(form, done, formats.width, timing=timing)
        try:
            replace_file(path, text.encode())
        except UsageError as error:
            failed.append(error)
    summary = os.environ.get(SUMMARY)
    if summary and "github" in (formats.main, *(form for form, _ in formats.files)):
        draw = partial(chart, width=formats.width)
        _append(Path(summary), step_summary(_located(done), troubles(done), chart=draw))
    if failed:
        raise failed[0]


def _append(path: Path, text: str) -> None:
    """Add to a file to which other commands of the same step have written."""
    try:
        with path.open("ab") as file:
            file.write(text.encode())
    except OSError as error:
        raise UsageError(f"cannot write to '{path}' ({SUMMARY}): {error.strerror}") from None


def in_format(form: str, done: Done, width: int, *, timing: bool) -> str:
    """Return everything that was found as text in a format, with charts of `width` columns."""
    draw: Chart = partial(chart, width=width)
    if form == "json":
        return as_json(done, timing=timing)
    if form == "text":
        return report_text(done.reports, chart=draw, timing=timing)
    reports, errors = _located(done), troubles(done)
    match form:
        case "junit":
            return junit(reports, errors, chart=draw, timing=timing)
        case "sarif":
            return sarif(reports, errors, version=installed_version())
        case "ktap":
            return ktap(reports, errors, chart=draw)
        case "github":
            return github(reports, errors)
        case "gitlab":
            return gitlab(reports, errors)
        case _:
            return markdown(reports, errors)


def troubles(done: Done) -> list[Finding]:
    """Return the errors, and that utcheck failed or was interrupted, which no spec is to blame for.

    Without the latter a file might say that all is well where the exit status says that it is not.
    """
    errors = [
        replace(error, place=replace(error.place, path=shown(Path(error.place.path))))
        for error in done.errors
    ]
    unfinished = [text for status, text in _UNFINISHED.items() if status in done.statuses]
    return [*errors, *(Finding(Place("utcheck"), text) for text in unfinished)]


def _located(done: Done) -> list[CaseReport]:
    """Return the reports with paths from the working directory, as what reads them wants them."""
    return [replace(report, spec=shown(Path(report.spec))) for report in done.reports]
