"""What the README shows is what utcheck prints, and its examples work."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from utcheck.cli.main import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PRODUCED = re.compile(r"<!-- produced: utcheck ([^\n]*) -->\n```text\n(.*?)```", re.DOTALL)
CODE = re.compile(r"```(python|yaml)\n(.*?)```", re.DOTALL)


def run(arguments: list[str]) -> tuple[int, str]:
    """Return the status and the standard output of a command."""
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert result.exception is None
    return result.return_value, result.stdout


@pytest.mark.parametrize(
    ("command", "text"), PRODUCED.findall(README), ids=lambda value: value[:40]
)
def test_the_readme_shows_what_is_printed(
    command: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    status, printed = run(shlex.split(command))
    assert status == 0
    assert printed == text


def test_the_picture_of_the_readme_is_what_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    picture, drawn = ROOT / "specs" / "early_resume.svg", tmp_path / "drawn.svg"
    assert "(specs/early_resume.svg)" in README
    command = ["run", "specs/early_resume.yaml", "--case", "baseline", "--property",
               "resume-resumes", "--render", "svg", "--output", str(drawn)]  # fmt: skip
    assert run(command)[0] == 0
    if os.environ.get("UTCHECK_UPDATE_GOLDEN") == "1":
        picture.write_bytes(drawn.read_bytes())
    assert picture.read_bytes() == drawn.read_bytes()


def test_the_examples_of_the_readme_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, spec, _ = (text for _, text in CODE.findall(README))
    (tmp_path / "utcheck.toml").touch()
    for folder in ("models", "specs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "models" / "handshake.py").write_text(model, encoding="utf-8")
    (tmp_path / "specs" / "handshake.yaml").write_text(spec, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    status, printed = run(["run", "specs"])
    assert "2 cases: 2 as expected." in printed
    assert status == 0


def test_the_last_example_of_the_readme_works() -> None:
    examples = [text for kind, text in CODE.findall(README) if kind == "python"]
    scope: dict[str, object] = {}
    for text in examples:
        exec(text, scope)  # noqa: S102  (our own README)
    assert str(scope["outcome"].verdict) == "violated"  # type: ignore[attr-defined]
