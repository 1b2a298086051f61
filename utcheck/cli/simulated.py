"""What came out of random runs, as text and as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from utcheck.cli.cases import title_of
from utcheck.cli.simulating import Done, Found, Request, Simulated
from utcheck.cli.status import installed_version
from utcheck.graph.random_runs import End, StepCount
from utcheck.outcome import Trace
from utcheck.plain import (
    enumerate_words,
    escape,
    fill,
    in_families,
    paragraph,
    plural,
    sentence,
    show,
)

SCHEMA = 1
WIDTH = 72


def text_of(done: Done, request: Request, draw: Callable[[Trace], str]) -> str:
    """Return what came out as text that ends with a newline."""
    blocks = [_block(_counts(one, request)) for one in done.cases]
    for one in done.cases:
        if one.found is not None:
            heading = _block(_heading(title_of(one.case), one.found))
            blocks.append(f"{heading}\n{draw(one.found.trace)}")
    if done.cases:
        blocks.append(_block(_verdict(done.cases)))
    return "\n".join(blocks)


def _block(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _indented(text: str, columns: int, hanging: int = 2) -> list[str]:
    lines = fill(text.split(" "), WIDTH - columns, hanging=hanging)
    return [f"{' ' * columns}{line}".rstrip() for line in lines]


def _counts(one: Simulated, request: Request) -> Iterator[str]:
    """Say how the runs of one case ended, and how often each step ran."""
    runs, lengths = one.runs, one.runs.lengths
    how = f"{plural(len(lengths), 'random run')}, seed {request.seed}"
    yield from paragraph(sentence(f"{title_of(one.case)}: {how}"), WIDTH, hanging=2)
    values = one.case.model.utcheck_values
    settings = [f"{escape(name)} = {show(value)}," for name, value in values.items()]
    if settings:
        words = ["with", *settings[:-1], settings[-1][:-1]]
        yield from (f"  {line}" for line in fill(words, WIDTH - 2, hanging=2))
    ends = list(_ends(one, request))
    width = max((len(f"{count:,}") for count, _ in ends), default=0)
    for count, text in ends:
        yield from _indented(f"{count:>{width},}  {text}", 2, hanging=width + 2)
    if lengths:
        mean = f"{statistics.fmean(lengths):,.1f}"
        yield f"  Steps in a run: {min(lengths):,} to {max(lengths):,}, {mean} on average."
    if runs.unseen:
        names = enumerate_words([escape(name) for name in runs.unseen])
        yield from _indented(f"Nothing is said about {names}.", 2)
    yield from _coverage(runs.coverage())


def _ends(one: Simulated, request: Request) -> Iterator[tuple[int, str]]:
    """Yield how the runs ended, and how many of them in this way."""
    ends, violations = one.runs.ends, one.runs.violations
    yield ends[End.ENDED], "ended"
    for end, name in ((End.DEADLOCK, "deadlock"), (End.FAILED, "assertions")):
        off = "" if name in one.case.expected else f" ('{name}' is switched off)"
        if ends[end]:
            yield ends[end], f"{end}{off}"
    for name in one.case.expected:
        if violations[name] and name not in ("deadlock", "assertions"):
            yield violations[name], f"violated {escape(name)}"
    if ends[End.CUT]:
        yield ends[End.CUT], f"{End.CUT} after {plural(request.steps, 'step')}"


def _coverage(counts: Sequence[StepCount]) -> Iterator[str]:
    """Say how often each step ran, and which did not; three and more alike processes together."""
    ran: dict[tuple[str, str, str], list[StepCount]] = {}
    never: dict[tuple[str, str], list[str]] = {}
    for one in counts:
        family, place = one.step.process.partition("[")[0], str(one.step.place)
        if one.count:
            ran.setdefault((family, one.step.label, place), []).append(one)
        else:
            never.setdefault((one.step.label, place), []).append(one.step.process)
    rows = [row for group in ran.values() for row in _rows(group)]
    width = max((len(f"{count:,}") for count, _ in rows), default=0)
    if rows:
        yield "  How often each step ran:"
    for count, text in rows:
        yield from _indented(f"{count:>{width},}  {text}", 4, hanging=width + 4)
    if never:
        yield "  Steps that never ran:"
    for (label, place), processes in never.items():
        yield from _indented(f"{_names(processes)}: '{escape(label)}' ({escape(place)})", 4)


def _rows(group: Sequence[StepCount]) -> Iterator[tuple[int, str]]:
    """Yield count and text of a step of a process, or of a family of them."""
    what = f"'{escape(group[0].step.label)}' ({escape(str(group[0].step.place))})"
    if len(group) < 3:
        yield from ((one.count, f"{escape(one.step.process)}: {what}") for one in group)
        return
    counts = [one.count for one in group]
    names = _names([one.step.process for one in group])
    yield sum(counts), f"{names}: {what}, {min(counts):,} to {max(counts):,} each"


def _names(processes: Iterable[str]) -> str:
    return enumerate_words([*in_families(map(escape, processes)).values()])


def _heading(title: str, found: Found) -> Iterator[str]:
    """Say what the first violation of a case is; its chart comes below."""
    size = f"run {found.number:,}, {plural(len(found.trace), 'step')}"
    text = f"{title}: {found.claim.name} is violated ({size})"
    lines = paragraph(sentence(text), WIDTH, hanging=2)
    yield from lines
    yield "=" * max(map(len, lines))
    if found.claim.text:
        yield ""
        yield from paragraph(sentence(found.claim.text), WIDTH)


def _verdict(cases: Sequence[Simulated]) -> list[str]:
    """Say in the end what was found, and that nothing was proved."""
    runs = plural(sum(len(one.runs.lengths) for one in cases), "random run")
    found = [title_of(one.case) for one in cases if one.found is not None]
    if found:
        text = (
            f"A violation was found in {enumerate_words(found)}. There may be shorter runs to it; "
            "`utcheck run` finds a shortest one."
        )
    else:
        text = (
            f"No violation was found in {runs}. That is no proof, because they are not all there "
            "are; `utcheck run` explores every interleaving."
        )
    return paragraph(sentence(text), WIDTH)


def json_of(done: Done, request: Request) -> str:
    """Return what came out as JSON.

    The document has `schema` (this is schema 1), `utcheck` (the version), `seed`, `runs` and
    `steps` as they were asked for, and `cases`. Each case has `runs` (those that were made, if it
    was interrupted), `ends` and `violations` (numbers of runs), `lengths` (least, mean and greatest
    number of steps), `coverage`, `unseen` (properties that nothing is said about) and `first`: the
    first violation, whose witness has the form that it has in the results of `utcheck run --json`.
    """
    data = {
        "schema": SCHEMA,
        "utcheck": installed_version(),
        "seed": request.seed,
        "runs": request.runs,
        "steps": request.steps,
        "cases": [_case(one) for one in done.cases],
    }
    return json.dumps(data, indent=2) + "\n"


def _case(one: Simulated) -> dict[str, Any]:
    runs, lengths = one.runs, one.runs.lengths
    return {
        "spec": one.case.spec,
        "case": one.case.name,
        "runs": len(lengths),
        "ends": {end.name.lower(): runs.ends[end] for end in End},
        "violations": dict(runs.violations),
        "lengths": {
            "least": min(lengths, default=0),
            "mean": statistics.fmean(lengths) if lengths else 0.0,
            "greatest": max(lengths, default=0),
        },
        "coverage": [_step(count) for count in runs.coverage()],
        "unseen": list(runs.unseen),
        "first": _first(one.found),
    }


def _step(one: StepCount) -> dict[str, Any]:
    place = {"path": one.step.place.path, "line": one.step.place.line}
    return {
        "process": one.step.process, "label": one.step.label, "place": place, "count": one.count,
    }  # fmt: skip


def _first(found: Found | None) -> dict[str, Any] | None:
    if found is None:
        return None
    witness = found.trace.witness
    return {
        "property": found.claim.name,
        "run": found.number,
        "labels": [step.label for step in found.trace.steps],
        "witness": {"initial": witness.initial, "steps": witness.steps, "cycle": witness.cycle},
        "ending": found.trace.ending,
    }
