"""`utcheck explain`: what it writes of a formula, where, and what it refuses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from utcheck.cli import picture
from utcheck.cli.main import cli, status
from utcheck.errors import UsageError

PNG = b"\x89PNG\r\n\x1a\n"


def explained(*arguments: str) -> bytes:
    result = CliRunner().invoke(cli, ["explain", *arguments], standalone_mode=False)
    assert result.exception is None
    assert result.return_value == 0
    return result.stdout_bytes


def test_a_formula_is_explained() -> None:
    """GF a needs a single state, which must read a for ever: a derivation by hand."""
    assert explained("--ltl", "GF a").decode() == (
        "G F a\n"
        "It has no X, so it is stutter-invariant: steps that change nothing do not matter.\n"
        "Its automaton has 1 state and 1 acceptance set.\n"
        "A run is accepted if it takes edges of each set, which are in (), for ever.\n"
        "  0 (initial)\n"
        "    to 0 on true\n"
        "    to 0 on a (0)\n"
    )
    assert "It has X" in explained("--ltl", "X {a == 1}").decode()


def test_the_negation_is_what_a_counterexample_is_searched_with() -> None:
    text = explained("--ltl", "F a", "--negated").decode()
    assert text.startswith("!F a\n")
    assert "    to 0 on !a\n" in text


def test_the_automaton_is_written_for_others() -> None:
    assert explained("--ltl", 'F event("x")', "--hoa").decode().startswith('HOA: v1\nname: "F ')
    assert explained("--ltl", "F a", "--dot").decode().startswith("digraph")


def test_pictures_go_to_a_file(tmp_path: Path) -> None:
    svg, png = tmp_path / "a.svg", tmp_path / "a.png"
    assert explained("--ltl", "a U {b < 3}", "--svg", "-o", str(svg)) == b""
    assert explained("--ltl", "a U {b < 3}", "--png", "-o", str(png)) == b""
    assert "b &lt; 3" in svg.read_text(encoding="utf-8")
    assert png.read_bytes().startswith(PNG)


def test_a_mistake_in_a_formula_has_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["explain", "--ltl", "a U (b"]) == 2
    assert capsys.readouterr().err == "utcheck: error: --ltl, column 5: '(' is not closed\n"
    assert status(["explain"]) == 2
    assert "--ltl" in capsys.readouterr().err


def test_without_graphviz_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "program", lambda: None)
    with pytest.raises(UsageError, match=r"pip install 'utcheck\[render\]'"):
        picture.draw("digraph {}", "svg")


def test_a_graphviz_that_takes_too_long_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow = tmp_path / "dot"
    slow.write_text("#!/bin/sh\nexec sleep 20\n")
    slow.chmod(0o755)
    monkeypatch.setattr(picture, "program", lambda: str(slow))
    with pytest.raises(UsageError, match=r"more than 0\.1 s"):
        picture.draw("digraph {}", "svg", seconds=0.1)


def test_a_graphviz_that_fails_is_quoted() -> None:
    with pytest.raises(UsageError, match="could not draw this"):
        picture.draw("this is no graph", "svg")


def test_the_picture_is_drawn_by_the_extra_or_by_the_system() -> None:
    found = picture.program()
    assert found is not None
    subprocess.run([found, "-V"], check=True, capture_output=True)
