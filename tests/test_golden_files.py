import ast
from pathlib import Path

from tests.golden_files import GOLDEN


def test_every_golden_file_is_named_by_a_test() -> None:
    tests = Path(__file__).parent
    strings = {
        node.value
        for source in tests.rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    files = {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*") if path.is_file()}
    assert files, "there are golden files"
    assert not files - strings, "no test compares these"
