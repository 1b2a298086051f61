"""Golden files: expected output under tests/golden, compared byte for byte.

`UTCHECK_UPDATE_GOLDEN=1 make test` writes them anew; read the difference before it is committed.
tests/test_golden_files.py fails on a file that no test names.
"""

from __future__ import annotations

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """Compare the text with the golden file of this name, or write it where that is asked for."""
    path = GOLDEN / name
    if os.environ.get("UTCHECK_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert path.exists(), f"no golden file {name}; UTCHECK_UPDATE_GOLDEN=1 writes it"
    assert text == path.read_bytes().decode(), f"{name} differs; UTCHECK_UPDATE_GOLDEN=1 writes it"
