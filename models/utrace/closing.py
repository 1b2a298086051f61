"""A tracer closes its device: kmview gives up the thread, kills it, and frees what it knows of it.

Source: kmview (repository virtualsquare/view-os, directory `kmview-kernel-module`, commit ae90423):
UTRACE_DETACH, SIGKILL, with KMVIEW_NEWSTOP an `up`, and then the record of the thread is freed, in
which the saved registers are and the semaphore.
"""

from models.utrace.control import DETACH
from models.utrace.nesting import Nesting
from models.utrace.newstop import Newstop
from utcheck import param, process


class Closing(Nesting):
    """The owner of engine 0 closes its device, at some time, and answers nothing from then on.

    With `barrier` it calls utrace_barrier before it frees the record.
    """

    barrier: bool = param(False)

    closed: bool = False
    freed: bool = False
    used_freed: bool = False  # p used the record after it had been freed

    def may_say(self, action):
        return super().may_say(action) or action == DETACH

    @process(daemon=True)
    def closer(self):
        yield "close: utrace_control(DETACH)"
        self.closed = True
        self.utrace_control(0, DETACH)
        self.engine[0].owes = False
        self.engine[0].event = "none"
        yield "close: SIGKILL"
        self.killed = True
        yield from self.lets_out()
        if self.barrier:
            yield from self.utrace_barrier(0)
        yield "close: free the record"
        self.freed = True

    def lets_out(self):
        """What is done for a thread that sleeps in its callback: here, none does."""
        yield from ()

    def may_resume(self, i):
        return super().may_resume(i) and not (self.closed and i == 0)

    def tells(self, i, event):
        super().tells(i, event)
        self.touches(i)

    def touches(self, i):
        if i == 0 and self.freed:
            self.used_freed = True


class NewstopClosing(Closing, Newstop):
    """The same with KMVIEW_NEWSTOP."""

    def lets_out(self):
        yield "close: up"
        self.up(0)
