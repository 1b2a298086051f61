"""What the table of the benchmarks stands on: every tool counts the same. No time is asserted."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.bench import by_hand
from tests.bench.catalogue import BENCHMARKS, STILL, Benchmark
from tests.bench.measure import PROPERTIES
from tests.bench.run import Measured, Plan, differences, row, table
from tests.bench.table import BEGIN, END, replaced
from tests.bench.tools import (
    RUMUR,
    TOOLS,
    Found,
    Run,
    Tool,
    ToolError,
    called,
    number,
    python,
    rumur,
    spin,
)
from tests.spin.pan import MISSING, REASON
from utcheck.check import check

SECONDS = 60.0  # for one search of a few hundred states
BY_NAME = {tool.name: tool for tool in TOOLS}

with_spin = pytest.mark.skipif(bool(MISSING), reason=REASON)
with_rumur = pytest.mark.skipif(
    shutil.which("rumur") is None, reason="not installed: rumur (Debian: apt-get install rumur)"
)
everything = pytest.mark.parametrize(
    "subject", [*BENCHMARKS.values(), STILL], ids=lambda benchmark: benchmark.name
)


def reference(subject: Benchmark, engine: str = "trees") -> tuple[int, int]:
    """Return the states and transitions that an engine counts; the first test compares two."""
    found = check(subject.model(subject.small), PROPERTIES, engine=engine).statistics
    return found.states, found.transitions


def counts(run: Run) -> tuple[int, int]:
    found = run()
    return found.states, found.transitions


@everything
def test_the_tree_engine_counts_what_the_reference_engine_counts(subject: Benchmark) -> None:
    assert reference(subject, "trees") == reference(subject, "explicit")


@everything
def test_the_search_by_hand_counts_the_same(subject: Benchmark) -> None:
    assert by_hand.search(subject.by_hand(subject.small)) == reference(subject)


@with_spin
@everything
def test_spin_counts_the_same_and_the_initial_state(subject: Benchmark, tmp_path: Path) -> None:
    states, transitions = reference(subject)
    run = spin("-O0")(subject.name, subject.small, tmp_path, SECONDS)
    assert counts(run) == (states, transitions + BY_NAME["spin"].extra)


@with_rumur
@everything
def test_rumur_counts_the_same(
    subject: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.bench.tools.RUMUR", [*RUMUR, "-O0"])
    assert counts(rumur(subject.name, subject.small, tmp_path, SECONDS)) == reference(subject)


def test_a_search_in_another_process_counts_the_same(tmp_path: Path) -> None:
    subject = BENCHMARKS["utrace"]
    for tool in ("by-hand", "trees"):
        run = python(tool)(subject.name, subject.small, tmp_path, SECONDS)
        assert counts(run) == reference(subject)


def test_philosophers_have_as_many_states_as_one_can_count() -> None:
    """It is 3 ** n - 1.

    A philosopher holds no fork, the left one, both, or the right one. What excludes each other is
    that one holds the right fork (two of four) and the next one the left fork (two of four, one of
    them among those two). The matrix of neighbours that do not exclude each other has rank 2, the
    trace 4 - 1, and its square the trace 16 - (4 + 4 - 1) = 9: its eigenvalues are 3 and 0, so that
    a table of n has 3 ** n ways. One is not reached: everybody has the right fork only, for
    the last who put down the left one would have shared it.
    """
    for n in (2, 5, 8):
        assert by_hand.search(by_hand.philosophers(n))[0] == 3**n - 1


# ---------------------------------------------------------------------- the table


def measured(states: int, transitions: int, seconds: float = 2.0) -> Measured:
    return Measured(Found(states, transitions, seconds, peak=3_000), cpu=2.5)


@pytest.mark.parametrize(("states", "transitions"), [(10, 31), (11, 30)])
def test_there_is_no_row_where_counts_differ(states: int, transitions: int) -> None:
    """Spin's transitions are one more than steps are taken."""
    equal = {"spin": measured(10, 31), "trees": measured(10, 30)}
    assert not differences(equal)
    differ = differences({**equal, "by-hand": measured(states, transitions)})
    assert differ == f"spin 10 and 30; trees 10 and 30; by-hand {states} and {transitions}"


def test_a_table_leaves_out_what_is_not_there_and_what_differs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody can start the third tool; the second one has lost a state of the second model."""
    lost = {"ring": 1}

    def measure(tool: Tool, name: str, size: int, plan: Plan) -> Measured:
        if tool.name == "rumur":
            raise ToolError("rumur is not installed")
        return measured(size - lost.get(name, 0) * (tool.name == "trees"), 10 + tool.extra)

    monkeypatch.setattr("tests.bench.run.measured", measure)
    tools = [BY_NAME[name] for name in ("spin", "trees", "rumur")]
    found = table({"philosophers": 7, "ring": 8}, tools, Plan(1, 1.0, 1.0))
    assert [cells[:4] for cells in found.rows] == [
        ("dining philosophers 7", "Spin", "7", "11"),
        ("dining philosophers 7", "utcheck `trees`", "7", "10"),
    ]
    assert found.notes == ["Rumur is left out: rumur is not installed"]
    assert found.refused == ["election on a ring 8 has no rows, the counts differ: "
                             "spin 8 and 10; trees 7 and 10"]  # fmt: skip


def test_a_row_has_rates_memory_and_the_ratio() -> None:
    """2,000 transitions in 4 s, where Spin has taken 2 s; 3,000 bytes less 1,000 for 100 states."""
    results = {"spin": measured(100, 2_001), "trees": measured(100, 2_000, seconds=4.0)}
    cells = row("model 5", BY_NAME["trees"], results, {"spin": 0, "trees": 1_000})
    assert cells == (
        "model 5", "utcheck `trees`", "100", "2,000", "4.00", "2.50", "500", "20", "0.50"
    )  # fmt: skip


def test_a_row_without_spin_or_memory_says_so() -> None:
    cells = row("model 5", BY_NAME["trees"], {"trees": measured(100, 2_000)}, {"trees": None})
    assert cells[-2:] == ("-", "-")


def test_the_block_of_a_text_is_replaced() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replaced(text, "new\n") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["", BEGIN, END + BEGIN, BEGIN + END + BEGIN, BEGIN + END + END])
def test_a_text_without_one_block_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not one block from {BEGIN} to {END}")):
        replaced(text, "new")


# ---------------------------------------------------------------------- no measurement


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["no-such-tool"], "no-such-tool is not installed"),
        (["sh", "-c", "echo alas; exit 3"], "sh ends with status 3; it says: alas"),
        (["false"], "false ends with status 1; it says nothing"),
        (["sleep", "10"], "not finished in 0 s"),
    ],
)
def test_a_tool_that_does_not_answer_is_an_error(
    command: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ToolError, match=re.escape(message)):
        called(command, tmp_path, seconds=0.2)


def test_what_a_tool_does_not_say_is_an_error() -> None:
    with pytest.raises(ToolError, match=r"the tool does not say .*; it says: no number"):
        number(r"(\d+) states", "no number")


def test_an_engine_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="unknown engine 'clairvoyant'"):
        python("clairvoyant")("still", 2, tmp_path, SECONDS)()


@with_spin
def test_a_search_of_spin_that_is_cut_off_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.bench.tools.DEPTH", 5)
    with pytest.raises(ToolError, match="the search is not complete"):
        spin("-O0")("philosophers", 5, tmp_path, SECONDS)
