"""The recipes in docs/ci.md and the hooks for pre-commit do what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from utcheck.cli.main import status

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = {
    re.sub(r"^# ", "", text.partition("\n")[0]): text
    for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
}
SCRIPTS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with `utcheck` on the path, in the working directory."""
    directory = tmp_path / "project"
    commands = tmp_path / "bin"
    commands.mkdir()
    command = commands / "utcheck"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m utcheck "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("GITHUB_STEP_SUMMARY", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    status(["new", "ring", "--directory", str(directory)])
    monkeypatch.chdir(directory)
    return directory


def sh(script: str, **environment: str) -> tuple[int, str]:
    """Run a script, and return its status and what it prints."""
    done = subprocess.run(
        ["sh", "-c", script],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def bring_the_race_back() -> None:
    """Change the model so that even with the lock an addition may be lost."""
    path = Path("models/ring.py")
    text = path.read_text()
    assert "if self.locked:" in text
    path.write_text(text.replace("if self.locked:", "if False:"))


# ------------------------------------------------------------------------------- pre-commit

HOOKS = {hook["id"]: hook for hook in parsed((ROOT / ".pre-commit-hooks.yaml").read_text())}
KEYS = {"id", "name", "description", "language", "entry", "args", "files", "types",
        "pass_filenames", "require_serial"}  # fmt: skip


def hook_runs(hook: dict[str, Any], changed: list[str]) -> list[str] | None:
    """Return the command that pre-commit runs for the changed files, or None if it runs none."""
    files = [path for path in changed if re.search(hook["files"], path)]
    if not files:
        return None
    command = [*hook["entry"].split(), *hook.get("args", [])]
    return command + (files if hook.get("pass_filenames", True) else [])


@pytest.mark.parametrize(
    ("name", "changed", "command"),
    [
        ("utcheck", ["specs/ring.yaml", "models/ring.py", "README.md"], "run specs/ring.yaml"),
        ("utcheck", ["specs/a/b.yml", "specs/c.yaml"], "run specs/a/b.yml specs/c.yaml"),
        ("utcheck", ["specs/README.md", "docs/specs/x.yaml", ".github/x.yml"], None),
        ("utcheck-models", ["models/ring.py", "models/a/b.py"], "run specs"),
        ("utcheck-models", ["specs/ring.yaml", "tests/test_ring.py"], None),
    ],
)
def test_what_the_hooks_run(name: str, changed: list[str], command: str | None) -> None:
    wanted = None if command is None else ["utcheck", *command.split()]
    assert hook_runs(HOOKS[name], changed) == wanted


@pytest.mark.parametrize("hook", HOOKS.values(), ids=list(HOOKS))
def test_the_hooks_hold_a_commit_back(hook: dict[str, Any], project: Path) -> None:
    assert set(hook) <= KEYS
    assert hook["language"] == "python"  # installed from pyproject.toml, which has the command
    command = " ".join(hook_runs(hook, ["specs/ring.yaml", "models/ring.py"]) or [])
    assert sh(command)[0] == 0
    bring_the_race_back()
    code, text = sh(command)
    assert code == 1
    assert "nothing-lost is violated" in text


def test_the_page_uses_the_hooks_that_there_are() -> None:
    (repository,) = parsed(BLOCKS[".pre-commit-config.yaml"])["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == list(HOOKS)


# --------------------------------------------------------------------------------- CI systems


def test_the_action_for_github(project: Path) -> None:
    action = parsed(BLOCKS[".github/actions/utcheck/action.yml"])
    workflow = parsed(BLOCKS[".github/workflows/protocols.yml"])
    (job,) = workflow["jobs"].values()
    assert job["steps"][-1] == {"uses": "./.github/actions/utcheck"}
    assert "pull_request_target" not in workflow["on"]
    steps = action["runs"]["steps"]
    assert all("${{" not in step.get("run", "") for step in steps)  # no code from an input
    (check,) = (step for step in steps if "utcheck run" in step.get("run", ""))
    assert check["env"] == {"SPECS": "${{ inputs.specs }}"}
    summary = str(project / "summary.md")
    specs = action["inputs"]["specs"]["default"]
    assert sh(check["run"], SPECS=specs, GITHUB_STEP_SUMMARY=summary) == (0, "")
    bring_the_race_back()
    code, text = sh(check["run"], SPECS=specs, GITHUB_STEP_SUMMARY=summary)
    assert code == 1
    assert "::error file=specs/ring.yaml,line=5,title=ring [locked]%3A nothing-lost::" in text
    assert "nothing-lost is violated" in (project / "summary.md").read_text()
    upload = steps[-1]["with"]["sarif_file"]
    assert json.loads((project / upload).read_text())["version"] == "2.1.0"


def test_the_job_for_gitlab(project: Path) -> None:
    (job,) = parsed(BLOCKS[".gitlab-ci.yml"]).values()
    (command,) = job["script"]
    assert sh(command)[0] == 0
    reports = {kind: project / path for kind, path in job["artifacts"]["reports"].items()}
    assert json.loads(reports["codequality"].read_text()) == []
    bring_the_race_back()
    assert sh(command)[0] == 1
    (issue,) = json.loads(reports["codequality"].read_text())
    assert issue["location"]["path"] == "specs/ring.yaml"
    assert "<failure" in reports["junit"].read_text()


def test_the_container_runs_the_gate(project: Path) -> None:
    command = SCRIPTS[-1].partition("\n  utcheck ")[2]
    assert command.startswith("timeout 1800 utcheck run --no-cache specs")
    assert sh(command)[0] == 0
    assert not (project / ".utcheck_cache").exists()


# --------------------------------------------------------------------------------- git bisect

RECIPE = SCRIPTS[0]
ROWS = re.findall(r"^\| (\d+) \| [^|]* \| (\w+) \| (\w+) \|$", PAGE, re.MULTILINE)


def git(*arguments: str) -> str:
    """Run git in the working directory, and return what it prints."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    done = subprocess.run(["git", *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(message: str) -> str:
    """Commit everything, and return the hash."""
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", message)
    return git("rev-parse", "HEAD")


def taken_as(command: str) -> str:
    """Return what `git bisect run` makes of a command: good, bad, skip or stop.

    It has to ask about one commit, the second of three.
    """
    git("bisect", "start", "HEAD", "HEAD~2")
    middle = git("rev-parse", "HEAD")
    result, text = sh(f"git bisect run sh -c '{command}'")
    last = git("rev-parse", "refs/bisect/bad")
    git("bisect", "reset")
    if result == 0:
        return "bad" if last == middle else "good"
    return "skip" if "We cannot bisect more" in text else "stop"


@pytest.fixture
def three_commits(project: Path) -> None:
    git("init", "--quiet")
    for number in range(3):
        commit(str(number))


def test_the_readme_has_the_same_recipe() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = RECIPE.partition("\n")[2].rpartition("git bisect reset")[0]
    wanted = "".join(f"    {line}\n" for line in command.splitlines())
    assert wanted.replace("specs/ring.yaml", "specs/race.yaml") in readme


def test_every_status_is_in_the_table() -> None:
    assert [int(code) for code, _, _ in ROWS] == [0, 1, 2, 3, 70, 130, 137]


@pytest.mark.usefixtures("three_commits")
def test_what_git_makes_of_each_status() -> None:
    assert {code: taken_as(f"exit {code}") for code, _, _ in ROWS} == {
        code: raw for code, raw, _ in ROWS
    }


@pytest.mark.usefixtures("three_commits")
def test_what_the_recipe_makes_of_each_status(tmp_path: Path) -> None:
    command = recipe("HEAD", "HEAD~2").partition("sh -c '")[2].partition("'\n")[0]
    answers = {}
    for code, _, _ in [*ROWS, ("127", "", "")]:
        (tmp_path / "bin" / "utcheck").write_text(f"#!/bin/sh\nexit {code}\n")
        answers[code] = taken_as(command)
    assert answers == {**{code: wanted for code, _, wanted in ROWS}, "127": "stop"}


def recipe(bad: str, good: str, spec: str = "specs/ring.yaml") -> str:
    """Return the recipe of the page with its placeholders filled in."""
    script: str = RECIPE.replace("BAD", bad).replace("GOOD", good)
    return script.replace("specs/ring.yaml", spec)


@pytest.fixture
def history(project: Path) -> list[str]:
    """Return the commits of a history with some that cannot be judged in the way of the search.

    The race comes back in number 6. Changes of the model keep its size, and commits follow each
    other within a second: the case in which Python may take the bytecode of another commit.
    """
    model, spec = Path("models/ring.py"), Path("specs/ring.yaml")
    right = model.read_text().replace("if self.locked:", "if SAFE == 1:") + "SAFE = 1\n"
    race, broken = right.replace("SAFE = 1", "SAFE = 0"), right.replace(" Lock,", " Loch,")
    question = spec.read_text().partition("cases:")[0]
    undecided = f"{question}limits: {{states: 2}}\n"
    git("init", "--quiet")
    Path(".gitignore").write_text("__pycache__\n.utcheck_cache\nspecs/question.yaml\n")
    commits: list[str] = []
    for text, asked in [(right, question)] * 4 + [
        (broken, question), (right, question), (race, question), (race, undecided),
        (race, question), (race, question),
    ]:  # fmt: skip
        model.write_text(text)
        spec.write_text(asked)
        commits.append(commit(f"number {len(commits)}"))
    return commits


def test_the_recipe_finds_the_commit_that_brought_the_race_back(history: list[str]) -> None:
    code, said = sh(recipe(history[-1], history[0]))
    assert code == 0
    assert f"{history[6]} is the first bad commit" in said
    assert "the model cannot be imported: ImportError: cannot import name 'Loch'" in said  # 4
    assert "? undecided" in said  # 7


@pytest.mark.slow
def test_without_the_recipe_another_commit_is_found(history: list[str]) -> None:
    git("bisect", "start", history[-1], history[0])
    said = sh("git bisect run utcheck run --no-cache specs/ring.yaml")[1]
    assert f"{history[4]} is the first bad commit" in said


@pytest.mark.slow
def test_the_same_question_for_every_commit(history: list[str]) -> None:
    shutil.copy("specs/ring.yaml", "specs/question.yaml")
    code, said = sh(recipe(history[-1], history[0], "specs/question.yaml"))
    assert code == 0
    assert f"{history[6]} is the first bad commit" in said
    assert "? undecided" not in said
