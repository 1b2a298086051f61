"""Nested virtualizers: owners that edit the registers between an event and their RESUME.

Sources: Renzo Davoli on utrace-devel, April 2009, items 1 and 2 and "Comments on the proposal"; for
what an owner does between event and RESUME, the kmview module (virtualsquare/view-os, directory
`kmview-kernel-module`, commit ae90423): it reads the saved registers, writes them, and calls
utrace_control(UTRACE_RESUME) once; for SIGKILL, `kernel/utrace.c` of commit 5e67e22f2fa in
montekki/linux-2.6-acedia.
"""

from models.utrace.base import STOP, Utrace
from utcheck import param, process, when


class Nesting(Utrace):
    """Virtualizers on the utrace of 2009-04-16, all of which return UTRACE_STOP.

    The registers are one value: the number of the engine whose owner wrote them last, or None for
    what nobody has edited, which is p's arguments on the way in and the kernel's result on the way
    out. Nested as they should be, the owner of engine k reads at entry what k + 1 wrote and at exit
    what k - 1 wrote; the kernel reads what engine 0 wrote, user mode what the last engine wrote.

    After a SIGKILL p makes no further system call than the one it is in: use `kill` with calls = 1.
    """

    kill: bool = param(False)  # a SIGKILL comes, at any time
    silent: bool = param(False)  # an owner may take an event and never answer it
    twice: bool = param(False)  # an owner says RESUME twice in one step, which no stop can divide

    registers: int | None = None
    editor: int | None = None  # the owner who has read the registers and not written them yet
    overlapped: bool = False  # an owner began while another one was at work
    misread: bool = False  # somebody read what was not written for him

    killed: bool = False  # SIGKILL is pending
    killed_waiting: bool = False  # it came while p waited for an owner
    aborted: bool = False  # utrace_stop said at syscall entry that it was a SIGKILL
    called_dead: bool = False  # p made a system call although it was killed while it waited

    # --- the owners

    def handle(self, i, event):
        yield "read the registers"
        self.begins(i, event)
        if self.silent and self.choose("go on", "fall silent") == "fall silent":
            yield when(lambda: False, "silent for ever")
        yield "write the registers"
        self.ends(i)

    def begins(self, i, event):
        if self.editor is not None:
            self.overlapped = True
        self.editor = i
        self.reads(self.outer(i) if event == "entry" else self.inner(i))

    def ends(self, i):
        self.registers = i
        if self.editor == i:
            self.editor = None

    def resume(self, i):
        yield from super().resume(i)
        if self.twice:
            self.utrace_control_resume(i)

    def outer(self, i):
        """The engine next to i on the side of user mode."""
        return i + 1 if i + 1 < self.engines else None

    def inner(self, i):
        """The engine next to i on the side of the kernel."""
        return i - 1 if i > 0 else None

    def reads(self, writer):
        if self.registers != writer:
            self.misread = True

    # --- the tracee

    def system_call(self):
        if not self.aborted:
            self.goes_on()
            self.reads(self.outer(-1) if self.entry else None)
            if self.killed_waiting:
                self.called_dead = True
        self.registers = None

    def return_to_user_mode(self):
        yield "return to user mode"
        while self.tif_notify and not self.killed:
            self.tif_notify = False
            yield from self.utrace_resume()
            yield "return to user mode"
        if not self.killed:
            self.goes_on()
            self.reads(self.inner(self.engines) if self.exit else None)
            self.registers = None

    def report_syscall_entry(self):
        action = yield from self.report_pass("entry", self.entry_order())
        if action == STOP:
            self.aborted = yield from self.utrace_stop()

    def utrace_stop(self):
        """Stop, and say whether a SIGKILL was the end of it."""
        yield "utrace_stop"
        if self.killed:
            return True
        if not self.keeps_stop():
            return False
        self.enters_stop()
        yield when(lambda: not self.stopped or self.killed, "stopped")
        # finish_utrace_stop: until here a tracer may see `stopped`, SIGKILL or not.
        was_killed = self.stopped
        self.stopped = False
        return was_killed

    def keeps_stop(self):
        """Whether utrace_stop stops: in 2009-04-16 it does not ask again who wants that."""
        return True

    # --- SIGKILL

    @process(daemon=True)
    def killer(self):
        if self.kill:
            yield "SIGKILL"
            self.killed = True
            if self.waits():
                self.killed_waiting = True

    def waits(self):
        return self.stopped


class OldOrder(Nesting):
    """The order of callbacks at syscall entry before 4bd78f8dafd: that of attaching."""

    def entry_order(self):
        return range(self.engines)
