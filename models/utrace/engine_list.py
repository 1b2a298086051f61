"""The list of engines as something that changes: DETACH and attach while the tracee is stopped.

Source: commit 5e67e22f2fa of the history kept in montekki/linux-2.6-acedia, `kernel/utrace.c`. The
tracee walks `utrace->attached` without the lock, and finds the next engine by the links of the one
it stands on; `utrace_reset`, which tracers call when the tracee is stopped, takes detached engines
off the list and appends the ones that wait on `attaching`.
"""

from typing import Literal

from models.utrace.base import RESUME
from models.utrace.nesting import Nesting
from models.utrace.stop_now import Patch1, StopNowFresh
from utcheck import param, process, when


class Listed(Nesting):
    """The walk over the list as it is when p moves on.

    Engine 0 is detached by its owner while p is stopped, `leaves` says in which stop: in the one
    within its own report, or in another one. With `joins` an engine, the last, attaches while p is
    stopped and asks for the events, which is one step here. Use it with one event, so that whatever
    this engine sees is too much.
    """

    leaves: Literal["never", "own stop", "other stop"] = param("never")
    joins: bool = param(False)

    attached: tuple[int, ...] = ()  # utrace->attached
    attaching: tuple[int, ...] = ()  # utrace->attaching
    detached: bool = False  # engine 0 has utrace_detached_ops
    lost: bool = False  # p stands on an engine that is not on the list, and goes on from there
    late: bool = False  # an engine attached in the event sees it

    def init(self):
        self.attached = tuple(range(self.engines - 1 if self.joins else self.engines))

    def report_pass(self, event, order):
        yield from self.start_report()
        action = RESUME
        i = self.neighbour(None, event)
        while i is not None:
            action = yield from self.start_callback(i, event, action)
            i = self.neighbour(i, event)
        yield from self.finish_report(action)
        return action

    def neighbour(self, i, event):
        """The engine after i in the order of the event, the first one after None."""
        walk = tuple(reversed(self.attached)) if event == "entry" else self.attached
        if i is None:
            return walk[0] if walk else None
        if i not in walk:
            self.lost = True
            return None
        at = walk.index(i) + 1
        return walk[at] if at < len(walk) else None

    def callback(self, i, event):
        answer = yield from super().callback(i, event)
        if self.joins and i == self.engines - 1:
            self.late = True
        return answer

    def utrace_control_resume(self, i):
        if i in self.attached:  # otherwise -ESRCH
            super().utrace_control_resume(i)

    def utrace_reset(self, wake):
        self.attached = self.attached + self.attaching
        self.attaching = ()
        if self.detached:
            self.attached = tuple(i for i in self.attached if i != 0)
        super().utrace_reset(wake)

    @process(daemon=True)
    def leaver(self):
        if self.leaves != "never":
            yield when(lambda: self.may_leave(), "utrace_control(DETACH)")
            self.detached = True
            self.engine[0].stop = False
            self.engine[0].owes = False
            self.engine[0].event = "none"
            self.utrace_reset(wake=True)

    def may_leave(self):
        return self.stopped and (self.reporting == 0) == (self.leaves == "own stop")

    @process(daemon=True)
    def joiner(self):
        if self.joins:
            yield when(lambda: self.stopped, "utrace_attach_task")
            self.attaching = (self.engines - 1,)
            self.report = True
            self.tif_notify = True


class StopListed(Listed, Patch1):
    """UTRACE_STOP, with patch1: p stops when it has walked the list."""


class StopNowListed(Listed, StopNowFresh):
    """UTRACE_STOP_NOW: p stops on its walk."""
