"""Loading a spec: from a file to the cases that are to be checked, or to every mistake in it."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from utcheck.errors import Finding, ModelError, Place, SpecError, did_you_mean
from utcheck.model.base import Model
from utcheck.model.instance import Instance
from utcheck.outcome import COUNTS, Limits, Pin, Verdict
from utcheck.program.source import step_labels
from utcheck.properties.kinds import Kind, Property
from utcheck.properties.parse import (
    BUILT_IN,
    SWITCHES,
    Key,
    Problem,
    PropertyErrors,
    parse_properties,
)
from utcheck.spec.expect import is_count, verdict_and_length
from utcheck.spec.importing import ModelBroken, ModelNotFound, load_model, project_root, shown
from utcheck.spec.parameters import Settings, combinations, parameters
from utcheck.spec.positions import Document
from utcheck.spec.schema import CaseSpec, LimitsSpec, Spec, validate

MOST_BYTES = 2**20

KnownLabels = Callable[[Instance, str], frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a spec: a model with its parameters set, and what is to be checked of it.

    `name` is empty for a spec without cases; `path` are the keys under which the case stands, all
    combinations of a matrix at the same. `properties` is what `check` takes; `expected` has a
    verdict for every property that will be checked. `digests` has the first 16 hex digits of the
    SHA-256 of the spec, and of each file of the project that has the class of the model or one that
    it is derived from. `lines` has the line of the spec, from 1, at which each property stands, or
    for one that is built in, its expectation or else the case. `pins` are the numbers that are
    expected.
    """

    spec: str
    title: str
    source: str
    name: str
    model: Model
    properties: Mapping[str, Any]
    expected: Mapping[str, Verdict]
    engine: str = "auto"
    fairness: str = "processes"
    limits: Limits = field(default_factory=Limits)
    digests: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    pins: tuple[Pin, ...] = ()
    path: tuple[Key, ...] = ()


def load(
    path: Path, root: Path | None = None, *, known_labels: KnownLabels = step_labels
) -> list[Case]:
    """Return the cases of a spec.

    The model is imported from `root`, or from the nearest directory above the spec that has a
    `pyproject.toml` or `utcheck.toml`. `known_labels` gives the labels of a process or family.

    Raises:
        SpecError: with every mistake in the spec, and those in the model that keep it from being
            laid out.
    """
    return read(path, _bytes(path), root, known_labels=known_labels)


def read(
    path: Path, data: bytes, root: Path | None = None, *, known_labels: KnownLabels = step_labels
) -> list[Case]:
    """Return the cases that a spec at `path` would have if `data` were in the file.

    Raises:
        SpecError: as `load` does.
    """
    document = Document(str(path), text_of(path, data))
    loader = _Loader(document, known_labels)
    root = root or project_root(path)
    cases = loader.load(root)
    if loader.findings:
        raise SpecError(loader.sorted_findings())
    own = {shown(path): digest(data)}
    return [replace(case, digests=own | _model_digests(type(case.model), root)) for case in cases]


def digest(data: bytes) -> str:
    """Return what tells the bytes of a file from others: the beginning of their SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]


def _model_digests(model: type[Model], root: Path) -> dict[str, str]:
    """Return the digest of each file below `root` with a class that the model is derived from.

    A path is shown from the working directory if it is below it, else from the root.
    """
    ours = __name__.partition(".")[0]
    digests = {}
    for base in model.__mro__:
        file = getattr(sys.modules.get(base.__module__), "__file__", None)
        path = Path(file).resolve() if file else root
        if base.__module__.partition(".")[0] != ours and _is_below(path, root):
            name = shown(path)
            name = os.path.relpath(path, root.resolve()) if Path(name).is_absolute() else name
            digests[name] = digest(path.read_bytes())
    return digests


def _is_below(path: Path, root: Path) -> bool:
    return path.is_relative_to(root.resolve()) and path.is_file()


def _bytes(path: Path) -> bytes:
    """Return what is in a spec, which must be a small file."""
    try:
        if path.is_dir():
            raise _unreadable(path, "this is a directory")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _unreadable(path, f"cannot be read: {reason}") from None
    if len(data) > MOST_BYTES:
        raise _unreadable(path, f"larger than {MOST_BYTES:,} bytes, too large for a spec")
    return data


def text_of(path: Path, data: bytes) -> str:
    """Return the text of a spec, which must be in UTF-8, without its byte order mark.

    Raises:
        SpecError: if it is not.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before) - before.rfind(b"\n")
        place = Place(str(path), before.count(b"\n") + 1, column)
        raise SpecError([Finding(place, "not UTF-8")]) from None


def _unreadable(path: Path, message: str) -> SpecError:
    return SpecError([Finding(Place(str(path)), message)])


class _Loader:
    """Turns one document into cases, and keeps what is wrong with it."""

    def __init__(self, document: Document, known_labels: KnownLabels) -> None:
        self.document = document
        self.known_labels = known_labels
        self.findings: list[Finding] = []

    def sorted_findings(self) -> list[Finding]:
        """Return every finding once, those in the spec first, in the order of the file."""
        unique = dict.fromkeys(self.findings)
        return sorted(unique, key=lambda finding: _order(finding, self.document.path))

    def note(self, problems: Iterable[Problem]) -> None:
        """Keep problems of the spec."""
        for problem in problems:
            place = self.document.place(problem.path, at_key=problem.at_key, column=problem.column)
            self.findings.append(Finding(place, problem.message))

    def load(self, root: Path) -> list[Case]:
        """Return the cases."""
        spec, problems = validate(self.document.data)
        self.note(problems)
        if spec is None:
            self._look_further(root)
            return []
        model = self._model(spec.model, root)
        if model is None:
            return []
        if "cases" not in spec.model_fields_set:
            alone = CaseSpec(expect=spec.expect)
            return list(filter(None, [self._case(spec, alone, Settings(model, spec.params))]))
        if "expect" in spec.model_fields_set:
            message = "'expect' stands in each case where there are cases"
            self.note([Problem(("expect",), message, at_key=True)])
        if "" in spec.cases:
            self.note([Problem(("cases", ""), "a case has a name", at_key=True)])
        return [
            case
            for name, inner in spec.cases.items()
            for settings in self._settings(spec, model, name, inner)
            if (case := self._case(spec, inner, settings))
        ]

    def _look_further(self, root: Path) -> None:
        """Look for mistakes in the model and the properties of a spec with wrong keys."""
        data = self.document.data if isinstance(self.document.data, dict) else {}
        sound = {key: data[key] for key in ("model", "params", "properties") if key in data}
        spec, _ = validate(sound)
        model = self._model(spec.model, root) if spec else None
        if spec and model:
            self._case(spec, CaseSpec(), Settings(model, spec.params))

    def _model(self, name: str, root: Path) -> type[Model] | None:
        try:
            return load_model(name, root)
        except ModelNotFound as error:
            column = name.index(":") + 1 if error.class_part else 0
            self.note([Problem(("model",), str(error), column)])
        except ModelBroken as error:
            self.findings.append(error.finding)
        return None

    def _settings(
        self, spec: Spec, model: type[Model], name: str, case: CaseSpec
    ) -> Iterable[Settings]:
        """Yield the parameters of every combination that a case stands for."""
        found, problems = combinations(model, spec.params, name, case)
        self.note(problems)
        return found

    def _case(self, spec: Spec, case: CaseSpec, settings: Settings) -> Case | None:
        values, problems = parameters(settings)
        self.note(problems)  # the properties are checked all the same
        mapping = self._properties(spec, case)
        try:
            model = settings.model(**values)
            instance = Instance(model)
            parsed = parse_properties(
                mapping, instance, lambda process: self.known_labels(instance, process)
            )
        except ModelError as error:
            self._note_model_error(error)
            return None
        except PropertyErrors as errors:
            self.note(self._moved(problem, case, settings) for problem in errors.problems)
            return None
        names = [prop.name for prop in parsed]
        if not names:
            self.note([Problem(settings.path or ("properties",), "every property is switched off")])
        return Case(
            spec=self.document.path,
            title=": ".join(filter(None, [spec.title, case.title])),
            source=spec.source,
            name=settings.name,
            model=model,
            properties=mapping,
            expected=self._expected(case, settings, names, spec.properties),
            pins=tuple(self._pins(case, settings, {prop.name: prop for prop in parsed})),
            engine=case.engine if "engine" in case.model_fields_set else spec.engine,
            fairness=case.fairness if "fairness" in case.model_fields_set else spec.fairness,
            limits=_limits(spec.limits, case.limits),
            lines={name: self._line(name, settings) for name in names},
            path=settings.path,
        )

    def _line(self, name: str, settings: Settings) -> int:
        """Return the line of a property that the case, the spec or only an expectation names."""
        keys = ("properties", name), ("expect", name)
        paths = [(*settings.path, *keys[0]), keys[0], (*settings.path, *keys[1]), settings.path]
        known = next((path for path in paths if self.document.has(path)), ())
        return self.document.place(known or ("model",), at_key=True).line or 1

    def _note_model_error(self, error: ModelError) -> None:
        place = self.document.place(("model",))
        if error.place is not None:
            path = shown(Path(error.place.path))
            place = Place(path, error.place.line, error.place.column)
        self.findings.append(Finding(place, error.message))

    def _properties(self, spec: Spec, case: CaseSpec) -> dict[str, Any]:
        """Return the properties of the spec and of the case, in this order."""
        merged = dict(spec.properties)
        for name, entry in case.properties.items():
            switch = SWITCHES.get(entry, entry) if isinstance(entry, str) else entry
            if not isinstance(switch, bool) or not isinstance(merged.get(name), Mapping):
                merged[name] = entry
            elif not switch:
                del merged[name]
        return merged

    def _moved(self, problem: Problem, case: CaseSpec, settings: Settings) -> Problem:
        """Return a problem of a property with the path at which the property stands."""
        inside = problem.path[0] in case.properties
        prefix = (*settings.path, "properties") if inside else ("properties",)
        return Problem((*prefix, *problem.path), problem.message, problem.column, problem.at_key)

    def _expected(
        self, case: CaseSpec, settings: Settings, names: list[str], all_names: Iterable[str]
    ) -> dict[str, Verdict]:
        """Return a verdict for every property that will be checked."""
        expected = dict.fromkeys(names, Verdict.HOLDS)
        if isinstance(case.expect, str):
            return expected
        for name, entry in case.expect.items():
            if is_count(name, entry):
                continue
            if name in expected:
                expected[name], _ = verdict_and_length(entry)
                continue
            message = f"unknown property '{name}'{did_you_mean(name, names)}"
            if name in (*BUILT_IN, *all_names):
                message = f"'{name}' is switched off"
            elif name in COUNTS:
                message += f"; a number is expected, as in {name}: 22"
            self.note([Problem((*settings.path, "expect", name), message, at_key=True)])
        return expected

    def _pins(
        self, case: CaseSpec, settings: Settings, properties: Mapping[str, Property]
    ) -> Iterable[Pin]:
        """Yield the numbers that are expected."""
        for name, entry in case.expect.items() if isinstance(case.expect, dict) else ():
            path: tuple[Key, ...] = (*settings.path, "expect", name)
            if is_count(name, entry):
                yield Pin(name, entry, line=self.document.place(path, at_key=True).line)
                continue
            verdict, length = verdict_and_length(entry)
            if length is None or name not in properties:
                continue
            path = (*path, "length")
            reachable = properties[name].kind is Kind.REACHABLE
            if reachable is (verdict is Verdict.HOLDS):
                line = self.document.place(path, at_key=True).line
                yield Pin.length(name, length, line)
                continue
            message = f"what holds has no counterexample; add 'verdict: {Verdict.VIOLATED}'"
            if reachable:
                message = "what is never reached has no run whose length could be pinned"
            self.note([Problem(path, message, at_key=True)])


def _limits(spec: LimitsSpec, case: LimitsSpec) -> Limits:
    """Return the limits of a case, over those of the spec, over the usual ones."""
    given = {
        name: getattr(limits, name) for limits in (spec, case) for name in limits.model_fields_set
    }
    return Limits(**given)


def _order(finding: Finding, spec: str) -> tuple[bool, str, int, int]:
    place = finding.place
    return (place.path != spec, place.path, place.line or 0, place.column or 0)
