"""What later code can still ask of a suspended generator: liveness and stack depth of bytecode.

A local variable is *value-live* at a point if some path from there reads it before writing it, and
*bound-live* if all that matters is whether it is bound (a `del` follows). Everything else is dead,
and dead locals may not tell two states apart. The analysis is the usual backward data flow (Kildall
1973), over the instructions of CPython 3.11 to 3.13; exception edges are included.

Two facts need care. A comprehension that CPython 3.12 inlines saves the outer variable of the same
name on the stack and restores it afterwards (LOAD_FAST_AND_CLEAR); that is neither a use nor a
definition of it, so the saved value is followed through the stack. And a cell variable is used
where a closure over it is made, because the closure may read it, and where a variable is loaded
that may hold such a closure; the latter is kept in pairs, since only `capture` sees which one does.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import CodeType

from utcheck.program.equivalence import Flow, representatives

USES = {"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_CLOSURE",
        "LOAD_FROM_DICT_OR_DEREF", "LOAD_FAST_LOAD_FAST"}  # fmt: skip
STORES = {"STORE_FAST", "STORE_DEREF", "STORE_FAST_STORE_FAST"}
DELETES = {"DELETE_FAST", "DELETE_DEREF"}
OTHER = {"STORE_FAST_LOAD_FAST", "LOAD_FAST_AND_CLEAR", "MAKE_CELL", "COPY_FREE_VARS"}
KNOWN = USES | STORES | DELETES | OTHER
JUMPS = {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"}
ENDS = {"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"}

# Slots that a call prepares may be empty, and an empty slot cannot be seen from outside.
CALL = "(call)"

# Code that can look at its own variables by name: everything in it counts as live.
REFLECTIVE = {"locals", "vars", "eval", "exec", "dir", "_getframe", "currentframe"}


class UnknownBytecode(Exception):
    """The bytecode is not of a form that the analysis knows; the text says what it met."""


@dataclass(frozen=True, slots=True)
class Handler:
    """A row of the exception table: the range it protects, its target and the stack it keeps."""

    start: int
    end: int
    target: int
    depth: int
    pushes_offset: bool


def handlers(code: CodeType) -> list[Handler]:
    """Return the exception table of a code object, innermost rows first as CPython looks them up.

    The format is that of CPython's `Objects/exception_handling_notes.txt`: big-endian groups of six
    bits, 64 marking a continuation, 128 the start of a row; offsets count code units of two bytes.
    """
    table = iter(code.co_exceptiontable)
    rows = []
    for first in table:
        start = _number(table, first & 0x7F)
        length, target, packed = (_number(table, next(table)) for _ in range(3))
        row = Handler(2 * start, 2 * (start + length), 2 * target, packed >> 1, bool(packed & 1))
        rows.append(row)
    return rows


def _number(table: Iterator[int], byte: int) -> int:
    number = byte & 63
    while byte & 64:
        byte = next(table)
        number = number << 6 | byte & 63
    return number


@dataclass(frozen=True, slots=True)
class Suspension:
    """What is known of a generator suspended at one instruction.

    `point` is the instruction at which it goes on, the same for copies that do the same; `depth` is
    the size of its value stack; `live` and `bound` are the names of the variables whose value, or
    whose being bound, later code may ask for. `own_cells` are the variables of the code that
    closures capture; `through` has a pair (f, c) where later code may load
    the variable f before it sets c, so that a closure in f could be asked for a captured c.
    """

    point: int
    depth: int
    live: tuple[str, ...]
    bound: tuple[str, ...]
    own_cells: frozenset[str]
    through: frozenset[tuple[str, str]]


@lru_cache(maxsize=4096)
def facts(code: CodeType) -> CodeFacts:
    """Return the facts about a code object; the cases of a spec have most of them in common.

    Raises:
        UnknownBytecode: if an instruction on variables is not known.
    """
    return CodeFacts(code)


class CodeFacts:
    """The suspension points of one code object."""

    def __init__(self, code: CodeType) -> None:
        """Analyse a generator's code.

        Raises:
            UnknownBytecode: if an instruction on variables is not known.
        """
        self.code = code
        self._rows = {row.offset: row for row in dis.get_instructions(code)}
        offsets = list(self._rows)
        self._next = dict(pairwise(offsets))
        self._handlers = handlers(code)
        for row in self._rows.values():
            if row.opname not in KNOWN and ("FAST" in row.opname or "DEREF" in row.opname):
                raise UnknownBytecode(f"the instruction {row.opname}")
        self._stack: dict[int, tuple[str | None, ...]] = {}
        self._lost: set[str] = set()
        self._suspensions: dict[int, Suspension] = {}
        self._follow_stack()
        self._live = self._liveness()
        self._resumptions = self._points()
        self._same = self._copies()

    def suspension(self, offset: int) -> Suspension:
        """Return the facts about a generator whose `f_lasti` is `offset`.

        Raises:
            UnknownBytecode: if the generator is not suspended at a `yield`.
        """
        known = self._suspensions.get(offset)
        if known is None:
            known = self._suspensions[offset] = self._suspension(offset)
        return known

    def _suspension(self, offset: int) -> Suspension:
        resumed = self._resumption(offset)
        stack = self._stack[resumed][:-1]  # without the value that resuming pushes
        if CALL in stack:
            raise UnknownBytecode("a `yield` inside a call's arguments; use a statement of its own")
        live, bound = self._live[resumed]
        names = (*self.code.co_varnames, *self.code.co_cellvars, *self.code.co_freevars)
        names = tuple(dict.fromkeys(names))
        if REFLECTIVE & set(self.code.co_names):
            live = set(names)
        return Suspension(
            self._same.get(resumed, resumed),
            len(stack),
            tuple(name for name in names if name in live),
            tuple(name for name in names if name in bound and name not in live),
            frozenset(self.code.co_cellvars),
            frozenset((f, c) for f, c in self._pairs() if _pair(f, c) in live or c in live),
        )

    def _pairs(self) -> Iterator[tuple[str, str]]:
        cells = self.code.co_cellvars
        return ((f, c) for f in self.code.co_varnames if f not in cells for c in cells)

    def _resumption(self, offset: int) -> int:
        if offset not in self._resumptions:
            raise UnknownBytecode("a generator that is not suspended at a `yield`")
        return self._resumptions[offset]

    def _points(self) -> dict[int, int]:
        """Return where a suspended generator goes on, for each value of its `f_lasti`.

        `f_lasti` is the YIELD_VALUE itself in CPython 3.11 and 3.12, and the RESUME behind it in
        3.13; a generator that has not begun is behind its RETURN_GENERATOR.
        """
        points = {}
        for offset in self._stack:
            if self._rows[offset].opname in ("YIELD_VALUE", "RETURN_GENERATOR"):
                following = self._next[offset]
                points[offset] = points[following] = following
        return points

    def _copies(self) -> dict[int, int]:
        """Return the first of the points that do the same, for each that may have a copy.

        What CPython copies stands at one place in the source.
        """
        groups: dict[object, list[int]] = {}
        for offset in sorted(set(self._resumptions.values())):
            groups.setdefault(self._rows[offset].positions, []).append(offset)
        several = [group for group in groups.values() if len(group) > 1]
        if not several:
            return {}
        flow = Flow(
            self._rows,
            {offset: list(self._successors(offset)) for offset in self._stack},
            {offset: h.target if (h := self._handler(offset)) else None for offset in self._stack},
            {offset: len(stack) for offset, stack in self._stack.items()},
        )
        return representatives(flow, several)

    def yields(self) -> Iterator[int]:
        """Yield the offset of each YIELD_VALUE that is a `yield`, not part of a `yield from`."""
        before = {following: offset for offset, following in self._next.items()}
        for offset, row in self._rows.items():
            if row.opname == "YIELD_VALUE" and self._rows[before[offset]].opname != "SEND":
                yield offset

    def _successors(self, offset: int) -> Iterator[tuple[int, bool]]:
        """Yield each instruction that may follow without an exception, and whether by a jump."""
        row = self._rows[offset]
        if row.opcode in dis.hasjrel or row.opcode in dis.hasjabs:
            yield row.argval, True
        if row.opname not in JUMPS and row.opname not in ENDS:
            yield self._next[offset], False

    def _handler(self, offset: int) -> Handler | None:
        return next((h for h in self._handlers if h.start <= offset < h.end), None)

    def _follow_stack(self) -> None:
        """Find the value stack before every instruction; saved variables keep their names."""
        work: list[tuple[int, tuple[str | None, ...]]] = [(0, ())]
        while work:
            offset, stack = work.pop()
            known = self._stack.get(offset)
            if known is not None:
                if known == stack:
                    continue
                stack = self._merged(known, stack)
                if stack == known:
                    continue
            self._stack[offset] = stack
            for following, jump in self._successors(offset):
                work.append((following, self._after(offset, stack, jump)))
            handler = self._handler(offset)
            if handler is not None:
                pushed = 2 if handler.pushes_offset else 1
                work.append((handler.target, stack[: handler.depth] + (None,) * pushed))

    def _merged(
        self, one: tuple[str | None, ...], other: tuple[str | None, ...]
    ) -> tuple[str | None, ...]:
        if len(one) != len(other):
            raise UnknownBytecode("a stack whose depth depends on the path")
        different = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
        self._lost.update(name for pair in different for name in pair if name)
        return tuple(
            a if a == b else CALL if CALL in (a, b) else None
            for a, b in zip(one, other, strict=True)
        )

    def _after(
        self, offset: int, stack: tuple[str | None, ...], jump: bool
    ) -> tuple[str | None, ...]:
        row = self._rows[offset]
        if row.opname == "SWAP" and row.arg:
            items = list(stack)
            items[-1], items[-row.arg] = items[-row.arg], items[-1]
            return tuple(items)
        if row.opname == "LOAD_FAST_AND_CLEAR":
            return (*stack, row.argval)
        argument = row.arg if row.opcode >= dis.HAVE_ARGUMENT else None
        effect = dis.stack_effect(row.opcode, argument, jump=jump)
        if row.opname == "RETURN_GENERATOR":
            effect = 1  # resuming pushes the value sent
        after = stack + (None,) * effect if effect >= 0 else stack[:effect]
        if effect < 0 and row.opname not in STORES and row.opname != "STORE_FAST_LOAD_FAST":
            self._lost.update(name for name in stack[effect:] if name)
        if row.opname.startswith("CALL") or row.opname == "PRECALL":
            return (*after[:-1], None)
        slots = _call_slots(row)
        return after[: len(after) - slots] + (CALL,) * slots

    def _accesses(self, offset: int) -> list[tuple[str, str]]:
        """Return what an instruction does to variables, in order: (use | set | del | ..., name)."""
        row, stack = self._rows[offset], self._stack[offset]
        names = row.argval if isinstance(row.argval, tuple) else (row.argval,)
        if row.opname in USES:
            return [("use", name) for name in names]
        if row.opname == "LOAD_GLOBAL" and row.argval == "super" and self.code.co_argcount:
            # super() takes the class and the first argument from the frame.
            return [("use", name) for name in ("__class__", self.code.co_varnames[0])]
        if row.opname in STORES:
            return [self._store(name, stack[-1 - i]) for i, name in enumerate(names)]
        if row.opname in DELETES:
            return [("del", names[0])]
        if row.opname == "STORE_FAST_LOAD_FAST":
            return [self._store(names[0], stack[-1]), ("use", names[1])]
        if row.opname == "LOAD_FAST_AND_CLEAR":
            return [("use" if names[0] in self._lost else "save", names[0])]
        return []

    def _with_pairs(self, accesses: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Add what accesses mean for pairs: a load of f uses (f, c), a store to either ends it."""
        found = []
        for access, name in accesses:
            found.append((access, name))
            for f, c in self._pairs():
                if f == name and access in ("use", "save"):
                    found.append(("use", _pair(f, c)))
                elif name in (f, c) and access in ("set", "del"):
                    found.append(("set", _pair(f, c)))
        return found

    def _store(self, name: str, saved: str | None) -> tuple[str, str]:
        restores = saved == name and name not in self._lost
        return ("restore" if restores else "set", name)

    def _liveness(self) -> dict[int, tuple[set[str], set[str]]]:
        """Return the value-live and the bound-live variables before every instruction."""
        facts: dict[int, tuple[set[str], set[str]]] = {o: (set(), set()) for o in self._stack}
        accesses = {offset: self._with_pairs(self._accesses(offset)) for offset in self._stack}
        changed = True
        while changed:
            changed = False
            for offset in reversed(self._stack):
                new = self._before(offset, facts, accesses[offset])
                if new != facts[offset]:
                    facts[offset] = new
                    changed = True
        return facts

    def _before(
        self,
        offset: int,
        facts: dict[int, tuple[set[str], set[str]]],
        accesses: list[tuple[str, str]],
    ) -> tuple[set[str], set[str]]:
        live: set[str] = set()
        bound: set[str] = set()
        for following, _ in self._successors(offset):
            live |= facts[following][0]
            bound |= facts[following][1]
        for access, name in reversed(accesses):
            for names in (live, bound):
                _step_back(names, access, name)
            if access == "use":
                live.add(name)
            elif access == "del":
                bound.add(name)
        handler = self._handler(offset)
        if handler is not None:
            live |= facts[handler.target][0]
            bound |= facts[handler.target][1]
        return live, bound


def _pair(f: str, c: str) -> str:
    return f"{f} to {c}"


def _call_slots(row: dis.Instruction) -> int:
    """Return how many slots an instruction prepares for a call: a callable, and self or nothing."""
    if row.opname == "PUSH_NULL":
        return 1
    flagged = {"LOAD_GLOBAL", "LOAD_ATTR", "LOAD_SUPER_ATTR"}
    if sys.version_info < (3, 12):
        flagged.discard("LOAD_ATTR")  # its operand is the name alone; LOAD_METHOD has the pair
    pair = row.opname == "LOAD_METHOD" or (row.opname in flagged and (row.arg or 0) & 1)
    return 2 if pair else 0


def _step_back(names: set[str], access: str, name: str) -> None:
    """Move a set of live names from behind an access to before it, its own use apart."""
    saved = f"{name} (saved)"
    if access in ("set", "del"):
        names.discard(name)
    elif access == "save":  # saved := name, and the name is unbound
        names.discard(name)
        if saved in names:
            names.discard(saved)
            names.add(name)
    elif access == "restore" and name in names:  # name := saved
        names.discard(name)
        names.add(saved)
