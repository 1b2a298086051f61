"""A trace as a mail: what is in it, that tools leave it alone, and that its command is right."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from tests import sample_outcomes, sample_traces
from tests.golden_files import assert_golden
from tests.random_traces import reports, texts, thorough, traces
from utcheck.errors import UsageError
from utcheck.outcome import Trace
from utcheck.render.chart import chart
from utcheck.render.mail import mail
from utcheck.report.case import CaseReport

MAILS: list[tuple[str, Callable[[], CaseReport]]] = [
    ("mail/early_resume.txt", sample_outcomes.baseline),
    ("mail/lasso.txt", lambda: sample_outcomes.violation(sample_traces.lasso())),
    (
        "mail/eight_processes.txt",
        lambda: sample_outcomes.violation(sample_traces.eight_processes()),
    ),
    ("mail/long_names.txt", lambda: sample_outcomes.violation(sample_traces.long_names())),
    ("mail/nasty_names.txt", sample_outcomes.nasty),
]
MISREAD = re.compile(r">|From |\.$|---|-- ?$|diff |Index:|(from|subject|date):", re.IGNORECASE)


def written(report: CaseReport) -> str:
    """Return the mail about the first property with a trace."""
    name = next(result.name for result in report.outcome if result.trace is not None)
    return mail(report, name, version="0.1.0")


def is_scissors(line: str) -> bool:
    """Say whether git cuts a mail here: is_scissors_line of its mailinfo.c, sign by sign."""
    scissors = gap = perforation = 0
    inside = False
    at = 0
    while at < len(line):
        if line[at].isspace():
            if inside:
                perforation += 1
                gap += 1
        elif line[at] == "-":
            inside = True
            perforation += 1
        elif line[at : at + 2] in (">8", "8<", ">%", "%<"):
            inside = True
            perforation += 2
            scissors += 2
            at += 1
        else:
            inside = False
        at += 1
    visible = len(line.strip())
    return bool(scissors and visible >= 8 and visible < perforation * 3 and gap * 2 < perforation)


@pytest.mark.parametrize(("name", "report"), MAILS, ids=[name for name, _ in MAILS])
def test_mail_looks_like_its_golden_file(name: str, report: Callable[[], CaseReport]) -> None:
    assert_golden(name, written(report()))


@thorough
@given(reports())
def test_every_line_survives_mail_tools_and_quoting(report: CaseReport) -> None:
    assume(any(result.trace is not None for result in report.outcome))
    text = written(report)
    assert text.isascii()
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        assert len(line) <= 70
        assert line.isprintable()
        assert line == line.rstrip()
        assert not MISREAD.match(line)
        assert not is_scissors(line)
        assert not is_scissors(f"> {line}")


@thorough
@given(traces())
def test_the_chart_is_in_it_whole(trace: Trace) -> None:
    def bare(text: str) -> list[str]:
        blades = text.replace("\\x3e", ">").replace("\\x3c", "<")
        return [line.strip() for line in blades.splitlines()]

    body = "\n".join(bare(written(sample_outcomes.violation(trace))))
    assert any("\n".join(bare(chart(trace, width=width))) in body for width in range(70, 31, -1))


def test_scissors_are_blunted_and_the_chart_gets_narrower_where_it_has_to() -> None:
    label = "- >8 " * 40
    trace = sample_traces.trace("p", {}, [sample_traces.step("p", label)], [])
    text = written(sample_outcomes.violation(trace))
    assert text.count("\\x3e8") == 40
    assert max(map(len, text.splitlines())) <= 70
    assert any(map(is_scissors, chart(trace, width=70).splitlines()))
    harmless = sample_traces.trace("p", {}, [sample_traces.step("p", "passed>8, waits")], [])
    assert "passed>8, waits" in written(sample_outcomes.violation(harmless))


@pytest.mark.parametrize("start", ["> so", "diff x", "Index:", "From:", "subject: x", "DATE: x"])
def test_a_line_of_the_chart_that_would_be_misread_is_moved(start: str) -> None:
    line = f"{start} {'x' * (69 - len(start))}"
    trace = replace(sample_traces.early_resume(), ending=f"{line} and more")
    lines = written(sample_outcomes.violation(trace)).splitlines()
    assert f" {start}" in lines
    assert max(map(len, lines)) <= 70


def test_git_takes_the_text_for_what_it_is(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    subject, _, body = written(sample_outcomes.nasty()).partition("\n\n")
    folded = subject.replace("\n", "\n ")
    message = f"From: A <a@example.org>\nSubject: {folded}\nDate: now\n\n{body}"
    done = subprocess.run(
        ["git", "mailinfo", "-k", "--scissors", "message", "patch"],
        input=message.encode(), capture_output=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    kept = (tmp_path / "message").read_text()
    assert kept.split() == body.split()
    assert b"Author: A\n" in done.stdout


@settings(thorough, max_examples=30)
@given(texts, texts, texts)
def test_a_shell_reads_the_command(spec: str, case: str, name: str) -> None:
    assume(not any("\0" in word or "\ud800" <= char <= "\udfff"
                   for word in (spec, case, name) for char in word))  # fmt: skip
    report = sample_outcomes.violation(sample_traces.early_resume())
    result = replace(report.outcome["resume-resumes"], name=name)
    outcome = replace(report.outcome, properties=(result,))
    report = replace(report, spec=spec, case=case, outcome=outcome)
    assert words_of(written(report)) == [
        "run",
        f"./{spec}" if spec.startswith("-") else spec,
        *(["--case", case] if case else []),
        "--property",
        name,
    ]


def words_of(text: str) -> list[str]:
    """Return the words of the command in a mail as bash reads them, without the first."""
    _, _, rest = text.partition("\n\n  utcheck ")
    command, _, _ = rest.partition("\n\n")
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True
    )
    return done.stdout.decode().split("\0")[:-1]


def test_a_word_longer_than_a_line_is_broken_and_stays_one_word() -> None:
    report = replace(sample_outcomes.baseline(), case="caf\u00e9 " * 50)
    assert words_of(written(report))[3] == "caf\u00e9 " * 50


def test_a_witness_is_reached_and_not_violated() -> None:
    text = mail(sample_outcomes.fixed(), "can-report", version="0.1.0")
    assert text.startswith("early_resume [fix-2A]: can-report is reached (1 step)\n\n")
    assert "utcheck 0.1.0 found it with fix = '2A', engines = 3." in text
    assert "1,234 states, 56,789 transitions." in " ".join(text.split())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resume", "no property 'resume' in early_resume .baseline.; there are: resume-resumes, "),
        ("assertions", "no run to show: assertions holds in early_resume .baseline."),
    ],
)
def test_without_a_trace_there_is_no_mail(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        mail(sample_outcomes.baseline(), name, version="0.1.0")
