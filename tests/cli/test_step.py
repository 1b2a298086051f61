"""`utcheck step`: what it shows, which commands it takes, and what it says to wrong ones."""

from __future__ import annotations

import io
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from select import select

import pytest

from tests.spec.project import own_modules
from utcheck.cli.main import status

ROOT = Path(__file__).parents[2]

MODEL = """
from typing import Annotated, Literal

from utcheck import Model, Range, array, param, process, when

print("a model may print")


class Race(Model):
    mode: Literal["fine", "stuck", "wrong", "starts", "fails"] = param("fine")
    n: int = 0
    small: Annotated[int, Range(0, 3)] = 3
    row = array(bool, 3)

    def init(self):
        if self.mode == "starts":
            self.n = self.choose(*range(30))

    @process
    def p(self):
        yield "pick"
        self.n += self.choose(1, 2)
        print("a step may print")
        if self.mode == "wrong":
            yield "too much"
            self.small += self.choose(0, 1)
        if self.mode == "fails":
            yield "fail"
            self.row[1] = True
            assert self.n == 1, "n is \\x1b[31m two"
        yield when(
            lambda: self.mode != "stuck",
            "end",
        )
        self.emit("end", self.n)

    @process(daemon=True, each=3)
    def vm(self, i):
        yield when(lambda: self.n > 100, "wait")


class Nasty(Model):
    text: str = "<script>alert(1)</script>"

    @process
    def p(self):
        yield "a \\x1b[2J\\n label é " + "x" * 100
        self.text = self.choose("\\x07", "From here\\n.")


class Many(Model):
    row = array(int, 20)

    @process
    def p(self):
        yield "first"
        yield "second"
        self.row[7] = 7
"""

HEAD = (
    "model: models.race:Race\nproperties: {rises: {reachable: n > 0}, 'two 2': {never: n == 2}}\n"
)
SPECS = {
    "fine": HEAD + "title: x\n",
    "cases": HEAD + "cases:\n  one: {}\n  stuck: {params: {mode: stuck}}\n"
    "  all: {matrix: {mode: [fine, stuck]}}\n",
    "stuck": HEAD + "params: {mode: stuck}\n",
    "wrong": HEAD + "params: {mode: wrong}\n",
    "starts": HEAD + "params: {mode: starts}\n",
    "fails": HEAD + "params: {mode: fails}\n",
    "nasty": "model: models.race:Nasty\n",
    "many": "model: models.race:Many\n",
    "broken": HEAD + "titel: x\n",
}
PICK = """\
  1  p: 'pick' chooses 1 (models/race.py:21)
  2  p: 'pick' chooses 2 (models/race.py:21)
  -  vm[0..2] wait at 'wait' (daemons)
       models/race.py:39: yield when(lambda: self.n > 100, "wait")
"""
BEGINNING = f"""\
Initial state

n = 0, small = 3, row[0..2] = False

{PICK}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a project with the specs above, and go there."""
    for name in ("models", "specs"):
        (tmp_path / name).mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "models" / "race.py").write_text(MODEL)
    for name, text in SPECS.items():
        (tmp_path / "specs" / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "UTCHECK_DEBUG", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    with own_modules():
        yield tmp_path


def stepped(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spec: str,
    commands: str,
    *options: str,
) -> tuple[int, list[str], list[str]]:
    """Return the exit status, what was said after each command, and each line of complaint."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(commands))
    answer = status(["step", f"specs/{spec}.yaml", *options])
    out, err = capsys.readouterr()
    said = ["\n" + part.partition("\n")[2] for part in re.split("^> ?", out, flags=re.M)]
    printed = ("a model may print", "a step may print")
    return answer, said, [line for line in err.splitlines() if line not in printed]


@pytest.fixture
def step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> partial[tuple[int, list[str], list[str]]]:
    return partial(stepped, monkeypatch, capsys)


Step = partial[tuple[int, list[str], list[str]]]


def test_the_beginning(step: Step) -> None:
    answer, (said,), complaints = step("fine", "")
    assert (answer, complaints) == (0, [])
    assert said == f"\n\n{BEGINNING}"


def test_the_case_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def heading(*options: str) -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        assert status(["step", *options]) == 0
        return capsys.readouterr().out.partition("\n")[0]

    assert heading("specs/fine.yaml") == "fine; ? lists the commands"
    assert heading("specs/cases.yaml") == (
        "cases [one], the first of 4 cases (see --case); ? lists the commands"
    )
    assert heading("specs/cases.yaml", "--case", "stuck").startswith("cases [stuck]; ")
    assert heading("specs/cases.yaml", "--case", "all").startswith(
        "cases [all[mode=fine]], the first of 2 cases"
    )


def test_steps_are_taken_by_number(step: Step) -> None:
    answer, said, complaints = step("fine", "2\n1\n")
    assert (answer, complaints) == (0, [])
    assert (
        said[1]
        == """
Step 1, p: 'pick'
  chooses 2
  n: 0 -> 2

n = 2, small = 3, row[0..2] = False

  1  p: 'end' (models/race.py:31)
  -  vm[0..2] wait at 'wait' (daemons)
       models/race.py:39: yield when(lambda: self.n > 100, "wait")

"""
    )
    assert (
        said[2]
        == """
Step 2, p: 'end'
  emits end(2)

n = 2, small = 3, row[0..2] = False

  -  p has ended
  -  vm[0..2] wait at 'wait' (daemons)
       models/race.py:39: yield when(lambda: self.n > 100, "wait")

The run has ended: no process has anything left to do.

"""
    )


def test_who_waits_is_shown_with_the_condition(step: Step) -> None:
    _, said, _ = step("stuck", "1\n")
    assert """
  -  p waits at 'end'
       models/race.py:31: yield when(lambda: self.mode != 'stuck',
         'end')
  -  vm[0..2] wait at 'wait' (daemons)
       models/race.py:39: yield when(lambda: self.n > 100, "wait")

Deadlock: no process can take a step.
""" in said[1]


def test_back_and_again(step: Step) -> None:
    answer, said, complaints = step("fine", "2\n1\nb\nb\n1\n1\nb 2\nr\n1\nback 1\ns\n")
    assert (answer, complaints) == (0, [])
    beginning = "\n" + BEGINNING
    assert said[3] == said[1] != said[2]
    assert said[4] == said[7] == said[8] == said[10] == said[11] == beginning
    assert "n: 0 -> 1" in said[5]


@pytest.mark.parametrize("end", ["q\n1\n", "quit\n1\n", "q", ""])
def test_leaving(end: str, step: Step) -> None:
    answer, said, complaints = step("fine", f"\n  \n{end}")
    assert (answer, complaints) == (0, [])
    assert "Step 1" not in "".join(said)


@pytest.mark.parametrize(
    ("spec", "command", "complaint"),
    [
        ("fine", "3", "error: there is no step 3, only 1 to 2"),
        ("fine", "0", "error: there is no step 0, only 1 to 2"),
        ("fine", "-1", "error: there is no step -1, only 1 to 2"),
        ("many", "2", "error: there is no step 2, only 1"),
        ("fine", "9" * 5000, "error: '999"),
        ("fine", "1 2", "error: '1' is no command and no number; ? lists the commands"),
        ("fine", "1.5", "error: '1.5' is no command and no number; ? lists the commands"),
        ("fine", "x\x1b[2J", "error: 'x\\x1b[2J' is no command and no number"),
        ("fine", "b", "error: cannot go back 1 step: no step taken yet"),
        ("fine", "b two", "error: b takes a number of steps, not 'two'"),
        ("fine", "j risen", "error: there is no property 'risen', did you mean 'rises'?"),
        ("fine", "j rises two", "error: j takes a property and a number of steps, not 'two'"),
        ("fine", "j rises 2", "error: this run has 1 step; there is no state after 2"),
        ("fine", "j deadlock", "error: there is no run to show for 'deadlock': it holds"),
        ("fine", "p", "error: p takes an expression, as in p x > 0"),
        ("fine", "p n +", "error: column 4: not a Python expression: invalid syntax"),
        ("fine", "p nn", "error: column 1: unknown name 'nn'"),
        ("fine", "p 1 // n", "error: "),
        ("starts", "31", "error: there is no initial state 31, only 1 to 30"),
        ("starts", "s 1\nb", "error: choose an initial state first, from 1 to 30"),
        ("starts", "p n", "error: choose an initial state first, from 1 to 30"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    spec: str, command: str, complaint: str, step: Step
) -> None:
    answer, said, complaints = step(spec, f"{command}\n1\n")
    assert answer == 2
    assert len(complaints) == 1
    assert complaints[0].startswith(complaint)
    assert "n: 0 -> 1" in said[-1] or spec in ("starts", "many")


def test_a_step_that_breaks_a_rule(step: Step) -> None:
    answer, said, complaints = step("wrong", "1\n2\ns\n")
    assert answer == 2
    assert complaints == ["models/race.py:26: error: small = 4: 4 is not an integer from 0 to 3"]
    assert "  2  p: 'too much' chooses 1, but this breaks a rule: small = 4:" in said[1]
    assert said[3] == said[1]


def test_an_assertion_that_fails(step: Step) -> None:
    answer, said, complaints = step("fails", "2\n1\n1\nb\n")
    assert answer == 2
    assert complaints == ["error: there is no step 1, none at all here"]
    assert said[2].startswith(
        "\nStep 2, p: 'fail'\n  an assertion does not hold: n is \\x1b[31m two"
    )
    assert "\nn = 2, small = 3, row[0..2] = False\n" in said[2]
    assert "\n  -  p violates an assertion in 'fail'\n" in said[2]
    assert said[2].endswith("\nThe run ends with the assertion; b takes the step back.\n\n")
    assert said[4] == said[1]


def test_several_initial_states(step: Step) -> None:
    answer, said, complaints = step("starts", "17\nr\nj rises 0\n")
    assert (answer, complaints) == (0, [])
    choice = "".join(f"{number:>3}  n = {number - 1}\n" for number in range(1, 21))
    assert said[0] == (
        f"\n\nThere are 30 initial states:\n{choice}  and so on to 30\n"
        "Choose one by its number.\n\n"
    )
    assert said[1] == "\n" + BEGINNING.replace("n = 0", "n = 16")
    assert said[2] == said[0][1:]
    assert said[3].startswith("\nInitial state\n\nn = 1, small")  # its run has no step


def test_jumping_into_the_run_of_a_property(step: Step) -> None:
    answer, said, complaints = step("fine", "j\nj two 2\nj two 2 0\n2\nj rises\njump rises 1\n")
    assert (answer, complaints) == (0, [])
    assert said[1] == "\nThe properties are rises, two 2, deadlock, assertions.\n"
    assert said[2].startswith("\nStep 1, p: 'pick'\n  chooses 2\n")
    assert said[2].endswith("\nHere 'n == 2' is true, which must never be.\n\n")
    assert "  2  p: 'pick' chooses 2 (models/race.py:21) (next in the run)\n" in said[3]
    assert said[3].count("next in the run") == 1
    assert said[4] == said[2].replace("Here 'n == 2' is true, which must never be.\n\n", "")
    assert "Here 'n > 0' is true." in said[5]
    assert said[6] == said[5]


def test_beginning_in_the_run_of_a_property(step: Step) -> None:
    _, said, _ = step("fine", "b\n", "--property", "two 2")
    assert "Here 'n == 2' is true, which must never be." in said[0]
    assert "chooses 2 (models/race.py:21) (next in the run)" in said[1]


def test_the_chart_of_the_run_so_far(step: Step) -> None:
    _, said, _ = step("fine", "2\nt\n")
    assert "\n  1  * pick          |       |       |\n" in said[2]
    assert said[2].endswith("After step 1:\n  p is about to take 'end'\n"
                            "  vm[0..2] wait at 'wait' (daemons)\n")  # fmt: skip


def test_expressions_and_variables(step: Step) -> None:
    _, said, complaints = step("fine", "2\np n + small\np row\np any(row)\np vm[1].done\nv\n")
    assert complaints == []
    assert said[2:] == [
        "\n5\n", "\nrow[0..2] = False\n", "\nFalse\n", "\nFalse\n",
        "\nn = 2, small = 3, row[0..2] = False\n",
    ]  # fmt: skip


def test_of_many_variables_only_those_that_changed_are_shown(step: Step) -> None:
    _, said, _ = step("many", "1\n1\nv\n")
    assert "\nrow[0..19] = 0\n" in said[0]
    assert "\nAll 20 variables as in the beginning (v lists them).\n" in said[1]
    assert "\nrow[7] = 7\nThe other 19 variables as in the beginning (v lists them).\n" in said[2]
    assert said[3] == "\nrow[0..6] = 0, row[7] = 7, row[8..19] = 0\n"


def test_the_help_names_every_command(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    _, said, _ = step("fine", "?\n")
    commands = re.findall(r"^  (\S)\b|^  (\?)", said[1], re.M)
    assert "".join(one or other for one, other in commands) == "brjtsvp?q"
    assert status(["step", "--help"]) == 0
    assert said[1].strip() in re.sub(r"^  ", "", capsys.readouterr().out, flags=re.M)


@pytest.mark.parametrize("spec", ["nasty", "fails"])
def test_whatever_a_model_says_is_plain_text(spec: str, step: Step) -> None:
    _, said, _ = step(spec, "2\n1\nt\nb\np text\n")
    text = "".join(said)
    assert text.isascii()
    assert all(char.isprintable() or char == "\n" for char in text)
    assert all(len(line) <= 72 for line in text.splitlines())
    if spec == "nasty":
        assert "'a \\x1b[2J\\n label \\xe9\n" in text
        assert "chooses 'From here\\n.'" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no such.yaml"], "no such.yaml: error: cannot be read: No such file or directory\n"),
        (["specs"], "specs: error: this is a directory\n"),
        (["specs/broken.yaml"], "unknown key 'titel', did you mean 'title'?\n"),
        (["specs/cases.yaml", "--case", "on"],
         "utcheck: error: there is no case 'on', did you mean 'one'?\n"),
        (["specs/fine.yaml", "--case", "on"],
         "utcheck: error: specs/fine.yaml has no cases, so none called 'on'\n"),
        (["specs/fine.yaml", "--property", "risen"],
         "utcheck: error: there is no property 'risen', did you mean 'rises'?\n"),
        (["specs/fine.yaml", "--property", "deadlock"],
         "utcheck: error: there is no run to show for 'deadlock': it holds\n"),
        ([], "Missing argument 'SPEC'."),
    ],
)  # fmt: skip
def test_wrong_usage(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n"))
    assert status(["step", *arguments]) == 2
    assert message in capsys.readouterr().err


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def test_a_script_through_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "utcheck", "step", "specs/fine.yaml"],
        input=b"2\n\xff\xfe\nb\n", capture_output=True, env=environment(), check=False,
    )  # fmt: skip
    out = done.stdout.decode("ascii")
    assert done.returncode == 2
    assert re.findall("^> .*$", out, re.M) == ["> 2", "> \\xff\\xfe", "> b"]
    assert b"error: '\\xff\\xfe' is no command" in done.stderr
    assert out.endswith(f"> b\n{BEGINNING}")


def test_a_closed_pipe_is_quiet() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "utcheck", "step", "specs/fine.yaml"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    ) as running:  # fmt: skip
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        running.stdin.write(b"?\n" * 3)
        running.stdin.close()
        assert b"rror" not in running.stderr.read()
        assert running.wait(timeout=30) == 0


# A signal that comes between the prompt and the wait for input is seen when there is input.
INTERRUPT = b"\n"


def on_a_terminal(commands: list[bytes], **more: str) -> tuple[int, str]:
    """Return the exit status and the text of a session on a terminal, answered at each prompt."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "utcheck", "step", "specs/fine.yaml"],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment(TERM="xterm", **more),
    ) as running:  # fmt: skip
        os.close(theirs)
        text, waiting = b"", list(commands)
        while True:
            if not select([ours], [], [], 60)[0]:  # it waits for more than it is given
                running.kill()
            try:
                text += os.read(ours, 4096)
            except OSError:  # the command has ended
                break
            if waiting and text.endswith(b"> "):
                command = waiting.pop(0)
                if command is INTERRUPT:
                    running.send_signal(signal.SIGINT)
                os.write(ours, command)
    os.close(ours)
    return running.returncode, text.decode().replace("\r\n", "\n")


def test_a_session_on_a_terminal() -> None:
    commands = [b"2\n", b"9\n", b"b\n", b"q\n"]
    answer, text = on_a_terminal(commands, PYTHONIOENCODING="utf-8")
    assert answer == 0  # whoever types sees the complaint
    assert "\x1b[1mInitial state\x1b[0m\n" in text
    assert "\x1b[1mStep 1, p: 'pick'\x1b[0m\n  chooses 2\n  n: 0 → 2\n" in text
    assert "\x1b[31merror: there is no step 9, only 1\x1b[0m\n" in text
    assert text.count("Initial state") == 2


def test_a_terminal_without_unicode_and_colours() -> None:
    answer, text = on_a_terminal([b"2\n", b"\x04"], PYTHONIOENCODING="ascii", NO_COLOR="1")
    assert answer == 0
    assert "\nStep 1, p: 'pick'\n  chooses 2\n  n: 0 -> 2\n" in text
    assert "\x1b[1m" not in text
    assert "\x1b[31m" not in text


def test_an_interrupt_at_the_prompt() -> None:
    answer, text = on_a_terminal([INTERRUPT])
    assert answer == 130
    assert text.endswith("utcheck: interrupted\n")
