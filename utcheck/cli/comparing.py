"""The two sides of `utcheck diff`, and what is said about them."""

from __future__ import annotations

import io
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from utcheck.check import check
from utcheck.cli.cases import cases_of, title_of
from utcheck.cli.changed import commit_of, git
from utcheck.cli.status import AS_EXPECTED, UNDECIDED, UNEXPECTED, gravest
from utcheck.compare import NotKnown, Relation, Shown, compare
from utcheck.errors import UsageError
from utcheck.model.base import Model
from utcheck.outcome import Outcome, PropertyResult, Trace, Verdict
from utcheck.plain import escape, paragraph, plural, sentence
from utcheck.spec.importing import ModelBroken, ModelNotFound, load_model, project_root
from utcheck.spec.load import Case

WIDTH = 72
_CLASS = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

Chart = Callable[[Trace], str]


@dataclass(frozen=True)
class _Version:
    """One case of one side."""

    name: str
    model: Model
    case: Case | None

    def outcome(self) -> Outcome:
        """Check what its spec asks; of a class alone, what is built in."""
        if self.case is None:
            return check(self.model)
        of = self.case
        return check(of.model, of.properties, engine=of.engine, limits=of.limits,
                     fairness=of.fairness)  # fmt: skip


def compare_all(
    old: str, new: str, case: str | None, observe: Sequence[str], *, failures: bool, chart: Chart
) -> tuple[str, int]:
    """Return what is different between two sides, and the exit status.

    Raises:
        UtcheckError: if a side is not found, or wrong.
    """
    lines: list[str] = []
    statuses = [AS_EXPECTED]
    with ExitStack() as stack:
        sides = [stack.enter_context(_versions(text, case)) for text in (old, new)]
        for one, other in _paired(sides[0], sides[1], lines, statuses):
            _compare(one, other, observe, failures, chart, lines, statuses)
    lines += [
        "",
        "Different." if UNEXPECTED in statuses else "The same, as far as it was compared.",
    ]
    return "".join(f"{line}\n" for line in lines), gravest(statuses)


# --- the sides


@contextmanager
def _versions(text: str, case: str | None) -> Iterator[list[_Version]]:
    """Give the cases of a side; what comes from git lies in a directory meanwhile."""
    if not Path(text).exists() and _CLASS.fullmatch(text):
        yield [_of_class(text)]
        return
    revision, colon, path = text.partition(":")
    if Path(text).exists() or not colon:
        yield [_Version(title_of(c), c.model, c) for c in cases_of(text, case)]
        return
    with tempfile.TemporaryDirectory(prefix="utcheck-") as folder:
        _extract(revision, Path(folder))
        spec = Path(folder) / _prefix() / path
        if not spec.is_file():
            raise UsageError(f"there is no '{path}' in {revision}")
        yield [_Version(title_of(c), c.model, c) for c in cases_of(str(spec), case)]


def _of_class(text: str) -> _Version:
    try:
        model = load_model(text, project_root(Path.cwd() / "spec.yaml"))
    except ModelNotFound as error:
        raise UsageError(str(error)) from None
    except ModelBroken as error:
        raise UsageError(str(error.finding)) from None
    return _Version(text, model(), None)


def _prefix() -> str:
    """Return the path of the working directory in its repository."""
    return git("rev-parse", "--show-prefix").decode().strip()


def _extract(revision: str, folder: Path) -> None:
    """Write the files of a revision to a folder."""
    commit = commit_of(revision)
    top = git("rev-parse", "--show-toplevel").decode().strip()
    archive = git("-C", top, "archive", commit)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")


def _paired(
    old: list[_Version], new: list[_Version], lines: list[str], statuses: list[int]
) -> Iterator[tuple[_Version, _Version]]:
    """Yield the cases that both sides have; a single one on each side is compared in any case."""
    if len(old) == len(new) == 1:
        yield old[0], new[0]
        return
    names = {version.name: version for version in new}
    for version in old:
        if version.name in names:
            yield version, names.pop(version.name)
        else:
            lines.append(f"{version.name}: only in the old one")
            statuses.append(UNEXPECTED)
    for name in names:
        lines.append(f"{name}: only in the new one")
        statuses.append(UNEXPECTED)


# --- what is different


def _compare(  # noqa: PLR0913  (all that one case needs)
    old: _Version,
    new: _Version,
    observe: Sequence[str],
    failures: bool,
    chart: Chart,
    lines: list[str],
    statuses: list[int],
) -> None:
    name = old.name if old.name == new.name else f"{old.name} and {new.name}"
    lines += [*([""] if lines else []), escape(name), "=" * len(escape(name)), ""]
    before, after = old.outcome(), new.outcome()
    changes = list(_verdicts(before, after))
    lines += [f"  {line}" for line in changes or ["the same verdicts"]]
    lines.append(f"  {_sizes(before, after)}")
    if changes:
        statuses.append(UNEXPECTED)
    if Verdict.UNDECIDED in (before.verdict, after.verdict):
        statuses.append(UNDECIDED)
    try:
        found = compare(old.model, new.model, observe=observe, failures=failures)
    except NotKnown as error:
        lines.append(f"  {error.message}")
        statuses.append(UNDECIDED)
        return
    lines.append(f"  {found.relation}")
    if found.relation not in (Relation.EQUAL, Relation.NOTHING_SEEN):
        statuses.append(UNEXPECTED)
    for which, shown in (("old", found.only_old), ("new", found.only_new)):
        if shown is not None:
            lines += _shown(which, shown, chart)


def _verdicts(old: Outcome, new: Outcome) -> Iterator[str]:
    """Yield a line for every property whose verdict, or the length of whose run, is another."""
    for result in old:
        if result.name not in new:
            yield f"{escape(result.name)}: only in the old one"
            continue
        before, after = _answer(result), _answer(new[result.name])
        if before != after:
            yield f"{escape(result.name)}: {before} before, {after} now"
    for result in new:
        if result.name not in old:
            yield f"{escape(result.name)}: only in the new one ({_answer(result)})"


def _answer(result: PropertyResult) -> str:
    size = "" if result.trace is None else f" ({plural(len(result.trace), 'step')})"
    return f"{result.verdict}{size}"


def _sizes(old: Outcome, new: Outcome) -> str:
    before, after = old.statistics, new.statistics
    sizes = ((before.states, after.states, "state"), (before.transitions, after.transitions,
                                                      "transition"))  # fmt: skip
    return ", ".join(
        plural(one, what) if one == two else f"{plural(one, what)} before, {two:,} now"
        for one, two, what in sizes
    )


def _shown(which: str, shown: Shown, chart: Chart) -> list[str]:
    sequence = ", ".join(map(escape, shown.sequence)) or "nothing"
    text = f"Only the {which} one allows this; what is seen of it is: {sequence}"
    if shown.offers is not None:
        offers = f"only {', '.join(map(escape, shown.offers))}" if shown.offers else "nothing more"
        text += f"; then it may come to allow {offers}"
    heading = paragraph(sentence(f"{text}."), WIDTH)
    return ["", *heading, "", *chart(shown.trace).rstrip("\n").split("\n")]
