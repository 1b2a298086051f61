"""The specs of this repository come out as expected, and specs/README.md is what they say.

`UTCHECK_UPDATE_GOLDEN=1 make test` writes specs/README.md anew.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from utcheck.cli.checking import Request, check_all
from utcheck.report.case import Status
from utcheck.report.markdown import markdown
from utcheck.spec.schema import json_schema

ROOT = Path(__file__).parents[1]
HEAD = """# What the specs say

Every claim of the mail that can be checked, as `utcheck run specs` answers it. A number in
parentheses is the length of the shortest run: the one that violates the property or, for
`reachable`, the one that shows it. `make test` compares this page with the specs.

"""


def test_the_specs_come_out_as_expected_and_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    done = check_all(Request(["specs"]))
    assert not done.errors
    assert {report.name: report.status for report in done.reports if report.status
            is not Status.EXPECTED} == {}  # fmt: skip
    page = HEAD + markdown(done.reports)
    path = ROOT / "specs" / "README.md"
    if os.environ.get("UTCHECK_UPDATE_GOLDEN") == "1":
        path.write_text(page, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page


def test_every_property_that_holds_has_a_reachable_one_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    from utcheck.spec.load import load

    for path in sorted(Path("specs").rglob("*.yaml")):
        for case in load(path):
            kinds = {next(iter(set(entry) - {"text"}), "") for entry in case.properties.values()
                     if isinstance(entry, dict)}  # fmt: skip
            assert "reachable" in kinds, f"{path} [{case.name}]"


def test_the_schema_beside_the_specs_is_that_of_this_version() -> None:
    path = ROOT / "specs" / "spec.schema.json"
    text = json.dumps(json_schema(), indent=2) + "\n"
    if os.environ.get("UTCHECK_UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
