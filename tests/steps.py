"""What a process or a subroutine of a model in these tests is annotated with."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

Steps = Generator[Any, Any, Any]
