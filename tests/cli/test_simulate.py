"""`utcheck simulate`: what it says about random runs, where, and its exit status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.spec.project import own_modules
from utcheck.cli import simulating
from utcheck.cli.main import status
from utcheck.graph.random_runs import RandomRuns

ROOT = Path(__file__).parents[2]

MODEL = '''
from typing import Annotated, Literal

from utcheck import Model, Range, param, process, when

print("a model may print")


class Line(Model):
    """Two steps of `p`, in order: every run is the same."""

    mode: Literal["fine", "stuck", "wrong", "fails", "endless"] = param("fine")
    two: str = param("two words")
    n: Annotated[int, Range(0, 2)] = 0

    @process
    def p(self):
        yield "one"
        self.n += 1
        print("a step may print")
        yield when(lambda: self.mode != "stuck", "two")
        self.n += 1
        assert self.mode != "fails", "it \\x1b[31m fails"
        if self.mode == "wrong":
            yield "three"
            self.n += 1
        while self.mode == "endless":
            yield "again"
        if self.mode == "never":
            yield "dead"

    @process(each=4, daemon=True)
    def vm(self, i):
        yield when(lambda: self.mode == "never", "wait")


class Nasty(Model):
    text: str = param("<script>\\n")
    n: int = 0

    @process
    def p(self):
        yield "a \\x1b[2J\\n label é " + "x" * 100
        self.n = self.choose(1, 2)


class Crowd(Model):
    @process(each=12)
    def vm(self, i):
        yield "go"
        if i == 3:
            yield "more"
'''

HEAD = "model: models.line:Line\nproperties: {grows: {reachable: n == 1}, low: {text: n is " \
       "low, never: n > LIMIT}}\n".replace("LIMIT", "9")  # fmt: skip
SPECS = {
    **{
        mode: f"{HEAD}params: {{mode: {mode}}}\n"
        for mode in ("fine", "stuck", "wrong", "fails", "endless")
    },
    "low": HEAD.replace("n > 9", "n > 1"),
    "off": HEAD.replace("{grows", "{deadlock: off, grows") + "params: {mode: stuck}\n",
    "cases": HEAD + "cases:\n  one: {}\n  two: {params: {mode: stuck}}\n"
    "  all: {matrix: {mode: [fine, fails]}}\n",
    "errors": HEAD + "cases:\n  wrong: {params: {mode: wrong}}\n  fine: {}\n",
    "nasty": 'model: models.line:Nasty\nproperties: {"n\\e[2J": {never: n == 2}}\n',
    "crowd": "model: models.line:Crowd\n",
    "broken": HEAD + "titel: x\n",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a project with the specs above, and go there."""
    for name in ("models", "specs"):
        (tmp_path / name).mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "models" / "line.py").write_text(MODEL)
    for name, text in SPECS.items():
        (tmp_path / "specs" / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "UTCHECK_DEBUG", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    with own_modules():
        yield tmp_path


def simulated(
    capsys: pytest.CaptureFixture[str], *arguments: str, expected: int = 0
) -> tuple[str, str]:
    assert status(["simulate", *arguments]) == expected
    out, err = capsys.readouterr()
    return out, err


def data_of(capsys: pytest.CaptureFixture[str], *arguments: str, expected: int = 0) -> Any:
    return json.loads(simulated(capsys, "--json", *arguments, expected=expected)[0])


def test_nothing_found_is_no_proof(capsys: pytest.CaptureFixture[str]) -> None:
    """Every run has the steps one and two."""
    out, err = simulated(capsys, "specs/fine.yaml", "--seed", "5", "--runs", "20")
    assert (
        out
        == """\
fine: 20 random runs, seed 5
  with mode = 'fine', two = 'two words'
  20  ended
  Steps in a run: 2 to 2, 2.0 on average.
  Nothing is said about grows.
  How often each step ran:
    20  p: 'one' (models/line.py:18)
    20  p: 'two' (models/line.py:21)
  Steps that never ran:
    p: 'three' (models/line.py:25)
    p: 'again' (models/line.py:28)
    p: 'dead' (models/line.py:30)
    vm[0..3]: 'wait' (models/line.py:34)

No violation was found in 20 random runs. That is no proof, because they
are not all there are; `utcheck run` explores every interleaving.
"""
    )
    assert set(err.splitlines()) == {"a model may print", "a step may print"}
    assert "holds" not in out


def test_the_first_violation_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = simulated(capsys, "specs/low.yaml", "--seed", "5", "--runs", "3", expected=1)
    assert "\n  0  ended\n  3  violated low\n  Steps in a run: 2 to 2" in out
    chart = out.partition("low: low is violated (run 1, 2 steps)\n")[2]
    assert chart.startswith(
        "=====================================\n\nn is low\n\nInitially: n = 0.\n"
    )
    assert re.search(r"\n  2  \* two +(\| +){3}\|\n +\| +n: 1 -> 2", chart)
    assert chart.endswith(
        "\nHere 'n > 1' is true, which must never be.\n\n"
        "A violation was found in low. There may be shorter runs to it; `utcheck\n"
        "run` finds a shortest one.\n"
    )


@pytest.mark.parametrize(
    ("spec", "count", "heading", "last"),
    [
        ("stuck", "  0  ended\n  2  deadlocked\n", "deadlock is violated (run 1, 1 step)",
         "Deadlock: p waits at 'two'"),
        ("fails", "  0  ended\n  2  failed an assertion\n",
         "assertions is violated (run 1, 2 steps)", "In step 'two' of p: it \\x1b[31m fails"),
    ],
)  # fmt: skip
def test_what_is_built_in(
    spec: str, count: str, heading: str, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = simulated(capsys, f"specs/{spec}.yaml", "--runs", "2", expected=1)
    assert count in out
    assert f"{spec}: {heading}\n=====" in out
    assert last in out


def test_a_deadlock_that_nobody_asks_about(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = simulated(capsys, "specs/off.yaml", "--runs", "2")
    assert "  2  deadlocked ('deadlock' is switched off)\n" in out


def test_runs_without_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = simulated(capsys, "specs/endless.yaml", "--runs", "3", "--steps", "1200")
    assert "  0  ended\n  3  cut off after 1,200 steps\n" in out
    assert "  Steps in a run: 1,200 to 1,200, 1,200.0 on average.\n" in out
    assert "    3,594  p: 'again' (models/line.py:28)\n" in out  # 3 times all but one and two


def test_the_same_seed_is_the_same_text(capsys: pytest.CaptureFixture[str]) -> None:
    def text(seed: str) -> str:
        return simulated(capsys, "specs/nasty.yaml", "--seed", seed, "--runs", "9", expected=1)[0]

    assert text("1") == text("1")
    assert len({text(str(seed)).replace(f"seed {seed}", "") for seed in range(5)}) > 1


def test_a_seed_that_was_drawn_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = simulated(capsys, "specs/nasty.yaml", "--runs", "30", expected=1)
    seed = re.search(r"30 random runs, seed (\d+)\n", out)
    assert seed is not None
    again = simulated(capsys, "specs/nasty.yaml", "--runs", "30", "--seed", seed[1], expected=1)
    assert again[0] == out


def test_seeds_are_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert len({simulating.drawn_seed() for _ in range(20)}) > 10


def test_every_case_or_some(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = simulated(capsys, "specs/cases.yaml", "--runs", "2", expected=1)
    assert re.findall(r"^cases (\S+): 2 random", out, re.M) == [
        "[one]", "[two]", "[all[mode=fine]]", "[all[mode=fails]]",
    ]  # fmt: skip
    assert re.findall(r"^cases (\S+): (\S+) is violated", out, re.M) == [
        ("[two]", "deadlock"), ("[all[mode=fails]]", "assertions"),
    ]  # fmt: skip
    end = "A violation was found in cases [two] and cases [all[mode=fails]]."
    assert end in " ".join(out.split())
    out, _ = simulated(capsys, "specs/cases.yaml", "--runs", "2", "--case", "one")
    assert "cases [one]: 2 random runs" in out
    assert "two]" not in out
    out, _ = simulated(capsys, "specs/cases.yaml", "--runs", "2", "--case", "all", expected=1)
    assert out.count("2 random runs") == 2


def test_processes_that_are_alike_are_counted_together(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = simulated(capsys, "specs/crowd.yaml", "--runs", "7")
    assert (
        """
  How often each step ran:
    84  vm[0..11]: 'go' (models/line.py:50), 7 to 7 each
     7  vm[3]: 'more' (models/line.py:52)
  Steps that never ran:
    vm[0..2] and vm[4..11]: 'more' (models/line.py:52)
"""
        in out
    )


def test_a_model_error_does_not_stop_the_other_cases(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = simulated(capsys, "specs/errors.yaml", "--runs", "2", expected=2)
    assert "errors [fine]: 2 random runs" in out
    assert "models/line.py:26: error: n = 3: 3 is not an integer from 0 to 2\n" in err
    assert "This happens in errors [wrong] after:\n" in err
    assert re.search(r"\n  2  \* two ", err)


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    data = data_of(capsys, "specs/cases.yaml", "--seed", "3", "--runs", "4", expected=1)
    assert (data["schema"], data["seed"], data["runs"], data["steps"]) == (1, 3, 4, 1000)
    one, two, *_ = data["cases"]
    assert (one["spec"], one["case"], one["runs"]) == ("specs/cases.yaml", "one", 4)
    assert one["ends"] == {"ended": 4, "deadlock": 0, "violated": 0, "failed": 0, "cut": 0}
    assert one["violations"] == {}
    assert one["lengths"] == {"least": 2, "mean": 2.0, "greatest": 2}
    assert one["unseen"] == ["grows"]
    assert one["first"] is None
    assert one["coverage"][:3] == [
        {"process": "p", "label": label, "place": {"path": "models/line.py", "line": line},
         "count": count}
        for label, line, count in (("one", 18, 4), ("two", 21, 4), ("three", 25, 0))
    ]  # fmt: skip
    assert two["violations"] == {"deadlock": 4}
    first = two["first"]
    assert first["ending"].startswith("Deadlock: p waits at 'two'")
    del first["ending"]
    assert first == {
        "property": "deadlock", "run": 1, "labels": ["one"],
        "witness": {"initial": [], "steps": [["p", []]], "cycle": None},
    }  # fmt: skip


def test_an_interrupt_shows_what_was_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(RandomRuns):
        def run(self) -> Any:
            if len(self.lengths) == 3:
                raise KeyboardInterrupt
            return super().run()

    monkeypatch.setattr(simulating, "RandomRuns", Interrupted)
    out, err = simulated(capsys, "specs/cases.yaml", "--seed", "1", expected=130)
    assert out.startswith("cases [one]: 3 random runs, seed 1\n")
    assert out.count("random runs, seed") == 1
    assert err.endswith("utcheck: interrupted; this is what was found so far\n")


def test_an_interrupt_before_the_first_run_is_over(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(RandomRuns):
        def run(self) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setattr(simulating, "RandomRuns", Interrupted)
    out, _ = simulated(capsys, "specs/fine.yaml", "--seed", "1", expected=130)
    assert out.startswith("fine: 0 random runs, seed 1\n")
    data = data_of(capsys, "specs/fine.yaml", expected=130)
    assert data["cases"][0]["lengths"] == {"least": 0, "mean": 0.0, "greatest": 0}


def test_whatever_a_model_says_is_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = simulated(capsys, "specs/nasty.yaml", "--runs", "30", expected=1)
    assert out.isascii()
    assert all(char.isprintable() or char == "\n" for char in out)
    assert all(len(line) <= 72 for line in out.splitlines())
    assert "violated n\\x1b[2J\n" in out
    assert "with text = '<script>\\n'\n" in out
    assert "p: 'a \\x1b[2J\\n label \\xe9\n" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["specs/fine.yaml", "--runs", "many"], "'many' is not a valid integer"),
        (["specs/fine.yaml", "--runs", "0"], "0 is not in the range x>=1."),
        (["specs/fine.yaml", "--steps", "0"], "0 is not in the range x>=1."),
        (["specs/fine.yaml", "--seed", "-1"], "-1 is not in the range x>=0."),
        (["specs/fine.yaml", "--seed", "x"], "'x' is not a valid integer"),
        (["specs/cases.yaml", "--case", "tow"],
         "utcheck: error: there is no case 'tow', did you mean 'two'?\n"),
        (["specs/broken.yaml"], "unknown key 'titel', did you mean 'title'?\n"),
        (["no such.yaml"], "no such.yaml: error: cannot be read: No such file or directory\n"),
        ([], "Missing argument 'SPEC'."),
    ],
)  # fmt: skip
def test_wrong_usage(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = simulated(capsys, *arguments, expected=2)
    assert out == ""
    assert message in err


def test_a_closed_pipe_is_quiet() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "utcheck", "simulate", "specs/stuck.yaml"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert "rror" not in running.stderr.read()
        assert running.wait(timeout=30) == 1
