"""How messages about a spec name what stands in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_LONGEST = 64  # bits of a number that is worth being shown


def describe(data: Any) -> str:
    """Return what a value of a document is."""
    if isinstance(data, Mapping):
        return "a mapping"
    if isinstance(data, list):
        return "a list"
    if data is None:
        return "nothing"
    if isinstance(data, int) and data.bit_length() > _LONGEST:  # Python may refuse to write it
        return "such a large number"
    return "true" if data is True else "false" if data is False else repr(data)


def one_of(words: Sequence[str]) -> str:
    """Return what could be written instead."""
    return f"; it is one of {', '.join(words)}"
