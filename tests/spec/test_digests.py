"""The digests of a spec and its model: of which files, by which names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.spec.project import Project, own_modules
from utcheck.spec.load import load

SPEC = "model: models.far:Far\n"
NEAR = "from models.race import Race\n\nclass Near(Race):\n    pass\n"
FAR = "from models.near import Near\n\nclass Other:\n    pass\n\nclass Far(Near):\n    pass\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    with own_modules():
        made = Project(tmp_path, monkeypatch)
        made.write("models/near.py", NEAR)
        made.write("models/far.py", FAR)
        made.write("models/unused.py", "")
        yield made


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def test_they_are_of_the_spec_and_of_the_classes_that_the_model_is_derived_from(
    project: Project,
) -> None:
    (case,) = project.load(SPEC)
    names = ["specs/x.yaml", "models/far.py", "models/near.py", "models/race.py"]
    assert case.digests == {name: digest(project.root / name) for name in names}
    assert list(case.digests) == names


def test_they_change_with_the_file(project: Project) -> None:
    (one,) = project.load(SPEC)
    (two,) = project.load(SPEC + "# a comment\n")
    assert one.digests["specs/x.yaml"] != two.digests["specs/x.yaml"]
    assert one.digests["models/far.py"] == two.digests["models/far.py"]


def test_they_are_the_same_in_every_case(project: Project) -> None:
    one, two = project.load(SPEC + "cases: {a: {}, b: {}}\n")
    assert one.digests == two.digests
    assert len(one.digests) == 4


def test_files_outside_the_working_directory_are_named_from_the_root(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.load(SPEC)
    (project.root / "elsewhere").mkdir()
    monkeypatch.chdir(project.root / "elsewhere")
    (case,) = load(Path("../specs/x.yaml"))
    assert list(case.digests) == [
        os.path.join("..", "specs", "x.yaml"),
        "models/far.py",
        "models/near.py",
        "models/race.py",
    ]


def test_utcheck_itself_is_no_part_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    with own_modules():
        case, *_ = load(Path("specs/early_resume.yaml"))
    assert list(case.digests) == ["specs/early_resume.yaml", "models/early_resume.py"]
