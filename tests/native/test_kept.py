"""Machine code on disk: what is found there is what was kept for the same source and types."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from utcheck.engines.native.kept import Files

ROOT = Path(__file__).parents[2]
KEY, OTHER = ("uint32", "zen"), ("uint64", "zen")


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    files = Files(tmp_path, "sets.insert", "source")
    assert files.load(KEY) is None
    files.save(KEY, {"code": 1})
    files.save(OTHER, {"code": 2})
    again = Files(tmp_path, "sets.insert", "source")
    assert (again.load(KEY), again.load(OTHER)) == ({"code": 1}, {"code": 2})
    assert Files(tmp_path, "sets.find", "source").load(KEY) is None


def test_another_source_has_other_code_and_the_old_one_goes(tmp_path: Path) -> None:
    Files(tmp_path, "sets.insert", "old").save(KEY, 1)
    Files(tmp_path, "sets.insert_more", "old").save(KEY, 2)
    new = Files(tmp_path, "sets.insert", "new")
    assert new.load(KEY) is None
    new.save(KEY, 3)
    assert new.load(KEY) == 3
    assert Files(tmp_path, "sets.insert", "old").load(KEY) is None
    assert Files(tmp_path, "sets.insert_more", "old").load(KEY) == 2


@pytest.mark.parametrize("damage", [b"", b"x" * 10, b"x" * 100])
def test_damaged_files_are_none(tmp_path: Path, damage: bytes) -> None:
    files = Files(tmp_path, "sets.insert", "source")
    files.save(KEY, 1)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage)
    assert files.load(KEY) is None
    files.save(KEY, 1)
    assert files.load(KEY) == 1


def test_a_folder_that_takes_nothing_is_one_without(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    files = Files(blocked, "sets.insert", "source")
    files.save(KEY, 1)
    assert files.load(KEY) is None


# --- with numba

SCRIPT = """
from tests.bench.models import Dials
from utcheck.check import check

found = check(Dials(n=3, k=4), engine="native").statistics
print(found.states, found.compile_seconds > 0)
"""


def command(home: Path, root: Path = ROOT) -> subprocess.Popen[str]:
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("NUMBA_")}
    environment |= {"PYTHONPATH": str(root), "HOME": str(home), "XDG_CACHE_HOME": str(home / "c")}
    if root == ROOT:
        environment["NUMBA_CACHE_DIR"] = str(home)
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT], env=environment, cwd=home.parent, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def said(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate()
    return out.strip(), err


@pytest.mark.slow
def test_two_runs_at_once_keep_what_a_third_one_finds(tmp_path: Path) -> None:
    both = [command(tmp_path), command(tmp_path)]
    assert [said(process) for process in both] == [("64 True", "")] * 2
    assert said(command(tmp_path)) == ("64 False", "")
    assert not [path for path in tmp_path.rglob("*.nbi")]


@pytest.mark.slow
def test_an_installation_that_cannot_be_written_works(tmp_path: Path) -> None:
    copy = tmp_path / "site"
    for name in ("utcheck", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    # Not even root can make a folder where there is a file.
    (copy / "utcheck" / "engines" / "native" / "__pycache__").touch()
    home = tmp_path / "home"
    home.mkdir()
    assert said(command(home, copy)) == ("64 True", "")
    assert list(home.rglob("*.nbc"))
    assert said(command(home, copy)) == ("64 False", "")
    shutil.rmtree(home)
    home.touch()
    for _ in range(2):
        assert said(command(home, copy)) == ("64 True", "")
