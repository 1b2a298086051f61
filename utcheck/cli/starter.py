"""What `utcheck new` writes: a small model, what must hold of it, and a test of the same."""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from string import Template

from utcheck.errors import UsageError

MARK = "# Models are imported from this directory: models.ring is models/ring.py.\n"

_MODEL = Template('''\
"""Two writers and a lock: an example, to be replaced by a protocol of yours."""

from collections.abc import Iterator
from typing import Annotated

from utcheck import Lock, Model, Range, param, predicate, process


class $class_name(Model):
    """Two writers add 1 to a total; without the lock, one addition may be lost."""

    locked: bool = param(True)

    lock = Lock()
    total: Annotated[int, Range(0, 2)] = 0

    @process(each=2)
    def writer(self, i: int) -> Iterator[object]:
        if self.locked:
            yield from self.lock.acquire("lock")
        yield "read"
        seen = self.total
        yield "write"
        self.total = seen + 1
        if self.locked:
            self.lock.release()

    @predicate
    def ended(self) -> bool:
        return all(writer.done for writer in self.writer)
''')

_SPEC = Template("""\
model: models.$name:$class_name
title: Two writers and a lock

properties:
  nothing-lost:
    text: when both writers have ended, both additions are there
    always: total == 2 or not ended
  can-end:
    text: both writers can end
    reachable: ended

cases:
  locked: {}
  unlocked:
    params: {locked: false}
    expect: {nothing-lost: violated}
""")

_TEST = Template("""\
from utcheck.testing import assert_holds, assert_violated

from models.$name import $class_name

NOTHING_LOST = {"nothing-lost": {"always": "total == 2 or not ended"}}


def test_with_the_lock_nothing_is_lost() -> None:
    assert_holds($class_name(), NOTHING_LOST)


def test_without_the_lock_an_addition_is_lost() -> None:
    result = assert_violated($class_name(locked=False), "nothing-lost", NOTHING_LOST)
    assert result.trace is not None
    assert len(result.trace) == 4
""")


def check_name(name: str) -> None:
    """Raise a UsageError if a model cannot be called this."""
    if keyword.iskeyword(name):
        raise UsageError(f"'{name}' is a keyword of Python, so no name for a model")
    plain = name.isidentifier() and unicodedata.normalize("NFKC", name) == name
    if not plain or (name.startswith("__") and name.endswith("__")):
        raise UsageError(f"{name!a} is no name for a model; it is an identifier, as in my_protocol")


def class_name(name: str) -> str:
    """Return the name of a class: `EarlyResume` for `early_resume`, and never one in use."""
    camel = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    taken = {"Annotated", "Iterator", "Lock", "Model", "Range", *dir(builtins)}
    if camel in taken or not camel.isidentifier():
        return f"Protocol{camel}"
    return camel


def starter_files(name: str) -> dict[str, str]:
    """Return the text of each file, by its path below the directory of the project."""
    values = {"name": name, "class_name": class_name(name)}
    return {
        f"models/{name}.py": _MODEL.substitute(values),
        f"specs/{name}.yaml": _SPEC.substitute(values),
        f"tests/test_{name}.py": _TEST.substitute(values),
    }
