"""Pictures of graphs: Graphviz draws them, if there is one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from utcheck.errors import UsageError

FORMATS = ("svg", "png")
# Layout takes longer than anybody waits for some graphs of a few hundred nodes.
SECONDS = 20.0


def program() -> str | None:
    """Return the path of a Graphviz: that of the extra `render`, else the `dot` on PATH."""
    beside = Path(sys.executable).with_name("graphviz-pure")
    return str(beside) if beside.is_file() else shutil.which("graphviz-pure") or shutil.which("dot")


def draw(dot: str, kind: str, seconds: float = SECONDS) -> bytes:
    """Return the picture of a graph, as SVG or PNG.

    Raises:
        UsageError: if there is no Graphviz, or it does not finish in time.
    """
    found = program()
    if found is None:
        raise UsageError(
            "there is no Graphviz to draw this; install one with pip install 'utcheck[render]', or "
            "the package graphviz of your system, or use the format dot"
        )
    command = [found, f"-T{kind}"]
    try:
        done = subprocess.run(  # noqa: S603  (the program found above, no shell)
            command, input=dot.encode(), capture_output=True, timeout=seconds, check=True
        )
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"Graphviz needs more than {seconds:g} s for this graph; draw less of it, or use the "
            "format dot"
        ) from None
    except (subprocess.CalledProcessError, OSError) as error:
        reason = getattr(error, "stderr", b"").decode(errors="replace").strip() or str(error)
        raise UsageError(f"{Path(found).name} could not draw this: {reason}") from None
    return done.stdout
