"""Arrays that take memory only where they are written to."""

from __future__ import annotations

import mmap
import sys
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

# Less than this is not worth a mapping of its own.
LEAST = 1 << 16


def reserved(items: int, kind: type[np.generic]) -> npt.NDArray[Any]:
    """Return an array of zeros with room for so many items, or fewer where the system refuses.

    The system gives it memory page by page, when a page is first written to. Where it refuses, half
    of what there is is left to others.

    Raises:
        MemoryError: if there is no room even for few items.
    """
    size = np.dtype(kind).itemsize
    refused = False
    while True:
        try:
            area = mmap.mmap(-1, max(LEAST, items * size), flags=_flags())
        except (OSError, OverflowError, ValueError):
            if items * size <= LEAST:
                raise MemoryError from None
            items //= 2
            refused = True
            continue
        if refused:
            area.close()
            items //= 2
            refused = False
            continue
        if hasattr(mmap, "MADV_HUGEPAGE"):  # large pages, where the system has them
            with suppress(OSError):
                area.madvise(mmap.MADV_HUGEPAGE)
        return np.frombuffer(area, kind, items)


def _flags() -> int:
    # Python names the flag since 3.13 only.
    more = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)
    return mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | int(more)
