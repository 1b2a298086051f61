"""Which instructions of one code object do the same from there on.

CPython copies code: the condition of a `while` stands before the loop and again at its end, the
body of a `finally` once for each way into it. A `yield` in such code has two offsets, and the two
would be two locations although nothing can tell them apart. Two instructions are the same here if a
bisimulation relates them: same operation, same operand, and successors that are related again. It
is found as the equivalence of two finite automata is (Hopcroft and Karp 1971): assume that the two
are related, follow what must be related then, and see whether that comes to a contradiction.
"""

from __future__ import annotations

import dis
import re
import sys
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

GOTO = {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "NOP", "EXTENDED_ARG"}
BRANCH = re.compile(r"POP_JUMP(?:_FORWARD|_BACKWARD)?_IF_(NOT_NONE|NONE|TRUE|FALSE)")
HARMLESS = GOTO | {"LOAD_CONST", "LOAD_FAST", "STORE_FAST", "POP_TOP", "COPY", "SWAP", "PUSH_NULL"}
NEGATIVE = {"FALSE": "TRUE", "NOT_NONE": "NONE"}


@dataclass(frozen=True, slots=True)
class Flow:
    """The instructions of a code object, by offset, and how control goes from one to another.

    `successors` has what may follow each and whether by a jump, `handlers` where an exception goes,
    `depths` the size of the value stack.
    """

    rows: Mapping[int, dis.Instruction]
    successors: Mapping[int, Sequence[tuple[int, bool]]]
    handlers: Mapping[int, int | None]
    depths: Mapping[int, int]


def representatives(flow: Flow, groups: Iterable[Sequence[int]]) -> dict[int, int]:
    """Return, for each offset in a group, the first one of its group that does the same."""
    found: dict[int, int] = {}
    for group in groups:
        firsts: list[int] = []
        for offset in group:
            found[offset] = next((f for f in firsts if _same(flow, f, offset)), offset)
            if found[offset] == offset:
                firsts.append(offset)
    return found


def _same(flow: Flow, one: int, other: int) -> bool:
    """Return whether two instructions do the same from there on."""
    parents: dict[int, int] = {}
    work = [(one, other)]
    while work:
        a, b = (_find(parents, offset) for offset in work.pop())
        if a == b:
            continue
        targets = _targets(flow, a), _targets(flow, b)
        if _what(flow, a) != _what(flow, b) or len(targets[0]) != len(targets[1]):
            return False
        parents[b] = a
        work += zip(*targets, strict=True)
        ends = _handler(flow, a), _handler(flow, b)
        if ends[0] is not None and ends[1] is not None:
            work.append((ends[0], ends[1]))
        elif ends[0] != ends[1]:
            return False
    return True


def _handler(flow: Flow, offset: int) -> int | None:
    """Return where an exception goes that an instruction raises, None also where it raises none.

    CPython leaves such instructions out of the ranges of its exception table, but only where that
    does not take a range of its own, so that two copies of one may differ in it.
    """
    name = flow.rows[offset].opname
    harmless = name in HARMLESS or (sys.version_info >= (3, 13) and BRANCH.fullmatch(name))
    return None if harmless else flow.handlers[offset]


def _find(parents: dict[int, int], offset: int) -> int:
    while offset in parents:
        parent = parents[offset]
        if parent in parents:
            parents[offset] = parents[parent]
        offset = parent
    return offset


def _what(flow: Flow, offset: int) -> Hashable:
    return (flow.depths[offset], _operation(flow.rows[offset]))


def _operation(row: dis.Instruction) -> Hashable:
    """Return what an instruction does, apart from where it goes."""
    branch = BRANCH.fullmatch(row.opname)
    if branch:
        test = branch[1]
        return ("branch", NEGATIVE.get(test, test))
    if row.opcode in dis.hasjrel or row.opcode in dis.hasjabs:
        return (row.opname,)
    if row.opname == "LOAD_CONST" or row.opname == "RETURN_CONST":
        return (row.opname, type(row.argval), repr(row.argval))
    return (row.opname, row.arg)


def _targets(flow: Flow, offset: int) -> list[int]:
    """Return where an instruction goes, the case that a test is true first, without detours."""
    branch = BRANCH.fullmatch(flow.rows[offset].opname)
    ways = sorted(flow.successors[offset], key=lambda way: not way[1])
    if branch and branch[1] in NEGATIVE:
        ways.reverse()
    found = []
    for target, _ in ways:
        seen = set()
        while flow.rows[target].opname in GOTO and target not in seen:
            seen.add(target)
            target = flow.successors[target][0][0]
        found.append(target)
    return found
