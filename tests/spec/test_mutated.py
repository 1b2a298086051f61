"""Specs from strangers: whatever they contain, they are cases or errors with a place.

A spec that is right is mutated: characters and lines are cut, doubled, moved and replaced by what
YAML, expressions and formulas give a meaning. Nothing but `SpecError` may come out, soon.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.spec.project import Project, own_modules
from tests.spec.test_load import GOOD
from utcheck.errors import SpecError
from utcheck.spec.load import load

SPEC = (
    GOOD
    + """\
# more kinds of properties
"""
)
MORE = """\
  by-the-book: {ltl: 'G ({stopped} -> F raised) & X !event("x")'}
  monotone: {step: {holds: "old.level[0] <= level[0]", name: raise, process: p}}
  can-go-on: {possible_always: any(v.at("step 0") for v in vm)}
"""
SPEC = SPEC.replace("cases:\n", MORE + "cases:\n", 1)
PIECES = [
    "&a ", "*a", "<<: *a", "!!python/object/apply:os.system ['true']", "!!set", "? ", "- ", ": ",
    "[", "]", "{", "}", "'", '"', "|", ">", "%YAML 9.9", "---\n", "...\n", "\t", "\n", "\r", "\0",
    "\x1b[2J", "\u202e", "\ufeff", "\ud7ff", "😀", "1e999", "0x" + "f" * 400, "9" * 5000, ".nan",
    "-.inf", "0o7", "2009-04-01", "yes", "~", "null", "__import__('os')", "().__class__",
    "lambda: 0",
    "9**9**9", "10**10**10", "'a'*10**9", "range(10**12)", "(" * 300, "[" * 300, "not " * 500,
    "G " * 300, "F(" * 200, "X", "U", "->", "sum(1 for i in range(10**9))", "level[10**30]",
    "../../etc/passwd", "models.race:Race", "os:system", "a" * 3000,
]  # fmt: skip
SECONDS = 10.0


def mutated(draw: random.Random) -> str:
    """Return the spec with one to four changes."""
    text = SPEC
    for _ in range(draw.randint(1, 4)):
        at, other = (draw.randrange(len(text) + 1) for _ in range(2))
        lines = text.splitlines(keepends=True) or [""]
        match draw.randrange(7):
            case 0:
                text = text[:at] + draw.choice(PIECES) + text[at:]
            case 1:
                text = text[:at] + text[at + draw.randint(1, 20) :]
            case 2:
                text = text[: min(at, other)] + text[max(at, other) :]
            case 3:
                lines.insert(draw.randrange(len(lines)), draw.choice(lines))
                text = "".join(lines)
            case 4:
                draw.shuffle(lines)
                text = "".join(lines)
            case 5:
                words = text.split(" ")
                words[draw.randrange(len(words))] = draw.choice([*PIECES, draw.choice(words)])
                text = " ".join(words)
            case 6:
                text = (
                    text[:at] + chr(draw.choice([0, 9, 10, 32, 58, 123, 0x85, 0x2028])) + text[at:]
                )
    return text


def refusal(path: Path) -> str:
    """Return what is said about a spec that is refused; nothing where it is read."""
    try:
        load(path)
    except SpecError as error:
        return str(error)
    return ""


def assert_read(path: Path, seeds: range) -> None:
    """Load mutated specs; another exception than `SpecError` ends the test with its seed."""
    errors = 0
    for seed in seeds:
        text = mutated(random.Random(seed))  # the same in every run
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        begin = time.monotonic()
        try:
            said = refusal(path)
        except BaseException as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error
        assert time.monotonic() - begin < SECONDS, f"seed {seed}"
        assert "\x1b" not in said, f"seed {seed}"
        errors += bool(said)
    assert errors > len(seeds) // 2, "the mutations are too tame"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    Project(tmp_path, monkeypatch).load(SPEC)
    return Path("specs/x.yaml")


def test_mutated_specs_are_read_or_refused(path: Path) -> None:
    with own_modules():
        assert_read(path, range(400))


@pytest.mark.slow
def test_many_mutated_specs_are_read_or_refused(path: Path) -> None:
    with own_modules():
        assert_read(path, range(1000, 21_000))


@pytest.mark.parametrize("levels", [9, 30])
def test_aliases_of_aliases_are_not_unfolded(levels: int, path: Path) -> None:
    """Each level has nine times the one before: three thousand million values at the ninth."""
    lines = ['a0: &a0 ["x"]']
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, levels)]
    path.write_text("\n".join([*lines, SPEC]), encoding="utf-8")
    begin = time.monotonic()
    with pytest.raises(SpecError):
        load(path)
    assert time.monotonic() - begin < SECONDS
