"""Strategies for traces and reports that no model would make, but that must be shown."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from utcheck.errors import Place
from utcheck.outcome import (
    COUNTS,
    Change,
    Event,
    Outcome,
    Pin,
    PropertyResult,
    Standing,
    Statistics,
    Step,
    StopReason,
    Trace,
    TraceStep,
    Verdict,
    Witness,
)
from utcheck.report.case import CaseReport


class Loud:
    """A value whose repr would do harm to a terminal and to a mail."""

    def __repr__(self) -> str:
        return "\x1b[31mLoud\nFrom here\n.\n"


# A report has hundreds of parts, and a busy machine takes its time over them.
thorough = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

# What breaks layouts, terminals and mail tools, more often than chance would find it.
NASTY = [
    "From x",
    ".",
    "---",
    "a\nb",
    "\x1b[2J",
    "\u202e",
    "e\u0301",
    "\u65e5\u672c",
    "|",
    "* |",
    "\\x",
    "-- >8 --",
    "end",
    "%%",
    '"#;<b>&amp;',
]
texts = st.one_of(
    st.sampled_from(NASTY),
    st.from_regex(r"[a-z_]{1,12}(\[[0-9]{1,2}\])?", fullmatch=True),
    st.text(max_size=60),
    st.text(st.characters(categories=["Cs", "Cc", "Lo", "So"]), max_size=5),
)
numbers = st.integers(0, 2**70)
atoms = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20))
json_values = st.recursive(
    atoms, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3)
)
values: st.SearchStrategy[Any] = st.one_of(
    json_values, st.builds(Loud), st.floats(), st.just(Verdict.HOLDS)
)


def tuples(of: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=most).map(tuple)


places = st.builds(Place, texts, st.none() | numbers, st.none() | numbers)
standings = st.builds(
    Standing,
    process=texts,
    label=st.none() | texts,
    status=st.sampled_from(["ready", "waits", "ended", "failed"]) | texts,
    daemon=st.booleans(),
    place=st.none() | places,
    calls=tuples(texts, 2),
)


@st.composite
def traces(draw: st.DrawFn, value: st.SearchStrategy[Any] = values) -> Trace:
    """Traces of up to 30 processes and 12 steps."""
    some = draw(st.lists(texts, min_size=1, max_size=6))
    family = [f"vm[{index}]" for index in range(draw(st.sampled_from([0, 0, 3, 24])))]
    processes = draw(st.permutations([*dict.fromkeys(some), *family]))
    steps = st.builds(
        TraceStep,
        process=st.sampled_from(processes) | texts,
        label=texts,
        place=places,
        calls=tuples(texts, 2),
        options=tuples(value, 2),
        changes=tuples(st.builds(Change, texts, value, value)),
        events=tuples(st.builds(Event, texts, tuples(value, 2)), 2),
        failure=st.none() | texts,
    )
    taken = draw(tuples(steps, 12))
    cycle = draw(st.none() | st.integers(0, len(taken)))
    return Trace(
        processes=tuple(processes),
        initial=draw(st.dictionaries(texts, value, max_size=12)),
        steps=taken,
        standings=draw(tuples(standings, 6)),
        witness=Witness((1,), tuple((step.process, (0, 2)) for step in taken), cycle),
        ending=draw(texts),
        cycle=cycle,
    )


verdicts = st.sampled_from(Verdict)


@st.composite
def reports(draw: st.DrawFn, value: st.SearchStrategy[Any] = values) -> CaseReport:
    """Reports whose traces, verdicts and numbers need not fit together."""
    results = st.builds(
        PropertyResult,
        name=texts,
        kind=st.sampled_from(["never", "reachable", "ltl", "deadlock"]),
        verdict=verdicts,
        text=texts,
        trace=st.none() | traces(value),
        vacuous=texts,
        reason=texts,
    )
    outcome = Outcome(
        model=draw(texts),
        parameters=draw(st.dictionaries(texts, value, max_size=3)),
        engine=draw(texts),
        fairness=draw(st.sampled_from(["processes", "none"])),
        stop=draw(st.sampled_from(StopReason)),
        properties=tuple(draw(st.lists(results, max_size=3, unique_by=lambda one: one.name))),
        statistics=draw(
            st.builds(
                Statistics,
                *[numbers] * 5,
                seconds=st.floats(0, 1e9),
                peak_memory=numbers,
            )
        ),
        never_ran=draw(tuples(st.builds(Step, texts, texts, places))),
        longest=draw(st.none() | traces(value)),
    )
    expected = draw(st.dictionaries(texts, verdicts, max_size=3))
    names = [one.name for one in outcome.properties]
    pins = draw(
        tuples(
            st.builds(Pin, st.sampled_from(COUNTS), numbers)
            | st.builds(Pin.length, texts | st.sampled_from(["", *names]), numbers)
        )
    )
    digests = draw(st.dictionaries(texts, st.text("0123456789abcdef", max_size=16), max_size=3))
    return CaseReport(
        draw(texts), draw(texts), draw(texts), draw(texts), outcome, expected, digests, pins=pins
    )
