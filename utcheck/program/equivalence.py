"""Which instructions of one code object do the same from there on.

CPython copies code: the condition of a `while` stands before the loop and again at its end, the
body of a `finally` once for each way into it. A `yield` in such code has two offsets, and the two
would be two locations although nothing can tell them apart. This finds the coarsest partition of
the instructions that is a bisimulation (partition refinement; Paige and Tarjan 1987 give a faster
way than the simple one here): same operation, same operand, and successors in the same classes.
"""

from __future__ import annotations

import dis
import re
from collections.abc import Hashable, Mapping, Sequence

GOTO = {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "NOP"}
BRANCH = re.compile(r"POP_JUMP(?:_FORWARD|_BACKWARD)?_IF_(NOT_NONE|NONE|TRUE|FALSE)")
NEGATIVE = {"FALSE": "TRUE", "NOT_NONE": "NONE"}


def classes(
    rows: Mapping[int, dis.Instruction],
    successors: Mapping[int, Sequence[tuple[int, bool]]],
    context: Mapping[int, Hashable],
    handlers: Mapping[int, int | None],
) -> dict[int, int]:
    """Return the class of each instruction; a class is named by its first offset.

    `rows` are the instructions, `successors` what may follow each and whether by a jump, `context`
    what else must agree (the stack depth), `handlers` where an exception goes.
    """
    targets = {o: _targets(rows, successors, o) for o in successors}
    kinds = {o: (context[o], _operation(rows[o])) for o in successors}
    number = _numbered(kinds)
    while True:
        signatures = {
            offset: (
                number[offset],
                tuple(number[target] for target in targets[offset]),
                None if (handler := handlers[offset]) is None else number[handler],
            )
            for offset in successors
        }
        finer = _numbered(signatures)
        if len(set(finer.values())) == len(set(number.values())):
            return finer
        number = finer


def _numbered(signatures: Mapping[int, Hashable]) -> dict[int, int]:
    """Name each class by the first offset that has its signature."""
    first: dict[Hashable, int] = {}
    for offset in sorted(signatures):
        first.setdefault(signatures[offset], offset)
    return {offset: first[signature] for offset, signature in signatures.items()}


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


def _targets(
    rows: Mapping[int, dis.Instruction],
    successors: Mapping[int, Sequence[tuple[int, bool]]],
    offset: int,
) -> list[int]:
    """Return where an instruction goes, the case that a test is true first, without detours."""
    branch = BRANCH.fullmatch(rows[offset].opname)
    ways = sorted(successors[offset], key=lambda way: not way[1])
    if branch and branch[1] in NEGATIVE:
        ways.reverse()
    found = []
    for target, _ in ways:
        seen = set()
        while rows[target].opname in GOTO and target not in seen:
            seen.add(target)
            target = successors[target][0][0]
        found.append(target)
    return found
