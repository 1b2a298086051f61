"""Nested virtualizers: owners that edit the registers between an event and their RESUME.

Sources: Renzo Davoli on utrace-devel, April 2009, items 1 and 2 and "Comments on the proposal"; for
what an owner does between event and RESUME, the kmview module (virtualsquare/view-os, directory
`kmview-kernel-module`, commit ae90423): it reads the saved registers, writes them, and calls
utrace_control(UTRACE_RESUME) once.
"""

from models.utrace.owners import Owners
from utcheck import param, when


class Nesting(Owners):
    """Virtualizers on the utrace of 2009-04-16, among other kinds of engines.

    The registers are one value: the number of the engine whose owner wrote them last, or None for
    what nobody has edited, which is p's arguments on the way in and the kernel's result on the way
    out. Nested as they should be, the owner of a virtualizer reads at entry what the next one on
    the side of user mode wrote, and at exit what the next one on the side of the kernel wrote; the
    kernel and user mode read what the one next to them wrote.

    A debugger's owner looks at the registers, and looks again. A tracer looks in its callback. Both
    ought to see what the virtualizer before them wrote.
    """

    silent: bool = param(False)  # an owner may take an event and never answer it
    twice: bool = param(False)  # an owner says RESUME twice in one step, which no stop can divide

    registers: int | None = None
    editor: int | None = None  # the owner who has read the registers and not written them yet
    overlapped: bool = False  # an owner began while another one was at work
    misread: bool = False  # somebody read what was not written for him
    misled: bool = False  # somebody who only looks saw what was not for him, or saw it change

    # --- the owners

    def handle(self, i, event):
        if self.kind(i) == "v":
            yield "read the registers"
            self.begins(i, event)
            if self.silent and self.choose("go on", "fall silent") == "fall silent":
                yield when(lambda: False, "silent for ever")
            yield "write the registers"
            self.ends(i)
        else:
            for look in ("look at the registers", "look again"):
                yield look
                self.looks(i, event)

    def begins(self, i, event):
        if self.editor is not None:
            self.overlapped = True
        self.editor = i
        self.reads(self.before(i, event))

    def ends(self, i):
        self.registers = i
        if self.editor == i:
            self.editor = None

    def looks(self, i, event):
        if self.registers != self.before(i, event):
            self.misled = True

    def lets_go(self, i):
        super().lets_go(i)
        if self.twice:
            super().lets_go(i)

    def before(self, i, event):
        return self.outer(i) if event == "entry" else self.inner(i)

    def outer(self, i):
        """The virtualizer next to i on the side of user mode."""
        above = [k for k in range(i + 1, self.engines) if self.kind(k) == "v"]
        return above[0] if above else None

    def inner(self, i):
        """The virtualizer next to i on the side of the kernel."""
        below = [k for k in range(i) if self.kind(k) == "v"]
        return below[-1] if below else None

    def reads(self, writer):
        if self.registers != writer:
            self.misread = True

    # --- the tracee

    def system_call(self, abort):
        super().system_call(abort)
        if not abort:
            self.reads(self.outer(-1) if self.entry else None)
        self.registers = None

    def user_mode(self):
        super().user_mode()
        self.reads(self.inner(self.engines) if self.exit else None)
        self.registers = None


class OldOrder(Nesting):
    """The order of callbacks at syscall entry before 4bd78f8dafd: that of attaching."""

    def entry_order(self):
        return range(self.engines)


class LooksAway(Nesting):
    """A mutant: utrace_resume makes no pass, so that nobody sees who wants the stop of an exit."""

    def utrace_resume(self):
        yield from self.start_report()
