"""The native engine as a user of the command meets it."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.spec.project import own_modules
from utcheck.check import check
from utcheck.cli import checking
from utcheck.cli.checking import Request, check_all
from utcheck.cli.main import status
from utcheck.cli.reading import listener

ROOT = Path(__file__).parents[2]
SPEC = "model: models.bench:{model}\nproperties: {{deadlock: off}}\n{more}"
PHILOSOPHERS = "params: {n: 16}\n"  # some 43 million states
DIALS = "params: {n: 5, k: 11}\n"  # each of 5 dials has 11 positions
STATES = 11**5


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a project with the models of the benchmarks, and be there."""
    (tmp_path / "utcheck.toml").touch()
    (tmp_path / "models").mkdir()
    shutil.copy(ROOT / "tests" / "bench" / "models.py", tmp_path / "models" / "bench.py")
    texts = {
        "philosophers": SPEC.format(model="Philosophers", more=PHILOSOPHERS),
        "dials": SPEC.format(model="Dials", more=DIALS),
        "native": SPEC.format(model="Dials", more=f"{DIALS}engine: native\n"),
        "trees": SPEC.format(model="Dials", more="engine: trees\n"),
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with own_modules():
        yield tmp_path


def command(
    *arguments: str,
    env: Mapping[str, str] = {},
    **options: Any,
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "utcheck", "run", *arguments],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        **{"stderr": subprocess.PIPE, **options},
    )  # fmt: skip


def test_an_interrupted_search_says_what_is_known(project: Path) -> None:
    ours, theirs = pty.openpty()
    process = command("philosophers.yaml", "--json", stderr=theirs)
    os.close(theirs)
    told = ""
    while max(map(count, re.findall(r"([\d,]+) states,", told)), default=0) < 1_000_000:
        told += os.read(ours, 1 << 12).decode()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 130
    (report,) = json.loads(out)["reports"]
    outcome = report["outcome"]
    assert (outcome["stop"], outcome["verdict"]) == ("interrupted", "undecided")
    assert outcome["engine"] == "native"
    assert outcome["statistics"]["states"] > 1_000_000
    assert len(outcome["longest"]["steps"]) > 0


def count(text: str) -> int:
    return int(text.replace(",", ""))


GIB = 1 << 30


def limited(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is kept by Linux")
def test_with_few_addresses_the_trees_go_on(project: Path) -> None:
    process = command(
        "dials.yaml", "native.yaml", "--json", "--no-cache", preexec_fn=lambda: limited(GIB)
    )
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "native.yaml: error: the engine 'native' cannot be loaded: only 0." in err
    (report,) = json.loads(out)["reports"]
    assert report["outcome"]["engine"] == "trees"
    assert report["outcome"]["statistics"]["states"] == STATES


def asked(monkeypatch: pytest.MonkeyPatch, request: Request) -> list[object]:
    """Return with how many workers each case is checked."""
    found = []

    def note(*arguments: Any, **options: Any) -> Any:
        found.append(options["workers"])
        return check(*arguments, **{**options, "engine": "trees", "workers": None})

    monkeypatch.setattr(checking, "check", note)
    for task in checking._tasks(iter([Path("trees.yaml")]), request):
        if task.case is not None:
            checking.check_case(task.case, request)
    return found


@pytest.mark.parametrize(
    ("jobs", "workers", "expected"), [(1, None, None), (2, None, 1), (1, 3, 3), (2, 3, 3)]
)
def test_cases_side_by_side_share_the_processors(
    project: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, workers: int | None, expected: object
) -> None:
    request = Request(["trees.yaml"], jobs=jobs, workers=workers)
    assert asked(monkeypatch, request) == [expected]


def run(*arguments: str) -> int:
    return status(["run", "--no-cache", *arguments])


def test_the_option_is_handed_on(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("trees.yaml", "--workers", "2") == 2
    assert "the engine 'trees' cannot use 2 workers" in capsys.readouterr().err
    assert run("trees.yaml", "--workers", "0") == 2
    assert "0 is not in the range x>=1" in capsys.readouterr().err
    assert run("native.yaml", "--workers", "2") == 0
    assert "engine native, 2 workers," in " ".join(capsys.readouterr().out.split())
    assert run("native.yaml", "--workers", "1", "--no-timing") == 0
    assert "worker" not in capsys.readouterr().out


def test_a_result_is_remembered_whatever_the_number_of_workers(project: Path) -> None:
    listener.cache_clear()  # what tests before this one have read does not matter here
    first = check_all(Request(["native.yaml"], cache=True, workers=2))
    second = check_all(Request(["native.yaml"], cache=True, workers=1))
    assert [report.cached for report in (*first.reports, *second.reports)] == [False, True]


@pytest.mark.parametrize("folder", ["", pytest.param("kept", marks=pytest.mark.slow)])
def test_what_numba_reads_is_not_what_the_model_reads(project: Path, folder: str) -> None:
    """It reads a file about the processors, and machine code, which may be in the project."""
    more = {"NUMBA_CACHE_DIR": str(project / folder)} if folder else {}
    process = command("native.yaml", env=more)
    process.communicate()
    assert process.returncode == 0
    (entry,) = (project / ".utcheck_cache").glob("*.json")
    files = json.loads(entry.read_text(encoding="utf-8"))["body"]["files"]
    names = {Path(path).name for path in files}
    assert names >= {"native.yaml", "bench.py"}
    assert not [name for name in names if name == "cpuinfo" or name.endswith(".nbc")]
