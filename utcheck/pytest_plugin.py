"""Specs as tests of pytest: `pytest --utcheck specs/`.

Every property of every case is a test, `specs/ring.yaml::two::mutex`, and so is every number that
is pinned, `specs/ring.yaml::two::states`. Those of a matrix have their
parameters at the end, `specs/ring.yaml::sizes::mutex[n=2]`, as parametrised tests have, so that
`specs/ring.yaml::sizes` stands for all of them. A case is checked when the first of its properties
is tested, and once in a process.

The option is declared in `pytest_utcheck`, which loads this module where it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from utcheck.check import check
from utcheck.errors import InternalError, ModelError, Place, UtcheckError
from utcheck.outcome import Pin, StopReason
from utcheck.plain import escape
from utcheck.render.chart import chart
from utcheck.report.case import CaseReport, Checked
from utcheck.report.complaints import explanation as lines_about
from utcheck.report.complaints import grade, headline, one_line, place_of
from utcheck.spec.importing import shown
from utcheck.spec.load import Case, load
from utcheck.testing import explanation

SUFFIXES = (".yaml", ".yml")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SpecFile | None:
    """Collect a spec; in a directory, hidden files are none."""
    hidden = file_path.name.startswith(".") and not parent.session.isinitpath(file_path)
    if file_path.suffix not in SUFFIXES or hidden:
        return None
    spec: SpecFile = SpecFile.from_parent(parent, path=file_path)
    return spec


class Failure(Exception):
    """What a test that fails shows: a summary of one line, the place it is about, and a text."""

    def __init__(self, summary: str, place: Place, text: str) -> None:
        """Keep the three."""
        super().__init__(text)
        self.summary = summary
        self.place = place


@dataclass(slots=True)
class Question:
    """A case, and what came out when it was checked."""

    case: Case
    root: str
    workers: int | None = None
    answer: CaseReport | UtcheckError | None = None

    def ask(self) -> CaseReport:
        """Return what came out, and check the case first unless that was done.

        Raises:
            Failure: if the case cannot be checked.
        """
        if self.answer is None:
            try:
                self.answer = self._check()
            except UtcheckError as error:
                self.answer = error
        if isinstance(self.answer, UtcheckError):
            raise _failure(self.answer, self.case) from None
        return self.answer

    def _check(self) -> CaseReport:
        case = self.case
        outcome = check(
            case.model,
            case.properties,
            engine=case.engine,
            limits=case.limits,
            fairness=case.fairness,
            workers=self.workers,
            root=self.root,
        )
        if outcome.stop is StopReason.INTERRUPTED:
            raise KeyboardInterrupt
        return CaseReport(
            case.spec, case.title, case.source, case.name, outcome, case.expected,
            case.digests, case.lines, pins=case.pins,
        )  # fmt: skip


class SpecFile(pytest.File):
    """A spec; what it collects are its cases, or its properties where it has no cases."""

    def collect(self) -> Iterator[CaseNode | PropertyItem]:
        """Load the spec."""
        root = str(self.config.invocation_params.dir)
        # Tests that run side by side (pytest-xdist) share the processors already.
        workers = 1 if hasattr(self.config, "workerinput") else None
        heads: dict[str, list[Question]] = {}
        for case in load(Path(shown(self.path))):
            heads.setdefault(_head(case), []).append(Question(case, root, workers))
        for head, questions in heads.items():
            if head:
                name = escape(head, unicode=True)
                node: CaseNode = CaseNode.from_parent(self, name=name, questions=questions)
                yield node
            else:
                yield from _items(self, questions)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the mistakes in the spec, each with its place."""
        if isinstance(excinfo.value, UtcheckError):
            return "\n".join(escape(line, unicode=True) for line in str(excinfo.value).split("\n"))
        return super().repr_failure(excinfo)


class CaseNode(pytest.Collector):
    """A case of a spec, or all combinations of one with a matrix."""

    def __init__(self, *, questions: list[Question], **options: Any) -> None:
        """Keep what is to be checked."""
        super().__init__(**options)
        self.questions = questions

    def collect(self) -> Iterator[PropertyItem]:
        """Return the properties."""
        return _items(self, self.questions)


class PropertyItem(pytest.Item):
    """A property of a case, by its name, or a number that is pinned."""

    def __init__(self, *, question: Question, about: str | Pin, **options: Any) -> None:
        """Keep which property or pin of which case it is."""
        super().__init__(**options)
        self.question = question
        self.about = about

    def runtest(self) -> None:
        """Fail unless the verdict or number is the expected one."""
        report = self.question.ask()
        one = self.about if isinstance(self.about, Pin) else report.outcome[self.about]
        if grade(report, one) is not None:
            name = one_line(f"{report.name}: {one.name}")  # which the id of the test says too
            summary = headline(report, one).removeprefix(name).lstrip(": ")
            raise Failure(summary, place_of(report, one), _explained(report, one))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the text of a failure alone, with its summary for the list at the end."""
        failure = excinfo.value
        if not isinstance(failure, Failure):
            return super().repr_failure(excinfo, style)
        representation = excinfo.getrepr(style="value", chain=False)
        crash = representation.reprcrash
        if crash is not None:
            crash.path, crash.lineno = failure.place.path, failure.place.line or 1
            crash.message = failure.summary
        return representation

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the line of the property in the spec, counted from 0, and a heading."""
        case = self.question.case
        where = f"{self.path.stem} [{case.name}]" if case.name else self.path.stem
        if isinstance(self.about, Pin):
            name, line = self.about.name, self.about.line or 1
        else:
            name, line = self.about, case.lines.get(self.about, 1)
        return self.path, line - 1, one_line(f"{where}: {name}")


def _explained(report: CaseReport, one: Checked) -> str:
    if isinstance(one, Pin):
        return "\n".join(lines_about(report, one, chart))
    return explanation(replace(report, pins=()), [one.name])


def _head(case: Case) -> str:
    """Return the name of a case without the parameters of a matrix."""
    return case.name.partition("[")[0] or case.name


def _items(parent: pytest.Collector, questions: Iterable[Question]) -> Iterator[PropertyItem]:
    for question in questions:
        parameters = question.case.name.removeprefix(_head(question.case))
        abouts: list[str | Pin] = [*question.case.expected, *question.case.pins]
        for about in abouts:
            name = about.name if isinstance(about, Pin) else about
            item: PropertyItem = PropertyItem.from_parent(
                parent,
                name=escape(name + parameters, unicode=True),
                question=question,
                about=about,
            )
            yield item


def _failure(error: UtcheckError, case: Case) -> Failure:
    """Return what is wrong with a model, with the run that leads there."""
    where = f"{case.spec} [{case.name}]" if case.name else case.spec
    place = error.place or Place(case.spec)
    summary = one_line(error.message)
    if isinstance(error, InternalError):
        summary = f"utcheck itself is wrong: {summary}; please report it with model and spec"
    text = f"{escape(str(place), unicode=True)}: error: {summary}"
    if isinstance(error, ModelError) and error.trace is not None:
        lines = [text, "", f"This happens in {one_line(where)} after:", "", chart(error.trace)]
        text = "\n".join(lines).removesuffix("\n")
    return Failure(summary, place, text)
