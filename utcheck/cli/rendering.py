"""Choosing traces of a result, and writing them in one of the formats."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from utcheck.cli.checking import Done
from utcheck.cli.output import Style, chart_of, replace_file
from utcheck.cli.picture import draw
from utcheck.cli.render import FORMATS
from utcheck.cli.status import installed_version
from utcheck.errors import Place, UsageError, did_you_mean
from utcheck.outcome import PropertyResult, Trace, Verdict
from utcheck.plain import enumerate_words, escape
from utcheck.render.dot import dot
from utcheck.render.mail import headline, mail
from utcheck.render.mermaid import sequence_diagram, trace_states
from utcheck.render.page import page
from utcheck.report.case import CaseReport
from utcheck.report.json import from_json, to_json

# What GitHub and GitLab leave Mermaid at: with more characters it draws an error.
MERMAID_CHARACTERS = 50_000
_SUFFIXES = {"txt": "mail", "mmd": "mermaid", "htm": "html", "gv": "dot"}


@dataclass(frozen=True, slots=True)
class Result:
    """What `utcheck run` found: with which version, and whether times were measured."""

    reports: Sequence[CaseReport]
    version: str
    timing: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """One trace that is to be shown, and where it stands in a result."""

    report: CaseReport
    result: PropertyResult
    trace: Trace

    @property
    def title(self) -> str:
        """One line that says what it shows."""
        return headline(self.report.name, self.result)


def form_of(form: str | None, output: str | None) -> str:
    """Return the format that is asked for, or that the name of the output suggests.

    Raises:
        UsageError: if there is no such format.
    """
    if form is None:
        suffix = Path(output or "").suffix.removeprefix(".")
        form = _SUFFIXES.get(suffix, suffix)
        return form if form in FORMATS else "chart"
    if form not in FORMATS:
        hint = did_you_mean(form, FORMATS) or f"; it is one of {', '.join(FORMATS)}"
        raise UsageError(f"unknown format '{escape(form)}'{hint}")
    return form


def read(name: str) -> Result:
    """Return the result in a file, or on standard input if the name is `-`.

    Raises:
        UsageError: if it cannot be read, or is none.
    """
    place = Place(name)
    try:
        data = json.loads(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
        reports = from_json(data)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", place=place) from None
    except json.JSONDecodeError as error:
        place = Place(name, error.lineno, error.colno)
        raise UsageError(f"not JSON: {error.msg}", place=place) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not JSON that can be read: {escape(str(error))}", place=place) from None
    except UsageError as error:
        raise UsageError(error.message, place=place) from None
    sizes = [one["outcome"]["statistics"] for one in data["reports"]]
    return Result(reports, str(data.get("utcheck")), all("seconds" in size for size in sizes))


def chosen(result: Result, cases: Sequence[str], properties: Sequence[str]) -> list[Shown]:
    """Return the traces of these properties in these cases; no names stand for all.

    Raises:
        UsageError: if there is no such case or property, or it has no trace.
    """
    known = dict.fromkeys(name for one in result.reports for name in _names(one))
    for name in cases:
        _is_known("case", name, known)
    reports = [one for one in result.reports if not cases or set(cases) & set(_names(one))]
    known = dict.fromkeys(found.name for report in reports for found in report.outcome)
    for name in properties:
        _is_known("property", name, known)
    shown = traces(reports, properties)
    for name in properties:
        if not any(one.result.name == name for one in shown):
            verdicts = {one.outcome[name].verdict for one in reports if name in one.outcome}
            how = enumerate_words([_said(verdict) for verdict in Verdict if verdict in verdicts])
            raise UsageError(f"no trace to show: '{escape(name)}' {how}")
    if not shown:
        raise UsageError("no trace to show: no property has one")
    return shown


def traces(reports: Iterable[CaseReport], properties: Sequence[str]) -> list[Shown]:
    """Return the traces of these properties, or else the counterexamples, or else the witnesses."""
    shown = [
        Shown(report, found, found.trace)
        for report in reports
        for found in report.outcome
        if found.trace is not None and (not properties or found.name in properties)
    ]
    violated = [one for one in shown if one.result.verdict is Verdict.VIOLATED]
    return shown if properties else violated or shown


def _names(report: CaseReport) -> tuple[str, ...]:
    """Return the names by which a case is chosen: its own, and that of its matrix."""
    return (report.case, report.case.partition("[")[0]) if report.case else ()


def _is_known(what: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        hint = did_you_mean(name, names) or (f"; there are {', '.join(names)}" if names else "")
        raise UsageError(f"there is no {what} '{escape(name)}'{escape(hint)}")


def _said(verdict: Verdict) -> str:
    return "holds" if verdict is Verdict.HOLDS else f"is {verdict}"


def rendered(result: Result, shown: Sequence[Shown], form: str, style: Style) -> bytes:
    """Return traces of a result in a format.

    Raises:
        UsageError: if the format has room for one trace and these are several, or if it cannot be
            drawn.
    """
    if form == "json":
        return _json(result, shown)
    if form in ("chart", "mail", "dot"):
        return "\n\n".join(_text(result, one, form, style, len(shown)) for one in shown).encode()
    if len(shown) > 1:
        names = [f"'{one.result.name}' in {one.report.name}" for one in shown]
        raise UsageError(
            f"{form} shows one trace, and these are {len(shown)}: "
            f"{escape(enumerate_words(names))}; choose with --property and --case"
        )
    one = shown[0]
    if form in ("svg", "png"):
        return draw(dot(one.trace, one.title, unicode=form == "svg"), form)
    return (_page(result, one) if form == "html" else _mermaid(one, form)).encode()


def _text(result: Result, one: Shown, form: str, style: Style, count: int) -> str:
    if form == "mail":
        return mail(one.report, one.result.name, version=result.version)
    if form == "dot":
        return dot(one.trace, one.title)
    heading = f"{escape(one.title, unicode=style.unicode)}\n\n" if count > 1 else ""
    return heading + chart_of(style)(one.trace)


def _mermaid(one: Shown, form: str) -> str:
    text = (sequence_diagram if form == "mermaid" else trace_states)(one.trace, one.title)
    if len(text) > MERMAID_CHARACTERS:
        raise UsageError(
            f"Mermaid draws no more than {MERMAID_CHARACTERS:,} characters, and this has "
            f"{len(text):,}; use chart or svg"
        )
    return text


def _page(result: Result, one: Shown) -> str:
    """Return the page, with the states of the trace as a picture where there is a Graphviz."""
    try:
        picture = draw(dot(one.trace), "svg").decode()
    except UsageError:
        picture = None
    return page(
        one.report,
        one.result.name,
        state_graph_svg=picture,
        sources=_sources(one.report),
        version=result.version,
    )


def _sources(report: CaseReport) -> dict[str, list[str]]:
    """Return the lines of the files that are still what was checked."""
    sources = {}
    for name, digest in report.digests.items():
        try:
            data = Path(name).read_bytes()
        except (OSError, ValueError):
            continue
        if hashlib.sha256(data).hexdigest().startswith(digest):
            sources[name] = data.decode(errors="replace").splitlines()
    return sources


def _json(result: Result, shown: Sequence[Shown]) -> bytes:
    """Return the result with nothing but these properties."""
    reports = []
    for report in result.reports:
        kept = tuple(one.result for one in shown if one.report is report)
        if kept:
            reports.append(replace(report, outcome=replace(report.outcome, properties=kept)))
    data = to_json(reports, version=result.version, timing=result.timing)
    return (json.dumps(data, indent=2) + "\n").encode()


def write(data: bytes, form: str, style: Style) -> None:
    """Write to the output of a style.

    Raises:
        UsageError: if it cannot be written, or is a PNG and would go to a terminal.
    """
    if style.output is not None:
        replace_file(style.output, data)
        return
    if form == "png" and sys.stdout.isatty():
        raise UsageError("a PNG does not go to a terminal; name a file with --output")
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def write_traces(
    done: Done, properties: Sequence[str], form: str, style: Style, *, timing: bool
) -> None:
    """Write the traces of what was checked, or say on stderr that there is none.

    Raises:
        UsageError: if the format cannot show them, or they cannot be written.
    """
    shown = traces(done.reports, properties)
    if shown:
        result = Result(done.reports, installed_version(), timing)
        write(rendered(result, shown, form, style), form, style)
    elif done.reports:
        click.echo("utcheck: no trace to show: no property has one", err=True)
