"""The shared variables of most models in these tests: two small numbers.

They have a finite domain, so that a loop in which utcheck loses its place comes to an end.
"""

from __future__ import annotations

from typing import Annotated

from utcheck import Model, Range

Small = Annotated[int, Range(0, 20)]


class Two(Model):
    """A model with two shared variables."""

    x: Small = 0
    y: Small = 0
