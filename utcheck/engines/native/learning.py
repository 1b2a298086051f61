"""What a program has learned, as text, and how another one is brought to know the same.

The numbers in a packed state stand for values and locations in the order in which they were met. To
learn the same branches in the same order gives them the same numbers. So no value is ever read from
a file, and the model is asked again whether it still does what it did.
"""

from __future__ import annotations

import json
from enum import Enum
from hashlib import sha256
from typing import Any

from utcheck.errors import ModelError
from utcheck.model.instance import Instance
from utcheck.model.run import Read
from utcheck.program.learn import Learned, Program
from utcheck.program.trees import Do, Fail

_PLAIN = (type(None), bool, int, float, str, bytes)


class AnotherModel(Exception):
    """The model does something else now; the text says what."""


def line_of(branch: Learned) -> str:
    """Return a branch as a line of JSON: process, location, what it reads and chooses, its leaf."""
    path = [
        [answer.variable, answer.number]
        if isinstance(answer, Read)
        else [answer.taken, len(answer.options), 0]
        for answer in branch.path
    ]
    leaf: list[Any] = []
    if isinstance(branch.leaf, Do):
        leaf = [branch.leaf.writes, branch.leaf.target, len(branch.leaf.events)]
    elif isinstance(branch.leaf, Fail):
        leaf = [branch.leaf.message]
    return json.dumps([branch.process, branch.location, path, leaf])


def learn_again(program: Program, line: str) -> None:
    """Learn a branch again, as `line_of` has it.

    Raises:
        AnotherModel: if the model does something else now.
    """
    process, location, path, _ = json.loads(line)
    reads = {answer[0]: answer[1] for answer in path if len(answer) == 2}

    def lookup(variable: int) -> int:
        if variable not in reads:
            raise ModelError(f"it reads '{program.instance.names[variable]}'")
        return int(reads[variable])

    program.learned = []
    try:
        if location >= len(program.locations[process].all):
            raise ModelError("it does not come to a location")
        choices = tuple(answer[0] for answer in path if len(answer) == 3)
        program.learn_again(process, location, lookup, choices)
    except ModelError as error:
        raise AnotherModel(error.message) from None
    if [line_of(branch) for branch in program.learned] != [line]:
        raise AnotherModel("a step reads, chooses or sets something else")


def sizes(program: Program) -> list[int]:
    """Return how many values each open domain has, and then how many locations each process."""
    known = [len(domain.values) for domain in program.instance.domains if not domain.finite]
    return known + [len(locations.all) for locations in program.locations]


def digest_of_values(instance: Instance, counts: list[int]) -> str:
    """Return a digest of the first so many values of each open domain, as far as they have a text.

    It is the same in every process, whatever the order of the members of a set is there.
    """
    found = sha256()
    domains = [domain for domain in instance.domains if not domain.finite]
    for domain, count in zip(domains, counts, strict=False):
        for value in domain.values[:count]:
            found.update(f"{text_of(value)}\n".encode(errors="replace"))
    return found.hexdigest()


def text_of(value: Any) -> str:
    """Return a text that tells plain values apart; of others it is their class."""
    kind = type(value)
    if kind in _PLAIN:
        return repr(value)
    if isinstance(value, Enum):
        return f"{kind.__qualname__}.{value.name}"
    if kind in (tuple, list):
        return f"({', '.join(map(text_of, value))},)"
    if kind is frozenset:
        return f"{{{', '.join(sorted(map(text_of, value)))}}}"
    return kind.__qualname__
